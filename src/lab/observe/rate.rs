//! How fast a node catches up.

use crate::node::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// Over how long the speed of a node that catches up is measured.
const RATE_WINDOW: Duration = Duration::from_secs(2);

/// The shortest time that tells anything about it.
const RATE_MIN: Duration = Duration::from_millis(200);

/// How fast a node catches up: heights that it had, by time.
#[derive(Clone, Debug, Default)]
pub struct Rate(VecDeque<(Time, u32)>);

impl Rate {
    /// Notes the height of its chain, and whether it knows of blocks that it is missing.
    pub fn note(&mut self, at: Time, is_behind: bool, height: u32) {
        if !is_behind {
            self.0.clear();
            return;
        }
        let is_old = |(then, _): &(Time, u32)| at.since(*then) > RATE_WINDOW;
        // The last one before the window is its edge.
        while self.0.get(1).is_some_and(is_old) {
            self.0.pop_front();
        }
        self.0.push_back((at, height));
    }

    /// Blocks a second that it connects; `None`: it does not catch up, or that is not known yet.
    pub fn per_second(&self) -> Option<f64> {
        let ((since, low), (until, high)) = (self.0.front()?, self.0.back()?);
        let passed = until.since(*since);
        (passed >= RATE_MIN).then(|| f64::from(high.saturating_sub(*low)) / passed.as_secs_f64())
    }
}
