//! What can be asked about a node, which it answers as it is and stays as it is.

use super::Payment;
use crate::chain::{BlockHash, Txid};
use serde::{Deserialize, Serialize};

/// What there is to know of a node. [`Node::ask`](crate::node::Node::ask) answers at
/// once; the node is no other afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Show a wallet's key. Replies [`Reply::Secret`](super::Reply::Secret).
    ExportWallet {
        /// The wallet.
        name: String,
    },
    /// What a payment would look like. Replies [`Reply::Plan`](super::Reply::Plan).
    PlanSend(Payment),
    /// What wallets hold. Replies [`Reply::Wallets`](super::Reply::Wallets).
    Wallets,
    /// What a wallet did, newest first. Replies [`Reply::History`](super::Reply::History).
    History {
        /// The wallet.
        name: String,
        /// Entries to leave out, from the newest.
        skip: usize,
        /// Entries to show, [`PAGE_MAX`](crate::node::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
    /// Unspent coins of an address or a wallet of this node. Replies
    /// [`Reply::Coins`](super::Reply::Coins).
    Coins {
        /// The address or the wallet's name.
        of: String,
    },
    /// How the node looks at this moment. Replies [`Reply::Snapshot`](super::Reply::Snapshot).
    Snapshot,
    /// Who is connected. Replies [`Reply::Peers`](super::Reply::Peers).
    Peers,
    /// Blocks of the chain, highest first. Replies [`Reply::Chain`](super::Reply::Chain).
    Chain {
        /// The highest; the tip if that is lower.
        from: u32,
        /// The lowest.
        to: u32,
        /// Blocks to show, [`PAGE_MAX`](crate::node::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
    /// A block with its transactions. Replies [`Reply::Block`](super::Reply::Block).
    Block {
        /// Which.
        hash: BlockHash,
    },
    /// The block of the chain at this height. Replies [`Reply::Block`](super::Reply::Block).
    BlockAt {
        /// Which.
        height: u32,
    },
    /// A transaction, in the mempool or a block. Replies [`Reply::Tx`](super::Reply::Tx).
    Tx {
        /// Which.
        txid: Txid,
    },
    /// Transactions that wait, best paying first. Replies [`Reply::Mempool`](super::Reply::Mempool).
    Mempool {
        /// Entries to show, [`PAGE_MAX`](crate::node::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
}
