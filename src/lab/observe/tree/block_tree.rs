//! The tree that seen blocks make: the best branch, what is lost, and where each block is drawn.

use super::row::TreeRow;
use super::seen::{SeenBlocks, TreeBlock};
use crate::chain::BlockHash;
use crate::node::snapshot::{BlockInfo, NodeSnapshot};
use crate::node::{BlockId, NodeIx};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a node stands.
#[derive(Clone, Copy)]
pub struct Stand<'a> {
    /// As it was last seen.
    pub snapshot: Option<&'a Arc<NodeSnapshot>>,
    /// It runs.
    pub is_up: bool,
}

/// What was seen of a node last.
struct LastSeen {
    tip: BlockId,
    work: Option<String>,
    is_up: bool,
}

impl Stand<'_> {
    fn seen(self) -> Option<LastSeen> {
        let snapshot = self.snapshot?;
        Some(LastSeen {
            tip: snapshot.tip,
            work: snapshot.work.clone(),
            is_up: self.is_up,
        })
    }

    fn is_as(self, last: Option<&LastSeen>) -> bool {
        match (self.snapshot, last) {
            (None, None) => true,
            (Some(snapshot), Some(last)) => {
                (snapshot.tip, self.is_up) == (last.tip, last.is_up) && snapshot.work == last.work
            }
            _ => false,
        }
    }
}

/// All blocks, as one tree.
#[derive(Default)]
pub struct BlockTree {
    seen: SeenBlocks,
    /// The edition of what it was made of.
    edition: Option<u64>,
    /// By [`NodeIx`].
    nodes: Vec<Option<LastSeen>>,
    /// Nodes by the block that is their tip.
    standing: BTreeMap<BlockHash, Vec<NodeIx>>,
    pub(super) best: Option<BlockId>,
    /// The lowest height down to which the best branch is known without a gap.
    floor: u32,
    /// Blocks of the best branch, and those that are on no node's chain.
    best_branch: BTreeSet<BlockHash>,
    lost: BTreeSet<BlockHash>,
    pub(super) rows: Vec<TreeRow>,
}

impl BlockTree {
    /// Is made of these blocks, and of what the nodes show just now. Whether it is another than
    /// before: then it is to be [arranged](Self::arrange).
    pub fn observe<'a>(
        &mut self,
        seen: &SeenBlocks,
        stands: impl Iterator<Item = Stand<'a>> + Clone,
    ) -> bool {
        // Nearly every frame finds all as it was.
        let is_same = self.edition == Some(seen.edition())
            && stands.clone().count() == self.nodes.len()
            && stands
                .clone()
                .zip(&self.nodes)
                .all(|(stand, last)| stand.is_as(last.as_ref()));
        if is_same {
            return false;
        }
        self.edition = Some(seen.edition());
        self.nodes = stands.clone().map(Stand::seen).collect();
        self.seen = seen.clone();
        for (ix, stand) in stands.enumerate() {
            if let Some(snapshot) = stand.snapshot {
                self.seen.take(NodeIx(ix), snapshot.recent.iter().rev());
            }
        }
        true
    }

    /// Takes a block that a node has on its chain, unless there are enough higher ones. Says
    /// whether it is known now. It stays until the tree is made anew.
    pub fn absorb(&mut self, node: NodeIx, info: &BlockInfo) -> bool {
        self.seen.absorb(node, info)
    }

    /// The blocks.
    pub fn seen(&self) -> &SeenBlocks {
        &self.seen
    }

    /// A block.
    pub fn block(&self, hash: &BlockHash) -> Option<&TreeBlock> {
        self.seen.block(hash).map(|block| &**block)
    }

    /// The block below another, if it is known.
    pub fn parent(&self, info: &BlockInfo) -> Option<&TreeBlock> {
        self.seen.parent(info).map(|block| &**block)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none was seen yet.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// The tip with most work, of all that nodes which run stand on; if none runs, of all.
    pub fn best(&self) -> Option<BlockId> {
        self.best
    }

    /// The lowest height down to which the best branch is known without a gap.
    pub fn floor(&self) -> u32 {
        self.floor
    }

    /// Whether a block is on the branch with most work.
    pub fn is_best(&self, hash: &BlockHash) -> bool {
        self.best_branch.contains(hash)
    }

    /// Whether a block is on no node's chain.
    pub fn is_lost(&self, hash: &BlockHash) -> bool {
        self.lost.contains(hash)
    }

    /// Whether any block is on no node's chain.
    pub fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// The block of the best branch at a height.
    pub fn best_at(&self, height: u32) -> Option<&TreeBlock> {
        let mut rivals = self.seen.at(height).iter();
        let best = rivals.find(|hash| self.is_best(hash))?;
        self.block(best)
    }

    /// Nodes whose chain ends with this block, as they were last seen.
    pub fn standing(&self, hash: &BlockHash) -> &[NodeIx] {
        self.standing.get(hash).map_or(&[], Vec::as_slice)
    }

    /// Whether a node has a block on its chain.
    pub fn has(&self, node: NodeIx, block: BlockId) -> bool {
        let seen = self.nodes.get(node.0).and_then(Option::as_ref);
        seen.is_some_and(|seen| {
            let mut chain = self.seen.down(&seen.tip.hash);
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
        self.standing.clear();
        for (ix, seen) in self.nodes.iter().enumerate() {
            if let Some(seen) = seen {
                let there = self.standing.entry(seen.tip.hash);
                there.or_default().push(NodeIx(ix));
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
        let known = eligible.filter_map(|seen| Some((seen, self.block(&seen.tip.hash)?)));
        let best = known.max_by_key(|(seen, block)| {
            let work = seen.work.as_deref().unwrap_or_default();
            let work = work.trim_start_matches('0');
            // Of branches with the same work the one that was there first is the best.
            let first = Reverse(block.number);
            (work.len(), work, seen.tip.height, first)
        });
        best.map(|(seen, _)| seen.tip)
    }

    /// Marks what is on the best branch, and what is on none.
    fn mark(&mut self) {
        let best = self.best.iter();
        let best = best.flat_map(|best| self.seen.down(&best.hash));
        let best: Vec<BlockId> = best.map(|block| block.info.id).collect();
        let mut held = BTreeSet::new();
        // Below this a chain of some node is not known.
        let mut known_from = 0;
        for tip in self.standing.keys() {
            for block in self.seen.down(tip) {
                if !held.insert(block.info.id.hash) {
                    break;
                }
                if block.info.id.height > 0 && self.parent(&block.info).is_none() {
                    known_from = known_from.max(block.info.id.height);
                }
            }
        }
        self.floor = best.last().map_or(0, |lowest| lowest.height);
        self.best_branch = best.into_iter().map(|id| id.hash).collect();
        let lost = self.seen.iter().map(|block| block.info.id);
        let lost = lost.filter(|id| id.height >= known_from && !held.contains(&id.hash));
        self.lost = lost.map(|id| id.hash).collect();
    }

    /// The blocks of a height, in the order of a key.
    pub(super) fn sorted_at<K: Ord>(
        &self,
        height: u32,
        key: impl Fn(&TreeBlock) -> K,
    ) -> Vec<BlockHash> {
        let mut hashes = self.seen.at(height).to_vec();
        hashes.sort_by_key(|hash| self.block(hash).map(&key));
        hashes
    }

    /// The node to ask for a block, that which is likeliest to have it: one that has it on its chain,
    /// if possible this one, then one that once had it.
    pub fn holder(&self, block: BlockId, preferred: NodeIx) -> Option<NodeIx> {
        let shown_by = &self.block(&block.hash)?.shown_by;
        let is_up = |ix: &&NodeIx| {
            let seen = self.nodes.get(ix.0).and_then(Option::as_ref);
            seen.is_some_and(|seen| seen.is_up)
        };
        let up = shown_by.iter().filter(is_up);
        let likeliest = up.min_by_key(|ix| {
            let has = self.has(**ix, block);
            (Reverse(has), Reverse(**ix == preferred), **ix)
        });
        likeliest.copied()
    }
}
