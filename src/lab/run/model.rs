//! What a lab knows of its nodes: put down here by whoever learns it, shown from here as a
//! [`LabView`](crate::lab::LabView), under one lock that nobody holds for long.

use super::hand::{Hand, Host};
use super::rounds::Course;
use super::script::Balances;
use crate::chain::{BlockHash, Txid};
use crate::lab::ask::Known;
use crate::lab::control::RecentEvents;
use crate::lab::headline::{Headline, Stand, SteadyHeadline};
use crate::lab::observe::ancestry::{Ancestry, Tip};
use crate::lab::observe::chips::Chips;
use crate::lab::observe::log_lines::{LogKeeper, LogLine};
use crate::lab::observe::propagation::Propagation;
use crate::lab::observe::rate::Rate;
use crate::lab::observe::stats::{Stats, Traffic};
use crate::lab::observe::topology::Topology;
use crate::lab::partition::Partition;
use crate::lab::script::ScriptView;
use crate::lab::spec::NodeSpec;
use crate::lab::traffic::Generator;
use crate::lab::view::{MadeByHand, NodeState, NodeView, TrafficView};
use crate::node::io::words::{Names, Tone};
use crate::node::snapshot::NodeSnapshot;
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// All that is known.
#[derive(Default)]
pub(super) struct Model {
    /// By their [`NodeIx`].
    pub(super) nodes: Vec<Node>,
    /// How blocks get through the lab.
    pub(super) propagation: Propagation<BlockHash>,
    /// How transactions do.
    pub(super) tx_propagation: Propagation<Txid>,
    /// How blocks look, from when they were first heard of.
    pub(super) chips: Arc<Chips>,
    /// Which block stands on which.
    pub(super) ancestry: Ancestry,
    /// What is said of all of it.
    pub(super) headline: SteadyHeadline,
    /// Links between nodes.
    pub(super) topology: Topology,
    /// Who has a wallet of this name, or is just making one.
    pub(super) wallets: BTreeMap<String, NodeIx>,
    /// Wallets and payments that were asked for by hand.
    pub(super) made_by_hand: MadeByHand,
    /// The data goes with the lab.
    pub(super) is_temporary: bool,
    /// Whether the round goes on.
    pub(super) course: Course,
    /// A line that somebody wants people to read.
    pub(super) caption: Option<Arc<str>>,
    /// The script that is played.
    pub(super) script: Option<Arc<ScriptView>>,
    /// Payments that this lab makes by itself.
    pub(super) payments: Option<Generator>,
    /// Those that a lab elsewhere makes.
    pub(super) far_payments: Option<TrafficView>,
    /// The split that is in force.
    pub(super) partition: Option<Partition<SocketAddr>>,
    /// What the run adds up to.
    pub(super) stats: Stats,
    /// Balances that were asked for.
    pub(super) balances: Balances,
    /// Addresses of wallets that were made, by name: snapshots show them a moment later.
    pub(super) made: BTreeMap<String, String>,
}

/// What is known of a node.
pub(super) struct Node {
    /// What it is to be when it starts again.
    pub(super) spec: NodeSpec,
    /// Its name, for views.
    pub(super) name: Arc<str>,
    /// Where it listens, whether it runs or not.
    pub(super) addr: SocketAddr,
    /// That is an address on this machine or elsewhere, not only one within a lab in virtual time.
    pub(super) is_addressed: bool,
    /// How often it was started: what is heard of an earlier life does not count.
    pub(super) life: u64,
    pub(super) state: NodeState,
    /// There while it runs, and on its way down.
    pub(super) handle: Option<Hand>,
    /// The process that it runs in, if that is another one.
    pub(super) host: Option<Arc<Host>>,
    pub(super) snapshot: Option<Arc<NodeSnapshot>>,
    pub(super) log: LogKeeper,
    /// What happened to it last, for whoever subscribes later.
    pub(super) recent: RecentEvents,
    /// What it sent, in all of its lives.
    pub(super) traffic: Arc<Traffic>,
    tip: Option<BlockId>,
    tip_changed: Option<Time>,
    rate: Rate,
}

impl Node {
    /// One that was never started.
    pub(super) fn new(spec: NodeSpec, addr: SocketAddr) -> Self {
        Self {
            name: spec.name.as_str().into(),
            spec,
            addr,
            is_addressed: true,
            life: 0,
            state: NodeState::Starting,
            handle: None,
            host: None,
            snapshot: None,
            log: LogKeeper::default(),
            recent: RecentEvents::default(),
            traffic: Arc::default(),
            tip: None,
            tip_changed: None,
            rate: Rate::default(),
        }
    }

    /// Adds a line of the lab's own.
    pub(super) fn say(&mut self, at: Time, tone: Tone, words: impl Into<String>) {
        self.log.say(LogLine::plain(at, tone, words));
    }

    /// Its chain ends here since then. A life's first tip is no change.
    pub(super) fn moved(&mut self, tip: BlockId, at: Time, is_event: bool) {
        let is_news = self.tip.is_some_and(|old| old != tip) || is_event;
        let is_late = self.tip_changed.is_some_and(|then| at < then);
        if is_late {
            return;
        }
        self.tip = Some(tip);
        if is_news {
            self.tip_changed = Some(at);
        }
    }

    /// What it looks like now.
    pub(super) fn seen(&mut self, snapshot: Arc<NodeSnapshot>) {
        self.moved(snapshot.tip, snapshot.at, false);
        self.rate
            .note(snapshot.at, snapshot.sync.is_some(), snapshot.tip.height);
        self.snapshot = Some(snapshot);
    }

    /// See [`Model::ended`].
    pub(super) fn ended(&mut self, state: NodeState) {
        (self.handle, self.state) = (None, state);
        self.tip = None;
        self.rate = Rate::default();
    }

    /// Nothing is known of it but that it is there: it has begun anew.
    fn forget(&mut self) {
        let fresh = Self::new(self.spec.clone(), self.addr);
        *self = Self {
            name: Arc::clone(&self.name),
            host: self.host.take(),
            life: self.life,
            state: NodeState::Down,
            ..fresh
        };
    }

    /// The process that it runs in, by a number.
    pub(super) fn process(&self) -> usize {
        let host = self.host.as_ref();
        host.map_or(0, |host| Arc::as_ptr(host).addr())
    }

    /// Whether it runs in this other process.
    pub(super) fn is_of(&self, host: &Arc<Host>) -> bool {
        let its = self.host.as_ref();
        its.is_some_and(|its| Arc::ptr_eq(its, host))
    }

    /// Why it cannot be asked anything; `None`: it can.
    pub(super) fn absence(&self) -> Option<String> {
        self.state.absence(&self.name)
    }

    fn view(&self, reorganised: Option<(Time, usize)>) -> NodeView {
        NodeView {
            name: Arc::clone(&self.name),
            addr: self.is_addressed.then_some(self.addr),
            state: self.state.clone(),
            snapshot: self.snapshot.clone(),
            log: self.log.lines(),
            tip_changed: self.tip_changed,
            reorganised,
            sync_rate: self.rate.per_second(),
        }
    }
}

impl Model {
    /// The node with this number.
    pub(super) fn node(&self, ix: NodeIx) -> Option<&Node> {
        self.nodes.get(ix.0)
    }

    /// As [`Model::node`], for what happened in one of its lives: `None` if that is over.
    pub(super) fn alive(&mut self, ix: NodeIx, life: u64) -> Option<&mut Node> {
        let node = self.nodes.get_mut(ix.0)?;
        (node.life == life).then_some(node)
    }

    /// Nothing is known any more of the nodes of a process whose lab was made anew.
    pub(super) fn forget(&mut self, host: &Arc<Host>) {
        for ix in self.nodes_of(host) {
            self.nodes[ix.0].forget();
            self.stats.forget(ix);
            self.propagation.forget(ix);
            self.tx_propagation.left(ix);
        }
    }

    /// The nodes that run in this other process.
    pub(super) fn nodes_of(&self, host: &Arc<Host>) -> Vec<NodeIx> {
        let nodes = (0..).map(NodeIx).zip(&self.nodes);
        let its = nodes.filter(|(_, node)| node.is_of(host));
        its.map(|(ix, _)| ix).collect()
    }

    /// A node does not run any more.
    pub(super) fn ended(&mut self, ix: NodeIx, state: NodeState) {
        self.nodes[ix.0].ended(state);
        self.left(ix);
    }

    /// No block waits for a node any more.
    pub(super) fn left(&mut self, ix: NodeIx) {
        self.propagation.left(ix);
        self.tx_propagation.left(ix);
    }

    /// The nodes, as they are shown.
    pub(super) fn node_views(&self) -> Vec<NodeView> {
        let nodes = (0..).map(NodeIx).zip(&self.nodes);
        let view = |(ix, node): (NodeIx, &Node)| node.view(self.stats.last(ix));
        nodes.map(view).collect()
    }

    /// The node of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| &*node.name == name)
    }

    /// The nodes that run, or are on their way up or down.
    pub(super) fn busy(&self) -> impl Iterator<Item = &Node> {
        let is_busy = |node: &&Node| {
            let state = &node.state;
            node.handle.is_some() || matches!(state, NodeState::Starting | NodeState::Stopping)
        };
        self.nodes.iter().filter(is_busy)
    }

    /// Notes what a node looks like.
    pub(super) fn seen(&mut self, ix: NodeIx, life: u64, snapshot: Arc<NodeSnapshot>) {
        // What comes late says nothing about the next life.
        let running = |node: &&mut Node| node.handle.is_some();
        let Some(node) = self.alive(ix, life).filter(running) else {
            return;
        };
        let peers = |of: &NodeSnapshot| of.ready_peers().map(|peer| peer.listen).collect();
        let before: Option<Vec<_>> = node.snapshot.as_deref().map(peers);
        let has_other_peers = before != Some(peers(&snapshot));
        let stands = |of: &NodeSnapshot| (of.tip, of.sync.as_ref().map(|sync| sync.target));
        let has_moved = node.snapshot.as_deref().map(stands) != Some(stands(&snapshot));
        node.seen(Arc::clone(&snapshot));
        if has_moved {
            self.learn(&snapshot);
            self.feed_headline(snapshot.at);
        }
        if has_other_peers {
            self.topology.peers_changed();
        }
        self.propagation.reached(snapshot.tip.height);
        for wallet in &snapshot.wallets {
            // Thirty times a second, and hardly ever is one new.
            if !self.wallets.contains_key(&wallet.name) {
                self.wallets.insert(wallet.name.clone(), ix);
            }
        }
    }

    /// Takes note of a block that has come to a node: it is given its chip.
    pub(super) fn hear(&mut self, id: BlockId) {
        if self.chips.is_news(id) {
            Arc::make_mut(&mut self.chips).hear(id);
        }
    }

    /// Takes note of the blocks that a node shows.
    pub(super) fn learn(&mut self, snapshot: &NodeSnapshot) {
        for info in &snapshot.recent {
            self.hear(info.id);
            self.ancestry.learn(info.id, info.previous);
        }
        self.hear(snapshot.tip);
    }

    /// Takes in how all is, to be said of it.
    fn feed_headline(&mut self, now: Time) {
        let stands = self.nodes.iter().map(|node| Stand {
            state: &node.state,
            tip: node.snapshot.as_deref().map(Tip::from),
        });
        let groups = self.partition.as_ref();
        let groups = groups.map(|partition| partition.groups.as_slice());
        self.headline.look(now, stands, groups, &self.ancestry);
        let running = self.nodes.iter().filter(|node| node.state.is_up());
        let running = running.filter_map(|node| node.snapshot.as_deref());
        self.headline.sum(now, running);
    }

    /// What is to be said of all of it, now.
    pub(super) fn headline(&mut self, now: Time) -> Headline {
        self.feed_headline(now);
        self.headline.shown()
    }

    /// Those that run in this process.
    pub(super) fn own_nodes(&self) -> Vec<NodeIx> {
        let nodes = self.nodes.iter().enumerate();
        let own = nodes.filter(|(_, node)| node.host.is_none());
        own.map(|(ix, _)| NodeIx(ix)).collect()
    }

    /// The names of a node's wallets.
    pub(super) fn wallets_of(&self, ix: NodeIx) -> impl Iterator<Item = &str> {
        let owned = self.wallets.iter().filter(move |(_, owner)| **owner == ix);
        owned.map(|(name, _)| name.as_str())
    }

    /// The address of a wallet, whoever has it.
    pub(super) fn address_of(&self, wallet: &str) -> Option<String> {
        let shown = self.shown_address(wallet);
        shown.or_else(|| self.made.get(wallet).cloned())
    }

    fn shown_address(&self, wallet: &str) -> Option<String> {
        let owner = self.node(*self.wallets.get(wallet)?)?;
        let wallets = owner.snapshot.iter().flat_map(|snapshot| &snapshot.wallets);
        let mut wallets = wallets.filter(|found| found.name == wallet);
        wallets.next().map(|found| found.address.clone())
    }
}

impl Known for Model {
    fn node_names(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| &*node.name).collect()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        self.wallets.get(wallet).copied()
    }
}

/// The node that another one means: the first such one in its own process, or else elsewhere. In other
/// processes there may be the same names, and in other labs in virtual time the same addresses.
pub(super) fn met_by(
    all: &[Node],
    caller: NodeIx,
    is_such: impl Fn(&Node) -> bool,
) -> Option<NodeIx> {
    let process = all.get(caller.0)?.process();
    let such = (0..).map(NodeIx).zip(all);
    let such = such.filter(|(_, node)| is_such(node));
    let found = such.min_by_key(|(_, node)| node.process() != process);
    found.map(|(ix, _)| ix)
}

/// A model, as one of its nodes knows it.
pub(super) struct KnownTo<'a>(pub(super) &'a Model, pub(super) NodeIx);

impl Names for KnownTo<'_> {
    fn node_at(&self, addr: SocketAddr) -> Option<&str> {
        let Self(model, own) = *self;
        let found = met_by(&model.nodes, own, |node| node.addr == addr)?;
        Some(&model.nodes[found.0].spec.name)
    }

    fn wallet_of(&self, address: &str) -> Option<&str> {
        let snapshots = self.0.nodes.iter().flat_map(|node| &node.snapshot);
        let mut wallets = snapshots.flat_map(|snapshot| &snapshot.wallets);
        let found = wallets.find(|wallet| wallet.address == address);
        found.map(|wallet| wallet.name.as_str())
    }
}
