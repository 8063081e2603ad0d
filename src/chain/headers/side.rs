//! What is off the chain, and its limits; see the module's text.
//!
//! Branches give way from their end, where a branch has most work but nothing depends on it. An
//! end with more work than our tip may be the next chain: it gives way only to a heavier one, and
//! only when [`AHEAD_HEADERS_MAX`](super::AHEAD_HEADERS_MAX) is reached. A branch that the tip
//! overtakes is counted with the side branches from then on.

use super::{
    Entry, HeaderId, HeaderTree, Origin, Removed, SIDE_BODY_BYTES_MAX, SIDE_HEADERS_MAX,
    SIDE_HEADERS_PER_PEER_MAX, SIDE_WINDOW_INTERVALS,
};
use crate::chain::pow::Work;
use std::collections::BTreeSet;

/// The result of an attempt to make room for a run of side headers.
pub(super) struct Room {
    pub(super) removed: Vec<Removed>,
    pub(super) enough: bool,
}

impl HeaderTree {
    /// Makes room for `count` side headers of `origin` on `parent`, whose end has `work`, if that
    /// is enough to be kept.
    pub(super) fn make_room(
        &mut self,
        origin: Origin,
        parent: HeaderId,
        count: usize,
        work: Work,
    ) -> Room {
        let mut room = Room {
            removed: Vec::new(),
            enough: false,
        };
        if self.lags(work) {
            return room;
        }
        if matches!(origin, Origin::Peer(_)) {
            while self.counted_of(origin) + count > SIDE_HEADERS_PER_PEER_MAX {
                match self.lighter_leaf(Some(origin), parent, work) {
                    Some(leaf) => room.removed.push(self.remove(leaf)),
                    None => return room,
                }
            }
        }
        while self.side_len() + count > SIDE_HEADERS_MAX {
            match self.lighter_leaf(None, parent, work) {
                Some(leaf) => room.removed.push(self.remove(leaf)),
                None => return room,
            }
        }
        room.enough = true;
        room
    }

    /// Makes room for `count` headers on `parent` whose end has `work`, more than the tip: ends that
    /// failed give way, and lighter ones whose bodies are not all here. Without bodies the tip is the
    /// heaviest end there is, so any other is a side branch.
    pub(super) fn make_room_ahead(
        &mut self,
        parent: HeaderId,
        count: usize,
        work: Work,
        max: usize,
    ) -> Room {
        let mut room = Room {
            removed: Vec::new(),
            enough: false,
        };
        let best = self.entry(self.best).hash;
        while self.off_chain_len() + count > max {
            let gives_way = |(of_leaf, id): &&(Work, HeaderId)| {
                let leaf = self.entry(*id);
                let is_candidate = self.with_bodies && leaf.linked.is_some() && !leaf.failed;
                *id != parent && (leaf.failed || (*of_leaf < work && !is_candidate))
            };
            match self.leaves.iter().find(gives_way).copied() {
                Some((_, leaf)) => room.removed.push(self.detach(leaf)),
                None => break,
            }
        }
        room.enough = self.off_chain_len() + count <= max;
        // Once for all that went: finding the best looks at every end there is.
        if self.find(&best) != Some(self.best) {
            self.best = self.find_best();
        }
        room
    }

    /// Whether a body of `len` bytes may be stored for `id` now. One that can be connected always
    /// may; one that must wait for others only within [`SIDE_BODY_BYTES_MAX`], or a branch whose
    /// first body never comes could fill the disk.
    pub fn has_room_for_body(&self, id: HeaderId, len: u32) -> bool {
        self.has_room_within(SIDE_BODY_BYTES_MAX, id, len)
    }

    pub(super) fn has_room_within(&self, max: u64, id: HeaderId, len: u32) -> bool {
        self.is_linked(self.up(id)) || self.side_body_bytes + u64::from(len) <= max
    }

    /// Headers that are not on the chain, ahead of its tip or not.
    fn off_chain_len(&self) -> usize {
        self.by_hash.len() - self.active.len()
    }

    /// Drops branches whose end lags too far behind the tip.
    pub(super) fn drop_laggards(&mut self) -> Vec<Removed> {
        let mut removed = Vec::new();
        while let Some((work, leaf)) = self.leaves.first().copied()
            && self.lags(work)
        {
            removed.push(self.remove(leaf));
        }
        removed
    }

    /// Counts the branches that were ahead of a tip of `old_work` and no longer are, and drops what
    /// is then above the limits.
    pub(super) fn count_overtaken(&mut self, old_work: Work) -> Vec<Removed> {
        let work = self.entry(self.tip()).work;
        let last = HeaderId(u32::MAX);
        let ends = self.leaves.range((old_work, last)..=(work, last));
        let ends: Vec<HeaderId> = ends.map(|(_, id)| *id).collect();
        let mut origins = BTreeSet::new();
        for end in ends {
            let mut at = end;
            // What also leads to an end that is still ahead is no side branch.
            while !self.entry(at).counted
                && !self.is_active(at)
                && self.children(at).all(|child| self.entry(child).counted)
            {
                self.count(at);
                origins.insert(self.entry(at).origin);
                at = self.up(at);
            }
        }
        let mut removed = Vec::new();
        let peers = origins.into_iter().filter(|o| matches!(o, Origin::Peer(_)));
        for (origin, max) in peers
            .map(|peer| (Some(peer), SIDE_HEADERS_PER_PEER_MAX))
            .chain([(None, SIDE_HEADERS_MAX)])
        {
            let count = |tree: &Self| origin.map_or(tree.side_len(), |o| tree.counted_of(o));
            while count(self) > max
                && let Some(leaf) = self.lightest_leaf(origin, self.tip())
            {
                removed.push(self.remove(leaf));
            }
        }
        removed
    }

    /// Drops side branches, least work first, while their bodies take more than
    /// [`SIDE_BODY_BYTES_MAX`]. `keep` is not dropped.
    pub fn limit_side_bodies(&mut self, keep: HeaderId) -> Vec<Removed> {
        self.limit_side_bodies_to(SIDE_BODY_BYTES_MAX, keep)
    }

    pub(super) fn limit_side_bodies_to(&mut self, max: u64, keep: HeaderId) -> Vec<Removed> {
        let mut removed = Vec::new();
        let tip_work = self.entry(self.tip()).work;
        while self.side_body_bytes > max {
            let Some(leaf) = self.lighter_leaf(None, keep, tip_work) else {
                break;
            };
            removed.push(self.remove(leaf));
        }
        removed
    }

    pub(super) fn add_leaf(&mut self, id: HeaderId) {
        let (work, origin) = (self.entry(id).work, self.entry(id).origin);
        self.leaves.insert((work, id));
        self.leaves_of.entry(origin).or_default().insert((work, id));
    }

    pub(super) fn remove_leaf(&mut self, id: HeaderId) {
        let (work, origin) = (self.entry(id).work, self.entry(id).origin);
        if !self.leaves.remove(&(work, id)) {
            return;
        }
        if let Some(of_origin) = self.leaves_of.get_mut(&origin) {
            of_origin.remove(&(work, id));
            if of_origin.is_empty() {
                self.leaves_of.remove(&origin);
            }
        }
    }

    pub(super) fn count(&mut self, id: HeaderId) {
        let entry = self.entry_mut(id);
        if !entry.counted {
            entry.counted = true;
            let origin = entry.origin;
            *self.counted.entry(origin).or_default() += 1;
        }
    }

    pub(super) fn uncount(&mut self, id: HeaderId) {
        let entry = self.entry_mut(id);
        if !std::mem::take(&mut entry.counted) {
            return;
        }
        let origin = entry.origin;
        let count = self.counted.get_mut(&origin).expect("counted before");
        *count -= 1;
        if *count == 0 {
            self.counted.remove(&origin);
        }
    }

    fn counted_of(&self, origin: Origin) -> usize {
        self.counted.get(&origin).copied().unwrap_or(0)
    }

    /// Whether a branch with this much work at its end is too far behind the tip.
    fn lags(&self, work: Work) -> bool {
        let tip = self.entry(self.tip());
        let target = tip.header.bits.to_target().expect("checked");
        let window = target.work().saturating_mul(SIDE_WINDOW_INTERVALS);
        work.saturating_add(window) < tip.work
    }

    /// The end with least work, if that is less than `work` and no more than the tip's; only of
    /// `origin`, if given; not `keep`.
    fn lighter_leaf(&self, origin: Option<Origin>, keep: HeaderId, work: Work) -> Option<HeaderId> {
        let lightest = self.lightest_leaf(origin, keep)?;
        (self.entry(lightest).work < work).then_some(lightest)
    }

    /// The end with least work, if that is no more than the tip's; only of `origin`, if given; not
    /// `keep`.
    fn lightest_leaf(&self, origin: Option<Origin>, keep: HeaderId) -> Option<HeaderId> {
        let leaves = match origin {
            Some(origin) => self.leaves_of.get(&origin)?,
            None => &self.leaves,
        };
        let (lightest, id) = leaves.iter().find(|(_, id)| *id != keep)?;
        let tip_work = self.entry(self.tip()).work;
        (*lightest <= tip_work).then_some(*id)
    }

    /// Takes an end of a branch out of the tree.
    fn remove(&mut self, leaf: HeaderId) -> Removed {
        let removed = self.detach(leaf);
        if self.best == leaf {
            self.best = self.find_best();
        }
        removed
    }

    /// As [`HeaderTree::remove`], but leaves it to the caller to see whether it was the best.
    fn detach(&mut self, leaf: HeaderId) -> Removed {
        let Entry {
            height,
            hash,
            parent,
            next_sibling,
            previous_sibling,
            body_len,
            ..
        } = *self.entry(leaf);
        self.remove_leaf(leaf);
        self.uncount(leaf);
        if let Some(key) = self.candidate_key(leaf) {
            self.candidates.remove(&key);
        }
        self.side_body_bytes -= u64::from(body_len);
        self.by_hash.remove(&hash);
        match previous_sibling {
            Some(before) => self.entry_mut(before).next_sibling = next_sibling,
            None => self.entry_mut(parent).first_child = next_sibling,
        }
        if let Some(after) = next_sibling {
            self.entry_mut(after).previous_sibling = previous_sibling;
        }
        if self.entry(parent).first_child.is_none() && !self.is_active(parent) {
            self.add_leaf(parent);
        }
        self.free.push(leaf);
        Removed { height, hash }
    }
}
