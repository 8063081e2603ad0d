//! A fee for a number of bytes.

use crate::chain::Amount;
use std::cmp::Ordering;

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
}
