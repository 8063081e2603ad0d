//! Failures to accept connections.

use super::stopwatch::Stopwatch;
use std::io;
use std::time::Duration;

/// How long to wait after a failure to accept, which tends to last: no more files, no memory.
pub(in crate::live) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Of failures to accept the first is told, and then once in so long how many there were.
const FAILURES_TOLD_EVERY: Duration = Duration::from_secs(60);

/// Failures to accept that were not told yet.
#[derive(Default)]
pub(in crate::live) struct Failures {
    count: usize,
    told: Option<Stopwatch>,
}

impl Failures {
    /// One more.
    pub(in crate::live) fn tell(&mut self, error: &io::Error) {
        self.count += 1;
        let is_due = |told: Stopwatch| told.elapsed() >= FAILURES_TOLD_EVERY;
        if self.told.is_none_or(is_due) {
            tracing::warn!("cannot accept connections, {} times: {error}", self.count);
            (self.count, self.told) = (0, Some(Stopwatch::start()));
        }
    }
}
