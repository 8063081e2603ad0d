//! Transactions of this node's wallets that are in no block: payments that were sent, and what the
//! mempool took from others.
//!
//! Both claim the coins that they spend, so that no payment picks them again. They end differently.
//! A transaction of somebody else's is forgotten with the mempool. A sent one stays until a block
//! has it. Whether it can be in a block is asked anew whenever a coin comes or goes that it spends:
//! each must be in the chain, or made by a transaction that waits and can be in a block itself. One
//! that cannot is *conflicted*: it claims nothing and is not announced, but it is kept, for a
//! reorganisation may bring back what it spends.

use super::super::time::Time;
use super::purse::{Purse, plus};
use crate::chain::tx::{TxIn, TxOut};
use crate::chain::{Amount, KeyHash, OutPoint, Tx, Txid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) type Purses = BTreeMap<KeyHash, Purse>;

/// A transaction that waits.
pub(super) struct Waiter {
    pub tx: Arc<Tx>,
    /// When it was first seen.
    pub at: Time,
    /// Made here, so kept until a block has it.
    pub sent: bool,
    /// The mempool has it. Only then can its change be spent.
    pub pooled: bool,
    /// It can be in a block.
    pub live: bool,
    /// What it spends of this node's coins, in the order of its inputs.
    pub spent: Vec<(OutPoint, TxOut)>,
}

impl Waiter {
    pub fn new(tx: Arc<Tx>, at: Time, spent: Vec<(OutPoint, TxOut)>) -> Self {
        Self {
            tx,
            at,
            sent: false,
            pooled: false,
            live: true,
            spent,
        }
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
#[derive(Default)]
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
    pub fn insert(&mut self, txid: Txid, waiter: Waiter, purses: &mut Purses) {
        for (outpoint, _) in &waiter.spent {
            self.spenders.entry(*outpoint).or_default().insert(txid);
        }
        for_parties(&waiter, purses, |purse| {
            purse.waiting.insert(txid);
        });
        self.txs.insert(txid, waiter);
    }

    /// Takes one out.
    pub fn remove(&mut self, txid: &Txid, purses: &mut Purses) -> Option<Waiter> {
        let waiter = self.txs.remove(txid)?;
        for (outpoint, _) in &waiter.spent {
            if let Some(spenders) = self.spenders.get_mut(outpoint) {
                spenders.remove(txid);
                if spenders.is_empty() {
                    self.spenders.remove(outpoint);
                }
            }
        }
        for_parties(&waiter, purses, |purse| {
            purse.waiting.remove(txid);
        });
        Some(waiter)
    }

    /// Whether a transaction that can be in a block spends the coin.
    pub fn claims(&self, outpoint: &OutPoint) -> bool {
        let spenders = self.spenders.get(outpoint).into_iter().flatten();
        spenders.copied().any(|txid| self.txs[&txid].live)
    }

    /// The output that an input of this node's spends, confirmed or waiting.
    pub fn spent_by(&self, input: &TxIn, purses: &Purses) -> Option<(OutPoint, TxOut)> {
        // Every input names its owner by the key; most belong to nobody here.
        let owner = input.key.hash();
        let purse = purses.get(&owner)?;
        let confirmed = purse.coins().get(&input.outpoint).map(|coin| coin.amount);
        let amount = confirmed.or_else(|| self.output(&input.outpoint).map(|out| out.amount))?;
        Some((input.outpoint, TxOut { amount, owner }))
    }

    /// Asks anew whether those can be in a block that spend one of `moved`, coins that came or
    /// went, and those that spend from them. Every answer that turns asks only about the turned
    /// transaction's own outputs, and nothing spends from itself, so this ends.
    pub fn reassess(&mut self, mut moved: Vec<OutPoint>, purses: &mut Purses) {
        while let Some(outpoint) = moved.pop() {
            let spenders = self.spenders.get(&outpoint).into_iter().flatten();
            for txid in spenders.copied().collect::<Vec<_>>() {
                let waiter = &self.txs[&txid];
                // Others' transactions live and die with the mempool.
                let live = !waiter.sent || self.can_confirm(waiter, purses);
                if live == waiter.live {
                    continue;
                }
                let outputs = (0..).zip(&waiter.tx.outputs);
                moved.extend(outputs.map(|(index, _)| OutPoint { txid, index }));
                for_parties(waiter, purses, |_| ());
                self.txs.get_mut(&txid).expect("seen above").live = live;
            }
        }
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

    fn can_confirm(&self, waiter: &Waiter, purses: &Purses) -> bool {
        waiter.spent.iter().all(|(outpoint, coin)| {
            let purse = purses.get(&coin.owner);
            purse.is_some_and(|purse| purse.coins().contains_key(outpoint))
                || self
                    .txs
                    .get(&outpoint.txid)
                    .is_some_and(|parent| parent.live)
        })
    }
}

/// Shows each wallet that a transaction spends from or pays to; what they tell has changed.
fn for_parties(waiter: &Waiter, purses: &mut Purses, mut each: impl FnMut(&mut Purse)) {
    let spent = waiter.spent.iter().map(|(_, coin)| coin.owner);
    let owners: BTreeSet<KeyHash> = spent
        .chain(waiter.tx.outputs.iter().map(|out| out.owner))
        .collect();
    for owner in owners {
        if let Some(purse) = purses.get_mut(&owner) {
            each(purse);
            purse.changed();
        }
    }
}
