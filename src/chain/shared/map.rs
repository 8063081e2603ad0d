//! A map in order of its keys, as two levels: leaves of some rows each, and a list of leaves.
//!
//! For a hundred thousand rows the list has some thousand entries, so a third level would gain
//! nothing: looking up is two binary searches, and a clone copies one short list. Crates for persistent
//! maps (`imbl`, `rpds`) keep a tree above the leaves, which takes more room.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Rows of a leaf at most: what a change copies if a clone has the leaf, too.
const LEAF_MAX: usize = 64;

/// A leaf with fewer looks for a neighbour to be one with.
const LEAF_MIN: usize = LEAF_MAX / 4;

/// Two leaves become one if that leaves room for more.
const MERGED_MAX: usize = LEAF_MAX * 3 / 4;

/// Rows in order of their keys, in leaves that clones share.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    leaves: Vec<Leaf<K, V>>,
    len: usize,
}

#[derive(Clone)]
struct Leaf<K, V> {
    /// No key of this leaf is below, and all of the leaves before it are.
    least: K,
    /// Never empty.
    rows: Arc<Vec<(K, V)>>,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self {
            leaves: Vec::new(),
            len: 0,
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K, V> SharedMap<K, V> {
    /// Rows that there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// All rows, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let rows = self.leaves.iter().flat_map(|leaf| leaf.rows.iter());
        rows.map(|(key, value)| (key, value))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// All values, in order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The leaf that a key is in if it is anywhere, and its place there, or where it would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        let above = self
            .leaves
            .partition_point(|leaf| leaf.least.borrow() <= key);
        let leaf = above.saturating_sub(1);
        let rows = self.leaves.get(leaf).map(|leaf| leaf.rows.as_slice());
        let found = |rows: &[(K, V)]| rows.binary_search_by(|(of_row, _)| of_row.borrow().cmp(key));
        (leaf, rows.map_or(Err(0), found))
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (leaf, at) = self.place(key);
        let at = at.ok()?;
        Some(&self.leaves[leaf].rows[at].1)
    }

    /// Whether there is a row of this key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).1.is_ok()
    }

    /// The rows from a key on, in order.
    pub fn range_from<Q: Ord + ?Sized>(&self, key: &Q) -> impl DoubleEndedIterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (leaf, Ok(at) | Err(at)) = self.place(key);
        let mut leaves = self.leaves[leaf..].iter();
        let first = leaves.next().map_or(&[][..], |leaf| &leaf.rows[at..]);
        let rest = leaves.flat_map(|leaf| leaf.rows.iter());
        let rows = first.iter().chain(rest);
        rows.map(|(key, value)| (key, value))
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// Puts a row, in place of the one of this key, whose value it returns.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            (leaf, Ok(at)) => {
                let before = std::mem::replace(&mut self.rows(leaf)[at].1, value);
                return Some(before);
            }
            (leaf, Err(at)) => self.put(leaf, at, (key, value)),
        }
        self.len += 1;
        None
    }

    fn put(&mut self, leaf: usize, at: usize, row: (K, V)) {
        let Some(there) = self.leaves.get_mut(leaf) else {
            return self.grow(leaf, vec![row]);
        };
        // Only the first leaf takes what is below all others, and then before all others.
        if (leaf, at) == (0, 0) {
            there.least = row.0.clone();
        }
        if there.rows.len() < LEAF_MAX {
            return self.rows(leaf).insert(at, row);
        }
        if at == LEAF_MAX && leaf + 1 == self.leaves.len() {
            // Keys that only grow leave full leaves behind them.
            return self.grow(leaf + 1, vec![row]);
        }
        let upper = self.rows(leaf).split_off(LEAF_MAX / 2);
        self.grow(leaf + 1, upper);
        match at.checked_sub(LEAF_MAX / 2) {
            None | Some(0) => self.rows(leaf).insert(at, row),
            Some(at) => self.rows(leaf + 1).insert(at, row),
        }
    }

    /// Takes the row of a key out, and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (leaf, at) = self.place(key);
        let (_, value) = self.take(leaf, at.ok()?);
        Some(value)
    }

    /// Takes the first row out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.is_empty()).then(|| self.take(0, 0))
    }

    fn take(&mut self, leaf: usize, at: usize) -> (K, V) {
        self.len -= 1;
        let rows = self.rows(leaf);
        let row = rows.remove(at);
        match rows.len() {
            0 => drop(self.leaves.remove(leaf)),
            len if len < LEAF_MIN => self.merge(leaf),
            _ => {}
        }
        row
    }

    /// Makes a small leaf one with the next, or with the one before, if there is room.
    fn merge(&mut self, leaf: usize) {
        let len = |at: usize| self.leaves.get(at).map(|leaf| leaf.rows.len());
        let fits = |lower: &usize| {
            let both = len(*lower).zip(len(*lower + 1));
            both.is_some_and(|(lower, upper)| lower + upper <= MERGED_MAX)
        };
        let before = leaf.checked_sub(1);
        let Some(lower) = [Some(leaf), before].into_iter().flatten().find(fits) else {
            return;
        };
        let upper = self.leaves.remove(lower + 1).rows;
        let rows = Arc::try_unwrap(upper).unwrap_or_else(|shared| shared.to_vec());
        self.rows(lower).extend(rows);
    }

    fn grow(&mut self, at: usize, rows: Vec<(K, V)>) {
        let least = rows[0].0.clone();
        let rows = Arc::new(rows);
        self.leaves.insert(at, Leaf { least, rows });
    }

    fn rows(&mut self, leaf: usize) -> &mut Vec<(K, V)> {
        Arc::make_mut(&mut self.leaves[leaf].rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn is_sound(map: &SharedMap<u16, usize>) -> bool {
        let sizes = map.leaves.iter().map(|leaf| leaf.rows.len());
        let below = |two: &[Leaf<u16, usize>]| {
            two[0]
                .rows
                .last()
                .is_some_and(|(key, _)| *key < two[1].least)
                && two[1].least <= two[1].rows[0].0
        };
        sizes.clone().sum::<usize>() == map.len()
            && sizes.clone().all(|size| (1..=LEAF_MAX).contains(&size))
            && map.leaves.iter().all(|leaf| leaf.least <= leaf.rows[0].0)
            && map.leaves.windows(2).all(below)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Rows come and go, mostly come at first and go at last, with clones taken on the way that
        /// must stay as they were.
        #[test]
        fn a_map_is_what_a_tree_is_and_clones_stay_as_they_were(
            moves in prop::collection::vec((0_u16..600, 0_u8..10), 0..2_500),
            only_grows in any::<bool>(),
        ) {
            let (mut map, mut model) = (SharedMap::default(), BTreeMap::new());
            let (mut clones, count) = (Vec::new(), moves.len());
            for (number, (key, what)) in moves.into_iter().enumerate() {
                let key = if only_grows { u16::try_from(number).expect("few") } else { key };
                let goes = if number * 2 < count { 2 } else { 8 };
                match what {
                    0 => prop_assert_eq!(map.pop_first(), model.pop_first()),
                    what if what < goes => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                    _ => prop_assert_eq!(map.insert(key, number), model.insert(key, number)),
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert_eq!(map.contains_key(&key), model.contains_key(&key));
                if number % 100 == 0 {
                    prop_assert!(is_sound(&map));
                    prop_assert!(map.range_from(&key).eq(model.range(key..)));
                    prop_assert!(map.range_from(&key).rev().eq(model.range(key..).rev()));
                    clones.push((map.clone(), model.clone()));
                }
            }
            clones.push((map, model));
            for (map, model) in clones {
                prop_assert!(map.iter().eq(model.iter()));
                prop_assert_eq!(map.is_empty(), model.is_empty());
            }
        }
    }

    #[test]
    fn a_change_copies_one_leaf_and_no_other() {
        let mut map = SharedMap::default();
        for key in 0..1_000 {
            map.insert(key, key);
        }
        let before = map.clone();
        map.insert(500, 0);
        let shares = |(a, b): (&Leaf<_, _>, &Leaf<_, _>)| Arc::ptr_eq(&a.rows, &b.rows);
        let shared = map
            .leaves
            .iter()
            .zip(&before.leaves)
            .filter(|two| shares(*two));
        assert_eq!(shared.count(), map.leaves.len() - 1);
        assert_eq!(before.get(&500), Some(&500));
    }
}
