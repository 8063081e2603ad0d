//! One direction of a connection on its way through a [`Link`], which is straight most of the
//! time: then nothing enters it, and it costs nothing. So are connections of a node bent (`tcp`), and
//! those between nodes of others (`proxy`).
//!
//! Something that is in the link stays ahead of what comes after it: a link that was just set
//! straight counts as bent until it is empty.

use crate::link::{Conditions, Fate, Link};
use crate::live::clock::LabClock;
use crate::live::links::Links;
use crate::node::message::Kind;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Bytes in a link from which on nothing more is put in: then a queue fills, or a socket is not
/// read, and the sender slows down. Over a second of latency this is 4 MB/s; a message more
/// fits what a link holds.
pub(in crate::live) const INSIDE_MAX: usize = 4_000_000;

/// Bytes that something in a link counts for on top of its own: what it takes in memory, or more. So
/// those who send a byte at a time fill no memory, and no link before [`INSIDE_MAX`].
const OVERHEAD: usize = 128;

/// What a node knows about links, for its connections.
#[derive(Clone)]
pub(in crate::live) struct Place {
    /// Where it listens; of a node that does not, an address that no other has in its table.
    pub(in crate::live) own: SocketAddr,
    pub(in crate::live) links: Links,
    pub(in crate::live) clock: LabClock,
    /// What jitter and losses are drawn from.
    pub(in crate::live) seed: u64,
}

/// One direction.
pub(in crate::live) struct Bend<T> {
    /// From and to; `None`: always straight.
    pair: Option<(SocketAddr, SocketAddr)>,
    place: Place,
    changes: watch::Receiver<()>,
    link: Link<(usize, T)>,
    conditions: Conditions,
    /// Something is to become of a message in this direction.
    is_meddled_with: bool,
    /// Bytes in the link, with the overhead of each piece.
    inside: usize,
    /// Bytes that have left the sender since this was last asked.
    left: u64,
}

impl<T> Bend<T> {
    /// The direction of this pair, which nothing has passed yet.
    pub(in crate::live) fn new(
        pair: Option<(SocketAddr, SocketAddr)>,
        place: Place,
        seed: u64,
    ) -> Self {
        let changes = place.links.changes();
        let link = Link::new(Conditions::default(), seed);
        let mut bend = Self {
            pair,
            place,
            changes,
            link,
            conditions: Conditions::default(),
            is_meddled_with: false,
            inside: 0,
            left: 0,
        };
        bend.refresh();
        bend
    }

    /// Whether everything has to pass the link.
    pub(in crate::live) fn is_bent(&self) -> bool {
        self.inside > 0 || self.is_meddled_with || self.conditions != Conditions::default()
    }

    /// What becomes of a message that is about to be put in.
    pub(in crate::live) fn fate(&self, kind: Kind) -> Option<Fate> {
        let (from, to) = self.pair.filter(|_| self.is_meddled_with)?;
        self.place.links.fate(from, to, kind)
    }

    /// Whether anything is on its way.
    pub(in crate::live) fn is_empty(&self) -> bool {
        self.inside == 0
    }

    /// Whether more may be put in.
    pub(in crate::live) fn has_room(&self) -> bool {
        self.inside < INSIDE_MAX
    }

    /// Whether so many bytes may be put in.
    pub(in crate::live) fn has_room_for(&self, bytes: usize) -> bool {
        self.inside + bytes <= INSIDE_MAX
    }

    /// Whether it was cut, also for a moment: then what it held is gone, and nothing passes it any more.
    pub(in crate::live) fn is_severed(&self) -> bool {
        self.link.is_severed()
    }

    /// Bytes that can be put in as one.
    pub(in crate::live) fn piece(&self) -> usize {
        self.link.piece()
    }

    /// The most that latency and jitter take.
    pub(in crate::live) fn lateness(&self) -> Duration {
        self.conditions.latency + self.conditions.jitter
    }

    /// Puts something in. A link that was cut swallows it: the connection is about to end.
    pub(in crate::live) fn push(&mut self, bytes: usize, payload: T) {
        self.push_late(bytes, payload, Duration::ZERO);
    }

    /// As [`Bend::push`], of something that arrives so much later.
    pub(in crate::live) fn push_late(&mut self, bytes: usize, payload: T, held: Duration) {
        let counted = bytes + OVERHEAD;
        let now = self.place.clock.now();
        let pushed = self.link.push_late(now, bytes, (counted, payload), held);
        if pushed.is_ok() {
            self.inside += counted;
        }
    }

    /// What has arrived.
    pub(in crate::live) fn pop(&mut self) -> Option<T> {
        if self.inside == 0 {
            return None;
        }
        let now = self.place.clock.now();
        self.left += self.link.take_left(now);
        let (bytes, payload) = self.link.pop(now)?;
        self.inside -= bytes;
        Some(payload)
    }

    /// Bytes that have left the sender since this was last asked, as far as [`Bend::pop`] has seen.
    pub(in crate::live) fn take_left(&mut self) -> u64 {
        std::mem::take(&mut self.left)
    }

    /// Waits until [`Bend::pop`] is worth another try, or the conditions have changed.
    pub(in crate::live) async fn moves(&mut self) {
        let due = self.link.deadline();
        let due = due.map(|at| self.place.clock.until(at));
        let wait = async {
            match due {
                Some(due) => sleep(due).await,
                None => pending().await,
            }
        };
        tokio::select! {
            changed = self.changes.changed() => changed.expect("the place keeps the table"),
            () = wait => return,
        }
        self.refresh();
    }

    /// Takes over a change that [`Bend::moves`] has not heard of, as it was not waited for.
    pub(in crate::live) fn catch_up(&mut self) {
        if self.has_changed() {
            self.changes.mark_unchanged();
            self.refresh();
        }
    }

    fn has_changed(&self) -> bool {
        let changed = self.changes.has_changed();
        changed.expect("the place keeps the table")
    }

    /// Takes over what the table says.
    fn refresh(&mut self) {
        let Some((from, to)) = self.pair else {
            return;
        };
        self.is_meddled_with = self.place.links.is_meddled_with(from, to);
        let conditions = self.place.links.get(from, to);
        if conditions == self.conditions {
            return;
        }
        self.conditions = conditions;
        self.link.set(self.place.clock.now(), conditions);
        if self.link.is_severed() {
            self.inside = 0;
        }
    }
}

impl Place {
    /// Whether there may be no connection with the node that listens there.
    pub(in crate::live) fn is_cut_from(&self, other: SocketAddr) -> bool {
        self.links.is_cut(self.own, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkState;

    #[test]
    fn single_bytes_fill_a_link_before_any_is_lost() {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let place = Place {
            own: at(1),
            links: Links::default(),
            clock: LabClock::from_wall(),
            seed: 7,
        };
        let links = place.links.clone();
        let set = |state| {
            let conditions = Conditions::default().in_state(state);
            links.set(at(1), at(2), conditions).expect("in range");
        };
        set(LinkState::BlackHole);
        let mut bend = Bend::new(Some((at(1), at(2))), place, 3);
        let mut sent = 0_u32;
        while bend.has_room() {
            bend.push(1, sent);
            sent += 1;
        }
        assert!(sent > 10_000, "{sent}");
        set(LinkState::Open);
        bend.catch_up();
        let heard = std::iter::from_fn(|| bend.pop());
        assert!(heard.eq(0..sent));
        assert!(bend.is_empty() && !bend.is_bent());
    }
}
