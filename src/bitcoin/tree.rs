//! Headers of one network as a tree, each with the work that was done up to it.
//!
//! Only work is checked, and that a header's parent is there. On a network of one's own work costs
//! nothing, and on any network a peer can send headers without end: so there are at most
//! [`HEADERS_KEPT_MAX`], and when they are full, what is far below the tip goes, with the branches that
//! left the chain there.

use super::header::Header;
use super::network::NetworkParams;
use crate::chain::hash::BlockHash;
use crate::chain::pow::Work;
use primitive_types::U256;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Headers that a tree holds, about 4 MB. A private chain is shorter; of a public one it is the last
/// months.
pub const HEADERS_KEPT_MAX: usize = 20_000;

/// So many below the tip stay when room is made.
const KEPT_BELOW_TIP: usize = HEADERS_KEPT_MAX / 2;

/// A target is at most so many times the one before, where no rule makes it easy.
const EASIER_AT_MOST: u64 = 4;

/// Hashes that follow each other closely at the beginning of a locator.
const CLOSE_IN_LOCATOR: usize = 10;

/// The headers of a network, from a first one on.
#[derive(Clone)]
pub struct HeaderTree {
    params: &'static NetworkParams,
    entries: BTreeMap<BlockHash, Entry>,
    /// Blocks that no other builds on.
    tips: BTreeSet<BlockHash>,
    /// Where it begins.
    root: BlockHash,
    /// Height of the first one, once it is known.
    root_height: Option<u32>,
}

#[derive(Clone, Copy)]
struct Entry {
    header: Header,
    /// Blocks from the first one.
    depth: u32,
    /// Work from the first one on.
    work: Work,
}

/// Why a header is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderFault {
    /// No proof of work, or less than there has to be on this network.
    #[error("its proof of work is not enough")]
    Work,
    /// Its target is much easier than its parent's.
    #[error("its target is more than {EASIER_AT_MOST} times its parent's")]
    Easier,
    /// Its parent is not there.
    #[error("its parent is not known")]
    Orphan,
    /// There are too many, and all of them close to the tip.
    #[error("there are {HEADERS_KEPT_MAX} headers of other branches already")]
    Full,
}

impl HeaderTree {
    /// A tree that begins with this header; `height`: its height, if that is known.
    pub fn new(params: &'static NetworkParams, root: Header, height: Option<u32>) -> Self {
        let hash = root.hash();
        let entry = Entry {
            header: root,
            depth: 0,
            work: root.work(),
        };
        Self {
            params,
            entries: BTreeMap::from([(hash, entry)]),
            tips: BTreeSet::from([hash]),
            root: hash,
            root_height: height,
        }
    }

    /// Takes a header; whether it is new.
    ///
    /// # Errors
    /// [`HeaderFault`]; then nothing has changed.
    pub fn insert(&mut self, header: Header, tip: &BlockHash) -> Result<bool, HeaderFault> {
        let hash = header.hash();
        if self.entries.contains_key(&hash) {
            return Ok(false);
        }
        if !header.meets_target(self.params) {
            return Err(HeaderFault::Work);
        }
        let parent = self.entries.get(&header.previous).copied();
        let parent = parent.ok_or(HeaderFault::Orphan)?;
        self.check_target(&header, &parent.header)?;
        self.make_room(tip)?;
        // Making room may have taken the parent.
        if !self.entries.contains_key(&header.previous) {
            return Err(HeaderFault::Orphan);
        }
        let parent = self.entries[&header.previous];
        let entry = Entry {
            header,
            depth: parent.depth + 1,
            work: parent.work.saturating_add(header.work()),
        };
        self.entries.insert(hash, entry);
        self.tips.remove(&header.previous);
        self.tips.insert(hash);
        Ok(true)
    }

    fn check_target(&self, header: &Header, parent: &Header) -> Result<(), HeaderFault> {
        let target = |of: &Header| of.bits.to_target().map_or(U256::zero(), |t| t.to_u256());
        let most = target(parent).saturating_mul(EASIER_AT_MOST.into());
        match self.params.eases || target(header) <= most {
            true => Ok(()),
            false => Err(HeaderFault::Easier),
        }
    }

    /// The header of this hash.
    pub fn header(&self, hash: &BlockHash) -> Option<&Header> {
        self.entries.get(hash).map(|entry| &entry.header)
    }

    /// Whether it is there.
    pub fn has(&self, hash: &BlockHash) -> bool {
        self.entries.contains_key(hash)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never: there is a first one.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where it begins.
    pub const fn root(&self) -> BlockHash {
        self.root
    }

    /// A block's height, if that is known.
    pub fn height(&self, hash: &BlockHash) -> Option<u32> {
        let depth = self.entries.get(hash)?.depth;
        Some(self.root_height? + depth)
    }

    /// Learns a block's height, by which those of all others follow.
    pub fn set_height(&mut self, hash: &BlockHash, height: u32) {
        let depth = self.entries.get(hash).map(|entry| entry.depth);
        if let Some(root) = depth.and_then(|depth| height.checked_sub(depth)) {
            self.root_height.get_or_insert(root);
        }
    }

    /// Work from the first one up to this one.
    pub fn work(&self, hash: &BlockHash) -> Option<Work> {
        self.entries.get(hash).map(|entry| entry.work)
    }

    /// The way down from a block to the first, itself included.
    pub fn down_from(
        &self,
        hash: &BlockHash,
    ) -> impl Iterator<Item = (BlockHash, &Header)> + use<'_> {
        let first = self.entries.get_key_value(hash);
        let below =
            |(_, entry): &(&BlockHash, &Entry)| self.entries.get_key_value(&entry.header.previous);
        std::iter::successors(first, below).map(|(hash, entry)| (*hash, &entry.header))
    }

    /// The last block that two chains have in common; `None`: one of them is not there.
    pub fn fork(&self, a: &BlockHash, b: &BlockHash) -> Option<BlockHash> {
        let (mut a, mut b) = (*a, *b);
        while a != b {
            let (below_a, below_b) = (self.entries.get(&a)?, self.entries.get(&b)?);
            if below_a.depth >= below_b.depth {
                a = below_a.header.previous;
            }
            if below_b.depth >= below_a.depth {
                b = below_b.header.previous;
            }
        }
        Some(a)
    }

    /// Blocks from one down to another, which is not among them.
    pub fn depth_above(&self, hash: &BlockHash, below: &BlockHash) -> Option<u32> {
        let depth = |hash: &BlockHash| self.entries.get(hash).map(|entry| entry.depth);
        depth(hash)?.checked_sub(depth(below)?)
    }

    /// Tips of branches: blocks that no other builds on.
    pub const fn tips(&self) -> &BTreeSet<BlockHash> {
        &self.tips
    }

    /// Hashes from a block back, further apart the older, for a [`Locator`](super::wire::Locator).
    pub fn locator(&self, tip: &BlockHash) -> Vec<BlockHash> {
        let (mut hashes, mut step, mut next) = (Vec::new(), 1, 0);
        for (nth, (hash, _)) in self.down_from(tip).enumerate() {
            if nth == next || hash == self.root {
                hashes.push(hash);
                step = if hashes.len() >= CLOSE_IN_LOCATOR {
                    step * 2
                } else {
                    1
                };
                next = nth + step;
            }
        }
        hashes
    }

    /// Lets go what is far below the tip, if the tree is full.
    fn make_room(&mut self, tip: &BlockHash) -> Result<(), HeaderFault> {
        if self.entries.len() < HEADERS_KEPT_MAX {
            return Ok(());
        }
        let new_root = self
            .down_from(tip)
            .nth(KEPT_BELOW_TIP)
            .map(|(hash, _)| hash);
        if let Some(root) = new_root {
            self.begin_at(root);
        }
        match self.entries.len() < HEADERS_KEPT_MAX {
            true => Ok(()),
            false => Err(HeaderFault::Full),
        }
    }

    /// Keeps a block and what builds on it.
    fn begin_at(&mut self, root: BlockHash) {
        let old = std::mem::take(&mut self.entries);
        let mut by_depth: Vec<_> = old.into_iter().collect();
        by_depth.sort_by_key(|(_, entry)| entry.depth);
        let mut passed = 0;
        for (hash, mut entry) in by_depth {
            if hash == root {
                passed = entry.depth;
            } else if !self.entries.contains_key(&entry.header.previous) {
                continue;
            }
            entry.depth -= passed;
            self.entries.insert(hash, entry);
        }
        let entries = &self.entries;
        self.tips.retain(|tip| entries.contains_key(tip));
        self.root = root;
        self.root_height = self.root_height.map(|height| height + passed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::testing::{REGTEST, header_on as on};

    fn chain(tree: &mut HeaderTree, from: Header, len: u32, salt: u32) -> Header {
        (0..len).fold(from, |parent, _| {
            let header = on(&parent, salt);
            let tip = header.previous;
            assert_eq!(tree.insert(header, &tip), Ok(true));
            header
        })
    }

    fn tree() -> (HeaderTree, Header) {
        let genesis = REGTEST.genesis();
        (HeaderTree::new(REGTEST, genesis, Some(0)), genesis)
    }

    #[test]
    fn branches_have_heights_work_and_a_fork() {
        let (mut tree, genesis) = tree();
        let trunk = chain(&mut tree, genesis, 3, 0);
        let (long, short) = (chain(&mut tree, trunk, 4, 1), chain(&mut tree, trunk, 2, 2));
        let (long, short) = (long.hash(), short.hash());
        assert_eq!(
            (tree.height(&long), tree.height(&short)),
            (Some(7), Some(5))
        );
        assert!(tree.work(&long) > tree.work(&short));
        assert_eq!(tree.fork(&long, &short), Some(trunk.hash()));
        assert_eq!(tree.depth_above(&short, &trunk.hash()), Some(2));
        assert_eq!(*tree.tips(), BTreeSet::from([long, short]));
    }

    #[test]
    fn headers_without_work_without_a_parent_or_far_too_easy_are_refused() {
        let (mut tree, genesis) = tree();
        let mut idle = on(&genesis, 0);
        while idle.meets_target(REGTEST) {
            idle.nonce += 1;
        }
        let root = tree.root();
        assert_eq!(tree.insert(idle, &root), Err(HeaderFault::Work));
        let orphan = on(&on(&genesis, 1), 0);
        assert_eq!(tree.insert(orphan, &root), Err(HeaderFault::Orphan));
        assert_eq!(tree.len(), 1);

        // What mainnet would say of headers as easy as these.
        let mut strict = *REGTEST;
        strict.eases = false;
        let strict = &*Box::leak(Box::new(strict));
        let hard = Header {
            bits: crate::chain::CompactTarget(0x1f00_ffff),
            ..genesis
        };
        let mut tree = HeaderTree::new(strict, hard, None);
        let easy = (0..).map(|nonce| Header {
            previous: hard.hash(),
            nonce,
            ..genesis
        });
        let easy = { easy }.find(|header| header.meets_target(strict)).unwrap();
        assert_eq!(tree.insert(easy, &hard.hash()), Err(HeaderFault::Easier));
    }

    #[test]
    fn a_locator_has_few_hashes_newest_first_and_the_first_block() {
        let (mut tree, genesis) = tree();
        let tip = chain(&mut tree, genesis, 500, 0).hash();
        let locator = tree.locator(&tip);
        let heights: Vec<_> = locator
            .iter()
            .map(|hash| tree.height(hash).unwrap())
            .collect();
        assert_eq!(
            heights[..11],
            [500, 499, 498, 497, 496, 495, 494, 493, 492, 491, 489]
        );
        assert_eq!(heights.last(), Some(&0));
        assert!(heights.len() < 20, "{heights:?}");
    }

    #[test]
    fn a_full_tree_lets_go_what_is_far_below_the_tip_and_keeps_heights() {
        let (mut tree, genesis) = tree();
        let old = chain(&mut tree, genesis, 5, 9).hash();
        let tip = chain(&mut tree, genesis, 20_000, 0);
        assert!(tree.len() <= HEADERS_KEPT_MAX);
        assert_eq!(tree.height(&tip.hash()), Some(20_000));
        assert!(!tree.has(&old) && !tree.has(&genesis.hash()));
        // Siblings without end on the block before the tip: those are not far below.
        let before = *tree.header(&tip.previous).unwrap();
        let refused =
            (1..30_000).find_map(|salt| tree.insert(on(&before, salt), &tip.hash()).err());
        assert_eq!(refused, Some(HeaderFault::Full));
    }

    #[test]
    fn heights_follow_from_one_that_is_known() {
        let (_, genesis) = tree();
        let first = on(&genesis, 0);
        let mut tree = HeaderTree::new(REGTEST, first, None);
        let tip = chain(&mut tree, first, 3, 0).hash();
        assert_eq!(tree.height(&tip), None);
        tree.set_height(&tip, 700_003);
        assert_eq!(tree.height(&first.hash()), Some(700_000));
    }
}
