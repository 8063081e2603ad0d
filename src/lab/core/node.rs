//! The nodes of a lab, and what is known of each.

use super::io::HostId;
use super::networks::OWN_NETWORK;
use super::seen::Seen;
use crate::lab::ask::{Ability, Can};
use crate::lab::observe::node_log::{LogKeeper, LogLine};
use crate::lab::observe::rate::Rate;
use crate::lab::observe::stats::Traffic;
use crate::lab::spec::NodeSpec;
use crate::lab::view::{NodeState, NodeStatus};
use crate::node::io::words::Tone;
use crate::node::snapshot::NodeSnapshot;
use crate::node::{BlockId, NodeIx, Time};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A node.
#[derive(Clone)]
pub struct Node {
    /// What it is to be when it starts again, with the name that its process calls it by.
    pub(super) spec: Arc<NodeSpec>,
    /// Its name in this lab.
    pub(super) name: Arc<str>,
    pub(super) addr: Option<SocketAddr>,
    /// That is an address on this machine or elsewhere, not only one within a lab in virtual time.
    pub(super) is_addressed: bool,
    /// The process that it runs in, if that is another one.
    pub(super) host: Option<HostId>,
    /// It was started by other code of this process.
    pub(super) is_adopted: bool,
    /// The network that it is on.
    network: Arc<str>,
    /// What it can do.
    pub(super) can: Can,
    /// How often it was started: what is heard of an earlier life does not count.
    pub(super) life: u64,
    pub(super) state: NodeState,
    /// How it looked when it was last looked at.
    pub(super) seen: Option<Arc<Seen>>,
    /// How it last showed itself, if it does that, and how often it had other peers than before.
    pub(super) shown: Option<Arc<NodeSnapshot>>,
    pub(super) peers_edition: u64,
    pub(super) log: LogKeeper,
    /// What it sent, in all of its lives.
    pub(super) traffic: Traffic,
    /// The end of its chain.
    pub(super) tip: Option<BlockId>,
    pub(super) tip_changed: Option<Time>,
    pub(super) rate: Rate,
}

impl Node {
    /// One that was never started.
    pub(super) fn new(spec: NodeSpec, addr: Option<SocketAddr>) -> Self {
        let can = can_of(&spec);
        Self {
            name: spec.name.as_str().into(),
            network: network_of(&spec),
            spec: Arc::new(spec),
            addr,
            is_addressed: addr.is_some(),
            host: None,
            is_adopted: false,
            can,
            life: 0,
            state: NodeState::Down,
            seen: None,
            shown: None,
            peers_edition: 0,
            log: LogKeeper::default(),
            traffic: Traffic::default(),
            tip: None,
            tip_changed: None,
            rate: Rate::default(),
        }
    }

    /// Its name in this lab.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// What it is, and what its own process calls it.
    pub fn spec(&self) -> &NodeSpec {
        &self.spec
    }

    /// Where it listens.
    pub fn addr(&self) -> Option<SocketAddr> {
        self.addr
    }

    /// The network that it is on.
    pub fn network(&self) -> &Arc<str> {
        &self.network
    }

    /// Whether it runs.
    pub fn state(&self) -> &NodeState {
        &self.state
    }

    /// What it can do.
    pub fn can(&self) -> &Can {
        &self.can
    }

    /// How often it was started.
    pub fn life(&self) -> u64 {
        self.life
    }

    /// The process that it runs in, if that is another one.
    pub fn host(&self) -> Option<HostId> {
        self.host
    }

    /// How it last showed itself.
    pub fn shown(&self) -> Option<&Arc<NodeSnapshot>> {
        self.shown.as_ref()
    }

    /// As programs see it.
    pub fn status(&self) -> NodeStatus {
        NodeStatus {
            node: self.name.to_string(),
            state: self.state.clone(),
            addr: self.addr,
            can: self.can.clone(),
            snapshot: self.shown.clone(),
        }
    }

    /// Whether it runs, or is on its way up or down.
    pub fn is_busy(&self) -> bool {
        let state = &self.state;
        state.is_up() || matches!(state, NodeState::Starting | NodeState::Stopping)
    }

    /// Adds a line of the lab's own.
    pub(super) fn say(&mut self, at: Time, tone: Tone, words: impl Into<String>) {
        self.log.say(LogLine::plain(at, tone, words));
    }

    /// Its chain ends here since then. A life's first tip is no change, unless an event tells of it.
    pub(super) fn moved(&mut self, tip: BlockId, at: Time, is_event: bool) {
        let is_news = self.tip.is_some_and(|old| old != tip) || is_event;
        if self.tip_changed.is_some_and(|then| at < then) {
            return;
        }
        self.tip = Some(tip);
        if is_news {
            self.tip_changed = Some(at);
        }
    }

    /// It shows itself; what it looked like before is given back.
    pub(super) fn shows(&mut self, snapshot: Arc<NodeSnapshot>) -> Option<Arc<NodeSnapshot>> {
        if let Some(program) = &snapshot.program
            && *program.network != *self.network
        {
            self.network = program.network.as_str().into();
        }
        let peers = |of: &NodeSnapshot| of.ready_peers().map(|peer| peer.listen).collect();
        let now: Vec<_> = peers(&snapshot);
        let before = self.shown.replace(snapshot);
        let is_other = before.as_deref().map(peers) != Some(now);
        self.peers_edition += u64::from(is_other);
        before
    }

    /// It does not run any more, or not within sight.
    pub(super) fn ended(&mut self, state: NodeState) {
        self.state = state;
        self.tip = None;
        self.rate = Rate::default();
    }

    /// Nothing is known of it but that it is there: its process has begun anew.
    pub(super) fn forget(&mut self) {
        let fresh = Self::new((*self.spec).clone(), self.addr);
        *self = Self {
            name: Arc::clone(&self.name),
            network: Arc::clone(&self.network),
            host: self.host,
            can: self.can.clone(),
            life: self.life,
            peers_edition: self.peers_edition + 1,
            ..fresh
        };
    }

    /// Why it cannot be asked anything; `None`: it can.
    pub(super) fn absence(&self) -> Option<String> {
        self.state.absence(&self.name)
    }

    /// Why it cannot do this; `None`: it can.
    pub(super) fn lacks(&self, ability: Ability) -> Option<String> {
        self.can.refusal(&self.name, ability)
    }
}

/// What a node of chainlab's own cannot do by what it is.
fn can_of(spec: &NodeSpec) -> Can {
    const WHY: &str = "a light node has no blocks to build on";
    match spec.light {
        None => Can::default(),
        Some(_) => Can::default()
            .without(Ability::Mine, WHY)
            .without(Ability::KeepMining, WHY),
    }
}

fn network_of(spec: &NodeSpec) -> Arc<str> {
    let bitcoin = spec.bitcoin.as_ref();
    bitcoin
        .map_or(OWN_NETWORK, |bitcoin| bitcoin.network.params().name)
        .into()
}

/// The nodes of a lab, by their [`NodeIx`].
#[derive(Clone, Default)]
pub(super) struct Nodes {
    all: Vec<Node>,
    /// Their numbers, by their names in this lab.
    by_name: BTreeMap<Arc<str>, NodeIx>,
    /// The same by the names that they call each other: nearly every event has one. In other processes
    /// there may be the same names.
    by_own_name: BTreeMap<Arc<str>, Vec<NodeIx>>,
}

impl Nodes {
    /// A node is there from now on.
    pub(super) fn push(&mut self, node: Node) -> NodeIx {
        let ix = NodeIx(self.all.len());
        self.by_name.insert(Arc::clone(&node.name), ix);
        let own_name = node.spec.name.as_str().into();
        self.by_own_name.entry(own_name).or_default().push(ix);
        self.all.push(node);
        ix
    }

    /// With their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (NodeIx, &Node)> + Clone {
        (0..).map(NodeIx).zip(&self.all)
    }

    /// The node of this name in this lab.
    pub(super) fn position(&self, name: &str) -> Option<NodeIx> {
        self.by_name.get(name).copied()
    }

    /// The nodes that run.
    pub(super) fn up(&self) -> Vec<NodeIx> {
        let up = self.numbered().filter(|(_, node)| node.state.is_up());
        up.map(|(ix, _)| ix).collect()
    }

    /// Those of this process, or of another one.
    pub(super) fn of(&self, host: Option<HostId>) -> Vec<NodeIx> {
        let its = self.numbered().filter(|(_, node)| node.host == host);
        its.map(|(ix, _)| ix).collect()
    }

    /// The node that its process calls so.
    pub(super) fn find(&self, host: Option<HostId>, name: &str) -> Option<NodeIx> {
        let mut named = self.by_own_name.get(name)?.iter().copied();
        named.find(|ix| self.all[ix.0].host == host)
    }

    /// The node that another one calls this: by its name, or until they have met by its address.
    pub(super) fn who(&self, caller: NodeIx, name: &str) -> Option<NodeIx> {
        let named = self.by_own_name.get(name);
        let named = named.and_then(|all| self.nearest(caller, all.iter().copied()));
        named.or_else(|| self.at(caller, name.parse().ok()?))
    }

    /// The node that another one means by an address.
    pub(super) fn at(&self, caller: NodeIx, addr: SocketAddr) -> Option<NodeIx> {
        let there = self.numbered();
        let there = there.filter(|(_, node)| node.addr == Some(addr));
        self.nearest(caller, there.map(|(ix, _)| ix))
    }

    /// The first in the caller's own process, or else elsewhere: other labs in virtual time have the same
    /// addresses.
    fn nearest(&self, caller: NodeIx, such: impl Iterator<Item = NodeIx>) -> Option<NodeIx> {
        let host = self.all.get(caller.0)?.host;
        such.min_by_key(|ix| self.all[ix.0].host != host)
    }
}

impl Deref for Nodes {
    type Target = [Node];

    fn deref(&self) -> &[Node] {
        &self.all
    }
}

impl DerefMut for Nodes {
    fn deref_mut(&mut self) -> &mut [Node] {
        &mut self.all
    }
}
