//! What lives at an address: a node that runs or is down, or a script.

use super::agenda::Slot;
use super::disk::{Disk, SimStore};
use crate::node::io::{ConnId, Halt, Input, Job, Output};
use crate::node::peers::Neighbours;
use crate::node::{Config, Machine, MemStore, Time};
use bytes::Bytes;
use std::any::Any;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// What is at an address and is no node: an attacker, a peer that answers late, a tap.
///
/// It gets what a node gets and does what a node does, as far as the network is concerned: of its
/// outputs only [`Output::Dial`], [`Output::Send`], [`Output::Close`] and [`Output::Event`] mean
/// anything.
pub trait Actor: Send + Sync {
    /// Something happened: a connection stands, a message came in, the deadline has come.
    fn handle(&mut self, now: Time, input: Input) -> Vec<Output>;

    /// When it next wants [`Input::Tick`].
    fn deadline(&self) -> Option<Time> {
        None
    }

    /// Bytes came in of an actor that speaks another protocol, see [`Actor::poll_bytes`].
    fn received_bytes(&mut self, now: Time, conn: ConnId, bytes: &[u8]) -> Vec<Output> {
        let _ = (now, conn, bytes);
        Vec::new()
    }

    /// Bytes that it wants sent, in whatever protocol. They are taken before what it wants done otherwise.
    /// A node that gets them takes them for no message.
    fn poll_bytes(&mut self) -> Option<(ConnId, Bytes)> {
        None
    }

    /// Itself, if it can be looked at from outside: [`Sim::actor`](super::Sim::actor).
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// Another that goes on from here as this one does, and shares nothing with it that either changes.
    fn boxed_clone(&self) -> Box<dyn Actor>;
}

impl Clone for Box<dyn Actor> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// What has an address.
pub(super) struct Host {
    pub(super) addr: SocketAddr,
    pub(super) body: Body,
    /// Of a node, to start it again.
    pub(super) config: Option<Config>,
    /// Times that it was started: what was due for an earlier run is not for this one.
    pub(super) starts: u32,
    pub(super) tick: Option<Slot>,
    pub(super) work: Option<Work>,
    pub(super) halt: Option<Halt>,
    pub(super) disk: Option<Disk>,
    /// Its node waits for the disk.
    pub(super) waits: Option<Waits>,
}

/// What a host's miner does.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) job: Arc<Job>,
    pub(super) find: Slot,
}

/// What there is to do when the disk is done.
#[derive(Clone)]
pub(super) struct Waits {
    /// What came of the input for which the node wrote.
    pub(super) handled: Result<(), Halt>,
    pub(super) outputs: Vec<Output>,
    /// What came in since.
    pub(super) inbox: VecDeque<Input>,
}

#[derive(Clone)]
pub(super) enum Body {
    Runs(Machine<SimStore>),
    Down(MemStore),
    Script(Box<dyn Actor>),
    /// Between two of the others.
    Moving,
}

impl Clone for Host {
    fn clone(&self) -> Self {
        let body = self.body.clone();
        let disk = match &body {
            // Host and node hold one and the same.
            Body::Runs(node) => node.store().disk().map(Disk::same),
            _ => self.disk.clone(),
        };
        Self {
            addr: self.addr,
            body,
            config: self.config.clone(),
            starts: self.starts,
            tick: self.tick,
            work: self.work.clone(),
            halt: self.halt.clone(),
            disk,
            waits: self.waits.clone(),
        }
    }
}

impl Host {
    pub(super) fn script(addr: SocketAddr, actor: Box<dyn Actor>) -> Self {
        Self::new(addr, Body::Script(actor), None, None)
    }

    /// A node that was never started.
    pub(super) fn node(addr: SocketAddr, config: Config, disk: Option<Disk>) -> Self {
        Self::new(addr, Body::Down(MemStore::new()), Some(config), disk)
    }

    fn new(addr: SocketAddr, body: Body, config: Option<Config>, disk: Option<Disk>) -> Self {
        Self {
            addr,
            body,
            config,
            starts: 0,
            tick: None,
            work: None,
            halt: None,
            disk,
            waits: None,
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
    pub(super) fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        if let Body::Runs(node) = &mut self.body {
            node.meet(neighbours);
        }
    }

    pub(super) fn running(&self) -> Option<&Machine<SimStore>> {
        match &self.body {
            Body::Runs(node) => Some(node),
            _ => None,
        }
    }

    /// What it does about an input; nothing if it is down.
    pub(super) fn handle(
        &mut self,
        now: Time,
        input: Input,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Halt> {
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

    /// What an actor does about bytes; `None`: it is none.
    pub(super) fn received_bytes(
        &mut self,
        now: Time,
        conn: ConnId,
        bytes: &[u8],
    ) -> Option<Vec<Output>> {
        match &mut self.body {
            Body::Script(actor) => Some(actor.received_bytes(now, conn, bytes)),
            _ => None,
        }
    }

    /// Bytes that an actor wants sent.
    pub(super) fn poll_bytes(&mut self) -> Option<(ConnId, Bytes)> {
        match &mut self.body {
            Body::Script(actor) => actor.poll_bytes(),
            _ => None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match &self.body {
            Body::Runs(node) => node.deadline(),
            Body::Script(actor) => actor.deadline(),
            Body::Down(_) | Body::Moving => None,
        }
    }
}
