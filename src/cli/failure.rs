//! Why the program ends early.

use crate::live::StartError;
use crate::live::disk::OpenDiskError;
use crate::node::StoreFault;
use crate::node::chainstate::OpenError;
use crate::node::io::RefusalKind;
use std::fmt;

/// Why the program ends early: words for people, if there are any to read them, and which exit code.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) words: String,
    pub(super) code: u8,
    /// Of what runs, why it refuses.
    pub(super) kind: Option<RefusalKind>,
}

/// What was asked for or given is wrong.
pub(super) const BAD_INPUT: u8 = 2;

/// What was expected of a lab was not true.
const UNMET: u8 = 3;

/// The terminal was closed: what a shell says of a program that SIGHUP has ended.
const HUNG_UP: u8 = 129;

impl Failure {
    /// What was asked for or given is wrong.
    pub(super) fn input(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: BAD_INPUT,
            kind: None,
        }
    }

    /// Something else is.
    pub(super) fn other(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: 1,
            kind: None,
        }
    }

    /// What runs refuses, or would.
    pub(super) fn refused(kind: RefusalKind, words: impl fmt::Display) -> Self {
        let failure = match kind {
            RefusalKind::Unmet => Self::unmet(words),
            kind if kind.is_of_the_request() => Self::input(words),
            _ => Self::other(words),
        };
        Self {
            kind: Some(kind),
            ..failure
        }
    }

    /// The terminal was closed: there is no reader any more.
    pub(super) fn hung_up() -> Self {
        Self {
            words: String::new(),
            code: HUNG_UP,
            kind: None,
        }
    }

    /// What was expected of a lab was not true.
    pub(super) fn unmet(words: impl fmt::Display) -> Self {
        Self {
            words: words.to_string(),
            code: UNMET,
            kind: None,
        }
    }
}

impl From<StoreFault> for Failure {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Damaged { .. } => Self::input(fault),
            StoreFault::Failed { .. } => Self::other(fault),
        }
    }
}

impl From<OpenDiskError> for Failure {
    fn from(error: OpenDiskError) -> Self {
        match error {
            OpenDiskError::Store(fault) => fault.into(),
            _ => Self::input(error),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Disk(error) => error.into(),
            StartError::Chain(OpenError::Store(fault)) => fault.into(),
            StartError::Chain(error) => Self::input(error),
            error @ (StartError::System(_) | StartError::Panicked(_)) => Self::other(error),
        }
    }
}
