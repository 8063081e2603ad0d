//! Numbers as nodes write them, `50`, `0.00001410` or `1e-05`, read without a float in between: one
//! hundred millionth of a coin more or less would be another amount.

use std::fmt;
use thiserror::Error;

/// Satoshis in a coin.
const COIN: u64 = 100_000_000;

/// Satoshis of all coins that there can be.
const SATS_MAX: u64 = 21_000_000 * COIN;

/// Digits that are kept: as many as fit, which is far more than a float has.
const DIGITS_MAX: usize = 38;

/// An amount in satoshis, at most 21 million coins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sats(u64);

/// A decimal number of JSON, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    is_negative: bool,
    /// All digits as one whole number.
    digits: u128,
    /// Ten to this power is what the digits count.
    exponent: i32,
}

/// Why a number is not what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// No number of JSON, or one with more digits than any that is meant.
    #[error("not a number, or one with too many digits")]
    NotANumber,
    /// Less than nothing.
    #[error("a number below zero")]
    Negative,
    /// Finer than a satoshi.
    #[error("an amount finer than a satoshi")]
    TooFine,
    /// More than there can be.
    #[error("a number that is too large")]
    TooLarge,
}

impl Decimal {
    /// Reads a number as JSON has it.
    ///
    /// # Errors
    /// It is none, or has more than 38 digits.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.bytes().chain(fraction.bytes());
        let point = i32::try_from(fraction.len()).map_err(|_| DecimalError::NotANumber)?;
        let exponent: i32 = exponent.parse().map_err(|_| DecimalError::NotANumber)?;
        Ok(Self {
            is_negative,
            digits: number_of(digits).ok_or(DecimalError::NotANumber)?,
            exponent: exponent.saturating_sub(point),
        })
    }

    /// The number times ten to the power of `places`, and whether anything is left behind the point.
    ///
    /// # Errors
    /// It is below zero, or more than fits.
    pub fn shifted(self, places: i32) -> Result<(u64, bool), DecimalError> {
        if self.digits == 0 {
            return Ok((0, false));
        }
        if self.is_negative {
            return Err(DecimalError::Negative);
        }
        let places = self.exponent.saturating_add(places);
        let power = 10_u128.checked_pow(places.unsigned_abs());
        let (whole, rest) = match (places < 0, power) {
            (true, Some(power)) => (self.digits / power, self.digits % power),
            (true, None) => (0, self.digits),
            (false, power) => {
                let whole = power.and_then(|power| self.digits.checked_mul(power));
                (whole.ok_or(DecimalError::TooLarge)?, 0)
            }
        };
        let whole = u64::try_from(whole).map_err(|_| DecimalError::TooLarge)?;
        Ok((whole, rest != 0))
    }
}

/// The number that has these digits; none if one of them is no digit, or there are none or too many.
fn number_of(digits: impl Iterator<Item = u8> + Clone) -> Option<u128> {
    let significant = digits.clone().skip_while(|digit| *digit == b'0');
    if digits.clone().next().is_none() || significant.clone().count() > DIGITS_MAX {
        return None;
    }
    significant.clone().try_fold(0, |number: u128, digit| {
        let digit = digit.is_ascii_digit().then(|| u128::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

impl Sats {
    /// This many satoshis; none if there cannot be so many.
    pub const fn new(sats: u64) -> Option<Self> {
        match sats <= SATS_MAX {
            true => Some(Self(sats)),
            false => None,
        }
    }

    /// How many satoshis.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads coins as JSON has them.
    ///
    /// # Errors
    /// It is no number, or no amount that there can be.
    pub fn parse_coins(text: &str) -> Result<Self, DecimalError> {
        match Decimal::parse(text)?.shifted(8)? {
            (_, true) => Err(DecimalError::TooFine),
            (sats, false) => Self::new(sats).ok_or(DecimalError::TooLarge),
        }
    }
}

impl fmt::Display for Sats {
    /// In coins, with all eight places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08}", self.0 / COIN, self.0 % COIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_exact_however_they_are_written() {
        let known = [
            ("0", 0),
            ("0.0", 0),
            ("-0.0", 0),
            ("0E-8", 0),
            ("0e999999999", 0),
            ("1e-05", 1_000),
            ("1e-8", 1),
            ("1.41E-5", 1_410),
            ("0.00001410", 1_410),
            ("0.1", 10_000_000),
            ("0.29", 29_000_000),
            ("50", 50 * COIN),
            ("50.00000000", 50 * COIN),
            ("2.1e7", SATS_MAX),
            ("20999999.99999999", SATS_MAX - 1),
            ("0.000000010000", 1),
        ];
        for (text, sats) in known {
            assert_eq!(Sats::parse_coins(text), Ok(Sats(sats)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        use DecimalError::{Negative, NotANumber, TooFine, TooLarge};
        let known = [
            ("", NotANumber),
            ("-", NotANumber),
            (".", NotANumber),
            ("e5", NotANumber),
            ("1e", NotANumber),
            ("1e99999999999", NotANumber),
            ("+1", NotANumber),
            ("1.2.3", NotANumber),
            ("0x10", NotANumber),
            ("NaN", NotANumber),
            ("1\u{664}", NotANumber),
            ("-1", Negative),
            ("-1e-9", Negative),
            ("1e-9", TooFine),
            ("0.000000001", TooFine),
            ("1e-2000000000", TooFine),
            ("21000000.00000001", TooLarge),
            ("1e30", TooLarge),
            ("1e2000000000", TooLarge),
        ];
        for (text, error) in known {
            assert_eq!(Sats::parse_coins(text), Err(error), "{text}");
        }
        let long = format!("1.{}", "0".repeat(100));
        assert_eq!(Sats::parse_coins(&long), Err(NotANumber));
    }

    proptest! {
        #[test]
        fn an_amount_is_read_as_it_is_shown(sats in 0..=SATS_MAX) {
            prop_assert_eq!(Sats::parse_coins(&Sats(sats).to_string()), Ok(Sats(sats)));
            prop_assert_eq!(Sats::parse_coins(&format!("{sats}e-8")), Ok(Sats(sats)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+]?[0-9.eE+-]{0,60}", places in any::<i32>()) {
            let _ = Decimal::parse(&text).map(|number| number.shifted(places));
        }
    }
}
