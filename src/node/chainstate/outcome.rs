//! What became of headers, bodies and the tip, or why nothing did.

use crate::chain::params::ParamsError;
use crate::chain::rules::RuleError;
use crate::chain::{Block, BlockHash};
use crate::node::store::{BlockId, StoreFault};
use std::sync::Arc;
use thiserror::Error;

/// Why a chain cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The parameters make no network.
    #[error("the network's parameters: {0}")]
    Params(#[from] ParamsError),
    /// The store holds the chain of a network with other parameters.
    #[error("{place} holds the chain of another network")]
    OtherNetwork {
        /// The store's directory.
        place: String,
    },
    /// A full node was to be opened where a light one keeps its headers.
    #[error(
        "{place} is a light node's: it holds headers and no blocks, and a full node cannot run on it"
    )]
    LightNode {
        /// The store's directory.
        place: String,
    },
    /// A light node was to be opened where a full one keeps its blocks.
    #[error("{place} is a full node's: it holds blocks, and a light node keeps none")]
    FullNode {
        /// The store's directory.
        place: String,
    },
    /// An attacker's node was to be opened where an honest one keeps its blocks.
    #[error("{place} is an honest node's: an attacker's keeps a chain of its own")]
    Honest {
        /// The store's directory.
        place: String,
    },
    /// Another node was to be opened where an attacker's one keeps its blocks.
    #[error(
        "{place} is an attacker's: its blocks may spend coins that never existed, and no other node can run on it"
    )]
    Attacker {
        /// The store's directory.
        place: String,
    },
    /// The store failed or is damaged.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Why something was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AcceptError {
    /// It breaks a rule: the sender's fault.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The store failed: the node halts.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// What became of a run of headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadersAccepted {
    /// The new ones, lowest first.
    pub added: Vec<BlockId>,
    /// The first that was refused, with its place in the run; none behind it was taken.
    pub refused: Option<(usize, RuleError)>,
    /// How the tip moved, if it did; a full node's waits for bodies.
    pub change: Option<TipChange>,
}

/// A move of the tip of a chain of headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TipChange {
    /// The last block that both chains have.
    pub fork: BlockId,
    /// Blocks that are no longer on the chain, the old tip first.
    pub disconnected: Vec<BlockId>,
    /// Blocks that are now on the chain, the lowest first.
    pub connected: Vec<BlockId>,
}

/// What became of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockAccepted {
    /// It was not here before.
    pub new: bool,
    /// How the chain moved, if it did.
    pub change: Option<ChainChange>,
    /// Blocks that were found invalid on the way, this one or others; never their descendants.
    pub invalid: Vec<(BlockHash, RuleError)>,
}

/// A move of the tip, from one chain to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainChange {
    /// The last block that both chains have.
    pub fork: BlockId,
    /// Blocks that are no longer on the chain, the old tip first.
    pub disconnected: Vec<Arc<Block>>,
    /// Blocks that are now on the chain, the lowest first.
    pub connected: Vec<Arc<Block>>,
}

impl ChainChange {
    /// This change and then `next`, as one.
    pub(super) fn then(mut self, next: Self) -> Self {
        for block in next.disconnected {
            // What was connected a moment ago was never announced.
            if self.connected.pop().is_none() {
                self.disconnected.push(block);
            }
        }
        if next.fork.height < self.fork.height {
            self.fork = next.fork;
        }
        self.connected.extend(next.connected);
        self
    }
}

/// What moving to the best branch led to.
#[derive(Default)]
pub(super) struct Activated {
    pub(super) change: Option<ChainChange>,
    pub(super) invalid: Vec<(BlockHash, RuleError)>,
}
