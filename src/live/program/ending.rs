//! How a program ended, in words.

use crate::node::foreign::{QUOTED_MAX, one_line};
use rustix::process::Signal;
use std::fmt;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was never there.
    NotStarted(String),
    /// It ended by itself, with this exit code.
    Exited(i32),
    /// A signal ended it that was not the lab's.
    Signalled(i32),
    /// The lab asked it to end, and it did.
    Stopped,
    /// The lab asked it to end; it did not, and was killed.
    Overdue,
    /// The lab killed it.
    Killed,
    /// Its guard was gone before it was: it was killed.
    GuardLost,
}

impl Ending {
    /// Whether the lab wanted it.
    pub const fn is_wanted(&self) -> bool {
        matches!(self, Self::Stopped | Self::Overdue | Self::Killed)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => {
                let why: String = one_line(why).chars().take(2 * QUOTED_MAX).collect();
                write!(f, "it could not be started: {why}")
            }
            Self::Exited(0) => f.write_str("it ended by itself, and says that all went well"),
            Self::Exited(code) => write!(f, "it ended by itself, with exit code {code}"),
            Self::Signalled(signal) => write!(f, "it was ended by {}", signal_name(*signal)),
            Self::Stopped => f.write_str("it was stopped"),
            Self::Overdue => {
                f.write_str("it did not end within 5 s of being asked, and was killed")
            }
            Self::Killed => f.write_str("it was killed"),
            Self::GuardLost => f.write_str("its guard was ended from outside, and it was killed"),
        }
    }
}

/// A signal's name, as people know it.
fn signal_name(number: i32) -> String {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (
            Signal::ABORT,
            "SIGABRT, as when it finds a fault of its own",
        ),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (
            Signal::KILL,
            "SIGKILL, as when the machine has no memory left",
        ),
        (Signal::SEGV, "SIGSEGV, by a fault of its own"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU, by a limit"),
        (Signal::XFSZ, "SIGXFSZ, by a limit"),
    ];
    let found = known.iter().find(|(signal, _)| signal.as_raw() == number);
    found.map_or_else(
        || format!("signal {number}"),
        |(_, name)| (*name).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_said_in_words() {
        for (ending, words) in [
            (Ending::Exited(3), "it ended by itself, with exit code 3"),
            (
                Ending::Signalled(11),
                "it was ended by SIGSEGV, by a fault of its own",
            ),
            (Ending::Signalled(64), "it was ended by signal 64"),
            (
                Ending::NotStarted("no\nline\u{1b}".to_owned()),
                "it could not be started: no line\u{fffd}",
            ),
        ] {
            assert_eq!(ending.to_string(), words);
            assert!(!ending.is_wanted());
        }
    }
}
