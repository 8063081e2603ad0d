//! The entries and their order. No policy here: the caller has made sure that the inputs are
//! there and free, and that no package grows beyond [`PACKAGE_MAX`].
//!
//! That bound makes everything cheap. An entry has 24 ancestors and 24 descendants at most, so the
//! sums over its packages, and with them its places in both orders, are kept up to date one
//! relative at a time, and a walk through its family is a short list.

use super::entry::{Entry, Rank, Sums};
use crate::chain::tx::TxOut;
use crate::chain::{Amount, OutPoint, Tx, Txid};
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

/// Most entries of a package, ancestors or descendants, the entry itself included: as in Bitcoin
/// Core. It bounds what one transaction can make a node compute.
pub const PACKAGE_MAX: usize = 25;

/// Entries, by everything that they are looked up by.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    pub(super) entries: BTreeMap<Txid, Entry>,
    /// Who spends a coin.
    spends: BTreeMap<OutPoint, Txid>,
    /// By what an entry pays together with its ancestors: the last is mined first.
    mining: BTreeSet<Rank>,
    /// By what an entry pays together with its descendants: the first goes first.
    keeping: BTreeSet<Rank>,
    /// By age.
    oldest: BTreeSet<(Time, Txid)>,
    bytes: usize,
}

/// A transaction on its way in, with what is already known about it.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) tx: Arc<Tx>,
    pub(super) txid: Txid,
    pub(super) bytes: usize,
    pub(super) fee: Amount,
    pub(super) since: Time,
    /// Entries whose outputs it spends, each once.
    pub(super) parents: Vec<Txid>,
}

impl Pool {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn get(&self, txid: &Txid) -> Option<&Entry> {
        self.entries.get(txid)
    }

    /// An entry that must be there.
    pub(super) fn entry(&self, txid: &Txid) -> &Entry {
        self.entries.get(txid).expect("relatives are entries")
    }

    /// An output of an entry, spent or not.
    pub(super) fn output(&self, outpoint: &OutPoint) -> Option<&TxOut> {
        let entry = self.entries.get(&outpoint.txid)?;
        entry.tx.outputs.get(usize::try_from(outpoint.index).ok()?)
    }

    pub(super) fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.spends.get(outpoint).copied()
    }

    /// What miners look at, best first.
    pub(super) fn best_first(&self) -> std::iter::Rev<std::collections::btree_set::Iter<'_, Rank>> {
        self.mining.iter().rev()
    }

    /// What goes when room is needed, worst first.
    pub(super) fn worst_first(&self) -> std::collections::btree_set::Iter<'_, Rank> {
        self.keeping.iter()
    }

    /// The entry that has been here for longest.
    pub(super) fn oldest(&self) -> Option<(Time, Txid)> {
        self.oldest.first().copied()
    }

    /// Entries that came after a given one, or all, oldest first.
    pub(super) fn oldest_after(
        &self,
        last: Option<(Time, Txid)>,
    ) -> impl Iterator<Item = (Time, Txid)> + '_ {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.oldest.range((start, Bound::Unbounded)).copied()
    }

    /// These entries and all that they build on, or `None` if that is more than `max`.
    pub(super) fn ancestors(&self, of: &[Txid], max: usize) -> Option<Vec<Txid>> {
        closure(of, max, |txid| &self.entry(txid).parents)
    }

    /// The ancestors of an entry, itself left out.
    pub(super) fn ancestors_of(&self, entry: &Entry) -> Vec<Txid> {
        let found = self.ancestors(&entry.parents, PACKAGE_MAX);
        found.expect("no package is larger")
    }

    /// An entry and all that builds on it, children before parents.
    pub(super) fn package(&self, txid: &Txid) -> Vec<Txid> {
        let of = std::slice::from_ref(txid);
        let found = closure(of, PACKAGE_MAX, |txid| &self.entry(txid).children);
        let mut found = found.expect("no package is larger");
        self.children_first(&mut found);
        found
    }

    /// Brings entries into an order in which each comes before what it builds on.
    pub(super) fn children_first(&self, txids: &mut [Txid]) {
        // An entry has more ancestors than any of its ancestors has.
        txids.sort_by_cached_key(|txid| {
            (std::cmp::Reverse(self.entry(txid).ancestors.count), *txid)
        });
    }

    /// Puts an entry. Its parents are entries, its coins are free, and nothing here spends from it.
    pub(super) fn insert(&mut self, newcomer: Newcomer) {
        let Newcomer {
            tx,
            txid,
            bytes,
            fee,
            since,
            parents,
        } = newcomer;
        let own = Sums::one(fee, bytes);
        let mut ancestors = own;
        let above = self.ancestors(&parents, PACKAGE_MAX);
        for txid in above.expect("no package is larger") {
            ancestors.add(&self.entry(&txid).alone());
            self.descendants_changed(&txid, |sums| sums.add(&own));
        }
        for parent in &parents {
            self.entry_mut(parent).children.push(txid);
        }
        for input in &tx.inputs {
            let before = self.spends.insert(input.outpoint, txid);
            debug_assert_eq!(before, None, "its coins are free");
        }
        let entry = Entry {
            tx,
            txid,
            fee,
            bytes,
            since,
            ancestors,
            descendants: own,
            parents,
            children: Vec::new(),
            paid: OnceLock::new(),
        };
        self.mining.insert(entry.mining_rank());
        self.keeping.insert(entry.keeping_rank());
        self.oldest.insert((since, txid));
        self.bytes += bytes;
        self.entries.insert(txid, entry);
    }

    /// Takes an entry out. What builds on it stays, which is right only if the chain has it now:
    /// then it has no ancestors here either.
    pub(super) fn remove(&mut self, txid: &Txid) -> Option<Entry> {
        let entry = self.entries.remove(txid)?;
        let own = entry.alone();
        for ancestor in self.ancestors_of(&entry) {
            self.descendants_changed(&ancestor, |sums| sums.sub(&own));
        }
        let below = closure(&entry.children, PACKAGE_MAX, |txid| {
            &self.entry(txid).children
        });
        for descendant in below.expect("no package is larger") {
            self.ancestors_changed(&descendant, |sums| sums.sub(&own));
        }
        for parent in &entry.parents {
            self.entry_mut(parent)
                .children
                .retain(|child| child != txid);
        }
        for child in &entry.children {
            self.entry_mut(child)
                .parents
                .retain(|parent| parent != txid);
        }
        for input in &entry.tx.inputs {
            self.spends.remove(&input.outpoint);
        }
        self.mining.remove(&entry.mining_rank());
        self.keeping.remove(&entry.keeping_rank());
        self.oldest.remove(&(entry.since, *txid));
        self.bytes -= entry.bytes;
        Some(entry)
    }

    fn descendants_changed(&mut self, txid: &Txid, change: impl FnOnce(&mut Sums)) {
        let entry = self.entries.get_mut(txid).expect("relatives are entries");
        let before = entry.keeping_rank();
        change(&mut entry.descendants);
        let after = entry.keeping_rank();
        if before != after {
            self.keeping.remove(&before);
            self.keeping.insert(after);
        }
    }

    fn ancestors_changed(&mut self, txid: &Txid, change: impl FnOnce(&mut Sums)) {
        let entry = self.entries.get_mut(txid).expect("relatives are entries");
        let before = entry.mining_rank();
        change(&mut entry.ancestors);
        let after = entry.mining_rank();
        if before != after {
            self.mining.remove(&before);
            self.mining.insert(after);
        }
    }

    fn entry_mut(&mut self, txid: &Txid) -> &mut Entry {
        self.entries.get_mut(txid).expect("relatives are entries")
    }
}

/// All that can be reached from `start`, itself included, or `None` if that is more than `max`.
/// For the few entries of a package a list is faster than a set.
fn closure<'a>(
    start: &[Txid],
    max: usize,
    next: impl Fn(&Txid) -> &'a [Txid],
) -> Option<Vec<Txid>> {
    if start.len() > max {
        return None;
    }
    let mut found = start.to_vec();
    let mut looked_at = 0;
    while let Some(txid) = found.get(looked_at).copied() {
        looked_at += 1;
        for relative in next(&txid) {
            if found.contains(relative) {
                continue;
            }
            if found.len() == max {
                return None;
            }
            found.push(*relative);
        }
    }
    Some(found)
}
