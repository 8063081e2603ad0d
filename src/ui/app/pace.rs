//! What was seen of the time of a lab, and how fast it passes on the wall.

use crate::lab::LabView;
use std::time::Duration;

/// What was seen of time last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SeenTime {
    /// How often it had gone back.
    pub leaps: u64,
    /// The number of what was told.
    pub told: Option<u64>,
}

/// How long it takes on the wall until so much time has passed in a lab; `None`: it stands still there.
pub(super) fn on_the_wall(lab: &LabView, passes: Duration) -> Option<Duration> {
    match &lab.time {
        None => Some(passes),
        Some(time) if time.on_its_way.is_some() => Some(Duration::ZERO),
        Some(time) if time.is_paused => None,
        Some(time) => Some(time.speed.takes(passes)),
    }
}
