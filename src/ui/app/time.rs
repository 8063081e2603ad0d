//! Time of a lab in virtual time: what keys ask of it, and what the screen forgets when it went back.

use super::pace::SeenTime;
use super::state::UiState;
use crate::lab::ask::TimeChange;
use crate::lab::view::{TimeView, Told};
use crate::lab::{LabView, Request};
use crate::node::Time;
use crate::node::io::words::Tone;
use crate::ui::viewer::{Effect, Purpose};

impl UiState {
    /// Asks something of time. Where it comes to is seen; only what cannot be seen is told.
    pub(super) fn change_time(&mut self, change: TimeChange) -> Vec<Effect> {
        // What was said before is of another moment.
        self.message = None;
        let purpose = match change {
            TimeChange::PauseWhen(_) => Purpose::Tell,
            _ => Purpose::Time,
        };
        vec![Effect::Ask(Request::Time(change), purpose)]
    }

    /// Time of a virtual lab may have gone back, or stopped somewhere: says what is to be done.
    pub(super) fn notice_time(&mut self, lab: &LabView) -> Vec<Effect> {
        let Some(time) = &lab.time else {
            self.time = None;
            return Vec::new();
        };
        let told = time.told.as_ref();
        let seen = SeenTime {
            leaps: time.leaps,
            told: told.map(|told| told.number),
        };
        let Some(before) = self.time.replace(seen) else {
            return Vec::new();
        };
        if before.told != seen.told {
            self.hear_of_time(lab, time, told);
        }
        match before.leaps == seen.leaps {
            true => Vec::new(),
            false => self.go_back(lab),
        }
    }

    /// Something new is told of where time is: that is what stands on the message line while time stands
    /// still. What another program did to time that goes on is said once.
    fn hear_of_time(&mut self, lab: &LabView, time: &TimeView, told: Option<&Told>) {
        self.message = None;
        if let Some(told) = told.filter(|told| told.is_elsewhere && !time.is_paused) {
            self.tell(lab.now, Tone::Plain, told_words(told));
        }
    }

    /// Forgets what is known of times that are still to come.
    fn go_back(&mut self, lab: &LabView) -> Vec<Effect> {
        self.dialog = None;
        self.news = Default::default();
        self.viewer.went_back(lab);
        self.views
            .iter_mut()
            .for_each(|(_, view)| view.went_back(lab));
        vec![Effect::Forget]
    }

    /// The clock by which messages are forgotten: that of a live lab, and in virtual time, which may
    /// stand still or rush, the screen's own.
    pub(super) fn moment(&self, lab: &LabView) -> Time {
        match lab.time {
            None => lab.now,
            Some(_) => self.clock,
        }
    }
}

/// What is told of where time is, in words.
pub(super) fn told_words(told: &Told) -> String {
    match told.is_elsewhere {
        true => format!("{}  (by another program)", told.words),
        false => told.words.to_string(),
    }
}
