//! How a story is told on this screen: who sits in front of it.

use crate::lab::LabView;
use crate::lab::script::ScriptView;
use crate::ui::keymap::{Action, Entry, Group, by_action};

/// Whose screen it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seat {
    /// That of the program that runs the lab: the story ends with it.
    #[default]
    Own,
    /// One that was attached.
    Guest,
    /// One that was attached to look, and changes nothing.
    Audience,
}

/// How a story is told here.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Whose screen it is.
    pub seat: Seat,
    /// Titles are in large letters.
    pub is_big: bool,
    /// It is the presenter's own: notes in place of the lab.
    pub has_notes: bool,
    /// The run whose end card was closed.
    closed: Option<u32>,
    /// It was this screen that paused the script, when it was held.
    pub has_paused: bool,
}

impl Stage {
    /// For a screen of this seat.
    pub fn new(seat: Seat, is_big: bool, has_notes: bool) -> Self {
        Self {
            seat,
            is_big,
            has_notes,
            ..Self::default()
        }
    }

    /// Whether a script that is over says so, and what can be done then.
    pub fn has_card(&self, script: &ScriptView) -> bool {
        script.is_over() && self.closed != Some(script.runs)
    }

    /// Whether holding this screen pauses the script.
    pub fn pauses(&self) -> bool {
        match self.seat {
            Seat::Own => true,
            Seat::Guest => self.has_notes,
            Seat::Audience => false,
        }
    }

    /// Whether a key of the table does anything on this screen, with this lab: help and palette list no
    /// other.
    pub fn offers(&self, lab: &LabView, entry: &Entry) -> bool {
        let is_virtual = lab.time.is_some();
        self.has(entry.action)
            && (is_virtual || entry.group != Group::Time)
            && !(self.seat == Seat::Audience && entry.changes)
    }

    /// Closes the end card of this run.
    pub fn close_card(&mut self, script: &ScriptView) {
        self.closed = Some(script.runs);
    }

    /// Time went back: a story that was over may end again.
    pub fn went_back(&mut self) {
        self.closed = None;
    }

    /// Whether an action means anything on this screen.
    pub fn has(&self, action: Action) -> bool {
        !self.has_notes
            || by_action(action).group == Group::Time
            || matches!(
                action,
                Action::ScriptNext
                    | Action::ScriptAuto
                    | Action::ScriptRestart
                    | Action::Script
                    | Action::Hold
                    | Action::Back
                    | Action::Clock
                    | Action::Palette
                    | Action::Help
                    | Action::Quit
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_presenters_screens_pause_the_script() {
        for (seat, has_notes, pauses) in [
            (Seat::Own, false, true),
            (Seat::Guest, false, false),
            (Seat::Guest, true, true),
            (Seat::Audience, false, false),
            (Seat::Audience, true, false),
        ] {
            assert_eq!(Stage::new(seat, false, has_notes).pauses(), pauses);
        }
    }
}
