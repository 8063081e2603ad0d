//! What programs see of a lab: its nodes, its links, and the whole.

use crate::lab::ask::Can;
use crate::lab::script::ScriptView;
use crate::link::Conditions;
use crate::node::snapshot::NodeSnapshot;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Whether a node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// On its way up.
    Starting,
    /// It runs.
    Up,
    /// On its way down.
    Stopping,
    /// It was stopped or killed, and can be started again.
    Down,
    /// It runs in another process, or did, which does not answer.
    Gone,
    /// It ended by itself, or did not start, and says why.
    Failed(Arc<str>),
}

impl NodeState {
    /// Why a node of this name cannot be asked anything; `None`: it can.
    pub fn absence(&self, name: &str) -> Option<String> {
        Some(match self {
            Self::Up => return None,
            Self::Starting => format!("{name} is on its way up"),
            Self::Stopping => format!("{name} is on its way down"),
            Self::Down => format!("{name} is down"),
            Self::Gone => format!("{name} runs elsewhere, and does not answer"),
            Self::Failed(why) => format!("{name} has failed: {why}"),
        })
    }

    /// Whether the node answers.
    pub fn is_up(&self) -> bool {
        *self == Self::Up
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Stopping => "stopping",
            Self::Down => "down",
            Self::Gone => "gone",
            Self::Failed(_) => "failed",
        })
    }
}

/// A node, as it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub node: String,
    /// Whether it runs.
    pub state: NodeState,
    /// Where it listens.
    pub addr: Option<SocketAddr>,
    /// What it can do; left out: everything.
    #[serde(rename = "cannot", default, skip_serializing_if = "Can::is_all")]
    pub can: Can,
    /// What can be seen of it; `null`: it never ran.
    pub snapshot: Option<Arc<NodeSnapshot>>,
}

/// One direction of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkStatus {
    /// The node that sends.
    pub from: String,
    /// The node that receives.
    pub to: String,
    /// What it is like.
    #[serde(flatten)]
    pub conditions: Conditions,
}

/// Payments that a lab makes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficView {
    /// They are being made.
    #[serde(rename = "on")]
    pub is_on: bool,
    /// How many a second, on average.
    pub rate: f64,
    /// How many were made.
    pub sent: u64,
    /// How many could not be: no wallet had enough, or a node refused.
    pub failed: u64,
}

/// What a lab as a whole shows beside its nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LabStatus {
    /// A line for people to read.
    pub caption: Option<Arc<str>>,
    /// The script that is played, step by step.
    pub script: Option<Arc<ScriptView>>,
    /// The groups of nodes between which nothing passes; `null`: the network is whole.
    #[serde(default)]
    pub partition: Option<Vec<Vec<String>>>,
    /// Payments that it makes by itself; `null`: they were never wanted.
    #[serde(default)]
    pub traffic: Option<TrafficView>,
}
