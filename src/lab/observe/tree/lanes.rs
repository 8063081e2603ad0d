//! Lanes: in which column each block of the tree is drawn, and which lines pass it, as
//! `git log --graph` does it.
//!
//! ```text
//! ●      #13   the best branch is in lane 0
//! │ ●    #12   a rival takes the first lane that is free
//! ● │    #12
//! │ ●    #11
//! ● │    #11
//! ●─┘    #10   both branches began here: the rival's lane is free again
//! ```
//!
//! Rows are worked out from the top. A lane waits for a block: the parent of the last one in it.

use super::block_tree::BlockTree;
use super::row::{LANES_MAX, TreeRow};
use super::seen::TreeBlock;
use crate::chain::BlockHash;

impl BlockTree {
    /// Works out in which lane each block is drawn.
    pub(super) fn lay_rows(&mut self) {
        self.rows = rows(self);
    }
}

/// The rows of all blocks. Of a height the best branch comes first, then the lanes from the left.
fn rows(tree: &BlockTree) -> Vec<TreeRow> {
    let mut lanes = Columns::default();
    if let Some(best) = tree.best {
        // Kept free for it, though others may be higher.
        lanes.waiting.push(Some(best.hash));
    }
    let mut rows = Vec::with_capacity(tree.len());
    for height in tree.seen().heights().rev() {
        let place = |block: &TreeBlock| {
            let waits = lanes.waiting_for(&block.info.id.hash).next();
            (
                !tree.is_best(&block.info.id.hash),
                waits.unwrap_or(usize::MAX),
            )
        };
        for hash in tree.sorted_at(*height, place) {
            if let Some(block) = tree.block(&hash) {
                rows.push(lanes.place(tree, block));
            }
        }
    }
    rows
}

#[derive(Default)]
struct Columns {
    /// What each lane waits for.
    waiting: Vec<Option<BlockHash>>,
    /// The best branch has begun.
    has_best: bool,
}

impl Columns {
    fn waiting_for(&self, hash: &BlockHash) -> impl Iterator<Item = usize> {
        let lanes = self.waiting.iter().enumerate();
        lanes.filter_map(move |(lane, waits)| (waits.as_ref() == Some(hash)).then_some(lane))
    }

    fn place(&mut self, tree: &BlockTree, block: &TreeBlock) -> TreeRow {
        let id = block.info.id;
        let ending: Vec<usize> = self.waiting_for(&id.hash).collect();
        let lane = match ending.first() {
            Some(lane) => *lane,
            None => self.free(),
        };
        let is_best = tree.is_best(&id.hash);
        self.has_best |= is_best;
        for lane in &ending {
            self.waiting[*lane] = None;
        }
        let lines = |lanes: &mut dyn Iterator<Item = usize>| {
            lanes.fold(0, |bits, lane| bits | 1_u64 << lane.min(LANES_MAX - 1))
        };
        let has_begun = |lane: &usize| *lane > 0 || self.has_best || tree.best.is_none();
        let mut passing = self.waiting.iter().enumerate();
        let mut passing = passing
            .by_ref()
            .filter_map(|(lane, waits)| waits.is_some().then_some(lane))
            .filter(has_begun);
        let row = TreeRow {
            id,
            lane: lane.min(LANES_MAX - 1),
            passing: lines(&mut passing),
            joining: lines(&mut ending.iter().copied().filter(|other| *other != lane)),
        };
        // A branch whose root is not known ends; the best one goes on below what is known.
        let goes_on = tree.parent(&block.info).is_some() || is_best && id.height > 0;
        self.waiting[lane] = goes_on.then_some(block.info.previous);
        row
    }

    fn free(&mut self) -> usize {
        match self.waiting.iter().position(Option::is_none) {
            Some(lane) => lane,
            None => {
                self.waiting.push(None);
                self.waiting.len() - 1
            }
        }
    }
}
