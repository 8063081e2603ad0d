//! How a node ends.

use crate::node::io::Halt;
use std::any::Any;
use std::fmt;

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was stopped; all it had is safe on disk.
    Stopped,
    /// It was killed; a power loss now could cost the last second.
    Killed,
    /// The machine failed it; what it stored is whole.
    Halted(Halt),
    /// It has a bug, which said this. What it stored is whole.
    Panicked(String),
    /// It is a program of others, and that has ended, as these words say.
    Ended(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the node was stopped"),
            Self::Killed => f.write_str("the node was killed"),
            Self::Halted(halt) => halt.fmt(f),
            Self::Ended(words) => f.write_str(words),
            Self::Panicked(words) => write!(f, "the node has a bug, and ended: {words}"),
        }
    }
}

/// What a panic said.
pub(super) fn panic_words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say what".to_owned())
}
