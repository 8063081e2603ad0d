//! What a lab shows of itself: plain data, put together for each frame. Making one copies no chain
//! and waits for no node.

use super::ask::Can;
use super::headline::Headline;
use super::script::ScriptView;
use crate::chain::{Amount, Txid};
use crate::lab::observe::chips::Chips;
use crate::lab::observe::histogram::Percentiles;
use crate::lab::observe::log_lines::{LogLine, LogLines};
use crate::lab::observe::transcript::Transcript;
use crate::link::Conditions;
use crate::node::snapshot::NodeSnapshot;
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Blocks whose way is remembered, and as many transactions.
pub const JOURNEYS: usize = 32;

/// Reorganisations that are remembered.
pub const REORGANISATIONS: usize = 64;

/// A lab at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct LabView {
    /// The layout's name.
    pub name: Arc<str>,
    /// What time it is, on the lab clock.
    pub now: Time,
    /// When the lab began, on the same clock; for a lab that was kept, the first time.
    pub since: Time,
    /// What the lab clock shows is as much later than the wall clock as this; negative: earlier.
    pub wall_offset_us: i64,
    /// The seed of a lab in virtual time; `None`: its nodes live on a clock that does not wait.
    pub virtual_seed: Option<u64>,
    /// The nodes, by their [`NodeIx`].
    pub nodes: Vec<NodeView>,
    /// What is to be said of all of them in a few words.
    pub headline: Headline,
    /// How blocks look.
    pub chips: Arc<Chips>,
    /// Blocks on their way, newest first, [`JOURNEYS`] at most.
    pub journeys: Arc<Vec<Journey>>,
    /// Transactions on their way, as many.
    pub tx_journeys: Arc<Vec<Journey<Txid>>>,
    /// How long blocks took to get to half of the nodes, and to all.
    pub block_times: Times,
    /// How long transactions did.
    pub tx_times: Times,
    /// The last times that nodes left blocks behind, newest first, [`REORGANISATIONS`] at most.
    pub reorganisations: Arc<Vec<Reorganisation>>,
    /// Links between nodes of the lab, each once: where there is a connection, was one, or is to
    /// be one.
    pub links: Arc<Vec<LinkView>>,
    /// What nodes said to each other last.
    pub transcript: Transcript,
    /// Wanted time between blocks.
    pub block_interval: Duration,
    /// What a payment pays the miner if nothing else is said.
    pub fee: Amount,
    /// The data goes away with the lab.
    pub is_temporary: bool,
    /// What would be lost with the data.
    pub made_by_hand: MadeByHand,
    /// A line that somebody wants people to read.
    pub caption: Option<Arc<str>>,
    /// The script that is played here, if there is one.
    pub script: Option<Arc<ScriptView>>,
    /// The groups of nodes between which nothing passes; `None`: the network is whole.
    pub partition: Option<Arc<Vec<Vec<NodeIx>>>>,
    /// Payments that the lab makes by itself; `None`: nobody ever wanted any.
    pub traffic: Option<TrafficView>,
}

/// What was made by hand since the lab was opened, and starting it again would not make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MadeByHand {
    /// Wallets, made or imported.
    pub wallets: usize,
    /// Payments.
    pub payments: usize,
}

impl MadeByHand {
    /// Whether nothing was.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Payments that a lab makes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficView {
    /// They are being made.
    #[serde(rename = "on")]
    pub is_on: bool,
    /// How many a second, on average.
    pub rate: f64,
    /// How many were made.
    pub sent: u64,
    /// How many could not be: nobody had enough, or a node refused.
    pub failed: u64,
}

/// A node of a lab at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: Arc<str>,
    /// Where it listens.
    pub addr: Option<SocketAddr>,
    /// Whether it runs.
    pub state: NodeState,
    /// What it can do.
    pub can: Can,
    /// The node, as it was last seen; `None`: not yet.
    pub snapshot: Option<Arc<NodeSnapshot>>,
    /// What happened to it.
    pub log: LogLines,
    /// When its chain last changed, while it ran.
    pub tip_changed: Option<Time>,
    /// The last time that it left blocks behind, and how many.
    pub reorganised: Option<(Time, usize)>,
    /// Blocks a second that it connects, while it catches up.
    pub sync_rate: Option<f64>,
}

/// Whether a node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// On its way up.
    Starting,
    /// It runs.
    Up,
    /// On its way down.
    Stopping,
    /// It was stopped or killed, and can be started again.
    Down,
    /// It runs in another process, or did, which does not answer.
    Gone,
    /// It ended by itself, or did not start, and says why.
    Failed(Arc<str>),
}

impl NodeView {
    /// What happened to it in lines, oldest first, each put into words when it is taken.
    pub fn log_lines(&self) -> impl DoubleEndedIterator<Item = LogLine> {
        self.log.of(&self.name)
    }
}

impl NodeState {
    /// Why a node of this name cannot be asked anything; `None`: it can.
    pub fn absence(&self, name: &str) -> Option<String> {
        Some(match self {
            Self::Up => return None,
            Self::Starting => format!("{name} is on its way up"),
            Self::Stopping => format!("{name} is on its way down"),
            Self::Down => format!("{name} is down"),
            Self::Gone => format!("{name} runs elsewhere, and does not answer"),
            Self::Failed(why) => format!("{name} has failed: {why}"),
        })
    }

    /// Whether the node answers.
    pub fn is_up(&self) -> bool {
        *self == Self::Up
    }
}

/// The way of one block or transaction through the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey<Id = BlockId> {
    /// Which.
    pub id: Id,
    /// Where it was first seen, which is who found or made it if that is a node of the lab.
    pub origin: NodeIx,
    /// The origin found or made it, and did not get it from somebody else.
    pub is_own: bool,
    /// When it was first seen.
    pub at: Time,
    /// Nodes that ran then, without those that died before it came to them.
    pub expected: Vec<NodeIx>,
    /// Who of them has it, in the order of arrival. The origin comes first.
    pub arrivals: Vec<Arrival>,
}

/// That something came to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// To whom.
    pub node: NodeIx,
    /// The time since it was first seen; of the origin nothing.
    pub after: Duration,
    /// The node that it came from; `None`: the origin, or not known.
    pub from: Option<NodeIx>,
}

/// How long things took to get through the lab, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// To half of the nodes that ran.
    pub half: Option<Percentiles>,
    /// To all of them.
    pub all: Option<Percentiles>,
}

/// A link between two nodes of the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// Its ends, the lower number first.
    pub ends: (NodeIx, NodeIx),
    /// What it is like from the first to the second.
    pub there: Conditions,
    /// What it is like from the second to the first.
    pub back: Conditions,
    /// There is a connection.
    pub is_connected: bool,
}

/// A node left blocks behind for others with more work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorganisation {
    /// Which node.
    pub node: NodeIx,
    /// When.
    pub at: Time,
    /// The last block of both branches.
    pub fork: BlockId,
    /// The tip that was.
    pub old: BlockId,
    /// The tip that is.
    pub new: BlockId,
    /// Blocks left behind.
    pub depth: usize,
    /// Transactions in them that wait again.
    pub returned: usize,
    /// Transactions in them that the next block cannot have, but a later one can.
    pub held: usize,
    /// Why the first of these waits.
    pub held_why: Option<String>,
    /// Transactions in them that no block of the new chain can have, as many as were named.
    pub lost: Vec<Txid>,
    /// How many those are.
    pub lost_count: usize,
}

impl<Id> Journey<Id> {
    /// When half of the nodes had it, as [`Journey::all`].
    pub fn half(&self) -> Option<Duration> {
        self.reached(self.expected.len().div_ceil(2))
    }

    /// When the last of the nodes that count had it; `None`: it is on its way.
    pub fn all(&self) -> Option<Duration> {
        self.reached(self.expected.len())
    }

    fn reached(&self, count: usize) -> Option<Duration> {
        let arrival = self.arrivals.get(count.checked_sub(1)?)?;
        Some(arrival.after)
    }

    /// When this node had it.
    pub fn arrival(&self, node: NodeIx) -> Option<Duration> {
        let found = self.arrivals.iter().find(|arrival| arrival.node == node);
        found.map(|arrival| arrival.after)
    }
}

impl LinkView {
    /// Whether anything can pass, in any direction.
    pub fn is_open(&self) -> bool {
        use crate::link::LinkState::Open;
        self.there.state == Open || self.back.state == Open
    }

    /// Whether neither direction is cut or a black hole.
    pub fn is_wholly_open(&self) -> bool {
        use crate::link::LinkState::Open;
        (self.there.state, self.back.state) == (Open, Open)
    }

    /// What it is like from one of its ends to the other.
    pub fn from(&self, end: NodeIx) -> &Conditions {
        match end == self.ends.0 {
            true => &self.there,
            false => &self.back,
        }
    }
}

/// A tip, and the nodes that stand on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TipGroup {
    /// The tip.
    pub tip: BlockId,
    /// Who stands on it.
    pub nodes: Vec<NodeIx>,
}

impl LabView {
    /// The tips of the nodes that run, the one with most nodes first, of as many the highest.
    pub fn tips(&self) -> Vec<TipGroup> {
        let mut groups: Vec<TipGroup> = Vec::new();
        for (ix, tip) in self.running().map(|(ix, snapshot)| (ix, snapshot.tip)) {
            match groups.iter_mut().find(|group| group.tip.hash == tip.hash) {
                Some(group) => group.nodes.push(ix),
                None => groups.push(TipGroup {
                    tip,
                    nodes: vec![ix],
                }),
            }
        }
        groups.sort_by_key(|group| {
            let size = std::cmp::Reverse(group.nodes.len());
            (size, std::cmp::Reverse(group.tip))
        });
        groups
    }

    /// The nodes that run and have been seen.
    pub fn running(&self) -> impl Iterator<Item = (NodeIx, &NodeSnapshot)> + Clone {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.state.is_up())
            .filter_map(|(ix, node)| {
                let snapshot = node.snapshot.as_deref()?;
                Some((NodeIx(ix), snapshot))
            })
    }

    /// A node.
    pub fn node(&self, ix: NodeIx) -> Option<&NodeView> {
        self.nodes.get(ix.0)
    }

    /// The node of this name.
    pub fn named(&self, name: &str) -> Option<NodeIx> {
        let ix = self.nodes.iter().position(|node| &*node.name == name);
        ix.map(NodeIx)
    }

    /// The wallet with this address, by its name and node, as far as a snapshot shows it.
    pub fn wallet_of(&self, address: &str) -> Option<(NodeIx, &str)> {
        self.wallets().find_map(|(ix, wallet)| {
            (wallet.address == address).then_some((ix, wallet.name.as_str()))
        })
    }

    /// All wallets of all nodes, as they were last seen.
    pub fn wallets(&self) -> impl Iterator<Item = (NodeIx, &crate::node::snapshot::WalletInfo)> {
        self.nodes.iter().enumerate().flat_map(|(ix, node)| {
            let wallets = node.snapshot.iter().flat_map(|snapshot| &snapshot.wallets);
            wallets.map(move |wallet| (NodeIx(ix), wallet))
        })
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Stopping => "stopping",
            Self::Down => "down",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
        })
    }
}
