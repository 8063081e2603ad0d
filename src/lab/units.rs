//! Quantities as people write them: `5s`, `80ms`, `14 kH/s`, `1 MB/s`.

use super::names::missing;
use crate::link::{Conditions, Preset};
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

/// Units of bandwidth in bytes a second, the largest of each kind first. Bits are only read.
const BANDWIDTHS: [(&str, u64); 7] = [
    ("GB/s", 1_000_000_000),
    ("MB/s", 1_000_000),
    ("kB/s", 1_000),
    ("B/s", 1),
    ("Gbit/s", 125_000_000),
    ("Mbit/s", 125_000),
    ("kbit/s", 125),
];

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
    /// Not a number and a unit of bandwidth.
    #[error(
        "{0:?} is not a bandwidth: write a number and one of B/s, kB/s, MB/s, GB/s, kbit/s, \
         Mbit/s, Gbit/s, as in 1 MB/s"
    )]
    Bandwidth(String),
    /// More than can be counted.
    #[error("{0:?} is more than any link carries")]
    TooWide(String),
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
    let us = scaled(number, *unit_us).map_err(|error| match error {
        Scale::TooMuch => UnitError::TooLong(shown()),
        Scale::TooFine => UnitError::TooFine {
            text: shown(),
            unit: "microsecond",
        },
    })?;
    let us = u64::try_from(us).ok();
    let us = us.filter(|us| u128::from(*us) <= DURATION_MAX_US);
    us.map(Duration::from_micros)
        .ok_or_else(|| UnitError::TooLong(shown()))
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

/// Writes a duration in seconds with one decimal: `4.2 s`.
pub fn show_seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Writes a duration in whole units, at least two of them, rounded down: `90s`, `47h`, `30d`.
pub fn show_about(duration: Duration) -> String {
    let s = duration.as_secs();
    let units = [("d", 86_400), ("h", 3_600), ("min", 60)];
    let fits = units.iter().find(|(_, unit_s)| s >= 2 * unit_s);
    let (unit, unit_s) = fits.unwrap_or(&("s", 1));
    format!("{}{unit}", s / unit_s)
}

/// Reads a bandwidth in bytes a second: `1 MB/s`, `56kbit/s`.
///
/// # Errors
/// [`UnitError`]. Whether a link can have it is not judged.
pub fn parse_bandwidth(text: &str) -> Result<u64, UnitError> {
    let shown = || shown(text);
    let refused = || UnitError::Bandwidth(shown());
    let (number, unit) = split(text).ok_or_else(refused)?;
    let known = BANDWIDTHS.iter().find(|(name, _)| *name == unit);
    let (_, unit) = known.ok_or_else(refused)?;
    let bytes = scaled(number, *unit).map_err(|error| match error {
        Scale::TooMuch => UnitError::TooWide(shown()),
        Scale::TooFine => UnitError::TooFine {
            text: shown(),
            unit: "byte a second",
        },
    })?;
    u64::try_from(bytes).map_err(|_| UnitError::TooWide(shown()))
}

/// Writes a bandwidth as [`parse_bandwidth`] reads it, in the largest unit that it is whole in.
pub fn show_bandwidth(bytes: u64) -> String {
    let whole_in = |(_, unit): &&(&str, u64)| bytes.is_multiple_of(*unit);
    match BANDWIDTHS.iter().find(whole_in) {
        Some((name, unit)) if bytes > 0 => format!("{} {name}", bytes / unit),
        _ => "0 B/s".to_owned(),
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

/// What a link is like, in a line: `latency 20 ms, jitter 5 ms, 2 MB/s, loss 0 %`.
pub fn show_conditions(conditions: &Conditions) -> String {
    let delay = |delay| {
        let text = show_duration(delay);
        let at = text.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = text.split_at(at.unwrap_or(text.len()));
        format!("{number} {unit}")
    };
    let bandwidth = conditions.bandwidth;
    let bandwidth = bandwidth.map_or_else(|| "any bandwidth".to_owned(), show_bandwidth);
    let loss = format!("{:.2}", conditions.loss * 100.0);
    format!(
        "latency {}, jitter {}, {bandwidth}, loss {} %",
        delay(conditions.latency),
        delay(conditions.jitter),
        loss.trim_end_matches('0').trim_end_matches('.'),
    )
}

/// Reads the name of a link that has one, as in `dsl`.
///
/// # Errors
/// There is none of this name; in words, with those that there are.
pub fn parse_preset(text: &str) -> Result<&'static Preset, String> {
    Preset::named(text).ok_or_else(|| missing("preset", text, Preset::names()))
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

/// Why a number of units is not a whole number of ones.
enum Scale {
    TooMuch,
    TooFine,
}

/// A decimal number as [`split`] finds it, times a unit.
fn scaled(number: &str, unit: u64) -> Result<u128, Scale> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let places = u32::try_from(fraction.len()).expect("a short text");
    // Both have less than TEXT_MAX digits, but their product with a day has more than a u128 holds.
    let digits: u128 = digits.parse().map_err(|_| Scale::TooMuch)?;
    let product = digits.checked_mul(u128::from(unit));
    let (Some(product), Some(divisor)) = (product, 10_u128.checked_pow(places)) else {
        return Err(Scale::TooMuch);
    };
    if product % divisor == 0 {
        Ok(product / divisor)
    } else {
        Err(Scale::TooFine)
    }
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
    fn bandwidths_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("1 MB/s", 1_000_000),
            ("1.5MB/s", 1_500_000),
            ("300 B/s", 300),
            ("2 GB/s", 2_000_000_000),
            ("56 kbit/s", 7_000),
            ("8 Mbit/s", 1_000_000),
            ("0.1 kB/s", 100),
            ("0 B/s", 0),
        ] {
            assert_eq!(parse_bandwidth(text), Ok(bytes), "{text}");
        }
        for text in [
            "", "1", "MB/s", "1 MB", "1 mb/s", "-1 MB/s", "fast", "1 bit/s",
        ] {
            let refused = parse_bandwidth(text).expect_err(text);
            assert_eq!(refused, UnitError::Bandwidth(text.into()));
        }
        let fine = parse_bandwidth("1.0001 kB/s").expect_err("a tenth of a byte");
        let words = "\"1.0001 kB/s\" is finer than a byte a second";
        assert_eq!(fine.to_string(), words);
        let wide = "99999999999999999999999999999 GB/s";
        assert_eq!(parse_bandwidth(wide), Err(UnitError::TooWide(wide.into())));
    }

    #[test]
    fn bandwidths_read_back_as_they_were_written() {
        for (bytes, text) in [
            (0, "0 B/s"),
            (1, "1 B/s"),
            (7_000, "7 kB/s"),
            (1_500, "1500 B/s"),
            (1_000_000, "1 MB/s"),
            (125_000_000, "125 MB/s"),
            (1_000_000_000, "1 GB/s"),
        ] {
            assert_eq!(show_bandwidth(bytes), text);
            assert_eq!(parse_bandwidth(text), Ok(bytes));
        }
    }

    #[test]
    fn a_link_is_told_in_a_line_of_numbers() {
        let dsl = parse_preset("dsl").expect("it is there").conditions;
        let words = "latency 20 ms, jitter 5 ms, 2 MB/s, loss 0 %";
        assert_eq!(show_conditions(&dsl), words);
        let radio = parse_preset("3g").expect("it is there").conditions;
        let words = "latency 150 ms, jitter 50 ms, 200 kB/s, loss 1 %";
        assert_eq!(show_conditions(&radio), words);
        let straight = "latency 0 s, jitter 0 s, any bandwidth, loss 0 %";
        assert_eq!(show_conditions(&Conditions::default()), straight);
        let words = "there is no preset \"dls\"; did you mean \"dsl\"?";
        assert_eq!(parse_preset("dls").expect_err("a slip"), words);
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
