//! Transactions of wallets that are in no block: what the mempool of the node has, as far as it is known.

use super::keys::Owner;
use super::ledger::Ledger;
use super::limits::{PACKAGE_MAX, WAITING_PARTS_MAX};
use super::moves::{Flow, Moves};
use crate::bitcoin::block::Block;
use crate::chain::{Amount, OutPoint, Txid};
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// When it was seen, and how many had been put in before it.
type Place = (Time, u64);

/// A transaction that waits.
#[derive(Clone, Debug)]
pub struct Waiter {
    pub moves: Moves,
    /// When it was first seen.
    pub at: Time,
    /// Its place among all.
    place: Place,
}

/// All that wait. No two of them spend one coin.
#[derive(Clone, Debug)]
pub struct Waiting {
    txs: BTreeMap<Txid, Waiter>,
    in_order: BTreeMap<Place, Txid>,
    /// Who spends what, coins of others too.
    claims: BTreeMap<OutPoint, Txid>,
    /// Inputs and outputs of all.
    parts: usize,
    next_number: u64,
    /// Those that do not count; empty when something has changed, as screens ask thirty times a second.
    lost: OnceLock<BTreeSet<Txid>>,
}

impl Waiting {
    pub const fn new() -> Self {
        Self {
            txs: BTreeMap::new(),
            in_order: BTreeMap::new(),
            claims: BTreeMap::new(),
            parts: 0,
            next_number: 0,
            lost: OnceLock::new(),
        }
    }

    /// Coins in blocks have come or gone.
    pub fn moved(&mut self) {
        self.lost = OnceLock::new();
    }

    /// All, oldest first, whether they count or not.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = (Txid, &Waiter)> {
        let in_order = self.in_order.values();
        in_order.map(|txid| (*txid, &self.txs[txid]))
    }

    /// Puts one in. What spends a coin of it was replaced, and what builds on that is gone, too.
    pub fn insert(&mut self, moves: Moves, at: Time) {
        if moves.coinbase || self.txs.contains_key(&moves.txid) {
            return;
        }
        for input in &moves.inputs {
            if let Some(rival) = self.claims.get(&input.spends).copied() {
                self.remove_with_heirs(rival);
            }
        }
        let txid = moves.txid;
        let place = (at, self.next_number);
        self.next_number += 1;
        self.parts += moves.parts();
        let spent = moves.inputs.iter().map(|input| (input.spends, txid));
        self.claims.extend(spent);
        self.in_order.insert(place, txid);
        self.txs.insert(txid, Waiter { moves, at, place });
        self.moved();
        self.forget_oldest();
    }

    /// Takes one out. What builds on it does not count from now on.
    pub fn remove(&mut self, txid: &Txid) {
        let Some(waiter) = self.txs.remove(txid) else {
            return;
        };
        self.in_order.remove(&waiter.place);
        self.parts -= waiter.moves.parts();
        for input in &waiter.moves.inputs {
            self.claims.remove(&input.spends);
        }
        self.moved();
    }

    /// Takes out what a block has, and what can never be in one behind it.
    pub fn confirmed(&mut self, block: &Block) {
        self.moved();
        for tx in block.txs() {
            if self.txs.is_empty() {
                return;
            }
            self.remove(&tx.txid());
            for input in tx.open().inputs {
                if let Some(rival) = self.claims.get(&input.spends).copied() {
                    self.remove_with_heirs(rival);
                }
            }
        }
    }

    pub fn claims(&self, outpoint: &OutPoint) -> bool {
        self.claims.contains_key(outpoint)
    }

    /// The output for a wallet that a transaction here makes.
    pub fn output(&self, outpoint: &OutPoint) -> Option<(Owner, Amount)> {
        let outputs = &self.txs.get(&outpoint.txid)?.moves.outputs;
        // They are in the order of their numbers.
        let place = outputs.binary_search_by_key(&outpoint.index, |output| output.index);
        let output = &outputs[place.ok()?];
        Some((output.owner?, output.amount))
    }

    /// What counts, oldest first.
    pub fn counting(
        &self,
        ledger: &Ledger,
    ) -> impl DoubleEndedIterator<Item = (&Waiter, Flow<'_>)> {
        let lost = self.lost.get_or_init(|| self.find_lost(ledger));
        let counting = self.all().filter(|(txid, _)| !lost.contains(txid));
        counting.map(|(_, waiter)| (waiter, self.flow(waiter, ledger)))
    }

    fn flow<'a>(&'a self, waiter: &'a Waiter, ledger: &Ledger) -> Flow<'a> {
        let inputs = waiter.moves.inputs.iter();
        let spent = inputs.filter_map(|input| {
            input.owner?;
            self.coin(&input.spends, ledger)
        });
        Flow {
            moves: &waiter.moves,
            spent: spent.collect(),
        }
    }

    /// A coin of a wallet, in a block or waiting.
    fn coin(&self, outpoint: &OutPoint, ledger: &Ledger) -> Option<(Owner, Amount)> {
        let in_block = ledger.coin(outpoint).map(|coin| (coin.owner, coin.amount));
        in_block.or_else(|| self.output(outpoint))
    }

    /// Those that spend a coin of a wallet that is not there, and all that builds on them.
    fn find_lost(&self, ledger: &Ledger) -> BTreeSet<Txid> {
        let is_lost = |waiter: &Waiter| {
            let mut own = waiter.moves.inputs.iter().filter(|at| at.owner.is_some());
            own.any(|input| self.coin(&input.spends, ledger).is_none())
        };
        let lost = self.all().filter(|(_, waiter)| is_lost(waiter));
        self.with_heirs(lost.map(|(txid, _)| txid).collect())
    }

    fn remove_with_heirs(&mut self, txid: Txid) {
        for gone in self.with_heirs(vec![txid]) {
            self.remove(&gone);
        }
    }

    /// These, and all that spends what they make, and so on.
    fn with_heirs(&self, mut open: Vec<Txid>) -> BTreeSet<Txid> {
        let mut found = BTreeSet::new();
        while let Some(txid) = open.pop() {
            if found.insert(txid) {
                let first = OutPoint { txid, index: 0 };
                let last = OutPoint {
                    txid,
                    index: u32::MAX,
                };
                open.extend(self.claims.range(first..=last).map(|(_, heir)| *heir));
            }
        }
        found
    }

    /// These, and all that wait and that they are built on; `None` if those are too many for one more
    /// transaction on all of them.
    fn package(&self, mut open: Vec<Txid>) -> Option<BTreeSet<Txid>> {
        let mut found = BTreeSet::new();
        while let Some(txid) = open.pop() {
            if let Some(waiter) = self.txs.get(&txid)
                && found.insert(txid)
            {
                open.extend(waiter.moves.inputs.iter().map(|input| input.spends.txid));
            }
            if found.len() >= PACKAGE_MAX {
                return None;
            }
        }
        Some(found)
    }

    /// Whether nodes would take one more transaction that spends from all of these.
    pub fn has_room_above(&self, parents: &[Txid]) -> bool {
        let Some(package) = self.package(parents.to_vec()) else {
            return false;
        };
        let has_room = |txid: &Txid| self.with_heirs(vec![*txid]).len() < PACKAGE_MAX;
        package.iter().all(has_room)
    }

    fn forget_oldest(&mut self) {
        while self.parts > WAITING_PARTS_MAX
            && let Some((_, oldest)) = self.in_order.first_key_value()
        {
            let oldest = *oldest;
            self.remove(&oldest);
        }
    }
}
