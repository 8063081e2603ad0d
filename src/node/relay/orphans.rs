//! Transactions that came before their parents. Anybody can make any number of them for nothing, so
//! they are few, small and short-lived, and one peer cannot take the room of all.

use crate::chain::{Tx, Txid};
use crate::node::ids::ConnId;
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Orphans kept in all, as in Bitcoin Core.
pub const ORPHANS_MAX: usize = 100;

/// Orphans kept of one peer.
pub const ORPHANS_PER_PEER_MAX: usize = 25;

/// The largest that is kept, in bytes: all together take at most 10 MB.
pub const ORPHAN_BYTES_MAX: usize = 100_000;

/// Parents that one may wait for: more than a mempool takes of ancestors.
pub const PARENTS_MAX: usize = 25;

/// How long one waits.
pub const EXPIRY: Duration = Duration::from_secs(300);

#[derive(Clone)]
struct Orphan {
    tx: Arc<Tx>,
    from: ConnId,
    expires: Time,
    parents: Vec<Txid>,
}

/// A transaction from a peer that came before its parents.
pub struct Parentless<'a> {
    /// Who sent it.
    pub from: ConnId,
    /// The transaction.
    pub tx: &'a Arc<Tx>,
    /// Its id.
    pub txid: Txid,
    /// The parents that are not here.
    pub missing: &'a [Txid],
}

/// Transactions that wait for a parent.
#[derive(Clone, Default)]
pub struct Orphans {
    orphans: BTreeMap<Txid, Orphan>,
    by_parent: BTreeMap<Txid, BTreeSet<Txid>>,
}

impl Orphans {
    /// Keeps one. `false`: it is too large, waits for too much, or its sender has enough here.
    pub fn insert(&mut self, new: &Parentless<'_>, now: Time) -> bool {
        let &Parentless {
            from,
            tx,
            txid,
            missing: parents,
        } = new;
        if self.orphans.contains_key(&txid) {
            return true;
        }
        let of_sender = |orphan: &&Orphan| orphan.from == from;
        let is_too_much = tx.encoded_len() > ORPHAN_BYTES_MAX
            || parents.len() > PARENTS_MAX
            || self.orphans.values().filter(of_sender).count() >= ORPHANS_PER_PEER_MAX;
        if is_too_much {
            return false;
        }
        if self.orphans.len() >= ORPHANS_MAX {
            self.make_room();
        }
        for parent in parents {
            self.by_parent.entry(*parent).or_default().insert(txid);
        }
        let orphan = Orphan {
            tx: Arc::clone(tx),
            from,
            expires: now + EXPIRY,
            parents: parents.to_vec(),
        };
        self.orphans.insert(txid, orphan);
        true
    }

    /// The oldest one goes, of the peer that has most here: a few peers cannot drive out the rest.
    fn make_room(&mut self) {
        let mut counts: BTreeMap<ConnId, usize> = BTreeMap::new();
        for orphan in self.orphans.values() {
            *counts.entry(orphan.from).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let of_most = |orphan: &Orphan| most.is_some_and(|(from, _)| orphan.from == from);
        let theirs = self.orphans.iter().filter(|(_, orphan)| of_most(orphan));
        let oldest = theirs.min_by_key(|(_, orphan)| orphan.expires);
        if let Some(txid) = oldest.map(|(txid, _)| *txid) {
            self.remove(&txid);
        }
    }

    /// Takes out those that waited for this parent.
    pub fn take_children(&mut self, parent: &Txid) -> Vec<(ConnId, Arc<Tx>)> {
        let children = self.by_parent.get(parent).cloned().unwrap_or_default();
        children
            .iter()
            .filter_map(|txid| self.remove(txid))
            .collect()
    }

    /// Forgets one.
    pub fn remove(&mut self, txid: &Txid) -> Option<(ConnId, Arc<Tx>)> {
        let orphan = self.orphans.remove(txid)?;
        for parent in &orphan.parents {
            if let Some(children) = self.by_parent.get_mut(parent) {
                children.remove(txid);
                if children.is_empty() {
                    self.by_parent.remove(parent);
                }
            }
        }
        Some((orphan.from, orphan.tx))
    }

    /// Forgets those of a connection that is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.remove_all(|orphan| orphan.from == conn);
    }

    /// Forgets those that have waited long enough.
    pub fn expire(&mut self, now: Time) {
        self.remove_all(|orphan| orphan.expires <= now);
    }

    fn remove_all(&mut self, is_over: impl Fn(&Orphan) -> bool) {
        let over = self.orphans.iter().filter(|(_, orphan)| is_over(orphan));
        let over: Vec<Txid> = over.map(|(txid, _)| *txid).collect();
        for txid in over {
            self.remove(&txid);
        }
    }

    /// When the next one has waited long enough.
    pub fn deadline(&self) -> Option<Time> {
        self.orphans.values().map(|orphan| orphan.expires).min()
    }

    /// Whether one is here.
    pub fn contains(&self, txid: &Txid) -> bool {
        self.orphans.contains_key(txid)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.orphans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.orphans.is_empty()
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.orphans.values().all(|orphan| orphan.from != conn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphan(number: u32) -> (Arc<Tx>, Txid) {
        let tx = Arc::new(Tx::coinbase(number, Vec::new(), [0; 64]));
        let txid = tx.txid();
        (tx, txid)
    }

    #[test]
    fn those_who_send_most_make_room_for_others() {
        let mut orphans = Orphans::default();
        let parent = [Txid([7; 32])];
        let insert = |orphans: &mut Orphans, from: u64, number: u32| {
            let (tx, txid) = orphan(number);
            let now = Time(u64::from(number));
            let new = Parentless {
                from: ConnId(from),
                tx: &tx,
                txid,
                missing: &parent,
            };
            assert!(orphans.insert(&new, now));
            txid
        };
        let honest = insert(&mut orphans, 1, 0);
        for number in 1..100 {
            insert(&mut orphans, 2 + u64::from(number % 4), number);
        }
        assert_eq!(orphans.len(), ORPHANS_MAX);
        for number in 100..120 {
            insert(&mut orphans, 10 + u64::from(number), number);
        }
        assert_eq!(orphans.len(), ORPHANS_MAX);
        assert!(orphans.contains(&honest), "though it is the oldest");
        let children = orphans.take_children(&parent[0]);
        assert_eq!((children.len(), orphans.len()), (ORPHANS_MAX, 0));
        assert!(orphans.by_parent.is_empty());
    }
}
