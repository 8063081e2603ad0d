//! One node of a lab: where it listens, what it is given, how it starts.

use super::end::Duty;
use super::hand::Hand;
use super::model::Node;
use super::{Shared, observe};
use crate::lab::LabError;
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::live;
use crate::node::io::words::Tone;
use crate::node::{Config, NodeIx, Seeds};
use sha2::{Digest, Sha256};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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
pub(super) fn listen(spec: &NodeSpec, before: Option<u16>) -> Result<TcpListener, LabError> {
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

fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Listens again where a node was killed a moment ago.
async fn listen_again(addr: SocketAddr) -> Result<TcpListener, String> {
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

impl Shared {
    /// Listens where the nodes of the layout did, none of which runs any more. A port that another
    /// program has taken meanwhile is given up, unless the layout insists on it.
    ///
    /// # Errors
    /// [`LabError::Port`].
    pub(super) async fn listen_as_before(&self) -> Result<Vec<TcpListener>, LabError> {
        let addrs: Vec<_> = self.lock().nodes.iter().map(|node| node.addr).collect();
        let mut listeners = Vec::new();
        for (spec, addr) in self.layout.nodes.iter().zip(addrs) {
            let again = listen_again(addr).await;
            listeners.push(again.or_else(|_| listen(spec, None))?);
        }
        Ok(listeners)
    }

    /// Starts a node that does not run, and returns when it does. Others are not waited for.
    ///
    /// # Errors
    /// In words, why it does not; its state says so as well.
    pub(super) async fn open(
        self: Arc<Self>,
        ix: NodeIx,
        listener: Option<TcpListener>,
    ) -> Result<(), String> {
        let life = self.begin(ix)?;
        let duty = |what| Duty {
            shared: Arc::clone(&self),
            ix,
            life,
            what,
        };
        let (_opening, watching) = (duty("opens"), duty("watches"));
        let is_again = listener.is_none();
        let opened = self.spawn(ix, life, listener).await;
        let now = self.clock.now();
        match opened {
            Ok(handle) => {
                let handle = Arc::new(handle);
                self.change(|model| {
                    let Some(node) = model.alive(ix, life) else {
                        return;
                    };
                    let hand = Hand::Own(Arc::clone(&handle));
                    (node.handle, node.state) = (Some(hand), NodeState::Up);
                    if is_again {
                        node.say(now, Tone::Good, "started again");
                    }
                    let first = Arc::clone(&handle.snapshots().borrow());
                    model.seen(ix, life, first);
                });
                self.note_up();
                self.runtime.spawn(observe::watch(watching, handle));
                Ok(())
            }
            Err(why) => {
                self.change(|model| {
                    if let Some(node) = model.alive(ix, life) {
                        node.say(now, Tone::Bad, format!("did not start: {why}"));
                        model.ended(ix, NodeState::Failed(why.as_str().into()));
                    }
                });
                self.note_up();
                Err(why)
            }
        }
    }

    /// Another life begins.
    ///
    /// # Errors
    /// In words, that nothing begins any more.
    pub(super) fn begin(&self, ix: NodeIx) -> Result<u64, String> {
        self.change(|model| {
            if let Some(words) = model.course.words() {
                model.ended(ix, NodeState::Down);
                return Err(words);
            }
            let node = &mut model.nodes[ix.0];
            node.life += 1;
            node.state = NodeState::Starting;
            Ok(node.life)
        })
    }

    async fn spawn(
        &self,
        ix: NodeIx,
        life: u64,
        listener: Option<TcpListener>,
    ) -> Result<live::NodeHandle, String> {
        let (spec, addr) = {
            let model = self.lock();
            let node = model.node(ix).expect("nodes are never removed");
            (node.spec.clone(), node.addr)
        };
        let listener = match listener {
            Some(listener) => listener,
            None => listen_again(addr).await?,
        };
        let listener = tokio::net::TcpListener::from_std(listener).map_err(|e| e.to_string())?;
        let dir = self.node_dir(&spec.name).ok_or("the lab is over")?;
        let config = self.config(&spec, life)?;
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
        let model = self.lock();
        let known = spec.connect.iter().filter_map(|name| model.named(name));
        config.connect = known.map(|node| node.addr).collect();
        drop(model);
        config.mempool.min_fee_per_kb = self.layout.chain.min_fee_per_kb;
        config.fee = self.layout.chain.fee;
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

    /// Sets the links of these nodes that are not like the others.
    pub(super) fn set_pairs(&self, nodes: &[Node]) -> Result<(), LabError> {
        let addr = |name: &str| nodes.iter().find(|node| &*node.name == name);
        let pairs = self.layout.pairs.iter().filter_map(|pair| {
            let (from, to) = (addr(&pair.from)?.addr, addr(&pair.to)?.addr);
            Some((from, to, pair.conditions))
        });
        let set = self.links.set_default(self.layout.link);
        let set = set.and_then(|()| self.links.set_all(pairs));
        set.map_err(|error| LabError::Unsound {
            layout: self.layout.name.clone(),
            problem: error.to_string(),
        })
    }
}
