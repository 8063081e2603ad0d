//! Where to look at a run on the screen.

use super::caught::caught;
use super::jobs::Desk;
use super::play::{Plan, TURN_MAX, turn};
use crate::lab::core::Level;
use std::time::Duration;

/// The last moment that stands out in a run with this seed before another, or, if there is none, the one just
/// before that.
pub fn opening(plan: &Plan, seed: u64, before: Duration) -> Duration {
    let mut last = None;
    let desk = Desk::default();
    // It may have panicked the first time, or have got stuck, and does so again.
    let _ = caught(|| {
        let Ok(mut trial) = plan.trial(seed, Level::All, &desk) else {
            return;
        };
        loop {
            let marks = trial.lab().core().marks().iter().rev();
            last = marks.map(|mark| mark.at).find(|at| *at < before).or(last);
            let is_there = trial.lab().elapsed() >= before || trial.is_over();
            if is_there || turn(&mut trial, None, &desk, TURN_MAX).is_some() {
                return;
            }
        }
    });
    last.unwrap_or_else(|| before.saturating_sub(Duration::from_micros(1)))
}
