//! The tree of headers: every branch that is known, its work, and which branch is the chain.
//!
//! Each entry says whether its body is stored, and whether the bodies of all its ancestors are
//! too ("linked"): only a linked entry can become the tip. The linked entries with more work than
//! the tip, and not found invalid, are the *candidates*; among them the one with most work wins,
//! and of equals the one that was linked first.
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
//! is handed in at once: what is measured is its end. A caller that gets such a branch in pieces
//! follows it with a [`Cursor`], in constant memory, until its work is known.

mod side;

use super::block::{BlockTime, Header};
use super::cursor::Cursor;
use super::hash::BlockHash;
use super::params::Params;
use super::pow::Work;
use super::rules::RuleError;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How far a side branch may lag behind the tip, in blocks of the tip's work. A day of 5-minute
/// blocks, or 24 minutes of a lab: later than that nobody waits for it to win.
pub const SIDE_WINDOW_INTERVALS: u64 = 288;

/// Side headers kept in all: about 6 MB.
pub const SIDE_HEADERS_MAX: usize = 20_000;

/// Side headers kept from one peer: what one `headers` message holds.
pub const SIDE_HEADERS_PER_PEER_MAX: usize = 2_000;

/// Bytes of stored bodies that are not on the chain: 64 full blocks of the largest size.
pub const SIDE_BODY_BYTES_MAX: u64 = 256_000_000;

/// Entries of a locator that step by one, before the steps double.
const LOCATOR_DENSE: usize = 10;

/// An entry of the tree. Valid as long as the entry is: removing it invalidates the id.
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
    clock: i64,
    linked: Option<LinkOrder>,
    parent: HeaderId,
    /// An ancestor much further down (as in Bitcoin Core's chain.cpp), to jump by.
    skip: HeaderId,
    first_child: Option<HeaderId>,
    next_sibling: Option<HeaderId>,
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
pub struct HeaderTree {
    entries: Vec<Entry>,
    /// Places in `entries` that are free for use.
    free: Vec<HeaderId>,
    by_hash: BTreeMap<BlockHash, HeaderId>,
    /// The chain, by height.
    active: Vec<HeaderId>,
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
            clock: 0,
            linked: Some(0),
            parent: id,
            skip: id,
            first_child: None,
            next_sibling: None,
            origin: Origin::Own,
            counted: false,
        };
        Self {
            entries: vec![genesis],
            free: Vec::new(),
            by_hash: BTreeMap::from([(hash, id)]),
            active: vec![id],
            candidates: BTreeSet::new(),
            leaves: BTreeSet::new(),
            leaves_of: BTreeMap::new(),
            counted: BTreeMap::new(),
            side_body_bytes: 0,
            best: id,
            next_link: 1,
        }
    }

    /// The entry behind an id.
    pub fn entry(&self, id: HeaderId) -> &Entry {
        &self.entries[index(id.0)]
    }

    /// The id of a known header.
    pub fn find(&self, hash: &BlockHash) -> Option<HeaderId> {
        self.by_hash.get(hash).copied()
    }

    /// The genesis block.
    pub fn genesis(&self) -> HeaderId {
        self.active[0]
    }

    /// The end of the chain.
    pub fn tip(&self) -> HeaderId {
        *self
            .active
            .last()
            .expect("the genesis block is always there")
    }

    /// The header with most work that is not known to be invalid, whether or not there are
    /// bodies: what to download towards.
    pub fn best(&self) -> HeaderId {
        self.best
    }

    /// Whether the bodies of an entry and all its ancestors are stored.
    pub fn is_linked(&self, id: HeaderId) -> bool {
        self.entry(id).linked.is_some()
    }

    /// The block of the chain at `height`.
    pub fn active_at(&self, height: u32) -> Option<HeaderId> {
        self.active.get(index(height)).copied()
    }

    /// Whether an entry is on the chain.
    pub fn is_active(&self, id: HeaderId) -> bool {
        self.active_at(self.entry(id).height) == Some(id)
    }

    /// The parent; the genesis block has none.
    pub fn parent(&self, id: HeaderId) -> Option<HeaderId> {
        let entry = self.entry(id);
        (entry.height > 0).then_some(entry.parent)
    }

    /// Number of headers known.
    pub fn len(&self) -> usize {
        self.by_hash.len()
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

    /// The ancestor at `height`, or the entry itself at its own height.
    ///
    /// # Panics
    /// If `height` is above the entry's.
    pub fn ancestor(&self, id: HeaderId, height: u32) -> HeaderId {
        let mut at = id;
        loop {
            let entry = self.entry(at);
            assert!(height <= entry.height, "an ancestor is not above");
            if let Some(active) = self.active_at(height)
                && self.is_active(at)
            {
                return active;
            }
            if entry.height == height {
                return at;
            }
            let jump = self.entry(entry.skip).height;
            // The parent's own jump may land closer; Bitcoin Core's rule of thumb.
            let below = skip_height(entry.height - 1);
            let jump_is_best =
                jump == height || (jump > height && (below + 2 >= jump || below < height));
            at = if jump_is_best {
                entry.skip
            } else {
                entry.parent
            };
        }
    }

    /// The last common ancestor.
    pub fn fork_point(&self, a: HeaderId, b: HeaderId) -> HeaderId {
        let height = self.entry(a).height.min(self.entry(b).height);
        let (mut a, mut b) = (self.ancestor(a, height), self.ancestor(b, height));
        while a != b {
            let (x, y) = (self.entry(a), self.entry(b));
            (a, b) = if x.skip == y.skip {
                (x.parent, y.parent)
            } else {
                (x.skip, y.skip)
            };
        }
        a
    }

    /// Entries above `below`, an ancestor, up to and with `id`; lowest first.
    pub fn path(&self, below: HeaderId, id: HeaderId) -> Vec<HeaderId> {
        let mut path = Vec::new();
        let mut at = id;
        while at != below {
            path.push(at);
            at = self.parent(at).expect("`below` is an ancestor");
        }
        path.reverse();
        path
    }

    /// Hashes by which another node finds where its chain leaves this one: dense at the end, then
    /// ever sparser, always with the genesis block.
    pub fn locator(&self, from: HeaderId) -> Vec<BlockHash> {
        let mut hashes = Vec::new();
        let (mut at, mut step) = (from, 1);
        loop {
            let entry = self.entry(at);
            hashes.push(entry.hash);
            if entry.height == 0 {
                return hashes;
            }
            if hashes.len() > LOCATOR_DENSE {
                step *= 2;
            }
            at = self.ancestor(at, entry.height.saturating_sub(step));
        }
    }

    /// The first block of a locator that is on the chain; the genesis block if none is.
    pub fn find_fork(&self, locator: &[BlockHash]) -> HeaderId {
        locator
            .iter()
            .filter_map(|hash| self.find(hash))
            .find(|id| self.is_active(*id))
            .unwrap_or_else(|| self.genesis())
    }

    /// The end of a chain at an entry.
    pub fn cursor(&self, id: HeaderId) -> Cursor {
        let entry = self.entry(id);
        let times = std::iter::successors(Some(id), |at| self.parent(*at))
            .map(|at| self.entry(at).header.time);
        Cursor::at(entry.hash, (entry.height, entry.work, entry.clock), times)
    }

    /// Checks a run of headers, each building on the one before, and takes them as far as they
    /// hold. Those already known are passed over.
    pub fn extend(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
        params: &Params,
    ) -> Extended {
        let mut extended = Extended::default();
        let known = headers.iter().map_while(|header| self.find(&header.hash()));
        let known = known.count();
        let new = &headers[known..];
        let Some(first) = new.first() else {
            // Old news; unless they are known to be bad.
            extended.refused = self.first_failed(headers);
            return extended;
        };
        let Some(parent) = self.find(&first.previous) else {
            let error = RuleError::UnknownParent(first.previous);
            extended.refused = Some((known, error));
            return extended;
        };
        if self.entry(parent).failed {
            let error = RuleError::InvalidAncestor(self.entry(parent).hash);
            extended.refused = Some((known, error));
            return extended;
        }
        let (run, refused) = self.measure(parent, new, now, params);
        extended.refused = refused.map(|(at, error)| (known + at, error));
        let Some(end) = run.last() else {
            return extended;
        };
        let heavier = end.work > self.entry(self.tip()).work;
        if !heavier {
            let room = self.make_room(origin, parent, run.len(), end.work);
            extended.removed = room.removed;
            if !room.enough {
                extended.refused = Some((known, RuleError::LowWork));
                return extended;
            }
        }
        let mut parent = parent;
        for (header, place) in new.iter().zip(&run) {
            parent = self.insert(parent, header, place, origin, !heavier);
            extended.added.push(parent);
        }
        extended
    }

    /// Puts back a header that was in the tree before, from our own store: its rules were checked
    /// when it first came. Its parent must be there already.
    pub fn restore(
        &mut self,
        header: &Header,
        params: &Params,
        body_len: u32,
        failed: bool,
    ) -> Option<HeaderId> {
        let parent = self.find(&header.previous)?;
        let mut cursor = self.cursor(parent);
        if header.bits.to_target().is_err() || cursor.height == u32::MAX {
            return None;
        }
        cursor.advance(header, header.hash(), params);
        let id = self.insert(parent, header, &Place::of(&cursor), Origin::Own, true);
        if body_len > 0 {
            self.set_body(id, body_len);
        }
        if failed {
            self.set_failed(id);
        }
        Some(id)
    }

    /// Notes that the body of `id` is stored, in `len` bytes.
    pub fn set_body(&mut self, id: HeaderId, len: u32) {
        let parent_is_linked = self.entry(self.entry(id).parent).linked.is_some();
        let entry = self.entry_mut(id);
        debug_assert_eq!(entry.body_len, 0, "a body is stored once");
        entry.body_len = len;
        if !self.is_active(id) {
            self.side_body_bytes += u64::from(len);
        }
        if parent_is_linked {
            self.link(id);
        }
    }

    /// Marks an entry and all its descendants as invalid and returns those that were not yet.
    pub fn set_failed(&mut self, id: HeaderId) -> Vec<HeaderId> {
        let mut newly = Vec::new();
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            open.extend(self.children(at));
            if self.entry(at).failed {
                continue;
            }
            newly.push(at);
            self.entry_mut(at).failed = true;
            if let Some(key) = self.candidate_key(at) {
                self.candidates.remove(&key);
            }
            self.count(at);
        }
        if self.entry(self.best).failed {
            self.best = self.find_best();
        }
        newly
    }

    /// The candidate to switch to, if any has more work than the tip.
    pub fn candidate(&self) -> Option<HeaderId> {
        self.candidates.last().map(|(_, _, id)| *id)
    }

    /// Makes `id` the end of the chain, and drops what now lags too far behind.
    pub fn set_tip(&mut self, id: HeaderId) -> Vec<Removed> {
        let old_tip = self.tip();
        let fork = self.fork_point(old_tip, id);
        for at in self.path(fork, old_tip) {
            self.side_body_bytes += u64::from(self.entry(at).body_len);
        }
        let left_behind = self.active.split_off(index(self.entry(fork).height) + 1);
        for at in self.path(fork, id) {
            self.uncount(at);
            self.remove_leaf(at);
            self.side_body_bytes -= u64::from(self.entry(at).body_len);
            self.active.push(at);
        }
        for at in left_behind {
            self.count(at);
            if self.entry(at).first_child.is_none() {
                self.add_leaf(at);
            }
        }
        let work = self.entry(id).work;
        self.candidates
            .retain(|(candidate, _, _)| *candidate > work);
        if self.entry(self.best).work <= work {
            self.best = id;
        }
        self.drop_laggards()
    }

    /// Bytes of stored bodies that are not on the chain.
    pub fn side_body_bytes(&self) -> u64 {
        self.side_body_bytes
    }

    /// Walks the headers of a run with a cursor: where each would stand, up to the first that is
    /// refused.
    fn measure(
        &self,
        parent: HeaderId,
        headers: &[Header],
        now: BlockTime,
        params: &Params,
    ) -> (Vec<Place>, Option<(usize, RuleError)>) {
        let mut cursor = self.cursor(parent);
        let mut run = Vec::with_capacity(headers.len());
        for (at, header) in headers.iter().enumerate() {
            if header.previous != cursor.hash {
                return (run, Some((at, RuleError::UnknownParent(header.previous))));
            }
            match cursor.check_next(header, params, now) {
                Ok(hash) => cursor.advance(header, hash, params),
                Err(error) => return (run, Some((at, error))),
            }
            run.push(Place::of(&cursor));
        }
        (run, None)
    }

    fn first_failed(&self, headers: &[Header]) -> Option<(usize, RuleError)> {
        let failed = |header: &Header| {
            let id = self.find(&header.hash());
            id.is_some_and(|id| self.entry(id).failed)
        };
        let at = headers.iter().position(failed)?;
        Some((at, RuleError::KnownInvalid))
    }

    fn insert(
        &mut self,
        parent: HeaderId,
        header: &Header,
        place: &Place,
        origin: Origin,
        counted: bool,
    ) -> HeaderId {
        let entry = Entry {
            header: *header,
            hash: place.hash,
            height: place.height,
            work: place.work,
            failed: false,
            body_len: 0,
            clock: place.clock,
            linked: None,
            parent,
            skip: self.ancestor(parent, skip_height(place.height)),
            first_child: None,
            next_sibling: self.entry(parent).first_child,
            origin,
            counted: false,
        };
        let id = match self.free.pop() {
            Some(id) => {
                *self.entry_mut(id) = entry;
                id
            }
            None => {
                if self.entries.len() == self.entries.capacity() {
                    // By an eighth, not doubled: entries are large, and a chain grows slowly.
                    self.entries.reserve_exact(self.entries.len() / 8 + 64);
                }
                self.entries.push(entry);
                HeaderId(len_u32(self.entries.len() - 1))
            }
        };
        self.entry_mut(parent).first_child = Some(id);
        self.by_hash.insert(place.hash, id);
        self.remove_leaf(parent);
        self.add_leaf(id);
        if counted {
            self.count(id);
        }
        if place.work > self.entry(self.best).work {
            self.best = id;
        }
        id
    }

    /// Notes that the bodies of `id` and its ancestors are all stored, and so for descendants.
    fn link(&mut self, id: HeaderId) {
        let tip_work = self.entry(self.tip()).work;
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            let order = self.next_link;
            self.next_link += 1;
            let entry = self.entry_mut(at);
            entry.linked = Some(order);
            if entry.work > tip_work && !entry.failed {
                let key = (entry.work, Reverse(order), at);
                self.candidates.insert(key);
            }
            let waiting = self.children(at).filter(|child| {
                let child = self.entry(*child);
                child.body_len > 0 && child.linked.is_none()
            });
            open.extend(waiting);
        }
    }

    fn candidate_key(&self, id: HeaderId) -> Option<(Work, Reverse<LinkOrder>, HeaderId)> {
        let entry = self.entry(id);
        entry.linked.map(|order| (entry.work, Reverse(order), id))
    }

    fn children(&self, id: HeaderId) -> impl Iterator<Item = HeaderId> {
        std::iter::successors(self.entry(id).first_child, |child| {
            self.entry(*child).next_sibling
        })
    }

    /// The valid header with most work: the tip, or on a branch the last one before it failed.
    fn find_best(&self) -> HeaderId {
        let mut best = self.tip();
        for (_, leaf) in &self.leaves {
            let mut at = *leaf;
            while self.entry(at).failed {
                at = self.entry(at).parent;
            }
            if self.entry(at).work > self.entry(best).work {
                best = at;
            }
        }
        best
    }

    fn entry_mut(&mut self, id: HeaderId) -> &mut Entry {
        &mut self.entries[index(id.0)]
    }
}

/// Where a header stands, before it is in the tree.
struct Place {
    hash: BlockHash,
    height: u32,
    work: Work,
    clock: i64,
}

impl Place {
    fn of(cursor: &Cursor) -> Self {
        Self {
            hash: cursor.hash,
            height: cursor.height,
            work: cursor.work,
            clock: cursor.clock,
        }
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("32 bits fit a usize here")
}

fn len_u32(len: usize) -> u32 {
    u32::try_from(len).expect("limits keep lengths far below 2^32")
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

#[cfg(test)]
mod tests;
