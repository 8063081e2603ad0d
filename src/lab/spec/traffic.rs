//! What payments a lab is to make by itself.

use crate::chain::Amount;

/// How many a second, where nothing is said.
const RATE_DEFAULT: f64 = 1.0;

/// From how much to how much, where nothing is said, in units: a hundredth of a coin, and a tenth.
const UNITS_DEFAULT: [u64; 2] = [1_000_000, 10_000_000];

/// What a layout says of payments.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficSpec {
    /// How many a second, on average.
    pub rate: f64,
    /// The least that is paid, and the most.
    pub amount: (Amount, Amount),
    /// What the miner gets of each.
    pub fee: Amount,
    /// The wallets that take part; none: all.
    pub wallets: Vec<String>,
    /// They begin with the lab.
    pub is_on: bool,
}

impl TrafficSpec {
    /// What holds where a layout says nothing.
    pub fn usual(fee: Amount) -> Self {
        let [least, most] =
            UNITS_DEFAULT.map(|units| Amount::from_units(units).expect("less than there can be"));
        Self {
            rate: RATE_DEFAULT,
            amount: (least, most),
            fee,
            wallets: Vec::new(),
            is_on: false,
        }
    }
}
