//! What of the mempool outlives a restart: a row for each entry, one of another name for each that is
//! [held](super::held), and one that says which tip the rows reflect.
//!
//! The rows are written after the chain has moved, not with it. A process killed in between finds
//! rows of an earlier tip: what blocks contain by now falls out, and if blocks were left behind
//! since, their transactions come back as they would have then.

use super::error::{AdmitError, Change, Removed, RemovedWhy};
use super::returning::{Returning, parents_first, returning};
use super::state::Mempool;
use crate::chain::codec::{self, MAX_LEN};
use crate::chain::{Coin, Tx, Txid, rules};
use crate::node::chainstate::ChainState;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Before the id, in the names of the rows.
const ROW_PREFIX: &str = "mempool/";

/// Before the id of what is held.
const HELD_PREFIX: &str = "mempool-held/";

/// The row that says which tip the others reflect.
const TIP_ROW: &str = "mempool-tip";

impl Mempool {
    /// The rows that changed since the last call, for the store that holds the chain: a new value,
    /// or none for a row that goes. To be called, and written, after every change.
    pub fn flush(&mut self) -> BTreeMap<String, Option<Vec<u8>>> {
        let dirty = std::mem::take(&mut self.dirty);
        let rows = dirty.into_iter().map(|txid| {
            let entry = self.pool.get(&txid);
            let row = entry.map(|entry| codec::encode(&(entry.since, &*entry.tx)));
            (format!("{ROW_PREFIX}{txid}"), row)
        });
        let mut rows: BTreeMap<_, _> = rows.collect();
        for txid in std::mem::take(&mut self.held.dirty) {
            let held = self.held.get(&txid);
            let row = held.map(|held| codec::encode(&(held.since, &*held.tx)));
            rows.insert(format!("{HELD_PREFIX}{txid}"), row);
        }
        if self.tip != self.flushed_tip {
            self.flushed_tip = self.tip;
            let row = self.tip.as_ref().map(codec::encode);
            rows.insert(TIP_ROW.to_owned(), row);
        }
        rows
    }

    /// Takes back what was flushed before a restart, as far as it still holds at the chain's tip.
    /// What does not is reported as removed, and the next flush takes its row away. To be called
    /// once, on an empty mempool.
    ///
    /// # Errors
    /// [`StoreFault::Damaged`] if a row is not one that a flush has written.
    ///
    /// # Panics
    /// If the mempool is not empty.
    pub fn restore<S: Store>(
        &mut self,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<Change, StoreFault> {
        assert!(self.is_empty(), "rows are restored into an empty mempool");
        let mut rows = read_rows(chain.store(), ROW_PREFIX)?;
        let mut held = read_rows(chain.store(), HELD_PREFIX)?;
        self.flushed_tip = read_tip(chain.store())?;
        self.tip = Some(chain.tip());
        let mut done = Change::default();
        let mut admitted: Vec<(Arc<Tx>, Vec<Coin>)> = Vec::new();

        // All that is held still is marked so anew.
        self.held.dirty.extend(held.keys().copied());
        self.settle_rows([&mut rows, &mut held], chain, &mut done)?;
        for back in self.left_behind(chain, now)? {
            self.restore_or_hold(back, chain, &mut admitted, &mut done)?;
        }
        for row in parents_first(rows) {
            let (txid, kept) = (row.txid, row.clone());
            if self.contains(&txid) {
                continue;
            }
            if let Err(why) = self.restore_one(row, chain, &mut admitted)? {
                self.dirty.insert(txid);
                let tx = Arc::clone(&kept.tx);
                self.hold(kept, why.clone(), &mut done);
                done.removed.push(Removed { txid, tx, why });
            }
        }
        for row in parents_first(held) {
            self.restore_or_hold(row, chain, &mut admitted, &mut done)?;
        }
        self.check_restored(&admitted, chain.store())?;
        let expired = self.expire(now);
        done.removed.extend(expired.removed);
        self.trim(&mut done);
        let added = admitted.into_iter().map(|(tx, _)| (tx.txid(), tx));
        done.added = added.filter(|(txid, _)| self.contains(txid)).collect();
        Ok(done)
    }

    /// Takes out the rows of what is in blocks that the chain has got since the rows were written.
    fn settle_rows<S: Store>(
        &mut self,
        [rows, held]: [&mut BTreeMap<Txid, Returning>; 2],
        chain: &ChainState<S>,
        done: &mut Change,
    ) -> Result<(), StoreFault> {
        let tree = chain.tree();
        let Some(flushed) = self.flushed_tip.and_then(|tip| tree.find(&tip.hash)) else {
            return Ok(());
        };
        let fork = tree.fork_point(flushed, tree.tip());
        for id in tree.path(fork, tree.tip()) {
            let id = chain.id(id);
            let block = chain.body(&id.hash)?;
            for txid in block.iter().flat_map(|block| block.txids()) {
                held.remove(txid);
                if let Some(Returning { txid, tx, .. }) = rows.remove(txid) {
                    let why = RemovedWhy::InBlock(id);
                    self.dirty.insert(txid);
                    done.removed.push(Removed { txid, tx, why });
                }
            }
        }
        Ok(())
    }

    /// Transactions of blocks that left the chain after the rows were written, parents first.
    fn left_behind<S: Store>(
        &self,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<Vec<Returning>, StoreFault> {
        let tree = chain.tree();
        let mut back = Vec::new();
        let known = self.flushed_tip.and_then(|tip| tree.find(&tip.hash));
        let Some(flushed) = known else {
            // Nothing was ever written, or the branch is too long ago to be kept.
            return Ok(back);
        };
        let fork = tree.fork_point(flushed, tree.tip());
        for id in tree.path(fork, flushed) {
            if let Some(block) = chain.body(&tree.entry(id).hash)? {
                back.extend(returning(&block, now));
            }
        }
        Ok(back)
    }

    /// Takes back what is no row of an entry so far.
    fn restore_or_hold<S: Store>(
        &mut self,
        back: Returning,
        chain: &ChainState<S>,
        admitted: &mut Vec<(Arc<Tx>, Vec<Coin>)>,
        done: &mut Change,
    ) -> Result<(), StoreFault> {
        let (txid, kept) = (back.txid, back.clone());
        match self.restore_one(back, chain, admitted)? {
            Ok(()) => {
                self.dirty.insert(txid);
            }
            Err(why) => self.hold(kept, why, done),
        }
        Ok(())
    }

    fn restore_one<S: Store>(
        &mut self,
        row: Returning,
        chain: &ChainState<S>,
        admitted: &mut Vec<(Arc<Tx>, Vec<Coin>)>,
    ) -> Result<Result<(), RemovedWhy>, StoreFault> {
        let txid = row.txid;
        let by_itself = self.check_alone(&row.tx);
        let planned = by_itself.and_then(|()| self.plan_again(row.tx, txid, chain, row.since));
        match planned {
            Ok(plan) => {
                admitted.push((Arc::clone(&plan.newcomer.tx), plan.spent));
                self.pool.insert(plan.newcomer);
                Ok(Ok(()))
            }
            Err(AdmitError::Store(fault)) => Err(fault),
            Err(error) if error.is_fault_of_sender() => {
                let problem = format!("the mempool's transaction {txid}: {error}");
                Err(chain.store().damaged(problem))
            }
            Err(error) => Ok(Err(self.why_not(&error))),
        }
    }

    /// The signatures of all that was restored, on all cores: the cache of those that held did not
    /// outlive the restart.
    fn check_restored(
        &self,
        admitted: &[(Arc<Tx>, Vec<Coin>)],
        store: &impl Store,
    ) -> Result<(), StoreFault> {
        let failure = |(tx, spent): &(Arc<Tx>, Vec<Coin>)| {
            let verdict = rules::check_signatures(tx, spent, self.network, &self.sigs);
            verdict.err().map(|error| (tx.txid(), error))
        };
        match admitted.par_iter().find_map_first(failure) {
            Some((txid, error)) => {
                let problem = format!("the mempool's transaction {txid}: {error}");
                Err(store.damaged(problem))
            }
            None => Ok(()),
        }
    }
}

fn read_tip(store: &impl Store) -> Result<Option<BlockId>, StoreFault> {
    let Some(row) = store.meta(TIP_ROW)? else {
        return Ok(None);
    };
    let tip = codec::decode(&row, MAX_LEN);
    tip.map(Some)
        .map_err(|e| store.damaged(format!("the row {TIP_ROW}: {e}")))
}

fn read_rows(store: &impl Store, prefix: &str) -> Result<BTreeMap<Txid, Returning>, StoreFault> {
    let mut rows = BTreeMap::new();
    let mut problem = None;
    store.each_meta(
        prefix,
        &mut |name, bytes| match read_row(prefix, name, bytes) {
            Ok(row) => {
                rows.insert(row.txid, row);
            }
            Err(why) => {
                problem.get_or_insert_with(|| format!("the row {name}: {why}"));
            }
        },
    )?;
    match problem {
        Some(problem) => Err(store.damaged(problem)),
        None => Ok(rows),
    }
}

fn read_row(prefix: &str, name: &str, bytes: &[u8]) -> Result<Returning, String> {
    let (since, tx): (Time, Tx) = codec::decode(bytes, MAX_LEN).map_err(|e| e.to_string())?;
    let txid = tx.txid();
    if name.strip_prefix(prefix) != Some(&txid.to_string()) {
        return Err(format!("holds the transaction {txid}"));
    }
    let tx = Arc::new(tx);
    Ok(Returning { txid, tx, since })
}
