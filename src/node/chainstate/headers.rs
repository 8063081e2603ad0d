//! The headers that a node holds, over its store: what full nodes and light ones have in common.
//!
//! In a [`ChainState`](super::ChainState) bodies, coins and undo data stand beside them, and the tip is
//! moved by blocks. Opened by itself it is all the chain that a light node has: a header is complete as
//! it is, and the tip is the header with most work, of equals the one that came first. It moves in the
//! commit that takes the headers, so a process killed at any moment finds a tip whose headers are all
//! there.

use super::kind::Kind;
use super::outcome::{HeadersAccepted, OpenError, TipChange};
use super::rows::filter_row;
use super::takes::TakesHeaders;
use crate::chain::block::BlockTime;
use crate::chain::headers::{Extended, HeaderId, HeaderTree, Origin, Removed, Trunks};
use crate::chain::{BlockHash, Header, Params};
use crate::node::store::{Batch, BlockId, DiskFault, HeaderRecord, Store, StoreFault};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The headers of one node, over its store.
#[derive(Clone)]
pub struct HeaderChain<S> {
    params: Arc<Params>,
    network: BlockHash,
    pub(super) tree: HeaderTree,
    store: S,
    /// The store failed; what is in memory may be ahead of it, so nothing is taken any more.
    halted: Option<StoreFault>,
    /// The next write fails, as on such a disk, before any of it is done.
    broken: Option<DiskFault>,
}

impl<S: Store> HeaderChain<S> {
    /// Opens a light node's chain in `store`; an empty store gets the genesis block's header. What is
    /// deep is kept once for all chains with these `trunks`.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(store: S, params: Arc<Params>, trunks: Arc<Trunks>) -> Result<Self, OpenError> {
        let mut chain = Self::new(store, params, Kind::Light)?;
        chain.tree = chain.tree.sharing(trunks);
        let mut batch = match chain.store.tip()? {
            None => chain.genesis(Kind::Light),
            Some(tip) => chain.load(tip, Kind::Light)?,
        };
        chain.follow_best(&mut batch);
        chain.commit(batch)?;
        Ok(chain)
    }

    /// The genesis block alone; nothing is read or written.
    pub(super) fn new(store: S, params: Arc<Params>, kind: Kind) -> Result<Self, OpenError> {
        params.validate()?;
        let tree = match kind {
            Kind::Full | Kind::Attacker => HeaderTree::new(&params),
            Kind::Light => HeaderTree::without_bodies(&params),
        };
        let network = tree.entry(tree.genesis()).hash;
        Ok(Self {
            params,
            network,
            tree,
            store,
            halted: None,
            broken: None,
        })
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

    /// The place and name of a header.
    pub fn id(&self, id: HeaderId) -> BlockId {
        let entry = self.tree.entry(id);
        BlockId {
            height: entry.height,
            hash: entry.hash,
        }
    }

    /// Takes headers, each building on the one before, as far as they hold. Without bodies the tip
    /// moves to the best of them.
    ///
    /// # Errors
    /// [`StoreFault`]; what a peer did wrong is in [`HeadersAccepted::refused`].
    pub fn accept_headers(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault> {
        let mut batch = Batch::default();
        let accepted = self.take_headers(&mut batch, origin, headers, now)?;
        self.commit(batch)?;
        Ok(accepted)
    }

    /// The same, for who has more to write in that commit: the caller is to [`commit`](Self::commit)
    /// `batch`, whatever came of it.
    ///
    /// # Errors
    /// [`StoreFault`] of before; then nothing was taken.
    pub fn take_headers(
        &mut self,
        batch: &mut Batch,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault> {
        self.check_running()?;
        let extended = self.extend(batch, origin, headers, now);
        Ok(HeadersAccepted {
            added: extended.added.iter().map(|id| self.id(*id)).collect(),
            refused: extended.refused,
            change: match self.tree.has_bodies() {
                true => None,
                false => self.follow_best(batch),
            },
        })
    }

    /// Takes headers into the tree, and notes what that changes.
    pub(super) fn extend(
        &mut self,
        batch: &mut Batch,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Extended {
        let mut extended = self.tree.extend(origin, headers, now, &self.params);
        self.note_removed(batch, std::mem::take(&mut extended.removed));
        for id in &extended.added {
            self.note_header(batch, *id);
        }
        extended
    }

    /// Makes the best header the tip.
    fn follow_best(&mut self, batch: &mut Batch) -> Option<TipChange> {
        let (old, new) = (self.tree.tip(), self.tree.candidate()?);
        let fork = self.tree.fork_point(old, new);
        let ids = |end| -> Vec<BlockId> {
            let path = self.tree.path(fork, end);
            path.into_iter().map(|id| self.id(id)).collect()
        };
        // Named before the tip moves: what is left behind may be too far behind to be kept.
        let mut disconnected = ids(old);
        disconnected.reverse();
        let change = TipChange {
            fork: self.id(fork),
            disconnected,
            connected: ids(new),
        };
        self.set_tip(batch, new);
        Some(change)
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
        self.check_disk()?;
        let synced = self.store.sync();
        self.halt_on_fault(synced)
    }

    /// What a new store gets: the genesis header, and whose store it is.
    pub(super) fn genesis(&self, kind: Kind) -> Batch {
        let genesis = self.tree.genesis();
        let mut batch = Batch {
            tip: Some(self.id(genesis)),
            durable: true,
            ..Batch::default()
        };
        self.note_header(&mut batch, genesis);
        let (key, params) = kind.mark(&self.params);
        batch.meta.insert(key.to_owned(), Some(params));
        batch
    }

    /// Reads what the store has. Returns what is to be written: headers that are no longer kept.
    pub(super) fn load(&mut self, tip: BlockId, kind: Kind) -> Result<Batch, OpenError> {
        kind.check(&self.store, &self.params)?;
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
        Ok(batch)
    }

    /// Makes `id` the tip, and notes it with what gives way.
    pub(super) fn set_tip(&mut self, batch: &mut Batch, id: HeaderId) {
        let removed = self.tree.set_tip(id);
        batch.tip = Some(self.tip());
        self.note_removed(batch, removed);
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
            if self.tree.has_bodies() {
                batch.bodies.insert(id, None);
                batch.meta.insert(filter_row(&hash), None);
            }
        }
    }

    /// Writes what [`HeaderChain::take_headers`] noted, and whatever else is in `batch`.
    ///
    /// # Errors
    /// [`StoreFault`]; nothing is taken any more then.
    pub fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        if batch.is_empty() {
            return Ok(());
        }
        self.check_disk()?;
        let committed = self.store.commit(batch);
        self.halt_on_fault(committed)
    }

    /// From now on every write fails as on such a disk, until the store is opened anew.
    pub fn break_disk(&mut self, fault: DiskFault) {
        self.broken = Some(fault);
    }

    fn check_disk(&mut self) -> Result<(), StoreFault> {
        let Some(broken) = self.broken else {
            return Ok(());
        };
        self.halt_on_fault(Err(StoreFault::Failed {
            place: self.store.place(),
            problem: broken.problem().to_owned(),
        }))
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

impl<S: Store> TakesHeaders for HeaderChain<S> {
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
        self.accept_headers(origin, headers, now)
    }
}
