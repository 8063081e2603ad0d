//! The trunk: what is so deep below the tip that a lighter branch from there is refused.
//!
//! Nodes of a process that keep headers alone have the same ones, and most of them are deep. So they are kept
//! once, unchanging, and each node has the rest to itself: a tree that [shares](HeaderTree::sharing) its trunk
//! hands over what has become deep, [`TRUNK_STEP`] headers at a time, for the trunk that ends in the same
//! header, if another tree has made it already. All else of the tree is as before; what was handed over is
//! found by its height, which is its place.
//!
//! Only what has no other branch on it is handed over, and a heavy branch that begins deeper yet takes all of
//! the trunk back into the tree, for as long as it takes until it is deep again: that takes real work.

use super::{
    Entry, HeaderId, HeaderTree, Origin, SIDE_WINDOW_INTERVALS, index, len_u32, skip_height,
};
use crate::chain::hash::BlockHash;
use crate::chain::shared::{SharedList, SharedMap};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Headers that are handed over at a time. Each time another trunk begins, which costs what two maps that
/// differ by so many rows do not share.
const TRUNK_STEP: usize = 64;

/// Marks the place of a header in the trunk; the rest of it is the height.
const IN_TRUNK: u32 = 1 << 31;

/// The deep end of a chain, from the genesis block on.
#[derive(Clone, Default)]
pub(super) struct Trunk {
    entries: SharedList<Entry>,
    heights: SharedMap<BlockHash, u32>,
}

impl Trunk {
    /// Headers in it, which is the height of the first that is not.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The place of the header at `height`, if it is in here.
    pub(super) fn at(&self, height: u32) -> Option<HeaderId> {
        (index(height) < self.len()).then_some(HeaderId(height | IN_TRUNK))
    }

    pub(super) fn find(&self, hash: &BlockHash) -> Option<HeaderId> {
        self.at(*self.heights.get(hash)?)
    }

    /// The header of this place, if it is one of a trunk.
    pub(super) fn get(&self, id: HeaderId) -> Option<&Entry> {
        let is_here = id.0 & IN_TRUNK != 0;
        is_here.then(|| &self.entries[index(id.0 & !IN_TRUNK)])
    }

    fn push(&mut self, entry: Entry) {
        self.heights.insert(entry.hash, entry.height);
        self.entries.push_back(entry);
    }
}

/// The trunks of a process, by the hash of their last header. Changes nothing but how much memory is taken.
#[derive(Default)]
pub struct Trunks(Mutex<BTreeMap<BlockHash, Weak<Trunk>>>);

impl Trunks {
    /// The trunk that goes on from `base` with `more`: one that is there already, or a new one.
    fn grown(&self, base: &Arc<Trunk>, more: Vec<Entry>) -> Arc<Trunk> {
        let Some(Entry { hash: end, .. }) = more.last().cloned() else {
            return Arc::clone(base);
        };
        let mut trunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A hash stands for all headers before it, and for the parameters, which the first commits to.
        if let Some(trunk) = trunks.get(&end).and_then(Weak::upgrade) {
            return trunk;
        }
        let mut trunk = Trunk::clone(base);
        more.into_iter().for_each(|entry| trunk.push(entry));
        let trunk = Arc::new(trunk);
        trunks.retain(|_, trunk| trunk.strong_count() > 0);
        trunks.insert(end, Arc::downgrade(&trunk));
        trunk
    }
}

impl Entry {
    /// As all trees have it.
    fn in_trunk(&self) -> Self {
        let none = HeaderId(0);
        Self {
            linked: Some(0),
            parent: none,
            skip: none,
            first_child: None,
            next_sibling: None,
            previous_sibling: None,
            // As if it had been read from the store: it has been the chain for long.
            origin: Origin::Own,
            counted: false,
            ..self.clone()
        }
    }
}

impl HeaderTree {
    /// The same tree, which shares its trunk with others.
    #[must_use]
    pub fn sharing(mut self, trunks: Arc<Trunks>) -> Self {
        self.trunks = Some(trunks);
        self
    }

    /// Hands over what has become deep.
    pub(super) fn hand_over(&mut self) {
        let Some(trunks) = self.trunks.clone() else {
            return;
        };
        let count = self.deep_len();
        if count == 0 {
            return;
        }
        let ids: Vec<HeaderId> = self.active.drain(..count).collect();
        let entries = ids.iter().map(|id| self.entry(*id).in_trunk());
        self.trunk = trunks.grown(&self.trunk, entries.collect());
        for id in ids {
            let hash = self.entry(id).hash;
            self.by_hash.remove(&hash);
            self.free.push(id);
        }
        if self.free.len() > self.by_hash.len() {
            self.renumber();
        }
    }

    /// How many headers from the trunk on are deep and have no other branch on them, in whole steps.
    fn deep_len(&self) -> usize {
        let window = usize::try_from(SIDE_WINDOW_INTERVALS).unwrap_or(usize::MAX);
        let most = self.active.len().saturating_sub(window);
        let is_alone = |id: &&HeaderId| self.children(**id).nth(1).is_none();
        let alone = self.active[..most].iter().take_while(is_alone).count();
        alone / TRUNK_STEP * TRUNK_STEP
    }

    /// A place in this tree itself for a header that may be in the trunk: on it something is to be built.
    pub(super) fn taken_back(&mut self, id: HeaderId) -> HeaderId {
        let Some(entry) = self.trunk.get(id) else {
            return id;
        };
        let height = entry.height;
        self.take_back();
        self.active[index(height)]
    }

    /// Takes all of the trunk back.
    fn take_back(&mut self) {
        let trunk = std::mem::take(&mut self.trunk);
        let mut active = Vec::with_capacity(trunk.len() + self.active.len());
        for entry in trunk.entries.iter() {
            let id = self.store(entry.clone());
            self.by_hash.insert(entry.hash, id);
            active.push(id);
        }
        active.append(&mut self.active);
        let ids: Vec<HeaderId> = self.by_hash.values().copied().collect();
        for id in ids {
            let entry = self.entry_mut(id);
            let (height, skip) = (index(entry.height), index(skip_height(entry.height)));
            if skip < trunk.len() {
                entry.skip = active[skip];
            }
            if height < trunk.len() {
                entry.first_child = Some(active[height + 1]);
            }
            if height <= trunk.len() {
                entry.parent = active[height.saturating_sub(1)];
            }
        }
        self.active = active;
    }

    /// Gives all headers new places, in the order of the old ones, so that none is free.
    fn renumber(&mut self) {
        let ids: BTreeSet<HeaderId> = self.by_hash.values().copied().collect();
        let numbers = (0..len_u32(ids.len())).map(HeaderId);
        let places: BTreeMap<HeaderId, HeaderId> = ids.iter().copied().zip(numbers).collect();
        // What is no place any more leads into the trunk, and is never read.
        let place = |id: HeaderId| places.get(&id).copied().unwrap_or(id);
        let mut entries = SharedList::default();
        for id in ids {
            let entry = self.entry(id);
            entries.push_back(Entry {
                parent: place(entry.parent),
                skip: place(entry.skip),
                first_child: entry.first_child.map(place),
                next_sibling: entry.next_sibling.map(place),
                previous_sibling: entry.previous_sibling.map(place),
                ..entry.clone()
            });
        }
        let mut by_hash = SharedMap::default();
        for (nth, entry) in (0..).zip(entries.iter()) {
            by_hash.insert(entry.hash, HeaderId(nth));
        }
        (self.entries, self.by_hash, self.free) = (entries, by_hash, Vec::new());
        self.active.iter_mut().for_each(|id| *id = place(*id));
        self.active.shrink_to_fit();
        self.best = place(self.best);
        let candidates = self.candidates.iter();
        self.candidates = candidates.map(|(w, o, id)| (*w, *o, place(*id))).collect();
        for leaves in std::iter::once(&mut self.leaves).chain(self.leaves_of.values_mut()) {
            *leaves = leaves.iter().map(|(w, id)| (*w, place(*id))).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{LATE, branch, easy_params};
    use super::*;
    use crate::chain::params::Params;
    use proptest::prelude::*;

    fn light(params: &Params, trunks: &Arc<Trunks>) -> HeaderTree {
        HeaderTree::without_bodies(params).sharing(Arc::clone(trunks))
    }

    /// Hands in a branch of so many headers on what is so far below the tip, and follows the best.
    fn grow(tree: &mut HeaderTree, params: &Params, (below, len, tag): (u32, usize, u8)) {
        let tip = tree.tip();
        let height = tree.entry(tip).height.saturating_sub(below);
        let on = tree.ancestor(tip, height);
        let headers = branch(&mut tree.cursor(on), params, len, tag);
        tree.extend(Origin::Own, &headers, LATE, params);
        follow(tree);
    }

    fn follow(tree: &mut HeaderTree) -> BTreeSet<BlockHash> {
        let candidate = tree.candidate();
        let removed = candidate.map(|id| tree.set_tip(id));
        removed
            .into_iter()
            .flatten()
            .map(|gone| gone.hash)
            .collect()
    }

    fn hash(tree: &HeaderTree, id: HeaderId) -> BlockHash {
        tree.entry(id).hash
    }

    /// All that can be asked of one header.
    fn told(tree: &HeaderTree, of: &BlockHash) -> impl PartialEq + std::fmt::Debug + use<> {
        let id = tree.find(of)?;
        let entry = tree.entry(id);
        let parent = tree.parent(id).map(|id| hash(tree, id));
        let below = hash(tree, tree.ancestor(id, entry.height / 3));
        let fork = tree.fork_point(id, tree.tip());
        let path = tree.path(fork, id);
        let path: Vec<BlockHash> = path.into_iter().map(|id| hash(tree, id)).collect();
        let at = (entry.hash, entry.header, entry.height, entry.work);
        let stands = (tree.is_active(id), tree.is_linked(id), entry.failed);
        Some((
            at,
            stands,
            (parent, below, hash(tree, fork)),
            path,
            tree.locator(id),
        ))
    }

    fn told_of_all(tree: &HeaderTree) -> impl PartialEq + std::fmt::Debug + use<> {
        let ends = [tree.genesis(), tree.tip(), tree.best()].map(|id| hash(tree, id));
        let sides: BTreeSet<BlockHash> = tree.side_entries().map(|id| hash(tree, id)).collect();
        let top = tree.entry(tree.tip()).height;
        let chain = (0..=top + 1).map(|height| Some(hash(tree, tree.active_at(height)?)));
        let chain: Vec<_> = chain.collect();
        (ends, tree.len(), tree.side_len(), sides, chain)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Branches come, short ones near the tip and long ones far below it, to a tree without a trunk
        /// and to two that share theirs; one of those is now and then what a clone of it was.
        #[test]
        fn a_tree_that_shares_its_trunk_answers_as_one_without(
            moves in prop::collection::vec((any::<bool>(), 0_u32..700, 1_usize..800), 1..24),
        ) {
            let (params, trunks) = (easy_params(), Arc::default());
            let mut trees = [HeaderTree::without_bodies(&params), light(&params, &trunks), light(&params, &trunks)];
            let mut ends = Vec::new();
            for (tag, (is_near, below, len)) in (0..).zip(moves) {
                let (below, len) = if is_near { (below % 6, len % 90) } else { (below, len) };
                let plain = &trees[0];
                let on = plain.ancestor(plain.tip(), plain.entry(plain.tip()).height.saturating_sub(below));
                let headers = branch(&mut plain.cursor(on), &params, len, tag);
                let mut clone = trees[2].clone();
                let [plain, one, other] = [0, 1, 2].map(|nth| {
                    let tree: &mut HeaderTree = &mut trees[nth];
                    let taken = tree.extend(Origin::Own, &headers, LATE, &params);
                    let mut gone: BTreeSet<BlockHash> = taken.removed.iter().map(|gone| gone.hash).collect();
                    gone.extend(follow(tree));
                    (taken.added.len(), taken.refused, gone)
                });
                prop_assert_eq!(&plain, &one);
                prop_assert_eq!(&plain, &other);
                ends.extend(headers.last().map(|header| header.hash()));
                clone.extend(Origin::Own, &headers, LATE, &params);
                follow(&mut clone);
                trees[2] = clone;
                let [plain, one, other] = &trees;
                prop_assert_eq!(told_of_all(plain), told_of_all(one));
                prop_assert_eq!(told_of_all(plain), told_of_all(other));
                for end in &ends {
                    prop_assert_eq!(told(plain, end), told(one, end));
                }
                let is_one = Arc::ptr_eq(&one.trunk, &other.trunk);
                prop_assert!(is_one || (one.trunk.len(), other.trunk.len()) == (0, 0));
            }
        }
    }

    #[test]
    fn what_is_deep_is_kept_once_and_the_rest_is_as_little_as_it_can_be() {
        let (params, trunks) = (easy_params(), Arc::default());
        let mut trees = [0; 3].map(|_| light(&params, &trunks));
        for tree in &mut trees {
            for _ in 0..3 {
                grow(tree, &params, (0, 500, 1));
            }
        }
        let [one, others @ ..] = &trees;
        let own = one.by_hash.len();
        assert_eq!(one.trunk.len() + own, 1_501);
        assert!((288..288 + TRUNK_STEP).contains(&own), "{own}");
        assert!(one.entries.len() <= 2 * own, "{}", one.entries.len());
        assert!(
            others
                .iter()
                .all(|other| Arc::ptr_eq(&one.trunk, &other.trunk))
        );
        drop(trees);
        let mut last = light(&params, &trunks);
        grow(&mut last, &params, (0, 400, 2));
        let kept = trunks.0.lock().expect("nothing panicked").len();
        assert_eq!(kept, 1, "what no tree has is forgotten");
    }

    #[test]
    fn a_heavier_branch_from_deep_below_takes_the_trunk_back_until_it_is_deep_itself() {
        let (params, trunks) = (easy_params(), Arc::default());
        let mut tree = light(&params, &trunks);
        grow(&mut tree, &params, (0, 1_000, 1));
        let before = tree.clone();
        let deep = tree.trunk.len();
        assert!(deep > 600);
        // Too light to be looked at: nothing is taken back.
        grow(&mut tree, &params, (900, 300, 2));
        assert_eq!(tree.trunk.len(), deep);
        grow(&mut tree, &params, (900, 1_000, 2));
        assert_eq!(tree.entry(tree.tip()).height, 1_100);
        assert_eq!(tree.side_len(), 900);
        assert_eq!(tree.trunk.len(), 64, "up to where the branches part");
        grow(&mut tree, &params, (0, 300, 2));
        assert_eq!(tree.side_len(), 0);
        assert!(tree.trunk.len() > 1_000);
        assert_eq!((before.trunk.len(), before.len()), (deep, 1_001));
    }
}
