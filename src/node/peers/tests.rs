use super::*;
use crate::chain::BlockHash;
use crate::chain::key::SecretKey;

const NOW: Time = Time(1_000_000_000);

fn peers(inbound_max: usize) -> Peers {
    let key = SecretKey::from_bytes([1; 32]).expect("a key");
    Peers::new(Identity::new(key, BlockHash([7; 32])), inbound_max)
}

fn connect(peers: &mut Peers, conn: u64, ip: [u8; 4]) -> Result<(), CloseReason> {
    let addr = SocketAddr::from((ip, 3000));
    peers.connected((ConnId(conn), addr, Direction::Inbound), conn, NOW)
}

#[test]
fn inbound_connections_have_a_limit() {
    let mut peers = peers(2);
    assert_eq!(connect(&mut peers, 1, [10, 0, 0, 1]), Ok(()));
    assert_eq!(connect(&mut peers, 2, [10, 0, 0, 2]), Ok(()));
    assert_eq!(
        connect(&mut peers, 3, [10, 0, 0, 3]),
        Err(CloseReason::Full)
    );
    peers.remove(ConnId(1));
    assert_eq!(connect(&mut peers, 3, [10, 0, 0, 3]), Ok(()));
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
        let peer = peers.get_mut(ConnId(conn)).expect("connected");
        peer.version = Some(Box::new(Version {
            protocol: 1,
            network: BlockHash([7; 32]),
            nonce: conn,
            id: PublicKey::NONE,
            listen: None,
            height: 0,
            role: Role::Full,
            user_agent: user_agent("bob"),
        }));
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
    peers.received_pong(ConnId(1), 6, later);
    assert_eq!(peers.info(ConnId(1)).expect("there").round_trip, None);
    peers.received_pong(ConnId(1), 5, later);
    let round_trip = peers.info(ConnId(1)).expect("there").round_trip;
    assert_eq!(round_trip, Some(Duration::from_millis(80)));
}

#[test]
fn the_name_is_what_stands_in_brackets() {
    assert_eq!(name_in(&user_agent("central")), "central");
    assert_eq!(name_in(&Text::new("/Satoshi:0.7/")), "/Satoshi:0.7/");
}
