//! What lives at an address: a node that runs or is down, or a script.

use super::agenda::{Due, Slot};
use super::miner::Work;
use super::{NodeIx, Sim};
use crate::node::chainstate::OpenError;
use crate::node::io::{Halt, Input, Output};
use crate::node::peers::Neighbours;
use crate::node::{Config, MemStore, Node, Time};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;

/// Somebody at an address who is no node: an attacker, a peer that answers late, a tap.
///
/// It gets what a node gets and does what a node does, as far as the network is concerned: of its
/// outputs only [`Output::Dial`], [`Output::Send`], [`Output::Close`] and [`Output::Event`] mean
/// anything.
pub trait Actor {
    /// Something happened: a connection stands, a message came in, the deadline has come.
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output>;

    /// When it next wants [`Input::Tick`].
    fn deadline(&self) -> Option<Time> {
        None
    }
}

/// Whoever has an address.
pub(super) struct Host {
    pub(super) addr: SocketAddr,
    body: Body,
    /// Of a node, to start it again.
    config: Option<Config>,
    /// Times that it was started: what was due for an earlier run is not for this one.
    pub(super) starts: u32,
    tick: Option<Slot>,
    pub(super) work: Option<Work>,
    halt: Option<Halt>,
}

enum Body {
    Runs(Box<Node<MemStore>>),
    Down(MemStore),
    Script(Box<dyn Actor>),
    /// Between two of the others.
    Moving,
}

impl Host {
    pub(super) fn script(addr: SocketAddr, actor: Box<dyn Actor>) -> Self {
        Self::new(addr, Body::Script(actor), None)
    }

    /// A node that was never started.
    pub(super) fn node(addr: SocketAddr, config: Config, store: MemStore) -> Self {
        Self::new(addr, Body::Down(store), Some(config))
    }

    fn new(addr: SocketAddr, body: Body, config: Option<Config>) -> Self {
        Self {
            addr,
            body,
            config,
            starts: 0,
            tick: None,
            work: None,
            halt: None,
        }
    }

    /// Whether it takes connections.
    pub(super) fn listens(&self) -> bool {
        let deaf = self.config.as_ref().is_some_and(|c| c.listen.is_none());
        !deaf && !matches!(self.body, Body::Down(_))
    }

    pub(super) fn is_script(&self) -> bool {
        matches!(self.body, Body::Script(_))
    }

    /// Says to a node who the others are.
    fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        if let Body::Runs(node) = &mut self.body {
            node.meet(neighbours);
        }
    }

    fn running(&self) -> Option<&Node<MemStore>> {
        match &self.body {
            Body::Runs(node) => Some(node),
            _ => None,
        }
    }

    /// What it does about an input; nothing if it is down.
    fn handle(&mut self, now: Time, input: Input, outputs: &mut Vec<Output>) -> Result<(), Halt> {
        match &mut self.body {
            Body::Runs(node) => {
                let handled = node.handle(now, input);
                outputs.extend(std::iter::from_fn(|| node.poll_output()));
                handled
            }
            Body::Script(actor) => {
                outputs.extend(actor.handle(now, input));
                Ok(())
            }
            Body::Down(_) | Body::Moving => Ok(()),
        }
    }

    fn deadline(&self) -> Option<Time> {
        match &self.body {
            Body::Runs(node) => node.deadline(),
            Body::Script(actor) => actor.deadline(),
            Body::Down(_) | Body::Moving => None,
        }
    }
}

impl Sim {
    /// A running node, for reading; `None`: it is down, or a script.
    pub fn node(&self, ix: NodeIx) -> Option<&Node<MemStore>> {
        self.hosts[ix.0].running()
    }

    /// What a node that is down holds.
    pub fn store(&self, ix: NodeIx) -> Option<&MemStore> {
        match &self.hosts[ix.0].body {
            Body::Down(store) => Some(store),
            _ => None,
        }
    }

    /// Why a node stopped by itself, if it did.
    pub fn halted(&self, ix: NodeIx) -> Option<&Halt> {
        self.hosts[ix.0].halt.as_ref()
    }

    /// Ends a node as `kill -9` does: it gets to do nothing any more. What its store
    /// holds is there for [`Sim::restart`]; its connections end, which peers learn over the links.
    /// A script goes on, and only loses its connections.
    pub fn crash(&mut self, ix: NodeIx) {
        let host = &mut self.hosts[ix.0];
        let body = std::mem::replace(&mut host.body, Body::Moving);
        host.body = match body {
            Body::Runs(node) => Body::Down(node.into_store()),
            other => other,
        };
        self.set_job(ix, None);
        self.set_tick(ix);
        self.reset_all(ix);
    }

    /// Starts a node that is down, with what its store holds and other randomness. One that runs
    /// is left alone.
    ///
    /// # Errors
    /// [`OpenError`]; then the node is still down, and its store is as it was.
    pub fn restart(&mut self, ix: NodeIx) -> Result<(), OpenError> {
        let (now, seed) = (self.now(), self.seed);
        let host = &mut self.hosts[ix.0];
        let (Body::Down(store), Some(config)) = (&host.body, &host.config) else {
            return Ok(());
        };
        let mut config = config.clone();
        config.seeds.run = derived(seed, "run", ix, host.starts + 1);
        let name = config.name.clone();
        let node = Node::open(config, store.clone(), now)?;
        Arc::make_mut(&mut self.neighbours).add(&name, node.peers().us().id);
        host.body = Body::Runs(Box::new(node));
        host.starts += 1;
        host.halt = None;
        self.after(ix);
        Ok(())
    }

    /// Changes what a node is to be like when it starts again. A script has nothing to change.
    pub fn reconfigure(&mut self, ix: NodeIx, change: impl FnOnce(&mut Config)) {
        self.hosts[ix.0].config.as_mut().map(change);
    }

    /// Hands an input to a host, and does what it wants done.
    pub(super) fn give(&mut self, ix: NodeIx, input: Input) {
        let mut outputs = std::mem::take(&mut self.outputs);
        let now = self.now();
        self.hosts[ix.0].meet(&self.neighbours);
        let handled = self.hosts[ix.0].handle(now, input, &mut outputs);
        for output in outputs.drain(..) {
            self.perform(ix, output);
        }
        self.outputs = outputs;
        match handled {
            Ok(()) => self.set_tick(ix),
            Err(halt) => {
                self.crash(ix);
                self.hosts[ix.0].halt = Some(halt);
            }
        }
    }

    /// Has a host get an input as soon as what is happening is over, if it runs on till then.
    pub(super) fn give_soon(&mut self, ix: NodeIx, input: Input) {
        let starts = self.hosts[ix.0].starts;
        let due = Due::Input(ix, starts, Box::new(input));
        self.agenda.enter(self.agenda.now(), due);
    }

    /// Sees to a host that was just started: what it wants done, and its first tick.
    pub(super) fn after(&mut self, ix: NodeIx) {
        let mut outputs = Vec::new();
        if let Body::Runs(node) = &mut self.hosts[ix.0].body {
            outputs.extend(std::iter::from_fn(|| node.poll_output()));
        }
        for output in outputs {
            self.perform(ix, output);
        }
        self.set_tick(ix);
    }

    pub(super) fn tick(&mut self, ix: NodeIx) {
        self.hosts[ix.0].tick = None;
        self.give(ix, Input::Tick);
    }

    fn set_tick(&mut self, ix: NodeIx) {
        let host = &mut self.hosts[ix.0];
        let at = host.deadline();
        self.agenda.move_to(&mut host.tick, at, Due::Tick(ix));
    }

    pub(super) fn perform(&mut self, ix: NodeIx, output: Output) {
        match output {
            Output::Dial(addr) => self.dial(ix, addr),
            Output::Send(conn, message) => self.send(ix, conn, message),
            Output::Close(conn, _) => self.close(ix, conn),
            Output::Mine(job) => self.set_job(ix, job),
            Output::Reply(id, reply) => drop(self.replies.insert(id, reply)),
            Output::Event(event) => self.log.add(ix, event),
        }
    }
}

/// 32 bytes that follow from a seed and what they are for.
pub(super) fn derived(seed: u64, purpose: &str, ix: NodeIx, start: u32) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"chainlab sim ");
    hasher.update(seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    hasher.update(ix.to_bytes());
    hasher.update(start.to_le_bytes());
    hasher.finalize().into()
}
