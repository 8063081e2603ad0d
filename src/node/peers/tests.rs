use super::names::name_in;
use super::*;
use crate::chain::BlockHash;
use crate::chain::key::{PublicKey, SecretKey};
use crate::node::config::ADDRESS_MAX;
use crate::node::handshake::{self, Identity};
use crate::node::io::{CloseReason, ConnId, Direction};
use crate::node::message::{Role, Services, Text, Version};
use crate::node::time::Time;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

const NOW: Time = Time(1_000_000_000);

fn peers(inbound_max: usize) -> Peers {
    let key = SecretKey::from_bytes([1; 32]).expect("a key");
    let us = Identity::new(key, BlockHash([7; 32]));
    Peers::new(us, inbound_max, Duration::from_secs(10), 5)
}

fn connect(peers: &mut Peers, conn: u64, ip: [u8; 4]) -> Result<Option<ConnId>, CloseReason> {
    let addr = SocketAddr::from((ip, 3000));
    peers.connected((ConnId(conn), addr, Direction::Inbound), conn, NOW)
}

/// A connected peer has said who it is.
fn shake_hands(peers: &mut Peers, conn: u64) {
    let peer = peers.get_mut(ConnId(conn)).expect("connected");
    peer.version = Some(Box::new(Version {
        protocol: handshake::PROTOCOL,
        network: BlockHash([7; 32]),
        nonce: conn,
        id: PublicKey::NONE,
        listen: None,
        height: 0,
        role: Role::Full,
        user_agent: user_agent("bob"),
        services: Services::BLOCKS,
        wants_txs: true,
    }));
}

/// A peer that comes to a handshake, and what that means for seats.
fn come(peers: &mut Peers, conn: u64, ip: [u8; 4]) -> Result<Option<ConnId>, CloseReason> {
    connect(peers, conn, ip)?;
    shake_hands(peers, conn);
    let seated = peers.seated(ConnId(conn), NOW);
    match &seated {
        Ok(Some(evicted)) => drop(peers.remove(*evicted)),
        Err(_) => drop(peers.remove(ConnId(conn))),
        Ok(None) => {}
    }
    seated
}

#[test]
fn inbound_peers_have_a_limit_and_a_few_are_all_protected() {
    let mut peers = peers(2);
    assert_eq!(come(&mut peers, 1, [10, 0, 0, 1]), Ok(None));
    assert_eq!(come(&mut peers, 2, [10, 0, 0, 2]), Ok(None));
    assert_eq!(come(&mut peers, 3, [10, 0, 0, 3]), Err(CloseReason::Full));
    peers.remove(ConnId(1));
    assert_eq!(come(&mut peers, 4, [10, 0, 0, 3]), Ok(None));
}

#[test]
fn an_address_has_a_limit_and_loopback_one_of_its_own() {
    let mut peers = peers(160);
    let most = ADDRESS_MAX as u64;
    for conn in 0..most {
        assert_eq!(connect(&mut peers, conn, [10, 0, 0, 1]), Ok(None));
    }
    assert_eq!(
        connect(&mut peers, 900, [10, 0, 0, 1]),
        Err(CloseReason::AddressFull)
    );
    // Some seats are free, and not for this machine.
    let near = 160 - seats::far_seats(160) as u64;
    for conn in 1_000..1_000 + near {
        assert_eq!(come(&mut peers, conn, [127, 0, 0, 1]), Ok(None));
    }
    let evicted = come(&mut peers, 2_000, [127, 0, 0, 1]);
    let evicted = evicted.expect("one goes").expect("one goes");
    assert!((1_000..1_000 + near).contains(&evicted.0));
    assert_eq!(come(&mut peers, 3_000, [10, 7, 0, 1]), Ok(None));
}

#[test]
fn silent_connections_make_room_for_others() {
    let mut peers = peers(9);
    for conn in 0..seats::HANDSHAKING_MAX as u64 {
        assert_eq!(connect(&mut peers, conn, [127, 0, 0, 1]), Ok(None));
    }
    assert_eq!(
        connect(&mut peers, 500, [127, 0, 0, 1]),
        Ok(Some(ConnId(0)))
    );
    // Those that have a seat through their handshake take none of these.
    shake_hands(&mut peers, 1);
    peers.remove(ConnId(0));
    assert_eq!(connect(&mut peers, 501, [127, 0, 0, 1]), Ok(None));
}

#[test]
fn enough_misbehaviour_ends_a_connection_and_bans_for_a_time_but_never_loopback() {
    let mut peers = peers(9);
    let (far, near) = (ConnId(1), ConnId(2));
    connect(&mut peers, 1, [10, 0, 0, 1]).expect("room");
    connect(&mut peers, 2, [127, 0, 0, 1]).expect("room");
    assert_eq!(peers.punish(far, 60, "once", NOW), None);
    let over = Some(CloseReason::Misbehaved("twice".to_owned()));
    assert_eq!(peers.punish(far, 60, "twice", NOW), over);
    assert_eq!(peers.punish(near, 120, "twice", NOW), over);
    let banned = connect(&mut peers, 3, [10, 0, 0, 1]);
    assert_eq!(banned, Err(CloseReason::Banned));
    assert!(!peers.is_banned(IpAddr::from([127, 0, 0, 1]), NOW));
    assert!(!peers.is_banned(IpAddr::from([10, 0, 0, 1]), NOW + BAN));
}

#[test]
fn an_address_of_version_4_that_is_written_as_one_of_version_6_is_the_same() {
    let mut peers = peers(9);
    let mapped = |ip: [u8; 4]| IpAddr::from(std::net::Ipv4Addr::from(ip).to_ipv6_mapped());
    for (conn, ip) in [(1, [127, 0, 0, 1]), (2, [10, 0, 0, 1])] {
        let addr = SocketAddr::new(mapped(ip), 3000);
        let taken = peers.connected((ConnId(conn), addr, Direction::Inbound), conn, NOW);
        taken.expect("room");
        peers.punish(ConnId(conn), SCORE_MAX, "enough", NOW);
    }
    assert!(!peers.is_banned(mapped([127, 0, 0, 1]), NOW));
    assert!(peers.is_banned(IpAddr::from([10, 0, 0, 1]), NOW));
    assert!(peers.is_banned(mapped([10, 0, 0, 1]), NOW));
    assert!(peers.unban(IpAddr::from([10, 0, 0, 1])));
}

#[test]
fn a_line_on_which_nothing_moves_is_given_up_and_one_that_crawls_is_not() {
    let mut peers = peers(9);
    for conn in [1, 2] {
        connect(&mut peers, conn, [10, 0, 0, 1]).expect("room");
        shake_hands(&mut peers, conn);
    }
    let mut now = NOW;
    for _ in 0..5 {
        now = now + Duration::from_secs(19);
        peers.received_bytes(ConnId(1), 1, now);
        peers.sent_bytes(ConnId(2), 1, now);
        assert_eq!(peers.tick(now, || 5).overdue, []);
    }
    let later = now + IDLE_MAX;
    assert_eq!(peers.deadline(), Some(later));
    let overdue = peers.tick(later, || 5).overdue;
    let why = "no byte moved for 20 s";
    assert_eq!(overdue, [(ConnId(1), why), (ConnId(2), why)]);
}

#[test]
fn only_the_pong_that_was_asked_for_counts_as_a_round_trip() {
    let mut peers = peers(9);
    connect(&mut peers, 1, [10, 0, 0, 1]).expect("room");
    peers.get_mut(ConnId(1)).expect("there").ping_due = Some(NOW);
    assert_eq!(peers.tick(NOW, || 5).pings, [(ConnId(1), 5)]);
    let later = NOW + Duration::from_millis(80);
    assert_eq!(peers.received_pong(ConnId(1), (6, NOW), later), None);
    assert_eq!(peers.info(ConnId(1)).expect("there").round_trip, None);
    assert_eq!(peers.received_pong(ConnId(1), (5, NOW), later), None);
    let round_trip = peers.info(ConnId(1)).expect("there").round_trip;
    assert_eq!(round_trip, Some(Duration::from_millis(80)));
}

#[test]
fn the_name_is_what_stands_in_brackets() {
    assert_eq!(name_in(&user_agent("central")), "central");
    assert_eq!(name_in(&Text::new("/Satoshi:0.7/")), "/Satoshi:0.7/");
}

/// A peer through its handshake that is due for a ping.
fn ready(peers: &mut Peers) -> ConnId {
    connect(peers, 1, [10, 0, 0, 1]).expect("room");
    shake_hands(peers, 1);
    peers.get_mut(ConnId(1)).expect("connected").ping_due = Some(NOW);
    ConnId(1)
}

/// Asks a peer for its time at `now`, and has the answer 80 ms later.
fn ask_time(peers: &mut Peers, now: Time, theirs: Time) -> Option<i64> {
    let conn = ConnId(1);
    peers.get_mut(conn).expect("there").ping_due = Some(now);
    assert_eq!(peers.tick(now, || 5).pings, [(conn, 5)]);
    let skew = peers.received_pong(conn, (5, theirs), now + Duration::from_millis(80));
    skew.map(Skew::ahead_ms)
}

#[test]
fn clocks_that_differ_by_more_than_half_the_drift_are_told_of_once_and_again_when_they_agree() {
    let mut peers = peers(9);
    let conn = ready(&mut peers);
    let s = Duration::from_secs;
    let shown = |peers: &Peers| peers.info(conn).expect("there").clock_ahead_ms;
    // The drift is 10 s, and 80 ms are those of the way there and back.
    for fine in [NOW, NOW + s(5), NOW + Duration::from_millis(5_080)] {
        assert_eq!(ask_time(&mut peers, NOW, fine), None);
        assert_eq!(shown(&peers), None);
    }
    assert_eq!(ask_time(&mut peers, NOW, NOW + s(31)), Some(30_920));
    assert_eq!(shown(&peers), Some(30_920));
    assert_eq!(ask_time(&mut peers, NOW + s(9), NOW + s(49)), None);
    assert_eq!(shown(&peers), Some(39_920));
    assert_eq!(ask_time(&mut peers, NOW + s(10), NOW + s(10)), Some(0));
    assert_eq!(shown(&peers), None);
    assert_eq!(ask_time(&mut peers, NOW + s(11), NOW), Some(-11_000));
}

#[test]
fn a_slow_answer_says_nothing_about_a_clock() {
    let mut peers = peers(9);
    let conn = ready(&mut peers);
    peers.tick(NOW, || 5);
    let s = Duration::from_secs;
    // It took a minute, of which nobody knows how much was the way there.
    for theirs in [NOW, NOW + s(60)] {
        peers.get_mut(conn).expect("there").ping = Some((5, NOW));
        assert_eq!(peers.received_pong(conn, (5, theirs), NOW + s(60)), None);
    }
}

#[test]
fn nobody_is_overdue_because_this_node_stood_still_and_a_late_pong_says_nothing_about_clocks() {
    let mut peers = peers(9);
    let conn = ready(&mut peers);
    connect(&mut peers, 2, [10, 0, 0, 2]).expect("room");
    assert_eq!(peers.tick(NOW, || 5).pings, [(conn, 5)]);
    let (hour, s) = (Duration::from_secs(3_600), Duration::from_secs);
    let later = NOW + hour;
    peers.stood_still(hour, later);
    // Its answer to the ping from before lay here all the time.
    assert_eq!(peers.received_pong(conn, (5, NOW), later), None);
    let due = peers.tick(later, || 6);
    assert_eq!((due.overdue, due.pings), (vec![], vec![(conn, 6)]));
    assert_eq!(peers.received_pong(conn, (6, later), later), None);
    let due = peers.tick(later + s(20), || 7);
    let why = "no byte moved for 20 s";
    assert_eq!(due.overdue, [(conn, why), (ConnId(2), why)]);
}
