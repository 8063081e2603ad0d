//! What an expression is judged by: plain data, from wherever the nodes run.

use crate::chain::{Amount, BlockHash};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A lab at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The nodes, in the order in which they are told of.
    pub nodes: Vec<NodeFacts>,
    /// What a wallet has on the chain of a node, by the names of the node and of the wallet, as far
    /// as it was asked for.
    pub balances: BTreeMap<(Arc<str>, String), Amount>,
}

/// A node at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it runs. If not, all else is what it was.
    pub is_running: bool,
    /// The height of its chain.
    pub height: u32,
    /// The hash of its tip.
    pub tip: BlockHash,
    /// Transactions that wait.
    pub mempool: usize,
    /// Peers with whom the handshake is complete.
    pub peers: usize,
    /// Blocks that its deepest reorganisation left behind.
    pub reorg_depth: usize,
}

impl Facts {
    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &NodeFacts> + Clone {
        self.nodes.iter().filter(|node| node.is_running)
    }

    /// How many different tips they have.
    pub fn tips(&self) -> usize {
        let tips: BTreeSet<_> = self.running().map(|node| node.tip).collect();
        tips.len()
    }
}
