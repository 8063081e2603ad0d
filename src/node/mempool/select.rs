//! What goes into the next block: always the package that pays best for its bytes, an entry with
//! all its ancestors that are not in the block yet, as long as there is room.
//!
//! Taking a package changes what its descendants still need. They are not looked up for that. If
//! the best package pays `r`, one that contains it pays no more, and what is left of that one once
//! the better part is gone pays still less. So the place of an entry in the pool's order is never
//! too low, and it is enough to look again when its turn comes: if it has fallen behind, it waits
//! for its new turn. Only a package that did not fit can move up, when part of it gets into the
//! block by another way; those are looked up.

use super::entry::{Entry, Rank, Sums};
use super::pool::Pool;
use crate::chain::Txid;
use std::collections::{BTreeSet, btree_set};
use std::iter::{Peekable, Rev};

/// Packages in a row that do not fit before a block counts as full, as in Bitcoin Core: the last
/// few hundred bytes are not worth a look at all that waits.
const MISSES_MAX: usize = 1_000;

/// The best paying entries that fit into `bytes_max`, `count_max` at most, parents first.
pub(super) fn select(pool: &Pool, bytes_max: usize, count_max: usize) -> Vec<&Entry> {
    Selection {
        pool,
        room: bytes_max,
        ranked: pool.best_first().peekable(),
        again: BTreeSet::new(),
        taken: BTreeSet::new(),
        unfit: BTreeSet::new(),
        chosen: Vec::new(),
    }
    .run(count_max)
}

struct Selection<'a> {
    pool: &'a Pool,
    /// Bytes that are left.
    room: usize,
    /// Those whose turn has not come yet.
    ranked: Peekable<Rev<btree_set::Iter<'a, Rank>>>,
    /// Those that wait for another turn.
    again: BTreeSet<Rank>,
    taken: BTreeSet<Txid>,
    /// Those whose package had no room.
    unfit: BTreeSet<Txid>,
    chosen: Vec<&'a Entry>,
}

impl<'a> Selection<'a> {
    fn run(mut self, count_max: usize) -> Vec<&'a Entry> {
        let mut misses = 0;
        while self.chosen.len() < count_max && misses < MISSES_MAX {
            let Some(rank) = self.next_turn() else {
                break;
            };
            if self.taken.contains(&rank.txid()) {
                continue;
            }
            let entry = self.pool.entry(&rank.txid());
            let (package, sums) = self.missing_of(entry);
            let now = entry.rank(&sums);
            if now < rank {
                self.again.insert(now);
            } else if sums.bytes > self.room {
                self.unfit.insert(entry.txid);
                misses += 1;
            } else {
                self.room -= sums.bytes;
                self.take(package);
                misses = 0;
            }
        }
        self.chosen.truncate(count_max);
        self.chosen
    }

    /// The best of those whose turn has not come and those that wait for another.
    fn next_turn(&mut self) -> Option<Rank> {
        match (self.ranked.peek(), self.again.last()) {
            (Some(first), Some(again)) if *first > again => self.ranked.next().copied(),
            (_, Some(_)) => self.again.pop_last(),
            (_, None) => self.ranked.next().copied(),
        }
    }

    /// An entry with its ancestors that are not taken, and their sums.
    fn missing_of(&self, entry: &'a Entry) -> (Vec<&'a Entry>, Sums) {
        let mut found = vec![entry];
        let mut sums = entry.alone();
        let mut looked_at = 0;
        while let Some(next) = found.get(looked_at).copied() {
            looked_at += 1;
            for txid in &next.parents {
                let seen = found.iter().any(|known| known.txid == *txid);
                // What builds on no taken entry has none above it: parents are taken first.
                if !seen && !self.taken.contains(txid) {
                    let parent = self.pool.entry(txid);
                    sums.add(&parent.alone());
                    found.push(parent);
                }
            }
        }
        (found, sums)
    }

    fn take(&mut self, mut package: Vec<&'a Entry>) {
        package.sort_by_key(|entry| (entry.ancestors.count, entry.txid));
        self.taken.extend(package.iter().map(|entry| entry.txid));
        if !self.unfit.is_empty() {
            for entry in &package {
                self.reconsider_below(entry);
            }
        }
        self.chosen.extend(package);
    }

    /// Gives another turn to what did not fit and needs less now.
    fn reconsider_below(&mut self, entry: &Entry) {
        for txid in self.pool.package(&entry.txid) {
            if self.unfit.remove(&txid) && !self.taken.contains(&txid) {
                let entry = self.pool.entry(&txid);
                let (_, sums) = self.missing_of(entry);
                self.again.insert(entry.rank(&sums));
            }
        }
    }
}
