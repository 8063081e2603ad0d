//! What the server shows and does: a lab, or one node of it as if it were alone, whatever drives it.

use super::bus::{Subscription, WantsMessages, WantsTime};
use super::data::{About, NodeEvent};
use crate::lab::ask::params::BadParam;
use crate::lab::ask::{Named, Request};
use crate::lab::view::{LabStatus, LinkStatus, NodeState, NodeStatus, TimeView};
use crate::node::io::CommandError;
use crate::node::{NodeIx, Time};
use serde_json::Value;
use std::pin::Pin;
use tokio::sync::watch;

/// What comes later.
pub(in crate::lab) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is different whenever a node looks different.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lab) struct Edition {
    /// The round of the lab.
    pub(in crate::lab) round: u32,
    /// What is different when the node was started again.
    pub(in crate::lab) life: u64,
    /// Whether it runs.
    pub(in crate::lab) state: NodeState,
    /// When it looked like this.
    pub(in crate::lab) seen: Option<Time>,
}

/// Why a request was not done.
pub(in crate::lab) enum Refusal {
    /// Something is wrong with the request.
    Request(BadParam),
    /// It could not be done.
    Failed(CommandError),
}

/// A lab, or one node of it, as a control server needs it.
pub(in crate::lab) trait Controlled: Send + Sync {
    /// What `hello` answers.
    fn about(&self) -> About;

    /// How often the lab was made anew.
    fn round(&self) -> u32;

    /// All nodes.
    fn status(&self) -> Vec<NodeStatus>;

    /// As [`Controlled::status`], with those that run in this process as they are at this moment: a
    /// client that was told that something is done wants to see it.
    fn fresh_status(&self) -> Later<'static, Vec<NodeStatus>>;

    /// One of them, and which edition that is.
    fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)>;

    /// The nodes, each with what is different when it looks different.
    fn editions(&self) -> Vec<(NodeIx, Edition)>;

    /// The whole.
    fn lab_status(&self) -> LabStatus;

    /// How its time goes; `None`: it goes by itself.
    fn time(&self) -> Option<TimeView> {
        None
    }

    /// Both directions of every link: between nodes that are connected, and those that were set.
    fn links(&self) -> Vec<LinkStatus>;

    /// Goes up whenever any node may look different.
    fn changes(&self) -> watch::Receiver<u64>;

    /// What happens from now on, and what happened before that, node by node, oldest first.
    fn events(&self) -> (Subscription, Vec<NodeEvent>);

    /// Whether this node is one of them.
    fn shows(&self, ix: NodeIx) -> bool;

    /// From now on every message is told.
    fn want_messages(&self) -> WantsMessages;

    /// From now on time waits for a subscriber who is behind; `None`: it waits for none.
    fn want_time(&self) -> Option<WantsTime> {
        None
    }

    /// Begins to do what is asked: it has its place in the order of things when this returns.
    fn serve(&self, request: Request<Named>) -> Later<'static, Result<Value, Refusal>>;
}
