//! Blocks that were seen, whatever branch they are on.

use crate::chain::BlockHash;
use crate::chain::shared::SharedMap;
use crate::node::NodeIx;
use crate::node::snapshot::BlockInfo;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blocks that are kept.
pub const BLOCKS_MAX: usize = 4_096;

/// A block, and what there is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeBlock {
    /// The block.
    pub info: BlockInfo,
    /// Blocks on it, in the order in which they were seen.
    pub children: Vec<BlockHash>,
    /// Nodes that had it on their chain when they were looked at: these can be asked for it.
    pub shown_by: BTreeSet<NodeIx>,
    /// Its place among all that were seen, from 0 on.
    pub number: u64,
}

/// Blocks that were seen, [`BLOCKS_MAX`] at most. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct SeenBlocks {
    blocks: SharedMap<BlockHash, Arc<TreeBlock>>,
    /// Blocks of a height, in the order in which they were seen.
    heights: SharedMap<u32, Vec<BlockHash>>,
    /// How many were ever seen.
    seen: u64,
    edition: u64,
}

impl PartialEq for SeenBlocks {
    fn eq(&self, other: &Self) -> bool {
        self.blocks.iter().eq(other.blocks.iter())
    }
}

impl SeenBlocks {
    /// Another whenever there is another block, or one that another node has.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Takes blocks of a node's chain, the highest first, down to the first that it has shown before.
    pub fn take<'a>(&mut self, node: NodeIx, chain: impl Iterator<Item = &'a BlockInfo>) {
        for info in chain {
            if self.is_shown_by(node, &info.id.hash) {
                // With all that is below it.
                break;
            }
            self.insert(node, info);
        }
        self.forget_lowest();
    }

    /// A node stands on a block that was seen: it has all that are below it as well.
    pub fn stand(&mut self, node: NodeIx, tip: &BlockHash) {
        let mut next = self.block(tip).cloned();
        while let Some(block) = next.filter(|block| !block.shown_by.contains(&node)) {
            self.insert(node, &block.info);
            next = self.parent(&block.info).cloned();
        }
    }

    /// Takes a block that a node has on its chain, unless there are enough higher ones. Says
    /// whether it is known now.
    pub fn absorb(&mut self, node: NodeIx, info: &BlockInfo) -> bool {
        let lowest = self.heights.keys().next();
        let is_full = self.len() >= BLOCKS_MAX;
        if !is_full || lowest.is_some_and(|lowest| *lowest < info.id.height) {
            self.insert(node, info);
            self.forget_lowest();
        }
        self.blocks.contains_key(&info.id.hash)
    }

    fn is_shown_by(&self, node: NodeIx, hash: &BlockHash) -> bool {
        let block = self.block(hash);
        block.is_some_and(|block| block.shown_by.contains(&node))
    }

    fn insert(&mut self, node: NodeIx, info: &BlockInfo) {
        self.edition += 1;
        let id = info.id;
        if let Some(known) = self.blocks.get(&id.hash) {
            let mut block = TreeBlock::clone(known);
            block.shown_by.insert(node);
            block.info.txs = block.info.txs.or(info.txs);
            if block.info.miner.is_none() {
                block.info.miner.clone_from(&info.miner);
            }
            self.blocks.insert(id.hash, Arc::new(block));
            return;
        }
        let above = id.height.checked_add(1);
        let above = above.map_or(&[][..], |above| self.at(above));
        let is_child = |hash: &&BlockHash| {
            let child = self.block(hash);
            child.is_some_and(|child| child.info.previous == id.hash)
        };
        let children = above.iter().filter(is_child).copied().collect();
        if let Some(parent) = self.parent(info) {
            let mut parent = TreeBlock::clone(parent);
            parent.children.push(id.hash);
            self.blocks.insert(parent.info.id.hash, Arc::new(parent));
        }
        let mut rivals = self.at(id.height).to_vec();
        rivals.push(id.hash);
        self.heights.insert(id.height, rivals);
        let block = TreeBlock {
            info: info.clone(),
            children,
            shown_by: BTreeSet::from([node]),
            number: self.seen,
        };
        self.seen += 1;
        self.blocks.insert(id.hash, Arc::new(block));
    }

    /// The lowest blocks, as long as there are too many.
    fn forget_lowest(&mut self) {
        while self.len() > BLOCKS_MAX {
            let Some((height, mut rivals)) = self.heights.pop_first() else {
                return;
            };
            self.blocks.remove(&rivals.remove(0));
            if !rivals.is_empty() {
                self.heights.insert(height, rivals);
            }
            self.edition += 1;
        }
    }

    /// A block.
    pub fn block(&self, hash: &BlockHash) -> Option<&Arc<TreeBlock>> {
        self.blocks.get(hash)
    }

    /// The block below another, if it is known.
    pub fn parent(&self, info: &BlockInfo) -> Option<&Arc<TreeBlock>> {
        let parent = self.block(&info.previous);
        parent.filter(|parent| is_next(parent, info))
    }

    /// A block and all that are known below it, down to the first gap.
    pub fn down(&self, from: &BlockHash) -> impl Iterator<Item = &Arc<TreeBlock>> {
        std::iter::successors(self.block(from), |block| self.parent(&block.info))
    }

    /// The blocks of a height, in the order in which they were seen.
    pub fn at(&self, height: u32) -> &[BlockHash] {
        self.heights.get(&height).map_or(&[], Vec::as_slice)
    }

    /// The heights of which there are blocks, the lowest first.
    pub fn heights(&self) -> impl DoubleEndedIterator<Item = &u32> {
        self.heights.keys()
    }

    /// All of them, in no order that matters.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TreeBlock>> {
        self.blocks.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether none was seen yet.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

fn is_next(parent: &TreeBlock, info: &BlockInfo) -> bool {
    parent.info.id.height.checked_add(1) == Some(info.id.height)
}
