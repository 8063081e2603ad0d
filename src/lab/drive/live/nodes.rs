//! One node of a lab: where it listens, what it is given, how it starts.

use super::end::Duty;
use super::lanes::Running;
use super::observe;
use super::round::Round;
use crate::lab::core::Input;
use crate::lab::drive::LabError;
use crate::lab::drive::lane::Lane;
use crate::lab::spec::NodeSpec;
use crate::live::{self, Port};
use crate::node::{Config, NodeIx, Seeds};
use sha2::{Digest, Sha256};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How often a node that starts again tries to get its port back.
const PORT_TRIES: usize = 20;

/// Time between two tries.
const PORT_PAUSE: Duration = Duration::from_millis(100);

/// What the runs of a lab with `--seed` draw from.
const RUN_DOMAIN: &[u8] = b"chainlab lab run";

/// Listens where a node wants to, or, unless it insists, anywhere. A lab that goes on tries first
/// where the node was before.
pub(super) fn listen(spec: &NodeSpec, before: Option<u16>) -> Result<Port, LabError> {
    let refused = |port, source| LabError::Port {
        node: spec.name.clone(),
        port,
        source,
    };
    if spec.port_required {
        let port = spec.port.unwrap_or_default();
        return bind(port).map_err(|error| refused(port, error));
    }
    let wanted = before.into_iter().chain(spec.port);
    let found = wanted.map(bind).find_map(Result::ok);
    found.map_or_else(|| bind(0).map_err(|error| refused(0, error)), Ok)
}

fn bind(port: u16) -> io::Result<Port> {
    Port::take((Ipv4Addr::LOCALHOST, port).into())
}

/// Listens again where a node was killed a moment ago.
pub(super) async fn listen_again(addr: SocketAddr) -> Result<Port, String> {
    let mut tries = 0;
    loop {
        match bind(addr.port()) {
            Ok(listener) => return Ok(listener),
            Err(error) if tries >= PORT_TRIES => {
                return Err(format!(
                    "port {} is not free any more: {error}",
                    addr.port()
                ));
            }
            Err(_) => tries += 1,
        }
        tokio::time::sleep(PORT_PAUSE).await;
    }
}

impl Round {
    /// Listens where the nodes of the layout did, none of which runs any more. A port that another
    /// program has taken meanwhile is given up, unless the layout insists on it. Programs of others listen by
    /// themselves.
    ///
    /// # Errors
    /// [`LabError::Port`].
    pub(super) async fn listen_as_before(&self) -> Result<Vec<Option<Port>>, LabError> {
        let addrs: Vec<_> = self.core().nodes().iter().map(|node| node.addr()).collect();
        let mut listeners = Vec::new();
        for (spec, addr) in self.layout.nodes.iter().zip(addrs) {
            if spec.bitcoin.is_some() {
                listeners.push(None);
                continue;
            }
            let again = match addr {
                Some(addr) => listen_again(addr).await.ok(),
                None => None,
            };
            listeners.push(Some(again.map_or_else(|| listen(spec, None), Ok)?));
        }
        Ok(listeners)
    }

    /// Starts a node that does not run. One that is new is put down first, and has its control endpoint.
    pub(super) async fn open(
        self: Arc<Self>,
        ix: NodeIx,
        life: u64,
        spec: Arc<NodeSpec>,
        listener: Option<Port>,
        is_new: bool,
    ) {
        let duty = |what| Duty {
            round: Arc::clone(&self),
            ix,
            life,
            what,
        };
        let (_opening, watching) = (duty("opens"), duty("watches"));
        match self.spawn(ix, life, &spec, listener).await {
            Ok(handle) => {
                let handle = Arc::new(handle);
                self.runs(ix, &handle);
                if is_new {
                    self.admit(ix).await;
                }
                let addr = handle.addr();
                self.handle(Input::Started {
                    node: ix,
                    life,
                    addr,
                });
                self.shows(ix, life, &handle);
                self.runtime.spawn(observe::watch(watching, handle));
            }
            Err(why) => {
                let why = why.into();
                self.handle(Input::Failed {
                    node: ix,
                    life,
                    why,
                });
            }
        }
    }

    /// From now on a node can be asked.
    pub(super) fn runs(&self, ix: NodeIx, handle: &Arc<live::NodeHandle>) {
        let running = Running {
            handle: Arc::clone(handle),
            lane: Lane::new(&self.runtime),
        };
        self.lanes().nodes.insert(ix, running);
    }

    /// Core is told how a node looks.
    pub(super) fn shows(self: &Arc<Self>, node: NodeIx, life: u64, handle: &live::NodeHandle) {
        let snapshot = Arc::clone(&handle.snapshots().borrow());
        self.handle(Input::Shown {
            node,
            life,
            snapshot,
        });
    }

    /// A node that was added is there the next time as well, and other programs can control it.
    async fn admit(self: &Arc<Self>, ix: NodeIx) {
        let round = Arc::clone(self);
        let admitting = self.runtime.spawn_blocking(move || {
            if let Err(error) = round.save() {
                tracing::error!("the new node is not put down: {error}");
            }
            if let Err(error) = round.open_node_endpoint(ix) {
                tracing::warn!("other programs cannot control the new node: {error}");
            }
        });
        // Its bugs are logged.
        let _ = admitting.await;
    }

    async fn spawn(
        self: &Arc<Self>,
        ix: NodeIx,
        life: u64,
        spec: &NodeSpec,
        listener: Option<Port>,
    ) -> Result<live::NodeHandle, String> {
        if let Some(bitcoin) = &spec.bitcoin {
            return self.spawn_bitcoin(spec, bitcoin, life);
        }
        let addr = self.core().nodes().get(ix.0).and_then(|node| node.addr());
        let listener = match (listener, addr) {
            (Some(listener), _) => listener,
            (None, Some(addr)) => listen_again(addr).await?,
            (None, None) => return Err("it has no port".to_owned()),
        };
        let listener = listener.listen().map_err(|e| e.to_string())?;
        let dir = self.node_dir(&spec.name).ok_or("the lab is over")?;
        let config = self.config(spec, life)?;
        let (links, clock) = (self.links.clone(), self.clock.clone());
        let started = live::spawn_on(links, config, &dir, Some(listener), clock).await;
        started.map_err(|error| error.to_string())
    }

    fn config(&self, spec: &NodeSpec, life: u64) -> Result<Config, String> {
        let seeds = Seeds {
            keys: self.key_seed,
            run: self.run_seed(&spec.name, life).map_err(|e| e.to_string())?,
        };
        let mut config = Config::new(&spec.name, Arc::clone(&self.params), seeds);
        spec.configure(&mut config);
        config.sigs = Arc::clone(&self.sigs);
        config.trunks = Arc::clone(&self.trunks);
        let core = self.core();
        let known = spec.connect.iter();
        let known = known.filter_map(|name| core.nodes()[core.position(name)?.0].addr());
        config.connect = known.collect();
        drop(core);
        self.layout.chain.configure(&mut config);
        Ok(config)
    }

    /// With `--seed` it follows from that; but no two lives of a node have the same.
    fn run_seed(&self, name: &str, life: u64) -> io::Result<[u8; 32]> {
        let Some(seed) = self.seed else {
            return Ok(live::seeds()?.run);
        };
        let digest = Sha256::new()
            .chain_update(RUN_DOMAIN)
            .chain_update(seed.to_le_bytes())
            .chain_update(self.openings.to_le_bytes())
            .chain_update(life.to_le_bytes())
            .chain_update(name);
        Ok(digest.finalize().into())
    }
}
