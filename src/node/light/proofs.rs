//! Transactions of the wallets that are in blocks, each with the proof that it stands there.
//!
//! By filter the proof is computed from the block that was fetched, by address it is what a full node has shown. It is
//! kept as long as its block is on the chain.

use crate::chain::merkle::MerkleTree;
use crate::chain::shared::SharedMap;
use crate::chain::{Block, BlockTime, Tx, Txid, codec};
use crate::node::message::ProvenTx;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::wallets::{Part, PartTx, Place, Rows, place_of, place_row, read_rows};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of proofs, by place.
const PROOFS: &str = "light/proof/";

/// All of them.
#[derive(Clone, Default)]
pub(super) struct Proofs {
    known: SharedMap<Place, Txid>,
    /// The lowest place of each.
    places: SharedMap<Txid, Place>,
    /// Those that are not on disk yet.
    fresh: BTreeMap<Place, Arc<ProvenTx>>,
    /// Those that are to go from there.
    gone: Vec<Place>,
}

impl Proofs {
    /// As an earlier run has left them.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open(store: &impl Store) -> Result<Self, StoreFault> {
        let rows = read_rows(store, PROOFS, |name, bytes| {
            let proven: ProvenTx = codec::decode(bytes, codec::MAX_LEN).ok()?;
            Some((place_of(name)?, proven.tx.txid()))
        })?;
        let mut proofs = Self::default();
        for (place, txid) in rows {
            proofs.note(place, txid);
        }
        Ok(proofs)
    }

    /// Keeps one. Whether it is new.
    pub fn keep(&mut self, place: Place, proven: ProvenTx) -> bool {
        if self.known.get(&place).is_some() {
            return false;
        }
        self.note(place, proven.tx.txid());
        self.fresh.insert(place, Arc::new(proven));
        true
    }

    fn note(&mut self, place: Place, txid: Txid) {
        self.known.insert(place, txid);
        if self.find(&txid).is_none_or(|lowest| place < lowest) {
            self.places.insert(txid, place);
        }
    }

    /// Keeps those of these transactions of a block, by their places in it.
    pub fn keep_of(&mut self, height: u32, block: &Block, places: &[u32]) {
        let is_known = |index: &&u32| self.known.get(&(height, **index)).is_none();
        let places: Vec<u32> = places.iter().filter(is_known).copied().collect();
        if places.is_empty() {
            return;
        }
        let tree = MerkleTree::new(block.txids());
        for index in places {
            let at = usize::try_from(index).expect("a place in a block that is in memory");
            let proven = ProvenTx {
                block: block.hash(),
                tx: Arc::new(block.txs()[at].clone()),
                proof: tree.proof(index).expect("it is in the block"),
            };
            self.keep((height, index), proven);
        }
    }

    /// Transactions above this height, in order, without rewards.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn payments_above(
        &self,
        height: u32,
        store: &impl Store,
    ) -> Result<Vec<Arc<Tx>>, StoreFault> {
        let mut payments = Vec::new();
        for place in self.above(height) {
            let proven = self.get(place, store)?;
            payments.extend((!proven.tx.is_coinbase()).then(|| Arc::clone(&proven.tx)));
        }
        Ok(payments)
    }

    fn above(&self, height: u32) -> Vec<Place> {
        let first = (height.saturating_add(1), 0);
        self.known.range_from(&first).map(|(at, _)| *at).collect()
    }

    /// Blocks above this height have left the chain.
    pub fn cut(&mut self, height: u32) {
        let gone = self.above(height);
        for place in &gone {
            if let Some(txid) = self.known.remove(place)
                && self.find(&txid) == Some(*place)
            {
                self.places.remove(&txid);
            }
            self.fresh.remove(place);
        }
        self.gone.extend(gone);
    }

    /// The first place above a height.
    pub fn next(&self, height: u32) -> Option<Place> {
        let above = (height.saturating_add(1), 0);
        self.known.range_from(&above).next().map(|(at, _)| *at)
    }

    /// The places of this height, in order.
    fn at(&self, height: u32) -> Vec<Place> {
        let first = (height, 0);
        let from = self.known.range_from(&first).map(|(at, _)| *at);
        from.take_while(|(of, _)| *of == height).collect()
    }

    /// What there is of the block at this height.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn of(
        &self,
        height: u32,
        store: &impl Store,
    ) -> Result<Vec<(u32, Arc<ProvenTx>)>, StoreFault> {
        let places = self.at(height).into_iter();
        let proven = places.map(|place| Ok((place.1, self.get(place, store)?)));
        proven.collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StoreFault`], also if it is not there.
    pub fn get(&self, place: Place, store: &impl Store) -> Result<Arc<ProvenTx>, StoreFault> {
        if let Some(proven) = self.fresh.get(&place) {
            return Ok(Arc::clone(proven));
        }
        let name = place_row(PROOFS, place);
        let bytes = store.meta(&name)?;
        let proven = bytes.and_then(|bytes| codec::decode(&bytes, codec::MAX_LEN).ok());
        let problem = || format!("the row {name} is missing, or makes no sense");
        proven.map(Arc::new).ok_or_else(|| store.damaged(problem()))
    }

    /// Where a transaction stands.
    pub fn find(&self, txid: &Txid) -> Option<Place> {
        self.places.get(txid).copied()
    }

    /// The last so many, by height, newest first.
    pub fn last(&self, count: usize) -> impl Iterator<Item = (u32, Txid)> + '_ {
        let newest = self.known.iter().rev().take(count);
        newest.map(|((height, _), txid)| (*height, *txid))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// What is unwritten: it goes with the wallets' rows.
    pub fn flush(&mut self, rows: &mut Rows) {
        for place in std::mem::take(&mut self.gone) {
            rows.insert(place_row(PROOFS, place), None);
        }
        for (place, proven) in std::mem::take(&mut self.fresh) {
            let bytes = codec::encode(&*proven);
            rows.insert(place_row(PROOFS, place), Some(bytes));
        }
    }
}

/// The part of a block that these are.
pub(super) fn part_of<'a>(
    id: BlockId,
    time: BlockTime,
    proven: &'a [(u32, Arc<ProvenTx>)],
) -> Part<'a> {
    let txs = proven.iter().map(|(index, proven)| PartTx {
        index: *index,
        tx: &proven.tx,
        txid: proven.tx.txid(),
    });
    let txs = txs.collect();
    Part { id, time, txs }
}
