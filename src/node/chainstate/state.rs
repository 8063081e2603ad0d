//! The chain itself: how it is opened, read and written.

use super::outcome::OpenError;
use crate::chain::codec;
use crate::chain::coins::OutPoint;
use crate::chain::headers::{HeaderId, HeaderTree, Removed};
use crate::chain::rules;
use crate::chain::{Block, BlockHash, Coin, Params, SigCache};
use crate::node::store::{Batch, BlockId, HeaderRecord, Store, StoreFault};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the store keeps the parameters of its network.
pub const PARAMS_KEY: &str = "params";

/// The chain of one node, over its store.
#[derive(Clone)]
pub struct ChainState<S> {
    pub(super) params: Arc<Params>,
    pub(super) network: BlockHash,
    pub(super) tree: HeaderTree,
    pub(super) store: S,
    pub(super) sigs: Arc<SigCache>,
    /// The store failed; what is in memory may be ahead of it, so nothing is taken any more.
    pub(super) halted: Option<StoreFault>,
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

    pub(super) fn write_genesis(&mut self) -> Result<(), StoreFault> {
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

    pub(super) fn load(&mut self, tip: BlockId) -> Result<(), OpenError> {
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

    pub(super) fn mark_failed(&mut self, batch: &mut Batch, id: HeaderId) {
        for failed in self.tree.set_failed(id) {
            self.note_header(batch, failed);
        }
    }

    pub(super) fn note_header(&self, batch: &mut Batch, id: HeaderId) {
        let entry = self.tree.entry(id);
        let record = HeaderRecord {
            header: entry.header,
            body_len: entry.body_len,
            failed: entry.failed,
        };
        batch.headers.insert(self.id(id), Some(record));
    }

    pub(super) fn note_removed(&self, batch: &mut Batch, removed: Vec<Removed>) {
        for Removed { height, hash } in removed {
            let id = BlockId { height, hash };
            batch.headers.insert(id, None);
            batch.bodies.insert(id, None);
        }
    }

    /// The place and name of a header.
    pub(in crate::node) fn id(&self, id: HeaderId) -> BlockId {
        let entry = self.tree.entry(id);
        BlockId {
            height: entry.height,
            hash: entry.hash,
        }
    }

    pub(super) fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        if batch.is_empty() {
            return Ok(());
        }
        let committed = self.store.commit(batch);
        self.halt_on_fault(committed)
    }

    pub(super) fn check_running(&self) -> Result<(), StoreFault> {
        self.halted.clone().map_or(Ok(()), Err)
    }

    pub(super) fn halt_on_fault<T>(
        &mut self,
        result: Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        if let Err(fault) = &result {
            self.halted = Some(fault.clone());
        }
        result
    }
}
