//! A list that grows at its end, and from whose beginning things may go.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// Items of a piece.
const PIECE: usize = 64;

/// Items in their order, in pieces that clones share.
#[derive(Clone, Debug)]
pub struct SharedList<T> {
    pieces: VecDeque<Arc<Vec<T>>>,
    /// Items at the beginning of the first piece that are gone.
    gone: usize,
}

impl<T> Default for SharedList<T> {
    fn default() -> Self {
        Self {
            pieces: VecDeque::new(),
            gone: 0,
        }
    }
}

impl<T> SharedList<T> {
    /// Items that are there.
    pub fn len(&self) -> usize {
        let last = self.pieces.back().map_or(0, |piece| piece.len());
        // All but the last are full.
        (self.pieces.len().saturating_sub(1) * PIECE + last) - self.gone
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        let pieces = self.pieces.iter().enumerate();
        pieces.flat_map(|(nth, piece)| &piece[if nth == 0 { self.gone } else { 0 }..])
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl<T: Clone> SharedList<T> {
    /// Puts an item at the end.
    pub fn push_back(&mut self, item: T) {
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push_back(Arc::default());
        }
        // There are lists for each peer of each node, most of them short: they grow as they need.
        let last = self.pieces.back_mut().expect("one was put there");
        Arc::make_mut(last).push(item);
    }

    /// Takes the first item out.
    pub fn pop_front(&mut self) -> Option<T> {
        let item = self.pieces.front()?.get(self.gone)?.clone();
        self.gone += 1;
        if self.gone == PIECE {
            self.pieces.pop_front();
            self.gone = 0;
        }
        Some(item)
    }
}

impl<T> Index<usize> for SharedList<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        let at = at + self.gone;
        &self.pieces[at / PIECE][at % PIECE]
    }
}

impl<T: Clone> IndexMut<usize> for SharedList<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        let at = at + self.gone;
        &mut Arc::make_mut(&mut self.pieces[at / PIECE])[at % PIECE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Pushes (0 to 5), pops (6 to 8) and changes (9), with clones taken on the way that must stay
        /// as they were.
        #[test]
        fn a_list_is_what_a_deque_is_and_clones_stay_as_they_were(
            moves in prop::collection::vec(0_u8..10, 0..600),
        ) {
            let (mut list, mut model) = (SharedList::default(), VecDeque::new());
            let mut clones = Vec::new();
            for (number, what) in moves.into_iter().enumerate() {
                match what {
                    0..=5 => {
                        list.push_back(number);
                        model.push_back(number);
                    }
                    6..=8 => prop_assert_eq!(list.pop_front(), model.pop_front()),
                    _ if model.is_empty() => list.clear(),
                    _ => {
                        let at = number % model.len();
                        (list[at], model[at]) = (number, number);
                    }
                }
                if number % 50 == 0 {
                    clones.push((list.clone(), model.clone()));
                }
            }
            clones.push((list, model));
            for (list, model) in clones {
                prop_assert_eq!(list.len(), model.len());
                let items = (0..list.len()).map(|at| list[at]);
                prop_assert!(items.eq(model));
            }
        }
    }
}
