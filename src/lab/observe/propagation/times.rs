//! The propagation of one block or transaction, as it is shown.

use crate::lab::observe::histogram::Percentiles;
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use std::time::Duration;

/// Blocks whose propagation is shown, and as many transactions.
pub const ROWS: usize = 32;

/// How one block or transaction gets through the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Propagation<Id = BlockId> {
    /// Which.
    pub id: Id,
    /// Where it was first seen, which is who found or made it if that is a node of the lab.
    pub origin: NodeIx,
    /// The origin found or made it, and did not get it from another node.
    pub is_own: bool,
    /// When it was first seen.
    pub at: Time,
    /// Nodes that ran then, without those that died before it came to them.
    pub expected: Vec<NodeIx>,
    /// Who of them has it, in the order of arrival. The origin comes first.
    pub arrivals: Vec<Arrival>,
}

/// That something came to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// To whom.
    pub node: NodeIx,
    /// The time since it was first seen; of the origin nothing.
    pub after: Duration,
    /// The node that it came from; `None`: the origin, or not known.
    pub from: Option<NodeIx>,
}

/// How long things took to get through the lab, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// To half of the nodes that ran.
    pub half: Option<Percentiles>,
    /// To all of them.
    pub all: Option<Percentiles>,
}

impl<Id> Propagation<Id> {
    /// When half of the nodes had it, as [`Propagation::all`].
    pub fn half(&self) -> Option<Duration> {
        self.reached(self.expected.len().div_ceil(2))
    }

    /// When the last of the nodes that count had it; `None`: it is on its way.
    pub fn all(&self) -> Option<Duration> {
        self.reached(self.expected.len())
    }

    fn reached(&self, count: usize) -> Option<Duration> {
        let arrival = self.arrivals.get(count.checked_sub(1)?)?;
        Some(arrival.after)
    }

    /// When this node had it.
    pub fn arrival(&self, node: NodeIx) -> Option<Duration> {
        let found = self.arrivals.iter().find(|arrival| arrival.node == node);
        found.map(|arrival| arrival.after)
    }
}
