//! Transactions that were in a block or in the mempool, and that a reorganisation has put where the
//! next block cannot have them, but a later one can: they are locked, or spend a reward that is too
//! young again, or build on too many that wait, or there is no room for them.
//!
//! They are no entries: nothing is mined, announced or built on here. Whenever the chain moves, all
//! are tried again, parents first. Nothing here spends what an entry spends: an entry that claims
//! such a coin takes the place of what is held.

use super::error::RemovedWhy;
use super::react::Returning;
use crate::chain::{OutPoint, Tx, Txid};
use crate::node::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most that are held: all are tried again with each block, in some 20 ms. What is dropped beyond
/// that is still with the wallet that has sent it.
pub(super) const HELD_MAX: usize = 2_000;

/// Their bytes.
const HELD_BYTES_MAX: usize = 2_000_000;

/// Those that are held.
#[derive(Debug, Default)]
pub(super) struct Held {
    txs: BTreeMap<Txid, HeldTx>,
    /// Who spends a coin.
    spends: BTreeMap<OutPoint, Txid>,
    bytes: usize,
}

/// One of them.
#[derive(Debug)]
pub(super) struct HeldTx {
    pub(super) tx: Arc<Tx>,
    pub(super) since: Time,
    /// Why the next block cannot have it.
    pub(super) why: RemovedWhy,
}

impl Held {
    pub(super) fn get(&self, txid: &Txid) -> Option<&HeldTx> {
        self.txs.get(txid)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Txid, &HeldTx)> {
        self.txs.iter()
    }

    pub(super) fn txids(&self) -> BTreeSet<Txid> {
        self.txs.keys().copied().collect()
    }

    pub(super) fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.spends.get(outpoint).copied()
    }

    /// Keeps one. `false`: there is no room, or another one that is held spends a coin of it.
    pub(super) fn insert(&mut self, back: &Returning, why: RemovedWhy) -> bool {
        let Returning { txid, tx, since } = back;
        let bytes = tx.encoded_len();
        let is_full = self.txs.len() >= HELD_MAX || self.bytes + bytes > HELD_BYTES_MAX;
        let mut spent = tx.inputs.iter().map(|input| input.outpoint);
        if is_full || spent.any(|outpoint| self.spends.contains_key(&outpoint)) {
            return false;
        }
        for input in &tx.inputs {
            self.spends.insert(input.outpoint, *txid);
        }
        self.bytes += bytes;
        let (tx, since) = (Arc::clone(tx), *since);
        self.txs.insert(*txid, HeldTx { tx, since, why });
        true
    }

    /// Lets one go; what builds on it stays.
    pub(super) fn remove(&mut self, txid: &Txid) -> Option<HeldTx> {
        let held = self.txs.remove(txid)?;
        for input in &held.tx.inputs {
            self.spends.remove(&input.outpoint);
        }
        self.bytes -= held.tx.encoded_len();
        Some(held)
    }

    /// Lets one go with all that builds on it.
    pub(super) fn remove_family(&mut self, txid: &Txid) -> Vec<(Txid, HeldTx)> {
        let mut gone = Vec::new();
        let mut next = vec![*txid];
        // Ends: each step takes one out, or none.
        while let Some(txid) = next.pop() {
            let Some(held) = self.remove(&txid) else {
                continue;
            };
            let outputs = (0..).zip(&held.tx.outputs);
            let outputs = outputs.map(|(index, _)| OutPoint { txid, index });
            next.extend(outputs.filter_map(|outpoint| self.spender(&outpoint)));
            gone.push((txid, held));
        }
        gone
    }

    /// Lets one go, to try it again; what builds on it stays.
    pub(super) fn take(&mut self, txid: &Txid) -> Option<Returning> {
        let HeldTx { tx, since, .. } = self.remove(txid)?;
        let txid = *txid;
        Some(Returning { txid, tx, since })
    }
}
