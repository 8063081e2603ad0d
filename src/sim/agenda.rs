//! What is due, and when: the event heap, keyed by time and then by the order of entry.

use crate::node::io::{ConnId, Input};
use crate::node::{NodeIx, Time};
use std::collections::BTreeMap;

/// Things that may be due at one and the same moment. A thousand nodes that all hear of a block at
/// once are far below it; a node that asks for a tick at once, for ever, is not.
const INSTANT_MAX: u64 = 1_000_000;

/// Something to do.
#[derive(Clone)]
pub(super) enum Due {
    /// A host's deadline.
    Tick(NodeIx),
    /// Something leaves or arrives on the link out of this end of a connection.
    Link(ConnId),
    /// Something happens to a host, if it has not been started anew since: its number of starts.
    Input(NodeIx, u32, Box<Input>),
    /// A host's disk is done with what its node wrote, if the node was not started anew since.
    Disk(NodeIx, u32),
    /// A miner finds its block.
    Find(NodeIx),
    /// A dial was not answered.
    GiveUp(ConnId),
    /// What a closed connection has not sent by now is not sent any more.
    Linger(ConnId),
}

/// A place in the agenda, to cancel by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    pub(super) at: Time,
    sequence: u64,
}

/// Everything that is due. A map, as what is cancelled should be gone.
#[derive(Clone)]
pub(super) struct Agenda {
    now: Time,
    due: BTreeMap<Slot, Due>,
    sequence: u64,
    /// Things done at this moment, and in all.
    done_now: u64,
    done: u64,
}

impl Agenda {
    pub(super) fn new(now: Time) -> Self {
        Self {
            now,
            due: BTreeMap::new(),
            sequence: 0,
            done_now: 0,
            done: 0,
        }
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Things done so far.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Enters something, to be done now at the earliest.
    pub(super) fn enter(&mut self, at: Time, due: Due) -> Slot {
        self.sequence += 1;
        let slot = Slot {
            at: at.max(self.now),
            sequence: self.sequence,
        };
        self.due.insert(slot, due);
        slot
    }

    pub(super) fn cancel(&mut self, slot: Slot) {
        self.due.remove(&slot);
    }

    /// Makes `slot` stand for `due` at this time, or for nothing.
    pub(super) fn move_to(&mut self, slot: &mut Option<Slot>, at: Option<Time>, due: Due) {
        let at = at.map(|at| at.max(self.now));
        if slot.map(|slot| slot.at) == at {
            return;
        }
        if let Some(slot) = slot.take() {
            self.cancel(slot);
        }
        *slot = at.map(|at| self.enter(at, due));
    }

    /// When the next thing is due.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.keys().next().map(|slot| slot.at)
    }

    /// The next thing, and the time moves on to it.
    ///
    /// # Panics
    /// If the time never moves on.
    pub(super) fn pop(&mut self) -> Option<Due> {
        let (slot, due) = self.due.pop_first()?;
        if slot.at > self.now {
            (self.now, self.done_now) = (slot.at, 0);
        }
        self.done_now += 1;
        self.done += 1;
        assert!(
            self.done_now < INSTANT_MAX,
            "the time stands still at {:?}",
            self.now
        );
        Some(due)
    }

    /// Moves the time on to `now`, if that is later, and does nothing on the way.
    pub(super) fn skip_to(&mut self, now: Time) {
        if now > self.now {
            (self.now, self.done_now) = (now, 0);
        }
    }
}
