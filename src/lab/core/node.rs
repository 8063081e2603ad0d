//! What is known of a node.

use super::facts::Seen;
use crate::lab::observe::log_lines::{LogKeeper, LogLine};
use crate::lab::observe::rate::Rate;
use crate::lab::observe::stats::Traffic;
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::node::io::words::Tone;
use crate::node::{BlockId, Time};
use std::net::SocketAddr;
use std::sync::Arc;

/// A node.
#[derive(Clone)]
pub(super) struct Node {
    /// What it is to be when it starts again.
    pub(super) spec: Arc<NodeSpec>,
    /// Its name, for views.
    pub(super) name: Arc<str>,
    pub(super) addr: Option<SocketAddr>,
    /// How often it was started: what is heard of an earlier life does not count.
    pub(super) life: u64,
    pub(super) state: NodeState,
    /// How it looked when it was last looked at.
    pub(super) seen: Option<Arc<Seen>>,
    pub(super) log: LogKeeper,
    /// What it sent, in all of its lives.
    pub(super) traffic: Traffic,
    /// The end of its chain, as its events tell it.
    pub(super) tip: Option<BlockId>,
    pub(super) tip_changed: Option<Time>,
    pub(super) rate: Rate,
}

impl Node {
    /// One that was never started.
    pub(super) fn new(spec: NodeSpec) -> Self {
        Self {
            name: spec.name.as_str().into(),
            spec: Arc::new(spec),
            addr: None,
            life: 0,
            state: NodeState::Down,
            seen: None,
            log: LogKeeper::default(),
            traffic: Traffic::default(),
            tip: None,
            tip_changed: None,
            rate: Rate::default(),
        }
    }

    /// Adds a line of the lab's own.
    pub(super) fn say(&mut self, at: Time, tone: Tone, words: impl Into<String>) {
        self.log.say(LogLine::plain(at, tone, words));
    }

    /// Why it cannot be asked anything; `None`: it can.
    pub(super) fn absence(&self) -> Option<String> {
        self.state.absence(&self.name)
    }
}
