//! Where other nodes can be reached, and whom to dial next.
//!
//! Addresses come from three sides: those that we were told to stay connected to, those that
//! others pass on (`addr`), and the port that a peer itself says it listens on. Only the first are
//! dialled in any case; of the others as many as connections are wanted. What somebody says about an
//! address proves nothing: who is there shows in the handshake after *we* dialled it. So nobody can
//! keep us from a node by claiming its address.
//!
//! A dial that fails is tried again after [`BACK_OFF_MIN`], then twice that, up to
//! [`BACK_OFF_MAX`].

use super::io::ConnId;
use super::random::Random;
use super::time::Time;
use crate::chain::codec;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The first pause after a dial that failed.
pub const BACK_OFF_MIN: Duration = Duration::from_millis(500);

/// The longest: in a lab nobody wants to wait longer for a node that is back.
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
const OWN_MAX: usize = 64;

/// Dials that are under way at a time, beside those we were told to make.
const DIALS_MAX: usize = 4;

/// The row that the book is kept in.
pub const ROW: &str = "addresses";

/// What is known of an address.
#[derive(Clone, Debug)]
struct Entry {
    /// We were told to stay connected to it.
    is_kept: bool,
    /// Dials that failed, and connections that did not last, since one that did.
    failures: u32,
    reached_at: Time,
    /// Not before.
    next_try: Time,
    state: State,
    /// A handshake was completed there once.
    was_reached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Dialling,
    /// The node there is connected, by this connection, whoever dialled it.
    Connected(ConnId),
}

/// All known addresses.
pub struct AddrBook {
    entries: BTreeMap<SocketAddr, Entry>,
    own: BTreeSet<SocketAddr>,
    /// Connections to keep to addresses that were learnt.
    wanted: usize,
    told: BTreeMap<ConnId, usize>,
    is_dirty: bool,
}

impl AddrBook {
    /// A book that keeps `wanted` connections to addresses that it learns.
    pub fn new(wanted: usize, own: Option<SocketAddr>) -> Self {
        Self {
            entries: BTreeMap::new(),
            own: own.into_iter().collect(),
            wanted,
            told: BTreeMap::new(),
            is_dirty: false,
        }
    }

    /// Reads what an earlier run has [written](Self::flush).
    ///
    /// # Errors
    /// What is wrong with the row.
    pub fn restore(&mut self, row: &[u8], now: Time) -> Result<(), codec::DecodeError> {
        let addrs: Vec<SocketAddr> = codec::decode(row, codec::MAX_LEN)?;
        for addr in addrs.into_iter().take(ADDRESSES_MAX) {
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
    pub fn keep(&mut self, addr: SocketAddr, now: Time) {
        self.insert(addr, now);
        if let Some(entry) = self.entries.get_mut(&addr) {
            entry.is_kept = true;
            entry.next_try = now;
            entry.failures = 0;
        }
    }

    /// Forgets an address.
    pub fn forget(&mut self, addr: SocketAddr) {
        self.is_dirty |= self.entries.remove(&addr).is_some();
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
        let room = ADDRESSES_PER_PEER_MAX.saturating_sub(*told);
        *told += addrs.len().min(room);
        let mut new = Vec::new();
        for addr in addrs.iter().take(room) {
            let is_new = !self.entries.contains_key(addr) && !self.own.contains(addr);
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
            |entry: &Entry| !entry.is_kept && !entry.was_reached && entry.state == State::Idle;
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
        self.entries.remove(&addr);
        true
    }

    fn insert(&mut self, addr: SocketAddr, now: Time) {
        if self.own.contains(&addr) || self.entries.contains_key(&addr) {
            return;
        }
        self.is_dirty = true;
        let entry = Entry {
            is_kept: false,
            failures: 0,
            reached_at: now,
            next_try: now,
            state: State::Idle,
            was_reached: false,
        };
        self.entries.insert(addr, entry);
    }

    /// Addresses to tell a peer, drawn at random; not its own.
    pub fn sample(
        &self,
        count: usize,
        without: Option<SocketAddr>,
        random: &mut Random,
    ) -> Vec<SocketAddr> {
        let reached = |entry: &&Entry| entry.was_reached || entry.failures == 0;
        let known = self.entries.iter().filter(|(_, entry)| reached(entry));
        let mut addrs: Vec<SocketAddr> = known.map(|(addr, _)| *addr).collect();
        addrs.retain(|addr| Some(*addr) != without);
        random.draw(&mut addrs, count);
        addrs
    }

    /// Whom to dial now. They count as being dialled until
    /// [`reached`](Self::reached), [`failed`](Self::failed) or [`disconnected`](Self::disconnected).
    pub fn dials(&mut self, now: Time, random: &mut Random) -> Vec<SocketAddr> {
        let is_due = |entry: &Entry| entry.state == State::Idle && entry.next_try <= now;
        let mut dials: Vec<SocketAddr> = Vec::new();
        let mut others: Vec<SocketAddr> = Vec::new();
        for (addr, entry) in self.entries.iter().filter(|(_, entry)| is_due(entry)) {
            if entry.is_kept {
                dials.push(*addr);
            } else {
                others.push(*addr);
            }
        }
        random.draw(&mut others, self.room_for_dials());
        dials.append(&mut others);
        for addr in &dials {
            if let Some(entry) = self.entries.get_mut(addr) {
                entry.state = State::Dialling;
            }
        }
        dials
    }

    /// How many more dials to learnt addresses there may be.
    fn room_for_dials(&self) -> usize {
        let learnt = || self.entries.values().filter(|entry| !entry.is_kept);
        let connected = |entry: &&Entry| matches!(entry.state, State::Connected(_));
        let connected = learnt().filter(connected).count();
        let dialling = learnt()
            .filter(|entry| entry.state == State::Dialling)
            .count();
        let wanted = self.wanted.saturating_sub(connected + dialling);
        wanted.min(DIALS_MAX.saturating_sub(dialling))
    }

    /// When the next dial is due.
    pub fn deadline(&self) -> Option<Time> {
        let has_room = self.room_for_dials() > 0;
        let waits = |entry: &&Entry| entry.state == State::Idle && (entry.is_kept || has_room);
        let entries = self.entries.values();
        entries.filter(waits).map(|entry| entry.next_try).min()
    }

    /// A dialled address led to a complete handshake, or to a node that is connected by `conn`
    /// already.
    pub fn reached(&mut self, addr: SocketAddr, conn: ConnId, now: Time) {
        if let Some(entry) = self.entries.get_mut(&addr) {
            entry.reached_at = now;
            entry.was_reached = true;
            entry.state = State::Connected(conn);
        }
    }

    /// A dialled address did not answer, or not as it should.
    pub fn failed(&mut self, addr: SocketAddr, now: Time, random: &mut Random) {
        if let Some(entry) = self.entries.get_mut(&addr) {
            entry.state = State::Idle;
            entry.next_try = now + back_off(entry.failures, random);
            entry.failures = entry.failures.saturating_add(1);
        }
    }

    /// A dialled address is this node itself.
    pub fn is_own(&mut self, addr: SocketAddr) {
        if self.own.len() < OWN_MAX {
            self.forget(addr);
            self.own.insert(addr);
        }
    }

    /// A connection is gone: what it stood for can be dialled again.
    pub fn disconnected(&mut self, conn: ConnId, now: Time, random: &mut Random) {
        self.told.remove(&conn);
        for entry in self.entries.values_mut() {
            if entry.state == State::Connected(conn) {
                entry.state = State::Idle;
                if now - entry.reached_at >= LASTING {
                    entry.failures = 0;
                }
                entry.next_try = now + back_off(entry.failures, random);
                entry.failures = entry.failures.saturating_add(1);
            }
        }
    }

    /// Whether an address is known.
    pub fn contains(&self, addr: &SocketAddr) -> bool {
        self.entries.contains_key(addr)
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        let stands_for = |entry: &Entry| entry.state == State::Connected(conn);
        !self.told.contains_key(&conn) && !self.entries.values().any(stands_for)
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
    let is_somewhere = addr.port() != 0 && !ip.is_unspecified() && !ip.is_multicast();
    is_somewhere && (!ip.is_loopback() || from.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000_000);
    const CONN: ConnId = ConnId(1);

    fn addr(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    fn random() -> Random {
        Random::new(&[1; 32])
    }

    fn learn(book: &mut AddrBook, addrs: &[SocketAddr]) -> Vec<SocketAddr> {
        book.learn(CONN, addr(1).ip(), addrs, NOW, &mut random())
    }

    #[test]
    fn an_address_to_keep_is_dialled_again_ever_more_slowly_and_at_most_after_ten_seconds() {
        let mut book = AddrBook::new(0, None);
        book.keep(addr(1), NOW);
        let (mut now, mut pauses) = (NOW, Vec::new());
        for _ in 0..8 {
            assert_eq!(book.dials(now, &mut random()), [addr(1)]);
            assert_eq!(book.dials(now, &mut random()), [], "it is being dialled");
            book.failed(addr(1), now, &mut random());
            let next = book.deadline().expect("another try");
            pauses.push((next - now).as_millis());
            now = next;
        }
        assert!(pauses[0] >= 500 && pauses[1] >= 1_000 && pauses[2] >= 2_000);
        assert!(pauses.iter().all(|pause| *pause <= 12_500), "{pauses:?}");
        assert!(pauses[7] >= 10_000);
    }

    #[test]
    fn who_is_thrown_out_again_and_again_is_dialled_ever_more_slowly() {
        let mut book = AddrBook::new(0, None);
        book.keep(addr(1), NOW);
        let (mut now, mut pauses) = (NOW, Vec::new());
        for lasted in [1, 1, 1, 60, 1] {
            book.dials(now, &mut random());
            book.reached(addr(1), CONN, now);
            now = now + Duration::from_secs(lasted);
            book.disconnected(CONN, now, &mut random());
            let next = book.deadline().expect("another try");
            pauses.push((next - now).as_millis() / 500);
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 1, 2]);
    }

    #[test]
    fn of_learnt_addresses_only_as_many_are_dialled_as_are_wanted() {
        let mut book = AddrBook::new(3, Some(addr(99)));
        let told: Vec<SocketAddr> = (1..=20).chain([99]).map(addr).collect();
        assert_eq!(learn(&mut book, &told).len(), 20, "all but our own");
        let dials = book.dials(NOW, &mut random());
        assert_eq!(dials.len(), 3);
        assert_eq!(book.deadline(), None);
        for (conn, dialled) in (1..).zip(&dials) {
            book.reached(*dialled, ConnId(conn), NOW);
        }
        assert_eq!(book.dials(NOW, &mut random()), []);
        book.disconnected(ConnId(2), NOW, &mut random());
        assert_eq!(book.dials(NOW, &mut random()).len(), 1);
        assert!(book.knows_nothing_of(ConnId(2)) && !book.knows_nothing_of(ConnId(1)));
    }

    #[test]
    fn a_full_book_forgets_addresses_that_were_never_reached_and_no_others() {
        let mut book = AddrBook::new(2, None);
        book.keep(addr(1), NOW);
        learn(&mut book, &[addr(2)]);
        book.reached(addr(2), CONN, NOW);
        for port in 3..3_000 {
            learn(&mut book, &[addr(port)]);
        }
        assert_eq!(book.len(), ADDRESSES_MAX);
        assert!(book.entries.contains_key(&addr(1)) && book.entries.contains_key(&addr(2)));
    }

    #[test]
    fn one_peer_cannot_tell_addresses_without_end() {
        let mut book = AddrBook::new(2, None);
        let mut taken = 0;
        for port in 1..8_000 {
            taken += learn(&mut book, &[addr(port)]).len();
        }
        assert_eq!(taken, ADDRESSES_PER_PEER_MAX);
    }

    #[test]
    fn addresses_that_cannot_be_a_nodes_are_not_taken() {
        let mut book = AddrBook::new(2, None);
        let local = SocketAddr::from(([127, 0, 0, 1], 3000));
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 3000));
        let mapped = "[::ffff:127.0.0.1]:3000".parse().expect("an address");
        assert_eq!(learn(&mut book, &[local, nowhere, mapped, addr(0)]), []);
        let from = local.ip();
        assert_eq!(
            book.learn(CONN, from, &[local], NOW, &mut random()),
            [local]
        );
    }

    #[test]
    fn who_leads_us_back_to_ourselves_everywhere_does_not_fill_our_memory() {
        let mut book = AddrBook::new(2, None);
        for port in 1..500 {
            learn(&mut book, &[addr(port)]);
            book.is_own(addr(port));
            book.failed(addr(port), NOW, &mut random());
        }
        assert_eq!(book.own.len(), OWN_MAX);
        assert!(!book.contains(&addr(1)) && book.contains(&addr(400)));
        assert!(book.deadline().is_some_and(|at| at > NOW), "dialled later");
    }

    #[test]
    fn the_book_survives_a_restart() {
        let mut book = AddrBook::new(2, None);
        learn(&mut book, &[addr(1), addr(2)]);
        let row = book.flush().expect("changed");
        assert_eq!(book.flush(), None);
        let mut again = AddrBook::new(2, None);
        again.restore(&row, NOW).expect("what was written");
        assert_eq!(again.len(), 2);
        assert_eq!(again.dials(NOW, &mut random()).len(), 2);
    }
}
