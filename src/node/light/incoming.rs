//! Payments of others to these wallets that are in no block: by address only, as peers tell of them.
//!
//! Nothing can be checked of one but its form: that the coins exist which it spends, and are its sender's, only blocks
//! show.

use crate::chain::{Tx, Txid};
use crate::node::time::Time;
use crate::node::wallets::Part;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// So many bytes are kept; peers may make up any number. The oldest go for a new one.
const BYTES_MAX: usize = 1_000_000;

/// All of them, with when each came.
#[derive(Clone, Default)]
pub(super) struct Incoming {
    txs: BTreeMap<Txid, (Arc<Tx>, Time)>,
    by_age: BTreeSet<(Time, Txid)>,
    /// The sum of their lengths.
    bytes: usize,
}

impl Incoming {
    /// Whether one is here.
    pub fn has(&self, txid: &Txid) -> bool {
        self.txs.contains_key(txid)
    }

    /// One of them.
    pub fn get(&self, txid: &Txid) -> Option<&Arc<Tx>> {
        self.txs.get(txid).map(|(tx, _)| tx)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Txid, &Arc<Tx>)> {
        self.txs.iter().map(|(txid, (tx, _))| (*txid, tx))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.txs.len()
    }

    /// Keeps one that is not here. Returns those that went for it: itself, if it is too large.
    pub fn keep(&mut self, txid: Txid, tx: Arc<Tx>, now: Time) -> Vec<Txid> {
        self.bytes += tx.encoded_len();
        self.by_age.insert((now, txid));
        self.txs.insert(txid, (tx, now));
        let mut gone = Vec::new();
        while self.bytes > BYTES_MAX
            && let Some((_, oldest)) = self.by_age.first().copied()
        {
            self.remove(&oldest);
            gone.push(oldest);
        }
        gone
    }

    fn remove(&mut self, txid: &Txid) {
        if let Some((tx, at)) = self.txs.remove(txid) {
            self.by_age.remove(&(at, *txid));
            self.bytes -= tx.encoded_len();
        }
    }

    /// A block is seen. Returns those that it contradicts, each with what spends its coin there.
    pub fn seen(&mut self, part: &Part<'_>) -> Vec<(Txid, Txid)> {
        let mut lost = Vec::new();
        for other in &part.txs {
            self.remove(&other.txid);
            let spends = |tx: &Tx| {
                let mut inputs = tx.inputs.iter();
                inputs.any(|own| other.tx.inputs.iter().any(|i| i.outpoint == own.outpoint))
            };
            let rivals = self.txs.iter().filter(|(_, (tx, _))| spends(tx));
            let rivals: Vec<Txid> = rivals.map(|(txid, _)| *txid).collect();
            for txid in rivals {
                self.remove(&txid);
                lost.push((txid, other.txid));
            }
        }
        lost
    }

    /// Those that have waited for so long go.
    pub fn expire(&mut self, expiry: Duration, now: Time) -> Vec<Txid> {
        let late = self.by_age.iter().take_while(|(at, _)| *at + expiry <= now);
        let late: Vec<Txid> = late.map(|(_, txid)| *txid).collect();
        for txid in &late {
            self.remove(txid);
        }
        late
    }

    /// When the first has waited for so long.
    pub fn deadline(&self, expiry: Duration) -> Option<Time> {
        self.by_age.first().map(|(at, _)| *at + expiry)
    }
}
