//! Names of timelines.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Letters that names are made of.
const LETTERS: u32 = 26;

/// The most that have a name: no run has so many.
const MAX: u32 = 10_000;

/// A timeline of a lab: the first that it had is A, then B, and after Z comes A1. None is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimelineId(u32);

impl TimelineId {
    /// The one in which a lab begins.
    pub const FIRST: Self = Self(0);

    /// The one that begins after this one.
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(MAX - 1))
    }
}

impl fmt::Display for TimelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = char::from_u32(u32::from(b'A') + self.0 % LETTERS).unwrap_or('A');
        match self.0 / LETTERS {
            0 => write!(f, "{letter}"),
            round => write!(f, "{letter}{round}"),
        }
    }
}

impl FromStr for TimelineId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let mut chars = text.chars();
            let letter = chars.next()?.to_ascii_uppercase();
            let nth = u32::from(letter).checked_sub(u32::from(b'A'))?;
            let round = match chars.as_str() {
                "" => 0,
                digits if digits.len() > 3 || digits.starts_with(['0', '+']) => return None,
                digits => digits.parse::<u32>().ok()?,
            };
            let id = round * LETTERS + nth;
            (nth < LETTERS && id < MAX).then_some(Self(id))
        };
        let shown: String = text.chars().take(20).collect();
        read().ok_or_else(|| format!("the name of a timeline is wanted, as in B; not {shown:?}"))
    }
}

impl From<TimelineId> for String {
    fn from(id: TimelineId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for TimelineId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timelines_are_called_by_letters_and_all_names_are_read_back() {
        let mut id = TimelineId::FIRST;
        for nth in 0..MAX {
            assert_eq!(id.to_string().parse(), Ok(id), "{nth}");
            id = id.next();
        }
        let name = |nth: u32| TimelineId(nth).to_string();
        assert_eq!(
            [name(0), name(25), name(26), name(53)],
            ["A", "Z", "A1", "B2"]
        );
        assert_eq!("b".parse(), Ok(TimelineId(1)));
        for wrong in ["", "1", "AB", "A0", "A+1", "A9999", "é"] {
            wrong.parse::<TimelineId>().expect_err(wrong);
        }
    }
}
