//! The mempool itself: its entries, and what can be asked about them.

use super::entry::Entry;
use super::error::{Change, Removed, RemovedWhy};
use super::held::Held;
use super::pool::{PACKAGE_MAX, Pool};
use super::returning::Returning;
use super::select;
use crate::chain::{Amount, BlockHash, Coin, OutPoint, Params, SigCache, Tx, Txid};
use crate::node::config::MempoolLimits;
use crate::node::families::outputs;
use crate::node::snapshot::{MempoolInfo, MempoolTx};
use crate::node::store::BlockId;
use crate::node::time::Time;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes that fees are named for.
const KB: usize = 1_000;

/// Bytes of a small transaction: one coin is spent, and there is change.
const SMALL: usize = 225;

/// What waits at one node.
#[derive(Clone)]
pub struct Mempool {
    pub(super) limits: MempoolLimits,
    pub(super) params: Arc<Params>,
    pub(super) network: BlockHash,
    pub(super) sigs: Arc<SigCache>,
    pub(super) pool: Pool,
    /// No entries, but kept to become some.
    pub(super) held: Held,
    /// The tip that the entries were judged at.
    pub(super) tip: Option<BlockId>,
    /// Came or left since the last [`Mempool::flush`].
    pub(super) dirty: BTreeSet<Txid>,
    /// The tip that the last [`Mempool::flush`] wrote.
    pub(super) flushed_tip: Option<BlockId>,
}

impl Mempool {
    /// An empty mempool. `network` is the genesis hash.
    pub fn new(
        limits: MempoolLimits,
        params: Arc<Params>,
        network: BlockHash,
        sigs: Arc<SigCache>,
    ) -> Self {
        Self {
            limits,
            params,
            network,
            sigs,
            pool: Pool::default(),
            held: Held::default(),
            tip: None,
            dirty: BTreeSet::new(),
            flushed_tip: None,
        }
    }

    /// Whether a transaction that spends from all of these keeps every package within its limit: all are
    /// entries, and the package of each has room for one more.
    pub fn has_room_above(&self, parents: &[Txid]) -> bool {
        let are_here = parents.iter().all(|txid| self.contains(txid));
        let ancestors = are_here.then(|| self.pool.ancestors(parents, PACKAGE_MAX - 1));
        ancestors.flatten().is_some_and(|ancestors| {
            let mut counts = ancestors
                .iter()
                .map(|of| self.pool.entry(of).descendants.count);
            counts.all(|count| count < PACKAGE_MAX)
        })
    }

    /// Why a transaction is kept, if it is: it is no entry, for the next block cannot have it, but a
    /// reorganisation took it from a block or from the mempool, and a later block can.
    pub fn held(&self, txid: &Txid) -> Option<&RemovedWhy> {
        self.held.get(txid).map(|held| &held.why)
    }

    /// All that are kept like that, by id.
    pub fn all_held(&self) -> impl Iterator<Item = (&Txid, &Arc<Tx>)> {
        self.held.iter().map(|(txid, held)| (txid, &held.tx))
    }

    /// As [`MempoolLimits::least_fee`], of this one.
    pub fn least_fee(&self, bytes: usize) -> Amount {
        self.limits.least_fee(bytes)
    }

    /// The fee for 1 000 bytes with which a small transaction gets in just now: the least that is asked for, or more
    /// than the worst of what waits, if that has to make room.
    pub fn floor(&self) -> Amount {
        let least = self.limits.min_fee_per_kb;
        let is_full = self.bytes() + SMALL > self.limits.bytes_max;
        let worst = self.pool.worst_first().next().filter(|_| is_full);
        let above = worst.map(|worst| worst.rate.fee_above(KB).unwrap_or(Amount::MAX));
        above.map_or(least, |above| above.max(least))
    }

    /// The fee for 1 000 bytes with which a small transaction would be in the next block, if `room` bytes of that
    /// are for transactions, and nothing else came; `None`: there is room for all that waits. By the order in
    /// which packages stand, so it is about right where many depend on each other.
    pub fn least_in_next_block(&self, room: usize) -> Option<Amount> {
        let mut bytes = SMALL;
        let last = self.pool.best_first().find(|rank| {
            bytes += self.pool.entry(&rank.txid()).bytes;
            bytes > room
        })?;
        Some(last.rate.fee_above(KB).unwrap_or(Amount::MAX))
    }

    /// An entry.
    pub fn get(&self, txid: &Txid) -> Option<&Entry> {
        self.pool.get(txid)
    }

    /// Whether a transaction waits here.
    pub fn contains(&self, txid: &Txid) -> bool {
        self.pool.get(txid).is_some()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.pool.entries.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.pool.entries.is_empty()
    }

    /// Bytes of all entries.
    pub fn bytes(&self) -> usize {
        self.pool.bytes()
    }

    /// All entries, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pool.entries.values()
    }

    /// Those that came after a given one, or all, oldest first, each with the time since which it
    /// waits.
    pub fn oldest_after(
        &self,
        last: Option<(Time, Txid)>,
    ) -> impl Iterator<Item = (Time, Txid)> + '_ {
        self.pool.oldest_after(last)
    }

    /// An output of an entry, spent by another or not, as it will be if the next block has it.
    pub fn coin(&self, outpoint: &OutPoint) -> Option<Coin> {
        let tip = self.tip.map_or(0, |tip| tip.height);
        self.unconfirmed_coin(outpoint, tip.saturating_add(1))
    }

    /// The entry that spends a coin.
    pub fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.pool.spender(outpoint)
    }

    /// Whether an entry spends a coin.
    pub fn is_spent(&self, outpoint: &OutPoint) -> bool {
        self.pool.spender(outpoint).is_some()
    }

    /// The best paying entries that fit into `bytes_max` together, each after those that it builds
    /// on: the transactions of the next block.
    pub fn select(&self, bytes_max: usize) -> Vec<&Entry> {
        select::select(&self.pool, bytes_max, usize::MAX)
    }

    /// The first `limit` entries, in the order in which miners take them.
    pub fn best_first(&self, limit: usize) -> Vec<&Entry> {
        select::select(&self.pool, usize::MAX, limit)
    }

    /// What a screen can show, with the `limit` entries that come next. Of orphans a mempool knows
    /// nothing.
    pub fn info(&self, limit: usize) -> MempoolInfo {
        let shown = self.best_first(limit).into_iter().map(|entry| {
            let paid = entry.paid(&self.params);
            MempoolTx {
                txid: entry.txid,
                bytes: entry.bytes,
                fee: Some(entry.fee),
                amount: Some(paid.amount),
                to: Arc::clone(&paid.to),
                payees: paid.payees,
                since: entry.since,
                ancestors: entry.ancestors.count - 1,
                descendants: entry.descendants.count - 1,
            }
        });
        MempoolInfo {
            count: self.len(),
            bytes: self.bytes(),
            orphans: 0,
            shown: shown.collect(),
        }
    }

    pub(super) fn unconfirmed_coin(&self, outpoint: &OutPoint, height: u32) -> Option<Coin> {
        let output = self.pool.output(outpoint)?;
        Some(Coin {
            amount: output.amount,
            owner: output.owner,
            height,
            coinbase: false,
        })
    }

    /// What is held and spends one of these coins is held no longer, with all that builds on it.
    pub(super) fn release(&mut self, coins: Vec<OutPoint>, why: &RemovedWhy, change: &mut Change) {
        for Returning { txid, tx, .. } in self.held.remove_spenders(coins) {
            let why = why.clone();
            change.held.retain(|held| held.txid != txid);
            change.removed.push(Removed { txid, tx, why });
        }
    }

    pub(super) fn remove(&mut self, txid: &Txid, why: RemovedWhy, change: &mut Change) {
        let Some(entry) = self.pool.remove(txid) else {
            return;
        };
        self.dirty.insert(*txid);
        change.removed.push(Removed {
            txid: *txid,
            tx: entry.tx,
            why,
        });
    }

    /// Removes an entry that makes no coins any more: what is held and builds on it goes, too.
    pub(super) fn drop_entry(&mut self, txid: &Txid, why: &RemovedWhy, change: &mut Change) {
        let coins = self
            .pool
            .get(txid)
            .map(|entry| outputs(*txid, &entry.tx).collect());
        self.remove(txid, why.clone(), change);
        self.release(coins.unwrap_or_default(), why, change);
    }

    pub(super) fn drop_package(&mut self, txid: &Txid, why: &RemovedWhy, change: &mut Change) {
        for txid in self.pool.package(txid) {
            self.drop_entry(&txid, why, change);
        }
    }
}
