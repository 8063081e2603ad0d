//! Whether and when the node is dialled: a connection for each [`Role`], the second once the first
//! stands, and a wait that grows where it does not.

use super::config::Limits;
use super::event::Role;
use crate::node::Time;

/// Whether there is a connection, for one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// None was tried.
    Idle,
    /// The node is dialled.
    Dialling,
    /// It answers.
    Connected,
    /// Both sides know each other.
    Up {
        /// Since when.
        since: Time,
    },
    /// There is none.
    Down {
        /// Why, in words.
        why: String,
        /// When it is tried again.
        again: Time,
    },
}

/// Both lines.
#[derive(Clone)]
pub(super) struct Lines {
    lines: [Line; 2],
    /// How often in a row it came to nothing.
    failures: [u32; 2],
}

const fn place(role: Role) -> usize {
    match role {
        Role::Announcements => 0,
        Role::Headers => 1,
    }
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self {
            lines: [Line::Idle, Line::Idle],
            failures: [0; 2],
        }
    }

    pub(super) const fn get(&self, role: Role) -> &Line {
        &self.lines[place(role)]
    }

    pub(super) fn set(&mut self, role: Role, line: Line) {
        self.lines[place(role)] = line;
    }

    pub(super) fn is_up(&self, role: Role) -> bool {
        matches!(self.get(role), Line::Up { .. })
    }

    /// There is no connection any more.
    pub(super) fn down(&mut self, role: Role, why: String, now: Time) {
        let stood = match self.get(role) {
            Line::Up { since } => now.since(*since) >= Limits::STOOD,
            _ => false,
        };
        let failures = &mut self.failures[place(role)];
        *failures = if stood { 0 } else { failures.saturating_add(1) };
        let doubled = failures.saturating_sub(1).min(16);
        let wait = Limits::BACK_OFF_MIN * 2_u32.pow(doubled);
        let again = now + wait.min(Limits::BACK_OFF_MAX);
        self.set(role, Line::Down { why, again });
    }

    /// Which connection is to be tried now.
    pub(super) fn due(&self, now: Time) -> Option<Role> {
        Role::ALL.into_iter().find(|role| match self.get(*role) {
            Line::Idle => self.may_dial(*role),
            Line::Down { again, .. } => *again <= now && self.may_dial(*role),
            _ => false,
        })
    }

    /// A node that cannot be reached is not dialled twice.
    fn may_dial(&self, role: Role) -> bool {
        role == Role::Announcements || self.is_up(Role::Announcements)
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let again = |role: Role| match self.get(role) {
            Line::Down { again, .. } if self.may_dial(role) => Some(*again),
            _ => None,
        };
        Role::ALL.into_iter().filter_map(again).min()
    }
}
