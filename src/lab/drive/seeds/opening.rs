//! Where to look at a run on the screen.

use super::caught::caught;
use super::jobs::Desk;
use super::play::Plan;
use crate::lab::core::Level;
use std::time::Duration;

/// The last moment that stands out in a run with this seed before another, or, if there is none, the one just
/// before that.
pub fn opening(plan: &Plan, seed: u64, before: Duration) -> Duration {
    let mut last = None;
    // It may have panicked the first time, and does so again.
    let _ = caught(|| {
        let Ok(mut trial) = plan.trial(seed, Level::All, &Desk::default()) else {
            return;
        };
        loop {
            let marks = trial.lab().core().marks().iter().rev();
            last = marks.map(|mark| mark.at).find(|at| *at < before).or(last);
            if trial.lab().elapsed() >= before || trial.is_over() || !trial.go_on(|| true) {
                return;
            }
        }
    });
    last.unwrap_or_else(|| before.saturating_sub(Duration::from_micros(1)))
}
