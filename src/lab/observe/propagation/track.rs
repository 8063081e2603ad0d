//! The way of one block or transaction, as far as it is known.

use super::arrival::Arrived;
use super::times::{Arrival, Propagation};
use crate::chain::{BlockHash, Txid};
use crate::node::{BlockId, NodeIx, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far below the highest block one may be that is on its way: the losers of a close race.
const BEHIND_MAX: u32 = 2;

/// What goes through a lab.
pub trait Inventory: Copy + PartialEq {
    /// What it is called once all is known about it.
    type Id: Copy;

    /// What it is called; `None`: it is not known well enough.
    fn id(self, height: Option<u32>) -> Option<Self::Id>;
}

impl Inventory for BlockHash {
    type Id = BlockId;

    fn id(self, height: Option<u32>) -> Option<BlockId> {
        let (height, hash) = (height?, self);
        Some(BlockId { height, hash })
    }
}

impl Inventory for Txid {
    type Id = Self;

    fn id(self, _: Option<u32>) -> Option<Self> {
        Some(self)
    }
}

/// What is known of the way of one block or transaction.
#[derive(Clone, Debug)]
pub(super) struct Track<K> {
    what: K,
    height: Option<u32>,
    /// The node that found or made it.
    maker: Option<NodeIx>,
    /// The nodes that have it, since when and from which node, and those that are waited for.
    nodes: BTreeMap<NodeIx, Option<(Time, Option<NodeIx>)>>,
    /// All that count have it, and its times were counted: they stay as they are.
    is_settled: bool,
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is not known to be on its way.
    Unknown,
    /// It is waited for.
    OnItsWay,
    /// No node waits for it.
    Everywhere,
}

impl<K: Inventory> Track<K> {
    /// Of something that so many wait for.
    pub fn new(what: K, waited_for: Vec<NodeIx>) -> Self {
        Self {
            what,
            height: None,
            maker: None,
            nodes: waited_for.into_iter().map(|ix| (ix, None)).collect(),
            is_settled: false,
        }
    }

    pub fn what(&self) -> K {
        self.what
    }

    pub fn height(&self) -> Option<u32> {
        self.height
    }

    /// Notes that a node has it. Those that were not there in time do not count, but for its
    /// finder: that had it first, also if it was dead before it was heard.
    pub fn add(&mut self, arrived: &Arrived<K>) {
        self.height = self.height.or(arrived.height);
        if self.is_settled {
            return;
        }
        if arrived.is_own && self.maker.is_none() {
            self.maker = Some(arrived.node);
            self.nodes.entry(arrived.node).or_default();
        }
        if let Some(there) = self.nodes.get_mut(&arrived.node) {
            let (at, from) = there.get_or_insert((arrived.at, arrived.from));
            *at = arrived.at.min(*at);
            *from = from.or(arrived.from);
        }
    }

    /// Whether a node is waited for.
    pub fn waits_for(&self, node: NodeIx) -> bool {
        self.nodes.get(&node) == Some(&None)
    }

    /// A node that is waited for has died: it is not waited for any more.
    pub fn left(&mut self, node: NodeIx) {
        self.nodes.remove(&node);
    }

    /// Whether it has just arrived.
    pub fn is_about_to_settle(&self) -> bool {
        !self.is_settled && self.maker.is_some() && self.is_everywhere()
    }

    /// If it has just arrived: how long it took to half of the nodes, and to all. From then on that
    /// does not change.
    pub fn settle(&mut self) -> Option<(Duration, Duration)> {
        if !self.is_about_to_settle() {
            return None;
        }
        let row = self.row()?;
        self.is_settled = true;
        row.half().zip(row.all())
    }

    /// Whether it is known that it is on its way: it was found here, or is as high as any.
    pub fn is_known(&self, highest: u32) -> bool {
        let is_low = |height: u32| height.saturating_add(BEHIND_MAX) < highest;
        let is_high = self.height.is_none_or(|height| !is_low(height));
        self.what.id(self.height).is_some() && (self.maker.is_some() || is_high)
    }

    pub fn stage(&self, highest: u32) -> Stage {
        match (self.is_known(highest), self.is_everywhere()) {
            (false, _) => Stage::Unknown,
            (true, false) => Stage::OnItsWay,
            (true, true) => Stage::Everywhere,
        }
    }

    fn is_everywhere(&self) -> bool {
        self.is_settled || self.nodes.values().all(Option::is_some)
    }

    /// Where it set out, and when: at its maker, if that is known, else where it was first.
    pub fn origin(&self) -> Option<(NodeIx, Time)> {
        let arrivals = self.arrivals().map(|(ix, at, _)| (ix, at));
        arrivals.min_by_key(|(ix, at)| (Some(*ix) != self.maker, *at))
    }

    fn arrivals(&self) -> impl Iterator<Item = (NodeIx, Time, Option<NodeIx>)> {
        let nodes = self.nodes.iter();
        nodes.filter_map(|(ix, there)| there.map(|(at, from)| (*ix, at, from)))
    }

    /// It, as it is shown; `None`: there is nothing to show yet.
    pub fn row(&self) -> Option<Propagation<K::Id>> {
        let id = self.what.id(self.height)?;
        let (origin, at) = self.origin()?;
        let mut arrivals: Vec<_> = self.arrivals().collect();
        arrivals.sort_by_key(|(ix, at, _)| (*ix != origin, *at));
        let arrivals = arrivals.into_iter().map(|(node, then, from)| Arrival {
            node,
            after: then.since(at),
            from: from.filter(|_| node != origin),
        });
        Some(Propagation {
            id,
            origin,
            is_own: self.maker == Some(origin),
            at,
            expected: self.nodes.keys().copied().collect(),
            arrivals: arrivals.collect(),
        })
    }
}
