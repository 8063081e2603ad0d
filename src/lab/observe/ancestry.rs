//! Which block stands on which, as far as a lab has heard.
//!
//! A node that is behind on the same branch is behind, and not on another tip: for that it has to be
//! known whether one tip is an ancestor of another. The hard case is a gap, because a node that
//! catches up is faster than its pictures. Where it cannot be known, a node that says itself that it
//! is missing blocks is taken to be behind, and any other to be on a branch of its own.

use crate::chain::BlockHash;
use crate::node::BlockId;
use crate::node::snapshot::NodeSnapshot;
use std::cmp::Reverse;
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

impl From<&NodeSnapshot> for Tip {
    fn from(snapshot: &NodeSnapshot) -> Self {
        Self {
            id: snapshot.tip,
            target: snapshot.sync.as_ref().map(|sync| sync.target),
        }
    }
}

impl Ancestry {
    /// Whether a block's parent is known.
    pub fn knows(&self, id: BlockId) -> bool {
        self.parents.contains_key(&(id.height, id.hash))
    }

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

    /// Where these tips stand to each other. Every block is looked at once, however many tips and
    /// branches there are: this is asked for each frame, under the lab's lock.
    pub fn stand(&self, tips: &[Tip]) -> Standing {
        let mut sorted = tips.to_vec();
        sorted.sort_by_key(|tip| (Reverse(tip.id.height), tip.id.hash, tip.target));
        sorted.dedup_by_key(|tip| tip.id);
        let lowest = sorted.last().map_or(0, |tip| tip.id.height);
        let mut ways = Ways::default();
        let mut behind = BTreeMap::new();
        for tip in sorted {
            match ways.nearest(tip) {
                Some(branch) => {
                    behind.insert(tip.id, branch.height - tip.id.height);
                }
                None => ways.go_down(self, tip.id, lowest),
            }
        }
        Standing {
            branches: ways.all.iter().map(|way| way.tip).collect(),
            behind,
        }
    }
}

/// Where tips stand to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The branches: those tips of which none is an ancestor of another, the highest first.
    pub branches: Vec<BlockId>,
    behind: BTreeMap<BlockId, u32>,
}

impl Standing {
    /// By how many blocks a tip is behind the nearest branch; 0: it is at the end of one.
    pub fn behind(&self, tip: BlockId) -> u32 {
        self.behind.get(&tip).copied().unwrap_or(0)
    }
}

/// The ways from the tips of branches down, each as far as it is known and no other was there before.
#[derive(Default)]
struct Ways {
    all: Vec<Way>,
    /// Which way a block is on.
    taken: BTreeMap<(u32, BlockHash), usize>,
}

struct Way {
    tip: BlockId,
    /// Its blocks, from the tip down.
    blocks: Vec<BlockHash>,
    /// The way that it comes to.
    joins: Option<usize>,
}

impl Ways {
    fn go_down(&mut self, ancestry: &Ancestry, tip: BlockId, lowest: u32) {
        let number = self.all.len();
        let mut way = Way {
            tip,
            blocks: Vec::new(),
            joins: None,
        };
        let mut at = Some(tip.hash);
        for height in (lowest..=tip.height).rev() {
            let Some(hash) = at else {
                break;
            };
            if let Some(other) = self.taken.get(&(height, hash)) {
                way.joins = Some(*other);
                break;
            }
            self.taken.insert((height, hash), number);
            way.blocks.push(hash);
            at = ancestry.parents.get(&(height, hash)).copied();
        }
        self.all.push(way);
    }

    /// The lowest of the branches that a tip is behind.
    fn nearest(&self, tip: Tip) -> Option<BlockId> {
        let mut ways = self.all.iter().rev();
        let way = ways.find(|way| self.is_above(way, tip))?;
        Some(way.tip)
    }

    fn is_above(&self, way: &Way, tip: Tip) -> bool {
        if tip.id.height >= way.tip.height {
            return false;
        }
        // All chains of a network begin with the same block.
        if tip.id.height == 0 {
            return true;
        }
        let mut way = way;
        loop {
            let depth = usize::try_from(way.tip.height - tip.id.height).unwrap_or(usize::MAX);
            match (way.blocks.get(depth), way.joins) {
                (Some(hash), _) => return *hash == tip.id.hash,
                (None, Some(other)) => way = &self.all[other],
                // Over a gap, a node that says itself that it is missing blocks is behind.
                (None, None) => return tip.target.is_some(),
            }
        }
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
        let branches = |tips: &[Tip]| ancestry.stand(tips).branches;
        let behind = [tip(20, 0), tip(20, 0), tip(17, 0), tip(0, 0)];
        assert_eq!(branches(&behind), [block(20, 0)]);
        assert_eq!(ancestry.stand(&behind).behind(block(17, 0)), 3);
        let fork = [tip(16, 1), tip(20, 0), tip(18, 1), tip(14, 0)];
        assert_eq!(branches(&fork), [block(20, 0), block(18, 1)]);
        assert_eq!(ancestry.stand(&fork).behind(block(14, 0)), 4);
        assert_eq!(ancestry.stand(&fork).behind(block(16, 1)), 2);
        assert_eq!(ancestry.stand(&fork).behind(block(18, 1)), 0);
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
        assert_eq!(ancestry.stand(&[ahead, behind]).branches.len(), 2);
        behind.target = Some(60);
        let standing = ancestry.stand(&[ahead, behind]);
        assert_eq!(standing.branches, [ahead.id]);
        assert_eq!(standing.behind(behind.id), 50);
        // A rival is one, whatever it fetches.
        let mut rival = tip(55, 1);
        rival.target = Some(60);
        assert_eq!(ancestry.stand(&[ahead, rival]).branches.len(), 2);
    }

    #[test]
    fn a_tip_below_several_branches_is_behind_the_nearest() {
        let mut ancestry = Ancestry::default();
        grow(&mut ancestry, 0, 0, 30);
        grow(&mut ancestry, 1, 20, 29);
        grow(&mut ancestry, 2, 10, 28);
        let standing = ancestry.stand(&[
            tip(28, 2),
            tip(30, 0),
            tip(29, 1),
            tip(25, 1),
            tip(25, 0),
            tip(15, 0),
            tip(5, 0),
        ]);
        assert_eq!(
            standing.branches,
            [block(30, 0), block(29, 1), block(28, 2)]
        );
        // Behind the nearest branch, also where that comes to the others' way.
        let behind = [(25, 1, 4), (25, 0, 5), (15, 0, 14), (5, 0, 23)];
        for (height, branch, by) in behind {
            assert_eq!(standing.behind(block(height, branch)), by, "{height}");
        }
    }

    #[test]
    fn of_too_many_blocks_the_lowest_go() {
        let mut ancestry = Ancestry::default();
        let most = u32::try_from(BLOCKS_MAX).expect("small");
        grow(&mut ancestry, 0, 0, most + 100);
        assert_eq!(ancestry.parents.len(), BLOCKS_MAX);
        assert!(!ancestry.learn(block(3, 0), block(2, 0).hash));
        let branches = |low| {
            let tips = [tip(most + 100, 0), tip(low, 0)];
            ancestry.stand(&tips).branches.len()
        };
        assert_eq!((branches(200), branches(20)), (1, 2));
    }
}
