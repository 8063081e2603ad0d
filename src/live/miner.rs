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
use crate::chain::Block;
use crate::chain::block::Midstate;
use crate::node::Time;
use crate::node::io::Job;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
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
            let thread = thread::Builder::new().name(self.name.clone());
            self.thread = Some(thread.spawn(move || worker.run())?);
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
#[allow(clippy::disallowed_methods, reason = "a test drives the machine")]
mod tests {
    use super::*;
    use crate::chain::block::HEADER_VERSION;
    use crate::chain::{Amount, BlockHash, BlockTime, CompactTarget, Header, MerkleRoot};
    use std::sync::mpsc::{self, Receiver};
    use std::time::Instant;

    const START: Time = Time(1_800_000_000_000_000);
    /// No hash ever meets it; the smallest target there is.
    const NEVER: CompactTarget = CompactTarget(0x0101_0000);
    /// Every second hash meets it.
    const EASY: CompactTarget = CompactTarget(0x207f_ffff);
    /// 2^16 hashes on average.
    const SHORT: CompactTarget = CompactTarget(0x1f00_ffff);
    const PATIENCE: Duration = Duration::from_secs(20);

    fn job(bits: CompactTarget, hashrate: Option<f64>) -> Arc<Job> {
        let header = Header {
            version: HEADER_VERSION,
            previous: BlockHash::ZERO,
            merkle_root: MerkleRoot::ZERO,
            time: BlockTime(7),
            bits,
            nonce: 0,
        };
        Arc::new(Job {
            header,
            txs: Vec::new(),
            height: 1,
            fees: Amount::ZERO,
            hashrate,
        })
    }

    fn miner(clock: &LabClock) -> (Miner, Receiver<Block>) {
        let (sender, receiver) = mpsc::channel();
        let found = move |found: Result<Block, String>| {
            let block = found.expect("no bug");
            sender.send(block).expect("the test listens");
        };
        (Miner::new("nora", clock.clone(), found), receiver)
    }

    #[test]
    fn a_miner_with_a_bug_says_so_before_it_ends() {
        let (sender, receiver) = mpsc::channel();
        let found = move |found: Result<Block, String>| match found {
            Ok(_) => panic!("what it does with a block"),
            Err(bug) => sender.send(bug).expect("the test listens"),
        };
        let clock = LabClock::starting_at(START);
        let mut miner = Miner::new("nora", clock, found);
        miner.set(Some(job(EASY, None))).expect("a thread");
        let bug = receiver.recv_timeout(Duration::from_secs(30));
        assert_eq!(bug.expect("it says so"), "what it does with a block");
    }

    /// All that is due when looked at after each of these times, in ms.
    fn due(pace: &mut Pace, now: &mut Time, steps_ms: impl IntoIterator<Item = u64>) -> u64 {
        let steps = steps_ms.into_iter();
        steps
            .map(|ms| {
                *now = *now + Duration::from_millis(ms);
                pace.due(*now)
            })
            .sum()
    }

    #[test]
    fn the_rate_is_exact_in_the_long_run_however_the_thread_is_woken() {
        for rate in [0.5, 3.0, 500.0, 14_000.0, 1_234_567.0] {
            let (mut now, mut pace) = (START, Pace::new(rate, START));
            let uneven = (0..10_000).map(|step| 10 + step * 7 % 60);
            let hashes = due(&mut pace, &mut now, uneven);
            let seconds = now.since(START).as_secs_f64();
            assert_eq!(hashes, whole(rate * seconds), "{rate} H/s in {seconds} s");
        }
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let (mut now, mut pace) = (START, Pace::new(1_000.0, START));
        assert_eq!(due(&mut pace, &mut now, [10]), 10);
        // An hour without a turn is worth a tenth of a second.
        assert_eq!(due(&mut pace, &mut now, [3_600_000]), 100);
        assert_eq!(due(&mut pace, &mut now, [10; 100]), 1_000);
    }

    #[test]
    fn within_a_slice_nothing_is_due_and_a_rate_that_is_none_never() {
        let (mut now, mut pace) = (START, Pace::new(1e9, START));
        assert_eq!(due(&mut pace, &mut now, [9]), 0);
        assert_eq!(due(&mut pace, &mut now, [1]), 10_000_000);
        for rate in [0.0, -5.0, f64::NAN] {
            let (mut now, mut pace) = (START, Pace::new(rate, START));
            assert_eq!(due(&mut pace, &mut now, [1_000; 10]), 0);
        }
    }

    #[test]
    fn a_solved_block_is_good_and_has_the_time_at_which_it_was_found_or_that_of_a_job_by_hand() {
        let clock = LabClock::starting_at(START);
        let (mut miner, found) = miner(&clock);
        for hashrate in [None, Some(50_000.0)] {
            let job = job(EASY, hashrate);
            miner.set(Some(Arc::clone(&job))).expect("a thread");
            let block = found.recv_timeout(PATIENCE).expect("soon");
            assert!(block.header().meets_target());
            let found_at = START.block_time()..=clock.now().block_time();
            match hashrate {
                Some(_) => assert!(found_at.contains(&block.header().time)),
                None => assert_eq!(block.header().time, job.header.time),
            }
        }
        // One block for a job: it waits to be told what comes next.
        assert!(found.recv_timeout(Duration::from_millis(100)).is_err());
    }

    #[test]
    fn a_job_from_the_future_keeps_its_time() {
        let (mut miner, found) = miner(&LabClock::starting_at(Time(0)));
        let job = job(EASY, None);
        miner.set(Some(Arc::clone(&job))).expect("a thread");
        let block = found.recv_timeout(PATIENCE).expect("soon");
        assert!(block.header().time >= job.header.time);
    }

    #[test]
    fn a_new_job_takes_the_place_of_the_old_one_at_once() {
        let (mut miner, found) = miner(&LabClock::starting_at(START));
        for hashrate in [None, Some(1.0), Some(1e12)] {
            miner.set(Some(job(NEVER, hashrate))).expect("a thread");
            thread::sleep(Duration::from_millis(30));
            miner.set(Some(job(EASY, None))).expect("a thread");
            found.recv_timeout(PATIENCE).expect("the second job's");
        }
    }

    #[test]
    fn without_a_job_it_rests_and_it_ends_in_the_middle_of_one() {
        let (mut miner, found) = miner(&LabClock::starting_at(START));
        miner.set(None).expect("nothing to start");
        assert!(miner.thread.is_none());
        miner.set(Some(job(NEVER, None))).expect("a thread");
        miner.set(None).expect("a thread");
        assert!(found.recv_timeout(Duration::from_millis(50)).is_err());
        miner.set(Some(job(NEVER, None))).expect("a thread");
        let before = Instant::now();
        drop(miner);
        assert!(before.elapsed() < PATIENCE);
        assert!(found.recv().is_err());
    }

    #[test]
    fn while_the_clock_stands_still_nothing_is_found() {
        let clock = LabClock::starting_at(START);
        clock.pause();
        let (mut miner, found) = miner(&clock);
        for hashrate in [Some(1e6), None] {
            miner.set(Some(job(SHORT, hashrate))).expect("a thread");
            assert!(found.recv_timeout(Duration::from_millis(200)).is_err());
        }
        clock.resume();
        found.recv_timeout(PATIENCE).expect("goes on");
    }
}
