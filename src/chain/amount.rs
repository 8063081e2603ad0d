//! Amounts of coin, counted in units of a hundred-millionth.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Units in one coin.
pub const COIN: u64 = 100_000_000;

/// Decimal places that an amount can have: `COIN` is ten to this power.
const DECIMALS: usize = 8;

/// Characters of a refused text that its error repeats.
const SHOWN: usize = 40;

/// A quantity of coin, from 0 to [`Amount::MAX`].
///
/// The bound keeps the sum of any two amounts inside a `u64` and any amount inside an `i64`, so a
/// checked addition that overflows the *type* is impossible; overflowing the *bound* is an error.
///
/// ```
/// use chainlab::chain::Amount;
///
/// let paid: Amount = "9.5".parse()?;
/// assert_eq!(paid.units(), 950_000_000);
/// assert_eq!(paid.to_string(), "9.5");
/// # Ok::<(), chainlab::chain::amount::AmountError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

/// Why a text or a number is not an [`Amount`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// More than [`Amount::MAX`].
    #[error("amount is above the maximum of {} coins", Amount::MAX)]
    TooLarge,
    /// Not digits with at most one point among them.
    #[error("{0:?} is not an amount: write digits and at most one point, as in 9.5")]
    NotANumber(String),
    /// More than eight digits after the point.
    #[error("{0:?} has more than 8 digits after the point")]
    TooPrecise(String),
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that can exist: 90 thousand million coins.
    pub const MAX: Self = Self(90_000_000_000 * COIN);
    /// The most that coins of an attacker's block are worth that never existed: a million coins. It would
    /// take 90 000 such blocks until sums of coins that exist are more than an amount can be.
    pub const CONJURED_MAX: Self = Self(1_000_000 * COIN);

    /// The amount of `units` hundred-millionths.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above [`Amount::MAX`].
    pub const fn from_units(units: u64) -> Result<Self, AmountError> {
        if units > Self::MAX.0 {
            return Err(AmountError::TooLarge);
        }
        Ok(Self(units))
    }

    /// The amount of `coins` whole coins.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above [`Amount::MAX`].
    pub const fn from_coins(coins: u64) -> Result<Self, AmountError> {
        match coins.checked_mul(COIN) {
            Some(units) => Self::from_units(units),
            None => Err(AmountError::TooLarge),
        }
    }

    /// In hundred-millionths of a coin.
    pub const fn units(self) -> u64 {
        self.0
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above [`Amount::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        // Two amounts at their bound still fit a u64.
        Self::from_units(self.0 + other.0).ok()
    }

    /// The difference, or `None` below nothing.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many, or `None` as soon as it passes [`Amount::MAX`].
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Halved `times` times, rounding down; nothing from 64 times on.
    pub(crate) fn halved(self, times: u64) -> Self {
        let shift = u32::try_from(times).unwrap_or(u32::MAX);
        Self(self.0.checked_shr(shift).unwrap_or(0))
    }
}

impl fmt::Display for Amount {
    /// In coins, never rounded, without trailing zeros: `9.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (coins, units) = (self.0 / COIN, self.0 % COIN);
        if units == 0 {
            return f.pad(&coins.to_string());
        }
        let fraction = format!("{units:0DECIMALS$}");
        f.pad(&format!("{coins}.{}", fraction.trim_end_matches('0')))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads coins in decimal: `10`, `9.5`, `0.00000001`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let shown = || text.chars().take(SHOWN).collect();
        let not_a_number = || AmountError::NotANumber(shown());
        let (coins, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(not_a_number()),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if coins.is_empty() || !digits(coins) || !digits(fraction) {
            return Err(not_a_number());
        }
        if fraction.len() > DECIMALS {
            return Err(AmountError::TooPrecise(shown()));
        }
        let coins: u64 = coins.parse().map_err(|_| AmountError::TooLarge)?;
        let units: u64 = format!("{fraction:0<DECIMALS$}")
            .parse()
            .expect("eight ASCII digits are a number");
        let whole = coins.checked_mul(COIN).ok_or(AmountError::TooLarge)?;
        Self::from_units(whole.checked_add(units).ok_or(AmountError::TooLarge)?)
    }
}

impl Serialize for Amount {
    /// A decimal string for people ("9.5"), units as a `u64` on the wire.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            Self::from_units(u64::deserialize(deserializer)?).map_err(de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect("a valid amount")
    }

    #[test]
    fn amounts_read_back_as_they_were_written() {
        for text in ["0", "1", "9.5", "0.00000001", "90000000000", "12.30000001"] {
            assert_eq!(amount(text).to_string(), text);
        }
        assert_eq!(amount("007.100").to_string(), "7.1");
        assert_eq!(format!("{:>5}|", amount("9.5")), "  9.5|");
    }

    #[test]
    fn what_is_not_an_amount_is_refused_by_name() {
        for text in [
            "", ".", ".5", "5.", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "١",
        ] {
            assert_eq!(
                text.parse::<Amount>(),
                Err(AmountError::NotANumber(text.into()))
            );
        }
        let fine = "0.000000001";
        assert_eq!(
            fine.parse::<Amount>(),
            Err(AmountError::TooPrecise(fine.into()))
        );
        for text in [
            "90000000000.00000001",
            "99999999999999999999",
            "184467440738",
        ] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::TooLarge));
        }
    }

    #[test]
    fn sums_and_differences_stay_in_bounds() {
        let one = Amount::from_units(1).expect("small");
        assert_eq!(Amount::MAX.checked_add(one), None);
        assert_eq!(Amount::MAX.checked_add(Amount::MAX), None);
        assert_eq!(Amount::ZERO.checked_sub(one), None);
        assert_eq!(Amount::checked_sum([Amount::MAX, one, one]), None);
        assert_eq!(Amount::checked_sum([one, one]).map(Amount::units), Some(2));
        assert_eq!(Amount::from_units(u64::MAX), Err(AmountError::TooLarge));
        assert_eq!(Amount::from_coins(u64::MAX), Err(AmountError::TooLarge));
    }
}
