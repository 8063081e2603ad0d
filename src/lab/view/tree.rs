//! All blocks that the nodes of a lab ever showed, as one tree.
//!
//! A node shows the last blocks of its chain, and forgets to show those that it left behind. Here
//! they stay, so that a branch which lost is seen beside the one that won:
//!
//! 1. [`BlockTree::observe`] takes in what is new of each node's snapshot, and does nothing for a
//!    node whose tip is as it was;
//! 2. [`BlockTree::absorb`] takes blocks from elsewhere, such as a page of a node's chain, so that
//!    the tree grows downwards;
//! 3. [`BlockTree::arrange`] says, if anything changed, which branch is the best, what is lost,
//!    and in which [lane](TreeRow) each block is drawn.
//!
//! Of too many blocks the lowest go. What a snapshot skipped (a node that catches up is faster
//! than its pictures) leaves a gap: a branch then ends above it, and nothing below is called lost.

mod lanes;
mod row;

pub use row::{LANES_MAX, TreeRow};

use crate::chain::BlockHash;
use crate::lab::view::LabView;
use crate::node::snapshot::{BlockInfo, NodeSnapshot};
use crate::node::{BlockId, NodeIx};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Blocks that are kept.
pub const BLOCKS_MAX: usize = 4_096;

/// A block, and what there is around it.
#[derive(Clone, Debug)]
pub struct TreeBlock {
    /// The block.
    pub info: BlockInfo,
    /// Blocks on it, in the order in which they were seen.
    pub children: Vec<BlockHash>,
    /// Nodes that had it on their chain when they were looked at: these can be asked for it.
    pub shown_by: BTreeSet<NodeIx>,
    /// It is on the branch with most work.
    pub is_best: bool,
    /// It is on no node's chain.
    pub is_lost: bool,
}

/// What was seen of a node last.
#[derive(Clone)]
struct LastSeen {
    snapshot: Arc<NodeSnapshot>,
    is_up: bool,
}

/// All blocks.
#[derive(Default)]
pub struct BlockTree {
    blocks: BTreeMap<BlockHash, TreeBlock>,
    /// Blocks of a height, in the order in which they were seen.
    heights: BTreeMap<u32, Vec<BlockHash>>,
    /// By [`NodeIx`].
    nodes: Vec<Option<LastSeen>>,
    /// Nodes by the block that is their tip.
    standing: BTreeMap<BlockHash, Vec<NodeIx>>,
    best: Option<BlockId>,
    /// The lowest height down to which the best branch is known without a gap.
    floor: u32,
    rows: Vec<TreeRow>,
    /// A block is on no node's chain.
    has_lost: bool,
    is_changed: bool,
}

impl BlockTree {
    /// Takes in what is new.
    pub fn observe(&mut self, lab: &LabView) {
        if self.nodes.len() != lab.nodes.len() {
            self.nodes.resize(lab.nodes.len(), None);
            self.is_changed = true;
        }
        for (ix, node) in lab.nodes.iter().enumerate() {
            let Some(snapshot) = &node.snapshot else {
                continue;
            };
            let is_up = node.state.is_up();
            let seen = self.nodes[ix].replace(LastSeen {
                snapshot: Arc::clone(snapshot),
                is_up,
            });
            let is_same = seen.as_ref().is_some_and(|seen| seen.is_up == is_up);
            let has_moved = seen.is_none_or(|seen| seen.snapshot.tip != snapshot.tip);
            self.is_changed |= has_moved || !is_same;
            if has_moved {
                self.take(NodeIx(ix), &snapshot.recent);
            }
        }
    }

    /// Takes a block that a node has on its chain, unless there are enough higher ones. Says
    /// whether it is known now.
    pub fn absorb(&mut self, node: NodeIx, info: &BlockInfo) -> bool {
        let lowest = self.heights.keys().next();
        let is_full = self.blocks.len() >= BLOCKS_MAX;
        if !is_full || lowest.is_some_and(|lowest| *lowest < info.id.height) {
            self.insert(node, info);
            self.forget_lowest();
        }
        self.blocks.contains_key(&info.id.hash)
    }

    /// Blocks of a node's chain, lowest first.
    fn take(&mut self, node: NodeIx, recent: &[BlockInfo]) {
        for info in recent.iter().rev() {
            let known = self.blocks.get(&info.id.hash);
            if known.is_some_and(|block| block.shown_by.contains(&node)) {
                // It was shown by this node before, with all that is below it.
                break;
            }
            self.insert(node, info);
        }
        self.forget_lowest();
    }

    fn insert(&mut self, node: NodeIx, info: &BlockInfo) {
        if let Some(block) = self.blocks.get_mut(&info.id.hash) {
            block.shown_by.insert(node);
            block.info.txs = block.info.txs.or(info.txs);
            if block.info.miner.is_none() {
                block.info.miner.clone_from(&info.miner);
            }
            return;
        }
        let id = info.id;
        let above = id.height.checked_add(1);
        let above = above.and_then(|above| self.heights.get(&above));
        let is_child = |hash: &&BlockHash| {
            let child = self.blocks.get(*hash);
            child.is_some_and(|child| child.info.previous == id.hash)
        };
        let children = above.map_or_else(Vec::new, |above| {
            above.iter().filter(is_child).copied().collect()
        });
        if let Some(parent) = self.parent_mut(info) {
            parent.children.push(id.hash);
        }
        self.heights.entry(id.height).or_default().push(id.hash);
        let block = TreeBlock {
            info: info.clone(),
            children,
            shown_by: BTreeSet::from([node]),
            is_best: false,
            is_lost: false,
        };
        self.blocks.insert(id.hash, block);
        self.is_changed = true;
    }

    /// The lowest blocks, as long as there are too many.
    fn forget_lowest(&mut self) {
        while self.blocks.len() > BLOCKS_MAX {
            let Some(mut lowest) = self.heights.first_entry() else {
                return;
            };
            let hash = lowest.get_mut().remove(0);
            if lowest.get().is_empty() {
                lowest.remove();
            }
            self.blocks.remove(&hash);
            self.is_changed = true;
        }
    }

    /// A block.
    pub fn block(&self, hash: &BlockHash) -> Option<&TreeBlock> {
        self.blocks.get(hash)
    }

    /// The block below another, if it is known.
    pub fn parent(&self, info: &BlockInfo) -> Option<&TreeBlock> {
        let parent = self.blocks.get(&info.previous);
        parent.filter(|parent| is_next(parent, info))
    }

    fn parent_mut(&mut self, info: &BlockInfo) -> Option<&mut TreeBlock> {
        let parent = self.blocks.get_mut(&info.previous);
        parent.filter(|parent| is_next(parent, info))
    }

    /// A block and all that are known below it, down to the first gap.
    fn down(&self, from: &BlockHash) -> impl Iterator<Item = &TreeBlock> {
        std::iter::successors(self.blocks.get(from), |block| self.parent(&block.info))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether none was seen yet.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The tip with most work, of all that nodes which run stand on; if none runs, of all.
    pub fn best(&self) -> Option<BlockId> {
        self.best
    }

    /// The lowest height down to which the best branch is known without a gap.
    pub fn floor(&self) -> u32 {
        self.floor
    }

    /// Whether a block is on no node's chain.
    pub fn has_lost(&self) -> bool {
        self.has_lost
    }

    /// The block of the best branch at a height.
    pub fn best_at(&self, height: u32) -> Option<&TreeBlock> {
        let rivals = self.heights.get(&height)?;
        let mut blocks = rivals.iter().filter_map(|hash| self.blocks.get(hash));
        blocks.find(|block| block.is_best)
    }

    /// Nodes whose chain ends with this block, as they were last seen.
    pub fn standing(&self, hash: &BlockHash) -> &[NodeIx] {
        self.standing.get(hash).map_or(&[], Vec::as_slice)
    }

    /// Whether a node has a block on its chain.
    pub fn has(&self, node: NodeIx, block: BlockId) -> bool {
        let seen = self.nodes.get(node.0).and_then(Option::as_ref);
        seen.is_some_and(|seen| {
            let mut chain = self.down(&seen.snapshot.tip.hash);
            let found = chain.find(|other| other.info.id.height <= block.height);
            found.is_some_and(|found| found.info.id == block)
        })
    }

    /// Rows in which all blocks are drawn.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// So many rows from this one on, the newest block first.
    pub fn rows(&self, offset: usize, count: usize) -> &[TreeRow] {
        let from = offset.min(self.rows.len());
        let to = from.saturating_add(count).min(self.rows.len());
        &self.rows[from..to]
    }

    /// Works out what follows from what was seen: to be called before anything is shown.
    pub fn arrange(&mut self) {
        if !std::mem::take(&mut self.is_changed) {
            return;
        }
        self.standing.clear();
        for (ix, seen) in self.nodes.iter().enumerate() {
            if let Some(seen) = seen {
                let tip = seen.snapshot.tip.hash;
                self.standing.entry(tip).or_default().push(NodeIx(ix));
            }
        }
        self.best = self.choose_best();
        self.mark();
        self.lay_rows();
    }

    fn choose_best(&self) -> Option<BlockId> {
        let seen = || self.nodes.iter().flatten();
        let runs = seen().any(|seen| seen.is_up);
        let eligible = seen().filter(|seen| seen.is_up || !runs);
        let known = eligible.filter(|seen| self.blocks.contains_key(&seen.snapshot.tip.hash));
        let best = known.max_by_key(|seen| {
            let (tip, work) = (seen.snapshot.tip, seen.snapshot.work.as_str());
            let work = work.trim_start_matches('0');
            // Of branches with the same work the one that was best stays it.
            let was_best = self.best == Some(tip);
            let nodes = self.standing(&tip.hash).len();
            (work.len(), work, tip.height, was_best, nodes, tip.hash)
        });
        best.map(|seen| seen.snapshot.tip)
    }

    /// Marks what is on the best branch, and what is on none.
    fn mark(&mut self) {
        let best: BTreeSet<BlockHash> = self
            .best
            .iter()
            .flat_map(|best| self.down(&best.hash))
            .map(|block| block.info.id.hash)
            .collect();
        let mut held = BTreeSet::new();
        // Below this a chain of some node is not known.
        let mut known_from = 0;
        for tip in self.standing.keys() {
            for block in self.down(tip) {
                if !held.insert(block.info.id.hash) {
                    break;
                }
                if block.info.id.height > 0 && self.parent(&block.info).is_none() {
                    known_from = known_from.max(block.info.id.height);
                }
            }
        }
        self.floor = self.best.map_or(0, |best| best.height);
        self.has_lost = false;
        for (hash, block) in &mut self.blocks {
            block.is_best = best.contains(hash);
            block.is_lost = !held.contains(hash) && block.info.id.height >= known_from;
            self.has_lost |= block.is_lost;
            if block.is_best {
                self.floor = self.floor.min(block.info.id.height);
            }
        }
    }

    /// The blocks of a height, in the order of a key.
    fn sorted_at<K: Ord>(&self, height: u32, key: impl Fn(&TreeBlock) -> K) -> Vec<BlockHash> {
        let mut hashes = self.heights.get(&height).cloned().unwrap_or_default();
        hashes.sort_by_key(|hash| self.blocks.get(hash).map(&key));
        hashes
    }

    /// The nodes to ask for a block, the likeliest to have it first: one that has it on its chain,
    /// if possible this one, then one that once had it.
    pub fn holder(&self, lab: &LabView, block: BlockId, preferred: NodeIx) -> Option<NodeIx> {
        let shown_by = &self.blocks.get(&block.hash)?.shown_by;
        let is_up = |ix: &&NodeIx| lab.node(**ix).is_some_and(|node| node.state.is_up());
        let up = shown_by.iter().filter(is_up);
        let likeliest = up.min_by_key(|ix| {
            let has = self.has(**ix, block);
            (Reverse(has), Reverse(**ix == preferred), **ix)
        });
        likeliest.copied()
    }
}

fn is_next(parent: &TreeBlock, info: &BlockInfo) -> bool {
    parent.info.id.height.checked_add(1) == Some(info.id.height)
}
