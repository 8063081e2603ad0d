//! What people and programs ask of a lab, and what they are told.

use super::layout::NodeSpec;
use super::view::NodeIx;
use crate::node::io::{Command, Reply};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The number of a request, by which its caller knows the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Something of a node. Wallets' names are unique in a lab, and a payment may go to any of
    /// them: the lab sees to both.
    Node(NodeIx, Command),
    /// End a node as a crash would.
    Kill(NodeIx),
    /// Start a node that is down, on the data that it has.
    Restart(NodeIx),
    /// Add a node, and start it.
    Add(Box<NodeSpec>),
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
    /// The lab's data is here now, and `chainlab run --data-dir` opens it again.
    Kept(PathBuf),
}
