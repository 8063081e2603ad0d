//! Outputs of blocks, as many as there is room for: by them it is known what a transaction spends.

use crate::bitcoin::tx::Opened;
use crate::chain::hash::Txid;
use std::collections::{BTreeMap, VecDeque};

/// Transactions of blocks whose outputs are remembered: of mainnet those of some hours, of a private
/// chain all.
const TXS_MAX: usize = 50_000;

/// Bytes of memory that they take at most, about.
pub(super) const CONFIRMED_BYTES_MAX: usize = 16_000_000;

/// Outputs of blocks.
#[derive(Clone, Default)]
pub(super) struct Confirmed {
    pays: BTreeMap<Txid, Box<[u64]>>,
    order: VecDeque<Txid>,
    pub(super) bytes: usize,
}

impl Confirmed {
    /// What the outputs of a transaction are worth, in satoshi.
    pub(super) fn get(&self, txid: &Txid) -> Option<&[u64]> {
        self.pays.get(txid).map(|pays| &pays[..])
    }

    pub(super) fn insert(&mut self, txid: Txid, opened: &Opened) {
        let pays: Box<[u64]> = opened.outputs.iter().map(|output| output.value).collect();
        self.bytes += Self::cost(&pays);
        match self.pays.insert(txid, pays) {
            None => self.order.push_back(txid),
            Some(same) => self.bytes -= Self::cost(&same),
        }
        while self.order.len() > TXS_MAX || self.bytes > CONFIRMED_BYTES_MAX {
            let oldest = self.order.pop_front().expect("there are many");
            let gone = self
                .pays
                .remove(&oldest)
                .expect("each in the order is there");
            self.bytes -= Self::cost(&gone);
        }
    }

    fn cost(pays: &[u64]) -> usize {
        130 + 8 * pays.len()
    }
}
