//! How long something takes, by the machine's clock.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "here durations are measured; what a lab decides goes by the lab clock"
)]

use std::time::{Duration, Instant};

/// A measurement that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins one.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago it began.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
