//! A link between two nodes, one direction of it: latency, jitter, bandwidth, loss, and cuts.
//!
//! A [`Link`] carries the frames of one connection, without IO: frames are pushed in on one side
//! and popped on the other, once enough time has passed. Live it stands between a node and its
//! socket, in virtual time it is the network.
//!
//! ```text
//! push ─▶ waiting ──(bandwidth)──▶ left ──(latency + jitter + retransmissions)──▶ pop
//! ```
//!
//! - *Bandwidth*: a frame begins to leave when the one before has left, and takes length /
//!   bandwidth. [`Link::take_left`] says what has left since it was last asked.
//! - *Latency and jitter* count from then to the arrival. The jitter is drawn evenly.
//! - *Order*: this is a stream. A frame that is late holds up those behind it; none overtakes.
//! - *Loss*: a lost frame does not vanish, it comes late by a retransmission timeout, which
//!   doubles each time the frame is lost again ([`RETRANSMISSION_MIN`]).
//! - *[Cut](LinkState::Cut)*: everything in it is gone, and the link is severed for good; the next
//!   connection takes a new one.
//! - *[Black hole](LinkState::BlackHole)*: nothing leaves and nothing arrives. When it closes, what
//!   was on its way is sent anew, and what waited goes on leaving.
//!
//! A frame can be held back on purpose as well ([`Link::push_late`]); what becomes of single messages that
//! testers meddle with is said by [`Fates`].
//!
//! Conditions can change at any time, and hold at once: for what waits, the bytes that are left of
//! it leave at the new bandwidth; what is on its way arrives when it would have with the new
//! latency and jitter from the start, if that is still to come, and otherwise now.
//!
//! Its driver looks at it again at its [deadline](Link::deadline):
//!
//! ```
//! use chainlab::link::{Conditions, Link};
//! use chainlab::node::Time;
//! use std::time::Duration;
//!
//! let slow = Conditions { bandwidth: Some(1_000), ..Conditions::latency(Duration::from_millis(80)) };
//! let mut link = Link::new(slow, 1);
//! link.push(Time(0), 500, "half a kilobyte")?;
//!
//! let left = link.deadline().expect("a frame waits");
//! assert_eq!((left, link.take_left(left)), (Time(500_000), 500));
//! let arrived = link.deadline().expect("a frame is on its way");
//! assert_eq!((arrived, link.pop(arrived)), (Time(580_000), Some("half a kilobyte")));
//! assert_eq!(link.deadline(), None);
//! # Ok::<(), chainlab::link::Refused>(())
//! ```

mod conditions;
mod next;
mod preset;

pub use conditions::{
    BANDWIDTH_RANGE, Conditions, ConditionsError, DELAY_MAX, LOSS_MAX, LinkState,
};
pub use next::{Fate, Fates, HELD_MAX, NEXT_MAX, NextMessage};
pub use preset::{PRESETS, Preset};

use crate::node::time::{Time, earlier};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::VecDeque;
use std::time::Duration;
use thiserror::Error;

/// The shortest time after which a lost frame is sent again. RFC 6298 asks for a second; this is
/// Linux's TCP_RTO_MIN, which is what a frame on a real network meets. Above it, it is a round
/// trip, jitter included, the way back taken to be like the way there.
pub const RETRANSMISSION_MIN: Duration = Duration::from_millis(200);

/// Most times that one frame is lost. With the timeout doubling each time it then is 63 timeouts
/// late: 12.6 s at the shortest, below the 20 s of silence after which a node gives up.
pub const LOSSES_MAX: u32 = 6;

/// Bytes that a link holds, waiting and on their way. Four times what a node leaves unsent, with
/// room for the largest block; a caller that pushes more does not listen to [`Link::take_left`].
pub const QUEUE_BYTES_MAX: usize = 16_000_000;

/// Bytes that are never cut into pieces: what one packet of a real network carries, about.
const PIECE_MIN: usize = 1_400;

/// Bytes that one frame counts for on top of its own, so that empty ones are bounded too.
const FRAME_OVERHEAD: usize = 64;

/// Picoseconds in a microsecond. At the widest bandwidth a byte takes a nanosecond: counting in
/// thousandths of that, rounding never adds up to anything.
const PS_PER_US: u128 = 1_000_000;

/// Picoseconds in a second.
const PS_PER_S: u128 = 1_000_000 * PS_PER_US;

/// One direction of a connection.
#[derive(Clone)]
pub struct Link<T> {
    conditions: Conditions,
    draws: ChaCha8Rng,
    /// Frames on the sender's side; the first is leaving.
    waiting: VecDeque<Waiting<T>>,
    /// Bytes of the first waiting frame that had not left at `leaving_since`.
    leaving_bytes: usize,
    /// In picoseconds on the lab clock.
    leaving_since: u128,
    /// Frames that have left and not arrived, in the order in which they left and will arrive.
    flying: VecDeque<Flying<T>>,
    /// Waiting and flying, each with its overhead.
    queued_bytes: usize,
    /// Bytes that have left since this was last asked, and when the first did.
    left: Option<(Time, u64)>,
    severed: bool,
}

#[derive(Clone)]
struct Waiting<T> {
    bytes: usize,
    payload: T,
    /// So much later than others it arrives.
    held: Duration,
}

#[derive(Clone)]
struct Flying<T> {
    bytes: usize,
    payload: T,
    left: Time,
    arrives: Time,
    /// The part of the jitter that it got, of 2^64.
    jitter: u64,
    losses: u32,
    held: Duration,
}

/// Why a link does not take a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It was cut; nothing will ever pass it again.
    #[error("the link is cut")]
    Severed,
    /// It holds all that it can.
    #[error("the link holds {QUEUE_BYTES_MAX} bytes already")]
    Full,
}

impl<T> Link<T> {
    /// A link with these conditions, which [`Conditions::validate`] accepts. Those that are cut
    /// make one that is severed.
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            draws: ChaCha8Rng::seed_from_u64(seed),
            waiting: VecDeque::new(),
            leaving_bytes: 0,
            leaving_since: 0,
            flying: VecDeque::new(),
            queued_bytes: 0,
            left: None,
            severed: conditions.state == LinkState::Cut,
        }
    }

    /// Takes a frame of so many bytes.
    ///
    /// # Errors
    /// [`Refused`]. An idle link takes a frame of any length.
    pub fn push(&mut self, now: Time, bytes: usize, payload: T) -> Result<(), Refused> {
        self.push_late(now, bytes, payload, Duration::ZERO)
    }

    /// As [`Link::push`], of a frame that arrives so much later than it otherwise would.
    ///
    /// # Errors
    /// As there.
    pub fn push_late(
        &mut self,
        now: Time,
        bytes: usize,
        payload: T,
        held: Duration,
    ) -> Result<(), Refused> {
        if self.severed {
            return Err(Refused::Severed);
        }
        let queued = self.queued_bytes + bytes + FRAME_OVERHEAD;
        if queued > QUEUE_BYTES_MAX && self.queued_bytes > 0 {
            return Err(Refused::Full);
        }
        self.advance(now);
        if self.waiting.is_empty() {
            (self.leaving_bytes, self.leaving_since) = (bytes, picos(now));
        }
        self.queued_bytes = queued;
        let frame = Waiting {
            bytes,
            payload,
            held,
        };
        self.waiting.push_back(frame);
        self.advance(now);
        Ok(())
    }

    /// The next frame that has arrived.
    pub fn pop(&mut self, now: Time) -> Option<T> {
        self.advance(now);
        let here = self.first_arrival().is_some_and(|at| at <= now);
        let frame = here.then(|| self.flying.pop_front())??;
        self.queued_bytes -= frame.bytes + FRAME_OVERHEAD;
        Some(frame.payload)
    }

    /// Bytes of frames that have left whole since this was last asked.
    pub fn take_left(&mut self, now: Time) -> u64 {
        self.advance(now);
        self.left.take().map_or(0, |(_, bytes)| bytes)
    }

    /// When there is something to pop or to take; in the past, if there is already.
    pub fn deadline(&self) -> Option<Time> {
        let leaves = self.leaves().map(micros_up);
        let left = self.left.map(|(at, _)| at);
        earlier(earlier(left, leaves), self.first_arrival())
    }

    /// Changes the conditions, to others that [`Conditions::validate`] accepts.
    pub fn set(&mut self, now: Time, conditions: Conditions) {
        self.advance(now);
        self.rest_of_leaving(now);
        let before = std::mem::replace(&mut self.conditions, conditions);
        match (before.state, conditions.state) {
            (_, LinkState::Cut) => self.sever(),
            (LinkState::BlackHole, LinkState::Open) => self.send_anew(now),
            _ => {}
        }
        self.reschedule(now);
        self.advance(now);
    }

    /// What it is like now.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Bytes that leave in about a second. What is longer is better pushed in pieces of that length:
    /// a frame is seen only when it is whole, and who sees nothing for long gives up.
    pub fn piece(&self) -> usize {
        let piece = |bandwidth| usize::try_from(bandwidth).unwrap_or(usize::MAX);
        let bandwidth = self.conditions.bandwidth;
        bandwidth.map_or(usize::MAX, piece).max(PIECE_MIN)
    }

    /// What is in it, in the order in which it arrives: when it left and when it arrives, if nothing changes;
    /// `None`: it waits, or a black hole holds it.
    pub fn queued(&self) -> impl Iterator<Item = (&T, Option<(Time, Time)>)> {
        let is_open = self.conditions.state == LinkState::Open;
        let flying = self.flying.iter().map(move |frame| {
            let way = is_open.then_some((frame.left, frame.arrives));
            (&frame.payload, way)
        });
        let waiting = self.waiting.iter().map(|frame| (&frame.payload, None));
        flying.chain(waiting)
    }

    /// Whether it was cut, and so is of no use any more.
    pub fn is_severed(&self) -> bool {
        self.severed
    }

    /// Whether frames wait that have not left.
    pub fn has_unsent(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Forgets what has not left yet: the sender is no more. What is on its way still arrives.
    pub fn drop_unsent(&mut self, now: Time) {
        self.advance(now);
        for frame in self.waiting.drain(..) {
            self.queued_bytes -= frame.bytes + FRAME_OVERHEAD;
        }
    }

    /// Lets every frame leave that has had the time to.
    fn advance(&mut self, now: Time) {
        while let Some(at) = self.leaves().filter(|at| *at <= picos(now)) {
            let frame = self.waiting.pop_front().expect("one is leaving");
            self.leaving_since = at;
            self.leaving_bytes = self.waiting.front().map_or(0, |next| next.bytes);
            self.depart(micros_up(at), frame);
        }
    }

    /// When the first waiting frame has left, in picoseconds.
    fn leaves(&self) -> Option<u128> {
        let moves = !self.waiting.is_empty() && self.conditions.state == LinkState::Open;
        moves.then_some(self.leaving_since + self.transmission(self.leaving_bytes))
    }

    fn transmission(&self, bytes: usize) -> u128 {
        match self.conditions.bandwidth {
            Some(bandwidth) => (wide(bytes) * PS_PER_S).div_ceil(bandwidth.into()),
            None => 0,
        }
    }

    fn depart(&mut self, left: Time, frame: Waiting<T>) {
        let jitter = self.draws.next_u64();
        let mut losses = 0;
        while losses < LOSSES_MAX && self.draw_loss() {
            losses += 1;
        }
        let bytes = u64::try_from(frame.bytes).expect("64 bits hold a usize");
        let (since, sum) = self.left.unwrap_or((left, 0));
        self.left = Some((since, sum + bytes));
        let mut frame = Flying {
            bytes: frame.bytes,
            payload: frame.payload,
            left,
            arrives: left,
            jitter,
            losses,
            held: frame.held,
        };
        let ahead = self.flying.back().map_or(left, |ahead| ahead.arrives);
        frame.arrives = ahead.max(left + delay(&self.conditions, &frame));
        self.flying.push_back(frame);
    }

    fn draw_loss(&mut self) -> bool {
        // 53 bits are what a float holds exactly.
        let uniform = (self.draws.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        uniform < self.conditions.loss
    }

    fn first_arrival(&self) -> Option<Time> {
        let open = self.conditions.state == LinkState::Open;
        let first = self.flying.front().filter(|_| open);
        first.map(|frame| frame.arrives)
    }

    /// Counts what is left of the frame that is leaving, from now on.
    fn rest_of_leaving(&mut self, now: Time) {
        if let (LinkState::Open, Some(bandwidth)) =
            (self.conditions.state, self.conditions.bandwidth)
        {
            let took = picos(now).saturating_sub(self.leaving_since);
            let gone = took * u128::from(bandwidth) / PS_PER_S;
            let gone = usize::try_from(gone).unwrap_or(usize::MAX);
            self.leaving_bytes = self.leaving_bytes.saturating_sub(gone);
        }
        self.leaving_since = picos(now);
    }

    fn send_anew(&mut self, now: Time) {
        for frame in &mut self.flying {
            frame.left = now;
        }
    }

    /// Gives everything on its way the arrival that the conditions now say.
    fn reschedule(&mut self, now: Time) {
        let mut ahead = now;
        for frame in &mut self.flying {
            frame.arrives = ahead.max(frame.left + delay(&self.conditions, frame));
            ahead = frame.arrives;
        }
    }

    fn sever(&mut self) {
        self.waiting.clear();
        self.flying.clear();
        self.queued_bytes = 0;
        self.left = None;
        self.severed = true;
    }
}

/// From leaving to arrival, if nothing is in the way.
fn delay<T>(conditions: &Conditions, frame: &Flying<T>) -> Duration {
    let drawn = (conditions.jitter.as_micros() * u128::from(frame.jitter)) >> 64;
    let drawn = u64::try_from(drawn).expect("a part of the jitter");
    let round_trip = (conditions.latency + conditions.jitter) * 2;
    let timeouts = 2_u32.pow(frame.losses) - 1;
    let late = round_trip.max(RETRANSMISSION_MIN) * timeouts;
    conditions.latency + Duration::from_micros(drawn) + late + frame.held
}

fn picos(time: Time) -> u128 {
    u128::from(time.0) * PS_PER_US
}

/// The first microsecond at which `picos` has come.
fn micros_up(picos: u128) -> Time {
    Time(u64::try_from(picos.div_ceil(PS_PER_US)).unwrap_or(u64::MAX))
}

fn wide(bytes: usize) -> u128 {
    u128::try_from(bytes).expect("128 bits hold a usize")
}
