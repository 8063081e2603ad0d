//! How the time of a lab in virtual time goes, and what is on its way in it.

use crate::lab::ask::TimelineId;
use crate::lab::observe::marks::Mark;
use crate::lab::paper::units::show_clock;
use crate::lab::spec::Speed;
use crate::node::message::{Item, Kind};
use crate::node::time::duration_text;
use crate::node::{NodeIx, Time};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The time of a lab in virtual time. All times count from the beginning of the lab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeView {
    /// Where it is now.
    #[serde(with = "duration_text")]
    pub at: Duration,
    /// The newest moment that there has been: later than `at` while the lab is back in its past.
    #[serde(with = "duration_text")]
    pub newest: Duration,
    /// How fast it goes when it goes.
    pub speed: Speed,
    /// So many times as fast as the clock on the wall is what was reached instead; `None`: it keeps up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<u64>,
    /// It stands still, and is on its way nowhere.
    #[serde(rename = "paused")]
    pub is_paused: bool,
    /// Where it is on its way to at full speed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_its_way: Option<Arc<str>>,
    /// Where it was last moved or stopped, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// The expressions that stop it when they begin to hold.
    #[serde(default)]
    pub breakpoints: Arc<Vec<String>>,
    /// How often it went back so far: what was known of what came after does not hold any more.
    #[serde(default)]
    pub leaps: u64,
    /// The timelines, the oldest first, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<TimelineView>,
    /// What stands out in the whole run, up to the newest moment, in its order.
    #[serde(default, skip_serializing_if = "is_plain")]
    pub marks: Arc<Vec<Mark>>,
}

/// A timeline of a lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineView {
    /// Its letter.
    pub name: TimelineId,
    /// The one in which it began, and when; `None`: with the lab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginView>,
    /// Up to when it was played.
    #[serde(with = "duration_text")]
    pub newest: Duration,
    /// What was given in it by hand, also what is still to come.
    pub commands: usize,
    /// It is the one that is shown.
    #[serde(rename = "shown")]
    pub is_shown: bool,
}

/// Where a timeline began.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginView {
    /// In which one.
    pub of: TimelineId,
    /// When.
    #[serde(with = "duration_text")]
    pub at: Duration,
}

impl fmt::Display for TimelineView {
    /// `B  from A at +01:20, to +02:10  3 by hand`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  ", self.name)?;
        if let Some(origin) = &self.origin {
            write!(f, "from {} at {}, ", origin.of, show_clock(origin.at))?;
        }
        write!(f, "to {}", show_clock(self.newest))?;
        match self.commands {
            0 => Ok(()),
            commands => write!(f, "  {commands} by hand"),
        }
    }
}

impl TimeView {
    /// How far it goes in so much time on the wall, as far as that is known.
    pub fn passes(&self, on_the_wall: Duration) -> Duration {
        match (self.reached, self.speed.passes(on_the_wall)) {
            (Some(times), _) => {
                let times = u32::try_from(times).unwrap_or(u32::MAX);
                on_the_wall.saturating_mul(times)
            }
            (None, Some(passes)) => passes,
            // It is found out by asking.
            (None, None) => Duration::ZERO,
        }
    }
}

/// What is told of time whenever it goes otherwise: all but the marks, which are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeNews {
    /// Without its marks.
    #[serde(flatten)]
    pub time: TimeView,
    /// How many marks there are.
    #[serde(default)]
    pub marked: usize,
}

impl From<TimeView> for TimeNews {
    fn from(mut time: TimeView) -> Self {
        let marked = std::mem::take(&mut time.marks).len();
        Self { time, marked }
    }
}

impl TimeNews {
    /// Whether time goes as it was told before, as far as that does not follow from its going on.
    pub fn is_same(&self, before: &Self) -> bool {
        let now = Self {
            time: TimeView {
                at: before.time.at,
                newest: before.time.newest,
                reached: before.time.reached,
                ..self.time.clone()
            },
            marked: self.marked,
        };
        now == *before
    }
}

/// Whether nothing stands out.
fn is_plain(marks: &[Mark]) -> bool {
    marks.is_empty()
}

/// What there is to be said of a moment at which time was stopped or to which it was moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Which one it is: it counts up.
    pub number: u64,
    /// In words: `+00:51.411 paris -> rome block #10 [ad]`.
    pub words: Arc<str>,
    /// The node at which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeIx>,
    /// The other end, if it went over a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<NodeIx>,
    /// It was another program that moved time.
    #[serde(default)]
    pub is_elsewhere: bool,
}

impl Told {
    /// Something of no node in particular.
    pub fn new(words: impl Into<Arc<str>>) -> Self {
        Self {
            number: 0,
            words: words.into(),
            node: None,
            other: None,
            is_elsewhere: false,
        }
    }
}

/// A message on its way from one node to another.
#[derive(Clone, Debug, PartialEq)]
pub struct InFlight {
    /// From whom.
    pub from: NodeIx,
    /// To whom.
    pub to: NodeIx,
    /// What it is.
    pub kind: Kind,
    /// What it is about.
    pub item: Option<Item>,
    /// When it has left, and when it arrives if links stay as they are; `None`: it waits for its turn, or
    /// in a black hole.
    pub way: Option<(Time, Time)>,
}
