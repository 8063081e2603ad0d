//! Making room in a full mempool, on scratch: which packages would go if a newcomer came?
//!
//! Always the package that pays least for its bytes, an entry with all its descendants. The
//! newcomer counts: it makes the packages of its ancestors better or worse, and if it is in the
//! worst package of all itself, it has to stay out. Nothing in the pool is touched.

use super::entry::{Rank, Sums};
use super::pool::{Newcomer, Pool};
use crate::chain::Txid;
use crate::node::fee::Rate;
use std::collections::{BTreeMap, BTreeSet, btree_set};

/// The newcomer would be the first to go.
#[derive(Debug)]
pub(super) struct NoRoom {
    /// What has to be paid more for; `None`: there is nothing left to drive out.
    pub(super) rival: Option<Rate>,
}

/// Entries that go so that `newcomer`, whose ancestors here are `ancestors`, gets in. `replaced`
/// goes in any case and is not named again.
pub(super) fn make_room(
    pool: &Pool,
    newcomer: &Newcomer,
    ancestors: &[Txid],
    replaced: &BTreeSet<Txid>,
    bytes_max: usize,
) -> Result<Vec<Txid>, NoRoom> {
    let mut scratch = Scratch {
        pool,
        gone: BTreeSet::new(),
        changed: BTreeMap::new(),
        lowest: BTreeSet::new(),
        others: pool.worst_first(),
        bytes: pool.bytes() + newcomer.bytes,
    };
    for txid in replaced {
        scratch.drop_one(txid);
    }
    if scratch.bytes <= bytes_max {
        return Ok(Vec::new());
    }
    let own = Sums::one(newcomer.fee, newcomer.bytes);
    for txid in ancestors {
        scratch.change(txid, |sums| sums.add(&own));
    }
    let rank = Rank::new(own.rate(), newcomer.since, newcomer.txid);
    scratch.lowest.insert(rank);
    let is_own = |rank: &Rank| rank.txid() == newcomer.txid || ancestors.contains(&rank.txid());

    let mut evicted = Vec::new();
    while scratch.bytes > bytes_max {
        let worst = scratch.next_worst().filter(|worst| !is_own(worst));
        let Some(worst) = worst else {
            let rival = std::iter::from_fn(|| scratch.next_worst()).find(|rank| !is_own(rank));
            let rival = rival.map(|rank| rank.rate);
            return Err(NoRoom { rival });
        };
        for txid in pool.package(&worst.txid()) {
            if !scratch.gone.contains(&txid) {
                scratch.drop_one(&txid);
                evicted.push(txid);
            }
        }
    }
    Ok(evicted)
}

/// The pool as it would be.
struct Scratch<'a> {
    pool: &'a Pool,
    gone: BTreeSet<Txid>,
    /// Packages that are no longer what the pool has.
    changed: BTreeMap<Txid, Sums>,
    /// Their places, as far as they are not gone.
    lowest: BTreeSet<Rank>,
    /// The packages of the pool from the worst on, as far as they were not looked at.
    others: btree_set::Iter<'a, Rank>,
    bytes: usize,
}

impl Scratch<'_> {
    fn drop_one(&mut self, txid: &Txid) {
        let entry = self.pool.entry(txid);
        self.gone.insert(*txid);
        self.bytes -= entry.bytes;
        if let Some(sums) = self.changed.remove(txid) {
            self.lowest.remove(&entry.rank(&sums));
        }
        let own = entry.alone();
        for ancestor in self.pool.ancestors_of(entry) {
            if !self.gone.contains(&ancestor) {
                self.change(&ancestor, |sums| sums.sub(&own));
            }
        }
    }

    fn change(&mut self, txid: &Txid, change: impl FnOnce(&mut Sums)) {
        let entry = self.pool.entry(txid);
        let sums = self.changed.entry(*txid).or_insert(entry.descendants);
        self.lowest.remove(&entry.rank(sums));
        change(sums);
        self.lowest.insert(entry.rank(sums));
    }

    /// Takes the worst package of those that were not looked at.
    fn next_worst(&mut self) -> Option<Rank> {
        loop {
            let mut rest = self.others.clone();
            let other = rest.next();
            match (other, self.lowest.first()) {
                (Some(other), lowest) if lowest.is_none_or(|lowest| other < lowest) => {
                    self.others = rest;
                    let txid = other.txid();
                    if !self.gone.contains(&txid) && !self.changed.contains_key(&txid) {
                        return Some(*other);
                    }
                }
                _ => return self.lowest.pop_first(),
            }
        }
    }
}
