//! What wallets ask of a chain that they follow.

use super::super::chainstate::{ChainState, HeaderChain};
use super::super::store::{BlockId, Store, StoreFault};
use crate::chain::headers::HeaderTree;
use crate::chain::{Block, BlockHash, Params};
use std::sync::Arc;

/// A chain that wallets follow: a full node's, or a light one's.
pub trait WalletChain {
    /// Where it is kept.
    type Store: Store;

    /// The network's parameters.
    fn params(&self) -> &Arc<Params>;

    /// The genesis hash.
    fn network(&self) -> BlockHash;

    /// All known headers.
    fn tree(&self) -> &HeaderTree;

    /// The store, for reading.
    fn store(&self) -> &Self::Store;

    /// The block with this hash.
    ///
    /// # Errors
    /// [`StoreFault`]; that there is none here is one, too.
    fn block(&self, id: BlockId) -> Result<Arc<Block>, StoreFault>;

    /// Whether blocks are here at once. Otherwise they come later, one by one:
    /// see [`Wallets::next_block`](super::Wallets::next_block).
    fn has_blocks(&self) -> bool {
        self.tree().has_bodies()
    }

    /// The end of the chain.
    fn end(&self) -> BlockId {
        let entry = self.tree().entry(self.tree().tip());
        BlockId {
            height: entry.height,
            hash: entry.hash,
        }
    }
}

impl<S: Store> WalletChain for ChainState<S> {
    type Store = S;

    fn params(&self) -> &Arc<Params> {
        self.params()
    }

    fn network(&self) -> BlockHash {
        self.network()
    }

    fn tree(&self) -> &HeaderTree {
        self.tree()
    }

    fn store(&self) -> &S {
        self.store()
    }

    fn block(&self, id: BlockId) -> Result<Arc<Block>, StoreFault> {
        let missing = || self.store().damaged(format!("block {id} has no body"));
        self.body(&id.hash)?.ok_or_else(missing)
    }
}

impl<S: Store> WalletChain for HeaderChain<S> {
    type Store = S;

    fn params(&self) -> &Arc<Params> {
        self.params()
    }

    fn network(&self) -> BlockHash {
        self.network()
    }

    fn tree(&self) -> &HeaderTree {
        self.tree()
    }

    fn store(&self) -> &S {
        self.store()
    }

    fn block(&self, id: BlockId) -> Result<Arc<Block>, StoreFault> {
        Err(self
            .store()
            .damaged(format!("block {id} is asked of a chain of headers")))
    }
}
