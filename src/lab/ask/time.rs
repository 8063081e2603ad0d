//! What is asked of time.

use super::timeline::TimelineId;
use crate::lab::paper::units::{parse_duration, show_duration};
use crate::lab::spec::Speed;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What is asked of the time of a lab in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeChange {
    /// It stands still.
    Pause,
    /// It goes on.
    Resume,
    /// It stands still if it went, and goes on if it stood still.
    Toggle,
    /// On to the next thing that is told, and it stands still there.
    Step,
    /// Back to the last thing that was told before, and it stands still there.
    Back,
    /// On to the next mark, or to the newest moment, and it stands still there.
    NextMark,
    /// Back to the mark before, and it stands still there.
    PreviousMark,
    /// It goes that fast.
    Speed(Speed),
    /// It goes at the next higher speed.
    Faster,
    /// It goes at the next lower speed.
    Slower,
    /// To this moment, and it stands still there.
    Go(When),
    /// On at full speed until an expression holds, and it stands still there.
    Until(String),
    /// From now on it stands still whenever an expression begins to hold: a breakpoint. `None`: no
    /// breakpoint any more.
    PauseWhen(Option<String>),
    /// Back to just before the last command that was given by hand, and it stands still there.
    Undo,
    /// Another timeline is shown, at the same moment if it was played so far, and it stands still there.
    Switch(TimelineId),
    /// A timeline that is not shown is dropped.
    DropTimeline(TimelineId),
    /// What was given by hand later than this moment is not given any more.
    DropLater,
    /// Another timeline is held against the one that is shown, and goes on in step; `None`: none any more.
    Compare(Option<TimelineId>),
}

/// A moment that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the beginning.
    At(Duration),
    /// When the first block of this height was found.
    Block(u32),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&show_duration(*at)),
            Self::Block(height) => write!(f, "#{height}"),
        }
    }
}

impl FromStr for When {
    type Err = String;

    /// Reads `+01:23`, `1:02:03.5`, `83s` or `#7`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(height) = text.strip_prefix('#') {
            let height = height.parse().ok().filter(|height| *height > 0);
            let wanted = || "the height of a block is wanted after #, as in #7".to_owned();
            return height.map(Self::Block).ok_or_else(wanted);
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        let read = match text.contains(':') {
            true => of_a_clock(text),
            false => parse_duration(text).ok(),
        };
        read.map(Self::At).ok_or_else(|| {
            let shown: String = text.chars().take(20).collect();
            format!("a time since the beginning is wanted, as in +01:23 or 83s, or #7 for a block; not {shown:?}")
        })
    }
}

/// Hours, if any, minutes and seconds.
fn of_a_clock(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut seconds = 0_u64;
    let parts: Vec<&str> = whole.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    for (nth, part) in parts.into_iter().enumerate() {
        let is_number = !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
        let number: u64 = part.parse().ok().filter(|_| is_number && part.len() <= 6)?;
        if nth > 0 && number > 59 {
            return None;
        }
        seconds = seconds * 60 + number;
    }
    if fraction.len() > 6 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let micros: u64 = format!("{fraction:0<6}").parse().ok()?;
    Some(Duration::from_secs(seconds) + Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_clocks_show_them() {
        let at = |millis| Ok(When::At(Duration::from_millis(millis)));
        assert_eq!("+01:23".parse(), at(83_000));
        assert_eq!("01:23.5".parse(), at(83_500));
        assert_eq!("+1:02:03".parse(), at(3_723_000));
        assert_eq!("83s".parse(), at(83_000));
        assert_eq!("+00:51.411".parse(), at(51_411));
        assert_eq!("#7".parse(), Ok(When::Block(7)));
        for wrong in [
            "",
            "#",
            "#0",
            "#x",
            "1:60",
            "1:2:3:4",
            ":",
            "1:",
            "+-1:00",
            "1:00.1234567",
            "soon",
            "9999999:00",
        ] {
            wrong.parse::<When>().expect_err(wrong);
        }
    }
}
