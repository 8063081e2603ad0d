//! What a run of a lab adds up to: blocks found, reorganisations, payments lost, what went over the
//! network. How blocks get through it is [`propagation`](super::propagation)'s.

use super::propagation::push;
use super::reorganisation::{REORGANISATIONS, Reorganisation};
use crate::chain::Txid;
use crate::node::io::{self, Event, EventKind};
use crate::node::message::Kind;
use crate::node::{NodeIx, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

/// Reorganisations that are remembered; the oldest go. A wild lab has one a second.
const REORGANISATIONS_MAX: usize = 10_000;

/// Payments that became invalid and are told apart.
const LOST_MAX: usize = 10_000;

/// What a run adds up to so far.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    nodes: BTreeMap<NodeIx, NodeStats>,
    /// Oldest first. Of those that are not shown any more, lost payments are not named.
    reorganisations: VecDeque<Arc<Reorganisation>>,
    /// The newest, once they were shown, until something has changed.
    shown: OnceLock<Arc<Vec<Reorganisation>>>,
    /// Payments that became invalid at any node.
    lost: BTreeSet<Txid>,
}

/// What that is at one node.
#[derive(Clone, Debug, Default)]
struct NodeStats {
    mined: u64,
    deepest: usize,
    last: Option<(Time, usize)>,
}

/// Messages that a node has handed to the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    messages: u64,
    bytes: u64,
    missed: u64,
    /// How many of each kind, in the order of [`Kind::ALL`].
    kinds: [u64; Kind::ALL.len()],
}

impl Stats {
    /// Something happened to a node.
    pub fn happened(&mut self, node: NodeIx, event: &Event) {
        match &event.kind {
            EventKind::Mined { .. } => self.nodes.entry(node).or_default().mined += 1,
            EventKind::BecameInvalid { lost, lost_count } => {
                self.lost_later(node, lost, *lost_count);
            }
            EventKind::Reorganised {
                fork,
                old,
                new,
                depth,
                returned,
                held,
                held_why,
                lost,
                lost_count,
                ..
            } => self.reorganised(Reorganisation {
                node,
                at: event.at,
                fork: *fork,
                old: *old,
                new: *new,
                depth: *depth,
                returned: *returned,
                held: *held,
                held_why: held_why.clone(),
                lost: lost.clone(),
                lost_count: *lost_count,
            }),
            _ => {}
        }
    }

    fn reorganised(&mut self, news: Reorganisation) {
        self.note_lost(&news.lost);
        let node = self.nodes.entry(news.node).or_default();
        node.deepest = news.depth.max(node.deepest);
        node.last = Some((news.at, news.depth));
        push(
            &mut self.reorganisations,
            Arc::new(news),
            REORGANISATIONS_MAX,
        );
        if let Some(old) = self.reorganisations.iter_mut().nth_back(REORGANISATIONS) {
            Arc::make_mut(old).lost = Vec::new();
        }
        self.shown.take();
    }

    fn note_lost(&mut self, lost: &[Txid]) {
        let room = LOST_MAX.saturating_sub(self.lost.len());
        self.lost.extend(lost.iter().take(room));
    }

    /// Payments that a reorganisation of a node undid, and that waited since, are lost to it.
    fn lost_later(&mut self, node: NodeIx, lost: &[Txid], count: usize) {
        self.note_lost(lost);
        let mut all = self.reorganisations.iter_mut().rev().enumerate();
        let Some((place, last)) = all.find(|(_, last)| last.node == node) else {
            return;
        };
        let last = Arc::make_mut(last);
        let from_held = count.saturating_sub(last.returned);
        last.returned = last.returned.saturating_sub(count);
        last.held = last.held.saturating_sub(from_held);
        last.lost_count = last.lost_count.saturating_add(count);
        if place < REORGANISATIONS {
            let room = io::LOST_MAX.saturating_sub(last.lost.len());
            last.lost.extend(lost.iter().take(room));
            self.shown.take();
        }
    }

    /// A node has begun anew: it has left no blocks behind yet. What the run adds up to stays.
    pub fn forget(&mut self, node: NodeIx) {
        if let Some(node) = self.nodes.get_mut(&node) {
            node.last = None;
        }
    }

    /// Blocks that a node has found.
    pub fn mined(&self, node: NodeIx) -> u64 {
        self.nodes.get(&node).map_or(0, |node| node.mined)
    }

    /// Blocks that a node's deepest reorganisation left behind.
    pub fn deepest(&self, node: NodeIx) -> usize {
        self.nodes.get(&node).map_or(0, |node| node.deepest)
    }

    /// The last time that a node left blocks behind, and how many.
    pub fn last(&self, node: NodeIx) -> Option<(Time, usize)> {
        self.nodes.get(&node)?.last
    }

    /// All reorganisations, in the order in which they were heard of.
    pub fn reorganisations(&self) -> impl DoubleEndedIterator<Item = &Reorganisation> {
        self.reorganisations.iter().map(|reorg| &**reorg)
    }

    /// The newest [`REORGANISATIONS`], newest first.
    pub fn newest(&self) -> Arc<Vec<Reorganisation>> {
        let all = &self.reorganisations;
        let shown = self.shown.get_or_init(|| {
            let newest = all.iter().rev().take(REORGANISATIONS);
            Arc::new(newest.map(|reorg| (**reorg).clone()).collect())
        });
        Arc::clone(shown)
    }

    /// Different payments that became invalid in any reorganisation of any node.
    pub fn lost(&self) -> &BTreeSet<Txid> {
        &self.lost
    }
}

impl Traffic {
    /// Counts an event, if it is a message that went out.
    pub fn count(&mut self, event: &Event) {
        if let EventKind::MessageSent { bytes, command, .. } = &event.kind {
            let bytes = u64::try_from(*bytes).unwrap_or(u64::MAX);
            self.messages += 1;
            self.bytes = self.bytes.saturating_add(bytes);
            if let Some(kind) = Kind::from_name(command) {
                self.kinds[kind.index()] += 1;
            }
        }
    }

    /// So many events came too fast to be counted.
    pub fn miss(&mut self, events: u64) {
        self.missed = self.missed.saturating_add(events);
    }

    /// Messages of a kind; `None`: events were missed, so that it is not known.
    pub fn of_kind(&self, kind: Kind) -> Option<u64> {
        (self.missed == 0).then(|| self.kinds[kind.index()])
    }

    /// Messages, their bytes, and events that were missed.
    pub fn sums(&self) -> (u64, u64, u64) {
        (self.messages, self.bytes, self.missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::BlockHash;
    use crate::node::BlockId;
    use crate::node::io::{ConnId, PeerLabel};
    use crate::node::message::MessageSummary;

    fn id(digit: u8) -> BlockId {
        BlockId {
            height: 1,
            hash: BlockHash([digit; 32]),
        }
    }

    fn reorganised(at: u64, depth: usize, lost: u8) -> Event {
        let kind = EventKind::Reorganised {
            fork: id(1),
            old: id(2),
            new: id(3),
            depth,
            returned: 0,
            confirmed: 0,
            held: 0,
            held_why: None,
            lost: vec![Txid([lost; 32])],
            lost_count: 1,
        };
        Event { at: Time(at), kind }
    }

    #[test]
    fn the_deepest_reorganisation_of_each_node_is_kept_and_so_is_the_last() {
        let mut stats = Stats::default();
        for (at, depth) in [(1, 2), (2, 5), (3, 1)] {
            // The same payment each time.
            stats.happened(NodeIx(4), &reorganised(at, depth, 7));
        }
        assert_eq!(stats.lost().len(), 1);
        let deepest = [4, 0].map(|ix| stats.deepest(NodeIx(ix)));
        assert_eq!(deepest, [5, 0]);
        assert_eq!(stats.last(NodeIx(4)), Some((Time(3), 1)));
        stats.forget(NodeIx(4));
        assert_eq!((stats.last(NodeIx(4)), stats.deepest(NodeIx(4))), (None, 5));
        assert_eq!(stats.reorganisations().count(), 3);
    }

    #[test]
    fn the_screen_and_the_summary_are_told_of_the_same_reorganisations() {
        let mut stats = Stats::default();
        let count = REORGANISATIONS + 10;
        for at in 0..count {
            let at = u64::try_from(at).expect("few");
            stats.happened(NodeIx(1), &reorganised(at, 1, 7));
        }
        stats.newest();
        // Of what waited since then something is lost.
        let kind = EventKind::BecameInvalid {
            lost: vec![Txid([8; 32])],
            lost_count: 1,
        };
        let at = Time(1_000);
        stats.happened(NodeIx(1), &Event { at, kind });
        let newest = stats.newest();
        let all: Vec<_> = stats.reorganisations().rev().cloned().collect();
        assert_eq!((all.len(), newest.len()), (count, REORGANISATIONS));
        assert_eq!(newest[..], all[..REORGANISATIONS]);
        assert_eq!(newest[0].lost, [[7; 32], [8; 32]].map(Txid));
        assert_eq!(newest[0].lost_count, 2);
        // What is only counted takes no room for names.
        let named = all.iter().filter(|reorg| !reorg.lost.is_empty());
        assert_eq!(named.count(), REORGANISATIONS);
        assert_eq!(stats.lost().len(), 2);
    }

    #[test]
    fn only_what_goes_out_is_traffic() {
        let mut traffic = Traffic::default();
        let peer = PeerLabel {
            conn: ConnId(1),
            name: "bob".into(),
        };
        let sent = EventKind::MessageSent {
            peer: peer.clone(),
            command: "ping".to_owned(),
            bytes: 32,
            item: None,
            summary: MessageSummary::Nothing,
        };
        let received = EventKind::MessageReceived {
            peer,
            command: "pong".to_owned(),
            bytes: 32,
            item: None,
            summary: MessageSummary::Nothing,
        };
        for kind in [sent, received] {
            let at = Time(0);
            traffic.count(&Event { at, kind });
        }
        let of = |kind| traffic.of_kind(kind);
        assert_eq!([Kind::Ping, Kind::Pong].map(of), [Some(1), Some(0)]);
        traffic.miss(3);
        assert_eq!(traffic.sums(), (1, 32, 3));
        assert_eq!(traffic.of_kind(Kind::Ping), None);
    }
}
