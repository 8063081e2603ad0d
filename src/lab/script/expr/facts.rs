//! What an expression is judged by: plain data, from wherever the nodes run.

use super::Quantity;
use crate::chain::BlockHash;
use crate::lab::observe::ancestry::{Ancestry, Tip};
use crate::lab::observe::propagation::Spread;
use crate::node::BlockId;
use crate::node::message::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A lab at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The nodes, in the order in which they are told of.
    pub nodes: Vec<NodeFacts>,
    /// How many branches their chains are: of several networks, the one that has most.
    pub branches: usize,
    /// Quantities that are about something, by the names of the nodes that they are read of, as far as they
    /// were asked for; or in words why they cannot be known. Balances are in the smallest unit.
    pub told: BTreeMap<(Arc<str>, Quantity), Result<u64, String>>,
    /// Messages of a kind that all nodes have sent, as far as that was asked for.
    pub messages: BTreeMap<Kind, Result<u64, String>>,
    /// How far the blocks of these heights have come, the first seen of each, as far as that was asked for.
    pub blocks: BTreeMap<u32, Spread>,
}

/// A node at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name.
    pub name: Arc<str>,
    /// The network that it is on.
    pub network: Arc<str>,
    /// Whether it runs. If not, all else is what it was.
    pub is_running: bool,
    /// The height of its chain.
    pub height: u32,
    /// The hash of its tip.
    pub tip: BlockHash,
    /// The height that it tries to reach, if it knows of blocks that it is missing.
    pub target: Option<u32>,
    /// Transactions that wait.
    pub mempool: usize,
    /// Peers with whom the handshake is complete.
    pub peers: usize,
    /// Blocks that its deepest reorganisation left behind.
    pub reorg_depth: usize,
}

impl Facts {
    /// Of these nodes, without what is asked for by itself.
    pub fn new(nodes: Vec<NodeFacts>, ancestry: &Ancestry) -> Self {
        let mut facts = Self {
            nodes,
            ..Self::default()
        };
        let branches = facts.networks().into_values().map(|nodes| {
            let tips: Vec<_> = nodes.into_iter().map(NodeFacts::end).collect();
            ancestry.stand(&tips).branches.len()
        });
        facts.branches = branches.max().unwrap_or(0);
        facts
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &NodeFacts> + Clone {
        self.nodes.iter().filter(|node| node.is_running)
    }

    /// How many different tips they have: of several networks, the one that has most.
    pub fn tips(&self) -> usize {
        let tips = self.networks().into_values().map(|nodes| {
            let tips: BTreeSet<_> = nodes.into_iter().map(|node| node.tip).collect();
            tips.len()
        });
        tips.max().unwrap_or(0)
    }

    /// The nodes that run, by their networks.
    fn networks(&self) -> BTreeMap<&str, Vec<&NodeFacts>> {
        let mut networks = BTreeMap::<_, Vec<_>>::new();
        for node in self.running() {
            networks.entry(&*node.network).or_default().push(node);
        }
        networks
    }
}

impl NodeFacts {
    /// Where its chain ends.
    fn end(&self) -> Tip {
        Tip {
            id: BlockId {
                height: self.height,
                hash: self.tip,
            },
            target: self.target,
        }
    }
}
