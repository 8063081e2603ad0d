//! What people and programs ask of a lab, and what they are told.

use super::script::ScriptChange;
use crate::lab::spec::NodeSpec;
use crate::link::{Conditions, LinkState, Preset};
use crate::node::NodeIx;
use crate::node::io::{Command, Question, Reply};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// The number of a request, by which its caller knows the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Have a node do something. Wallets' names are unique in a lab, and a payment may go to any of
    /// them: the lab sees to both.
    Node(NodeIx, Command),
    /// Ask a node something; wallets of other nodes can be named as in a command.
    Ask(NodeIx, Question),
    /// End a node as a crash would.
    Kill(NodeIx),
    /// Start a node that is down, on the data that it has.
    Restart(NodeIx),
    /// Add a node, and start it.
    Add(Box<NodeSpec>),
    /// Change what a link is like, at once, also for connections that stand.
    Link(Bend),
    /// Open every link that is cut or a black hole, whoever cut it; a split is over then.
    HealAll,
    /// Split the network into these groups of nodes, by their names; those that are in none make
    /// up one more. No group at all: into two halves. A split that is in force is undone first.
    Partition(Vec<Vec<String>>),
    /// Undo the split: just what it has cut is open again.
    Unite,
    /// Change the payments that the lab makes by itself; without any change, tell how they are.
    Traffic(TrafficChange),
    /// Show a caption on the screen; `None`: none any more.
    Note(Option<String>),
    /// Lead the script that is being played.
    Script(ScriptChange),
    /// Keep a temporary lab: stop every node and move its data to a place where it stays. Answered
    /// with [`Answer::Kept`]; the lab is over then.
    Keep,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A node's own answer.
    Node(NodeIx, Reply),
    /// The node is down.
    Killed(NodeIx),
    /// The node runs again.
    Restarted(NodeIx),
    /// There is a new node.
    Added(NodeIx),
    /// Done; what there is to say about it.
    Done(String),
    /// The lab's data is here now, and `chainlab run --data-dir` opens it again.
    Kept(PathBuf),
}

impl Request {
    /// Whether anything can be another by that; if not, it only asks.
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Ask(..))
    }
}

/// What changes of the payments that a lab makes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrafficChange {
    /// Whether they are made.
    pub on: Option<bool>,
    /// How many a second, on average; see [`RATE_RANGE`](super::traffic::RATE_RANGE).
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
            state: None,
        }
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
