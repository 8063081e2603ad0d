//! Work that may be done in a time.

use crate::node::time::Time;
use std::time::Duration;

/// So much is saved up at most.
const SAVED: Duration = Duration::from_millis(400);

/// Looks that may be taken: so many a second. What is not used is saved up to 400 ms; who takes more than is left waits
/// until it is paid for.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// How long one look takes to come back.
    each: Duration,
    /// The moment up to which all looks that were taken have come back: all since then are left.
    paid_at: Time,
}

impl Budget {
    /// So many a second.
    pub const fn new(a_second: u32) -> Self {
        Self {
            each: Duration::from_micros(1_000_000 / a_second as u64),
            paid_at: Time(0),
        }
    }

    /// Looks that are left.
    pub fn left(&self, now: Time) -> u32 {
        let saved = (now - self.paid_at).min(SAVED);
        u32::try_from(saved.as_micros() / self.each.as_micros()).unwrap_or(u32::MAX)
    }

    /// Whether so many are left.
    pub fn has(&self, looks: u32, now: Time) -> bool {
        self.has_at(looks) <= now
    }

    /// When so many are left, if none is taken until then.
    pub fn has_at(&self, looks: u32) -> Time {
        self.paid_at + self.each * looks
    }

    /// Takes as many, also if they are more than are left.
    pub fn spend(&mut self, looks: u32, now: Time) {
        let saved_since = Time(now.0.saturating_sub(micros(SAVED)));
        self.paid_at = self.paid_at.max(saved_since) + self.each * looks;
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
