//! The blocks of one node, each with the stages that can be seen: announced, complete, connected.
//!
//! A block's header is taken once it has work and a parent; on a public network the first that comes is
//! where the tree begins. Its body is asked for, and checked against it. The tip is the block with the
//! most work among those that the node has connected, and the blocks up to it are gone through in their
//! order, each once its body is here, so that what waits can be told from what is mined.

use super::config::{Limits, WatchConfig};
use crate::bitcoin::block::{Block, BlockFault};
use crate::bitcoin::header::Header;
use crate::bitcoin::tree::{HeaderFault, HeaderTree};
use crate::chain::hash::BlockHash;
use crate::node::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// By which message a block was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncedBy {
    /// In short, before it was checked.
    CmpctBlock,
    /// By its hash.
    Inv,
    /// By its header.
    Headers,
}

/// How it showed that a block is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectedBy {
    /// By its header.
    Headers,
    /// By its hash, where the node does not know that its parent is here.
    Inv,
    /// The node said so when it was asked.
    Rpc,
}

/// When a block was where. What could not be seen is absent, as all is of blocks that were there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// First announced.
    pub announced: Option<(Time, AnnouncedBy)>,
    /// Its body was here and was its header's.
    pub complete: Option<Time>,
    /// Part of the node's chain.
    pub connected: Option<(Time, ConnectedBy)>,
}

/// What is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyFacts {
    /// Transactions.
    pub txs: usize,
    /// Bytes.
    pub bytes: usize,
    /// BIP 141.
    pub weight: u64,
}

/// A block that was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSeen {
    /// When it was where.
    pub stages: Stages,
    /// What is in it, once that is known.
    pub body: Option<BodyFacts>,
    /// The node has connected it.
    pub is_connected: bool,
}

/// A step of the way from the tip that was to the tip that is.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A block was left behind.
    Left(BlockHash),
    /// A block was connected.
    Joined(Block),
}

/// The tip is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NewTip {
    pub(super) old: BlockHash,
    pub(super) new: BlockHash,
    /// The last block that both have, and how many were left behind; `None`: the new one is on top.
    pub(super) left: Option<(BlockHash, u32)>,
}

/// All blocks of a node.
#[derive(Clone)]
pub(super) struct Blocks {
    config: WatchConfig,
    tree: Option<HeaderTree>,
    seen: BTreeMap<BlockHash, BlockSeen>,
    /// In the order in which they were first seen.
    order: VecDeque<BlockHash>,
    tip: Option<BlockHash>,
    /// Up to which block the way has been gone.
    at: Option<BlockHash>,
    /// Blocks of it that the tip does not build on, each with its parent: they are left first.
    leaves: VecDeque<(BlockHash, BlockHash)>,
    /// The way from there to the tip.
    way: VecDeque<BlockHash>,
    /// Bodies of blocks that are not part of the way that has been gone.
    bodies: BTreeMap<BlockHash, Block>,
    body_bytes: usize,
    /// Blocks whose hash showed that they are connected before their header was here.
    by_inv: BTreeMap<BlockHash, Time>,
}

impl Blocks {
    pub(super) fn new(config: &WatchConfig) -> Self {
        let network = config.network;
        let genesis = network.params().genesis();
        // A private chain is short, and is read from its beginning.
        let tree = network
            .is_private()
            .then(|| HeaderTree::new(network.params(), genesis, Some(0)));
        let root = tree.as_ref().map(HeaderTree::root);
        Self {
            config: config.clone(),
            tree,
            seen: BTreeMap::new(),
            order: VecDeque::new(),
            tip: root,
            at: root,
            leaves: VecDeque::new(),
            way: VecDeque::new(),
            bodies: BTreeMap::new(),
            body_bytes: 0,
            by_inv: BTreeMap::new(),
        }
    }

    /// The headers; `None`: none has come yet.
    pub(super) const fn tree(&self) -> Option<&HeaderTree> {
        self.tree.as_ref()
    }

    pub(super) const fn tip(&self) -> Option<BlockHash> {
        self.tip
    }

    pub(super) fn seen(&self, hash: &BlockHash) -> Option<&BlockSeen> {
        self.seen.get(hash)
    }

    /// Those that were seen, in that order.
    pub(super) fn all_seen(&self) -> impl DoubleEndedIterator<Item = (&BlockHash, &BlockSeen)> {
        self.order
            .iter()
            .filter_map(|hash| self.seen.get_key_value(hash))
    }

    pub(super) fn height(&self, hash: &BlockHash) -> Option<u32> {
        self.tree.as_ref()?.height(hash)
    }

    /// A node says at which height a block is.
    pub(super) fn set_height(&mut self, hash: &BlockHash, height: u32) {
        if let Some(tree) = &mut self.tree {
            tree.set_height(hash, height);
        }
    }

    /// Hashes by which a node finds out what is missing here.
    pub(super) fn locator(&self) -> Vec<BlockHash> {
        let from_tip = |tree: &HeaderTree| Some(tree.locator(&self.tip?));
        self.tree.as_ref().and_then(from_tip).unwrap_or_default()
    }

    /// Whether its header is here.
    pub(super) fn has(&self, hash: &BlockHash) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.has(hash))
    }

    /// Takes a header; whether it is new.
    pub(super) fn header(&mut self, header: Header) -> Result<bool, HeaderFault> {
        let params = self.config.network.params();
        let Some(tree) = &mut self.tree else {
            if !header.meets_target(params) {
                return Err(HeaderFault::Work);
            }
            self.tree = Some(HeaderTree::new(params, header, None));
            return Ok(true);
        };
        let tip = self.tip.unwrap_or(tree.root());
        tree.insert(header, &tip)
    }

    /// The node's chain does not have the blocks that are known here: on a public network the next header
    /// that is announced is where the tree begins. A private one has its first block.
    pub(super) fn begin_anew(&mut self) {
        if !self.config.network.is_private() {
            (self.tree, self.tip, self.at) = (None, None, None);
            self.leaves.clear();
            self.way.clear();
        }
    }

    /// A block was announced; whether that is the first time.
    pub(super) fn announced(&mut self, hash: BlockHash, now: Time, by: AnnouncedBy) -> bool {
        let announced = &mut self.entry(hash).stages.announced;
        let is_first = announced.is_none();
        announced.get_or_insert((now, by));
        is_first
    }

    /// A body came whose header is here. What it says is checked before it counts.
    pub(super) fn complete(&mut self, block: Block, now: Time) -> Result<BodyFacts, BlockFault> {
        block.check()?;
        let (hash, facts) = (block.hash(), BodyFacts::of(&block));
        if let (Some(height), Some(tree)) = (block.height(), &mut self.tree) {
            tree.set_height(&hash, height);
        }
        let entry = self.entry(hash);
        entry.body = Some(facts);
        if entry.stages.announced.is_some() || entry.stages.connected.is_some() {
            entry.stages.complete.get_or_insert(now);
        }
        self.keep(block);
        Ok(facts)
    }

    /// The node has connected a block whose header is here; `shown`: when and how that showed, unless it
    /// was so before. Whether that is the first that is known of when it was, and what changes by it.
    pub(super) fn connected(
        &mut self,
        hash: BlockHash,
        shown: Option<(Time, ConnectedBy)>,
    ) -> (bool, Option<NewTip>) {
        let entry = self.entry(hash);
        entry.is_connected = true;
        let is_news = shown.is_some() && entry.stages.connected.is_none();
        entry.stages.connected = entry.stages.connected.or(shown);
        (is_news, self.reach(hash))
    }

    /// A hash shows that a block is connected whose header is not here.
    pub(super) fn shown_by_inv(&mut self, hash: BlockHash, is_connected: bool, now: Time) {
        if is_connected && self.by_inv.len() < Limits::BODIES_ASKED {
            self.by_inv.entry(hash).or_insert(now);
        }
    }

    /// When that was, of a block whose header is here now.
    pub(super) fn take_shown_by_inv(&mut self, hash: &BlockHash) -> Option<Time> {
        self.by_inv.remove(hash)
    }

    /// Takes a block as the tip, if it has more work than the one that is.
    pub(super) fn reach(&mut self, hash: BlockHash) -> Option<NewTip> {
        let tree = self.tree.as_ref()?;
        let old = self.tip.filter(|tip| tree.has(tip));
        if old.is_some_and(|old| tree.work(&hash) <= tree.work(&old)) {
            return None;
        }
        self.set_tip(hash)
    }

    /// Takes a block as the tip, whatever work it has: the node says so.
    pub(super) fn set_tip(&mut self, hash: BlockHash) -> Option<NewTip> {
        let tree = self.tree.as_ref()?;
        let old = self.tip.replace(hash).filter(|tip| tree.has(tip));
        let fork = old.and_then(|old| tree.fork(&old, &hash));
        if fork == old && self.way.back().copied().or(self.at) == old && old.is_some() {
            let above = tree
                .down_from(&hash)
                .take_while(|(hash, _)| Some(*hash) != old);
            let above: Vec<_> = above.map(|(hash, _)| hash).collect();
            self.way.extend(above.into_iter().rev());
        } else {
            self.find_way(hash);
        }
        let (old, fork) = (old?, fork?);
        let depth = self.tree.as_ref()?.depth_above(&old, &fork)?;
        Some(NewTip {
            old,
            new: hash,
            left: (depth > 0).then_some((fork, depth)),
        })
    }

    fn find_way(&mut self, tip: BlockHash) {
        let Some(tree) = &self.tree else { return };
        let fork = self.at.and_then(|at| tree.fork(&at, &tip));
        let (at, above) = (self.at.filter(|_| fork.is_some()), tree.down_from(&tip));
        let down = at.map(|at| tree.down_from(&at)).into_iter().flatten();
        let until_fork = |(hash, _): &(BlockHash, &Header)| Some(*hash) != fork;
        self.leaves = down
            .take_while(until_fork)
            .map(|(hash, header)| (hash, header.previous))
            .collect();
        // Where nothing has been gone yet, or what has been is not there any more, the tip alone is gone to.
        let len = if fork.is_some() { usize::MAX } else { 1 };
        let above = above.take_while(until_fork).take(len);
        self.way = above.map(|(hash, _)| hash).collect();
        self.way.make_contiguous().reverse();
    }

    /// The next step of the way to the tip, if what it needs is here.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        if let Some((left, parent)) = self.leaves.pop_front() {
            self.at = Some(parent);
            return Some(Step::Left(left));
        }
        let next = self.way.front()?;
        let block = self.bodies.remove(next)?;
        self.body_bytes -= block.bytes().len();
        self.at = self.way.pop_front();
        Some(Step::Joined(block))
    }

    /// A body cannot be had: the way goes on without it.
    pub(super) fn pass_over(&mut self, hash: &BlockHash) {
        if self.way.front() == Some(hash) {
            self.at = self.way.pop_front();
        }
    }

    /// Bodies that the way needs next and that are not here.
    pub(super) fn missing(&self) -> impl Iterator<Item = BlockHash> {
        let ahead = self.way.iter().take(Limits::BODIES_AHEAD);
        ahead
            .filter(|hash| !self.bodies.contains_key(hash))
            .copied()
    }

    fn entry(&mut self, hash: BlockHash) -> &mut BlockSeen {
        if !self.seen.contains_key(&hash) {
            self.order.push_back(hash);
            if self.order.len() > Limits::BLOCKS_SEEN {
                let oldest = self.order.pop_front();
                oldest.and_then(|oldest| self.seen.remove(&oldest));
            }
        }
        self.seen.entry(hash).or_default()
    }

    /// Keeps a body until the way comes by it. Of those that it does not need the lowest hashes go: no
    /// body is waited for that is gone, it is asked for again.
    fn keep(&mut self, block: Block) {
        self.body_bytes += block.bytes().len();
        if let Some(same) = self.bodies.insert(block.hash(), block) {
            self.body_bytes -= same.bytes().len();
        }
        while self.body_bytes > Limits::BODY_BYTES {
            let needed = |hash: &BlockHash| self.way.iter().take(2).any(|next| next == hash);
            let Some(gone) = self.bodies.keys().find(|hash| !needed(hash)).copied() else {
                return;
            };
            let gone = self.bodies.remove(&gone).expect("it was found");
            self.body_bytes -= gone.bytes().len();
        }
    }
}

impl fmt::Display for AnnouncedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CmpctBlock => "cmpctblock",
            Self::Inv => "inv",
            Self::Headers => "headers",
        })
    }
}

impl fmt::Display for ConnectedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Headers => "headers",
            Self::Inv => "inv",
            Self::Rpc => "RPC",
        })
    }
}

impl BodyFacts {
    fn of(block: &Block) -> Self {
        Self {
            txs: block.len(),
            bytes: block.bytes().len(),
            weight: block.weight(),
        }
    }
}
