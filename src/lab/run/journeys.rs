//! Blocks on their way through the lab.
//!
//! Nodes are watched one by one, so what happened first may be heard of last: a block's arrivals
//! are sorted by the time that the nodes gave them, and who was first may change. A block's height
//! is known only once some node has taken it; until then there is nothing to show.
//!
//! A node that catches up fetches blocks that everybody else has had for long. They are not on
//! their way through the lab, and are left out: by their height, as soon as it is known.

use crate::chain::BlockHash;
use crate::lab::view::{JOURNEYS, Journey, NodeIx};
use crate::node::Time;
use crate::node::store::BlockId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How far below the highest block one may be that is on its way: the losers of a close race.
const BEHIND_MAX: u32 = 2;

/// Blocks whose height is not known yet that are remembered: a moment's worth, or what a node that
/// catches up fetches at once.
const UNKNOWN_MAX: usize = 64;

/// Blocks that were here before and are remembered, so as not to set out again.
const PAST_MAX: usize = 1_024;

/// Blocks on their way.
#[derive(Debug, Default)]
pub(super) struct Journeys {
    /// By when they were first heard of, oldest first.
    drafts: VecDeque<Draft>,
    /// Blocks that were dropped, oldest first.
    past: VecDeque<BlockHash>,
    /// The highest block of all.
    highest: u32,
    /// As they were shown last; `None`: something has changed.
    shown: Option<Arc<Vec<Journey>>>,
}

/// That a node has a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    /// Who has it.
    pub(super) node: NodeIx,
    /// Since when.
    pub(super) at: Time,
    /// Which.
    pub(super) hash: BlockHash,
    /// Its height, if the node knows it.
    pub(super) height: Option<u32>,
    /// The node has found it itself.
    pub(super) is_mined: bool,
}

#[derive(Debug)]
struct Draft {
    hash: BlockHash,
    height: Option<u32>,
    miner: Option<NodeIx>,
    expected: Vec<NodeIx>,
    arrivals: BTreeMap<NodeIx, Time>,
}

impl Journeys {
    /// Notes what a node has. `up` are the nodes that run.
    pub(super) fn saw(&mut self, sighting: Sighting, up: impl FnOnce() -> Vec<NodeIx>) {
        if let Some(height) = sighting.height {
            self.reached(height);
        }
        let known = self
            .drafts
            .iter()
            .rposition(|draft| draft.hash == sighting.hash);
        let at = match known {
            Some(at) => at,
            None if self.is_old(&sighting) => return,
            None => {
                self.drafts.push_back(Draft::new(sighting.hash, up()));
                self.drafts.len() - 1
            }
        };
        self.drafts[at].add(&sighting);
        if self.drafts[at]
            .height
            .is_some_and(|height| self.is_low(height))
        {
            self.forget(at);
        }
        self.bound();
        self.shown = None;
    }

    /// Some node's chain is so high.
    pub(super) fn reached(&mut self, height: u32) {
        self.highest = self.highest.max(height);
    }

    /// What there is to show, newest first.
    pub(super) fn show(&mut self) -> Arc<Vec<Journey>> {
        let drafts = &self.drafts;
        let shown = self.shown.get_or_insert_with(|| {
            let mut journeys: Vec<_> = drafts.iter().filter_map(Draft::journey).collect();
            journeys.sort_by_key(|journey| Reverse(journey.at));
            Arc::new(journeys)
        });
        Arc::clone(shown)
    }

    fn is_low(&self, height: u32) -> bool {
        height.saturating_add(BEHIND_MAX) < self.highest
    }

    fn is_old(&self, sighting: &Sighting) -> bool {
        sighting.height.is_some_and(|height| self.is_low(height))
            || self.past.contains(&sighting.hash)
    }

    /// Of those with a height the oldest go, and so do those without.
    fn bound(&mut self) {
        for (is_known, max) in [(true, JOURNEYS), (false, UNKNOWN_MAX)] {
            let alike = |draft: &Draft| draft.height.is_some() == is_known;
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
            self.past.push_back(draft.hash);
        }
        if self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
    }
}

impl Draft {
    fn new(hash: BlockHash, expected: Vec<NodeIx>) -> Self {
        Self {
            hash,
            height: None,
            miner: None,
            expected,
            arrivals: BTreeMap::new(),
        }
    }

    fn add(&mut self, sighting: &Sighting) {
        self.height = self.height.or(sighting.height);
        if !self.expected.contains(&sighting.node) {
            return;
        }
        if sighting.is_mined {
            self.miner = Some(sighting.node);
        }
        let at = self.arrivals.entry(sighting.node).or_insert(sighting.at);
        *at = sighting.at.min(*at);
    }

    fn journey(&self) -> Option<Journey> {
        let id = BlockId {
            height: self.height?,
            hash: self.hash,
        };
        let mut arrivals: Vec<_> = self.arrivals.iter().map(|(ix, at)| (*ix, *at)).collect();
        arrivals.sort_by_key(|(ix, at)| (Some(*ix) != self.miner, *at));
        let (origin, at) = *arrivals.first()?;
        Some(Journey {
            id,
            origin,
            is_mined: self.miner == Some(origin),
            at,
            expected: self.expected.clone(),
            arrivals: arrivals
                .into_iter()
                .map(|(ix, then)| (ix, then.since(at)))
                .collect(),
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

    fn seen(node: NodeIx, at_ms: u64, block: u32) -> Sighting {
        Sighting {
            node,
            at: Time(1_000_000) + ms(at_ms),
            hash: hash(block),
            height: None,
            is_mined: false,
        }
    }

    fn taken(node: NodeIx, at_ms: u64, block: u32) -> Sighting {
        let height = Some(block);
        Sighting {
            height,
            ..seen(node, at_ms, block)
        }
    }

    fn mined(node: NodeIx, at_ms: u64, block: u32) -> Sighting {
        let is_mined = true;
        Sighting {
            is_mined,
            ..taken(node, at_ms, block)
        }
    }

    fn all() -> Vec<NodeIx> {
        vec![A, B, C]
    }

    fn after(sightings: &[Sighting]) -> Vec<Journey> {
        let mut journeys = Journeys::default();
        sightings
            .iter()
            .for_each(|sighting| journeys.saw(*sighting, all));
        journeys.show().to_vec()
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
            (journey.id.height, journey.origin, journey.is_mined),
            (12, C, true)
        );
        assert_eq!(journey.arrivals, [(C, ms(0)), (A, ms(241)), (B, ms(483))]);
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
        let mut journeys = Journeys::default();
        journeys.saw(mined(A, 0, 1), || vec![A, B]);
        journeys.saw(taken(C, 10, 1), || vec![A, B, C]);
        journeys.saw(taken(B, 20, 1), || vec![A, B, C]);
        let shown = journeys.show();
        assert_eq!(shown[0].expected, [A, B]);
        assert_eq!(shown[0].arrivals, [(A, ms(0)), (B, ms(20))]);
        assert_eq!(shown[0].all(), Some(ms(20)));
    }

    #[test]
    fn old_blocks_that_somebody_catches_up_with_do_not_set_out_again() {
        let mut journeys = Journeys::default();
        journeys.saw(mined(A, 0, 500), all);
        for block in 1..=400 {
            journeys.saw(seen(C, 10, block), all);
            journeys.saw(taken(C, 11, block), all);
        }
        let shown = journeys.show();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].id.height, 500);
        // A rival at nearly the same height did set out.
        journeys.saw(mined(B, 20, 498), all);
        assert_eq!(journeys.show().len(), 2);
    }

    #[test]
    fn a_chain_that_was_there_before_is_no_news() {
        let mut journeys = Journeys::default();
        journeys.reached(100);
        journeys.saw(taken(C, 0, 97), all);
        assert_eq!(journeys.show().len(), 0);
        journeys.saw(taken(C, 0, 98), all);
        assert_eq!(journeys.show().len(), 1);
    }

    #[test]
    fn the_newest_are_shown_and_memory_is_bounded() {
        let mut journeys = Journeys::default();
        for block in 1..=5_000 {
            journeys.saw(mined(A, u64::from(block), block), all);
            journeys.saw(seen(B, u64::from(block), 1_000_000 + block), all);
        }
        let shown = journeys.show();
        assert_eq!(shown.len(), JOURNEYS);
        assert_eq!(shown[0].id.height, 5_000);
        assert!(journeys.drafts.len() <= JOURNEYS + UNKNOWN_MAX);
        assert!(journeys.past.len() <= PAST_MAX);
    }
}
