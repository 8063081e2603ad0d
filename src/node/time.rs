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

/// The earlier of two deadlines, either of which may not be set.
pub fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
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
    fn of_two_deadlines_the_earlier_one_that_is_set_counts() {
        assert_eq!(earlier(Some(Time(2)), Some(Time(1))), Some(Time(1)));
        assert_eq!(earlier(None, Some(Time(1))), Some(Time(1)));
        assert_eq!(earlier(None, None), None);
    }
}
