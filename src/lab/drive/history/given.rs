//! Commands that a lab is given by hand.

use super::place::Place;
use crate::lab::ask::{Named, Request, Ticket};
use crate::node::Time;
use std::time::Duration;

/// A command, and when it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// When.
    pub at: Time,
    /// By which its answer is known.
    pub ticket: Ticket,
    /// What. Nodes have their names in it: in another timeline they may have other numbers.
    pub request: Request<Named>,
    /// It was given in an earlier timeline, and is given again in this one.
    pub is_again: bool,
    /// So often it is tried again, a quarter of a second later each time, if it cannot be done.
    pub tries: u8,
}

/// How long what cannot be done yet waits until it is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// The commands of a timeline, in their order; some may be still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    all: Vec<Given>,
    /// Those before this one that are still to come are taken back: they go as soon as time goes on.
    undone_to: Option<usize>,
}

impl Commands {
    /// These.
    pub(super) fn new(all: Vec<Given>) -> Self {
        Self {
            all,
            undone_to: None,
        }
    }

    pub(super) fn all(&self) -> &[Given] {
        &self.all
    }

    /// The one with this number, if it is to be given on the way to a place.
    pub(super) fn on_the_way(&self, nth: usize, place: &Place) -> Option<&Given> {
        let is_meant = place.commands.is_none_or(|most| nth < most);
        self.all
            .get(nth)
            .filter(|next| is_meant && next.at <= place.at)
    }

    /// Those with numbers from here on that are given later, without what was taken back.
    pub(super) fn later(&self, given: usize) -> &[Given] {
        &self.all[self.undone_to.unwrap_or(given).max(given)..]
    }

    /// Another one is given, as this one of all.
    pub(super) fn insert(&mut self, nth: usize, given: Given) {
        self.all.insert(nth, given);
    }

    /// This one cannot be done yet: it is tried again later, if there are tries left. Whether it is.
    pub(super) fn put_off(&mut self, nth: usize) -> bool {
        let first = &mut self.all[nth];
        let Some(tries) = std::mem::take(&mut first.tries).checked_sub(1) else {
            return false;
        };
        let again = Given {
            at: first.at + PAUSE,
            tries,
            // Of the last one it is said why it was not done.
            is_again: tries == 0,
            ..first.clone()
        };
        let later = &self.all[nth + 1..];
        let place = nth + 1 + later.partition_point(|other| other.at <= again.at);
        self.all.insert(place, again);
        true
    }

    /// None comes from this one on.
    pub(super) fn truncate(&mut self, nth: usize) {
        self.all.truncate(nth);
    }

    /// Those from `given` up to this one are taken back.
    pub(super) fn take_back(&mut self, to: usize) {
        self.undone_to = Some(to);
    }

    /// What was taken back holds again.
    pub(super) fn hold(&mut self) {
        self.undone_to = None;
    }

    /// Whether some are taken back.
    pub(super) fn is_undone(&self) -> bool {
        self.undone_to.is_some()
    }

    /// Up to which one they are to be taken back, if that before `given` is.
    pub(super) fn undo(&self, given: usize) -> Option<(usize, &Given)> {
        let last = self.all[..given].last()?;
        Some((self.undone_to.unwrap_or(given).max(given), last))
    }
}
