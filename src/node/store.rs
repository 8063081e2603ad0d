//! Where a node keeps its chain: synchronous reads, and one atomic commit.
//!
//! A commit is all or nothing, also across a crash: when the store is opened again it has the state
//! after some commit, never one in between. Nothing else is asked of a store, and everything that
//! must not tear apart goes through one [`Batch`].

use crate::chain::coins::{CoinChanges, CoinSource, Undo};
use crate::chain::shared::SharedMap;
use crate::chain::{Block, BlockHash, Coin, Header, OutPoint};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// A block's place and name. Ordered by height, so parents come before children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlockId {
    /// Distance from the genesis block.
    pub height: u32,
    /// The header's hash.
    pub hash: BlockHash,
}

impl fmt::Display for BlockId {
    /// As the screen shows it: `#12 ..31f07ca9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} ..{}", self.height, self.hash.short())
    }
}

/// What is stored of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderRecord {
    /// The header.
    pub header: Header,
    /// Bytes of the body that is stored with it; 0: none is.
    pub body_len: u32,
    /// Found invalid.
    pub failed: bool,
}

/// Changes that happen together or not at all. `None` takes a row away.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Headers of all branches.
    pub headers: BTreeMap<BlockId, Option<HeaderRecord>>,
    /// Bodies of all branches.
    pub bodies: BTreeMap<BlockId, Option<Arc<Block>>>,
    /// Undo data of the blocks on the chain, the genesis block excepted.
    pub undo: BTreeMap<BlockId, Option<Undo>>,
    /// Unspent outputs at the new tip, as far as they changed.
    pub coins: CoinChanges,
    /// The end of the chain, if it moved.
    pub tip: Option<BlockId>,
    /// Small things by name.
    pub meta: BTreeMap<String, Option<Vec<u8>>>,
    /// Survives a power loss, not only the end of the process, once the commit returns.
    pub durable: bool,
}

impl Batch {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
            && self.bodies.is_empty()
            && self.undo.is_empty()
            && self.coins.is_empty()
            && self.tip.is_none()
            && self.meta.is_empty()
    }
}

/// The environment failed: nothing is wrong with what a peer sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreFault {
    /// Reading or writing failed.
    #[error("{place}: {problem}")]
    Failed {
        /// The store's directory.
        place: String,
        /// What the system said.
        problem: String,
    },
    /// What is stored cannot be right.
    #[error("the database in {place} is damaged: {problem}")]
    Damaged {
        /// The store's directory.
        place: String,
        /// What does not fit.
        problem: String,
    },
}

/// How a disk lets a node down that a tester wants to see halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskFault {
    /// There is no room left.
    Full,
    /// It does not write.
    Failing,
}

impl DiskFault {
    /// What the system says then.
    pub fn problem(self) -> &'static str {
        match self {
            Self::Full => "No space left on device (os error 28)",
            Self::Failing => "Input/output error (os error 5)",
        }
    }
}

/// A node's memory.
///
/// Every method fails with a [`StoreFault`] when the environment does. After a failed commit the
/// store must be opened anew before it is used.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once, above, for all of them"
)]
pub trait Store: Send + Sync {
    /// Names the store in messages: its directory.
    fn place(&self) -> String;

    /// The end of the chain; `None` in a store that was never written to.
    fn tip(&self) -> Result<Option<BlockId>, StoreFault>;

    /// Shows all headers in order of height.
    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault>;

    /// A stored body.
    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault>;

    /// Stored undo data.
    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault>;

    /// The coins at these places, in the same order.
    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault>;

    /// Shows all coins in order of outpoints.
    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault>;

    /// A small thing by its name.
    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault>;

    /// Shows the small things whose names begin with `prefix`, in order of names. The names are
    /// shown whole.
    fn each_meta(&self, prefix: &str, visit: &mut dyn FnMut(&str, &[u8]))
    -> Result<(), StoreFault>;

    /// Writes all of `batch` or nothing. When it returns, the end of the process loses nothing.
    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault>;

    /// Makes all commits so far survive a power loss.
    fn sync(&mut self) -> Result<(), StoreFault>;

    /// A fault of the kind that repair, not another attempt, mends.
    fn damaged(&self, problem: String) -> StoreFault {
        StoreFault::Damaged {
            place: self.place(),
            problem,
        }
    }
}

impl<S: Store + ?Sized> CoinSource for S {
    type Fault = StoreFault;

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        Store::coins(self, outpoints)
    }
}

/// A store in memory: what the simulation runs on. A clone is what a crash leaves, and shares what
/// neither changes.
#[derive(Clone, Debug, Default)]
pub struct MemStore {
    tip: Option<BlockId>,
    headers: SharedMap<BlockId, HeaderRecord>,
    bodies: SharedMap<BlockId, Arc<Block>>,
    undo: SharedMap<BlockId, Undo>,
    coins: SharedMap<OutPoint, Coin>,
    meta: SharedMap<String, Vec<u8>>,
}

impl MemStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes all of a batch. Memory does not fail.
    pub fn apply(&mut self, batch: Batch) {
        apply(&mut self.headers, batch.headers);
        apply(&mut self.bodies, batch.bodies);
        apply(&mut self.undo, batch.undo);
        apply(&mut self.coins, batch.coins);
        apply(&mut self.meta, batch.meta);
        self.tip = batch.tip.or(self.tip);
    }
}

impl Store for MemStore {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn tip(&self) -> Result<Option<BlockId>, StoreFault> {
        Ok(self.tip)
    }

    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault> {
        self.headers.iter().for_each(|(id, row)| visit(*id, *row));
        Ok(())
    }

    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault> {
        Ok(self.bodies.get(id).cloned())
    }

    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault> {
        Ok(self.undo.get(id).cloned())
    }

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        let coin = |outpoint| self.coins.get(outpoint).copied();
        Ok(outpoints.iter().map(coin).collect())
    }

    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault> {
        self.coins.iter().for_each(|(at, coin)| visit(*at, *coin));
        Ok(())
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(self.meta.get(key).cloned())
    }

    fn each_meta(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), StoreFault> {
        let from = self.meta.range_from(prefix);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            visit(key, value);
        }
        Ok(())
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        self.apply(batch);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        Ok(())
    }
}

fn apply<K: Ord + Clone, V: Clone>(
    rows: &mut SharedMap<K, V>,
    changes: impl IntoIterator<Item = (K, Option<V>)>,
) {
    for (key, change) in changes {
        match change {
            Some(value) => rows.insert(key, value),
            None => rows.remove(&key),
        };
    }
}
