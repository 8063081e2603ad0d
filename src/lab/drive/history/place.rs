//! A place in a history.

use crate::node::Time;

/// A place in a history: places between two things that are due at one moment are different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When.
    pub(super) at: Time,
    /// How many things were done; `None`: all that is due by then.
    pub(super) steps: Option<u64>,
    /// How many commands were given; `None`: all up to then.
    pub(super) commands: Option<usize>,
}

impl Place {
    /// The end of a moment.
    pub fn end_of(at: Time) -> Self {
        Self {
            at,
            steps: None,
            commands: None,
        }
    }

    /// The end of a moment, before the command with this number is given.
    pub fn before(at: Time, command: usize) -> Self {
        Self {
            commands: Some(command),
            ..Self::end_of(at)
        }
    }

    /// Whether this is where a lab is that has come to another place, of which the number of commands may not be
    /// said.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.at == other.at && self.steps == other.steps && other.commands.is_none()
    }

    /// When it is.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Whether it is before another one.
    pub fn is_before(&self, other: &Self) -> bool {
        let steps = |place: &Self| place.steps.unwrap_or(u64::MAX);
        (self.at, steps(self)) < (other.at, steps(other))
    }
}
