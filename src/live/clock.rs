//! The lab clock: what time it is for the nodes of this process.
//!
//! It begins at one reading of the wall clock, or where it is told to, and goes on with the
//! machine's monotonic clock: it never goes backwards, whatever happens to the wall clock. It
//! stands still while it is paused. Only between two lives of a whole lab, when no node runs, is it
//! set back to its beginning ([`LabClock::begin_again`]).
//!
//! Nothing tells a process that it was stopped (Ctrl-Z, a debugger, a frozen container, a closed
//! lid), and the monotonic clock runs on. But the clock is read all the time: by the nodes, and by a
//! heartbeat when they sleep. If it was not read for two seconds, eight heartbeats, no reader was
//! able to. Readers check it themselves, because after a stop a node may well run before the
//! heartbeat does. What becomes of the gap depends on whose clock it is:
//!
//! - Where all nodes stood still with it, the gap did not happen: no peer times out over it and no
//!   miner makes up for it.
//! - Where one of them has a peer in another process, time went on there. The clock looks at the
//!   wall clock and goes on from there, as far ahead of it or behind as it was before. By how much
//!   it leapt is told to the nodes ([`Reading::leapt`]), so that they do not hold it against peers.
//!
//! Deadlines that people set are not judged by what the clock shows, for that can be set, but by how
//! long it has gone: [`LabClock::ran`].

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "here the wall clock is read"
)]

use super::threads;
use crate::chain::key::PublicKey;
use crate::node::Time;
use crate::node::peers::Neighbours;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

/// Time between two readings by the heartbeat.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// The longest time between two readings in which the process may have been running. A machine so
/// busy that the heartbeat starves for longer loses that time, which does no harm.
const GAP: Duration = Duration::from_secs(2);

/// How long to sleep while the clock stands still, before looking again.
const PAUSED_SLEEP: Duration = Duration::from_millis(100);

/// A clock. Clones are the same clock.
#[derive(Clone)]
pub struct LabClock(Arc<ClockState>);

/// What a clock showed at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What time it is.
    pub time: Time,
    /// By how much, in all, it went on at once because the process had stood still and others had
    /// not.
    pub leapt: Duration,
    /// How often [`LabClock::neighbours`] changed.
    pub(super) joined: u64,
}

/// Another clock: the time since some fixed moment.
type Source = Arc<dyn Fn() -> Duration + Send + Sync>;

struct ClockState {
    /// Never goes backwards.
    raw: Source,
    /// Any program can set it; looked at only where this clock starts anew.
    wall: Source,
    state: Mutex<State>,
}

struct State {
    /// What the clock showed at the last reading.
    time: Time,
    /// The raw clock's last reading.
    raw: Duration,
    is_paused: bool,
    /// How long it has gone.
    ran: Duration,
    leapt: Duration,
    /// How much later than the wall clock it is, in microseconds; negative: earlier.
    lead_us: i128,
    /// It never stands still, connected or not.
    is_of_the_world: bool,
    /// The nodes that live on it, and whether they have peers that do not.
    nodes: BTreeMap<PublicKey, bool>,
    /// All that ever did or are going to, by name, and how often there was another one.
    neighbours: Arc<Neighbours>,
    joined: u64,
}

impl LabClock {
    /// Begins at the wall clock's time.
    pub fn from_wall() -> Self {
        Self::starting_at(Self::wall())
    }

    /// What the wall clock shows. One from before 1970 is no clock; then the tips say what time it is.
    pub fn wall() -> Time {
        Time(0) + since_1970()
    }

    /// Begins at `start`.
    pub fn starting_at(start: Time) -> Self {
        let origin = since_boot();
        let raw = move || since_boot().saturating_sub(origin);
        let clock = Self::between(start, Arc::new(raw), Arc::new(since_1970));
        let weak = Arc::downgrade(&clock.0);
        // Without it the clock is still right while the process runs and the clock is read.
        if let Err(error) = threads::spawn("clock", move || beat(&weak)) {
            tracing::warn!("the clock has no heartbeat: {error}");
        }
        clock
    }

    /// Begins at `start` and goes on as `raw` does, which must never go backwards and is its wall
    /// clock as well. It has no heartbeat: who gives the raw clock reads it often enough.
    pub fn over(start: Time, raw: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let raw: Source = Arc::new(raw);
        Self::between(start, Arc::clone(&raw), raw)
    }

    fn between(start: Time, raw: Source, wall: Source) -> Self {
        let state = State {
            time: start,
            raw: raw(),
            is_paused: false,
            ran: Duration::ZERO,
            leapt: Duration::ZERO,
            lead_us: 0,
            is_of_the_world: false,
            nodes: BTreeMap::new(),
            neighbours: Arc::default(),
            joined: 0,
        };
        let shared = ClockState {
            raw,
            wall,
            state: Mutex::new(state),
        };
        shared.state().anchor(&shared.wall);
        Self(Arc::new(shared))
    }

    /// The same clock, which from now on never stands still while the world goes on: that of a node
    /// whose peers are elsewhere, or of a screen that shows what runs elsewhere.
    #[must_use]
    pub fn of_the_world(self) -> Self {
        self.0.read().is_of_the_world = true;
        self
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.0.read().time
    }

    /// What time it is, and by how much the clock ever leapt.
    pub fn read(&self) -> Reading {
        let state = self.0.read();
        Reading {
            time: state.time,
            leapt: state.leapt,
            joined: state.joined,
        }
    }

    /// How long it has gone since it was made: not while it stood still, and whether or not it was set.
    pub fn ran(&self) -> Duration {
        self.0.read().ran
    }

    /// Stands still from now on.
    pub fn pause(&self) {
        self.0.read().is_paused = true;
    }

    /// Goes on, if it stood still.
    pub fn resume(&self) {
        let mut state = self.0.read();
        if std::mem::take(&mut state.is_paused) {
            state.wake(&self.0.wall);
        }
    }

    /// Whether it was told to stand still.
    pub fn is_paused(&self) -> bool {
        self.0.read().is_paused
    }

    /// Goes on from `time`, if it is not past that yet: so that no tip lies further in the future
    /// than the rules allow.
    pub fn not_before(&self, time: Time) {
        let mut state = self.0.read();
        if state.time < time {
            state.time = time;
            state.anchor(&self.0.wall);
        }
    }

    /// Begins again at `start`, as when it was made; only how long it ran goes on. No node may live on
    /// it meanwhile: for a node time goes forward.
    pub fn begin_again(&self, start: Time) {
        let mut state = self.0.read();
        state.time = start;
        state.is_paused = false;
        state.leapt = Duration::ZERO;
        state.nodes.clear();
        state.neighbours = Arc::default();
        state.joined += 1;
        state.anchor(&self.0.wall);
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

    /// A node of this name is going to live on this clock: no other is called so from now on.
    pub fn reserve(&self, name: &str) {
        let mut state = self.0.state();
        Arc::make_mut(&mut state.neighbours).reserve(name);
        state.joined += 1;
    }

    /// A node of this name, by the key of its run, lives on this clock from now on.
    pub(super) fn join(&self, name: &str, node: PublicKey) {
        let mut state = self.0.state();
        state.nodes.insert(node, false);
        Arc::make_mut(&mut state.neighbours).add(name, node);
        state.joined += 1;
    }

    /// The nodes that live on this clock, or did: no stranger is to be taken for one of them.
    pub(super) fn neighbours(&self) -> Arc<Neighbours> {
        Arc::clone(&self.0.state().neighbours)
    }

    /// It does not any more.
    pub(super) fn leave(&self, node: PublicKey) {
        self.0.state().nodes.remove(&node);
    }

    /// A node is connected to these, by the keys of their runs. As long as one of them does not live
    /// on this clock, it must not stand still.
    pub(super) fn has_peers(&self, node: PublicKey, peers: impl Iterator<Item = PublicKey>) {
        let mut state = self.0.state();
        let has_strangers = peers.fold(false, |any, peer| any | !state.nodes.contains_key(&peer));
        if let Some(had) = state.nodes.get_mut(&node) {
            *had = has_strangers;
        }
    }
}

impl fmt::Debug for LabClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LabClock").field(&self.now()).finish()
    }
}

impl ClockState {
    /// Brings the state up to date.
    fn read(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        let raw = (self.raw)();
        let passed = raw.saturating_sub(state.raw);
        state.raw = state.raw.max(raw);
        if state.is_paused {
            return state;
        }
        if passed <= GAP {
            state.time = state.time + passed;
            state.ran += passed;
        } else {
            state.wake(&self.wall);
        }
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No panic can come between two of its fields.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The clock stood still until now.
    fn wake(&mut self, wall: &Source) {
        let is_of_the_world =
            self.is_of_the_world || self.nodes.values().any(|strangers| *strangers);
        if !is_of_the_world {
            self.anchor(wall);
            return;
        }
        let due = (micros(wall()) + self.lead_us).clamp(0, i128::from(u64::MAX));
        let due = Time(u64::try_from(due).expect("clamped"));
        self.leapt += due.since(self.time);
        self.time = self.time.max(due);
    }

    /// From here on it is as far from the wall clock as it is now.
    fn anchor(&mut self, wall: &Source) {
        self.lead_us = i128::from(self.time.0) - micros(wall());
    }
}

fn micros(time: Duration) -> i128 {
    i128::try_from(time.as_micros()).unwrap_or(i128::MAX / 2)
}

fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// A monotonic clock that, where there is such a one, goes on while the machine sleeps: its lid may
/// be closed while peers elsewhere go on.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::Boottime);
    let (s, ns) = (u64::try_from(now.tv_sec), u32::try_from(now.tv_nsec));
    // It begins at nothing and only goes up.
    Duration::new(s.unwrap_or_default(), ns.unwrap_or_default())
}

/// A monotonic clock.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot() -> Duration {
    use super::Stopwatch;
    use std::sync::OnceLock;
    static ORIGIN: OnceLock<Stopwatch> = OnceLock::new();
    ORIGIN.get_or_init(Stopwatch::start).elapsed()
}

fn beat(clock: &Weak<ClockState>) {
    while let Some(clock) = clock.upgrade() {
        drop(clock.read());
        drop(clock);
        threads::rest(HEARTBEAT);
    }
}

#[cfg(test)]
mod tests;
