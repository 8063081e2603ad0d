//! How time goes in a lab in virtual time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The fastest and the slowest that can be asked for but [`Speed::Max`]: so many times as fast as the
/// clock on the wall, or as slow.
pub const SPEED_MAX: u16 = 100;

/// Memory that a lab may take for going back, where nothing is said, in bytes.
const MEMORY_DEFAULT: u64 = 128_000_000;

/// How fast virtual time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Speed {
    /// So many times as fast as the clock on the wall, from 1 to [`SPEED_MAX`].
    Times(u16),
    /// So many times as slow, from 2 to [`SPEED_MAX`].
    Over(u16),
    /// As fast as the machine can.
    Max,
}

/// The speeds that keys step through.
const STEPS: [Speed; 13] = [
    Speed::Over(100),
    Speed::Over(20),
    Speed::Over(10),
    Speed::Over(4),
    Speed::Over(2),
    Speed::Times(1),
    Speed::Times(2),
    Speed::Times(5),
    Speed::Times(10),
    Speed::Times(20),
    Speed::Times(50),
    Speed::Times(100),
    Speed::Max,
];

impl Default for Speed {
    fn default() -> Self {
        Self::Times(1)
    }
}

impl Speed {
    /// The next one up; the fastest stays.
    pub fn faster(self) -> Self {
        let next = STEPS.into_iter().find(|step| step.rank() > self.rank());
        next.unwrap_or(Self::Max)
    }

    /// The next one down; the slowest stays.
    pub fn slower(self) -> Self {
        let mut steps = STEPS.into_iter().rev();
        let next = steps.find(|step| step.rank() < self.rank());
        next.unwrap_or(STEPS[0])
    }

    /// Whether it is faster than the clock on the wall.
    pub fn is_fast(self) -> bool {
        self.rank() > Self::Times(1).rank()
    }

    /// How far virtual time goes in so much time on the wall; `None`: as far as it can.
    pub fn passes(self, on_the_wall: Duration) -> Option<Duration> {
        match self {
            Self::Times(times) => Some(on_the_wall.saturating_mul(times.into())),
            Self::Over(over) => Some(on_the_wall / u32::from(over).max(1)),
            Self::Max => None,
        }
    }

    /// How long that takes on the wall, for virtual time to go so far; no time at full speed.
    pub fn takes(self, virtual_time: Duration) -> Duration {
        match self {
            Self::Times(times) => virtual_time / u32::from(times).max(1),
            Self::Over(over) => virtual_time.saturating_mul(over.into()),
            Self::Max => Duration::ZERO,
        }
    }

    /// The more, the faster.
    fn rank(self) -> i32 {
        match self {
            Self::Times(times) => i32::from(times),
            // One and the same as once.
            Self::Over(over) => 2 - i32::from(over),
            Self::Max => i32::MAX,
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times}"),
            Self::Over(over) => write!(f, "1/{over}"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl From<Speed> for String {
    fn from(speed: Speed) -> Self {
        speed.to_string()
    }
}

impl TryFrom<String> for Speed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Speed {
    type Err = String;

    /// Reads `5`, `1/10` or `max`.
    fn from_str(text: &str) -> Result<Self, String> {
        let within = |digits: &str| {
            let number = digits.parse().ok();
            number.filter(|number| (1..=SPEED_MAX).contains(number))
        };
        let speed = match text.trim().split_once('/') {
            None if text.trim() == "max" => Some(Self::Max),
            None => within(text.trim().trim_start_matches('x')).map(Self::Times),
            Some((one, over)) if one.trim_start_matches('x') == "1" => {
                within(over).map(|over| match over {
                    1 => Self::Times(1),
                    over => Self::Over(over),
                })
            }
            Some(_) => None,
        };
        speed.ok_or_else(|| {
            format!(
                "a speed is a number from 1 to {SPEED_MAX}, 1/2 to 1/{SPEED_MAX}, or max; not {:?}",
                text.chars().take(20).collect::<String>()
            )
        })
    }
}

/// Whether a story waits for its readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Captions {
    /// It goes on.
    #[default]
    Go,
    /// At speeds above 1 each caption stands for a second on the wall at least: time stands still meanwhile.
    Wait,
}

/// What a layout says of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSpec {
    /// The lab opens in virtual time.
    pub is_virtual: bool,
    /// How fast that goes.
    pub speed: Speed,
    /// It stands still at first.
    pub is_paused: bool,
    /// How far it goes at most since its beginning: it stands still there.
    pub limit: Option<Duration>,
    /// Memory for going back, in bytes, about.
    pub memory: u64,
    /// Whether its story waits for its readers.
    pub captions: Captions,
}

impl Default for TimeSpec {
    fn default() -> Self {
        Self {
            is_virtual: false,
            speed: Speed::default(),
            is_paused: false,
            limit: None,
            memory: MEMORY_DEFAULT,
            captions: Captions::default(),
        }
    }
}

/// How time is to go in a lab in virtual time that opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningTime {
    /// How fast.
    pub speed: Speed,
    /// It stands still at first.
    pub is_paused: bool,
    /// At first it goes so far at full speed.
    pub at: Option<Duration>,
    /// It stands still whenever this expression begins to hold.
    pub pause_at: Option<String>,
    /// As in [`TimeSpec`].
    pub limit: Option<Duration>,
    /// As in [`TimeSpec`].
    pub memory: u64,
    /// As in [`TimeSpec`].
    pub captions: Captions,
}

impl From<&TimeSpec> for OpeningTime {
    fn from(spec: &TimeSpec) -> Self {
        Self {
            speed: spec.speed,
            is_paused: spec.is_paused,
            at: None,
            pause_at: None,
            limit: spec.limit,
            memory: spec.memory,
            captions: spec.captions,
        }
    }
}

impl Default for OpeningTime {
    fn default() -> Self {
        Self::from(&TimeSpec::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_they_are_written_and_nothing_else_is() {
        for step in STEPS {
            assert_eq!(step.to_string().parse(), Ok(step));
        }
        assert_eq!("7".parse(), Ok(Speed::Times(7)));
        assert_eq!("x1/10".parse(), Ok(Speed::Over(10)));
        assert_eq!("1/1".parse(), Ok(Speed::Times(1)));
        for wrong in [
            "", "0", "101", "1/0", "1/101", "2/3", "-1", "fast", "1e9", "99999999",
        ] {
            let refused = wrong.parse::<Speed>().expect_err(wrong);
            assert!(refused.contains("1/100"), "{refused}");
        }
    }

    #[test]
    fn keys_step_through_all_speeds_and_stay_at_the_ends() {
        let mut speed = STEPS[0];
        for next in &STEPS[1..] {
            speed = speed.faster();
            assert_eq!(speed, *next);
            assert_eq!(
                STEPS
                    .iter()
                    .position(|s| *s == speed.slower())
                    .map(|at| &STEPS[at + 1]),
                Some(next)
            );
        }
        assert_eq!((speed.faster(), STEPS[0].slower()), (Speed::Max, STEPS[0]));
        assert_eq!(
            (Speed::Times(7).faster(), Speed::Times(7).slower()),
            (Speed::Times(10), Speed::Times(5))
        );
        assert_eq!(Speed::Over(3).slower(), Speed::Over(4));
        assert!(Speed::Times(2).is_fast() && !Speed::Times(1).is_fast() && Speed::Max.is_fast());
    }
}
