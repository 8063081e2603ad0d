//! Transactions of this node's wallets that are in no block: payments that were sent, and what the
//! mempool took from others.
//!
//! They claim the coins that they spend, so that no payment picks them again, and of those that claim
//! one coin one counts at most. What the mempool has counts: no two of its entries spend one coin. Of
//! the others that are kept here, the oldest first, each counts whose coins are there and claimed by
//! none that counts: in the chain, or made by a transaction that counts. That is asked anew whenever
//! such a coin comes or goes. What does not count is kept all the same, as a payment that was sent
//! stays until a block has it; it claims nothing, and is one of two:
//!
//! 1. It *loses* to another that waits, or builds on one that does. It counts again if that one goes.
//! 2. It can *never* be in a block of this chain: a coin of it is spent in a block, or does not exist
//!    any more. A reorganisation may bring that back, too.

use super::super::time::Time;
use super::balance::{Balance, plus};
use crate::chain::tx::{TxIn, TxOut};
use crate::chain::{Amount, KeyHash, OutPoint, Tx, Txid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) type Balances = BTreeMap<KeyHash, Balance>;

/// A transaction that waits.
#[derive(Clone)]
pub(super) struct Waiter {
    pub tx: Arc<Tx>,
    /// When it was first seen.
    pub at: Time,
    /// Made here, so kept until a block has it.
    pub sent: bool,
    /// The mempool has it. Only then can its change be spent.
    pub pooled: bool,
    /// Whether it counts.
    pub standing: Standing,
    /// Why the mempool does not have it, as far as it has said so.
    pub why: Option<String>,
    /// What it spends of this node's coins, in the order of its inputs.
    pub spent: Vec<(OutPoint, TxOut)>,
}

/// Whether a transaction that waits counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It does.
    Counts,
    /// This one does, which claims a coin of it, or of what it builds on.
    LosesTo(Txid),
    /// No block of this chain can have it.
    Never,
}

impl Waiter {
    pub fn new(tx: Arc<Tx>, at: Time, spent: Vec<(OutPoint, TxOut)>) -> Self {
        Self {
            tx,
            at,
            sent: false,
            pooled: false,
            standing: Standing::Counts,
            why: None,
            spent,
        }
    }

    /// Whether amounts and coins are to be reckoned with.
    pub fn counts(&self) -> bool {
        self.standing == Standing::Counts
    }

    /// What it has to do with coins: those that it spends here, and those that it makes.
    pub fn touches(&self, txid: Txid) -> Vec<OutPoint> {
        let outputs = (0..).zip(&self.tx.outputs);
        let made = outputs.map(|(index, _)| OutPoint { txid, index });
        let spent = self.spent.iter().map(|(outpoint, _)| *outpoint);
        spent.chain(made).collect()
    }

    /// Its outputs for `owner`.
    pub fn made(&self, txid: Txid, owner: KeyHash) -> impl Iterator<Item = (OutPoint, TxOut)> {
        (0..)
            .zip(&self.tx.outputs)
            .filter(move |(_, out)| out.owner == owner)
            .map(move |(index, out)| (OutPoint { txid, index }, *out))
    }

    /// What `owner` gets and gives, change not counted: one of the two is nothing.
    pub fn net(&self, owner: KeyHash) -> (Amount, Amount) {
        let spent = self.spent.iter().map(|(_, coin)| coin);
        net(owner, spent, &self.tx.outputs)
    }
}

/// What `owner` gets and gives when these coins are spent and these made: one of the two is nothing.
pub(super) fn net<'a>(
    owner: KeyHash,
    spent: impl IntoIterator<Item = &'a TxOut>,
    made: impl IntoIterator<Item = &'a TxOut>,
) -> (Amount, Amount) {
    let (spent, made) = (sum_of(owner, spent), sum_of(owner, made));
    let received = made.checked_sub(spent).unwrap_or_default();
    (received, spent.checked_sub(made).unwrap_or_default())
}

fn sum_of<'a>(owner: KeyHash, outputs: impl IntoIterator<Item = &'a TxOut>) -> Amount {
    let own = outputs.into_iter().filter(|out| out.owner == owner);
    own.map(|out| out.amount).fold(Amount::ZERO, plus)
}

/// All that wait. Those of others are as many as the mempool holds, which has its limits; those
/// sent are as many as were made by hand here.
#[derive(Clone, Default)]
pub(super) struct Waiting {
    txs: BTreeMap<Txid, Waiter>,
    /// By own coin, who spends it, conflicted ones too.
    spenders: BTreeMap<OutPoint, BTreeSet<Txid>>,
}

impl Waiting {
    pub fn get(&self, txid: &Txid) -> Option<&Waiter> {
        self.txs.get(txid)
    }

    pub fn get_mut(&mut self, txid: &Txid) -> Option<&mut Waiter> {
        self.txs.get_mut(txid)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Txid, &Waiter)> {
        self.txs.iter()
    }

    /// Puts one in, and into the lists of the wallets that have to do with it.
    pub fn insert(&mut self, txid: Txid, waiter: Waiter, balances: &mut Balances) {
        for (outpoint, _) in &waiter.spent {
            self.spenders.entry(*outpoint).or_default().insert(txid);
        }
        for_parties(&waiter, balances, |balance| {
            balance.waiting.insert(txid);
        });
        self.txs.insert(txid, waiter);
    }

    /// Takes one out.
    pub fn remove(&mut self, txid: &Txid, balances: &mut Balances) -> Option<Waiter> {
        let waiter = self.txs.remove(txid)?;
        for (outpoint, _) in &waiter.spent {
            if let Some(spenders) = self.spenders.get_mut(outpoint) {
                spenders.remove(txid);
                if spenders.is_empty() {
                    self.spenders.remove(outpoint);
                }
            }
        }
        for_parties(&waiter, balances, |balance| {
            balance.waiting.remove(txid);
        });
        Some(waiter)
    }

    /// The transaction that counts and spends the coin.
    pub fn claimant(&self, outpoint: &OutPoint) -> Option<Txid> {
        let mut spenders = self.spenders.get(outpoint).into_iter().flatten();
        spenders.find(|txid| self.txs[*txid].counts()).copied()
    }

    /// Whether a transaction that counts spends the coin.
    pub fn claims(&self, outpoint: &OutPoint) -> bool {
        self.claimant(outpoint).is_some()
    }

    /// The output that an input of this node's spends, confirmed or waiting.
    pub fn spent_by(&self, input: &TxIn, balances: &Balances) -> Option<(OutPoint, TxOut)> {
        // Every input names its owner by the key; most are of no wallet here.
        let owner = input.key.hash();
        let balance = balances.get(&owner)?;
        let confirmed = balance.coins().get(&input.outpoint).map(|coin| coin.amount);
        let amount = confirmed.or_else(|| self.output(&input.outpoint).map(|out| out.amount))?;
        Some((input.outpoint, TxOut { amount, owner }))
    }

    /// Asks anew whether those count that have to do with one of `moved`, coins that came or went or
    /// were claimed or freed.
    pub fn reassess(&mut self, moved: Vec<OutPoint>, balances: &mut Balances) {
        let open = self.in_question(moved);
        let mut before = Vec::with_capacity(open.len());
        for txid in &open {
            // Until it has its turn it claims nothing.
            let waiter = self.txs.get_mut(txid).expect("seen above");
            before.push(std::mem::replace(&mut waiter.standing, Standing::Never));
        }
        for (txid, before) in open.into_iter().zip(before) {
            let standing = self.judge(&txid, balances);
            let waiter = self.txs.get_mut(&txid).expect("seen above");
            waiter.standing = standing;
            if standing != before {
                for_parties(waiter, balances, |_| ());
            }
        }
    }

    /// Those whose standing may depend on these coins, in the order in which they have a say. What the
    /// mempool has is out of the question.
    fn in_question(&self, mut coins: Vec<OutPoint>) -> Vec<Txid> {
        let mut found = BTreeSet::new();
        while let Some(coin) = coins.pop() {
            let spenders = self.spenders.get(&coin).into_iter().flatten();
            for txid in spenders {
                let waiter = &self.txs[txid];
                if !waiter.pooled && found.insert(*txid) {
                    coins.extend(waiter.touches(*txid));
                }
            }
        }
        self.in_order(found.into_iter())
    }

    /// Whether a transaction counts, when all that have a say before it have had it.
    fn judge(&self, txid: &Txid, balances: &Balances) -> Standing {
        let mut standing = Standing::Counts;
        for (outpoint, coin) in &self.txs[txid].spent {
            let balance = balances.get(&coin.owner);
            let is_there = balance.is_some_and(|balance| balance.coins().contains_key(outpoint));
            let maker = self.txs.get(&outpoint.txid).map(|maker| maker.standing);
            let claimant = self.claimant(outpoint);
            standing = match (is_there, maker, claimant) {
                (false, None | Some(Standing::Never), _) => return Standing::Never,
                (false, Some(loses @ Standing::LosesTo(_)), _) => loses,
                (_, _, Some(rival)) => Standing::LosesTo(rival),
                _ => standing,
            };
        }
        standing
    }

    /// Those of `txids` that wait, oldest first, each after those that it spends from.
    pub fn in_order(&self, txids: impl Iterator<Item = Txid>) -> Vec<Txid> {
        let mut oldest_first: Vec<(Time, Txid)> = txids
            .filter_map(|txid| Some((self.txs.get(&txid)?.at, txid)))
            .collect();
        oldest_first.sort_unstable();
        let mut left: BTreeSet<Txid> = oldest_first.iter().map(|(_, txid)| *txid).collect();
        let mut ordered = Vec::with_capacity(left.len());
        for (_, txid) in oldest_first {
            let mut path = vec![txid];
            while let Some(at) = path.last().copied() {
                let mut parents = self.txs[&at].spent.iter().map(|(from, _)| from.txid);
                if let Some(parent) = parents.find(|parent| left.contains(parent)) {
                    path.push(parent);
                    continue;
                }
                path.pop();
                if left.remove(&at) {
                    ordered.push(at);
                }
            }
        }
        ordered
    }

    fn output(&self, outpoint: &OutPoint) -> Option<TxOut> {
        let index = usize::try_from(outpoint.index).ok()?;
        let outputs = &self.txs.get(&outpoint.txid)?.tx.outputs;
        outputs.get(index).copied()
    }
}

/// Shows each wallet that a transaction spends from or pays to; what they tell has changed.
fn for_parties(waiter: &Waiter, balances: &mut Balances, mut each: impl FnMut(&mut Balance)) {
    let spent = waiter.spent.iter().map(|(_, coin)| coin.owner);
    let owners: BTreeSet<KeyHash> = spent
        .chain(waiter.tx.outputs.iter().map(|out| out.owner))
        .collect();
    for owner in owners {
        if let Some(balance) = balances.get_mut(&owner) {
            each(balance);
            balance.changed();
        }
    }
}
