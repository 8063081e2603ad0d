//! Quantities as people write them: `5s`, `80ms`, `14 kH/s`, `1 MB/s`.

use super::names::missing;
use crate::link::{Conditions, Preset};
use std::ops::RangeInclusive;
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

/// Units of memory in bytes, the largest first.
const SIZES: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];

/// The highest hash rate, in H/s: a thousand times what a machine can do.
const RATE_MAX: f64 = 1e12;

/// Payments a second: one in some two minutes, or more than all wallets together can sign.
pub const TX_RATES: RangeInclusive<f64> = 0.01..=1_000.0;

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
    /// Not a number and a unit of memory.
    #[error("{0:?} is no amount of memory: write a number and one of kB, MB, GB, as in 64 MB")]
    Size(String),
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

/// The most that a clock can be off.
const AHEAD_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Reads how far a clock is ahead, in ms: `+2h`, `-30s`, `0s`.
///
/// # Errors
/// In words, what is wrong.
pub fn parse_ahead(text: &str) -> Result<i64, String> {
    let (is_behind, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let by = parse_duration(rest).map_err(|error| error.to_string())?;
    if by > AHEAD_MAX {
        return Err("a clock can be a year off at most".to_owned());
    }
    let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Ok(if is_behind { -ms } else { ms })
}

/// Writes that as [`parse_ahead`] reads it.
pub fn show_ahead(ahead_ms: i64) -> String {
    let sign = if ahead_ms < 0 { "-" } else { "+" };
    let by = Duration::from_millis(ahead_ms.unsigned_abs());
    format!("{sign}{}", show_duration(by))
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

/// Writes a time since a beginning as a clock shows it: `+01:42`, `+2:00:07`.
pub fn show_clock(since: Duration) -> String {
    let s = since.as_secs();
    match s / 3_600 {
        0 => format!("+{:02}:{:02}", s / 60, s % 60),
        hours => format!("+{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// As [`show_clock`], to the millisecond: `+00:51.411`.
pub fn show_clock_ms(since: Duration) -> String {
    format!("{}.{:03}", show_clock(since), since.subsec_millis())
}

/// As [`show_clock`], to the last digit, as what goes to such a moment reads it: `+00:51`, `+00:51.411`,
/// `+00:51.411072`.
pub fn show_moment(since: Duration) -> String {
    let clock = show_clock(since);
    match since.subsec_micros() {
        0 => clock,
        us if us % 1_000 == 0 => format!("{clock}.{:03}", us / 1_000),
        us => format!("{clock}.{us:06}"),
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

/// Reads an amount of memory in bytes: `64 MB`.
///
/// # Errors
/// [`UnitError`].
pub fn parse_size(text: &str) -> Result<u64, UnitError> {
    let refused = || UnitError::Size(shown(text));
    let (number, unit) = split(text).ok_or_else(refused)?;
    let known = SIZES.iter().find(|(name, _)| *name == unit);
    let (_, unit) = known.ok_or_else(refused)?;
    let bytes = scaled(number, *unit).map_err(|_| refused())?;
    u64::try_from(bytes).map_err(|_| refused())
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

/// Reads `2 tx/s`, `0.5`.
///
/// # Errors
/// In words: it is no number, or none in [`TX_RATES`].
pub fn parse_tx_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("tx/s").unwrap_or(text).trim_end();
    let is_plain = |c: char| c.is_ascii_digit() || c == '.';
    let is_number = number.len() <= 20 && number.chars().all(is_plain);
    let number = number.parse().ok().filter(|_| is_number);
    let shown = shown(text);
    let number = number.ok_or_else(|| {
        format!("{shown:?} is no rate: write payments a second, as in \"2 tx/s\"")
    })?;
    check_tx_rate(number)
}

/// Insists that there can be so many payments a second.
///
/// # Errors
/// In words: it is not in [`TX_RATES`].
pub fn check_tx_rate(rate: f64) -> Result<f64, String> {
    match TX_RATES.contains(&rate) {
        true => Ok(rate),
        false => {
            let (least, most) = (TX_RATES.start(), TX_RATES.end());
            Err(format!("{rate} is not between {least} and {most} tx/s"))
        }
    }
}

/// Writes a rate as [`parse_tx_rate`] reads it.
pub fn show_tx_rate(rate: f64) -> String {
    format!("{rate} tx/s")
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

/// Reads the name of a link preset, as in `dsl`.
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
mod tests;
