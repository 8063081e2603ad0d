//! The miner of a node: one thread that tries nonces at a set rate.
//!
//! The rate is kept on the lab clock, in slices of [`SLICE`]: a look at the clock says how many
//! hashes are due since the beginning, and those are tried in one go. So the rate is exact in the
//! long run, however unevenly the machine lets the thread run, and no time passes for it while the
//! lab stands still. What is more than [`CATCH_UP`] late is never made up for.
//!
//! A new job, or none, is noticed after [`BATCH`] hashes at the latest. A block that was found is
//! handed in, and then the miner rests until it is told what to do next.

use super::clock::LabClock;
use super::end::panic_words;
use super::threads;
use crate::chain::Block;
use crate::chain::block::Midstate;
use crate::node::Time;
use crate::node::io::Job;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time between two looks at the clock: short beside the time to a block, long beside a wake-up.
const SLICE: Duration = Duration::from_millis(10);

/// The most that a miner who comes late does at once: some slices, because on a busy machine
/// threads wait that long for their turn and the rate would fall short.
const CATCH_UP: Duration = Duration::from_millis(100);

/// Hashes tried before the next look at what is wanted: about a millisecond.
const BATCH: u64 = 2_048;

/// Rates below this are a miner that rests: a hash in 300 years.
const RATE_MIN: f64 = 1e-10;

/// A node's miner. Its thread is there from the first job on, sleeps while there is none, and ends
/// with this.
pub(super) struct Miner {
    orders: Arc<Orders>,
    /// What the thread needs to begin.
    start: Option<Worker>,
    thread: Option<JoinHandle<()>>,
    name: String,
}

/// What the thread is told.
#[derive(Default)]
struct Orders {
    wanted: Mutex<Wanted>,
    changed: Condvar,
    /// Goes up with every change, so that it can be noticed without the lock.
    edition: AtomicU64,
}

#[derive(Default)]
struct Wanted {
    job: Option<Arc<Job>>,
    is_over: bool,
}

impl Miner {
    /// A miner of the node with this name that hands in what it finds; at last, if it has a bug, what
    /// that said.
    pub(super) fn new(
        name: &str,
        clock: LabClock,
        found: impl FnMut(Result<Block, String>) + Send + 'static,
    ) -> Self {
        let orders = Arc::default();
        Self {
            start: Some(Worker {
                orders: Arc::clone(&orders),
                clock,
                found: Box::new(found),
                pace: None,
                nonce: 0,
            }),
            orders,
            thread: None,
            name: format!("{name} mines"),
        }
    }

    /// Mines this in place of what was mined before; `None`: rests.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(super) fn set(&mut self, job: Option<Arc<Job>>) -> io::Result<()> {
        let is_wanted = job.is_some();
        self.orders.change(|wanted| wanted.job = job);
        if let Some(mut worker) = self.start.take_if(|_| is_wanted) {
            self.thread = Some(threads::spawn(&self.name, move || worker.run())?);
        }
        Ok(())
    }
}

impl Drop for Miner {
    fn drop(&mut self) {
        self.orders.change(|wanted| wanted.is_over = true);
        if let Some(thread) = self.thread.take() {
            // If it panicked, it has said so itself.
            let _ = thread.join();
        }
    }
}

impl Orders {
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.lock());
        self.edition.fetch_add(1, Ordering::Release);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // No panic can leave it half changed.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn edition(&self) -> u64 {
        self.edition.load(Ordering::Acquire)
    }

    /// The job, once there is one; `None`: it is all over.
    fn next(&self) -> Option<(Arc<Job>, u64)> {
        let mut wanted = self.lock();
        loop {
            if wanted.is_over {
                return None;
            }
            if let Some(job) = &wanted.job {
                return Some((Arc::clone(job), self.edition()));
            }
            let woken = self.changed.wait(wanted);
            wanted = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sleeps for `time`, or until the orders are others than in this edition.
    fn sleep(&self, time: Duration, edition: u64) {
        let wanted = self.lock();
        if self.edition() == edition {
            let woken = self.changed.wait_timeout(wanted, time);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Rests, if nothing else was ordered since this edition.
    fn rest(&self, edition: u64) {
        let mut wanted = self.lock();
        if self.edition() == edition {
            wanted.job = None;
        }
    }
}

/// The thread's own.
struct Worker {
    orders: Arc<Orders>,
    clock: LabClock,
    found: Box<dyn FnMut(Result<Block, String>) + Send>,
    /// Kept from job to job: templates change often, and each would cost the rest of a slice.
    pace: Option<Pace>,
    /// Where to go on; the first one is anybody's.
    nonce: u64,
}

impl Worker {
    fn run(&mut self) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.mine())) {
            (self.found)(Err(panic_words(&*panic)));
        }
    }

    fn mine(&mut self) {
        // Without the system's help two miners of one key may try the same, which does no harm:
        // a coinbase makes their headers differ.
        self.nonce = getrandom::u64().unwrap_or_default();
        while let Some((job, edition)) = self.orders.next() {
            if let Some(block) = self.solve(&job, edition) {
                self.orders.rest(edition);
                (self.found)(Ok(block));
            }
        }
    }

    /// Works until the block is found or the orders change.
    fn solve(&mut self, job: &Job, edition: u64) -> Option<Block> {
        let target = job.header.bits.to_target().ok()?;
        let mut header = job.header;
        while self.orders.edition() == edition {
            let now = self.clock.now();
            let due = match job.hashrate {
                Some(rate) => self.pace(rate, now).due(now),
                None if self.clock.is_paused() => 0,
                None => BATCH,
            };
            if due == 0 {
                self.orders.sleep(SLICE, edition);
                continue;
            }
            header.time = job.time_at(now).max(header.time);
            let mut midstate = Midstate::new(&header);
            let mut left = due;
            while left > 0 && self.orders.edition() == edition {
                for _ in 0..left.min(BATCH) {
                    self.nonce = self.nonce.wrapping_add(1);
                    if target.is_met_by(&midstate.hash(self.nonce)) {
                        header.nonce = self.nonce;
                        return Some(job.solved(header));
                    }
                }
                left -= left.min(BATCH);
            }
        }
        None
    }

    fn pace(&mut self, rate: f64, now: Time) -> &mut Pace {
        match &mut self.pace {
            Some(pace) if pace.rate.total_cmp(&rate).is_eq() => {}
            other => *other = Some(Pace::new(rate, now)),
        }
        self.pace.as_mut().expect("set above")
    }
}

/// How many hashes a rate makes by when.
struct Pace {
    /// Hashes per second.
    rate: f64,
    /// When the counting began; moves on by what was missed.
    since: Time,
    /// Hashes that were due since then.
    done: u64,
    last: Time,
}

impl Pace {
    fn new(rate: f64, now: Time) -> Self {
        Self {
            rate,
            since: now,
            done: 0,
            last: now,
        }
    }

    /// Hashes to try now. None before a slice is over.
    fn due(&mut self, now: Time) -> u64 {
        let slept = now.since(self.last);
        if slept < SLICE || self.rate.is_nan() || self.rate < RATE_MIN {
            return 0;
        }
        self.since = self.since + slept.saturating_sub(CATCH_UP);
        self.last = now;
        let wanted = whole(self.rate * now.since(self.since).as_secs_f64());
        let due = wanted.saturating_sub(self.done);
        self.done = wanted;
        due
    }
}

/// Rounded down, and held within the type.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "this conversion stops at both ends, which is what is wanted"
)]
fn whole(hashes: f64) -> u64 {
    hashes as u64
}

#[cfg(test)]
mod tests;
