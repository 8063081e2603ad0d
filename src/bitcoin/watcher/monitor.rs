//! The transactions that wait at a node, as far as can be seen from outside.
//!
//! A node tells of a transaction once, and never that one is gone. So one leaves here when a block has
//! it, when another one spends the same coin, or when it has waited as long as nodes wait
//! ([`WAITS_MAX`]). What a transaction pays for itself is known where it is known what it spends: of
//! those that wait and of blocks that were seen, the outputs are remembered, within limits. Where one of
//! them is not known the fee is not.

use super::confirmed::Confirmed;
use crate::bitcoin::tx::{Opened, Transaction};
use crate::chain::hash::{BlockHash, Txid, Wtxid};
use crate::chain::{Amount, OutPoint};
use crate::node::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Transactions that are kept. The busiest mempools have about as many; beyond it the oldest go.
pub const WAITING_MAX: usize = 100_000;

/// Bytes of memory that they take together at most, about: some have thousands of outputs.
pub const WAITING_BYTES_MAX: usize = 60_000_000;

/// How long one waits before nodes forget it: Bitcoin Core's `-mempoolexpiry`.
pub const WAITS_MAX: Duration = Duration::from_secs(336 * 3_600);

/// Bytes of those that waited and were mined, kept in case their block is left behind.
const MINED_BYTES_MAX: usize = 8_000_000;

/// A transaction that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingTx {
    /// Its id.
    pub txid: Txid,
    /// The id with its witnesses; `None`: it was told of by RPC alone.
    pub wtxid: Option<Wtxid>,
    /// Its virtual size in bytes.
    pub vsize: u64,
    /// What it pays for itself, if it is known what it spends.
    pub fee: Option<Amount>,
    /// When it came.
    pub since: Time,
    spends: Box<[OutPoint]>,
    /// What its outputs are worth, in satoshi.
    pays: Box<[u64]>,
}

/// What a node tells of a transaction when it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToldTx {
    pub(super) txid: Txid,
    pub(super) vsize: u64,
    pub(super) fee: Amount,
    pub(super) since: Time,
}

/// What came of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It waits now; in place of these, which spend the same coins.
    Waits(Vec<Txid>),
    /// It is there already.
    Known,
}

/// All that wait.
#[derive(Clone, Default)]
pub struct Monitor {
    waiting: BTreeMap<Txid, WaitingTx>,
    wtxids: BTreeSet<Wtxid>,
    /// Which one spends a coin.
    spenders: BTreeMap<OutPoint, Txid>,
    /// In the order in which they came. Some are gone by now.
    order: VecDeque<Txid>,
    confirmed: Confirmed,
    mined: VecDeque<(BlockHash, WaitingTx)>,
    mined_bytes: usize,
    /// Memory that those that wait take.
    bytes: usize,
    vsize: u64,
    fees_known: usize,
}

impl WaitingTx {
    fn new(tx: &Transaction, opened: &Opened, since: Time) -> Self {
        Self {
            txid: tx.txid(),
            wtxid: Some(tx.wtxid()),
            vsize: tx.vsize(),
            fee: None,
            since,
            spends: opened.inputs.iter().map(|input| input.spends).collect(),
            pays: opened.outputs.iter().map(|output| output.value).collect(),
        }
    }

    /// Memory that it takes, with its places in all maps: measured, see `tests/memory`.
    fn cost(&self) -> usize {
        340 + 140 * self.spends.len() + 8 * self.pays.len()
    }

    /// What its outputs are worth together; `None`: that was not seen, or is more than there can be.
    pub fn paid(&self) -> Option<Amount> {
        if self.pays.is_empty() {
            return None;
        }
        sum(self.pays.iter().copied().map(Some))
    }

    /// What it pays a virtual byte, in satoshi.
    pub fn fee_rate(&self) -> Option<f64> {
        let fee = self.fee?.units();
        Some(fee as f64 / self.vsize.max(1) as f64)
    }

    /// The coins that it spends.
    pub fn spends(&self) -> &[OutPoint] {
        &self.spends
    }
}

fn sum(values: impl Iterator<Item = Option<u64>>) -> Option<Amount> {
    let mut values = values;
    let sum = values.try_fold(0_u64, |sum, value| sum.checked_add(value?))?;
    Amount::from_units(sum).ok()
}

impl Monitor {
    /// Takes a transaction that came. A coinbase never waits, and is none.
    pub fn came(&mut self, tx: &Transaction, now: Time) -> Came {
        let opened = tx.open();
        if self.waiting.contains_key(&tx.txid()) || opened.is_coinbase() {
            return Came::Known;
        }
        let entry = WaitingTx::new(tx, &opened, now);
        let spenders = entry
            .spends
            .iter()
            .filter_map(|coin| self.spenders.get(coin));
        let replaced: BTreeSet<Txid> = spenders.copied().collect();
        let gone = replaced
            .iter()
            .flat_map(|txid| self.remove_with_children(txid));
        let gone = gone.map(|tx| tx.txid).collect();
        self.insert(entry);
        Came::Waits(gone)
    }

    /// A transaction that waits.
    pub fn get(&self, txid: &Txid) -> Option<&WaitingTx> {
        self.waiting.get(txid)
    }

    /// Whether one with this id waits.
    pub fn has(&self, txid: &Txid) -> bool {
        self.waiting.contains_key(txid)
    }

    /// Whether one with this id of all its bytes waits.
    pub fn has_wtxid(&self, wtxid: &Wtxid) -> bool {
        self.wtxids.contains(wtxid)
    }

    /// What one that waits pays for itself, if that is known.
    pub fn fee(&self, txid: &Txid) -> Option<Amount> {
        self.waiting.get(txid)?.fee
    }

    /// The node says what one pays; whether it was not known that it waits.
    pub(super) fn told(&mut self, told: ToldTx) -> bool {
        if let Some(known) = self.waiting.get_mut(&told.txid) {
            self.fees_known += usize::from(known.fee.is_none());
            known.fee = Some(told.fee);
            return false;
        }
        self.insert(WaitingTx {
            txid: told.txid,
            wtxid: None,
            vsize: told.vsize,
            fee: Some(told.fee),
            since: told.since,
            spends: Box::default(),
            pays: Box::default(),
        });
        true
    }

    /// The node does not have it any more; whether it waited.
    pub(super) fn dropped(&mut self, txid: &Txid) -> bool {
        self.remove(txid).is_some()
    }

    /// All of them, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = &WaitingTx> {
        self.waiting.values()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Their virtual size together, in bytes.
    pub const fn vsize(&self) -> u64 {
        self.vsize
    }

    /// Of how many the fee is known.
    pub const fn fees_known(&self) -> usize {
        self.fees_known
    }

    /// A block was connected: which of those that waited it has, and which can never be mined any
    /// more, because it spends their coins otherwise.
    pub fn connected(&mut self, block: BlockHash, tx: &Transaction) -> (Option<Txid>, Vec<Txid>) {
        let opened = tx.open();
        let mined = self.remove(&tx.txid());
        self.confirmed.insert(tx.txid(), &opened);
        let spent = opened.inputs.iter().map(|input| input.spends);
        let rivals: BTreeSet<Txid> = spent
            .filter_map(|coin| self.spenders.get(&coin).copied())
            .collect();
        let lost = rivals
            .iter()
            .flat_map(|txid| self.remove_with_children(txid));
        let lost = lost.map(|tx| tx.txid).collect();
        let txid = mined.as_ref().map(|tx| tx.txid);
        if let Some(tx) = mined {
            self.keep_mined(block, tx);
        }
        self.learn(&tx.txid());
        (txid, lost)
    }

    fn keep_mined(&mut self, block: BlockHash, tx: WaitingTx) {
        self.mined_bytes += tx.cost();
        self.mined.push_back((block, tx));
        while self.mined_bytes > MINED_BYTES_MAX {
            let (_, oldest) = self.mined.pop_front().expect("they have bytes");
            self.mined_bytes -= oldest.cost();
        }
    }

    /// A block was left behind: what waited before it waits again, unless its coins were spent
    /// otherwise since. Whether the node took it back cannot be seen.
    pub fn disconnected(&mut self, block: BlockHash) -> Vec<Txid> {
        let (back, stays) = std::mem::take(&mut self.mined)
            .into_iter()
            .partition(|(of, _)| *of == block);
        self.mined = stays;
        let back: VecDeque<(BlockHash, WaitingTx)> = back;
        self.mined_bytes -= back.iter().map(|(_, tx)| tx.cost()).sum::<usize>();
        let mut returned = Vec::new();
        for (_, tx) in back {
            let is_spent = |coin: &OutPoint| self.spenders.contains_key(coin);
            if !self.has(&tx.txid) && !tx.spends.iter().any(is_spent) {
                returned.push(tx.txid);
                self.insert(tx);
            }
        }
        returned
    }

    /// Forgets those that have waited as long as nodes wait.
    pub fn expire(&mut self, now: Time) -> Vec<Txid> {
        let mut gone = Vec::new();
        while let Some(first) = self.order.front() {
            let since = self.waiting.get(first).map(|tx| tx.since);
            match since {
                Some(since) if now.since(since) < WAITS_MAX => break,
                Some(_) => gone.push(*first),
                None => {}
            }
            self.order.pop_front();
        }
        gone.iter().for_each(|txid| drop(self.remove(txid)));
        gone
    }

    fn insert(&mut self, mut entry: WaitingTx) {
        entry.fee = entry.fee.or_else(|| self.fee_of(&entry));
        self.make_room();
        let txid = entry.txid;
        self.bytes += entry.cost();
        self.vsize += entry.vsize;
        self.fees_known += usize::from(entry.fee.is_some());
        self.wtxids.extend(entry.wtxid);
        self.order.push_back(txid);
        entry.spends.iter().for_each(|coin| {
            self.spenders.insert(*coin, txid);
        });
        self.waiting.insert(txid, entry);
        self.learn(&txid);
    }

    /// The oldest go. The order is cleaned of those that are gone once they are most of it.
    fn make_room(&mut self) {
        while self.waiting.len() >= WAITING_MAX || self.bytes > WAITING_BYTES_MAX {
            let oldest = self.order.pop_front().expect("each stands in it");
            self.remove(&oldest);
        }
        if self.order.len() > 2 * self.waiting.len() + 1_000 {
            let waiting = &self.waiting;
            self.order.retain(|txid| waiting.contains_key(txid));
        }
    }

    fn remove(&mut self, txid: &Txid) -> Option<WaitingTx> {
        let gone = self.waiting.remove(txid)?;
        self.bytes -= gone.cost();
        self.vsize -= gone.vsize;
        self.fees_known -= usize::from(gone.fee.is_some());
        if let Some(wtxid) = gone.wtxid {
            self.wtxids.remove(&wtxid);
        }
        for coin in &gone.spends {
            if self.spenders.get(coin) == Some(txid) {
                self.spenders.remove(coin);
            }
        }
        Some(gone)
    }

    /// Takes out one and those that spend what it would have paid.
    fn remove_with_children(&mut self, txid: &Txid) -> Vec<WaitingTx> {
        let (mut gone, mut next) = (Vec::new(), vec![*txid]);
        while let Some(txid) = next.pop() {
            let Some(tx) = self.remove(&txid) else {
                continue;
            };
            next.extend(self.children(&txid, tx.pays.len()));
            gone.push(tx);
        }
        gone
    }

    /// Those that wait and spend what it pays.
    fn children(&self, txid: &Txid, outputs: usize) -> Vec<Txid> {
        let last = u32::try_from(outputs).unwrap_or(u32::MAX);
        let coin = |index: u32| OutPoint { txid: *txid, index };
        let spenders = self.spenders.range(coin(0)..coin(last));
        spenders.map(|(_, spender)| *spender).collect()
    }

    /// What an output is worth, if it is known.
    fn value(&self, coin: &OutPoint) -> Option<u64> {
        let waits = self.waiting.get(&coin.txid).map(|tx| &tx.pays[..]);
        let pays = waits.or_else(|| self.confirmed.get(&coin.txid))?;
        pays.get(usize::try_from(coin.index).ok()?).copied()
    }

    fn fee_of(&self, tx: &WaitingTx) -> Option<Amount> {
        let spent = sum(tx.spends.iter().map(|coin| self.value(coin)))?;
        let fee = spent.units().checked_sub(tx.paid()?.units())?;
        Amount::from_units(fee).ok()
    }

    /// Fees of those that spend what has become known.
    fn learn(&mut self, parent: &Txid) {
        let waits = self.waiting.get(parent).map(|tx| tx.pays.len());
        let outputs = waits.or_else(|| Some(self.confirmed.get(parent)?.len()));
        for child in self.children(parent, outputs.unwrap_or(0)) {
            let unknown = self.waiting.get(&child).filter(|tx| tx.fee.is_none());
            let fee = unknown.and_then(|tx| self.fee_of(tx));
            if let (Some(fee), Some(tx)) = (fee, self.waiting.get_mut(&child)) {
                tx.fee = Some(fee);
                self.fees_known += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
