//! Which block stands on which, as far as a lab has heard.
//!
//! A node that is behind on the same branch is behind, and not on another tip: for that it has to be
//! known whether one tip is an ancestor of another. The hard case is a gap, because a node that
//! catches up is faster than its pictures. Where it cannot be known, a node that says itself that it
//! is missing blocks is taken to be behind, and any other to be on a branch of its own.

use crate::chain::BlockHash;
use crate::node::BlockId;
use std::collections::BTreeMap;

/// Blocks that are remembered; of more the lowest go.
const BLOCKS_MAX: usize = 4_096;

/// Blocks and their parents.
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    parents: BTreeMap<(u32, BlockHash), BlockHash>,
}

/// The tip of a node that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The block.
    pub id: BlockId,
    /// The height that the node tries to reach, if it knows of blocks that it is missing.
    pub target: Option<u32>,
}

impl Ancestry {
    /// Learns of a block's parent; whether that is news worth remembering.
    pub fn learn(&mut self, id: BlockId, parent: BlockHash) -> bool {
        let lowest = self.parents.keys().next();
        let is_low = lowest.is_some_and(|(lowest, _)| id.height < *lowest);
        if is_low && self.parents.len() >= BLOCKS_MAX {
            return false;
        }
        let is_news = !self.parents.contains_key(&(id.height, id.hash));
        // A hash has one parent: another name for it is not believed.
        self.parents.entry((id.height, id.hash)).or_insert(parent);
        if self.parents.len() > BLOCKS_MAX {
            self.parents.pop_first();
        }
        is_news
    }

    /// Whether a block is an ancestor of another; `None`: that is not known.
    fn is_below(&self, low: BlockId, high: BlockId) -> Option<bool> {
        if low.height >= high.height {
            return Some(false);
        }
        if low.height == 0 {
            // All chains of a network begin with the same block.
            return Some(true);
        }
        let mut at = high.hash;
        for height in (low.height + 1..=high.height).rev() {
            at = *self.parents.get(&(height, at))?;
        }
        Some(at == low.hash)
    }

    /// The branches: of these tips those of which none is an ancestor of another, the highest first.
    pub fn branches(&self, tips: &[Tip]) -> Vec<BlockId> {
        let mut sorted = tips.to_vec();
        sorted.sort_by_key(|tip| (std::cmp::Reverse(tip.id.height), tip.id.hash, tip.target));
        sorted.dedup_by_key(|tip| tip.id);
        let mut branches: Vec<BlockId> = Vec::new();
        for tip in sorted {
            let is_behind = branches.iter().any(|branch| self.is_behind(tip, *branch));
            if !is_behind {
                branches.push(tip.id);
            }
        }
        branches
    }

    /// By how many blocks a tip is behind the nearest of these branches; 0: it is at the end of one.
    pub fn behind(&self, tip: Tip, branches: &[BlockId]) -> u32 {
        let behind = branches
            .iter()
            .filter(|branch| self.is_behind(tip, **branch));
        let missing = behind.map(|branch| branch.height - tip.id.height);
        missing.min().unwrap_or(0)
    }

    fn is_behind(&self, tip: Tip, branch: BlockId) -> bool {
        let is_lower = tip.id.height < branch.height;
        let is_below = self.is_below(tip.id, branch);
        is_lower && is_below.unwrap_or(tip.target.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u32, branch: u8) -> BlockId {
        let mut hash = [branch; 32];
        hash[..4].copy_from_slice(&height.to_le_bytes());
        let hash = BlockHash(hash);
        BlockId { height, hash }
    }

    fn tip(height: u32, branch: u8) -> Tip {
        let id = block(height, branch);
        Tip { id, target: None }
    }

    /// A branch that leaves the main one, 0, above a height.
    fn grow(ancestry: &mut Ancestry, branch: u8, above: u32, to: u32) {
        for height in above + 1..=to {
            let parent = match height == above + 1 {
                true => block(above, 0),
                false => block(height - 1, branch),
            };
            ancestry.learn(block(height, branch), parent.hash);
        }
    }

    #[test]
    fn a_tip_below_another_is_no_branch_and_a_rival_is() {
        let mut ancestry = Ancestry::default();
        grow(&mut ancestry, 0, 0, 20);
        grow(&mut ancestry, 1, 14, 18);
        let branches = |tips: &[Tip]| ancestry.branches(tips);
        let behind = [tip(20, 0), tip(20, 0), tip(17, 0), tip(0, 0)];
        assert_eq!(branches(&behind), [block(20, 0)]);
        assert_eq!(ancestry.behind(tip(17, 0), &[block(20, 0)]), 3);
        let fork = [tip(16, 1), tip(20, 0), tip(18, 1), tip(14, 0)];
        assert_eq!(branches(&fork), [block(20, 0), block(18, 1)]);
        assert_eq!(ancestry.behind(tip(14, 0), &branches(&fork)), 4);
        assert_eq!(ancestry.behind(tip(18, 1), &branches(&fork)), 0);
        assert_eq!(branches(&[]), []);
    }

    #[test]
    fn over_a_gap_only_a_node_that_knows_itself_behind_is_behind() {
        let mut ancestry = Ancestry::default();
        for (low, high) in [(1, 10), (50, 60)] {
            for height in low..=high {
                ancestry.learn(block(height, 0), block(height - 1, 0).hash);
            }
        }
        let ahead = tip(60, 0);
        let mut behind = tip(10, 0);
        assert_eq!(ancestry.branches(&[ahead, behind]).len(), 2);
        behind.target = Some(60);
        assert_eq!(ancestry.branches(&[ahead, behind]), [ahead.id]);
        assert_eq!(ancestry.behind(behind, &[ahead.id]), 50);
        // A rival is one, whatever it fetches.
        let mut rival = tip(55, 1);
        rival.target = Some(60);
        assert_eq!(ancestry.branches(&[ahead, rival]).len(), 2);
    }

    #[test]
    fn of_too_many_blocks_the_lowest_go() {
        let mut ancestry = Ancestry::default();
        let most = u32::try_from(BLOCKS_MAX).expect("small");
        grow(&mut ancestry, 0, 0, most + 100);
        assert_eq!(ancestry.parents.len(), BLOCKS_MAX);
        assert!(!ancestry.learn(block(3, 0), block(2, 0).hash));
        let (high, low) = (block(most + 100, 0), block(200, 0));
        assert_eq!(ancestry.is_below(low, high), Some(true));
        assert_eq!(ancestry.is_below(block(20, 0), high), None);
    }
}
