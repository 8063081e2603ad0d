//! How a node looks to those who decide: small, and asked for when it is needed.

use super::io::Level;
use crate::chain::{Amount, BlockHash};
use crate::node::snapshot::{BlockInfo, NodeSnapshot, WalletInfo};
use crate::node::{BlockId, Machine, Store};
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
    /// [knows](super::Core::knows).
    pub path: Vec<(BlockId, BlockHash)>,
    /// The last of these with what is known of them, the highest first, for those who look on.
    pub blocks: Vec<BlockInfo>,
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
    /// What it has on the chain of its node.
    pub balance: Option<Amount>,
}

impl From<WalletInfo> for WalletSeen {
    fn from(wallet: WalletInfo) -> Self {
        Self {
            balance: wallet.confirmed.checked_add(wallet.immature),
            name: wallet.name,
            address: wallet.address,
            spendable: wallet.spendable,
        }
    }
}

impl Seen {
    /// A node as it is, for a lab that is observed like this. `knows` says of which blocks the parents are
    /// known.
    pub fn of<S: Store>(node: &Machine<S>, level: Level, knows: impl Fn(BlockId) -> bool) -> Self {
        let tree = node.tree();
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
        let blocks = node.recent_down().take_while(|info| !knows(info.id));
        let blocks = match level {
            Level::All => blocks.collect(),
            Level::Stats => Vec::new(),
        };
        let peers = node.peers().ready();
        let wallets = node.wallet_infos().into_iter().map(WalletSeen::from);
        Self {
            tip: node.tip(),
            target: node.sync_target(),
            mempool: node.waiting(),
            peers: peers
                .map(|(_, peer)| Arc::clone(&peer.label.name))
                .collect(),
            wallets: wallets.collect(),
            path,
            blocks,
        }
    }
}

impl From<&NodeSnapshot> for Seen {
    /// A node as it shows itself: its blocks are told of by the whole snapshot.
    fn from(snapshot: &NodeSnapshot) -> Self {
        let peers = snapshot.ready_peers();
        Self {
            tip: snapshot.tip,
            target: snapshot.sync.as_ref().map(|sync| sync.target),
            mempool: snapshot.mempool.count,
            peers: peers.map(|peer| peer.name.as_str().into()).collect(),
            wallets: snapshot
                .wallets
                .iter()
                .cloned()
                .map(WalletSeen::from)
                .collect(),
            path: Vec::new(),
            blocks: Vec::new(),
        }
    }
}
