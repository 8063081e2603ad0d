//! Everything that a lab decides, without IO: plain data goes in and comes out, and a driver does the
//! rest, whatever its nodes are.
//!
//! ```text
//!               Input                                 Output
//! a request ───────────────►┌──────┐  Call, Ask, Look ──────────► a node, and its answer comes back
//! what happens to nodes ───►│ Core │  Start, Kill, SetLinks ────► the driver
//! their answers, the time ─►└──────┘  Answer ───────────────────► its asker
//!                              └────► view, summary: changes nothing
//! ```
//!
//! A driver gives what happened by [`Core::handle`], does what [`Core::poll`] says in this order, and
//! comes back at [`Core::deadline`] with [`Input::Tick`]. What it did is done when it asks for more:
//! an answer that is there at once is given before time goes on.
//!
//! Decisions rest on what is asked for at moments of core's own ([`Output::Look`]), never on what was
//! made for a picture: looking changes no run. Twenty times a second, counted from the beginning, core
//! has the first block mined if it is time, and lets the script go on; payments come just when they are
//! due. For each of these it looks at all nodes first, if it goes by them. Nodes that cannot be asked
//! without waiting show themselves instead ([`Sight::Told`]), and core goes by what it was last shown.

mod facts;
mod far;
mod first;
pub mod headline;
mod io;
mod links;
mod lives;
mod node;
mod observe;
pub(in crate::lab) mod partition;
mod payments;
mod play;
mod requests;
pub mod summary;
pub mod traffic;
mod view;

pub use self::facts::{Seen, WalletSeen};
pub use self::io::{CallId, End, Far, HostId, Input, Level, LinkEnd, Moment, Output, Sight, Told};
pub use self::node::Node;
pub(in crate::lab) use self::play::{no_script, sum};

use self::far::{Errand, Hosts};
use self::headline::SteadyHeadline;
use self::links::Links;
use self::node::Nodes;
use self::partition::Partition;
use self::payments::Payments;
use self::play::{Next, Play};
use self::requests::{Asker, Work};
use self::view::LinksShown;
use super::ask::{Answer, Known};
use super::layout::Layout;
use super::observe::ancestry::Ancestry;
use super::observe::chips::Chips;
use super::observe::propagation::Tracker;
use super::observe::stats::Stats;
use super::observe::topology::Topology;
use super::observe::transcript::Listener;
use super::view::{MadeByHand, NodeState};
use crate::chain::{BlockHash, Txid};
use crate::node::io::{Command, Question};
use crate::node::snapshot::NodeSnapshot;
use crate::node::{NodeIx, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Why a node that was started elsewhere is not started again here.
const NOT_OURS: &str = "start it again where it was started";

/// Time between two turns.
const TURN: Duration = Duration::from_millis(50);

/// How a lab begins.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// What it is made of.
    pub layout: &'a Layout,
    /// When it began.
    pub since: Time,
    /// What its payments are drawn from: the same come with the same.
    pub draws: [u8; 32],
    /// What is observed of it.
    pub level: Level,
    /// How it sees its nodes.
    pub sight: Sight,
    /// How often it was made anew.
    pub round: u32,
    /// The steps of its layout are played.
    pub plays: bool,
}

/// A lab's mind.
#[derive(Clone)]
pub struct Core {
    layout: Arc<Layout>,
    level: Level,
    sight: Sight,
    /// When it began.
    since: Time,
    nodes: Nodes,
    hosts: Hosts,
    /// Who has a wallet of this name, or is just making one.
    wallets: BTreeMap<String, NodeIx>,
    /// Addresses of wallets that were ever seen, by name.
    addresses: BTreeMap<String, String>,
    links: Links,
    partition: Option<Partition<NodeIx>>,
    payments: Payments,
    play: Play,
    /// No node has been on its way up, at some time: from then on time counts.
    has_begun: bool,
    /// Why nothing starts any more, if so.
    closing: Option<Arc<str>>,
    /// The first block is still to be asked for.
    wants_first: bool,
    caption: Option<Arc<str>>,
    made_by_hand: MadeByHand,
    /// Nodes that were looked for and have not been seen.
    looking: BTreeSet<NodeIx>,
    /// When all nodes were last seen, if nothing was done to one since.
    fresh: Option<Duration>,
    /// When its next turn comes.
    turn_at: Duration,
    /// A chain has changed since all nodes were last seen.
    has_moved: bool,
    /// When the figures of the headline are next summed up, whether anything has happened by which they
    /// may be others, and what was seen for them.
    figures_at: Duration,
    is_stale: bool,
    figures: Vec<NodeSnapshot>,
    calls: BTreeMap<CallId, (NodeIx, Work)>,
    forwards: BTreeMap<CallId, Errand>,
    last_call: u64,
    /// Who waits for the end of a node, and for its beginning.
    killers: BTreeMap<NodeIx, Vec<Asker>>,
    starters: BTreeMap<NodeIx, (Asker, Answer)>,
    outputs: VecDeque<Output>,

    stats: Stats,
    propagation: Tracker<BlockHash>,
    tx_propagation: Tracker<Txid>,
    ancestry: Ancestry,
    chips: Arc<Chips>,
    topology: Topology,
    links_shown: LinksShown,
    listener: Listener,
    headline: SteadyHeadline,
}

impl Core {
    /// A lab without nodes.
    pub fn new(begin: &Begin<'_>) -> Self {
        let layout = begin.layout;
        Self {
            layout: Arc::new(layout.clone()),
            level: begin.level,
            sight: begin.sight,
            since: begin.since,
            nodes: Nodes::default(),
            hosts: Hosts::default(),
            wallets: BTreeMap::new(),
            addresses: BTreeMap::new(),
            links: Links::default(),
            partition: None,
            payments: Payments::new(layout, begin.draws),
            play: Play::new(layout, begin.round, begin.plays),
            has_begun: false,
            closing: None,
            wants_first: true,
            caption: None,
            made_by_hand: MadeByHand::default(),
            looking: BTreeSet::new(),
            fresh: None,
            turn_at: Duration::ZERO,
            has_moved: true,
            figures_at: Duration::ZERO,
            is_stale: true,
            figures: Vec::new(),
            calls: BTreeMap::new(),
            forwards: BTreeMap::new(),
            last_call: 0,
            killers: BTreeMap::new(),
            starters: BTreeMap::new(),
            outputs: VecDeque::new(),
            stats: Stats::default(),
            propagation: Tracker::default(),
            tx_propagation: Tracker::default(),
            ancestry: Ancestry::default(),
            chips: Arc::default(),
            topology: Topology::default(),
            links_shown: LinksShown::default(),
            listener: Listener::default(),
            headline: SteadyHeadline::default(),
        }
    }

    /// A lab with the nodes and links of its layout, of which each is about to start.
    pub fn of_layout(begin: &Begin<'_>) -> Self {
        let mut core = Self::new(begin);
        for spec in &begin.layout.nodes {
            let ix = core.enter(spec.clone(), &[], None);
            core.start(ix);
        }
        core.set_pairs();
        core
    }

    /// Links are as its layout says.
    pub fn set_pairs(&mut self) {
        for pair in &Arc::clone(&self.layout).pairs {
            let ends = self.position(&pair.from).zip(self.position(&pair.to));
            if let Some((from, to)) = ends {
                self.set_way(from, to, pair.conditions);
            }
        }
    }

    /// Takes in what happened, and what follows from it.
    pub fn handle(&mut self, now: Moment, input: Input) {
        match input {
            Input::Event { node, life, event } => return self.happened(node, life, &event),
            Input::Missed { node, events } => return self.missed(node, events),
            Input::Request(ticket, request) => self.request(now, Asker::Ticket(ticket), request),
            Input::Started { node, life, addr } => self.started(now, node, life, addr),
            Input::Failed { node, life, why } => self.failed(now, node, life, why),
            Input::Facts(node, seen) => self.see(now, node, seen),
            Input::Shown {
                node,
                life,
                snapshot,
            } => return self.shown(node, life, snapshot),
            Input::Far(host, far) => self.far(now, host, far),
            Input::Forwarded(call, told) => self.forwarded(now, call, told),
            Input::Closing(why) => self.close(why),
            Input::Reply(call, reply) => self.replied(now, call, reply),
            Input::Ended { node, life, end } => self.ended(now, node, life, &end),
            Input::Tick => {}
        }
        self.has_begun |= !self.is_starting();
        self.give_up(now);
        if self.has_begun && self.closing.is_none() {
            self.go_on(now);
        }
    }

    /// Whether all nodes that were there at the beginning have come up, or have failed to: from then on
    /// time counts.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether a node of this process is on its way up.
    pub fn is_starting(&self) -> bool {
        let mut own = self.nodes.iter().filter(|node| node.host.is_none());
        own.any(|node| node.state == NodeState::Starting)
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether there is something to do.
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// When it is to be told that it is so late, as long as it has gone on then. While something is
    /// looked for at this moment, that comes first.
    pub fn deadline(&self) -> Duration {
        let due = [self.payments.due(), self.hosts.due()];
        let due = due.into_iter().flatten().min().unwrap_or(Duration::MAX);
        due.min(self.turn_at)
    }

    /// When its next turn comes, at which the script goes on.
    pub fn next_turn(&self) -> Duration {
        self.turn_at
    }

    /// What is to be done at this moment, in its order: payments, then its turn: the first block, and
    /// the script. Each waits for what it has asked for.
    fn go_on(&mut self, now: Moment) {
        self.play.leave_behind(now.ran);
        loop {
            if self.is_waiting() {
                return;
            }
            let is_pay_due = self.payments.is_due(now.ran);
            let is_turn_due = now.ran >= self.turn_at;
            if !is_pay_due && !is_turn_due && !self.play.is_on() {
                break;
            }
            let is_wanted = is_pay_due || is_turn_due && self.wants_look(now);
            if self.needs_look(now, is_wanted) {
                continue;
            }
            if is_pay_due {
                self.pay(now);
            } else if is_turn_due {
                self.take_turn(now);
            } else {
                match self.play_on(now) {
                    Next::On => {}
                    Next::Asked => return,
                    Next::Rest => break,
                }
            }
        }
        self.payments.settle(now.ran);
    }

    /// Whether it cannot go on before something that it asked for is there.
    fn is_waiting(&self) -> bool {
        !self.looking.is_empty() || self.play.asks()
    }

    /// Whether all nodes are to be looked at in this turn, beside what the script asks for by itself.
    fn wants_look(&self, now: Moment) -> bool {
        self.sight == Sight::Asked
            && (self.wants_first || self.level == Level::All && self.is_worth_a_look(now))
    }

    /// Whether a screen would show something else: a chain has changed, a node catches up, or a second is
    /// over, after which one may have begun to.
    fn is_worth_a_look(&self, now: Moment) -> bool {
        let seen = || self.nodes.iter().filter_map(|node| node.seen.as_ref());
        self.has_moved || now.ran >= self.figures_at || seen().any(|seen| seen.target.is_some())
    }

    /// Looks at all nodes, if they were not seen at this moment. Whether it waits for them now.
    fn needs_look(&mut self, now: Moment, is_wanted: bool) -> bool {
        if !is_wanted || self.sight == Sight::Told || self.is_fresh(now) {
            return false;
        }
        self.look(now);
        true
    }

    fn look(&mut self, now: Moment) {
        let up = self.nodes.up();
        self.outputs.extend(up.iter().copied().map(Output::Look));
        self.looking.extend(up);
        self.seen_all(now);
    }

    /// Twenty times a second, with all nodes in sight as far as that is wanted.
    fn take_turn(&mut self, now: Moment) {
        while self.turn_at <= now.ran {
            self.turn_at += TURN;
        }
        if self.level == Level::All && now.ran >= self.figures_at {
            self.sum_up(now);
        }
        // At the very beginning no node has had the time to be connected.
        if !now.ran.is_zero() {
            self.mine_first();
        }
        self.play.begin(now.ran);
    }

    fn call(&mut self, node: NodeIx, command: Command, work: Work) {
        let id = self.next_call(node, work);
        self.outputs.push_back(Output::Call { node, id, command });
    }

    fn ask(&mut self, node: NodeIx, question: Question, work: Work) {
        let id = self.next_call(node, work);
        self.outputs.push_back(Output::Ask { node, id, question });
    }

    fn next_call(&mut self, node: NodeIx, work: Work) -> CallId {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, (node, work));
        id
    }

    /// The nodes, by their numbers.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes of this process.
    pub fn own_nodes(&self) -> Vec<NodeIx> {
        self.nodes.of(None)
    }

    /// The names of all wallets.
    pub fn wallets(&self) -> impl Iterator<Item = &str> {
        self.wallets.keys().map(String::as_str)
    }

    /// The names of a node's wallets.
    pub fn wallets_of(&self, ix: NodeIx) -> impl Iterator<Item = &str> {
        let owned = self.wallets.iter().filter(move |(_, owner)| **owner == ix);
        owned.map(|(name, _)| name.as_str())
    }

    /// The name of a node.
    pub fn name(&self, ix: NodeIx) -> &str {
        self.nodes.get(ix.0).map_or("", |node| &node.name)
    }

    /// The node of this name.
    pub fn position(&self, name: &str) -> Option<NodeIx> {
        self.nodes.position(name)
    }

    /// Why a node has failed, the first that has.
    pub fn failure(&self) -> Option<String> {
        let mut states = self.nodes.iter().map(|node| &node.state);
        states.find_map(|state| match state {
            NodeState::Failed(why) => Some(why.to_string()),
            _ => None,
        })
    }

    /// When it began.
    pub fn since(&self) -> Time {
        self.since
    }

    /// What it was made of.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Known for Core {
    fn node_names(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| &*node.name).collect()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        self.wallets.get(wallet).copied()
    }
}
