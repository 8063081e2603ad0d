//! What a lab shows of itself: plain data, put together for each frame. Making one copies no chain
//! and waits for no node.
//!
//! A [`LabView`] has what a screen draws: a [`NodeView`] for each node, links, propagation, transcript,
//! log lines, and the [`headline`] of it all. Of [`SeenBlocks`] who looks makes a tree. Other programs see less: [`LabStatus`].

pub mod compare;
pub mod headline;
mod status;
mod time;

pub use self::compare::{ComparedNode, Comparison, Different, FirstDifference, NodeBrief};
pub use self::status::{LabStatus, LinkStatus, NodeState, NodeStatus, TrafficView};
pub use self::time::{InFlight, OriginView, TimeNews, TimeView, TimelineView, Told};
pub use crate::lab::observe::marks::{Mark, MarkKind};
pub use crate::lab::observe::propagation::{Arrival, Propagation, Times};
pub use crate::lab::observe::reorganisation::Reorganisation;
pub use crate::lab::observe::topology::LinkView;

use self::headline::Headline;
use crate::chain::{Amount, Txid};
use crate::lab::ask::Can;
use crate::lab::observe::chips::Chips;
use crate::lab::observe::node_log::{LogLine, LogLines};
use crate::lab::observe::transcript::Transcript;
use crate::lab::observe::tree::{SeenBlocks, Stand};
use crate::lab::script::ScriptView;
use crate::node::snapshot::NodeSnapshot;
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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
    /// Blocks that nodes ever had on their chains.
    pub blocks: SeenBlocks,
    /// How blocks get through the lab, the newest first.
    pub block_propagation: Arc<Vec<Propagation>>,
    /// How transactions do.
    pub tx_propagation: Arc<Vec<Propagation<Txid>>>,
    /// The networks that its nodes are on, in the order of their first nodes.
    pub networks: Vec<NetworkView>,
    /// The last times that nodes left blocks behind, newest first.
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
    /// A line for people to read.
    pub caption: Option<Arc<str>>,
    /// The script that is played here, if there is one.
    pub script: Option<Arc<ScriptView>>,
    /// The groups of nodes between which nothing passes; `None`: the network is whole.
    pub partition: Option<Arc<Vec<Vec<NodeIx>>>>,
    /// Payments that the lab makes by itself; `None`: they were never wanted.
    pub traffic: Option<TrafficView>,
    /// How time goes; `None`: this is a live lab, and nothing stops it.
    pub time: Option<TimeView>,
    /// Another timeline beside the one that is shown, if there is one.
    pub compared: Option<Arc<Comparison>>,
    /// Messages on their way, as far as that is known: in virtual time.
    pub in_flight: Arc<Vec<InFlight>>,
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

/// A network of a lab: nodes that have one chain. What is told of tips, of branches, and of how blocks and
/// transactions get through is each network's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkView {
    /// Its name: `chainlab`, or that of a Bitcoin network.
    pub name: Arc<str>,
    /// Its nodes.
    pub nodes: Vec<NodeIx>,
    /// How long blocks took to get to half of its nodes, and to all.
    pub block_times: Times,
    /// How long transactions did.
    pub tx_times: Times,
}

/// A node of a lab at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub name: Arc<str>,
    /// The network that it is on.
    pub network: Arc<str>,
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

impl NodeView {
    /// What happened to it in lines, oldest first, each put into words when it is taken.
    pub fn log_lines(&self) -> impl DoubleEndedIterator<Item = LogLine> {
        self.log.of(&self.name)
    }

    /// As programs see it.
    pub fn status(&self) -> NodeStatus {
        NodeStatus {
            node: self.name.to_string(),
            state: self.state.clone(),
            addr: self.addr,
            can: self.can.clone(),
            snapshot: self.snapshot.clone(),
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

    /// The network that a node is on; `None`: there is no such node.
    pub fn network_of(&self, ix: NodeIx) -> Option<&NetworkView> {
        self.networks
            .iter()
            .find(|network| network.nodes.contains(&ix))
    }

    /// The nodes that run and have been seen.
    pub fn running(&self) -> impl Iterator<Item = (NodeIx, &NodeSnapshot)> + Clone {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.state.is_up())
            .filter_map(|(ix, node)| {
                let snapshot = node.snapshot.as_deref().filter(|seen| seen.is_seen())?;
                Some((NodeIx(ix), snapshot))
            })
    }

    /// The ends of the links by which nodes are placed: those that were wanted, which neither come nor go
    /// while the lab runs. Where no wish is known they are all that there are.
    pub fn lasting_links(&self) -> impl Iterator<Item = (NodeIx, NodeIx)> {
        let is_known = self.links.iter().any(LinkView::is_wanted);
        let links = self.links.iter();
        let links = links.filter(move |link| link.is_wanted() || !is_known);
        links.map(|link| link.ends)
    }

    /// How the nodes stand, for a tree of blocks.
    pub fn stands(&self) -> impl Iterator<Item = Stand<'_>> + Clone {
        self.nodes.iter().map(|node| Stand {
            snapshot: node.snapshot.as_ref(),
            is_up: node.state.is_up(),
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
