//! What a view asks of a node.

use crate::chain::{BlockHash, Txid};
use crate::node::NodeIx;
use crate::node::io::Question;
use crate::node::snapshot::PAGE_MAX;

/// Entries of a history that are asked for at once.
pub const HISTORY_PAGE: usize = 100;

/// Something that a view asked of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Blocks of the chain from this height down.
    Chain {
        /// The node.
        node: NodeIx,
        /// The highest.
        from: u32,
    },
    /// A block with its transactions.
    Block(NodeIx, BlockHash),
    /// A transaction.
    Tx(NodeIx, Txid),
    /// More of the mempool than a snapshot shows.
    Mempool(NodeIx),
    /// What a wallet did.
    History {
        /// The node.
        node: NodeIx,
        /// The wallet.
        name: String,
        /// Entries to leave out.
        skip: usize,
    },
}

impl Fetch {
    pub(in crate::ui) fn node(&self) -> NodeIx {
        match self {
            Self::Chain { node, .. } | Self::History { node, .. } => *node,
            Self::Block(node, _) | Self::Tx(node, _) | Self::Mempool(node) => *node,
        }
    }

    /// The question. Of a chain so many blocks.
    pub(in crate::ui) fn question(&self, blocks: usize) -> Question {
        match self {
            Self::Chain { from, .. } => Question::Chain {
                from: *from,
                to: 0,
                limit: blocks,
            },
            Self::Block(_, hash) => Question::Block { hash: *hash },
            Self::Tx(_, txid) => Question::Tx { txid: *txid },
            Self::Mempool(_) => Question::Mempool { limit: PAGE_MAX },
            Self::History { name, skip, .. } => Question::History {
                name: name.clone(),
                skip: *skip,
                limit: HISTORY_PAGE,
            },
        }
    }
}
