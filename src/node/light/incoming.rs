//! Payments of others to these wallets that are in no block: by address only, as peers tell of them.
//!
//! Nothing can be checked of one but its form: that the coins exist which it spends, and are its sender's, only blocks
//! show.

use crate::chain::{Tx, Txid};
use crate::node::time::Time;
use crate::node::wallets::Part;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// So many are kept; peers may make up any number. The oldest goes for a new one.
const INCOMING_MAX: usize = 1_000;

/// All of them, with when each came.
#[derive(Clone, Default)]
pub(super) struct Incoming(BTreeMap<Txid, (Arc<Tx>, Time)>);

impl Incoming {
    /// Whether one is here.
    pub fn has(&self, txid: &Txid) -> bool {
        self.0.contains_key(txid)
    }

    /// One of them.
    pub fn get(&self, txid: &Txid) -> Option<&Arc<Tx>> {
        self.0.get(txid).map(|(tx, _)| tx)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Keeps one. Returns that which went for it.
    pub fn keep(&mut self, txid: Txid, tx: Arc<Tx>, now: Time) -> Option<Txid> {
        self.0.insert(txid, (tx, now));
        let is_full = self.0.len() > INCOMING_MAX;
        let oldest = self.0.iter().filter(|_| is_full);
        let oldest = oldest.min_by_key(|(txid, (_, at))| (*at, **txid));
        let oldest = oldest.map(|(txid, _)| *txid)?;
        self.0.remove(&oldest);
        Some(oldest)
    }

    /// A block is seen. Returns those that it contradicts: the coin of each, and who spent it.
    pub fn seen(&mut self, part: &Part<'_>) -> Vec<(Txid, Txid)> {
        let mut lost = Vec::new();
        for other in &part.txs {
            self.0.remove(&other.txid);
            for (txid, (tx, _)) in &self.0 {
                let spends = |tx: &Tx, input: &_| tx.inputs.iter().any(|i| i.outpoint == *input);
                let mut inputs = tx.inputs.iter().map(|input| &input.outpoint);
                if inputs.any(|outpoint| spends(other.tx, outpoint)) {
                    lost.push((*txid, other.txid));
                }
            }
            for (txid, _) in &lost {
                self.0.remove(txid);
            }
        }
        lost
    }

    /// Those that have waited for so long go.
    pub fn expire(&mut self, expiry: Duration, now: Time) -> Vec<Txid> {
        let late = self.0.iter().filter(|(_, (_, at))| *at + expiry <= now);
        let late: Vec<Txid> = late.map(|(txid, _)| *txid).collect();
        for txid in &late {
            self.0.remove(txid);
        }
        late
    }

    /// When the first has waited for so long.
    pub fn deadline(&self, expiry: Duration) -> Option<Time> {
        self.0.values().map(|(_, at)| *at + expiry).min()
    }
}
