//! Who is asked, who owes an answer, and who is left out for a while.

use crate::node::ids::ConnId;
use crate::node::message::FilterRange;
use crate::node::outbox::Outbox;
use crate::node::random::Random;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A peer that does not answer for so long is passed over: as with headers.
pub(in crate::node::light) const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A peer that did not answer is asked nothing more for so long, as long as others are there.
const LEFT_OUT: Duration = Duration::from_secs(60);

/// A peer that does not have what it was asked for yet may have it then.
const NOT_YET: Duration = Duration::from_secs(5);

/// Who so often did not have what it was asked for is as good as silent: 20 s.
const MISSES_MAX: u32 = 4;

/// What goes along with every question.
pub(in crate::node::light) struct Tools<'a> {
    pub now: Time,
    pub random: &'a mut Random,
    pub out: &'a mut Outbox,
}

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::node::light) struct Asked {
    pub conn: ConnId,
    pub range: FilterRange,
    pub at: Time,
}

/// The peers that one kind of question is put to.
#[derive(Clone, Debug, Default)]
pub(in crate::node::light) struct Peers {
    peers: BTreeSet<ConnId>,
    /// Not asked before then.
    left_out: BTreeMap<ConnId, Time>,
    /// How often each did not have what it was asked for, or did not answer, since it last did.
    misses: BTreeMap<ConnId, u32>,
    /// They owe answers that are of no use any more.
    stale: BTreeMap<ConnId, u32>,
}

impl Peers {
    pub fn add(&mut self, conn: ConnId) {
        self.peers.insert(conn);
    }

    pub fn remove(&mut self, conn: ConnId) {
        self.peers.remove(&conn);
        self.left_out.remove(&conn);
        self.misses.remove(&conn);
        self.stale.remove(&conn);
    }

    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.peers.contains(&conn)
            && !self.left_out.contains_key(&conn)
            && !self.misses.contains_key(&conn)
            && !self.stale.contains_key(&conn)
    }

    /// All of them.
    pub fn all(&self) -> Vec<ConnId> {
        self.peers.iter().copied().collect()
    }

    /// How many can be reckoned with: who is silent cannot.
    pub fn count(&self) -> usize {
        let useless = self.peers.iter().filter(|conn| self.is_useless(**conn));
        self.peers.len() - useless.count()
    }

    /// Whether one is as good as silent.
    pub fn is_useless(&self, conn: ConnId) -> bool {
        let misses = self.misses.get(&conn);
        misses.is_some_and(|misses| *misses >= MISSES_MAX)
    }

    /// Whether one may be asked now.
    pub fn may_be_asked(&self, conn: ConnId) -> bool {
        self.peers.contains(&conn) && !self.left_out.contains_key(&conn)
    }

    /// One that may be asked, drawn at random, without those in `not`.
    pub fn draw(&self, not: &[ConnId], random: &mut Random) -> Option<ConnId> {
        let free = |conn: &&ConnId| self.may_be_asked(**conn) && !not.contains(conn);
        let free: Vec<ConnId> = self.peers.iter().filter(free).copied().collect();
        (!free.is_empty()).then(|| free[random.below(free.len())])
    }

    /// One did not answer in time.
    pub fn is_silent(&mut self, conn: ConnId, now: Time) {
        self.leave_out(conn, MISSES_MAX, now + LEFT_OUT);
        self.is_stale(conn);
    }

    /// One does not have what it was asked for.
    pub fn has_not(&mut self, conn: ConnId, now: Time) {
        self.leave_out(conn, 1, now + NOT_YET);
    }

    fn leave_out(&mut self, conn: ConnId, misses: u32, until: Time) {
        if self.peers.contains(&conn) {
            self.left_out.insert(conn, until);
            let missed = self.misses.entry(conn).or_default();
            *missed = missed.saturating_add(misses);
        }
    }

    /// One has answered.
    pub fn answered(&mut self, conn: ConnId) {
        self.left_out.remove(&conn);
        self.misses.remove(&conn);
    }

    /// What one was asked is not wanted any more; the answer may still come.
    pub fn is_stale(&mut self, conn: ConnId) {
        if self.peers.contains(&conn) {
            *self.stale.entry(conn).or_default() += 1;
        }
    }

    /// An answer came that is of no use. Whether it was owed.
    pub fn was_owed(&mut self, conn: ConnId) -> bool {
        let Some(owed) = self.stale.get_mut(&conn) else {
            return false;
        };
        *owed -= 1;
        if *owed == 0 {
            self.stale.remove(&conn);
        }
        // It has spoken: it may be asked again.
        self.answered(conn);
        true
    }

    /// Time has passed. Whether there is one more to ask.
    pub fn tick(&mut self, now: Time) -> bool {
        let before = self.left_out.len();
        self.left_out.retain(|_, until| now < *until);
        self.left_out.len() < before
    }

    pub fn deadline(&self) -> Option<Time> {
        self.left_out.values().min().copied()
    }
}

/// When the first of these questions has waited for too long.
pub(in crate::node::light) fn late_at<'a>(asked: impl Iterator<Item = &'a Asked>) -> Option<Time> {
    asked
        .map(|asked| asked.at + ANSWER_MAX)
        .fold(None, |first, at| earlier(first, Some(at)))
}
