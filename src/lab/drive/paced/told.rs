//! What a lab in virtual time tells of its time.

use crate::lab::drive::history::History;
use crate::lab::view::{Mark, Told};
use std::sync::Arc;

/// What a lab in virtual time tells of its time.
#[derive(Default)]
pub(super) struct TellsTime {
    pub(super) told: Option<Told>,
    /// What is to be said where time is on its way to.
    pub(super) passing: Option<Told>,
    /// How much was told.
    number: u64,
    /// How often it went elsewhere.
    pub(super) leaps: u64,
    /// The marks, as they were when they were last looked at, and of what that was.
    marks: Arc<Vec<Mark>>,
    marked: Option<(u64, u64, u64)>,
}

impl TellsTime {
    /// Something is to be said of this moment.
    pub(super) fn say(&mut self, told: Told) {
        self.number += 1;
        self.told = Some(Told {
            number: self.number,
            ..told
        });
    }

    /// What stands out in a history.
    pub(super) fn marks(&mut self, history: &History) -> Arc<Vec<Mark>> {
        let marks = history.marks();
        let marked = Some((marks.added(), self.leaps, history.cuts()));
        if self.marked != marked {
            self.marks = Arc::new(marks.iter().copied().collect());
            self.marked = marked;
        }
        Arc::clone(&self.marks)
    }
}
