//! What a run of a lab adds up to: blocks found, reorganisations, how long blocks took to get
//! everywhere, what went over the network.
//!
//! The hard case is a block's way. Nodes are heard of one by one, so that others may have a block
//! before it is heard who found it; and a node that catches up gets blocks that have arrived long
//! ago. So a way counts once its block was found by a node of the lab, with the nodes that ran when
//! it was first seen; and one that has arrived does not set out again.

use crate::chain::{BlockHash, Txid};
use crate::lab::observe::sighting;
use crate::node::Time;
use crate::node::io::{Event, EventKind};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Reorganisations that are remembered; the oldest go. A wild lab has one a second.
const REORGANISATIONS_MAX: usize = 10_000;

/// Payments that became invalid and are told apart.
const LOST_MAX: usize = 10_000;

/// Blocks on their way that are followed; the oldest go, which nobody passes on any more.
const WAYS_MAX: usize = 256;

/// Blocks that have arrived and are remembered, so as not to set out again.
const ARRIVED_MAX: usize = 4_096;

/// Times that percentiles are of; the oldest go.
const TIMES_MAX: usize = 100_000;

/// What a run adds up to so far. Nodes are numbered as in the lab.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    mined: BTreeMap<usize, u64>,
    deepest: BTreeMap<usize, usize>,
    reorganisations: VecDeque<Reorganisation>,
    /// Payments that became invalid at any node.
    lost: BTreeSet<Txid>,
    ways: VecDeque<Way>,
    arrived: VecDeque<BlockHash>,
    /// From the find to the last node, in the order of arrival.
    times: VecDeque<Duration>,
}

/// A node left blocks behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorganisation {
    /// Which node.
    pub node: usize,
    /// How many blocks.
    pub depth: usize,
    /// When.
    pub at: Time,
    /// Payments in them that wait in its mempool again.
    pub returned: usize,
    /// Payments in them that it keeps, to be tried again.
    pub held: usize,
    /// Payments in them that became invalid.
    pub lost: usize,
}

/// Messages that a node has handed to the network. Counted by whoever watches it, without a lock.
#[derive(Debug, Default)]
pub struct Traffic {
    messages: AtomicU64,
    bytes: AtomicU64,
    missed: AtomicU64,
}

/// A block on its way.
#[derive(Clone, Debug)]
struct Way {
    hash: BlockHash,
    is_mined: bool,
    first: Time,
    last: Time,
    /// Nodes that do not have it yet.
    missing: BTreeSet<usize>,
}

impl Tally {
    /// Something happened to a node. `up` are the nodes that run.
    pub fn happened(&mut self, node: usize, event: &Event, up: impl FnOnce() -> Vec<usize>) {
        let at = event.at;
        if let Some(seen) = sighting::block(&event.kind) {
            *self.mined.entry(node).or_default() += u64::from(seen.is_own);
            self.saw(node, at, seen.what, seen.is_own, up);
        }
        if let EventKind::Withheld { block, .. } = &event.kind {
            // Nobody is to have it, for as long as its finder likes.
            self.ways.retain(|way| way.hash != block.hash);
            push(&mut self.arrived, block.hash, ARRIVED_MAX);
        }
        if let EventKind::BecameInvalid { lost, lost_count } = &event.kind {
            self.lost_later(node, lost, *lost_count);
        }
        if let EventKind::Reorganised {
            depth,
            returned,
            held,
            lost_count,
            lost,
            ..
        } = &event.kind
        {
            self.note_lost(lost);
            self.reorganised(Reorganisation {
                node,
                depth: *depth,
                at,
                returned: *returned,
                held: *held,
                lost: *lost_count,
            });
        }
    }

    fn note_lost(&mut self, lost: &[Txid]) {
        let room = LOST_MAX.saturating_sub(self.lost.len());
        self.lost.extend(lost.iter().take(room));
    }

    /// Payments that a reorganisation of a node undid, and that waited since, are lost to it.
    fn lost_later(&mut self, node: usize, lost: &[Txid], count: usize) {
        self.note_lost(lost);
        let mut all = self.reorganisations.iter_mut().rev();
        if let Some(last) = all.find(|last| last.node == node) {
            let from_held = count.saturating_sub(last.returned);
            last.returned = last.returned.saturating_sub(count);
            last.held = last.held.saturating_sub(from_held);
            last.lost = last.lost.saturating_add(count);
        }
    }

    fn reorganised(&mut self, news: Reorganisation) {
        let deepest = self.deepest.entry(news.node).or_default();
        *deepest = news.depth.max(*deepest);
        push(&mut self.reorganisations, news, REORGANISATIONS_MAX);
    }

    fn saw(
        &mut self,
        node: usize,
        at: Time,
        hash: BlockHash,
        is_mined: bool,
        up: impl FnOnce() -> Vec<usize>,
    ) {
        if self.arrived.contains(&hash) {
            return;
        }
        let known = self.ways.iter().rposition(|way| way.hash == hash);
        let known = known.unwrap_or_else(|| {
            let way = Way {
                hash,
                is_mined,
                first: at,
                last: at,
                missing: up().into_iter().collect(),
            };
            push(&mut self.ways, way, WAYS_MAX);
            self.ways.len() - 1
        });
        let way = &mut self.ways[known];
        way.is_mined |= is_mined;
        way.first = way.first.min(at);
        // Of what a node says twice the first counts.
        if way.missing.remove(&node) {
            way.last = way.last.max(at);
        }
        self.settle(known);
    }

    /// A node does not run any more: blocks do not wait for it.
    pub fn left(&mut self, node: usize) {
        for at in (0..self.ways.len()).rev() {
            self.ways[at].missing.remove(&node);
            self.settle(at);
        }
    }

    fn settle(&mut self, at: usize) {
        let way = &self.ways[at];
        if !way.is_mined || !way.missing.is_empty() {
            return;
        }
        push(&mut self.times, way.last.since(way.first), TIMES_MAX);
        push(&mut self.arrived, way.hash, ARRIVED_MAX);
        self.ways.remove(at);
    }

    /// Blocks that a node has found.
    pub fn mined(&self, node: usize) -> u64 {
        self.mined.get(&node).copied().unwrap_or_default()
    }

    /// Blocks that a node's deepest reorganisation left behind.
    pub fn deepest(&self, node: usize) -> usize {
        self.deepest.get(&node).copied().unwrap_or_default()
    }

    /// All reorganisations, in the order in which they were heard of.
    pub fn reorganisations(&self) -> impl Iterator<Item = &Reorganisation> {
        self.reorganisations.iter()
    }

    /// Different payments that became invalid in any reorganisation of any node.
    pub fn lost(&self) -> &BTreeSet<Txid> {
        &self.lost
    }

    /// How long blocks took to get to every node that ran, shortest first.
    pub fn times(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.times.iter().copied().collect();
        times.sort_unstable();
        times
    }
}

fn push<T>(list: &mut VecDeque<T>, new: T, max: usize) {
    if list.len() >= max {
        list.pop_front();
    }
    list.push_back(new);
}

impl Traffic {
    /// Counts an event, if it is a message that went out.
    pub fn count(&self, event: &Event) {
        if let EventKind::MessageSent { bytes, .. } = event.kind {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            self.messages.fetch_add(1, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// So many events came too fast to be counted.
    pub fn miss(&self, events: u64) {
        self.missed.fetch_add(events, Ordering::Relaxed);
    }

    /// Messages, their bytes, and events that were missed.
    pub fn sums(&self) -> (u64, u64, u64) {
        let sum = |of: &AtomicU64| of.load(Ordering::Relaxed);
        (sum(&self.messages), sum(&self.bytes), sum(&self.missed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Amount;
    use crate::node::BlockId;
    use crate::node::io::{ConnId, PeerLabel};
    use crate::node::message::Gist;

    fn id(digit: u8) -> BlockId {
        BlockId {
            height: 1,
            hash: BlockHash([digit; 32]),
        }
    }

    fn mined(at: u64, digit: u8) -> Event {
        let kind = EventKind::Mined {
            block: id(digit),
            txs: 0,
            reward: Amount::ZERO,
        };
        Event { at: Time(at), kind }
    }

    fn got(at: u64, digit: u8) -> Event {
        let kind = EventKind::TipChanged {
            tip: id(digit),
            blocks: 1,
            txs: 0,
            from: None,
        };
        Event { at: Time(at), kind }
    }

    #[test]
    fn a_way_is_as_long_as_it_is_whoever_is_heard_of_first() {
        let all = || vec![0, 1, 2];
        let mut tally = Tally::default();
        tally.happened(1, &got(2_000, 7), all);
        tally.happened(2, &got(5_000, 7), all);
        assert!(tally.times().is_empty());
        tally.happened(0, &mined(1_000, 7), all);
        assert_eq!(tally.times(), [Duration::from_millis(4)]);
        // Who catches up later does not have it set out again.
        tally.happened(3, &got(99_000, 7), || vec![0, 1, 2, 3]);
        assert_eq!(tally.times().len(), 1);
        assert_eq!((tally.mined(0), tally.mined(1)), (1, 0));
    }

    #[test]
    fn a_block_does_not_wait_for_a_node_that_is_gone() {
        let mut tally = Tally::default();
        tally.happened(0, &mined(1_000, 7), || vec![0, 1, 2]);
        tally.happened(1, &got(3_000, 7), Vec::new);
        tally.left(2);
        assert_eq!(tally.times(), [Duration::from_millis(2)]);
    }

    #[test]
    fn the_deepest_reorganisation_of_each_node_is_kept() {
        let mut tally = Tally::default();
        for (at, depth) in [(1, 2), (2, 5), (3, 1)] {
            let kind = EventKind::Reorganised {
                fork: id(1),
                old: id(2),
                new: id(3),
                depth,
                returned: 0,
                confirmed: 0,
                held: 0,
                held_why: None,
                // The same payment each time.
                lost: vec![Txid([7; 32])],
                lost_count: 1,
            };
            let event = Event { at: Time(at), kind };
            tally.happened(4, &event, Vec::new);
        }
        assert_eq!(tally.lost().len(), 1);
        assert_eq!((tally.deepest(4), tally.deepest(0)), (5, 0));
        assert_eq!(tally.reorganisations().count(), 3);
    }

    #[test]
    fn only_what_goes_out_is_traffic() {
        let traffic = Traffic::default();
        let peer = PeerLabel {
            conn: ConnId(1),
            name: "bob".into(),
        };
        let sent = EventKind::MessageSent {
            peer: peer.clone(),
            command: "ping".to_owned(),
            bytes: 32,
            item: None,
            gist: Gist::Nothing,
        };
        let received = EventKind::MessageReceived {
            peer,
            command: "pong".to_owned(),
            bytes: 32,
            item: None,
            gist: Gist::Nothing,
        };
        for kind in [sent, received] {
            let at = Time(0);
            traffic.count(&Event { at, kind });
        }
        traffic.miss(3);
        assert_eq!(traffic.sums(), (1, 32, 3));
    }
}
