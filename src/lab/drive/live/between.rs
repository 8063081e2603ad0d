//! What a round does for programs of others: how they are started, and the proxies between them.

use super::nodes::listen_again;
use super::proxies::{Proxies, ProxyPorts, Way};
use super::round::Round;
use crate::bitcoin::Network;
use crate::lab::drive::LabError;
use crate::live::proxy::{ProxyConfig, Reach, start_proxy};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;

/// What the proxies of a lab draw their seeds from.
const SEED_DOMAIN: &[u8] = b"chainlab lab proxy";

impl Round {
    /// Starts the proxies at these ports, between nodes that are known to core.
    ///
    /// # Errors
    /// [`LabError`].
    pub(super) fn start_proxies(&self, ports: ProxyPorts) -> Result<(), LabError> {
        // What carries is spawned here.
        let _within = self.runtime.enter();
        let mut proxies = BTreeMap::new();
        for (way, port) in ports {
            let Some(config) = self.proxy_config(&way) else {
                continue;
            };
            let started = start_proxy(port, config, self.clock.clone());
            let proxy = started.map_err(|source| LabError::Proxy {
                link: format!("from {} to {}", way.0, way.1),
                source,
            })?;
            proxies.insert(way, proxy);
        }
        *self.proxies() = Proxies(proxies);
        Ok(())
    }

    fn proxy_config(&self, way: &Way) -> Option<ProxyConfig> {
        let place = |name: &str| {
            let core = self.core();
            core.nodes()[core.position(name)?.0].addr()
        };
        let link = (place(&way.0)?, place(&way.1)?);
        Some(ProxyConfig {
            to: link.1,
            reach: Reach::Loopback,
            link,
            links: self.links.clone(),
            network: Network::Regtest,
            seed: self.proxy_seed(way),
        })
    }

    /// What jitter and losses of a link are drawn from: the same for the same seed.
    fn proxy_seed(&self, (from, to): &Way) -> u64 {
        let digest = Sha256::new()
            .chain_update(SEED_DOMAIN)
            .chain_update(self.draws)
            .chain_update(self.number.to_le_bytes())
            .chain_update(from)
            // No name has one.
            .chain_update([0])
            .chain_update(to);
        let first = digest.finalize();
        first
            .first_chunk()
            .map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Ends the proxies and takes their ports for those of the next round. No program may run.
    ///
    /// # Errors
    /// [`LabError::Port`]: another program has taken one meanwhile, and ours are told to dial it.
    pub(super) async fn take_proxy_ports(&self) -> Result<ProxyPorts, LabError> {
        *self.proxies() = Proxies::default();
        let mut ports = ProxyPorts::new();
        for (way, at) in self.programs.ways() {
            let port = listen_again(*at).await.map_err(|words| LabError::Port {
                node: way.0.clone(),
                port: at.port(),
                source: io::Error::other(words),
            })?;
            ports.insert(way.clone(), port);
        }
        Ok(ports)
    }
}
