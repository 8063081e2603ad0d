//! Blocks and transactions on their way through the lab, and who told whom.
//!
//! Nodes are watched one by one, so what happened first may be heard of last: a block's arrivals
//! are sorted by the time that the nodes gave them, and who was first may change. A block's height
//! is known only once some node has taken it; until then there is nothing to show.
//!
//! A node that catches up fetches blocks that everybody else has had for long. They are not on
//! their way through the lab, and are left out: by their height, as soon as it is known. What a node
//! of the lab has just found is on its way at any height: its half of the network may be behind the
//! other, and so is everybody beside a miner that withholds. Transactions have no height: those that
//! were on their way before do not set out again.

use crate::chain::{BlockHash, Txid};
use crate::lab::observe::histogram::Spread;
use crate::lab::view::{Arrival, JOURNEYS, Journey, Times};
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How far below the highest block one may be that is on its way: the losers of a close race.
const BEHIND_MAX: u32 = 2;

/// Things that are followed: more than are shown, so that their times are known also when much is on
/// its way at once.
const FOLLOWED_MAX: usize = 256;

/// Blocks whose height is not known yet that are remembered: a moment's worth, or what a node that
/// catches up fetches at once.
const UNKNOWN_MAX: usize = 64;

/// Blocks that were here before and are remembered, so as not to set out again.
const PAST_MAX: usize = 1_024;

/// What goes through a lab.
pub(super) trait Traveller: Copy + PartialEq {
    /// What it is called once all is known about it.
    type Id: Copy;

    /// What it is called; `None`: it is not known well enough.
    fn id(self, height: Option<u32>) -> Option<Self::Id>;
}

impl Traveller for BlockHash {
    type Id = BlockId;

    fn id(self, height: Option<u32>) -> Option<BlockId> {
        let (height, hash) = (height?, self);
        Some(BlockId { height, hash })
    }
}

impl Traveller for Txid {
    type Id = Self;

    fn id(self, _: Option<u32>) -> Option<Self> {
        Some(self)
    }
}

/// Things of one kind on their way.
#[derive(Debug)]
pub(super) struct Journeys<K: Traveller> {
    /// By when they were first heard of, oldest first.
    drafts: VecDeque<Draft<K>>,
    /// Those that were dropped, oldest first.
    past: VecDeque<K>,
    /// The highest block of all.
    highest: u32,
    /// As they were shown last; `None`: something has changed.
    shown: Option<Arc<Vec<Journey<K::Id>>>>,
    half: Spread,
    all: Spread,
    /// Percentiles as they were read last; `None`: there are more.
    times: Option<Times>,
}

/// That a node has something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting<K> {
    /// Who has it.
    pub(super) node: NodeIx,
    /// Since when.
    pub(super) at: Time,
    /// Which.
    pub(super) what: K,
    /// A block's height, if the node knows it.
    pub(super) height: Option<u32>,
    /// The node has found or made it itself.
    pub(super) is_own: bool,
    /// The node that it came from.
    pub(super) from: Option<NodeIx>,
}

#[derive(Debug)]
struct Draft<K> {
    what: K,
    height: Option<u32>,
    maker: Option<NodeIx>,
    expected: Vec<NodeIx>,
    arrivals: BTreeMap<NodeIx, (Time, Option<NodeIx>)>,
    /// Its times were counted.
    is_counted: bool,
}

impl<K: Traveller> Default for Journeys<K> {
    fn default() -> Self {
        Self {
            drafts: VecDeque::new(),
            past: VecDeque::new(),
            highest: 0,
            shown: None,
            half: Spread::default(),
            all: Spread::default(),
            times: None,
        }
    }
}

impl<K: Traveller> Journeys<K> {
    /// Notes what a node has. `up` are the nodes that run.
    pub(super) fn saw(&mut self, sighting: Sighting<K>, up: impl FnOnce() -> Vec<NodeIx>) {
        if let Some(height) = sighting.height {
            self.reached(height);
        }
        let known = self
            .drafts
            .iter()
            .rposition(|draft| draft.what == sighting.what);
        let at = match known {
            Some(at) => at,
            None if self.past.contains(&sighting.what) => return,
            None => {
                self.drafts.push_back(Draft::new(sighting.what, up()));
                self.drafts.len() - 1
            }
        };
        self.drafts[at].add(&sighting);
        self.count(at);
        self.bound();
        self.shown = None;
    }

    /// Counts how long something took, once it is everywhere and it is known where it set out.
    fn count(&mut self, at: usize) {
        let draft = &mut self.drafts[at];
        let is_everywhere = draft.arrivals.len() == draft.expected.len() && draft.maker.is_some();
        if draft.is_counted || !is_everywhere {
            return;
        }
        let Some(journey) = draft.journey() else {
            return;
        };
        draft.is_counted = true;
        if let (Some(half), Some(all)) = (journey.half(), journey.all()) {
            self.half.add(half);
            self.all.add(all);
            self.times = None;
        }
    }

    /// How long they took, over the whole run.
    pub(super) fn times(&mut self) -> Times {
        *self.times.get_or_insert_with(|| Times {
            half: self.half.percentiles(),
            all: self.all.percentiles(),
        })
    }

    /// Its finder keeps it to itself: it is not on its way.
    pub(super) fn withheld(&mut self, what: K) {
        self.drafts.retain(|draft| draft.what != what);
        self.shown = None;
    }

    /// Some node's chain is so high.
    pub(super) fn reached(&mut self, height: u32) {
        self.highest = self.highest.max(height);
    }

    /// What there is to show, newest first.
    pub(super) fn show(&mut self) -> Arc<Vec<Journey<K::Id>>> {
        let (drafts, highest) = (&self.drafts, self.highest);
        let shown = self.shown.get_or_insert_with(|| {
            let known = drafts.iter().filter(|draft| draft.is_known(highest));
            let begun = known.filter_map(|draft| Some((draft.origin()?.1, draft)));
            let mut newest: Vec<_> = begun.collect();
            newest.sort_by_key(|(at, _)| Reverse(*at));
            // Many more are followed than are shown, and there is something new in every frame.
            newest.truncate(JOURNEYS);
            let journeys = newest.into_iter();
            Arc::new(journeys.filter_map(|(_, draft)| draft.journey()).collect())
        });
        Arc::clone(shown)
    }

    /// Of those that are known the oldest go, and so do the others.
    fn bound(&mut self) {
        for (is_known, max) in [(true, FOLLOWED_MAX), (false, UNKNOWN_MAX)] {
            let highest = self.highest;
            let alike = |draft: &Draft<K>| draft.is_known(highest) == is_known;
            let count = self.drafts.iter().filter(|draft| alike(draft)).count();
            if count > max
                && let Some(oldest) = self.drafts.iter().position(alike)
            {
                self.forget(oldest);
            }
        }
    }

    fn forget(&mut self, at: usize) {
        if let Some(draft) = self.drafts.remove(at) {
            self.past.push_back(draft.what);
        }
        if self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
    }
}

impl<K: Traveller> Draft<K> {
    fn new(what: K, expected: Vec<NodeIx>) -> Self {
        Self {
            what,
            height: None,
            maker: None,
            expected,
            arrivals: BTreeMap::new(),
            is_counted: false,
        }
    }

    fn add(&mut self, sighting: &Sighting<K>) {
        self.height = self.height.or(sighting.height);
        if !self.expected.contains(&sighting.node) {
            return;
        }
        if sighting.is_own && self.maker.is_none() {
            self.maker = Some(sighting.node);
        }
        let new = (sighting.at, sighting.from);
        let (at, from) = self.arrivals.entry(sighting.node).or_insert(new);
        *at = sighting.at.min(*at);
        *from = from.or(sighting.from);
    }

    /// Whether it is known that it is on its way: it was found here, or is as high as any.
    fn is_known(&self, highest: u32) -> bool {
        let is_low = |height: u32| height.saturating_add(BEHIND_MAX) < highest;
        let is_high = self.height.is_none_or(|height| !is_low(height));
        self.what.id(self.height).is_some() && (self.maker.is_some() || is_high)
    }

    /// Where it set out, and when: at its maker, if that is known, else where it was first.
    fn origin(&self) -> Option<(NodeIx, Time)> {
        let order = |ix: &NodeIx, at: Time| (Some(*ix) != self.maker, at);
        let mut arrivals = self.arrivals.iter();
        let (first, (first_at, _)) = arrivals.next()?;
        let first = (*first, *first_at);
        Some(arrivals.fold(first, |first, (ix, (at, _))| {
            match order(ix, *at) < order(&first.0, first.1) {
                true => (*ix, *at),
                false => first,
            }
        }))
    }

    fn journey(&self) -> Option<Journey<K::Id>> {
        let id = self.what.id(self.height)?;
        let (origin, at) = self.origin()?;
        let mut arrivals: Vec<_> = self.arrivals.iter().collect();
        arrivals.sort_by_key(|(ix, (at, _))| (**ix != origin, *at));
        let arrivals = arrivals.into_iter().map(|(node, (then, from))| Arrival {
            node: *node,
            after: then.since(at),
            from: from.filter(|_| *node != origin),
        });
        Some(Journey {
            id,
            origin,
            is_own: self.maker == Some(origin),
            at,
            expected: self.expected.clone(),
            arrivals: arrivals.collect(),
        })
    }
}

#[cfg(test)]
mod tests;
