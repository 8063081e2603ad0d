//! The lines of a run's file.

use crate::lab::ask::TimelineId;
use crate::lab::drive::history::Second;
use crate::lab::view::Mark;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is said to people who look into the file.
pub(super) const KEYS: &str = "the seed is the key to every wallet of this run";

/// A line. All times are in microseconds since the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// The first: how it began.
    Run(RunHead),
    /// A second is over.
    Second(SecondLine),
    /// A command was given.
    Command(CommandLine),
    /// What comes from here on is of a timeline that begins.
    Timeline(TimelineLine),
    /// What comes from here on is of this one, which was there before.
    Shown(TimelineId),
    /// This one was dropped.
    Dropped(TimelineId),
    /// Commands from this one on are not given.
    DroppedLater(DroppedLine),
    /// Something stands out.
    Mark(Mark),
    /// It was played so far.
    End(EndLine),
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunHead {
    /// Of the program that wrote it.
    pub version: String,
    /// The name of the layout.
    pub layout: String,
    /// What chance follows from.
    pub seed: u64,
    /// Where its clock began, in microseconds since 1970, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<u64>,
    /// Its captions waited for a presenter.
    #[serde(default, skip_serializing_if = "is_no")]
    pub manual: bool,
    /// How often its story was begun anew before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// Its nodes were real ones: what is given again is the same, blocks are not.
    #[serde(default, skip_serializing_if = "is_no")]
    pub live: bool,
    /// What there is to know of its keys.
    pub keys: String,
    /// The text of the layout.
    pub text: String,
}

/// A second that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondLine {
    /// Which, from 1 on.
    pub n: u32,
    /// What it was like.
    #[serde(flatten)]
    pub second: Second,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandLine {
    /// When.
    pub at: u64,
    /// As which of the commands of its timeline.
    pub n: usize,
    /// The name of its verb.
    #[serde(rename = "do")]
    pub verb: String,
    /// Its parameters.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// It was given in an earlier timeline, and again in this one.
    #[serde(default, skip_serializing_if = "is_no")]
    pub again: bool,
    /// Its parameters are a secret, and not here.
    #[serde(default, skip_serializing_if = "is_no")]
    pub left_out: bool,
}

/// A timeline that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimelineLine {
    /// Its name.
    pub name: TimelineId,
    /// In which one it begins.
    pub of: TimelineId,
    /// When.
    pub at: u64,
    /// So many of the commands of that one are given in this one as well.
    pub n: usize,
}

/// Commands that are not given any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DroppedLine {
    /// The first of them.
    pub n: usize,
}

/// How far a timeline was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndLine {
    /// Up to when.
    pub at: u64,
    /// The hash of all of it, in hexadecimal digits; of real nodes there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_no(is: &bool) -> bool {
    !*is
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
