//! Transactions that were in a block or in the mempool, and that a reorganisation has put where the
//! next block cannot have them, but a later one can: they are locked, or spend a reward that is too
//! young again, or build on too many that wait, or there is no room for them.
//!
//! They are no entries: nothing is mined, announced or built on here. Whenever the chain moves, all
//! are tried again, parents first. Nothing here spends what an entry spends: an entry that claims
//! such a coin takes the place of what is held.

use super::error::RemovedWhy;
use super::returning::Returning;
use crate::chain::{OutPoint, Tx, Txid};
use crate::node::families::Families;
use crate::node::time::Time;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most that are held: all are tried again with each block, in some 20 ms. What is dropped beyond
/// that is still with the wallet that has sent it.
const HELD_MAX: usize = 2_000;

/// Their bytes.
const HELD_BYTES_MAX: usize = 2_000_000;

/// Those that are held.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    txs: Families<HeldTx>,
    bytes: usize,
    /// Came or went since this was last taken.
    pub(super) dirty: BTreeSet<Txid>,
}

/// One of them.
#[derive(Clone, Debug)]
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
        self.txs.iter().map(|(txid, _)| *txid).collect()
    }

    /// Keeps one. `false`: there is no room, or another one that is held spends a coin of it.
    pub(super) fn insert(&mut self, back: &Returning, why: RemovedWhy) -> bool {
        let (tx, since) = (Arc::clone(&back.tx), back.since);
        let bytes = tx.encoded_len();
        let is_full = self.txs.len() >= HELD_MAX || self.bytes + bytes > HELD_BYTES_MAX;
        let held = HeldTx { tx, since, why };
        if is_full || !self.txs.insert(back.txid, &back.tx, held) {
            return false;
        }
        self.bytes += bytes;
        self.dirty.insert(back.txid);
        true
    }

    /// Lets one go, to try it again or for good; what builds on it stays.
    pub(super) fn remove(&mut self, txid: &Txid) -> Option<Returning> {
        let held = self.txs.remove(txid)?;
        Some(self.gone(*txid, held))
    }

    /// Lets those go that spend one of these coins, with all that builds on them, parents first.
    pub(super) fn remove_spenders(&mut self, coins: Vec<OutPoint>) -> Vec<Returning> {
        let gone = self.txs.remove_spenders(coins).into_iter();
        gone.map(|(txid, held)| self.gone(txid, held)).collect()
    }

    fn gone(&mut self, txid: Txid, held: HeldTx) -> Returning {
        let HeldTx { tx, since, .. } = held;
        self.bytes -= tx.encoded_len();
        self.dirty.insert(txid);
        Returning { txid, tx, since }
    }
}
