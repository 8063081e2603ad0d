//! Whether a transaction gets in. Everything is looked at before anything is changed, from cheap
//! to dear: the signatures, which take longer than all else together, come last.

use super::entry::Sums;
use super::error::{AdmitError, Change, RemovedWhy};
use super::pool::{Newcomer, PACKAGE_MAX};
use super::room::make_room;
use super::state::Mempool;
use crate::chain::rules::{self, TxError};
use crate::chain::{Amount, Coin, OutPoint, Tx, Txid};
use crate::node::chainstate::ChainState;
use crate::node::store::Store;
use crate::node::time::Time;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most entries that a transaction may replace, descendants included: as in Bitcoin Core (BIP 125,
/// rule 5). It bounds what one transaction can make a node throw away.
pub const REPLACED_MAX: usize = 100;

/// A transaction that may come in, and what happens if it does.
pub(super) struct Admission {
    pub(super) newcomer: Newcomer,
    /// The coins that it spends, in the order of its inputs.
    pub(super) spent: Vec<Coin>,
    /// What it replaces, with all that builds on that.
    pub(super) replaced: BTreeSet<Txid>,
    /// What makes room for it, children before parents.
    pub(super) evicted: Vec<Txid>,
}

/// What a transaction has to do with the chain and the pool.
struct Judged {
    newcomer: Newcomer,
    spent: Vec<Coin>,
    /// Entries that spend one of its coins.
    conflicts: BTreeSet<Txid>,
}

impl Mempool {
    /// Takes a transaction, if everything holds, with whatever has to go for it. A transaction
    /// that is refused changes nothing.
    ///
    /// `chain` must be at the tip that the last [`Mempool::chain_changed`] was told of.
    ///
    /// # Errors
    /// [`AdmitError`].
    pub fn accept<S: Store>(
        &mut self,
        tx: Arc<Tx>,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<Change, AdmitError> {
        let plan = self.plan(tx, chain, now)?;
        let tx = &plan.newcomer.tx;
        rules::check_signatures(tx, &plan.spent, self.network, &self.sigs)?;
        self.tip = Some(chain.tip());
        Ok(self.apply(plan))
    }

    /// Whether [`Mempool::accept`] would take a transaction once it is signed. Nothing changes.
    ///
    /// # Errors
    /// [`AdmitError`], as `accept`.
    pub fn check<S: Store>(
        &self,
        tx: Arc<Tx>,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<(), AdmitError> {
        self.plan(tx, chain, now).map(|_| ())
    }

    fn apply(&mut self, plan: Admission) -> Change {
        let Admission {
            newcomer,
            replaced,
            evicted,
            ..
        } = plan;
        let mut change = Change::default();
        let mut replaced: Vec<Txid> = replaced.into_iter().collect();
        self.pool.children_first(&mut replaced);
        for txid in replaced {
            let why = RemovedWhy::Replaced(newcomer.txid);
            self.drop_entry(&txid, &why, &mut change);
        }
        for txid in evicted {
            self.drop_entry(&txid, &RemovedWhy::Evicted, &mut change);
        }
        self.dirty.insert(newcomer.txid);
        change.added.push((newcomer.txid, Arc::clone(&newcomer.tx)));
        self.held.remove(&newcomer.txid);
        let why = RemovedWhy::Replaced(newcomer.txid);
        let spent = newcomer.tx.inputs.iter().map(|input| input.outpoint);
        self.release(spent.collect(), &why, &mut change);
        self.pool.insert(newcomer);
        change
    }

    /// Everything but the signatures, for a transaction that comes from outside.
    pub(super) fn plan<S: Store>(
        &self,
        tx: Arc<Tx>,
        chain: &ChainState<S>,
        now: Time,
    ) -> Result<Admission, AdmitError> {
        let txid = tx.txid();
        if self.pool.get(&txid).is_some() {
            return Err(AdmitError::Known);
        }
        self.check_alone(&tx)?;
        let judged = self.judge(tx, txid, chain, now)?;
        self.check_fee(&judged.newcomer)?;
        let replaced = self.replaced_by(&judged)?;
        let ancestors = self.check_package(&judged.newcomer, &replaced)?;
        let Judged {
            newcomer, spent, ..
        } = judged;
        let evicted = make_room(
            &self.pool,
            &newcomer,
            &ancestors,
            &replaced,
            self.limits.bytes_max,
        )
        .map_err(|full| AdmitError::Full {
            needed: full.rival.and_then(|rate| rate.fee_above(newcomer.bytes)),
        })?;
        Ok(Admission {
            newcomer,
            spent,
            replaced,
            evicted,
        })
    }

    /// Everything but the signatures, for a transaction that was in a mempool or in a block before.
    /// It may pay less than newcomers must, and there may be less room than it takes.
    pub(super) fn plan_again<S: Store>(
        &self,
        tx: Arc<Tx>,
        txid: Txid,
        chain: &ChainState<S>,
        since: Time,
    ) -> Result<Admission, AdmitError> {
        let judged = match self.judge(Arc::clone(&tx), txid, chain, since) {
            // It comes too early only if there is something for it to spend.
            Err(locked @ AdmitError::Tx(TxError::Locked { .. })) => {
                let height = chain.tip().height.saturating_add(1);
                self.coins_of(&tx, &txid, chain, height)?;
                return Err(locked);
            }
            judged => judged?,
        };
        if let Some(with) = judged.conflicts.first() {
            return Err(AdmitError::Conflict {
                with: *with,
                fee: judged.newcomer.fee,
                needed: None,
            });
        }
        self.check_package(&judged.newcomer, &BTreeSet::new())?;
        Ok(Admission {
            newcomer: judged.newcomer,
            spent: judged.spent,
            replaced: BTreeSet::new(),
            evicted: Vec::new(),
        })
    }

    /// What the transaction shows by itself.
    pub(super) fn check_alone(&self, tx: &Tx) -> Result<(), AdmitError> {
        if tx.is_coinbase() {
            return Err(AdmitError::Coinbase);
        }
        rules::check_tx(tx)?;
        let (bytes, max) = (tx.encoded_len(), rules::room_for_txs(&self.params));
        if bytes > max {
            return Err(AdmitError::TooLarge { bytes, max });
        }
        Ok(())
    }

    /// What the next height and the coins have to say.
    fn judge<S: Store>(
        &self,
        tx: Arc<Tx>,
        txid: Txid,
        chain: &ChainState<S>,
        since: Time,
    ) -> Result<Judged, AdmitError> {
        let height = chain.tip().height.saturating_add(1);
        rules::check_lock_time(&tx, height)?;
        let (parents, spent) = self.coins_of(&tx, &txid, chain, height)?;
        let spenders = tx.inputs.iter();
        let conflicts = spenders
            .filter_map(|input| self.pool.spender(&input.outpoint))
            .collect();
        let fee = rules::check_spend(&tx, &spent, height, &self.params)?;
        let newcomer = Newcomer {
            bytes: tx.encoded_len(),
            tx,
            txid,
            fee,
            since,
            parents: parents.into_iter().collect(),
        };
        Ok(Judged {
            newcomer,
            spent,
            conflicts,
        })
    }

    /// The coins that a transaction spends, and the entries that make some of them.
    fn coins_of<S: Store>(
        &self,
        tx: &Tx,
        txid: &Txid,
        chain: &ChainState<S>,
        height: u32,
    ) -> Result<(BTreeSet<Txid>, Vec<Coin>), AdmitError> {
        let mut parents = BTreeSet::new();
        let mut confirmed = Vec::new();
        for (input, signed) in tx.inputs.iter().enumerate() {
            let outpoint = signed.outpoint;
            if self.pool.get(&outpoint.txid).is_none() {
                confirmed.push(outpoint);
            } else if self.pool.output(&outpoint).is_some() {
                parents.insert(outpoint.txid);
            } else {
                // The transaction is known, and has no such output.
                return Err(TxError::MissingOrSpent { input }.into());
            }
        }
        let found = Store::coins(chain.store(), &confirmed)?;
        let missing = confirmed.iter().zip(&found);
        let missing: Vec<OutPoint> = missing
            .filter_map(|(outpoint, coin)| coin.is_none().then_some(*outpoint))
            .collect();
        if !missing.is_empty() {
            return Err(self.why_missing(tx, txid, missing, chain)?);
        }
        let mut found = found.into_iter().flatten();
        let coins = tx.inputs.iter().map(|input| {
            let own = self.unconfirmed_coin(&input.outpoint, height);
            own.or_else(|| found.next()).expect("looked up above")
        });
        Ok((parents, coins.collect()))
    }

    /// Coins are missing: because the chain has the very transaction, or because it has not.
    fn why_missing<S: Store>(
        &self,
        tx: &Tx,
        txid: &Txid,
        missing: Vec<OutPoint>,
        chain: &ChainState<S>,
    ) -> Result<AdmitError, AdmitError> {
        let made = (0..).zip(&tx.outputs);
        let made: Vec<OutPoint> = made
            .map(|(index, _)| OutPoint { txid: *txid, index })
            .collect();
        let coins = Store::coins(chain.store(), &made)?;
        if coins.iter().any(Option::is_some) {
            return Ok(AdmitError::Confirmed);
        }
        Ok(AdmitError::MissingInputs(missing))
    }

    fn check_fee(&self, newcomer: &Newcomer) -> Result<(), AdmitError> {
        let (fee, needed) = (newcomer.fee, self.least_fee(newcomer.bytes));
        match fee >= needed {
            true => Ok(()),
            false => Err(AdmitError::FeeTooLow { fee, needed }),
        }
    }

    /// What has to go for the newcomer because it spends the same coins, if it may.
    fn replaced_by(&self, judged: &Judged) -> Result<BTreeSet<Txid>, AdmitError> {
        let mut replaced = BTreeSet::new();
        let Some(with) = judged.conflicts.first() else {
            return Ok(replaced);
        };
        for conflict in &judged.conflicts {
            replaced.extend(self.pool.package(conflict));
            if replaced.len() > REPLACED_MAX {
                return Err(AdmitError::TooManyReplaced { max: REPLACED_MAX });
            }
        }
        let newcomer = &judged.newcomer;
        if let Some(parent) = newcomer.parents.iter().find(|txid| replaced.contains(txid)) {
            return Err(AdmitError::SpendsReplaced(*parent));
        }
        let entries = replaced.iter().map(|txid| self.pool.entry(txid));
        let rate = entries.clone().map(|entry| entry.alone().rate()).max();
        let mut all = Sums::one(Amount::ZERO, 0);
        entries.for_each(|entry| all.add(&entry.alone()));
        let one = Amount::from_units(1).expect("one unit is an amount");
        let more = all.fee.checked_add(one);
        let faster = rate.and_then(|rate| rate.fee_above(newcomer.bytes));
        let needed = more.zip(faster).map(|(more, faster)| more.max(faster));
        match needed {
            Some(needed) if newcomer.fee >= needed => Ok(replaced),
            _ => Err(AdmitError::Conflict {
                with: *with,
                fee: newcomer.fee,
                needed,
            }),
        }
    }

    /// That no package grows too large, `replaced` being gone. Returns the newcomer's ancestors.
    fn check_package(
        &self,
        newcomer: &Newcomer,
        replaced: &BTreeSet<Txid>,
    ) -> Result<Vec<Txid>, AdmitError> {
        let max = PACKAGE_MAX;
        // None of them is among the replaced: what builds on one of those is one itself.
        let ancestors = self.pool.ancestors(&newcomer.parents, max - 1);
        let ancestors = ancestors.ok_or(AdmitError::TooManyAncestors { max })?;
        for of in &ancestors {
            if self.pool.entry(of).descendants.count < max {
                continue;
            }
            let package = self.pool.package(of);
            if !package.iter().any(|txid| replaced.contains(txid)) {
                return Err(AdmitError::TooManyDescendants { of: *of, max });
            }
        }
        Ok(ancestors)
    }
}
