//! The book itself.

use super::check::{NoAddress, check_addr};
use super::entry::{KnownAddr, State};
use super::index::Index;
use crate::chain::codec;
use crate::node::ids::ConnId;
use crate::node::random::Random;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The first pause after a dial that failed.
pub const BACK_OFF_MIN: Duration = Duration::from_millis(500);

/// The longest: in a lab people do not want to wait longer for a node that is back.
pub const BACK_OFF_MAX: Duration = Duration::from_secs(10);

/// A connection that lasted so long makes up for all failures before it. Who is let in and thrown
/// out again and again is dialled ever more slowly.
pub const LASTING: Duration = Duration::from_secs(30);

/// Addresses kept: every node of the largest lab, many times over; about 100 kB.
pub const ADDRESSES_MAX: usize = 1_000;

/// Addresses taken from one connection: an honest node has no more to tell.
pub const ADDRESSES_PER_PEER_MAX: usize = 5_000;

/// Addresses remembered as our own. A node has a few; who leads us back to ourselves at more of them
/// does so on purpose, and those are only dialled ever more slowly.
pub(super) const OWN_MAX: usize = 64;

/// Addresses remembered as dropped on request: as many as are kept. Only people and scripts drop.
const DROPPED_MAX: usize = ADDRESSES_MAX;

/// Addresses that one who asks is told: all of a lab of some size, and of a large one more than it
/// will ever dial.
pub const ANSWER_MAX: usize = 250;

/// Dials that are under way at a time, beside those we were told to make.
const DIALS_MAX: usize = 4;

/// The time that each of those takes up, however soon it fails: so no peer makes us try a thousand
/// addresses in a moment by telling us of them.
const DIAL_PACE: Duration = Duration::from_millis(100);

/// The row that the book is kept in.
pub const ROW: &str = "addresses";

/// What a connection has told, and was told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Addresses taken from it.
    taken: usize,
    /// It has asked what we know, and need not ask again.
    was_answered: bool,
}

/// All known addresses.
#[derive(Clone)]
pub struct AddrBook {
    pub(super) entries: BTreeMap<SocketAddr, KnownAddr>,
    pub(super) index: Index,
    pub(super) own: BTreeSet<SocketAddr>,
    /// Not to be dialled, also if peers tell of them, until a command wants them back.
    pub(super) dropped: BTreeSet<SocketAddr>,
    /// Connections to keep to addresses that were learnt.
    pub(super) wanted: usize,
    pub(super) told: BTreeMap<ConnId, Told>,
    /// Not before this is another learnt address dialled.
    pub(super) next_dial: Time,
    pub(super) is_dirty: bool,
}

impl AddrBook {
    /// A book that keeps `wanted` connections to addresses that it learns.
    pub fn new(wanted: usize, own: Option<SocketAddr>) -> Self {
        Self {
            entries: BTreeMap::new(),
            index: Index::default(),
            own: own.into_iter().collect(),
            dropped: BTreeSet::new(),
            wanted,
            told: BTreeMap::new(),
            next_dial: Time::default(),
            is_dirty: false,
        }
    }

    /// Reads what an earlier run has [written](Self::flush).
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn restore(&mut self, row: &[u8], now: Time) -> Result<(), codec::DecodeError> {
        let addrs: Vec<SocketAddr> = codec::decode(row, codec::MAX_LEN)?;
        let addrs = addrs.into_iter().filter(|addr| check_addr(*addr).is_ok());
        for addr in addrs.take(ADDRESSES_MAX) {
            self.insert(addr, now);
        }
        self.is_dirty = false;
        Ok(())
    }

    /// The row to write, if anything changed.
    pub fn flush(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_dirty) {
            return None;
        }
        let addrs: Vec<SocketAddr> = self.entries.keys().copied().collect();
        Some(codec::encode(&addrs))
    }

    /// Addresses known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Stays connected to an address from now on.
    ///
    /// # Errors
    /// [`NoAddress`]: no node can be there.
    pub fn keep(&mut self, addr: SocketAddr, now: Time) -> Result<(), NoAddress> {
        check_addr(addr)?;
        self.dropped.remove(&addr);
        self.insert(addr, now);
        self.change(addr, |entry| {
            entry.is_kept = true;
            entry.next_try = now;
            entry.failures = 0;
        });
        Ok(())
    }

    /// Forgets an address, and learns it from no peer until it is to be [kept](Self::keep) again.
    pub fn drop_addr(&mut self, addr: SocketAddr) {
        self.forget(addr);
        if self.dropped.len() >= DROPPED_MAX {
            self.dropped.pop_first();
        }
        self.dropped.insert(addr);
    }

    /// Whether an address was dropped, and is not wanted back.
    pub fn is_dropped(&self, addr: &SocketAddr) -> bool {
        self.dropped.contains(addr)
    }

    /// Forgets an address.
    pub(super) fn forget(&mut self, addr: SocketAddr) {
        if let Some(entry) = self.entries.remove(&addr) {
            self.index.remove(addr, &entry);
            self.is_dirty = true;
        }
    }

    /// Changes what is known of an address, if it is known.
    fn change(&mut self, addr: SocketAddr, change: impl FnOnce(&mut KnownAddr)) {
        if let Some(entry) = self.entries.get_mut(&addr) {
            self.index.remove(addr, entry);
            change(entry);
            self.index.insert(addr, entry);
        }
    }

    /// Learns addresses that a peer at `from` tells; those of them that are new.
    pub fn learn(
        &mut self,
        conn: ConnId,
        from: IpAddr,
        addrs: &[SocketAddr],
        now: Time,
        random: &mut Random,
    ) -> Vec<SocketAddr> {
        let told = self.told.entry(conn).or_default();
        let room = ADDRESSES_PER_PEER_MAX.saturating_sub(told.taken);
        told.taken += addrs.len().min(room);
        let mut new = Vec::new();
        for addr in addrs.iter().take(room) {
            let is_new = !self.entries.contains_key(addr)
                && !self.own.contains(addr)
                && !self.dropped.contains(addr);
            if !is_new || !can_be_dialled(*addr, from) {
                continue;
            }
            if self.entries.len() >= ADDRESSES_MAX && !self.give_way(random) {
                break;
            }
            self.insert(*addr, now);
            new.push(*addr);
        }
        new
    }

    /// One address that was never reached, drawn at random, leaves. Whether there was one.
    fn give_way(&mut self, random: &mut Random) -> bool {
        let unproven =
            |entry: &KnownAddr| !entry.is_kept && !entry.was_reached && entry.state == State::Idle;
        let count = self
            .entries
            .values()
            .filter(|entry| unproven(entry))
            .count();
        let drawn = random.below(count);
        let mut unproven = self.entries.iter().filter(|(_, entry)| unproven(entry));
        let Some(addr) = unproven.nth(drawn).map(|(addr, _)| *addr) else {
            return false;
        };
        self.forget(addr);
        true
    }

    fn insert(&mut self, addr: SocketAddr, now: Time) {
        if self.own.contains(&addr) || self.entries.contains_key(&addr) {
            return;
        }
        self.is_dirty = true;
        let entry = KnownAddr {
            is_kept: false,
            failures: 0,
            reached_at: now,
            next_try: now,
            state: State::Idle,
            was_reached: false,
        };
        self.index.insert(addr, &entry);
        self.entries.insert(addr, entry);
    }

    /// Addresses to tell a peer that asks, drawn at random, `without` its own. A peer that asks a second
    /// time is told nothing.
    pub fn answer(
        &mut self,
        conn: ConnId,
        without: Option<SocketAddr>,
        random: &mut Random,
    ) -> Vec<SocketAddr> {
        let told = self.told.entry(conn).or_default();
        if std::mem::replace(&mut told.was_answered, true) {
            return Vec::new();
        }
        let listed = |entry: &KnownAddr| entry.was_reached || entry.failures == 0;
        let known = self.entries.iter().filter(|(_, entry)| listed(entry));
        let known = known.filter(|(addr, _)| Some(**addr) != without);
        let (reached, rest): (Vec<_>, Vec<_>) = known.partition(|(_, entry)| entry.was_reached);
        let [mut addrs, mut rest] =
            [reached, rest].map(|part| part.iter().map(|(addr, _)| **addr).collect::<Vec<_>>());
        // Those that peers only told us of come last: there may be no node.
        random.draw(&mut addrs, ANSWER_MAX);
        random.draw(&mut rest, ANSWER_MAX - addrs.len());
        addrs.append(&mut rest);
        addrs
    }

    /// Whom to dial now. They count as being dialled until
    /// [`reached`](Self::reached), [`failed`](Self::failed) or [`disconnected`](Self::disconnected).
    pub fn dials(&mut self, now: Time, random: &mut Random) -> Vec<SocketAddr> {
        let mut dials = self.index.due(true, now);
        let room = self.room_for_dials();
        if room > 0 && self.next_dial <= now {
            let mut others = self.index.due(false, now);
            random.draw(&mut others, room);
            let count = u32::try_from(others.len()).expect("few");
            self.next_dial = now + DIAL_PACE * count;
            dials.append(&mut others);
        }
        for addr in &dials {
            self.change(*addr, |entry| entry.state = State::Dialling);
        }
        dials
    }

    /// How many more dials to learnt addresses there may be.
    fn room_for_dials(&self) -> usize {
        let (connected, dialling) = (self.index.connected, self.index.dialling);
        let wanted = self.wanted.saturating_sub(connected + dialling);
        wanted.min(DIALS_MAX.saturating_sub(dialling))
    }

    /// When the next dial is due.
    pub fn deadline(&self) -> Option<Time> {
        let learnt = || {
            let first = self.index.first(false);
            let first = first.filter(|_| self.room_for_dials() > 0);
            first.map(|at| at.max(self.next_dial))
        };
        earlier(self.index.first(true), learnt())
    }

    /// A dialled address led to a complete handshake, or to a node that is connected by `conn`
    /// already.
    pub fn reached(&mut self, addr: SocketAddr, conn: ConnId, now: Time) {
        self.change(addr, |entry| {
            entry.reached_at = now;
            entry.was_reached = true;
            entry.state = State::Connected(conn);
        });
    }

    /// A dialled address did not answer, or not as it should.
    pub fn failed(&mut self, addr: SocketAddr, now: Time, random: &mut Random) {
        self.change(addr, |entry| {
            entry.state = State::Idle;
            entry.next_try = now + back_off(entry.failures, random);
            entry.failures = entry.failures.saturating_add(1);
        });
    }

    /// A dialled address seems to be this node itself. Of one to keep that is not believed for
    /// good: anybody who takes that port while its node is down can say so.
    pub fn is_own(&mut self, addr: SocketAddr, now: Time, random: &mut Random) {
        if self.entries.get(&addr).is_some_and(|entry| entry.is_kept) {
            self.failed(addr, now, random);
        } else if self.own.len() < OWN_MAX {
            self.forget(addr);
            self.own.insert(addr);
        }
    }

    /// A connection is gone: what it stood for can be dialled again.
    pub fn disconnected(&mut self, conn: ConnId, now: Time, random: &mut Random) {
        self.told.remove(&conn);
        for addr in self.index.connected_by(conn) {
            self.change(addr, |entry| {
                entry.state = State::Idle;
                if now - entry.reached_at >= LASTING {
                    entry.failures = 0;
                }
                entry.next_try = now + back_off(entry.failures, random);
                entry.failures = entry.failures.saturating_add(1);
            });
        }
    }

    /// Whether we were told to stay connected to an address.
    pub fn keeps(&self, addr: &SocketAddr) -> bool {
        self.entries.get(addr).is_some_and(|entry| entry.is_kept)
    }

    /// Whether an address is known.
    pub fn contains(&self, addr: &SocketAddr) -> bool {
        self.entries.contains_key(addr)
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.told.contains_key(&conn) && self.index.connected_by(conn).is_empty()
    }
}

/// The pause after so many failures; up to a quarter longer, so that nodes that lost each other at
/// one moment do not meet in step for ever.
fn back_off(failures: u32, random: &mut Random) -> Duration {
    let doubled = BACK_OFF_MIN.saturating_mul(1 << failures.min(10));
    let pause = doubled.min(BACK_OFF_MAX);
    let percent = u32::try_from(random.below(25)).expect("below 25");
    pause + pause * percent / 100
}

/// Whether an address that a peer at `from` tells can be a node's: a peer from elsewhere must not
/// make us dial this machine's own services.
fn can_be_dialled(addr: SocketAddr, from: IpAddr) -> bool {
    let (ip, from) = (addr.ip().to_canonical(), from.to_canonical());
    check_addr(addr).is_ok() && (!ip.is_loopback() || from.is_loopback())
}
