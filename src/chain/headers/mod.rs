//! The tree of headers: every branch that is known, its work, and which branch is the chain.
//!
//! Each entry says whether its body is stored, and whether the bodies of all its ancestors are
//! too ("linked"): only a linked entry can become the tip. The linked entries with more work than
//! the tip, and not found invalid, are the *candidates*; among them the one with most work wins,
//! and of equals the one that was linked first.
//!
//! A tree [without bodies](HeaderTree::without_bodies) is a light node's. There each header is linked
//! as it comes, and all else is the same: what is a candidate, what is kept off the chain, what gives
//! way.
//!
//! A peer can make us keep headers that are not (yet) on the chain. Such *side* headers cost an
//! attacker little on an easy branch, so they are limited, three ways:
//!
//! - a branch must come within [`SIDE_WINDOW_INTERVALS`] blocks' worth of our tip's work, else it
//!   is refused ([`RuleError::LowWork`]) and, once the tip has moved on, dropped;
//! - there are at most [`SIDE_HEADERS_MAX`] of them, and [`SIDE_HEADERS_PER_PEER_MAX`] from one
//!   peer; the branch with least work gives way, from its end;
//! - their stored bodies take at most [`SIDE_BODY_BYTES_MAX`].
//!
//! A branch with more work than our tip is none of that, however deep it forks off, as long as it
//! is handed in at once: what is measured is its end. All headers off the chain together are at
//! most [`AHEAD_HEADERS_MAX`], and then the heavier branch drives out the lighter. One that comes in pieces is followed with a
//! [`BranchScan`](super::scan::BranchScan) until its work is known.

mod grow;
mod side;
mod trunk;
mod walk;

pub use trunk::Trunks;

use super::asert::Clock;
use super::block::Header;
use super::hash::BlockHash;
use super::params::Params;
use super::pow::Work;
use super::rules::RuleError;
use super::shared::{SharedList, SharedMap};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use trunk::Trunk;

/// How far a side branch may lag behind the tip, in blocks of the tip's work. A day of 5-minute
/// blocks, or 24 minutes of a lab: later than that no node waits for it to win.
pub const SIDE_WINDOW_INTERVALS: u64 = 288;

/// Side headers kept in all: about 6 MB.
pub const SIDE_HEADERS_MAX: usize = 20_000;

/// Side headers kept from one peer: what one `headers` message holds.
pub const SIDE_HEADERS_PER_PEER_MAX: usize = 2_000;

/// Headers kept that are not on the chain, with those ahead of its tip, whose bodies are yet to
/// come: about 30 MB. A node that is further behind gets more as it catches up.
pub const AHEAD_HEADERS_MAX: usize = 100_000;

/// Bytes of stored bodies that are not on the chain: 64 full blocks of the largest size.
pub const SIDE_BODY_BYTES_MAX: u64 = 256_000_000;

/// An entry of the tree. Never keep one across a call that takes headers or blocks: entries give
/// way, and their places are used again. Keep the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeaderId(u32);

/// Who handed in a header, for the limit per peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Mined here, or read from our own store.
    Own,
    /// The peer with this number.
    Peer(u64),
}

/// One header and what is known of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The header.
    pub header: Header,
    /// Its hash.
    pub hash: BlockHash,
    /// Distance from the genesis block.
    pub height: u32,
    /// Work of the chain up to and with it.
    pub work: Work,
    /// Found invalid, or built on an invalid block.
    pub failed: bool,
    /// Bytes of its stored body; 0: the body is not stored.
    pub body_len: u32,
    clock: Clock,
    linked: Option<LinkOrder>,
    parent: HeaderId,
    /// An ancestor much further down (as in Bitcoin Core's chain.cpp), to jump by.
    skip: HeaderId,
    first_child: Option<HeaderId>,
    next_sibling: Option<HeaderId>,
    /// With thousands of rivals on one block, leaving the list must not mean walking it.
    previous_sibling: Option<HeaderId>,
    origin: Origin,
    /// Counts against the limits on side headers.
    counted: bool,
}

/// The order in which bodies became linked, to settle ties: first come, first served.
type LinkOrder = u64;

/// What an entry was that is no longer in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
}

/// What became of a run of headers.
#[derive(Debug, Default)]
pub struct Extended {
    /// Those that are new, lowest first.
    pub added: Vec<HeaderId>,
    /// Side headers that gave way to them.
    pub removed: Vec<Removed>,
    /// The first one that was refused, with its place in the run; it and all behind it were not
    /// taken.
    pub refused: Option<(usize, RuleError)>,
}

/// All known headers.
#[derive(Clone)]
pub struct HeaderTree {
    /// Whether an entry must wait for its body to be linked.
    with_bodies: bool,
    entries: SharedList<Entry>,
    /// Places in `entries` that are free for use.
    free: Vec<HeaderId>,
    by_hash: SharedMap<BlockHash, HeaderId>,
    /// The chain, by height, from the trunk on.
    active: Vec<HeaderId>,
    /// What is kept once for all trees that share it; nothing, if this one does not.
    trunk: Arc<Trunk>,
    trunks: Option<Arc<Trunks>>,
    candidates: BTreeSet<(Work, Reverse<LinkOrder>, HeaderId)>,
    /// Entries off the chain without children.
    leaves: BTreeSet<(Work, HeaderId)>,
    leaves_of: BTreeMap<Origin, BTreeSet<(Work, HeaderId)>>,
    counted: BTreeMap<Origin, usize>,
    side_body_bytes: u64,
    best: HeaderId,
    next_link: LinkOrder,
}

impl HeaderTree {
    /// A tree of the genesis block, whose body counts as stored.
    pub fn new(params: &Params) -> Self {
        let block = params.genesis_block();
        let hash = block.hash();
        let id = HeaderId(0);
        let genesis = Entry {
            header: *block.header(),
            hash,
            height: 0,
            work: Work::ZERO,
            failed: false,
            body_len: len_u32(block.encoded_len()),
            clock: Clock::start(params.genesis_time),
            linked: Some(0),
            parent: id,
            skip: id,
            first_child: None,
            next_sibling: None,
            previous_sibling: None,
            origin: Origin::Own,
            counted: false,
        };
        let (mut entries, mut by_hash) = (SharedList::default(), SharedMap::default());
        entries.push_back(genesis);
        by_hash.insert(hash, id);
        Self {
            with_bodies: true,
            entries,
            free: Vec::new(),
            by_hash,
            active: vec![id],
            trunk: Arc::default(),
            trunks: None,
            candidates: BTreeSet::new(),
            leaves: BTreeSet::new(),
            leaves_of: BTreeMap::new(),
            counted: BTreeMap::new(),
            side_body_bytes: 0,
            best: id,
            next_link: 1,
        }
    }

    /// A tree of the genesis block's header, for who keeps headers alone: each is complete as it is.
    pub fn without_bodies(params: &Params) -> Self {
        let mut tree = Self::new(params);
        tree.with_bodies = false;
        let genesis = tree.genesis();
        tree.entry_mut(genesis).body_len = 0;
        tree
    }

    /// Whether bodies are kept; if not, headers are complete as they are.
    pub fn has_bodies(&self) -> bool {
        self.with_bodies
    }

    /// The entry behind an id.
    pub fn entry(&self, id: HeaderId) -> &Entry {
        let in_trunk = self.trunk.get(id);
        in_trunk.unwrap_or_else(|| &self.entries[index(id.0)])
    }

    /// The id of a known header.
    pub fn find(&self, hash: &BlockHash) -> Option<HeaderId> {
        let own = self.by_hash.get(hash).copied();
        own.or_else(|| self.trunk.find(hash))
    }

    /// The genesis block.
    pub fn genesis(&self) -> HeaderId {
        self.trunk.at(0).unwrap_or_else(|| self.active[0])
    }

    /// The end of the chain.
    pub fn tip(&self) -> HeaderId {
        *self.active.last().expect("the tip is in no trunk")
    }

    /// The header with most work that is not known to be invalid, whether or not there are
    /// bodies. A peer may withhold them: who downloads should look at what each peer has.
    pub fn best(&self) -> HeaderId {
        self.best
    }

    /// Whether the bodies of an entry and all its ancestors are stored; without bodies, always.
    pub fn is_linked(&self, id: HeaderId) -> bool {
        self.entry(id).linked.is_some()
    }

    /// The block of the chain at `height`.
    pub fn active_at(&self, height: u32) -> Option<HeaderId> {
        let own = || self.active.get(index(height) - self.trunk.len()).copied();
        self.trunk.at(height).or_else(own)
    }

    /// Whether an entry is on the chain.
    pub fn is_active(&self, id: HeaderId) -> bool {
        self.active_at(self.entry(id).height) == Some(id)
    }

    /// The parent; the genesis block has none.
    pub fn parent(&self, id: HeaderId) -> Option<HeaderId> {
        (self.entry(id).height > 0).then(|| self.up(id))
    }

    /// Number of headers known.
    pub fn len(&self) -> usize {
        self.trunk.len() + self.by_hash.len()
    }

    /// Never: the genesis block is always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Number of headers that count against the limit on side headers.
    pub fn side_len(&self) -> usize {
        self.counted.values().sum()
    }

    /// All entries off the chain, in no particular but a reproducible order.
    pub fn side_entries(&self) -> impl Iterator<Item = HeaderId> {
        let ids = self.by_hash.values().copied();
        ids.filter(|id| !self.is_active(*id))
    }

    /// Headers kept that are not on the chain, with those ahead of its tip, whose bodies are yet to
    /// come: about 30 MB. A node that is further behind gets more as it catches up.
    pub const AHEAD_HEADERS_MAX: usize = 100_000;

    /// Bytes of stored bodies that are not on the chain.
    pub fn side_body_bytes(&self) -> u64 {
        self.side_body_bytes
    }

    /// The parent, or the genesis block itself.
    fn up(&self, id: HeaderId) -> HeaderId {
        let entry = self.entry(id);
        let below = entry.height.saturating_sub(1);
        self.trunk.at(below).unwrap_or(entry.parent)
    }

    fn entry_mut(&mut self, id: HeaderId) -> &mut Entry {
        &mut self.entries[index(id.0)]
    }
}

/// The height that an entry's skip link leads to: few steps reach any ancestor.
fn skip_height(height: u32) -> u32 {
    let without_lowest_bit = |n: u32| n & n.wrapping_sub(1);
    match height {
        0 | 1 => 0,
        odd if odd % 2 == 1 => without_lowest_bit(without_lowest_bit(odd - 1)) + 1,
        even => without_lowest_bit(even),
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit a usize here")
}

fn len_u32(len: usize) -> u32 {
    u32::try_from(len).expect("limits keep lengths far below 2^32")
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
