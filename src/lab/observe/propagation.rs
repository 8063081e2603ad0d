//! How blocks and transactions get through a lab, and which node told which.
//!
//! There is one rule. Waited for are the nodes that ran when something was first seen and have run
//! since without a break: one that dies on the way is taken out at its death, and one that comes back
//! is late. Nodes behind a partition run, so they are waited for. What all of these have, and what is
//! known to have been found here, has arrived: its times are counted, and do not change any more.
//!
//! Nodes are heard of one by one, so what happened first may be heard of last: the arrivals are
//! sorted by the times that the nodes gave them, and who was first may change. A block's height is known
//! only once some node has taken it; until then there is nothing to show. The death of a node may
//! be heard of before the block that it found: what a node found it had, dead or not.
//!
//! A node that catches up fetches blocks that all others have had for long. They are not on their
//! way through the lab, and are left out: by their height, as soon as it is known. What a node of the lab
//! has just found is on its way at any height: its half of the network may be behind the other, and
//! so are all others beside a miner that withholds. What is withheld sets out when it is released.
//! Transactions have no height: those that were on their way before do not set out again.

pub mod arrival;
mod times;
mod track;

pub use self::arrival::Arrived;
pub use self::times::{Arrival, Propagation, Times};

use self::times::ROWS;
use self::track::{Inventory, Stage, Track};
use super::histogram::Histogram;
use crate::chain::{BlockHash, Txid};
use crate::node::io::{Event, EventKind};
use crate::node::private_chain::PRIVATE_BLOCKS_MAX;
use crate::node::store::BlockId;
use crate::node::{NodeIx, Time};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Things that are followed, as many that have arrived and as many that have not: more than are
/// shown, so that their times are known also when much is on its way at once.
const FOLLOWED_MAX: usize = 256;

/// Blocks whose height is not known yet that are remembered: a moment's worth, or what a node that
/// catches up fetches at once.
const UNKNOWN_MAX: usize = 64;

/// Things that were here before and are remembered, so as not to set out again.
const PAST_MAX: usize = 1_024;

/// How far the block of a height has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spread {
    /// There is none of this height yet.
    None,
    /// It is waited for by nodes that do not have it.
    OnItsWay {
        /// Nodes that have it.
        at: usize,
        /// Nodes that count.
        of: usize,
    },
    /// It is so old that it is not known any more, or was never seen on its way.
    Forgotten,
    /// All nodes that count have it.
    Everywhere,
}

/// Times that are kept one by one; the oldest go.
const TIMES_MAX: usize = 100_000;

/// How things of one kind get through a lab.
#[derive(Clone, Debug)]
pub struct Tracker<K: Inventory> {
    /// By when they were first heard of, oldest first.
    tracks: VecDeque<Arc<Track<K>>>,
    /// Those that were dropped, oldest first, each with its height if it had arrived.
    past: VecDeque<(K, Option<u32>)>,
    /// What is kept private, as it was found, oldest first.
    private: VecDeque<Arrived<K>>,
    /// The highest block of all.
    highest: u32,
    /// As they were shown, until something has changed.
    shown: OnceLock<Arc<Vec<Propagation<K::Id>>>>,
    half: Histogram,
    all: Histogram,
    /// From the find to the last node, in the order of arrival.
    times: VecDeque<Duration>,
    /// Percentiles as they were read, until there are more.
    percentiles: OnceLock<Times>,
}

impl<K: Inventory> Default for Tracker<K> {
    fn default() -> Self {
        Self {
            tracks: VecDeque::new(),
            past: VecDeque::new(),
            private: VecDeque::new(),
            highest: 0,
            shown: OnceLock::new(),
            half: Histogram::default(),
            all: Histogram::default(),
            times: VecDeque::new(),
            percentiles: OnceLock::new(),
        }
    }
}

impl Tracker<BlockHash> {
    /// Notes what happened to a node; whether that was about a block. `who` is the node that this one calls
    /// by a name, `up` are the nodes that run.
    pub fn happened(
        &mut self,
        node: NodeIx,
        event: &Event,
        who: impl FnOnce(&str) -> Option<NodeIx>,
        up: impl Fn() -> Vec<NodeIx>,
    ) -> bool {
        match &event.kind {
            EventKind::Withheld { block, .. } => self.keep_private(own(node, event.at, *block)),
            EventKind::Released { tip, blocks } => {
                self.release(node, event.at, (*tip, *blocks), up);
            }
            EventKind::GaveUp { .. } => self.private.retain(|held| held.node != node),
            _ => {
                let Some(arrived) = arrival::block(node, event, who) else {
                    return false;
                };
                self.arrived(arrived, up);
            }
        }
        true
    }

    /// Its finder keeps it to itself: it is not on its way.
    fn keep_private(&mut self, held: Arrived<BlockHash>) {
        self.tracks.retain(|track| track.what() != held.what);
        push(&mut self.private, held, PRIVATE_BLOCKS_MAX);
        self.shown.take();
    }

    /// The last that a node has withheld set out, so many, up to this block. Those before are of an
    /// earlier life, at whose end they were released without a word.
    fn release(
        &mut self,
        node: NodeIx,
        at: Time,
        (tip, blocks): (BlockId, usize),
        up: impl Fn() -> Vec<NodeIx>,
    ) {
        let its = self.private.iter().filter(|held| held.node == node);
        let mut its: Vec<_> = its.rev().take(blocks).copied().collect();
        its.reverse();
        self.private.retain(|held| held.node != node);
        // That it was withheld may have been missed.
        if its.iter().all(|held| held.what != tip.hash) {
            its.push(own(node, at, tip));
        }
        for held in its {
            self.arrived(Arrived { at, ..held }, &up);
        }
    }
}

/// That a node has found a block itself.
fn own(node: NodeIx, at: Time, block: BlockId) -> Arrived<BlockHash> {
    Arrived {
        node,
        at,
        what: block.hash,
        height: Some(block.height),
        is_own: true,
        from: None,
    }
}

impl Tracker<Txid> {
    /// As for blocks, about a transaction.
    pub fn happened(
        &mut self,
        node: NodeIx,
        event: &Event,
        who: impl FnOnce(&str) -> Option<NodeIx>,
        up: impl FnOnce() -> Vec<NodeIx>,
    ) -> bool {
        let arrived = arrival::tx(node, event, who);
        arrived.map(|arrived| self.arrived(arrived, up)).is_some()
    }
}

impl<K: Inventory> Tracker<K> {
    /// Notes what a node has. `up` are the nodes that run.
    pub fn arrived(&mut self, arrived: Arrived<K>, up: impl FnOnce() -> Vec<NodeIx>) {
        if let Some(height) = arrived.height {
            self.reached(height);
        }
        let mut tracks = self.tracks.iter();
        let known = tracks.rposition(|track| track.what() == arrived.what);
        if known.is_none() && self.was_here(arrived.what) {
            return;
        }
        let at = known.unwrap_or_else(|| {
            let waited_for = self.waited_for(&arrived, up());
            let track = Track::new(arrived.what, waited_for);
            self.tracks.push_back(Arc::new(track));
            self.tracks.len() - 1
        });
        Arc::make_mut(&mut self.tracks[at]).add(&arrived);
        self.count(at);
        if known.is_none() {
            self.bound();
        }
        self.shown.take();
    }

    /// Of the nodes that run, all; but one that withheld it has it already, and says so if it releases it
    /// in this life.
    fn waited_for(&self, first: &Arrived<K>, mut up: Vec<NodeIx>) -> Vec<NodeIx> {
        let held = self.private.iter().find(|held| held.what == first.what);
        up.retain(|ix| held.is_none_or(|held| held.node != *ix));
        up
    }

    /// A node has begun anew, with another chain: nothing waits for it, and what it withheld is gone.
    pub fn forget(&mut self, node: NodeIx) {
        self.private.retain(|held| held.node != node);
        self.left(node);
    }

    /// A node does not run any more: nothing waits for it.
    pub fn left(&mut self, node: NodeIx) {
        for at in 0..self.tracks.len() {
            if self.tracks[at].waits_for(node) {
                Arc::make_mut(&mut self.tracks[at]).left(node);
                self.count(at);
                self.shown.take();
            }
        }
    }

    /// The chain of some node is so high.
    pub fn reached(&mut self, height: u32) {
        self.highest = self.highest.max(height);
    }

    /// Counts how long something took, once it has arrived.
    fn count(&mut self, at: usize) {
        if !self.tracks[at].is_about_to_settle() {
            return;
        }
        let Some((half, all)) = Arc::make_mut(&mut self.tracks[at]).settle() else {
            return;
        };
        self.half.add(half);
        self.all.add(all);
        push(&mut self.times, all, TIMES_MAX);
        self.percentiles.take();
    }

    /// What there is to show, newest first.
    pub fn show(&self) -> Arc<Vec<Propagation<K::Id>>> {
        let (tracks, highest) = (&self.tracks, self.highest);
        let shown = self.shown.get_or_init(|| {
            let known = tracks.iter().rev().filter(|track| track.is_known(highest));
            let begun = known.filter_map(|track| Some((track.origin()?.1, track)));
            let mut newest: Vec<_> = begun.collect();
            newest.sort_by_key(|(at, _)| Reverse(*at));
            // Many more are followed than are shown, and there is something new in every frame.
            newest.truncate(ROWS);
            let newest = newest.into_iter();
            Arc::new(newest.filter_map(|(_, track)| track.row()).collect())
        });
        Arc::clone(shown)
    }

    /// Percentiles of how long they took, over the whole run.
    pub fn percentiles(&self) -> Times {
        *self.percentiles.get_or_init(|| Times {
            half: self.half.percentiles(),
            all: self.all.percentiles(),
        })
    }

    /// How long each took from its finder to all nodes, shortest first.
    pub fn times(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.times.iter().copied().collect();
        times.sort_unstable();
        times
    }

    fn was_here(&self, what: K) -> bool {
        self.past.iter().any(|(past, _)| *past == what)
    }

    /// How far the block of this height has come, the first seen of it.
    pub fn spread(&self, height: u32) -> Spread {
        let has_arrived = |(_, arrived): &(K, Option<u32>)| *arrived == Some(height);
        if self.past.iter().any(has_arrived) {
            return Spread::Everywhere;
        }
        let of_height = |track: &&Arc<Track<K>>| track.height() == Some(height);
        let known = self.tracks.iter().filter(of_height);
        let known = known.filter(|track| track.is_known(self.highest));
        let begun = known.filter_map(|track| Some((track.origin()?.1, track.row()?)));
        match begun.min_by_key(|(at, _)| *at) {
            Some((_, row)) if row.all().is_some() => Spread::Everywhere,
            Some((_, row)) => Spread::OnItsWay {
                at: row.arrivals.len(),
                of: row.expected.len(),
            },
            None if height > self.highest => Spread::None,
            None => Spread::Forgotten,
        }
    }

    /// Of those of one stage the oldest go.
    fn bound(&mut self) {
        let highest = self.highest;
        let stages = [
            (Stage::Everywhere, FOLLOWED_MAX),
            (Stage::OnItsWay, FOLLOWED_MAX),
            (Stage::Unknown, UNKNOWN_MAX),
        ];
        for (stage, max) in stages {
            let alike = |track: &Arc<Track<K>>| track.stage(highest) == stage;
            let count = self.tracks.iter().filter(|track| alike(track)).count();
            for _ in max..count {
                let oldest = self.tracks.iter().position(alike);
                if let Some(track) = oldest.and_then(|oldest| self.tracks.remove(oldest)) {
                    let arrived = track.height().filter(|_| stage == Stage::Everywhere);
                    push(&mut self.past, (track.what(), arrived), PAST_MAX);
                }
            }
        }
    }
}

/// Adds to a list; the oldest goes if there are too many.
pub(super) fn push<T>(list: &mut VecDeque<T>, new: T, max: usize) {
    if list.len() >= max {
        list.pop_front();
    }
    list.push_back(new);
}

#[cfg(test)]
mod tests;
