//! Looks for the moment at which an expression begins to be true.

use crate::lab::drive::VirtualLab;
use crate::lab::drive::history::Judge;
use crate::lab::script::Expr;
use std::time::Duration;

/// Looks at a lab between any two things that happen in it.
pub(super) struct Finder {
    judge: Judge,
    /// Events of this turn that it has seen.
    seen: usize,
    found: Option<Duration>,
}

impl Finder {
    /// One that has looked once. The lab keeps its events for it.
    pub(super) fn new(expr: Expr, lab: &mut VirtualLab) -> Self {
        lab.record_events();
        lab.take_events();
        let mut finder = Self {
            judge: Judge::new(expr, lab),
            seen: 0,
            found: None,
        };
        finder.note(lab);
        finder
    }

    /// When it was true for the first time.
    pub(super) fn found(&self) -> Option<Duration> {
        self.found
    }

    /// Looks at what has happened; whether the search goes on.
    pub(super) fn look(&mut self, lab: &VirtualLab) -> bool {
        let events = lab.events();
        self.judge.begins_to_hold(lab, &events[self.seen..]);
        self.seen = events.len();
        // Who goes to a moment comes to its end: what is true in its middle alone would not be there.
        if lab.next() > lab.now() {
            self.note(lab);
        }
        self.found.is_none()
    }

    /// A turn is over.
    pub(super) fn turn(&mut self, lab: &mut VirtualLab) {
        lab.take_events();
        self.seen = 0;
    }

    /// Looks at all nodes once more, at the end.
    pub(super) fn look_at_all(&mut self, lab: &VirtualLab) {
        self.judge.look_again(lab);
        self.note(lab);
    }

    fn note(&mut self, lab: &VirtualLab) {
        if self.judge.holds() {
            self.found.get_or_insert(lab.elapsed());
        }
    }
}
