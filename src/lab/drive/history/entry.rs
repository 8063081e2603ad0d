//! What happens to a history, as it is put down.

use super::given::Given;
use super::origin::Origin;
use super::seconds::{Second, end_hash};
use crate::lab::ask::TimelineId;
use crate::lab::drive::VirtualLab;
use crate::lab::observe::marks::{Mark, Marks};
use std::time::Duration;

/// Something that happened to a history. What is of one timeline is of the one that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A second has ended for the first time.
    Second {
        /// Which, from 1 on.
        n: u32,
        /// What it was like.
        second: Second,
        /// What stood out in it.
        marks: Vec<Mark>,
    },
    /// A command was given.
    Command {
        /// As which one.
        n: usize,
        /// What.
        given: Given,
    },
    /// A timeline has begun, and is shown.
    Begun {
        /// Which.
        id: TimelineId,
        /// Where.
        origin: Origin,
        /// What is given again in it.
        again: Vec<Given>,
    },
    /// What was shown is left, where it was played to.
    Left {
        /// Up to when.
        at: Duration,
        /// The hash of all of it.
        hash: [u8; 32],
    },
    /// Another one is shown.
    Shown(TimelineId),
    /// One was dropped.
    Dropped(TimelineId),
    /// Commands from this one on are not given any more.
    DroppedLater {
        /// The first of them.
        n: usize,
    },
}

impl Entry {
    /// That it was played to where this lab is.
    pub(super) fn left(lab: &VirtualLab) -> Self {
        Self::Left {
            at: lab.elapsed(),
            hash: end_hash(lab),
        }
    }

    /// That a second has ended in a lab, if one just has.
    pub fn of(lab: &VirtualLab) -> Option<Self> {
        let (nth, second) = Second::ending(lab)?;
        Some(Self::second(
            u32::try_from(nth).ok()?,
            second,
            lab.core().marks(),
        ))
    }

    /// That a second has ended.
    pub(super) fn second(n: u32, second: Second, marks: &Marks) -> Self {
        let end = Duration::from_secs(n.into());
        let begin = Duration::from_secs(n.saturating_sub(1).into());
        let last = marks.iter().rev().skip_while(|mark| mark.at > end);
        let marks = last.take_while(|mark| mark.at > begin || n == 1);
        let mut marks: Vec<_> = marks.copied().collect();
        marks.reverse();
        Self::Second { n, second, marks }
    }
}
