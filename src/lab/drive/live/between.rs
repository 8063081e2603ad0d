//! What a round does for programs of others: how they are started, and the proxies between them.

use super::nodes::listen_again;
use super::proxies::{Proxies, ProxyPorts, Way};
use super::round::Round;
use crate::bitcoin::Network;
use crate::bitcoin::start::Plan;
use crate::lab::drive::LabError;
use crate::live::proxy::{ProxyConfig, ProxyEventKind, ProxyNews, Reach, start_proxy};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// What the proxies of a lab draw their seeds from.
const SEED_DOMAIN: &[u8] = b"chainlab lab proxy";

impl Round {
    /// How the program of this node is started, and started again; `None`: none is.
    #[allow(dead_code, reason = "what drives the programs asks this")]
    pub(super) fn program(&self, node: &str) -> Option<Arc<Plan>> {
        self.programs.plan(node).map(Arc::clone)
    }

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

    /// What passes is told, until the round is over.
    pub(super) fn hear_proxies(self: &Arc<Self>) {
        for (way, mut events) in self.proxies().take_events() {
            let round = Arc::clone(self);
            self.runtime.spawn(async move {
                let hearing = async {
                    while let Some(news) = events.recv().await {
                        round.passed(&way, &news);
                    }
                };
                tokio::select! {
                    () = hearing => {}
                    () = round.over() => {}
                }
            });
        }
    }

    /// Something happened on the link from one program to another.
    fn passed(&self, (from, to): &Way, news: &ProxyNews) {
        match news {
            ProxyNews::Event(event) => match &event.kind {
                kind @ ProxyEventKind::Message { .. } => {
                    tracing::trace!("{from} to {to}: {}", kind.words());
                }
                kind => tracing::debug!("{from} to {to}: {}", kind.words()),
            },
            ProxyNews::Missed(count) => {
                tracing::debug!("{from} to {to}: {count} events were not taken in time");
            }
        }
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
