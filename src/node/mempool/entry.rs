//! One transaction that waits, and what it is worth to a miner together with its relatives.

use crate::chain::{Amount, Params, Tx, Txid};
use crate::node::Time;
use crate::node::snapshot::PAYEES_SHOWN;
use std::cmp::{Ordering, Reverse};
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
pub(super) struct Paid {
    /// The sum.
    pub(super) amount: Amount,
    /// The first [`PAYEES_SHOWN`].
    pub(super) to: Arc<[(String, Amount)]>,
    /// How many there are.
    pub(super) payees: usize,
}

impl Paid {
    fn by(tx: &Tx, params: &Params) -> Self {
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

/// A fee for a number of bytes. Two rates are compared exactly: half for one is one for two.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    fee: Amount,
    bytes: usize,
}

impl Rate {
    /// `fee` for `bytes`, of which there must be some.
    pub fn new(fee: Amount, bytes: usize) -> Self {
        debug_assert!(bytes > 0, "a rate is for something");
        Self { fee, bytes }
    }

    /// The least fee for `bytes` that is a higher rate than this; `None`: there is no such amount.
    pub fn fee_above(&self, bytes: usize) -> Option<Amount> {
        let same = u128::from(self.fee.units()) * bytes as u128 / self.bytes as u128;
        amount(same + 1)
    }

    /// The least fee for `bytes` that is no lower rate than this; `None`: there is no such amount.
    pub fn fee_for(&self, bytes: usize) -> Option<Amount> {
        let exact = u128::from(self.fee.units()) * bytes as u128;
        amount(exact.div_ceil(self.bytes as u128))
    }
}

fn amount(units: u128) -> Option<Amount> {
    let units = u64::try_from(units).ok()?;
    Amount::from_units(units).ok()
}

impl Ord for Rate {
    fn cmp(&self, other: &Self) -> Ordering {
        // 64 bits times 64 bits: no overflow and no rounding.
        let this = u128::from(self.fee.units()) * other.bytes as u128;
        let that = u128::from(other.fee.units()) * self.bytes as u128;
        this.cmp(&that)
    }
}

impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rate {}

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

    fn rate(fee: u64, bytes: usize) -> Rate {
        Rate::new(Amount::from_units(fee).expect("an amount"), bytes)
    }

    #[test]
    fn rates_are_compared_exactly_up_to_the_largest() {
        assert_eq!(rate(1, 2), rate(2, 4));
        assert_eq!(rate(0, 1), rate(0, 1_000_000));
        let max = Amount::MAX.units();
        // As floats these two are one.
        assert!(rate(max, 1_000_000) > rate(max - 1, 1_000_000));
        assert!(rate(max, 1_000_000) < rate(max, 999_999));
    }

    #[test]
    fn the_fee_above_a_rate_is_the_least_that_is_above_it() {
        for (fee, bytes, wanted) in [(0, 7, 13), (1, 3, 3), (10, 3, 7), (999, 250, 251)] {
            let above = rate(fee, bytes).fee_above(wanted).expect("small").units();
            assert!(rate(above, wanted) > rate(fee, bytes));
            assert!(rate(above - 1, wanted) <= rate(fee, bytes));
            let enough = rate(fee, bytes).fee_for(wanted).expect("small").units();
            assert!(rate(enough, wanted) >= rate(fee, bytes));
            assert!(enough == 0 || rate(enough - 1, wanted) < rate(fee, bytes));
        }
        assert_eq!(rate(Amount::MAX.units(), 1).fee_above(2), None);
    }

    #[test]
    fn of_equal_rates_the_one_that_waits_for_longer_is_better() {
        let rank = |since, id| Rank::new(rate(0, 1), Time(since), Txid([id; 32]));
        assert!(rank(1, 2) > rank(2, 1));
        assert!(rank(1, 1) > rank(1, 2));
    }
}
