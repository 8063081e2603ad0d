//! What a lab remembers.

use super::headline::SteadyHeadline;
use super::hosts::Hosts;
use super::io::{CallId, Level, Output, Sight};
use super::labels::Labels;
use super::links_shown::LinksShown;
use super::links_state::Links;
use super::networks::Networks;
use super::node::{Node, Nodes};
use super::partition_state::Partition;
use super::script_state::Play;
use super::traffic_state::Payments;
use super::work::{Asker, Errand, Work};
use crate::chain::BlockHash;
use crate::lab::ask::{Answer, Known};
use crate::lab::layout::Layout;
use crate::lab::observe::ancestry::Ancestry;
use crate::lab::observe::chips::Chips;
use crate::lab::observe::marks::Marks;
use crate::lab::observe::stats::Stats;
use crate::lab::observe::topology::Topology;
use crate::lab::observe::transcript::Listener;
use crate::lab::observe::tree::SeenBlocks;
use crate::lab::script::Names;
use crate::lab::view::{MadeByHand, NodeState};
use crate::node::snapshot::NodeSnapshot;
use crate::node::{NodeIx, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

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
    pub(super) layout: Arc<Layout>,
    pub(super) level: Level,
    pub(super) sight: Sight,
    /// When it began.
    pub(super) since: Time,
    pub(super) nodes: Nodes,
    pub(super) hosts: Hosts,
    /// Who has a wallet of this name, or is just making one.
    pub(super) wallets: BTreeMap<String, NodeIx>,
    /// Addresses of wallets that were ever seen, by name.
    pub(super) addresses: BTreeMap<String, String>,
    /// What payments are called by those who made them.
    pub(super) labels: Labels,
    pub(super) links: Links,
    pub(super) partition: Option<Partition<NodeIx>>,
    pub(super) payments: Payments,
    pub(super) play: Play,
    /// No node has been on its way up, at some time: from then on time counts.
    pub(super) has_begun: bool,
    /// Why nothing starts any more, if so.
    pub(super) closing: Option<Arc<str>>,
    /// The first block is still to be asked for.
    pub(super) wants_first: bool,
    pub(super) caption: Option<Arc<str>>,
    pub(super) made_by_hand: MadeByHand,
    /// Nodes that were looked for and have not been seen.
    pub(super) looking: BTreeSet<NodeIx>,
    /// When all nodes were last seen, if nothing was done to one since.
    pub(super) fresh: Option<Duration>,
    /// When its next turn comes.
    pub(super) turn_at: Duration,
    /// A chain has changed since all nodes were last seen.
    pub(super) has_moved: bool,
    /// When the figures of the headline are next summed up, whether anything has happened by which they
    /// may be others, and what was seen for them.
    pub(super) figures_at: Duration,
    pub(super) is_stale: bool,
    pub(super) figures: Vec<NodeSnapshot>,
    pub(super) calls: BTreeMap<CallId, (NodeIx, Work)>,
    pub(super) forwards: BTreeMap<CallId, Errand>,
    pub(super) last_call: u64,
    /// Who waits for the end of a node, and for its beginning.
    pub(super) killers: BTreeMap<NodeIx, Vec<Asker>>,
    pub(super) starters: BTreeMap<NodeIx, (Asker, Answer)>,
    pub(super) outputs: VecDeque<Output>,

    pub(super) stats: Stats,
    pub(super) networks: Networks,
    pub(super) ancestry: Ancestry,
    /// Blocks whose parents are known by what was told, and that no node has shown yet.
    pub(super) unseen: BTreeSet<BlockHash>,
    pub(super) chips: Arc<Chips>,
    pub(super) blocks: SeenBlocks,
    pub(super) topology: Topology,
    pub(super) links_shown: LinksShown,
    pub(super) listener: Listener,
    pub(super) headline: SteadyHeadline,
    pub(super) marks: Marks,
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
            labels: Labels::default(),
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
            networks: Networks::default(),
            ancestry: Ancestry::default(),
            unseen: BTreeSet::new(),
            chips: Arc::default(),
            blocks: SeenBlocks::default(),
            topology: Topology::default(),
            links_shown: LinksShown::default(),
            listener: Listener::default(),
            headline: SteadyHeadline::default(),
            marks: Marks::default(),
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

    /// What expressions can name: what is there by now.
    pub fn names(&self) -> Names<'_> {
        Names {
            nodes: self.node_names(),
            wallets: self.wallets().collect(),
            labels: self.labels.names().collect(),
        }
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
