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
//!
//! What is not admitted is not lost for that: only if a coin of it is spent otherwise, or does not
//! exist any more, no block above this tip can have it. All else is [held](super::held).

use super::admit::Admission;
use super::error::{AdmitError, Change, Removed, RemovedWhy};
use super::returning::{Returning, parents_first, returning};
use super::state::Mempool;
use crate::chain::rules::{self, TxError};
use crate::chain::{Block, Tx, Txid};
use crate::node::chainstate::{ChainChange, ChainState};
use crate::node::families::outputs;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
        let held = self.held.txids();
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
        self.try_held(&held, chain, now, &mut done)?;
        Ok(done)
    }

    /// Drops what has waited for too long, with all that builds on it.
    pub fn expire(&mut self, now: Time) -> Change {
        let mut done = Change::default();
        while let Some((since, txid)) = self.pool.oldest() {
            if since + self.limits.expiry > now {
                break;
            }
            self.drop_package(&txid, &RemovedWhy::Expired, &mut done);
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
            self.held.remove(txid);
            let why = RemovedWhy::Conflict(id);
            for input in &tx.inputs {
                if let Some(rival) = self.pool.spender(&input.outpoint) {
                    self.drop_package(&rival, &why, done);
                }
            }
            let spent = tx.inputs.iter().map(|input| input.outpoint);
            self.release(spent.collect(), &why, done);
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
        for back in back {
            let txid = back.txid;
            match self.admit_again(&back, chain, |_| Ok(()))? {
                Ok(()) => {
                    done.added.push((txid, back.tx));
                    self.dirty.insert(txid);
                }
                // It was no entry before, and is none now.
                Err(why) => self.hold(back, why, done),
            }
        }
        for entry in entries {
            let (txid, tx, since) = (entry.txid, entry.tx, entry.since);
            let back = Returning { txid, tx, since };
            if let Err(why) = self.admit_again(&back, chain, |_| Ok(()))? {
                self.dirty.insert(txid);
                let tx = Arc::clone(&back.tx);
                self.hold(back, why.clone(), done);
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

    /// Tries these again, which were held before, parents first, as far as there is room.
    fn try_held<S: Store>(
        &mut self,
        before: &BTreeSet<Txid>,
        chain: &ChainState<S>,
        now: Time,
        done: &mut Change,
    ) -> Result<(), StoreFault> {
        let taken: BTreeMap<Txid, Returning> = before
            .iter()
            .filter_map(|txid| Some((*txid, self.held.remove(txid)?)))
            .collect();
        for back in parents_first(taken) {
            let (txid, tx) = (back.txid, Arc::clone(&back.tx));
            let is_full = self.pool.bytes() + tx.encoded_len() > self.limits.bytes_max;
            let tried = match self.held_parent(&tx) {
                _ if back.since + self.limits.expiry <= now => Err(RemovedWhy::Expired),
                Some(parent) => Err(RemovedWhy::ParentHeld(parent)),
                None if is_full => Err(RemovedWhy::Evicted),
                None => {
                    // It may be from a row, whose signatures were not checked yet.
                    let (network, sigs) = (self.network, Arc::clone(&self.sigs));
                    self.admit_again(&back, chain, |plan| {
                        rules::check_signatures(&tx, &plan.spent, network, &sigs).map_err(|error| {
                            let problem = format!("the mempool's transaction {txid}: {error}");
                            chain.store().damaged(problem)
                        })
                    })?
                }
            };
            match tried {
                Ok(()) => {
                    self.dirty.insert(txid);
                    done.added.push((txid, tx));
                }
                Err(why) if why.may_pass() && self.held.insert(&back, why.clone()) => {}
                Err(why) => {
                    self.release(outputs(txid, &tx).collect(), &why, done);
                    done.removed.push(Removed { txid, tx, why });
                }
            }
        }
        Ok(())
    }

    fn held_parent(&self, tx: &Tx) -> Option<Txid> {
        let mut parents = tx.inputs.iter().map(|input| input.outpoint.txid);
        parents.find(|parent| self.held.get(parent).is_some())
    }

    /// Keeps what was not admitted again, if a later block can have it.
    pub(super) fn hold(&mut self, back: Returning, why: RemovedWhy, done: &mut Change) {
        let is_held = why.may_pass() && self.held.insert(&back, why.clone());
        let Returning { txid, tx, .. } = back;
        if is_held {
            done.held.push(Removed { txid, tx, why });
        } else {
            self.release(outputs(txid, &tx).collect(), &why, done);
        }
    }

    /// Admits what was admitted before, or was in a block, if it still holds and `look` has nothing
    /// against it; else says why not.
    fn admit_again<S: Store>(
        &mut self,
        back: &Returning,
        chain: &ChainState<S>,
        look: impl FnOnce(&Admission) -> Result<(), StoreFault>,
    ) -> Result<Result<(), RemovedWhy>, StoreFault> {
        match self.plan_again(Arc::clone(&back.tx), back.txid, chain, back.since) {
            Ok(plan) => {
                look(&plan)?;
                self.pool.insert(plan.newcomer);
                Ok(Ok(()))
            }
            Err(AdmitError::Store(fault)) => Err(fault),
            Err(error) => Ok(Err(self.why_not(&error))),
        }
    }

    /// Why what is admitted again is not: for the reasons that a new tip can bring.
    pub(super) fn why_not(&self, error: &AdmitError) -> RemovedWhy {
        match error {
            AdmitError::Tx(why @ (TxError::Locked { .. } | TxError::Immature { .. })) => {
                RemovedWhy::TooEarly(why.clone())
            }
            AdmitError::TooManyAncestors { .. } | AdmitError::TooManyDescendants { .. } => {
                RemovedWhy::PackageTooLarge
            }
            AdmitError::Conflict { with, .. } => RemovedWhy::Replaced(*with),
            error => {
                let parents = error.missing_parents();
                let are_held = parents.iter().all(|txid| self.held.get(txid).is_some());
                match parents.first().filter(|_| are_held) {
                    Some(parent) => RemovedWhy::ParentHeld(*parent),
                    None => RemovedWhy::InputsGone,
                }
            }
        }
    }

    /// Drops the worst packages until the rest fits, and holds what was dropped.
    pub(super) fn trim(&mut self, done: &mut Change) {
        let mut evicted = Vec::new();
        while self.pool.bytes() > self.limits.bytes_max {
            let worst = self.pool.worst_first().next();
            let worst = worst.expect("bytes are those of entries").txid();
            for txid in self.pool.package(&worst) {
                let entry = self.pool.entry(&txid);
                let (tx, since) = (Arc::clone(&entry.tx), entry.since);
                evicted.push(Returning { txid, tx, since });
                self.remove(&txid, RemovedWhy::Evicted, done);
            }
        }
        // Children were dropped before their parents.
        for back in evicted.into_iter().rev() {
            self.hold(back, RemovedWhy::Evicted, done);
        }
    }
}
