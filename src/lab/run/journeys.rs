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
use crate::lab::spread::Spread;
use crate::lab::view::{Arrival, JOURNEYS, Journey, NodeIx, Times};
use crate::node::Time;
use crate::node::store::BlockId;
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
            let mut journeys: Vec<_> = known.filter_map(Draft::journey).collect();
            journeys.sort_by_key(|journey| Reverse(journey.at));
            journeys.truncate(JOURNEYS);
            Arc::new(journeys)
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

    fn journey(&self) -> Option<Journey<K::Id>> {
        let id = self.what.id(self.height)?;
        let mut arrivals: Vec<_> = self.arrivals.iter().collect();
        arrivals.sort_by_key(|(ix, (at, _))| (Some(**ix) != self.maker, *at));
        let (origin, (at, _)) = *arrivals.first()?;
        let arrivals = arrivals.into_iter().map(|(node, (then, from))| Arrival {
            node: *node,
            after: then.since(*at),
            from: from.filter(|_| node != origin),
        });
        Some(Journey {
            id,
            origin: *origin,
            is_own: self.maker == Some(*origin),
            at: *at,
            expected: self.expected.clone(),
            arrivals: arrivals.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const A: NodeIx = NodeIx(0);
    const B: NodeIx = NodeIx(1);
    const C: NodeIx = NodeIx(2);

    fn hash(number: u32) -> BlockHash {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_le_bytes());
        BlockHash(hash)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn seen(node: NodeIx, at_ms: u64, block: u32) -> Sighting<BlockHash> {
        Sighting {
            node,
            at: Time(1_000_000) + ms(at_ms),
            what: hash(block),
            height: None,
            is_own: false,
            from: None,
        }
    }

    fn taken(node: NodeIx, at_ms: u64, block: u32) -> Sighting<BlockHash> {
        let height = Some(block);
        Sighting {
            height,
            ..seen(node, at_ms, block)
        }
    }

    fn mined(node: NodeIx, at_ms: u64, block: u32) -> Sighting<BlockHash> {
        let is_own = true;
        Sighting {
            is_own,
            ..taken(node, at_ms, block)
        }
    }

    fn all() -> Vec<NodeIx> {
        vec![A, B, C]
    }

    fn after(sightings: &[Sighting<BlockHash>]) -> Vec<Journey> {
        let mut journeys = Journeys::<BlockHash>::default();
        sightings
            .iter()
            .for_each(|sighting| journeys.saw(*sighting, all));
        journeys.show().to_vec()
    }

    fn way_of<Id>(journey: &Journey<Id>) -> Vec<(NodeIx, Duration)> {
        let arrivals = journey.arrivals.iter();
        arrivals
            .map(|arrival| (arrival.node, arrival.after))
            .collect()
    }

    #[test]
    fn it_is_known_who_told_whom_and_how_long_it_took() {
        let from = |node: NodeIx, sighting| Sighting {
            from: Some(node),
            ..sighting
        };
        let way = [
            mined(C, 0, 12),
            from(C, seen(A, 241, 12)),
            // A node says twice that it has a block; where it came from it need say only once.
            taken(A, 242, 12),
            from(A, seen(B, 483, 12)),
        ];
        let mut journeys = Journeys::<BlockHash>::default();
        for sighting in way {
            journeys.saw(sighting, all);
        }
        let shown = journeys.show();
        let told: Vec<_> = shown[0].arrivals.iter().map(|there| there.from).collect();
        assert_eq!(told, [None, Some(C), Some(A)]);
        let times = journeys.times();
        let is_about = |shown: Duration, ms: u128| shown.as_millis().abs_diff(ms) <= ms / 100;
        let (half, all) = (times.half.expect("one"), times.all.expect("one"));
        assert!(
            is_about(half.p50, 241) && is_about(all.p99, 483),
            "{times:?}"
        );
        assert_eq!(all.count, 1);
    }

    #[test]
    fn a_transaction_goes_from_its_payer_to_everybody_and_never_twice() {
        let seen = |node, at_ms, is_own| Sighting {
            node,
            at: Time(1_000_000) + ms(at_ms),
            what: Txid([7; 32]),
            height: None,
            is_own,
            from: None,
        };
        let mut journeys = Journeys::<Txid>::default();
        journeys.saw(seen(A, 0, true), all);
        journeys.saw(seen(B, 5, false), all);
        journeys.saw(seen(C, 9, false), all);
        journeys.saw(seen(B, 99, true), all);
        let shown = journeys.show();
        assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(5)), (C, ms(9))]);
        assert_eq!(journeys.times().all.map(|all| all.count), Some(1));
    }

    #[test]
    fn a_block_goes_from_its_miner_to_everybody() {
        let way = [
            mined(C, 0, 12),
            seen(A, 241, 12),
            taken(A, 242, 12),
            seen(B, 483, 12),
        ];
        let [journey] = &after(&way)[..] else {
            panic!("one block")
        };
        assert_eq!(
            (journey.id.height, journey.origin, journey.is_own),
            (12, C, true)
        );
        assert_eq!(way_of(journey), [(C, ms(0)), (A, ms(241)), (B, ms(483))]);
        assert_eq!(
            (journey.half(), journey.all()),
            (Some(ms(241)), Some(ms(483)))
        );
    }

    #[test]
    fn news_in_another_order_tells_of_the_same_way() {
        let way = [mined(C, 0, 12), seen(A, 241, 12), taken(B, 483, 12)];
        let told = after(&way);
        for order in [[2, 1, 0], [1, 0, 2], [0, 2, 1]] {
            assert_eq!(after(&order.map(|at| way[at])), told);
        }
    }

    #[test]
    fn nothing_is_shown_of_a_block_whose_height_nobody_knows() {
        assert_eq!(after(&[seen(A, 0, 3)]), []);
        assert_eq!(after(&[seen(A, 0, 3), taken(B, 5, 3)]).len(), 1);
    }

    #[test]
    fn who_was_not_there_at_first_is_not_waited_for_and_does_not_count() {
        let mut journeys = Journeys::<BlockHash>::default();
        journeys.saw(mined(A, 0, 1), || vec![A, B]);
        journeys.saw(taken(C, 10, 1), || vec![A, B, C]);
        journeys.saw(taken(B, 20, 1), || vec![A, B, C]);
        let shown = journeys.show();
        assert_eq!(shown[0].expected, [A, B]);
        assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(20))]);
        assert_eq!(shown[0].all(), Some(ms(20)));
    }

    #[test]
    fn old_blocks_that_somebody_catches_up_with_do_not_set_out_again() {
        let mut journeys = Journeys::<BlockHash>::default();
        journeys.saw(mined(A, 0, 500), all);
        for block in 1..=400 {
            journeys.saw(seen(C, 10, block), all);
            journeys.saw(taken(C, 11, block), all);
        }
        let shown = journeys.show();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].id.height, 500);
        // A rival at nearly the same height did set out.
        journeys.saw(taken(B, 20, 498), all);
        assert_eq!(journeys.show().len(), 2);
    }

    #[test]
    fn what_is_found_sets_out_also_where_the_chain_is_far_behind() {
        let mut journeys = Journeys::<BlockHash>::default();
        journeys.reached(100);
        // Whoever has it may be heard of before whoever found it.
        journeys.saw(taken(B, 10, 7), all);
        assert_eq!(journeys.show().len(), 0);
        journeys.saw(mined(A, 0, 7), all);
        let shown = journeys.show();
        assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(10))]);
    }

    #[test]
    fn what_is_withheld_sets_out_when_it_is_released() {
        let mut journeys = Journeys::<BlockHash>::default();
        journeys.saw(mined(A, 0, 7), all);
        journeys.withheld(hash(7));
        assert_eq!(journeys.show().len(), 0);
        journeys.saw(mined(A, 90_000, 7), all);
        journeys.saw(taken(B, 90_010, 7), all);
        journeys.saw(taken(C, 90_020, 7), all);
        let all = journeys.times().all.expect("one");
        assert!(all.p99 < ms(21), "{all:?}");
    }

    #[test]
    fn a_chain_that_was_there_before_is_no_news() {
        let mut journeys = Journeys::<BlockHash>::default();
        journeys.reached(100);
        journeys.saw(taken(C, 0, 97), all);
        assert_eq!(journeys.show().len(), 0);
        journeys.saw(taken(C, 0, 98), all);
        assert_eq!(journeys.show().len(), 1);
    }

    #[test]
    fn the_newest_are_shown_and_memory_is_bounded() {
        let mut journeys = Journeys::<BlockHash>::default();
        for block in 1..=5_000 {
            journeys.saw(mined(A, u64::from(block), block), all);
            journeys.saw(seen(B, u64::from(block), 1_000_000 + block), all);
        }
        let shown = journeys.show();
        assert_eq!(shown.len(), JOURNEYS);
        assert_eq!(shown[0].id.height, 5_000);
        assert!(journeys.drafts.len() <= FOLLOWED_MAX + UNKNOWN_MAX);
        assert!(journeys.past.len() <= PAST_MAX);
    }
}
