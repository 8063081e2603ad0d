//! ASERT, the difficulty rule aserti3-2d (Bitcoin Cash, upgrade of November 2020).
//!
//! The target doubles whenever the chain falls one half-life behind the schedule that starts at
//! an anchor block, and halves whenever it runs one half-life ahead:
//!
//! ```text
//! next = anchor target × 2 ^ ((time - interval × (height + 1)) / half-life)
//! ```
//!
//! with the power in 16-bit fixed point and a cubic approximation inside one octave, so that all
//! machines agree to the last bit. The unit of time is the caller's: only ratios matter.
//!
//! The published rule takes the time from timestamps. A chain that stood still for a night is
//! then "behind" by a night and hands out trivial blocks until it has caught up. The clock of
//! this chain therefore never counts more than [`STEP_CAP_INTERVALS`] for one block, however long
//! the block took: [`Clock`]. With shorter steps the two are the same.

use super::block::BlockTime;
use super::pow::Target;
use primitive_types::{U256, U512};

/// The most that one block advances the difficulty clock, in block intervals.
pub const STEP_CAP_INTERVALS: u64 = 10;

/// Where the schedule starts and how steeply it corrects. `interval` and `half_life` are in the
/// unit of the times given to [`next_target`] and are not zero.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Target of the anchor block.
    pub anchor: Target,
    /// The easiest target that is ever given.
    pub limit: Target,
    /// Wanted time between blocks.
    pub interval: u64,
    /// Being this much behind doubles the target.
    pub half_life: u64,
}

impl Schedule {
    /// The most that the clock may show at `height`: just past where the target meets the limit.
    ///
    /// While the limit holds, blocks are slower than wanted and the chain falls ever further
    /// behind; without a ceiling a miner who starts then would find easy blocks until all of that
    /// is made up for (control engineers call it wind-up). Below the limit this changes nothing.
    pub fn clock_ceiling_ms(&self, height: u32) -> i64 {
        // Between one and two octaves more than the limit is above the anchor.
        let octaves = self.limit.to_u256().bits() - self.anchor.to_u256().bits() + 1;
        let octaves = u64::try_from(octaves).expect("at most 257");
        let on_schedule = self.interval.saturating_mul(height.into());
        let ahead = self.half_life.saturating_mul(octaves);
        i64::try_from(on_schedule.saturating_add(ahead)).unwrap_or(i64::MAX)
    }
}

/// The target of the block after one that is `heights` above the anchor and whose time is `time`
/// later than that of the anchor's parent.
///
/// Computed in `i128`: heights and times of the published vectors pass 2^63. Sums that would pass
/// even 2^127 stop there.
pub fn next_target(schedule: &Schedule, time: i128, heights: i128) -> Target {
    let ideal = i128::from(schedule.interval).saturating_mul(heights.saturating_add(1));
    let ahead = time.saturating_sub(ideal);
    // Division truncates towards zero, as the published implementation's does.
    let exponent = ahead.saturating_mul(1 << 16) / i128::from(schedule.half_life);
    let octaves = exponent >> 16;
    let fraction = u128::try_from(exponent & 0xffff).expect("masked to 16 bits");
    let factor = (1 << 16)
        + ((195_766_423_245_049 * fraction
            + 971_821_376 * fraction * fraction
            + 5_127 * fraction * fraction * fraction
            + (1 << 47))
            >> 48);
    let product = schedule.anchor.to_u256().full_mul(U256::from(factor));
    shifted(product, octaves.saturating_sub(16))
        .clamp(Target::from_u256(U256::one()), schedule.limit)
}

/// `number` × 2^`shift`, or the largest target if that does not fit.
fn shifted(number: U512, shift: i128) -> Target {
    // The product has at most 273 bits, so 512 covers every shift that leaves anything.
    let places = usize::try_from(shift.unsigned_abs().min(512)).expect("at most 512");
    let moved = if shift < 0 {
        number >> places
    } else if number.bits() + places > 256 {
        return Target::MAX;
    } else {
        number << places
    };
    U256::try_from(moved).map_or(Target::MAX, Target::from_u256)
}

/// The difficulty clock of a chain, which shows 0 ms in its first block.
///
/// It goes on when a block is later than *all* blocks before it, by the difference, at most
/// [`STEP_CAP_INTERVALS`] intervals. In a block that is older than the latest it shows as much
/// less, at most by the same cap, and nothing of that stays. Steps from parent to child would not
/// do: after a pause the median rule allows a block from before it, which would take the whole
/// pause off the clock and stop the chain for ever, because the way back up is capped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    latest: BlockTime,
    ms_at_latest: i64,
}

impl Clock {
    /// At the first block of a chain.
    pub const fn start(time: BlockTime) -> Self {
        Self {
            latest: time,
            ms_at_latest: 0,
        }
    }

    /// After one more block, at most at `ceiling_ms`; see [`Schedule::clock_ceiling_ms`].
    #[must_use]
    pub fn after(self, block: BlockTime, interval_ms: u64, ceiling_ms: i64) -> Self {
        let ahead = block.0.saturating_sub(self.latest.0);
        let step = ahead.min(step_cap_ms(interval_ms));
        let ms = self.ms_at_latest.saturating_add_unsigned(step);
        Self {
            latest: self.latest.max(block),
            ms_at_latest: ms.min(ceiling_ms),
        }
    }

    /// The latest time on the branch.
    pub const fn latest(self) -> BlockTime {
        self.latest
    }

    /// What it shows, in ms, in the last block.
    pub fn ms_in(self, last: BlockTime, interval_ms: u64) -> i64 {
        let behind = self.latest.0.saturating_sub(last.0);
        let step = behind.min(step_cap_ms(interval_ms));
        self.ms_at_latest.saturating_sub_unsigned(step)
    }
}

const fn step_cap_ms(interval_ms: u64) -> u64 {
    interval_ms.saturating_mul(STEP_CAP_INTERVALS)
}
