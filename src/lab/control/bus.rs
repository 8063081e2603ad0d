//! The event bus: what happens to the nodes of a lab, on its way to its subscribers.
//!
//! There are two lanes, one for what nodes and their users do, and one for what peers can cause as often
//! as they like ([`EventKind::is_of_peers`](crate::node::io::EventKind::is_of_peers)). Each is bounded by
//! itself, so noise drives out noise only. Who listens hears both in the order in which they happened.

use super::data::NodeEvent;
use super::limits::{BEHIND_MAX, RECENT_MAX};
use crate::chain::shared::SharedList;

use crate::lab::observe::propagation::arrival;
use crate::node::io::Event;
use crate::node::{NodeIx, Time};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// How far a subscriber may be behind for whom time waits.
const HALF_BEHIND: u64 = BEHIND_MAX as u64 / 2;

/// Where a lab tells what happens to its nodes.
pub(in crate::lab) struct EventBus {
    /// What nodes do, and what peers cause.
    lanes: [broadcast::Sender<Arc<BusEvent>>; 2],
    /// Events that were told.
    count: AtomicU64,
    /// How often time went back.
    era: AtomicU64,
    /// Subscribers who want every message.
    want_messages: Arc<AtomicUsize>,
    /// How far those came for whom time waits: all events before this one were taken.
    want_time: Mutex<Vec<Weak<AtomicU64>>>,
}

/// Of what weight an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Weight {
    /// A message that brings nothing: most events are, and nothing else is to be seen of it.
    Plain,
    /// A message that brings a transaction: a subscriber hears of it that wants all.
    OnRequest,
    /// All else: it is told to every subscriber, and remembered.
    News,
}

impl Weight {
    /// That of an event.
    pub(in crate::lab) fn of(event: &Event) -> Self {
        let kind = &event.kind;
        match kind.is_message() {
            true if arrival::is_of_tx(kind) => Self::OnRequest,
            true if !arrival::is_of_block(kind) => Self::Plain,
            _ => Self::News,
        }
    }
}

/// An event on its way to subscribers, who share one line of it.
pub(in crate::lab) struct BusEvent {
    /// Its place among all that was told.
    number: u64,
    /// In which round of the lab it happened.
    pub(in crate::lab) round: u32,
    /// How often time had gone back before.
    era: u64,
    /// Which node's.
    pub(in crate::lab) ix: NodeIx,
    /// A message that brings no block: only for those who want all.
    pub(in crate::lab) is_message: bool,
    /// The event, with the node's name.
    pub(in crate::lab) event: NodeEvent,
    line: OnceLock<Arc<str>>,
}

/// What happened last to a node: in lanes of [`RECENT_MAX`] events each, which are numbered across both.
#[derive(Clone, Default)]
pub(in crate::lab) struct RecentEvents {
    lanes: [SharedList<(u64, Arc<Event>)>; 2],
    count: u64,
}

/// What is told from some moment on, in its order.
pub(in crate::lab) struct Subscription {
    lanes: [BusLane; 2],
    /// How often time had gone back before it began.
    era: u64,
}

struct BusLane {
    receiver: broadcast::Receiver<Arc<BusEvent>>,
    /// What was taken from it, and is not next.
    taken: Option<Arc<BusEvent>>,
}

/// As long as this is held, every message is wanted.
pub(in crate::lab) struct WantsMessages(Arc<AtomicUsize>);

/// As long as this is held, time waits for a subscriber who is behind.
pub(in crate::lab) struct WantsTime(Arc<AtomicU64>);

impl Default for EventBus {
    fn default() -> Self {
        Self {
            lanes: [(); 2].map(|()| broadcast::Sender::new(BEHIND_MAX)),
            count: AtomicU64::new(0),
            era: AtomicU64::new(0),
            want_messages: Arc::default(),
            want_time: Mutex::default(),
        }
    }
}

impl EventBus {
    /// Whether anybody wants to hear of a message that brings no block.
    pub(in crate::lab) fn is_every_message_wanted(&self) -> bool {
        self.want_messages.load(Ordering::Relaxed) > 0
    }

    /// What is told from now on.
    pub(in crate::lab) fn listen(&self) -> Subscription {
        Subscription {
            lanes: self.lanes.each_ref().map(|sender| BusLane {
                receiver: sender.subscribe(),
                taken: None,
            }),
            era: self.era.load(Ordering::Relaxed),
        }
    }

    /// Time went back: nothing that is told from now on goes with what was told before.
    pub(in crate::lab) fn went_back(&self) {
        self.era.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on time waits for a subscriber, as long as this is held.
    pub(in crate::lab) fn want_time(&self) -> WantsTime {
        let came = Arc::new(AtomicU64::new(self.count.load(Ordering::Relaxed)));
        self.waited_for().push(Arc::downgrade(&came));
        WantsTime(came)
    }

    /// Whether time is to wait: a subscriber who wants that is a half of a lane behind.
    pub(in crate::lab) fn is_time_wanted(&self) -> bool {
        let told = self.count.load(Ordering::Relaxed);
        let mut waited_for = self.waited_for();
        waited_for.retain(|came| came.strong_count() > 0);
        let mut all = waited_for.iter().filter_map(Weak::upgrade);
        all.any(|came| told.saturating_sub(came.load(Ordering::Relaxed)) > HALF_BEHIND)
    }

    fn waited_for(&self) -> MutexGuard<'_, Vec<Weak<AtomicU64>>> {
        // No panic can leave it half changed.
        self.want_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on every message is told, as long as this is held.
    pub(in crate::lab) fn want_messages(&self) -> WantsMessages {
        self.want_messages.fetch_add(1, Ordering::Relaxed);
        WantsMessages(Arc::clone(&self.want_messages))
    }

    /// Tells all that listen. No other thread may tell meanwhile.
    pub(in crate::lab) fn tell(
        &self,
        round: u32,
        ix: NodeIx,
        name: &str,
        event: &Arc<Event>,
        weight: Weight,
    ) {
        let sender = &self.lanes[lane_of(event)];
        if sender.receiver_count() == 0 {
            return;
        }
        let told = BusEvent {
            number: self.count.fetch_add(1, Ordering::Relaxed),
            round,
            era: self.era.load(Ordering::Relaxed),
            ix,
            is_message: weight != Weight::News,
            event: NodeEvent {
                node: name.to_owned(),
                event: Arc::clone(event),
            },
            line: OnceLock::new(),
        };
        // There may be no subscriber.
        let _ = sender.send(Arc::new(told));
    }
}

impl BusEvent {
    /// The line that tells of it, made once for all.
    pub(in crate::lab) fn line(&self, make: impl FnOnce(&NodeEvent) -> String) -> Arc<str> {
        Arc::clone(self.line.get_or_init(|| make(&self.event).into()))
    }
}

impl Subscription {
    /// The next event. What was begun is not lost if the wait is given up.
    ///
    /// # Errors
    /// So many were missed, or there is nothing more to come.
    pub(in crate::lab) async fn next(&mut self) -> Result<Arc<BusEvent>, RecvError> {
        loop {
            match self.try_next() {
                Ok(told) => return Ok(told),
                Err(TryRecvError::Lagged(missed)) => return Err(RecvError::Lagged(missed)),
                Err(TryRecvError::Closed) => return Err(RecvError::Closed),
                Err(TryRecvError::Empty) => {}
            }
            let [one, other] = &mut self.lanes;
            tokio::select! {
                told = one.receiver.recv() => one.taken = Some(told?),
                told = other.receiver.recv() => other.taken = Some(told?),
            }
        }
    }

    /// Whether time went back between its beginning and an event: then it is told of a time that is not
    /// that of its beginning.
    pub(in crate::lab) fn is_before(&self, told: &BusEvent) -> bool {
        self.era < told.era
    }

    /// The next event, if it has happened already.
    ///
    /// # Errors
    /// As [`Subscription::next`], or it has not.
    pub(in crate::lab) fn try_next(&mut self) -> Result<Arc<BusEvent>, TryRecvError> {
        let is_open = self.fill()?;
        // What came before something that is here was told before it: a second look finds it.
        self.fill()?;
        let numbers = self.lanes.each_ref().map(|lane| {
            let taken = lane.taken.as_ref();
            taken.map_or(u64::MAX, |told| told.number)
        });
        let next = usize::from(numbers[1] < numbers[0]);
        let nothing = match is_open {
            true => TryRecvError::Empty,
            false => TryRecvError::Closed,
        };
        self.lanes[next].taken.take().ok_or(nothing)
    }

    /// Takes what there is from each lane of which nothing is taken. Whether more may come.
    fn fill(&mut self) -> Result<bool, TryRecvError> {
        let mut is_open = false;
        for lane in self.lanes.iter_mut().filter(|lane| lane.taken.is_none()) {
            match lane.receiver.try_recv() {
                Ok(told) => lane.taken = Some(told),
                Err(TryRecvError::Empty) => is_open = true,
                Err(TryRecvError::Closed) => {}
                Err(missed) => return Err(missed),
            }
        }
        Ok(is_open)
    }
}

impl RecentEvents {
    /// When something happened last.
    pub(in crate::lab) fn last(&self) -> Option<Time> {
        self.iter().last().map(|event| event.at)
    }

    /// Oldest first.
    pub(in crate::lab) fn iter(&self) -> impl Iterator<Item = &Arc<Event>> {
        let [mut one, mut other] = self.lanes.each_ref().map(|lane| lane.iter().peekable());
        std::iter::from_fn(move || {
            let number = |next: Option<&&(u64, Arc<Event>)>| next.map_or(u64::MAX, |next| next.0);
            let is_first = number(one.peek()) < number(other.peek());
            let next = if is_first { one.next() } else { other.next() };
            next.map(|(_, event)| event)
        })
    }

    pub(in crate::lab) fn push(&mut self, event: Arc<Event>) {
        let lane = &mut self.lanes[lane_of(&event)];
        if lane.len() >= RECENT_MAX {
            lane.pop_front();
        }
        lane.push_back((self.count, event));
        self.count += 1;
    }
}

/// Which of two lanes an event is in.
fn lane_of(event: &Event) -> usize {
    usize::from(event.kind.is_of_peers())
}

impl WantsTime {
    /// Its subscriber has taken an event.
    pub(in crate::lab) fn took(&self, told: &BusEvent) {
        self.0.store(told.number + 1, Ordering::Relaxed);
    }
}

impl Drop for WantsMessages {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

impl std::fmt::Debug for BusEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.event.fmt(f)
    }
}

#[cfg(test)]
mod tests;
