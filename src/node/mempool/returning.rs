//! Transactions on their way back into the mempool.

use crate::chain::{Block, Tx, Txid};
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A transaction that may come back, from a block that was left behind or from a row.
#[derive(Clone)]
pub(super) struct Returning {
    pub(super) txid: Txid,
    pub(super) tx: Arc<Tx>,
    pub(super) since: Time,
}

/// The transactions of a block that was left behind.
pub(super) fn returning(block: &Block, since: Time) -> impl Iterator<Item = Returning> {
    let txs = block.txids().iter().zip(block.txs()).skip(1);
    txs.map(move |(txid, tx)| Returning {
        txid: *txid,
        tx: Arc::new(tx.clone()),
        since,
    })
}

/// Brings rows into an order in which each comes after those that it spends from, the oldest first
/// where that leaves a choice.
pub(super) fn parents_first(mut rows: BTreeMap<Txid, Returning>) -> Vec<Returning> {
    let mut waiting_for: BTreeMap<Txid, usize> = BTreeMap::new();
    let mut children: BTreeMap<Txid, Vec<Txid>> = BTreeMap::new();
    let mut ready = BTreeSet::new();
    for (txid, row) in &rows {
        let parents: BTreeSet<Txid> = row.tx.inputs.iter().map(|i| i.outpoint.txid).collect();
        let parents = parents.into_iter().filter(|txid| rows.contains_key(txid));
        let mut count = 0;
        for parent in parents {
            children.entry(parent).or_default().push(*txid);
            count += 1;
        }
        if count == 0 {
            ready.insert((row.since, *txid));
        }
        waiting_for.insert(*txid, count);
    }
    let mut ordered = Vec::with_capacity(rows.len());
    // Ids are hashes, so nothing is its own ancestor and everything gets its turn.
    while let Some((_, txid)) = ready.pop_first() {
        ordered.extend(rows.remove(&txid));
        for child in children.remove(&txid).unwrap_or_default() {
            let left = waiting_for.get_mut(&child).expect("counted above");
            *left -= 1;
            if *left == 0 {
                ready.insert((rows[&child].since, child));
            }
        }
    }
    ordered
}
