//! The command that opens a seed on the screen.

use crate::lab::drive::seeds::Plan;
use crate::lab::paper::units::show_moment;
use std::time::Duration;

/// What opens what a plan plays with this seed, paused at a moment, as a shell reads it; `file` is what its
/// layout is called there. Not later than the layout lets time go.
pub(super) fn opens(file: &str, plan: &Plan, seed: u64, at: Duration) -> String {
    let clock = plan.begins.and_then(|clock| {
        let us = i64::try_from(clock.0).ok()?;
        jiff::Timestamp::from_microsecond(us).ok()
    });
    let clock = clock.map_or(String::new(), |clock| format!(" --clock {clock}"));
    let at = plan.layout.time.limit.map_or(at, |limit| at.min(limit));
    let at = show_moment(at);
    format!("chainlab run {file} --virtual{clock} --seed {seed} --paused --at {at}")
}
