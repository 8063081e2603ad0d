//! One transaction that waits, and what it is worth to a miner together with its relatives.

use crate::chain::{Amount, Params, Tx, Txid};
use crate::node::fee::Rate;
use crate::node::snapshot::PAYEES_SHOWN;
use crate::node::time::Time;
use std::cmp::Reverse;
use std::sync::{Arc, OnceLock};

/// A transaction in the mempool.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The transaction.
    pub tx: Arc<Tx>,
    /// Its id, computed once.
    pub txid: Txid,
    /// What the miner gets.
    pub fee: Amount,
    /// Bytes of its encoding.
    pub bytes: usize,
    /// When it came; after a reorganisation, when it came back.
    pub since: Time,
    /// Itself with all that must come before it: what a miner has to take to get its fee.
    pub ancestors: Sums,
    /// Itself with all that can only come after it: what goes when it goes.
    pub descendants: Sums,
    /// Entries whose outputs it spends, each once.
    pub(super) parents: Vec<Txid>,
    /// Entries that spend its outputs, each once.
    pub(super) children: Vec<Txid>,
    /// What a screen is told of it thirty times a second, once it was asked for.
    pub(super) paid: OnceLock<Paid>,
}

/// What a transaction pays, and to whom, as screens show it.
#[derive(Clone, Debug)]
pub struct Paid {
    /// The sum.
    pub amount: Amount,
    /// The first [`PAYEES_SHOWN`].
    pub to: Arc<[(String, Amount)]>,
    /// How many there are.
    pub payees: usize,
}

impl Paid {
    /// What a transaction pays that has the form of one.
    pub fn by(tx: &Tx, params: &Params) -> Self {
        let paid = tx.payments();
        let sum = Amount::checked_sum(paid.iter().map(|out| out.amount));
        let shown = paid.iter().take(PAYEES_SHOWN);
        let shown = shown.map(|out| (params.address(out.owner).to_string(), out.amount));
        Self {
            amount: sum.expect("checked when it came in"),
            to: shown.collect(),
            payees: paid.len(),
        }
    }
}

impl Entry {
    /// What it pays, and to whom.
    pub(super) fn paid(&self, params: &Params) -> &Paid {
        self.paid.get_or_init(|| Paid::by(&self.tx, params))
    }

    /// Its place in the order in which miners look.
    pub(super) fn mining_rank(&self) -> Rank {
        self.rank(&self.ancestors)
    }

    /// Its place in the order in which room is made, the first to go being the least.
    pub(super) fn keeping_rank(&self) -> Rank {
        self.rank(&self.descendants)
    }

    /// Its place among packages, taken as one of these sums.
    pub(super) fn rank(&self, package: &Sums) -> Rank {
        Rank::new(package.rate(), self.since, self.txid)
    }

    /// Itself alone.
    pub(super) fn alone(&self) -> Sums {
        Sums::one(self.fee, self.bytes)
    }
}

/// A package, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Transactions in it.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Their fees.
    pub fee: Amount,
}

impl Sums {
    pub(super) fn one(fee: Amount, bytes: usize) -> Self {
        Self {
            count: 1,
            bytes,
            fee,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.bytes += other.bytes;
        // No two entries spend one coin, and all coins that exist are an amount.
        let fee = self.fee.checked_add(other.fee);
        self.fee = fee.expect("fees are parts of the coins that exist");
    }

    pub(super) fn sub(&mut self, other: &Self) {
        self.count -= other.count;
        self.bytes -= other.bytes;
        let fee = self.fee.checked_sub(other.fee);
        self.fee = fee.expect("taken from the sum that it is part of");
    }

    pub(super) fn rate(&self) -> Rate {
        Rate::new(self.fee, self.bytes)
    }
}

/// Where a package stands: the greater, the better. Of equal rates the one that waits for longer
/// is better, and of those the smaller id, so that no two packages are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) rate: Rate,
    since: Reverse<Time>,
    txid: Reverse<Txid>,
}

impl Rank {
    pub(super) fn new(rate: Rate, since: Time, txid: Txid) -> Self {
        Self {
            rate,
            since: Reverse(since),
            txid: Reverse(txid),
        }
    }

    /// The entry that the package is named after.
    pub(super) fn txid(&self) -> Txid {
        self.txid.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_rates_the_one_that_waits_for_longer_is_better() {
        let rank = |since, id| Rank::new(Rate::new(Amount::ZERO, 1), Time(since), Txid([id; 32]));
        assert!(rank(1, 2) > rank(2, 1));
        assert!(rank(1, 1) > rank(1, 2));
    }
}
