//! The chain itself: how it is opened, read and written.

use super::headers::HeaderChain;
use super::kind::Kind;
use super::outcome::{HeadersAccepted, OpenError};
use super::takes::TakesHeaders;
use crate::chain::block::BlockTime;
use crate::chain::coins::{CoinView, OutPoint};
use crate::chain::headers::{HeaderId, HeaderTree, Origin};
use crate::chain::rules;
use crate::chain::{Block, BlockHash, Coin, Header, Params, SigCache};
use crate::node::store::{Batch, BlockId, DiskFault, Store, StoreFault};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The chain of one node, over its store.
#[derive(Clone)]
pub struct ChainState<S> {
    pub(super) headers: HeaderChain<S>,
    pub(super) sigs: Arc<SigCache>,
    kind: Kind,
}

impl<S: Store> ChainState<S> {
    /// Opens the chain in `store`; an empty store gets the genesis block.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(store: S, params: Arc<Params>, sigs: Arc<SigCache>) -> Result<Self, OpenError> {
        Self::open_as(Kind::Full, store, params, sigs)
    }

    /// The same for an attacker's node, on whose chain coins may be spent that never existed: see
    /// [`CoinView::conjuring`]. All other rules hold, and no other node opens that store.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_attackers(
        store: S,
        params: Arc<Params>,
        sigs: Arc<SigCache>,
    ) -> Result<Self, OpenError> {
        Self::open_as(Kind::Attacker, store, params, sigs)
    }

    fn open_as(
        kind: Kind,
        store: S,
        params: Arc<Params>,
        sigs: Arc<SigCache>,
    ) -> Result<Self, OpenError> {
        let headers = HeaderChain::new(store, params, kind)?;
        let mut state = Self {
            headers,
            sigs,
            kind,
        };
        match state.store().tip()? {
            None => state.write_genesis()?,
            Some(tip) => {
                let batch = state.headers.load(tip, kind)?;
                state.headers.commit(batch)?;
                // Of the tip that it has: what is connected now builds on them.
                state.make_missing_filters()?;
                state.activate(Batch::default())?;
            }
        }
        Ok(state)
    }

    /// The network's parameters.
    pub fn params(&self) -> &Arc<Params> {
        self.headers.params()
    }

    /// The genesis hash, which names the network.
    pub fn network(&self) -> BlockHash {
        self.headers.network()
    }

    /// All known headers.
    pub fn tree(&self) -> &HeaderTree {
        self.headers.tree()
    }

    /// The store, for reading.
    pub fn store(&self) -> &S {
        self.headers.store()
    }

    /// Gives the store back.
    pub fn into_store(self) -> S {
        self.headers.into_store()
    }

    /// The end of the chain.
    pub fn tip(&self) -> BlockId {
        self.headers.tip()
    }

    /// An unspent output at the tip.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn coin(&self, outpoint: &OutPoint) -> Result<Option<Coin>, StoreFault> {
        let mut coins = Store::coins(self.store(), std::slice::from_ref(outpoint))?;
        Ok(coins.pop().flatten())
    }

    /// A stored body, on the chain or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn body(&self, hash: &BlockHash) -> Result<Option<Arc<Block>>, StoreFault> {
        let stored = |id: &HeaderId| self.tree().entry(*id).body_len > 0;
        match self.tree().find(hash).filter(stored) {
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
        self.headers.put_meta(meta, durable)
    }

    /// As [`HeaderChain::break_disk`](super::HeaderChain::break_disk).
    pub fn break_disk(&mut self, fault: DiskFault) {
        self.headers.break_disk(fault);
    }

    /// Makes all that was accepted survive a power loss.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn sync(&mut self) -> Result<(), StoreFault> {
        self.headers.sync()
    }

    fn write_genesis(&mut self) -> Result<(), StoreFault> {
        let block = Arc::new(self.params().genesis_block());
        let coins = rules::made_coins(&block, 0, 0);
        let mut batch = self.headers.genesis(self.kind);
        batch.coins = coins.map(|(at, coin)| (at, Some(coin))).collect();
        self.note_filters(&mut batch, std::iter::once(&*block))?;
        batch.bodies.insert(self.tip(), Some(block));
        self.headers.commit(batch)
    }

    /// The coins at the tip, and scratch over them.
    pub(super) fn coin_view(&self) -> CoinView<'_, S> {
        match self.kind {
            Kind::Attacker => CoinView::conjuring(self.store()),
            Kind::Full | Kind::Light => CoinView::new(self.store()),
        }
    }

    /// The place and name of a header.
    pub(in crate::node) fn id(&self, id: HeaderId) -> BlockId {
        self.headers.id(id)
    }
}

impl<S: Store> TakesHeaders for ChainState<S> {
    fn tree(&self) -> &HeaderTree {
        self.tree()
    }

    fn params(&self) -> &Params {
        self.params()
    }

    fn accept_headers(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault> {
        self.headers.accept_headers(origin, headers, now)
    }
}
