//! What changes the tree: headers and bodies that come, blocks that fail, the tip that moves.

use super::{
    AHEAD_HEADERS_MAX, Entry, Extended, HeaderId, HeaderTree, LinkOrder, Origin, Removed, index,
    len_u32, skip_height,
};
use crate::chain::asert::Clock;
use crate::chain::block::{BlockTime, Header};
use crate::chain::cursor::Cursor;
use crate::chain::hash::BlockHash;
use crate::chain::params::Params;
use crate::chain::pow::Work;
use crate::chain::rules::RuleError;
use std::cmp::Reverse;
use std::collections::BTreeSet;

impl HeaderTree {
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
        let is_known = |header: &&Header| self.find(&header.hash()).is_some();
        let known = headers.iter().take_while(is_known).count();
        let new = &headers[known..];
        let Some(first) = new.first() else {
            // Old news; unless they are known to be bad.
            extended.refused = self.first_failed(headers);
            return extended;
        };
        let parent = match self.sound_parent(first) {
            Ok(parent) => parent,
            Err(error) => {
                extended.refused = Some((known, error));
                return extended;
            }
        };
        let (run, refused) = self.measure(parent, new, now, params);
        extended.refused = refused.map(|(at, error)| (known + at, error));
        let Some(end) = run.last() else {
            return extended;
        };
        let heavier = end.work > self.entry(self.tip()).work;
        let count = run.len();
        let (room, without) = if heavier {
            let room = self.make_room_ahead(parent, count, end.work, AHEAD_HEADERS_MAX);
            (room, RuleError::NoRoom)
        } else {
            let room = self.make_room(origin, parent, count, end.work);
            (room, RuleError::LowWork)
        };
        extended.removed = room.removed;
        if !room.enough {
            extended.refused = Some((known, without));
            return extended;
        }
        let mut parent = self.taken_back(parent);
        for (header, place) in new.iter().zip(&run) {
            parent = self.insert(parent, header, place, origin, false);
            if !heavier {
                self.count(parent);
            }
            extended.added.push(parent);
        }
        extended
    }

    /// What a header builds on, if that is known and not bad.
    fn sound_parent(&self, header: &Header) -> Result<HeaderId, RuleError> {
        let parent = self.find(&header.previous);
        let parent = parent.ok_or(RuleError::UnknownParent(header.previous))?;
        match self.entry(parent) {
            entry if entry.failed => Err(RuleError::InvalidAncestor(entry.hash)),
            _ => Ok(parent),
        }
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
        // A store that marks a block but not what builds on it must not lead us onto it again.
        let failed = failed || self.entry(parent).failed;
        let place = Place::of(&cursor);
        let parent = self.taken_back(parent);
        let id = self.insert(parent, header, &place, Origin::Own, failed);
        if body_len > 0 && self.with_bodies {
            self.set_body(id, body_len);
        }
        if failed {
            self.count(id);
        }
        Some(id)
    }

    /// Notes that the body of `id` is stored, in `len` bytes; not in a tree without bodies.
    pub fn set_body(&mut self, id: HeaderId, len: u32) {
        debug_assert!(self.with_bodies, "headers alone are kept");
        let parent_is_linked = self.entry(self.up(id)).linked.is_some();
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
        let mut open = vec![self.taken_back(id)];
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

    /// Makes `id` the end of the chain, and drops what now lags too far behind or is too much. All ids
    /// may be others from then on, the tip's, too.
    pub fn set_tip(&mut self, id: HeaderId) -> Vec<Removed> {
        let old_tip = self.tip();
        let old_work = self.entry(old_tip).work;
        let fork = self.fork_point(old_tip, id);
        for at in self.path(fork, old_tip) {
            self.side_body_bytes += u64::from(self.entry(at).body_len);
        }
        let above = index(self.entry(fork).height) + 1;
        let left_behind = self.active.split_off(above - self.trunk.len());
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
        // Ordered by work: what the tip has caught up with is in front.
        while self
            .candidates
            .first()
            .is_some_and(|(of_candidate, _, _)| *of_candidate <= work)
        {
            self.candidates.pop_first();
        }
        if self.entry(self.best).work <= work {
            self.best = id;
        }
        let mut removed = self.drop_laggards();
        removed.extend(self.count_overtaken(old_work));
        self.hand_over();
        removed
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
        failed: bool,
    ) -> HeaderId {
        let entry = Entry {
            header: *header,
            hash: place.hash,
            height: place.height,
            work: place.work,
            failed,
            body_len: 0,
            clock: place.clock,
            linked: None,
            parent,
            skip: self.ancestor(parent, skip_height(place.height)),
            first_child: None,
            next_sibling: self.entry(parent).first_child,
            previous_sibling: None,
            origin,
            counted: false,
        };
        let id = self.store(entry);
        if let Some(after) = self.entry_mut(parent).first_child.replace(id) {
            self.entry_mut(after).previous_sibling = Some(id);
        }
        self.by_hash.insert(place.hash, id);
        self.remove_leaf(parent);
        self.add_leaf(id);
        if !failed && place.work > self.entry(self.best).work {
            self.best = id;
        }
        if !self.with_bodies {
            self.link(id);
        }
        id
    }

    pub(super) fn store(&mut self, entry: Entry) -> HeaderId {
        match self.free.pop() {
            Some(id) => {
                *self.entry_mut(id) = entry;
                id
            }
            None => {
                self.entries.push_back(entry);
                HeaderId(len_u32(self.entries.len() - 1))
            }
        }
    }

    /// Notes that nothing of `id` and its ancestors is missing, and so for descendants.
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

    pub(super) fn candidate_key(
        &self,
        id: HeaderId,
    ) -> Option<(Work, Reverse<LinkOrder>, HeaderId)> {
        let entry = self.entry(id);
        entry.linked.map(|order| (entry.work, Reverse(order), id))
    }

    pub(super) fn children(&self, id: HeaderId) -> impl Iterator<Item = HeaderId> {
        std::iter::successors(self.entry(id).first_child, |child| {
            self.entry(*child).next_sibling
        })
    }

    /// The valid header with most work: the tip, or on a branch the last one before it failed.
    pub(super) fn find_best(&self) -> HeaderId {
        let mut best = self.tip();
        // Branches that failed together have most of their way down in common.
        let mut seen = BTreeSet::new();
        for (_, leaf) in &self.leaves {
            let mut at = *leaf;
            while self.entry(at).failed && seen.insert(at) {
                at = self.up(at);
            }
            let entry = self.entry(at);
            if !entry.failed && entry.work > self.entry(best).work {
                best = at;
            }
        }
        best
    }
}

/// Where a header stands, before it is in the tree.
struct Place {
    hash: BlockHash,
    height: u32,
    work: Work,
    clock: Clock,
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
