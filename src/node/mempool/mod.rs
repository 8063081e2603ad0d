//! Transactions that wait for a block.
//!
//! Every entry could stand in the next block, after those that it builds on: its coins exist, on
//! the chain or as outputs of other entries, no other entry spends them, its signatures hold, it
//! is not locked, and no reward that it spends is too young. [`Mempool::accept`] lets nothing else
//! in, and [`Mempool::chain_changed`] takes out what a new tip has made untrue.
//!
//! The hard case is what hangs together. A miner who wants a fee has to take the parents too, and
//! whoever drops an entry drops the children: so what is mined first goes by an entry with its
//! *ancestors*, and what is dropped first by an entry with its *descendants*. [`PACKAGE_MAX`]
//! bounds both, and with them the work for a single transaction, whoever sends it.
//!
//! What a reorganisation takes from blocks or from the entries, and what only a later block than the
//! next can have, is held: it is no entry, and is tried again with every block.
//!
//! An entry gives way to one that spends the same coin and pays more: a higher rate than any that
//! has to go, and more in total than all of them. So a replacement is never worse for a miner, and
//! a flood of them costs its sender more each time.

mod admit;
mod entry;
mod error;
mod held;
mod pool;
mod react;
mod room;
mod rows;
mod select;

pub use self::entry::{Entry, Rate, Sums};
pub use self::error::{AdmitError, Change, Removed, RemovedWhy};

use self::admit::Plan;
use self::held::Held;
use self::pool::Pool;
use self::react::Returning;
use super::chainstate::ChainState;
use super::families::outputs;
use super::snapshot::{MempoolInfo, MempoolTx};
use super::store::{BlockId, Store};
use super::time::Time;
use crate::chain::{Amount, BlockHash, Coin, OutPoint, Params, SigCache, Tx, Txid, rules};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Most entries of a package, ancestors or descendants, the entry itself included: as in Bitcoin
/// Core. It bounds what one transaction can make a node compute.
pub const PACKAGE_MAX: usize = 25;

/// Most entries that a transaction may replace, descendants included: as in Bitcoin Core (BIP 125,
/// rule 5). It bounds what one transaction can make a node throw away.
pub const REPLACED_MAX: usize = 100;

/// What a mempool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// Bytes of all transactions together.
    pub bytes_max: usize,
    /// The least fee for 1 000 bytes; may be nothing.
    pub min_fee_per_kb: Amount,
    /// How long a transaction may wait.
    pub expiry: Duration,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self {
            bytes_max: 16_000_000,
            min_fee_per_kb: Amount::ZERO,
            expiry: Duration::from_secs(72 * 3_600),
        }
    }
}

/// What waits at one node.
#[derive(Clone)]
pub struct Mempool {
    limits: MempoolLimits,
    params: Arc<Params>,
    network: BlockHash,
    sigs: Arc<SigCache>,
    pool: Pool,
    /// No entries, but kept to become some.
    held: Held,
    /// The tip that the entries were judged at.
    tip: Option<BlockId>,
    /// Came or left since the last [`Mempool::flush`].
    dirty: BTreeSet<Txid>,
    /// The tip that the last [`Mempool::flush`] wrote.
    flushed_tip: Option<BlockId>,
}

impl MempoolLimits {
    /// The least fee for a transaction of so many bytes. If that is more than can exist, all that
    /// can: it is not enough then.
    pub fn least_fee(&self, bytes: usize) -> Amount {
        let least = Rate::new(self.min_fee_per_kb, 1_000).fee_for(bytes);
        least.unwrap_or(Amount::MAX)
    }
}

impl Mempool {
    /// An empty mempool. `network` is the genesis hash.
    pub fn new(
        limits: MempoolLimits,
        params: Arc<Params>,
        network: BlockHash,
        sigs: Arc<SigCache>,
    ) -> Self {
        Self {
            limits,
            params,
            network,
            sigs,
            pool: Pool::default(),
            held: Held::default(),
            tip: None,
            dirty: BTreeSet::new(),
            flushed_tip: None,
        }
    }

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

    /// Whether a transaction that spends from all of these keeps every package within its limit: all are
    /// entries, and the package of each has room for one more.
    pub fn has_room_above(&self, parents: &[Txid]) -> bool {
        let are_here = parents.iter().all(|txid| self.contains(txid));
        let ancestors = are_here.then(|| self.pool.ancestors(parents, PACKAGE_MAX - 1));
        ancestors.flatten().is_some_and(|ancestors| {
            let mut counts = ancestors
                .iter()
                .map(|of| self.pool.entry(of).descendants.count);
            counts.all(|count| count < PACKAGE_MAX)
        })
    }

    /// Why a transaction is kept, if it is: it is no entry, for the next block cannot have it, but a
    /// reorganisation took it from a block or from the mempool, and a later block can.
    pub fn held(&self, txid: &Txid) -> Option<&RemovedWhy> {
        self.held.get(txid).map(|held| &held.why)
    }

    /// All that are kept like that, by id.
    pub fn all_held(&self) -> impl Iterator<Item = (&Txid, &Arc<Tx>)> {
        self.held.iter().map(|(txid, held)| (txid, &held.tx))
    }

    /// As [`MempoolLimits::least_fee`], of this one.
    pub fn least_fee(&self, bytes: usize) -> Amount {
        self.limits.least_fee(bytes)
    }

    /// An entry.
    pub fn get(&self, txid: &Txid) -> Option<&Entry> {
        self.pool.get(txid)
    }

    /// Whether a transaction waits here.
    pub fn contains(&self, txid: &Txid) -> bool {
        self.pool.get(txid).is_some()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.pool.entries.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.pool.entries.is_empty()
    }

    /// Bytes of all entries.
    pub fn bytes(&self) -> usize {
        self.pool.bytes()
    }

    /// All entries, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pool.entries.values()
    }

    /// Those that came after a given one, or all, oldest first, each with the time since which it
    /// waits.
    pub fn oldest_after(
        &self,
        last: Option<(Time, Txid)>,
    ) -> impl Iterator<Item = (Time, Txid)> + '_ {
        self.pool.oldest_after(last)
    }

    /// An output of an entry, spent by another or not, as it will be if the next block has it.
    pub fn coin(&self, outpoint: &OutPoint) -> Option<Coin> {
        let tip = self.tip.map_or(0, |tip| tip.height);
        self.unconfirmed_coin(outpoint, tip.saturating_add(1))
    }

    /// The entry that spends a coin.
    pub fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.pool.spender(outpoint)
    }

    /// Whether an entry spends a coin.
    pub fn is_spent(&self, outpoint: &OutPoint) -> bool {
        self.pool.spender(outpoint).is_some()
    }

    /// The best paying entries that fit into `bytes_max` together, each after those that it builds
    /// on: the transactions of the next block.
    pub fn select(&self, bytes_max: usize) -> Vec<&Entry> {
        select::select(&self.pool, bytes_max, usize::MAX)
    }

    /// The first `limit` entries, in the order in which miners take them.
    pub fn best_first(&self, limit: usize) -> Vec<&Entry> {
        select::select(&self.pool, usize::MAX, limit)
    }

    /// What a screen can show, with the `limit` entries that come next. Of orphans a mempool knows
    /// nothing.
    pub fn info(&self, limit: usize) -> MempoolInfo {
        let shown = self.best_first(limit).into_iter().map(|entry| {
            let paid = entry.paid(&self.params);
            MempoolTx {
                txid: entry.txid,
                bytes: entry.bytes,
                fee: entry.fee,
                amount: paid.amount,
                to: Arc::clone(&paid.to),
                payees: paid.payees,
                since: entry.since,
                ancestors: entry.ancestors.count - 1,
                descendants: entry.descendants.count - 1,
            }
        });
        MempoolInfo {
            count: self.len(),
            bytes: self.bytes(),
            orphans: 0,
            shown: shown.collect(),
        }
    }

    fn unconfirmed_coin(&self, outpoint: &OutPoint, height: u32) -> Option<Coin> {
        let output = self.pool.output(outpoint)?;
        Some(Coin {
            amount: output.amount,
            owner: output.owner,
            height,
            coinbase: false,
        })
    }

    fn apply(&mut self, plan: Plan) -> Change {
        let Plan {
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

    /// What is held and spends one of these coins is held no longer, with all that builds on it.
    fn release(&mut self, coins: Vec<OutPoint>, why: &RemovedWhy, change: &mut Change) {
        for Returning { txid, tx, .. } in self.held.remove_spenders(coins) {
            let why = why.clone();
            change.held.retain(|held| held.txid != txid);
            change.removed.push(Removed { txid, tx, why });
        }
    }

    fn remove(&mut self, txid: &Txid, why: RemovedWhy, change: &mut Change) {
        let Some(entry) = self.pool.remove(txid) else {
            return;
        };
        self.dirty.insert(*txid);
        change.removed.push(Removed {
            txid: *txid,
            tx: entry.tx,
            why,
        });
    }

    /// Removes an entry that makes no coins any more: what is held and builds on it goes, too.
    fn drop_entry(&mut self, txid: &Txid, why: &RemovedWhy, change: &mut Change) {
        let coins = self
            .pool
            .get(txid)
            .map(|entry| outputs(*txid, &entry.tx).collect());
        self.remove(txid, why.clone(), change);
        self.release(coins.unwrap_or_default(), why, change);
    }

    fn drop_package(&mut self, txid: &Txid, why: &RemovedWhy, change: &mut Change) {
        for txid in self.pool.package(txid) {
            self.drop_entry(&txid, why, change);
        }
    }
}
