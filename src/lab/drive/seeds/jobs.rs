//! Seeds on several threads, and what came of them in their order.

use crate::chain::SigCache;
use crate::live::threads;
use rayon::ThreadPoolBuilder;
use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most jobs: no machine has more cores that a lab was measured on, and each holds a whole lab.
pub const JOBS_MAX: u16 = 256;

/// How far seeds are played ahead of the first that is not told: what came of them waits in memory.
const AHEAD_MAX: u64 = 1_024;

/// What a job has of its own.
#[derive(Clone, Default)]
pub struct Desk {
    sigs: Arc<SigCache>,
    stop: Arc<AtomicBool>,
}

impl Desk {
    /// Where its nodes remember which signatures hold.
    pub fn sigs(&self) -> &Arc<SigCache> {
        &self.sigs
    }

    /// Whether it is to leave its seed as it is.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Seeds that are being played.
pub struct Jobs<T> {
    seeds: Arc<Seeds>,
    results: Receiver<(u64, T)>,
    /// What came of seeds, while one before them is played.
    early: BTreeMap<u64, T>,
    next: u64,
}

/// What there is to be told.
#[derive(Debug, PartialEq, Eq)]
pub enum Came<T> {
    /// This came of a seed. Those before it were told, or were stopped.
    Of(u64, T),
    /// Nothing yet.
    Nothing,
    /// All were told that came to their end.
    All,
}

/// The seeds that are to be played.
struct Seeds {
    left: Mutex<Left>,
    moved: Condvar,
    stop: Arc<AtomicBool>,
}

struct Left {
    /// The next that is played; `None`: all are.
    next: Option<u64>,
    last: u64,
    /// The first that was not told.
    told: u64,
}

impl<T: Send + 'static> Jobs<T> {
    /// Plays seeds with `work`, so many at once. `work` gets the seed, and says `None` if it was stopped.
    ///
    /// # Errors
    /// The system has no threads to give.
    pub fn start(
        seeds: RangeInclusive<u64>,
        jobs: u16,
        work: impl Fn(u64, &Desk) -> Option<T> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (first, last) = seeds.into_inner();
        let seeds = Arc::new(Seeds {
            left: Mutex::new(Left {
                next: (first <= last).then_some(first),
                last,
                told: first,
            }),
            moved: Condvar::new(),
            stop: Arc::default(),
        });
        let (work, (results, came)) = (Arc::new(work), channel());
        let started = Self {
            seeds: Arc::clone(&seeds),
            results: came,
            early: BTreeMap::new(),
            next: first,
        };
        for _ in 0..jobs.clamp(1, JOBS_MAX) {
            let (seeds, work, results) = (Arc::clone(&seeds), Arc::clone(&work), results.clone());
            on_a_thread(move || seeds.play(&*work, &results))?;
        }
        Ok(started)
    }

    /// What came of the next seed; waits for that so long at most.
    pub fn next(&mut self, patience: Duration) -> Came<T> {
        loop {
            if let Some(came) = self.early.remove(&self.next) {
                return self.tell(self.next, came);
            }
            match self.results.recv_timeout(patience) {
                Ok((seed, came)) => drop(self.early.insert(seed, came)),
                Err(RecvTimeoutError::Timeout) => return Came::Nothing,
                // What is missing was stopped.
                Err(RecvTimeoutError::Disconnected) => match self.early.pop_first() {
                    Some((seed, came)) => return self.tell(seed, came),
                    None => return Came::All,
                },
            }
        }
    }

    fn tell(&mut self, seed: u64, came: T) -> Came<T> {
        self.next = seed.saturating_add(1);
        self.seeds.lock().told = self.next;
        self.seeds.moved.notify_all();
        Came::Of(seed, came)
    }

    /// No other seed begins, and those that are being played are left as they are.
    pub fn stop(&self) {
        self.seeds.stop();
    }
}

impl<T> Drop for Jobs<T> {
    fn drop(&mut self) {
        self.seeds.stop();
    }
}

impl Seeds {
    fn lock(&self) -> MutexGuard<'_, Left> {
        // Nothing panics while it is held.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        let _held = self.lock();
        self.stop.store(true, Ordering::Relaxed);
        self.moved.notify_all();
    }

    /// The next seed; waits while too many came of which one before is not told.
    fn take(&self) -> Option<u64> {
        let mut left = self.lock();
        loop {
            let seed = left.next.filter(|_| !self.stop.load(Ordering::Relaxed))?;
            if seed.saturating_sub(left.told) < AHEAD_MAX {
                left.next = seed.checked_add(1).filter(|next| *next <= left.last);
                return Some(seed);
            }
            let woken = self.moved.wait(left);
            left = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job.
    fn play<T>(&self, work: impl Fn(u64, &Desk) -> Option<T>, results: &Sender<(u64, T)>) {
        let desk = Desk {
            sigs: Arc::default(),
            stop: Arc::clone(&self.stop),
        };
        while let Some(seed) = self.take() {
            if let Some(came) = work(seed, &desk)
                && results.send((seed, came)).is_err()
            {
                return;
            }
        }
    }
}

/// Does this on a thread of its own, which is also all that the rules check signatures on there: what is done
/// in parallel elsewhere would wait for the other jobs.
fn on_a_thread(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(1)
        .spawn_handler(|thread| threads::spawn("seeds", || thread.run()).map(drop))
        .build()
        .map_err(io::Error::other)?;
    // The thread ends with the work.
    pool.spawn(work);
    Ok(())
}

#[cfg(test)]
mod tests;
