//! The last things of a kind: what is kept of them is bounded, whoever sends how many.

use std::collections::{BTreeSet, VecDeque};

/// A set that forgets the oldest when it is full.
pub(super) struct Recent<T> {
    order: VecDeque<T>,
    set: BTreeSet<T>,
    max: usize,
}

impl<T: Ord + Copy> Recent<T> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            order: VecDeque::new(),
            set: BTreeSet::new(),
            max,
        }
    }

    pub(super) fn insert(&mut self, item: T) -> bool {
        if !self.set.insert(item) {
            return false;
        }
        self.order.push_back(item);
        if self.order.len() > self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        true
    }

    pub(super) fn contains(&self, item: &T) -> bool {
        self.set.contains(item)
    }

    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.set.clear();
    }
}
