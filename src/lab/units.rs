//! Quantities as people write them: `5s`, `80ms`, `14 kH/s`.

use std::time::Duration;
use thiserror::Error;

/// Units of time with their length in µs, the longest first.
const DURATIONS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("min", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

/// The longest duration: 1 000 years, in µs. Sums of several stay far from every limit.
const DURATION_MAX_US: u128 = 1_000 * 366 * 86_400_000_000;

/// The highest hash rate, in H/s: a thousand times what a machine can do.
const RATE_MAX: f64 = 1e12;

/// The longest text that is looked at.
const TEXT_MAX: usize = 40;

/// Why a text is not such a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// Not a number and a unit of time.
    #[error("{0:?} is not a duration: write a number and one of us, ms, s, min, h, d, as in 5s")]
    Duration(String),
    /// Longer than makes sense.
    #[error("{0:?} is longer than a thousand years")]
    TooLong(String),
    /// Finer than what is counted here.
    #[error("{text:?} is finer than a {unit}")]
    TooFine {
        /// The text.
        text: String,
        /// What is counted.
        unit: &'static str,
    },
    /// Not a number and a unit of hash rate.
    #[error("{0:?} is not a hash rate: write a number, and k, M or G if need be, as in 14 kH/s")]
    Rate(String),
    /// None, or more than makes sense.
    #[error("{0:?} is not a hash rate between 1 H in a million seconds and 1 000 GH/s")]
    RateRange(String),
}

/// Reads `5s`, `80 ms`, `1.5h`. Without a unit only `0` is a duration.
///
/// # Errors
/// [`UnitError`].
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let shown = || shown(text);
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let (number, unit) = split(text).ok_or_else(|| UnitError::Duration(shown()))?;
    let known = DURATIONS.iter().find(|(name, _)| *name == unit);
    let (_, unit_us) = known.ok_or_else(|| UnitError::Duration(shown()))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let scale = u32::try_from(fraction.len()).expect("a short text");
    // Both have less than TEXT_MAX digits, but their product with a day has more than a u128 holds.
    let too_long = || UnitError::TooLong(shown());
    let scaled: u128 = digits.parse().map_err(|_| too_long())?;
    let scaled = scaled
        .checked_mul(u128::from(*unit_us))
        .ok_or_else(too_long)?;
    let divisor = 10_u128.checked_pow(scale).ok_or_else(too_long)?;
    if scaled % divisor != 0 {
        let (text, unit) = (shown(), "microsecond");
        return Err(UnitError::TooFine { text, unit });
    }
    let us = scaled / divisor;
    if us > DURATION_MAX_US {
        return Err(too_long());
    }
    Ok(Duration::from_micros(
        u64::try_from(us).map_err(|_| too_long())?,
    ))
}

/// Writes a duration as [`parse_duration`] reads it, in the longest unit that it is whole in. What
/// is finer than a microsecond is left out.
pub fn show_duration(duration: Duration) -> String {
    let us = duration.as_micros();
    let whole_in = |(_, unit_us): &&(&str, u64)| us.is_multiple_of(u128::from(*unit_us));
    match DURATIONS.iter().find(whole_in) {
        Some((unit, unit_us)) if us > 0 => format!("{}{unit}", us / u128::from(*unit_us)),
        _ => "0s".to_owned(),
    }
}

/// Reads a hash rate in H/s: `500`, `14k`, `14 kH/s`, `1.5 MH/s`.
///
/// # Errors
/// [`UnitError`].
pub fn parse_rate(text: &str) -> Result<f64, UnitError> {
    let refused = || UnitError::Rate(shown(text));
    let (number, unit) = split(text).ok_or_else(refused)?;
    let unit = unit.strip_suffix("H/s").unwrap_or(unit);
    let factor = match unit {
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        _ => return Err(refused()),
    };
    let number: f64 = number.parse().map_err(|_| refused())?;
    let rate = number * factor;
    if (1e-6..=RATE_MAX).contains(&rate) {
        Ok(rate)
    } else {
        Err(UnitError::RateRange(shown(text)))
    }
}

/// Writes a hash rate for people: `14 kH/s`, `1.5 MH/s`, `500 H/s`.
pub fn show_rate(rate: f64) -> String {
    let (number, unit) = match rate {
        rate if rate >= 1e9 => (rate / 1e9, "GH/s"),
        rate if rate >= 1e6 => (rate / 1e6, "MH/s"),
        rate if rate >= 1e3 => (rate / 1e3, "kH/s"),
        rate => (rate, "H/s"),
    };
    let number = format!("{number:.2}");
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {unit}")
}

/// A decimal number without a sign, and the unit behind it, which a space may set apart.
fn split(text: &str) -> Option<(&str, &str)> {
    if text.len() > TEXT_MAX || !text.is_ascii() {
        return None;
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && !digits.contains('.');
    (is_number(whole) && is_number(fraction)).then(|| (number, unit.trim_start()))
}

fn shown(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, us) in [
            ("5s", 5_000_000),
            ("80ms", 80_000),
            ("80 ms", 80_000),
            ("1.5h", 5_400_000_000),
            ("0.000001s", 1),
            ("2min", 120_000_000),
            ("1d", 86_400_000_000),
            ("7us", 7),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_micros(us)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_by_name() {
        for text in [
            "", "5", "s", "-5s", "+5s", "5 S", "5m", ".5s", "5.s", "1.2.3s", "5s ", "٥s",
        ] {
            let refused = parse_duration(text).expect_err(text);
            assert_eq!(refused, UnitError::Duration(text.into()));
        }
        let fine = "0.0000001s";
        let words = "\"0.0000001s\" is finer than a microsecond";
        assert_eq!(parse_duration(fine).expect_err(fine).to_string(), words);
        for text in ["366001d", "99999999999999999999999999999999999999d"] {
            assert_eq!(parse_duration(text), Err(UnitError::TooLong(text.into())));
        }
        let long = "9".repeat(1_000) + "s";
        let cut = "9".repeat(TEXT_MAX);
        assert_eq!(parse_duration(&long), Err(UnitError::Duration(cut)));
    }

    #[test]
    fn durations_read_back_as_they_were_written() {
        for us in [
            0,
            1,
            999,
            1_000,
            80_000,
            1_500_000,
            5_000_000,
            90_000_000,
            7_200_000_000,
        ] {
            let duration = Duration::from_micros(us);
            assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }
        assert_eq!(show_duration(Duration::from_secs(5)), "5s");
        assert_eq!(show_duration(Duration::from_millis(1_500)), "1500ms");
        assert_eq!(show_duration(Duration::from_secs(86_400)), "1d");
    }

    #[test]
    fn hash_rates_are_read_as_people_write_them() {
        for (text, rate) in [
            ("500", 500.0),
            ("14k", 14e3),
            ("14 kH/s", 14e3),
            ("14kH/s", 14e3),
            ("1.5 MH/s", 1.5e6),
            ("2 G", 2e9),
            ("0.5 H/s", 0.5),
        ] {
            assert_eq!(parse_rate(text), Ok(rate), "{text}");
        }
        for text in [
            "", "k", "fast", "-5", "14 KH/s", "14 k/s", "1e3", "nan", "inf", "5 %",
        ] {
            assert_eq!(parse_rate(text), Err(UnitError::Rate(text.into())));
        }
        for text in ["0", "0.0000001", "1001 GH/s"] {
            assert_eq!(parse_rate(text), Err(UnitError::RateRange(text.into())));
        }
    }

    #[test]
    fn hash_rates_are_shown_short_and_read_back() {
        for (rate, text) in [
            (500.0, "500 H/s"),
            (14_000.0, "14 kH/s"),
            (1_500_000.0, "1.5 MH/s"),
            (0.25, "0.25 H/s"),
        ] {
            assert_eq!(show_rate(rate), text);
            assert_eq!(parse_rate(text), Ok(rate));
        }
    }
}
