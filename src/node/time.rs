//! The lab clock, as every node sees it: a number that comes in with each input.

use crate::chain::BlockTime;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment on the lab clock: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Time(pub u64);

impl Time {
    /// The moment a block time names.
    pub const fn from_block(time: BlockTime) -> Self {
        Self(time.0.saturating_mul(1_000))
    }

    /// This moment as a block's header has it: whole milliseconds, rounded down.
    pub const fn block_time(self) -> BlockTime {
        BlockTime(self.0 / 1_000)
    }

    /// How long after `earlier`; nothing if it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Stops at the end of time.
    fn add(self, after: Duration) -> Self {
        let after = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(after))
    }
}

impl Sub for Time {
    type Output = Duration;

    /// As [`Time::since`].
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// How far the clock of a node is off: what its blocks say, what blocks of others are held against, and what it
/// tells peers. What it waits for goes by the lab clock all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockOff {
    /// In ms; negative: it is behind.
    pub ahead_ms: i64,
}

impl ClockOff {
    /// What the clock shows.
    pub fn shows(self, now: Time) -> Time {
        moved(now, self.ahead_ms)
    }

    /// A time of others, as one whose clock is right would see it.
    pub fn rightly(self, theirs: Time) -> Time {
        moved(theirs, self.ahead_ms.saturating_neg())
    }
}

fn moved(time: Time, ms: i64) -> Time {
    let by = ms.unsigned_abs().saturating_mul(1_000);
    Time(match ms < 0 {
        true => time.0.saturating_sub(by),
        false => time.0.saturating_add(by),
    })
}

/// The earlier of two deadlines, either of which may not be set.
pub fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Durations as people write them, `80ms` or `1.5s`, for serde. What is finer than a microsecond,
/// as the lab clock is, is left out.
pub mod duration_text {
    use serde::{Deserializer, Serializer, de};
    use std::fmt;
    use std::time::Duration;

    /// Units that are read, with their length in seconds.
    const UNITS: [(&str, f64); 3] = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];

    /// Writes a duration in the longest unit that it is whole in.
    ///
    /// # Errors
    /// The serializer's.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
    pub fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        let us = duration.as_micros();
        match us {
            us if us.is_multiple_of(1_000_000) => {
                to.collect_str(&format_args!("{}s", us / 1_000_000))
            }
            us if us.is_multiple_of(1_000) => to.collect_str(&format_args!("{}ms", us / 1_000)),
            us => to.collect_str(&format_args!("{us}us")),
        }
    }

    /// Reads a number and `us`, `ms` or `s`.
    ///
    /// # Errors
    /// It is something else.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as \"80ms\" or \"1.5s\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                let refused = || E::invalid_value(de::Unexpected::Str(text), &self);
                parse(text).ok_or_else(refused)
            }
        }

        from.deserialize_str(Text)
    }

    fn parse(text: &str) -> Option<Duration> {
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
        let plain = |c: char| c.is_ascii_digit() || c == '.';
        let number: f64 = number.trim_end().parse().ok()?;
        let plain = text.starts_with(plain) && number.is_finite();
        // Whole microseconds are what the lab clock has; rounding to them undoes the float.
        let seconds = plain.then_some(number * unit)?;
        let exact = Duration::try_from_secs_f64(seconds).ok()?;
        let micros = exact.saturating_add(Duration::from_nanos(500)).as_micros();
        Some(Duration::from_micros(u64::try_from(micros).ok()?))
    }

    /// The same for one that may not be there.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};
        use std::time::Duration;

        #[derive(Serialize, Deserialize)]
        struct Text(#[serde(with = "super")] Duration);

        /// As [`serialize`](super::serialize).
        ///
        /// # Errors
        /// As there.
        #[allow(clippy::ref_option, reason = "serde hands a reference")]
        pub fn serialize<S: Serializer>(
            duration: &Option<Duration>,
            to: S,
        ) -> Result<S::Ok, S::Error> {
            duration.map(Text).serialize(to)
        }

        /// As [`deserialize`](super::deserialize).
        ///
        /// # Errors
        /// As there.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            from: D,
        ) -> Result<Option<Duration>, D::Error> {
            let text = Option::<Text>::deserialize(from)?;
            Ok(text.map(|Text(duration)| duration))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_never_go_below_nothing_and_sums_stop_at_the_end() {
        let (a, b) = (Time(1_000), Time(3_500));
        assert_eq!(b - a, Duration::from_micros(2_500));
        assert_eq!(a - b, Duration::ZERO);
        assert_eq!(a + Duration::from_millis(1), Time(2_000));
        assert_eq!(Time(u64::MAX) + Duration::from_secs(1), Time(u64::MAX));
        assert_eq!(b.block_time(), BlockTime(3));
        assert_eq!(Time::from_block(BlockTime(3)), Time(3_000));
    }

    #[test]
    fn a_clock_that_is_off_shows_other_times_and_sees_those_of_others_rightly() {
        for ahead_ms in [0, 2, -2, 7_200_000] {
            let clock = ClockOff { ahead_ms };
            let now = Time(10_000_000_000);
            assert_eq!(clock.rightly(clock.shows(now)), now, "{ahead_ms}");
        }
        let ahead = ClockOff { ahead_ms: 2 };
        assert_eq!(ahead.shows(Time(500)), Time(2_500));
        assert_eq!(
            ahead.rightly(Time(500)),
            Time(0),
            "no time is before the first"
        );
    }

    #[test]
    fn of_two_deadlines_the_earlier_one_that_is_set_counts() {
        assert_eq!(earlier(Some(Time(2)), Some(Time(1))), Some(Time(1)));
        assert_eq!(earlier(None, Some(Time(1))), Some(Time(1)));
        assert_eq!(earlier(None, None), None);
    }
}
