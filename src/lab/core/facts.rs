//! What decisions need to know of nodes: small, and asked for when they are made.

use super::{Core, Moment};
use crate::chain::{Amount, BlockHash};
use crate::lab::script::{Expr, Facts, NodeFacts};
use crate::node::{BlockId, Node, NodeIx, Store};
use std::sync::Arc;

/// Blocks of a node's chain that are told of at once; what is below them was told of before, or does
/// not matter any more.
const PATH_MAX: usize = 4_096;

/// How a node looks to those who decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The end of its chain.
    pub tip: BlockId,
    /// The height that it tries to reach, if it knows of blocks that it is missing.
    pub target: Option<u32>,
    /// Transactions that wait.
    pub mempool: usize,
    /// Peers with whom the handshake is complete, by their names.
    pub peers: Vec<Arc<str>>,
    /// Its wallets, in the order in which they were made.
    pub wallets: Vec<WalletSeen>,
    /// Blocks at the end of its chain with their parents, from the tip down to the first that core
    /// [knows](Core::knows).
    pub path: Vec<(BlockId, BlockHash)>,
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletSeen {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What its next payment can spend.
    pub spendable: Amount,
}

impl Seen {
    /// A node as it is. `knows` says of which blocks the parents are known.
    pub fn of<S: Store>(node: &Node<S>, knows: impl Fn(BlockId) -> bool) -> Self {
        let tree = node.chain().tree();
        let mut path = Vec::new();
        let mut next = Some(tree.tip());
        while let Some(at) = next.filter(|_| path.len() < PATH_MAX) {
            let entry = tree.entry(at);
            let (height, hash) = (entry.height, entry.hash);
            let id = BlockId { height, hash };
            if knows(id) {
                break;
            }
            path.push((id, entry.header.previous));
            next = tree.find(&entry.header.previous);
        }
        let peers = node.peers().ready();
        let wallets = node.wallet_infos().into_iter().map(|wallet| WalletSeen {
            name: wallet.name,
            address: wallet.address,
            spendable: wallet.spendable,
        });
        Self {
            tip: node.chain().tip(),
            target: node.sync_target(),
            mempool: node.mempool().len(),
            peers: peers
                .map(|(_, peer)| Arc::clone(&peer.label.name))
                .collect(),
            wallets: wallets.collect(),
            path,
        }
    }
}

impl Core {
    /// Whether it is known on which block this one stands.
    pub fn knows(&self, block: BlockId) -> bool {
        self.ancestry.knows(block)
    }

    /// Whether all nodes that run were seen at this moment, and nothing was done to one since.
    pub fn is_fresh(&self, now: Moment) -> bool {
        self.looking.is_empty() && self.fresh == Some(now.ran)
    }

    /// A node was looked at.
    pub(super) fn see(&mut self, now: Moment, ix: NodeIx, seen: Seen) {
        let Some(node) = self.nodes.get_mut(ix.0).filter(|node| node.state.is_up()) else {
            return;
        };
        for (id, parent) in &seen.path {
            self.ancestry.learn(*id, *parent);
        }
        for wallet in &seen.wallets {
            if !self.addresses.contains_key(&wallet.name) {
                let (name, address) = (wallet.name.clone(), wallet.address.clone());
                self.addresses.insert(name, address);
            }
            if !self.wallets.contains_key(&wallet.name) {
                self.wallets.insert(wallet.name.clone(), ix);
            }
        }
        node.rate
            .note(now.at, seen.target.is_some(), seen.tip.height);
        node.seen = Some(Arc::new(seen));
        // What was not asked for may be of the middle of this moment.
        if self.looking.remove(&ix) {
            self.seen_all(now);
        }
    }

    /// Notes when all nodes that run were seen, if they were.
    pub(super) fn seen_all(&mut self, now: Moment) {
        if self.looking.is_empty() {
            (self.fresh, self.has_moved) = (Some(now.ran), false);
            self.feed_headline(now.at);
        }
    }

    /// The nodes as they were last seen, without balances.
    pub fn facts(&self) -> Facts {
        let nodes = (0..).map(NodeIx).zip(&self.nodes).map(|(ix, node)| {
            let seen = node.seen.as_deref();
            NodeFacts {
                name: Arc::clone(&node.name),
                is_running: node.state.is_up(),
                height: seen.map_or(0, |seen| seen.tip.height),
                tip: seen.map_or(BlockHash::ZERO, |seen| seen.tip.hash),
                target: seen.and_then(|seen| seen.target),
                mempool: seen.map_or(0, |seen| seen.mempool),
                peers: seen.map_or(0, |seen| seen.peers.len()),
                reorg_depth: self.stats.deepest(ix),
            }
        });
        Facts::new(nodes.collect(), &self.ancestry)
    }

    /// The balances that an expression speaks of: the node, the wallet, and its address, which that
    /// node may be asked for.
    pub fn balances_of<'a>(
        &'a self,
        expr: &'a Expr,
    ) -> impl Iterator<Item = (NodeIx, &'a str, &'a str)> {
        expr.wallets().into_iter().flat_map(move |(wallet, of)| {
            let nodes = (0..).map(NodeIx).zip(&self.nodes);
            let address = self.addresses.get(wallet).map(String::as_str);
            let running = nodes.filter(move |(_, node)| {
                node.state.is_up() && of.is_none_or(|name| name == &*node.name)
            });
            running.filter_map(move |(ix, _)| Some((ix, wallet, address?)))
        })
    }

    /// The address of a wallet, whichever node has it.
    pub(super) fn address_of(&self, wallet: &str) -> Option<&String> {
        self.addresses.get(wallet)
    }
}
