//! How far a peer's clock is from ours.
//!
//! A pong carries the time of who sent it, which lies between our ping and now if both clocks agree.
//! Where it is outside by more than half of what a block may be ahead, that is told, by name: soon
//! one of the two will refuse the other's blocks.

use crate::node::time::Time;
use std::time::Duration;

/// Clocks are never told to differ by less: figures have whole milliseconds.
const SKEW_MIN: Duration = Duration::from_millis(1);

/// How far a peer's clock is from ours, at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    by: Duration,
    is_ahead: bool,
}

impl Skew {
    /// They agree, as far as can be told.
    pub const NONE: Self = Self {
        by: Duration::ZERO,
        is_ahead: false,
    };

    /// The most that is not told, on a network on which a block may be so far ahead.
    pub(super) fn most(future_drift: Duration) -> Duration {
        (future_drift / 2).max(SKEW_MIN)
    }

    /// A peer that was asked then, and whose answer has just come, said that it was `theirs`; none if
    /// the clocks differ by no more than `most`.
    pub(super) fn beyond(most: Duration, theirs: Time, asked: Time, now: Time) -> Self {
        let (ahead, behind) = (theirs - now, asked - theirs);
        let skew = Self {
            by: ahead.max(behind),
            is_ahead: ahead > behind,
        };
        if skew.by > most { skew } else { Self::NONE }
    }

    /// Whether there is a difference.
    pub fn is_any(self) -> bool {
        !self.by.is_zero()
    }

    /// By how much the peer's clock is ahead, in ms; negative: it is behind.
    pub fn ahead_ms(self) -> i64 {
        let ms = i64::try_from(self.by.as_millis()).unwrap_or(i64::MAX);
        if self.is_ahead { ms } else { -ms }
    }
}
