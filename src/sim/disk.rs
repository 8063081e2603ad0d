//! What a node keeps its chain on in virtual time: plain memory, or a disk that may be slow or full,
//! fail a write, and forget at a power loss what was not synced.
//!
//! ```text
//!        oldest                                                     newest
//! synced │ unsynced batches, written │ those of the input in hand │
//!        │                           │                            └─ the node reads all of it
//!        │                           └─ a kill leaves at least this much
//!        └─ a power loss leaves at least this much
//! ```
//!
//! How much more is left is drawn from the seed, always up to the end of some batch: what a
//! [`Store`] promises. The disk outlives the node's process, so it is the host's; the node's store
//! writes to it through a lock that no two ever want at once.

use super::seeds::derived;
use crate::chain::coins::Undo;
use crate::chain::{Block, Coin, OutPoint};
use crate::node::NodeIx;
use crate::node::store::{Batch, BlockId, DiskFault, HeaderRecord, MemStore, Store, StoreFault};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_core::Rng;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What a row costs beyond what is in it, in bytes, where there is little room.
const ROW_BYTES: usize = 64;

/// What a disk is like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DiskConditions {
    /// How long a write or a sync takes. The node does nothing else meanwhile, and what it wants
    /// done is done afterwards.
    pub latency: Duration,
    /// How many writes and syncs fail, from 0 to 1. What was to be written may be there all the same.
    pub failure: f64,
    /// Bytes that there is room for; `None`: for all.
    pub room: Option<u64>,
}

/// The store of a node in virtual time. If it is on a disk, a clone is on another with the same on it.
#[derive(Clone, Debug)]
pub struct SimStore {
    rows: MemStore,
    disk: Option<Disk>,
}

/// A disk, as its host and the node's store hold it. A clone is another disk with the same on it.
#[derive(Debug)]
pub(super) struct Disk(Arc<Mutex<Medium>>);

impl Clone for Disk {
    fn clone(&self) -> Self {
        Self(Arc::new(Mutex::new(self.medium().clone())))
    }
}

#[derive(Clone, Debug)]
struct Medium {
    place: String,
    conditions: DiskConditions,
    draws: ChaCha8Rng,
    /// What survives a power loss.
    synced: MemStore,
    /// What was committed since, oldest first.
    unsynced: Vec<Batch>,
    /// The first so many of them survive the end of the process.
    written: usize,
    /// The first so many of them survive a power loss once the input in hand is done.
    syncing: usize,
    /// What writes for the input in hand take.
    took: Duration,
    /// It failed, and takes nothing until it is opened anew.
    fault: Option<StoreFault>,
}

/// How a node's process ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    Kill,
    PowerLoss,
}

impl Disk {
    /// An empty one.
    pub(super) fn new(seed: u64, ix: NodeIx, name: &str) -> Self {
        Self(Arc::new(Mutex::new(Medium {
            place: format!("the disk of {name}"),
            conditions: DiskConditions::default(),
            draws: ChaCha8Rng::from_seed(derived(seed, "disk", ix, 0)),
            synced: MemStore::new(),
            unsynced: Vec::new(),
            written: 0,
            syncing: 0,
            took: Duration::ZERO,
            fault: None,
        })))
    }

    /// From now on it is like this.
    pub(super) fn set_conditions(&self, conditions: DiskConditions) {
        self.medium().conditions = conditions;
    }

    fn medium(&self) -> MutexGuard<'_, Medium> {
        self.0.lock().expect("nothing panics while it is held")
    }

    /// This very disk, for another to hold.
    pub(super) fn same(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// What a node finds on it, which is safe from then on.
    pub(super) fn open(&self) -> SimStore {
        let mut medium = self.medium();
        medium.syncing = medium.unsynced.len();
        medium.done();
        medium.fault = None;
        SimStore {
            rows: medium.synced.clone(),
            disk: Some(self.same()),
        }
    }

    /// How long the node has to wait for what it wrote.
    pub(super) fn took(&self) -> Duration {
        self.medium().took
    }

    /// The input in hand is done: what was written for it is written.
    pub(super) fn done(&self) {
        self.medium().done();
    }

    /// What there is after a crash.
    pub(super) fn left_by(&self, crash: Crash) -> MemStore {
        let mut medium = self.medium();
        let sure = match crash {
            Crash::Kill => medium.written,
            Crash::PowerLoss => 0,
        };
        let unsure = medium.unsynced.len() - sure;
        let more = medium.draw(unsure + 1);
        medium.unsynced.truncate(sure + more);
        (medium.written, medium.syncing) = (sure + more, 0);
        medium.took = Duration::ZERO;
        let mut left = medium.synced.clone();
        for batch in &medium.unsynced {
            left.apply(batch.clone());
        }
        left
    }
}

impl Medium {
    /// A number below `limit`.
    fn draw(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("64 bits hold a usize");
        usize::try_from(self.draws.next_u64() % limit).expect("below a usize")
    }

    fn done(&mut self) {
        for batch in self.unsynced.drain(..self.syncing) {
            self.synced.apply(batch);
        }
        (self.written, self.syncing) = (self.unsynced.len(), 0);
        self.took = Duration::ZERO;
    }

    /// Takes a batch. One that fails is there all the same now and then.
    fn write(&mut self, batch: &Batch) -> Result<(), StoreFault> {
        self.check()?;
        self.took += self.conditions.latency;
        if let Some(room) = &mut self.conditions.room {
            match room.checked_sub(cost(batch)) {
                Some(left) => *room = left,
                None => return Err(self.fail(DiskFault::Full.problem())),
            }
        }
        let fails = self.fails();
        if !fails || self.draw(2) == 0 {
            self.unsynced.push(batch.clone());
        }
        match fails {
            true => Err(self.fail(DiskFault::Failing.problem())),
            false if batch.durable => self.sync(),
            false => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        self.check()?;
        self.took += self.conditions.latency;
        if self.fails() {
            return Err(self.fail(DiskFault::Failing.problem()));
        }
        self.syncing = self.unsynced.len();
        Ok(())
    }

    fn check(&self) -> Result<(), StoreFault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn fails(&mut self) -> bool {
        // A disk that is sound draws nothing. 53 bits are what a float holds exactly.
        let failure = self.conditions.failure;
        failure > 0.0 && (self.draws.next_u64() >> 11) as f64 / ((1_u64 << 53) as f64) < failure
    }

    fn fail(&mut self, problem: &str) -> StoreFault {
        let fault = StoreFault::Failed {
            place: self.place.clone(),
            problem: problem.to_owned(),
        };
        self.fault.insert(fault).clone()
    }
}

/// Bytes that a batch takes, about.
fn cost(batch: &Batch) -> u64 {
    let rows = [
        batch.headers.len(),
        batch.bodies.len(),
        batch.undo.len(),
        batch.coins.len(),
        batch.meta.len(),
    ];
    let bodies = batch.bodies.values().flatten();
    let values = batch.meta.values().flatten();
    let bytes = bodies.map(|block| block.encoded_len()).sum::<usize>()
        + values.map(Vec::len).sum::<usize>();
    let bytes = bytes + ROW_BYTES * rows.iter().sum::<usize>();
    u64::try_from(bytes).expect("64 bits hold a usize")
}

impl SimStore {
    /// A store in memory alone.
    pub(super) fn plain(rows: MemStore) -> Self {
        Self { rows, disk: None }
    }

    /// Where it writes to.
    pub(super) fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// What the node reads.
    pub(super) fn into_rows(self) -> MemStore {
        self.rows
    }
}

impl Store for SimStore {
    fn place(&self) -> String {
        let disk = self.disk.as_ref();
        disk.map_or_else(|| self.rows.place(), |disk| disk.medium().place.clone())
    }

    fn tip(&self) -> Result<Option<BlockId>, StoreFault> {
        self.rows.tip()
    }

    fn each_header(&self, visit: &mut dyn FnMut(BlockId, HeaderRecord)) -> Result<(), StoreFault> {
        self.rows.each_header(visit)
    }

    fn body(&self, id: &BlockId) -> Result<Option<Arc<Block>>, StoreFault> {
        self.rows.body(id)
    }

    fn undo(&self, id: &BlockId) -> Result<Option<Undo>, StoreFault> {
        self.rows.undo(id)
    }

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, StoreFault> {
        Store::coins(&self.rows, outpoints)
    }

    fn each_coin(&self, visit: &mut dyn FnMut(OutPoint, Coin)) -> Result<(), StoreFault> {
        self.rows.each_coin(visit)
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, StoreFault> {
        self.rows.meta(key)
    }

    fn each_meta(
        &self,
        prefix: &str,
        visit: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), StoreFault> {
        self.rows.each_meta(prefix, visit)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreFault> {
        if let Some(disk) = &self.disk {
            disk.medium().write(&batch)?;
        }
        self.rows.commit(batch)
    }

    fn sync(&mut self) -> Result<(), StoreFault> {
        let disk = self.disk.as_ref();
        disk.map_or(Ok(()), |disk| disk.medium().sync())
    }
}
