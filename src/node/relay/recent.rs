//! The last things of a kind: what is kept of them is bounded, however many are sent.

use crate::chain::shared::{SharedList, SharedMap};

/// A set that forgets the oldest when it is full.
#[derive(Clone)]
pub(super) struct Recent<T> {
    order: SharedList<T>,
    set: SharedMap<T, ()>,
    max: usize,
}

impl<T: Ord + Copy> Recent<T> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            order: SharedList::default(),
            set: SharedMap::default(),
            max,
        }
    }

    pub(super) fn insert(&mut self, item: T) -> bool {
        if self.set.insert(item, ()).is_some() {
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
        self.set.contains_key(item)
    }

    pub(super) fn clear(&mut self) {
        self.order.clear();
        self.set.clear();
    }
}
