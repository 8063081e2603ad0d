//! What a new tip and the passing of time do to the entries.
//!
//! A block that connects only takes away: what it contains, and what it contradicts. Heights have
//! grown and coins have aged, so what is left holds as it did before, and none of it is looked at.
//!
//! After a reorganisation nothing of that is certain. Transactions of the blocks that were left
//! behind come back, possibly *below* entries that build on them; rewards are too young again or
//! gone; heights may have fallen. So the mempool is built anew, first from those blocks, then from
//! the entries, each admitted as far as it still holds. Signatures need no second look: they commit
//! to the coins, which are named by what made them and never change.

use super::{AdmitError, Change, Mempool, Removed, RemovedWhy};
use crate::chain::{Block, Tx, Txid};
use crate::node::Time;
use crate::node::chainstate::{ChainChange, ChainState};
use crate::node::store::{BlockId, Store, StoreFault};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A transaction that may come back, from a block that was left behind or from a row.
pub(super) struct Returning {
    pub(super) txid: Txid,
    pub(super) tx: Arc<Tx>,
    pub(super) since: Time,
}

impl Mempool {
    /// Follows the chain to its new tip.
    ///
    /// # Errors
    /// [`StoreFault`]; the mempool is then of no further use.
    pub fn chain_changed<S: Store>(
        &mut self,
        change: &ChainChange,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<Change, StoreFault> {
        let mut done = Change::default();
        self.tip = Some(chain.tip());
        for (above, block) in (1..).zip(&change.connected) {
            let id = BlockId {
                height: change.fork.height + above,
                hash: block.hash(),
            };
            self.block_connected(id, block, &mut done);
        }
        if !change.disconnected.is_empty() {
            // The old tip comes first there, and parents are in the blocks below.
            let left = change.disconnected.iter().rev();
            let back = left.flat_map(|block| returning(block, now)).collect();
            self.rebuild(back, chain, &mut done)?;
        }
        Ok(done)
    }

    /// Drops what has waited for too long, with all that builds on it.
    pub fn expire(&mut self, now: Time) -> Change {
        let mut done = Change::default();
        while let Some((since, txid)) = self.pool.oldest() {
            if since + self.limits.expiry > now {
                break;
            }
            self.remove_package(&txid, &RemovedWhy::Expired, &mut done);
        }
        done
    }

    /// When [`Mempool::expire`] has something to do next.
    pub fn deadline(&self) -> Option<Time> {
        let (since, _) = self.pool.oldest()?;
        Some(since + self.limits.expiry)
    }

    fn block_connected(&mut self, id: BlockId, block: &Block, done: &mut Change) {
        for (txid, tx) in block.txids().iter().zip(block.txs()).skip(1) {
            if self.contains(txid) {
                self.remove(txid, RemovedWhy::InBlock(id), done);
                continue;
            }
            for input in &tx.inputs {
                if let Some(rival) = self.pool.spender(&input.outpoint) {
                    self.remove_package(&rival, &RemovedWhy::Conflict(id), done);
                }
            }
        }
    }

    /// Builds the mempool anew from `back`, parents first, and from the entries it has.
    fn rebuild<S: Store>(
        &mut self,
        back: Vec<Returning>,
        chain: &ChainState<S>,
        done: &mut Change,
    ) -> Result<(), StoreFault> {
        let mut entries: Vec<_> = std::mem::take(&mut self.pool)
            .entries
            .into_values()
            .collect();
        entries.sort_by_key(|entry| (entry.ancestors.count, entry.since, entry.txid));
        for Returning { txid, tx, since } in back {
            // What does not hold at the new tip was in a block that nobody follows any more: it
            // was no entry before and is none now.
            if self.admit_again(tx, txid, since, chain)?.is_ok() {
                let entry = self.pool.entry(&txid);
                done.added.push((txid, Arc::clone(&entry.tx)));
                self.dirty.insert(txid);
            }
        }
        for entry in entries {
            let (txid, tx) = (entry.txid, Arc::clone(&entry.tx));
            if let Err(error) = self.admit_again(entry.tx, txid, entry.since, chain)? {
                self.dirty.insert(txid);
                let why = error.into();
                done.removed.push(Removed { txid, tx, why });
            }
        }
        let came_back: BTreeSet<Txid> = done.added.iter().map(|(txid, _)| *txid).collect();
        self.trim(done);
        // What came back a moment ago and goes again was never there for anybody.
        done.added.retain(|(txid, _)| self.contains(txid));
        done.removed.retain(|gone| !came_back.contains(&gone.txid));
        Ok(())
    }

    /// Admits what was admitted before, or was in a block, if it still holds.
    fn admit_again<S: Store>(
        &mut self,
        tx: Arc<Tx>,
        txid: Txid,
        since: Time,
        chain: &ChainState<S>,
    ) -> Result<Result<(), AdmitError>, StoreFault> {
        match self.plan_again(tx, txid, chain, since) {
            Ok(plan) => {
                self.pool.insert(plan.newcomer);
                Ok(Ok(()))
            }
            Err(AdmitError::Store(fault)) => Err(fault),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Drops the worst packages until the rest fits.
    pub(super) fn trim(&mut self, done: &mut Change) {
        while self.pool.bytes() > self.limits.bytes_max {
            let worst = self.pool.worst_first().next();
            let txid = worst.expect("bytes are those of entries").txid();
            self.remove_package(&txid, &RemovedWhy::Evicted, done);
        }
    }
}

/// The transactions of a block that was left behind.
pub(super) fn returning(block: &Block, since: Time) -> impl Iterator<Item = Returning> {
    let txs = block.txids().iter().zip(block.txs()).skip(1);
    txs.map(move |(txid, tx)| Returning {
        txid: *txid,
        tx: Arc::new(tx.clone()),
        since,
    })
}
