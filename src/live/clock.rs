//! The lab clock: what time it is for the nodes of this process.
//!
//! It begins at one reading of the wall clock, or where it is told to, and goes on with the
//! machine's monotonic clock: it never goes backwards, whatever happens to the wall clock. It
//! stands still while it is paused, and while the whole process is stopped (Ctrl-Z, a debugger, a
//! frozen container), so that nobody times out over it and no miner makes up for it.
//!
//! Nothing tells a process that it was stopped, and the monotonic clock runs on. But the clock is
//! read all the time: by the nodes, and by a heartbeat when they sleep. If nobody has read it for
//! `GAP`, eight heartbeats long, nobody was able to, and the whole gap is taken out. Readers
//! check it themselves, because after a stop a node may well run before the heartbeat does.

use crate::node::Time;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Time between two readings by the heartbeat.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// The longest time between two readings in which the process may have been running. A machine so
/// busy that the heartbeat starves for longer loses that time, which does no harm.
const GAP: Duration = Duration::from_secs(2);

/// How long to sleep while the clock stands still, before looking again.
const PAUSED_SLEEP: Duration = Duration::from_millis(100);

/// A clock. Clones are the same clock.
#[derive(Clone)]
pub struct LabClock(Arc<Shared>);

struct Shared {
    /// Time since some fixed moment, never backwards.
    raw: Box<dyn Fn() -> Duration + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    /// What the clock showed at the last reading.
    time: Time,
    /// The raw clock's last reading.
    raw: Duration,
    is_paused: bool,
}

impl LabClock {
    /// Begins at the wall clock's time.
    pub fn from_wall() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        // A wall clock from before 1970 is no clock; then the tips say what time it is.
        Self::starting_at(Time(0) + since.unwrap_or_default())
    }

    /// Begins at `start`.
    pub fn starting_at(start: Time) -> Self {
        let origin = Instant::now();
        let clock = Self::over(start, move || origin.elapsed());
        let weak = Arc::downgrade(&clock.0);
        let heartbeat = thread::Builder::new().name("clock".to_owned());
        // Without it the clock is still right while the process runs and somebody reads it.
        if let Err(error) = heartbeat.spawn(move || beat(&weak)) {
            tracing::warn!("the clock has no heartbeat: {error}");
        }
        clock
    }

    /// Begins at `start` and goes on as `raw` does, which must never go backwards. It has no
    /// heartbeat: whoever chooses the raw clock reads it often enough.
    pub fn over(start: Time, raw: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let state = State {
            time: start,
            raw: raw(),
            is_paused: false,
        };
        Self(Arc::new(Shared {
            raw: Box::new(raw),
            state: Mutex::new(state),
        }))
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.0.read().time
    }

    /// Stands still from now on.
    pub fn pause(&self) {
        self.0.read().is_paused = true;
    }

    /// Goes on, if it stood still.
    pub fn resume(&self) {
        self.0.read().is_paused = false;
    }

    /// Whether it was told to stand still.
    pub fn is_paused(&self) -> bool {
        self.0.read().is_paused
    }

    /// Goes on from `time`, if it is not past that yet: so that no tip lies in the future.
    pub fn not_before(&self, time: Time) {
        let mut state = self.0.read();
        state.time = state.time.max(time);
    }

    /// How long to sleep until it is `deadline`; nothing if that has come. After the sleep it may
    /// still not be: the clock may have stood still.
    pub fn until(&self, deadline: Time) -> Duration {
        let state = self.0.read();
        match deadline.since(state.time) {
            left if left.is_zero() => left,
            left if state.is_paused => left.max(PAUSED_SLEEP),
            left => left,
        }
    }
}

impl fmt::Debug for LabClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LabClock").field(&self.now()).finish()
    }
}

impl Shared {
    /// Brings the state up to date.
    fn read(&self) -> MutexGuard<'_, State> {
        // Nobody can panic between two of its fields.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let raw = (self.raw)();
        let passed = raw.saturating_sub(state.raw);
        state.raw = state.raw.max(raw);
        if !state.is_paused && passed <= GAP {
            state.time = state.time + passed;
        }
        state
    }
}

fn beat(clock: &Weak<Shared>) {
    while let Some(clock) = clock.upgrade() {
        drop(clock.read());
        drop(clock);
        thread::sleep(HEARTBEAT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    const START: Time = Time(1_000_000_000);

    /// A clock, and the raw one that the test moves, in ms.
    fn clock() -> (LabClock, Arc<AtomicU64>) {
        let ms = Arc::new(AtomicU64::new(77));
        let raw = Arc::clone(&ms);
        let raw = move || Duration::from_millis(raw.load(Ordering::Relaxed));
        (LabClock::over(START, raw), ms)
    }

    fn shown_ms(clock: &LabClock) -> u128 {
        clock.now().since(START).as_millis()
    }

    #[test]
    fn it_goes_on_as_the_raw_clock_does() {
        let (clock, ms) = clock();
        assert_eq!(clock.now(), START);
        for _ in 0..10 {
            ms.fetch_add(1_500, Ordering::Relaxed);
            clock.now();
        }
        assert_eq!(shown_ms(&clock), 15_000);
    }

    #[test]
    fn it_never_goes_backwards() {
        let (clock, ms) = clock();
        ms.fetch_add(500, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 500);
        ms.fetch_sub(400, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 500);
        ms.fetch_add(401, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 501);
    }

    #[test]
    fn it_stands_still_while_it_is_paused() {
        let (clock, ms) = clock();
        ms.fetch_add(100, Ordering::Relaxed);
        clock.pause();
        for _ in 0..5 {
            ms.fetch_add(1_000, Ordering::Relaxed);
            assert_eq!(shown_ms(&clock), 100);
        }
        assert!(clock.is_paused());
        clock.resume();
        ms.fetch_add(10, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 110);
    }

    #[test]
    fn an_hour_in_which_nobody_could_read_it_did_not_pass() {
        let (clock, ms) = clock();
        ms.fetch_add(200, Ordering::Relaxed);
        clock.now();
        ms.fetch_add(3_600_000, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 200);
        ms.fetch_add(2_000, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 2_200);
    }

    #[test]
    fn it_goes_on_from_a_tip_that_is_ahead_and_ignores_one_that_is_behind() {
        let (clock, ms) = clock();
        clock.not_before(START + Duration::from_secs(60));
        assert_eq!(shown_ms(&clock), 60_000);
        clock.not_before(START);
        ms.fetch_add(5, Ordering::Relaxed);
        assert_eq!(shown_ms(&clock), 60_005);
    }

    #[test]
    fn a_sleep_ends_at_the_deadline_and_a_paused_one_looks_again() {
        let (clock, ms) = clock();
        let deadline = START + Duration::from_millis(20);
        assert_eq!(clock.until(deadline), Duration::from_millis(20));
        clock.pause();
        assert_eq!(clock.until(deadline), PAUSED_SLEEP);
        clock.resume();
        ms.fetch_add(20, Ordering::Relaxed);
        assert_eq!(clock.until(deadline), Duration::ZERO);
    }

    #[test]
    fn several_threads_see_one_clock_and_the_heartbeat_keeps_it_going() {
        let clock = LabClock::starting_at(START);
        let reader = |clock: LabClock| {
            thread::spawn(move || {
                let mut last = clock.now();
                for _ in 0..10_000 {
                    let now = clock.now();
                    assert!(last <= now);
                    last = now;
                }
            })
        };
        let readers: Vec<_> = (0..4).map(|_| reader(clock.clone())).collect();
        readers
            .into_iter()
            .for_each(|reader| reader.join().expect("no panic"));
        // Longer than a gap, with nobody but the heartbeat to read it.
        let before = clock.now();
        thread::sleep(GAP + HEARTBEAT);
        assert!(clock.now().since(before) >= GAP, "{:?}", clock.now());
    }
}
