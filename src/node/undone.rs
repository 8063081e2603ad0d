//! Payments that reorganisations have undone and that wait since. A later block may decide against
//! one: a node that catches up leaves its branch as soon as the other one has more work, and the
//! blocks that spend the coins otherwise often come only after that.

use super::families::{Families, outputs};
use crate::chain::{Block, OutPoint, Tx, Txid};
use std::sync::Arc;

/// Coins that they spend in all: 3 MB. What was undone beyond that is not followed.
const COINS_MAX: usize = 20_000;

/// Payments that were undone and wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Undone(Families<()>);

impl Undone {
    /// This one waits again.
    pub(super) fn note(&mut self, txid: Txid, tx: &Tx) {
        if self.0.coins() + tx.inputs.len() <= COINS_MAX {
            self.0.insert(txid, tx, ());
        }
    }

    /// A transaction makes no coins any more. Returns those that no block of this chain can have
    /// because of that.
    pub(super) fn lost_with(&mut self, txid: Txid, tx: &Tx) -> Vec<Txid> {
        self.remove(outputs(txid, tx))
    }

    /// The chain has got these blocks. Returns those that no block of this chain can have because of
    /// them.
    pub(super) fn connected(&mut self, blocks: &[Arc<Block>]) -> Vec<Txid> {
        let mut lost = Vec::new();
        for block in blocks {
            for (txid, tx) in block.txids().iter().zip(block.txs()).skip(1) {
                if self.0.remove(txid).is_none() {
                    lost.extend(self.remove(tx.inputs.iter().map(|input| input.outpoint)));
                }
            }
        }
        lost
    }

    fn remove(&mut self, coins: impl Iterator<Item = OutPoint>) -> Vec<Txid> {
        let gone = self.0.remove_spenders(coins).into_iter();
        gone.map(|(txid, ())| txid).collect()
    }
}
