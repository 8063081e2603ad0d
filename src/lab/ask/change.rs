//! What changes: of links, of the payments that a lab makes by itself, of a script.

use crate::lab::paper::units::show_duration;
use crate::link::{Conditions, Fate, LinkState, NextMessage, Preset};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What changes of the payments that a lab makes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrafficChange {
    /// Whether they are made.
    pub on: Option<bool>,
    /// How many a second, on average; see [`TX_RATES`](crate::lab::paper::units::TX_RATES).
    pub rate: Option<f64>,
}

/// A change of a link, with its ends by their names.
#[derive(Clone, Debug, PartialEq)]
pub struct Bend {
    /// The node that sends.
    pub from: String,
    /// The node that receives: one of the lab, or a peer of `from`.
    pub to: String,
    /// The way back as well.
    pub is_both_ways: bool,
    /// What changes.
    pub change: LinkChange,
}

impl Bend {
    /// What is said once it is done.
    pub fn words(&self) -> String {
        let Self { from, to, .. } = self;
        let ends = match self.is_both_ways {
            true => format!("between {from} and {to}"),
            false => format!("from {from} to {to}"),
        };
        if let Some(next) = self.change.next {
            return format!("the next {} {ends} {}", next.kind, becomes(next.fate));
        }
        match self.change.state {
            Some(LinkState::Cut) => format!("the link {ends} is cut"),
            Some(LinkState::BlackHole) => format!("the link {ends} is a black hole"),
            Some(LinkState::Open) => format!("the link {ends} is open"),
            None => format!("the link {ends} is changed"),
        }
    }
}

/// What changes of a link; all else stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkChange {
    /// See [`Conditions::latency`].
    pub latency: Option<Duration>,
    /// See [`Conditions::jitter`].
    pub jitter: Option<Duration>,
    /// See [`Conditions::bandwidth`]; `Some(None)`: as much as there is.
    pub bandwidth: Option<Option<u64>>,
    /// See [`Conditions::loss`].
    pub loss: Option<f64>,
    /// Whether anything passes.
    pub state: Option<LinkState>,
    /// What is to become of the next message of a kind.
    pub next: Option<NextMessage>,
}

/// What becomes of a message, in words.
fn becomes(fate: Fate) -> String {
    match fate {
        Fate::Drop => "does not arrive".to_owned(),
        Fate::Delay(held) => format!("arrives {} later", show_duration(held)),
        Fate::Repeat => "arrives twice".to_owned(),
    }
}

impl LinkChange {
    /// Only the state.
    pub fn to_state(state: LinkState) -> Self {
        Self {
            state: Some(state),
            ..Self::default()
        }
    }

    /// To what a link preset is like; whether anything passes stays as it is.
    pub fn to_preset(preset: &Preset) -> Self {
        let like = preset.conditions;
        Self {
            latency: Some(like.latency),
            jitter: Some(like.jitter),
            bandwidth: Some(like.bandwidth),
            loss: Some(like.loss),
            ..Self::default()
        }
    }

    /// Only what is to become of a message.
    pub fn to_next(next: NextMessage) -> Self {
        Self {
            next: Some(next),
            ..Self::default()
        }
    }

    /// Whether what the link is like is to be another.
    pub fn has_conditions(&self) -> bool {
        Self {
            next: None,
            ..*self
        } != Self::default()
    }

    /// What a link is like after the change.
    pub fn apply(&self, before: Conditions) -> Conditions {
        Conditions {
            latency: self.latency.unwrap_or(before.latency),
            jitter: self.jitter.unwrap_or(before.jitter),
            bandwidth: self.bandwidth.unwrap_or(before.bandwidth),
            loss: self.loss.unwrap_or(before.loss),
            state: self.state.unwrap_or(before.state),
        }
    }
}

/// What is asked of a script that is being played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptChange {
    /// On to the next caption, and from then on each waits to be asked for.
    Next,
    /// Captions come by themselves again.
    Auto,
    /// Nothing begins any more, until it is resumed.
    Pause,
    /// It goes on, as it went before the pause.
    Resume,
    /// The lab is made anew, and its script begins again.
    Restart,
}

impl ScriptChange {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Next,
        Self::Auto,
        Self::Pause,
        Self::Resume,
        Self::Restart,
    ];

    /// In a word, as it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Auto => "auto",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Restart => "restart",
        }
    }

    /// What is said once it is done.
    pub fn words(self) -> &'static str {
        match self {
            Self::Next => "on to the next caption; the one after it waits for next again",
            Self::Auto => "the script goes on by itself",
            Self::Pause => "the script is paused",
            Self::Resume => "the script is not paused",
            Self::Restart => "the script begins again",
        }
    }
}
