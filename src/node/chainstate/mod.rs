//! The chain that a node holds: takes headers and bodies, and moves the tip to the valid branch
//! with most work.
//!
//! The hard case is a reorganisation. It is planned on a scratch view of the coins: the blocks of
//! the old branch are taken off, those of the new branch put on and checked. Only when all of it
//! holds is it written, in one commit: coins, undo data, tip, and what was learnt about headers.
//! If a block in the middle breaks a rule, nothing of the plan is written; the block and its
//! descendants are marked, and the search starts again, so the tip becomes the valid branch with
//! most work, which may be the part below the bad block. A process killed at any moment finds a
//! tip that was committed, with the coins of exactly that tip.
//!
//! A long branch is not planned in one piece: once a piece has more work than the tip it can be
//! committed, and the next piece extends it. The caller sees one [`ChainChange`] all the same.

mod activate;

use self::activate::Activated;
use super::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use crate::chain::block::BlockTime;
use crate::chain::codec;
use crate::chain::coins::OutPoint;
use crate::chain::headers::{HeaderId, HeaderTree, Origin, Removed};
use crate::chain::params::ParamsError;
use crate::chain::rules::{self, RuleError};
use crate::chain::{Block, BlockHash, Coin, Header, Params, SigCache};
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// Where the store keeps the parameters of its network.
pub const PARAMS_KEY: &str = "params";

/// The chain of one node, over its store.
#[derive(Clone)]
pub struct ChainState<S> {
    params: Arc<Params>,
    network: BlockHash,
    tree: HeaderTree,
    store: S,
    sigs: Arc<SigCache>,
    /// The store failed; what is in memory may be ahead of it, so nothing is taken any more.
    halted: Option<StoreFault>,
}

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
    fn then(mut self, next: Self) -> Self {
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

impl<S: Store> ChainState<S> {
    /// Opens the chain in `store`; an empty store gets the genesis block.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(store: S, params: Arc<Params>, sigs: Arc<SigCache>) -> Result<Self, OpenError> {
        params.validate()?;
        let tree = HeaderTree::new(&params);
        let network = tree.entry(tree.genesis()).hash;
        let mut state = Self {
            params,
            network,
            tree,
            store,
            sigs,
            halted: None,
        };
        match state.store.tip()? {
            None => state.write_genesis()?,
            Some(tip) => state.load(tip)?,
        }
        Ok(state)
    }

    /// The network's parameters.
    pub fn params(&self) -> &Arc<Params> {
        &self.params
    }

    /// The genesis hash, which names the network.
    pub fn network(&self) -> BlockHash {
        self.network
    }

    /// All known headers.
    pub fn tree(&self) -> &HeaderTree {
        &self.tree
    }

    /// The store, for reading.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back.
    pub fn into_store(self) -> S {
        self.store
    }

    /// The end of the chain.
    pub fn tip(&self) -> BlockId {
        self.id(self.tree.tip())
    }

    /// An unspent output at the tip.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StoreFault> {
        let mut coins = Store::coins(&self.store, std::slice::from_ref(outpoint))?;
        Ok(coins.pop().flatten())
    }

    /// A stored body, on the chain or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn body(&self, hash: &BlockHash) -> Result<Option<Arc<Block>>, StoreFault> {
        let stored = |id: &HeaderId| self.tree.entry(*id).body_len > 0;
        match self.tree.find(hash).filter(stored) {
            Some(id) => self.stored_body(&self.id(id)).map(Some),
            None => Ok(None),
        }
    }

    /// Takes headers, each building on the one before, as far as they hold.
    ///
    /// # Errors
    /// [`StoreFault`]; what a peer did wrong is in [`HeadersAccepted::refused`].
    pub fn accept_headers(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault> {
        self.check_running()?;
        let extended = self.tree.extend(origin, headers, now, &self.params);
        let mut batch = Batch::default();
        self.note_removed(&mut batch, extended.removed);
        for id in &extended.added {
            self.note_header(&mut batch, *id);
        }
        self.commit(batch)?;
        Ok(HeadersAccepted {
            added: extended.added.iter().map(|id| self.id(*id)).collect(),
            refused: extended.refused,
        })
    }

    /// Takes a block, with its header if that is new, stores it, and moves the tip if the block
    /// completes a branch with more work.
    ///
    /// A block that proves invalid only when connected is reported in [`BlockAccepted::invalid`].
    ///
    /// # Errors
    /// [`AcceptError`].
    pub fn accept_block(
        &mut self,
        origin: Origin,
        block: &Arc<Block>,
        now: BlockTime,
    ) -> Result<BlockAccepted, AcceptError> {
        self.check_running()?;
        let mut batch = Batch::default();
        let header = match self.tree.find(&block.hash()) {
            Some(id) => Ok(id),
            None => self.take_header(&mut batch, origin, block.header(), now),
        };
        let outcome = header.and_then(|id| self.take_body(&mut batch, id, block));
        if !matches!(outcome, Ok(true)) {
            // Whatever was learnt about headers on the way is kept.
            self.commit(batch)?;
            return Ok(outcome.map(|_| BlockAccepted::default())?);
        }
        let Activated { change, invalid } = self.activate(batch)?;
        Ok(BlockAccepted {
            new: true,
            change,
            invalid,
        })
    }

    /// Writes small things by name beside the chain, all or none; `None` takes one away. With
    /// `durable` they survive a power loss once this returns.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn put_meta(
        &mut self,
        meta: BTreeMap<String, Option<Vec<u8>>>,
        durable: bool,
    ) -> Result<(), StoreFault> {
        self.check_running()?;
        self.commit(Batch {
            meta,
            durable,
            ..Batch::default()
        })
    }

    /// Makes all that was accepted survive a power loss.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn sync(&mut self) -> Result<(), StoreFault> {
        self.check_running()?;
        let synced = self.store.sync();
        self.halt_on_fault(synced)
    }

    fn write_genesis(&mut self) -> Result<(), StoreFault> {
        let block = Arc::new(self.params.genesis_block());
        let genesis = self.tree.genesis();
        let id = self.id(genesis);
        let params = codec::encode(&*self.params);
        let coins = rules::made_coins(&block, 0, 0);
        let mut batch = Batch {
            coins: coins.map(|(at, coin)| (at, Some(coin))).collect(),
            tip: Some(id),
            durable: true,
            ..Batch::default()
        };
        self.note_header(&mut batch, genesis);
        batch.bodies.insert(id, Some(block));
        batch.meta.insert(PARAMS_KEY.to_owned(), Some(params));
        self.commit(batch)
    }

    fn load(&mut self, tip: BlockId) -> Result<(), OpenError> {
        let stored = self.store.meta(PARAMS_KEY)?;
        if stored != Some(codec::encode(&*self.params)) {
            let place = self.store.place();
            return Err(OpenError::OtherNetwork { place });
        }
        let mut orphan = None;
        let (tree, params, genesis) = (&mut self.tree, &self.params, self.network);
        self.store.each_header(&mut |id, record| {
            if id.hash == genesis {
                return;
            }
            let restored = tree.restore(&record.header, params, record.body_len, record.failed);
            if restored.is_none() {
                orphan.get_or_insert(id);
            }
        })?;
        if let Some(id) = orphan {
            let problem = format!("header {id} does not fit on any other");
            return Err(self.store.damaged(problem).into());
        }
        let Some(at) = self.tree.find(&tip.hash) else {
            let problem = format!("the tip {tip} has no header");
            return Err(self.store.damaged(problem).into());
        };
        if !self.tree.is_linked(at) || self.tree.entry(at).failed {
            let problem = format!("the chain up to the tip {tip} is not complete");
            return Err(self.store.damaged(problem).into());
        }
        let removed = self.tree.set_tip(at);
        let mut batch = Batch::default();
        self.note_removed(&mut batch, removed);
        self.activate(batch)?;
        Ok(())
    }

    fn take_header(
        &mut self,
        batch: &mut Batch,
        origin: Origin,
        header: &Header,
        now: BlockTime,
    ) -> Result<HeaderId, RuleError> {
        let run = std::slice::from_ref(header);
        let extended = self.tree.extend(origin, run, now, &self.params);
        self.note_removed(batch, extended.removed);
        if let Some((_, error)) = extended.refused {
            return Err(error);
        }
        let id = *extended.added.first().expect("new, and not refused");
        self.note_header(batch, id);
        Ok(id)
    }

    /// Checks a body for what it shows without coins, and notes it for storing. `false`: it was
    /// here already.
    fn take_body(
        &mut self,
        batch: &mut Batch,
        id: HeaderId,
        block: &Arc<Block>,
    ) -> Result<bool, RuleError> {
        let entry = self.tree.entry(id);
        if entry.failed {
            return Err(RuleError::KnownInvalid);
        }
        if entry.body_len > 0 {
            return Ok(false);
        }
        let height = entry.height;
        let checked = rules::check_block(block, &self.params)
            .and_then(|()| rules::check_block_context(block, height));
        if let Err(error) = checked {
            if error.is_permanent() {
                self.mark_failed(batch, id);
            }
            return Err(error);
        }
        let len = u32::try_from(block.encoded_len()).expect("within max_block_bytes");
        if !self.tree.has_room_for_body(id, len) {
            return Err(RuleError::NoRoom);
        }
        self.tree.set_body(id, len);
        self.note_header(batch, id);
        batch.bodies.insert(self.id(id), Some(Arc::clone(block)));
        let removed = self.tree.limit_side_bodies(id);
        self.note_removed(batch, removed);
        Ok(true)
    }

    fn mark_failed(&mut self, batch: &mut Batch, id: HeaderId) {
        for failed in self.tree.set_failed(id) {
            self.note_header(batch, failed);
        }
    }

    fn note_header(&self, batch: &mut Batch, id: HeaderId) {
        let entry = self.tree.entry(id);
        let record = HeaderRecord {
            header: entry.header,
            body_len: entry.body_len,
            failed: entry.failed,
        };
        batch.headers.insert(self.id(id), Some(record));
    }

    fn note_removed(&self, batch: &mut Batch, removed: Vec<Removed>) {
        for Removed { height, hash } in removed {
            let id = BlockId { height, hash };
            batch.headers.insert(id, None);
            batch.bodies.insert(id, None);
        }
    }

    /// The place and name of a header.
    pub(super) fn id(&self, id: HeaderId) -> BlockId {
        let entry = self.tree.entry(id);
        BlockId {
            height: entry.height,
            hash: entry.hash,
        }
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        if batch.is_empty() {
            return Ok(());
        }
        let committed = self.store.commit(batch);
        self.halt_on_fault(committed)
    }

    fn check_running(&self) -> Result<(), StoreFault> {
        self.halted.clone().map_or(Ok(()), Err)
    }

    fn halt_on_fault<T>(&mut self, result: Result<T, StoreFault>) -> Result<T, StoreFault> {
        if let Err(fault) = &result {
            self.halted = Some(fault.clone());
        }
        result
    }
}
