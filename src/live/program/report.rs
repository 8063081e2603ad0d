//! What a guard tells the lab: a line each.

use std::fmt;
use std::str::FromStr;

/// The longest line, in bytes.
pub(super) const REPORT_MAX: usize = 4_096;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The program runs, as this process.
    Started(i32),
    /// It could not be started.
    Failed(String),
    /// It has ended by itself, with this code.
    Exited(i32),
    /// A signal has ended it.
    Signalled(i32),
    /// It did not end in time, and is killed.
    Killing,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(pid) => write!(f, "started {pid}"),
            Self::Failed(why) => write!(f, "failed {}", why.replace('\n', " ")),
            Self::Exited(code) => write!(f, "exited {code}"),
            Self::Signalled(signal) => write!(f, "signalled {signal}"),
            Self::Killing => f.write_str("killing"),
        }
    }
}

impl FromStr for Report {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = || rest.parse().map_err(drop);
        match word {
            "started" => Ok(Self::Started(number()?)),
            "failed" => Ok(Self::Failed(rest.to_owned())),
            "exited" => Ok(Self::Exited(number()?)),
            "signalled" => Ok(Self::Signalled(number()?)),
            "killing" => Ok(Self::Killing),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        for report in [
            Report::Started(1),
            Report::Failed("no such file".to_owned()),
            Report::Exited(-3),
            Report::Signalled(9),
            Report::Killing,
        ] {
            assert_eq!(report.to_string().parse(), Ok(report));
        }
        assert_eq!(Report::Failed("a\nb".to_owned()).to_string(), "failed a b");
        for line in ["", "started", "started x", "exited 99999999999", "else"] {
            assert_eq!(line.parse::<Report>(), Err(()), "{line}");
        }
    }
}
