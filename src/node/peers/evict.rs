//! Which inbound connection makes room for another, when all seats are taken.
//!
//! Strangers cost nothing and can be many, so those that come first must not keep all others out. What
//! they cannot have at will is looked at, as Bitcoin Core does it (`src/node/eviction.cpp`): one
//! after the other those are set aside that answer soonest, that brought blocks and payments which
//! this node did not have, that come from certain parts of the network (which ones, follows from a
//! number that they do not know), and of the rest the half that has been here for longest. Of what is
//! left then, the fullest group of addresses loses a connection: the youngest.
//!
//! Two things are different here. Within a group those lose whose very address has most connections:
//! in a lab, and in a simulation, all may be in one group. And who has just come has [`SETTLING`] to show
//! what it is good for: as long as others have had that time, one of those goes. In a flood in which
//! all are new, that one goes which has had most of it. Otherwise the next to come would turn out
//! each newcomer at once, and on loopback, where all have one address, no honest node could stay.

use crate::node::ids::ConnId;
use crate::node::time::Time;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Peers kept because they answer soonest: an attacker would have to be nearer to more places than
/// it can choose.
pub const KEPT_BY_PING: usize = 8;

/// Peers kept because they were the last to bring a payment that was taken.
pub const KEPT_BY_TX: usize = 4;

/// Peers kept because they were the last to bring a new block: it had to be found.
pub const KEPT_BY_BLOCK: usize = 4;

/// Peers kept because of the part of the network that they come from.
pub const KEPT_BY_GROUP: usize = 4;

/// The time that a newcomer has: a ping and an answer, a block or two on a fast network.
pub const SETTLING: Duration = Duration::from_secs(10);

/// Bits of an address of version 6 that a single customer is given.
const SITE_BITS: u32 = 64;

/// Where a connection comes from, as seats are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    group: Group,
    address: IpAddr,
}

/// Addresses that are likely to be in one hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// This machine.
    Loopback,
    /// A /16.
    V4([u8; 2]),
    /// A /32.
    V6([u8; 4]),
}

/// A connection that has a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Its number.
    pub conn: ConnId,
    /// Where it comes from.
    pub origin: Origin,
    /// When it came.
    pub since: Time,
}

/// A peer through its handshake, and what speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its seat.
    pub seat: Seat,
    /// What its group is worth here: a number that no stranger can know beforehand.
    pub luck: u64,
    /// Its fastest answer so far.
    pub round_trip: Option<Duration>,
    /// When it last brought a block that was new here.
    pub brought_block: Option<Time>,
    /// When it last brought a payment that was taken.
    pub brought_tx: Option<Time>,
}

/// A connection that has not come to a handshake so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshaking {
    /// Its seat.
    pub seat: Seat,
    /// It has sent a `version`.
    pub has_spoken: bool,
}

impl Origin {
    /// Of a connection from this IP. One of version 4 is the same if it is written as one of
    /// version 6; of one of version 6 the first half counts, as its owner has all of the other.
    pub fn of(ip: IpAddr) -> Self {
        let (group, address) = match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let [a, b, ..] = ip.octets();
                (Group::V4([a, b]), IpAddr::V4(ip))
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.octets();
                let site = Ipv6Addr::from_bits(ip.to_bits() >> SITE_BITS << SITE_BITS);
                (Group::V6([a, b, c, d]), IpAddr::V6(site))
            }
        };
        match ip.to_canonical().is_loopback() {
            true => Self {
                group: Group::Loopback,
                address: ip.to_canonical(),
            },
            false => Self { group, address },
        }
    }

    /// Whether it comes from this machine.
    pub fn is_loopback(&self) -> bool {
        self.group == Group::Loopback
    }

    /// Whether both count as one address.
    pub fn is_same_address(&self, other: &Self) -> bool {
        self.address == other.address
    }

    /// Bytes that stand for the group.
    pub fn group_bytes(&self) -> [u8; 5] {
        match self.group {
            Group::Loopback => [0; 5],
            Group::V4([a, b]) => [4, a, b, 0, 0],
            Group::V6([a, b, c, d]) => [6, a, b, c, d],
        }
    }
}

/// Who of those that have shaken hands is to go for one more; `None`: all of them are protected.
pub fn to_evict(mut candidates: Vec<Candidate>, now: Time) -> Option<ConnId> {
    protect(&mut candidates, KEPT_BY_GROUP, |peer| Some(peer.luck));
    protect(&mut candidates, KEPT_BY_PING, |peer| {
        peer.round_trip.map(Reverse)
    });
    protect(&mut candidates, KEPT_BY_TX, |peer| peer.brought_tx);
    protect(&mut candidates, KEPT_BY_BLOCK, |peer| peer.brought_block);
    let half = candidates.len() / 2;
    protect(&mut candidates, half, |peer| Some(Reverse(peer.seat.since)));
    let crowd = in_fullest_group(candidates, |peer| peer.seat);
    let (settled, new): (Vec<Candidate>, _) = crowd
        .into_iter()
        .partition(|peer| now - peer.seat.since >= SETTLING);
    let age = |peer: &Candidate| (peer.seat.since, peer.seat.conn);
    let youngest = settled.into_iter().max_by_key(age);
    let victim = youngest.or_else(|| new.into_iter().min_by_key(age));
    victim.map(|peer| peer.seat.conn)
}

/// Who of those that have not shaken hands is to go for one more: one of the fullest group; there one
/// that has said nothing, or else the oldest. A handshake takes a round trip or two, so who has had
/// the time of many others is the last to be waited for.
pub fn to_turn_out(waiting: Vec<Handshaking>) -> Option<ConnId> {
    let crowd = in_fullest_group(waiting, |one| one.seat);
    let first = crowd
        .into_iter()
        .min_by_key(|one| (one.has_spoken, one.seat.since, one.seat.conn));
    first.map(|one| one.seat.conn)
}

/// Takes out those with most merit, `count` at most; of equal ones those that came first. Who has no
/// merit of this kind is not taken out.
fn protect<K: Ord>(
    candidates: &mut Vec<Candidate>,
    count: usize,
    merit: impl Fn(&Candidate) -> Option<K>,
) {
    let rank = |peer: &Candidate| (merit(peer), Reverse((peer.seat.since, peer.seat.conn)));
    candidates.sort_by_key(rank);
    let worthy = candidates.iter().filter(|peer| merit(peer).is_some());
    let kept = count.min(worthy.count());
    candidates.truncate(candidates.len() - kept);
}

/// Those of the group with most of them, and there those whose address has most. Of groups that are
/// equally full it is that of the youngest.
fn in_fullest_group<T>(mut all: Vec<T>, seat: impl Fn(&T) -> Seat) -> Vec<T> {
    let mut groups: BTreeMap<Group, (usize, Time)> = BTreeMap::new();
    for one in &all {
        let Seat { origin, since, .. } = seat(one);
        let (count, youngest) = groups.entry(origin.group).or_default();
        (*count, *youngest) = (*count + 1, since.max(*youngest));
    }
    let fullest = groups.iter().max_by_key(|(_, fullness)| **fullness);
    let fullest = fullest.map(|(group, _)| *group);
    all.retain(|one| Some(seat(one).origin.group) == fullest);
    let mut addresses: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for one in &all {
        *addresses.entry(seat(one).origin.address).or_default() += 1;
    }
    let most = addresses.values().max().copied();
    all.retain(|one| addresses.get(&seat(one).origin.address).copied() == most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(10_000_000_000);

    fn before(secs: u64) -> Time {
        Time(NOW.0 - secs * 1_000_000)
    }

    /// One that came so many seconds ago.
    fn peer(conn: u64, ip: [u8; 4], secs: u64) -> Candidate {
        Candidate {
            seat: Seat {
                conn: ConnId(conn),
                origin: Origin::of(ip.into()),
                since: before(secs),
            },
            luck: 0,
            round_trip: None,
            brought_block: None,
            brought_tx: None,
        }
    }

    /// In one group with all others.
    fn own_address(number: u64) -> [u8; 4] {
        let [high, low] = u16::try_from(number).expect("16 bits").to_be_bytes();
        [10, 0, high, low]
    }

    /// A crowd of one group that came one a second, the last a minute ago.
    fn crowd(count: u64) -> Vec<Candidate> {
        let of = |conn: u64| peer(conn, own_address(conn), 60 + count - conn);
        (1..=count).map(of).collect()
    }

    fn evicted(candidates: &[Candidate]) -> Option<ConnId> {
        to_evict(candidates.to_vec(), NOW)
    }

    #[test]
    fn the_youngest_of_the_fullest_group_goes() {
        let mut all = crowd(100);
        // Younger, but alone in their groups.
        all.push(peer(200, [10, 1, 0, 1], 11));
        all.push(peer(201, [10, 2, 0, 1], 11));
        assert_eq!(evicted(&all), Some(ConnId(100)));
    }

    #[test]
    fn what_an_attacker_cannot_have_at_will_protects() {
        let honest = |change: fn(&mut Candidate)| {
            let mut all = crowd(100);
            change(&mut all[99]);
            evicted(&all)
        };
        assert_eq!(honest(|_| {}), Some(ConnId(100)));
        let next = Some(ConnId(99));
        assert_eq!(honest(|peer| peer.brought_block = Some(before(50))), next);
        assert_eq!(honest(|peer| peer.brought_tx = Some(before(50))), next);
        let fast = Some(Duration::from_millis(1));
        assert_eq!(
            honest(|peer| peer.round_trip = Some(Duration::from_millis(1))),
            next
        );
        assert_eq!(honest(|peer| peer.luck = 7), next);
        // Only the best are: eight are nearer than the ninth.
        let mut all = crowd(100);
        for near in &mut all[50..58] {
            near.round_trip = fast;
        }
        all[99].round_trip = Some(Duration::from_millis(2));
        assert_eq!(evicted(&all), Some(ConnId(100)));
    }

    #[test]
    fn the_half_that_has_been_here_for_longest_stays() {
        let all = crowd(100);
        let mut left = all.clone();
        let mut gone = Vec::new();
        // Each gives way to a newcomer, who is among the youngest then.
        for newcomer in 1_000..2_000 {
            let victim = evicted(&left).expect("not all are protected");
            gone.push(victim.0);
            left.retain(|peer| peer.seat.conn != victim);
            left.push(peer(newcomer, own_address(newcomer), 0));
        }
        let stayed = all.iter().map(|peer| peer.seat.conn.0);
        let stayed: Vec<u64> = stayed.filter(|conn| !gone.contains(conn)).collect();
        assert_eq!(stayed, (1..=stayed.len() as u64).collect::<Vec<_>>());
        assert!(stayed.len() >= 50, "{}", stayed.len());
    }

    #[test]
    fn of_a_group_the_address_with_most_connections_loses_one() {
        let mut all = crowd(100);
        all.extend((200..205).map(|conn| peer(conn, [10, 0, 9, 9], 220 - conn)));
        assert_eq!(evicted(&all), Some(ConnId(204)));
        all.push(peer(300, [10, 0, 8, 8], 10));
        assert_eq!(evicted(&all), Some(ConnId(204)), "not the lone newcomer");
    }

    #[test]
    fn who_has_just_come_has_time_to_settle_and_in_a_flood_as_much_as_there_is() {
        let mut all = crowd(100);
        all.push(peer(200, [10, 0, 8, 8], 9));
        assert_eq!(evicted(&all), Some(ConnId(100)), "not the newcomer");
        // All are new: who comes is followed by many others before it goes.
        let loopback = |conn: u64| {
            let mut one = peer(conn, [127, 0, 0, 1], 0);
            one.seat.since = Time(NOW.0 - 1_000_000 + conn);
            one
        };
        let mut seats: Vec<_> = (1..=100).map(loopback).collect();
        let mut followers = 0;
        let honest = ConnId(101);
        seats.push(loopback(101));
        for conn in 102.. {
            let victim = evicted(&seats).expect("not all are protected");
            if victim == honest {
                break;
            }
            followers += 1;
            seats.retain(|peer| peer.seat.conn != victim);
            seats.push(loopback(conn));
        }
        assert!(followers >= 40, "{followers}");
    }

    #[test]
    fn a_few_peers_are_all_protected() {
        assert_eq!(evicted(&[]), None);
        assert_eq!(evicted(&crowd(4)), None);
        assert_eq!(evicted(&crowd(6)), Some(ConnId(6)));
    }

    #[test]
    fn of_those_that_have_not_shaken_hands_the_silent_of_the_fullest_group_goes_first() {
        let waiting = |conn, ip, secs, has_spoken| Handshaking {
            seat: peer(conn, ip, secs).seat,
            has_spoken,
        };
        let (here, there) = ([127, 0, 0, 1], [10, 0, 0, 1]);
        let all = vec![
            waiting(1, here, 9, true),
            waiting(2, here, 8, false),
            waiting(3, here, 7, false),
            waiting(4, there, 19, false),
        ];
        assert_eq!(to_turn_out(all.clone()), Some(ConnId(2)));
        let spoken = all.into_iter().filter(|one| one.has_spoken).collect();
        assert_eq!(to_turn_out(spoken), Some(ConnId(1)));
        assert_eq!(to_turn_out(Vec::new()), None);
    }

    #[test]
    fn an_address_is_one_however_it_is_written_and_of_version_6_a_site_is_one() {
        let of = |text: &str| Origin::of(text.parse().expect("an address"));
        assert_eq!(of("10.0.0.9"), of("::ffff:10.0.0.9"));
        assert!(of("::1").is_loopback() && of("::ffff:127.0.0.3").is_loopback());
        assert!(of("2001:db8::1").is_same_address(&of("2001:db8::ffff:2")));
        assert!(!of("2001:db8::1").is_same_address(&of("2001:db8:0:1::1")));
        assert_ne!(of("10.0.0.9").group_bytes(), of("10.1.0.9").group_bytes());
    }
}
