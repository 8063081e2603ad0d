use super::*;
use crate::chain::BlockHash;
use crate::node::io::{ConnId, Direction};

const START: Time = Time(1_000_000_000);

fn at(ms: u64) -> Time {
    START + Duration::from_millis(ms)
}

fn addr(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn peer(name: &str) -> PeerLabel {
    PeerLabel {
        conn: ConnId(1),
        name: name.into(),
    }
}

fn tip(height: u32) -> EventKind {
    EventKind::TipChanged {
        tip: BlockId {
            height,
            hash: BlockHash([0xab; 32]),
        },
        blocks: 1,
        txs: 2,
        from: Some(peer("nora")),
    }
}

fn left(blocks_left: u32) -> Known {
    Known {
        blocks_left,
        ..Known::default()
    }
}

fn kept() -> Known {
    Known {
        is_kept: true,
        ..Known::default()
    }
}

fn told(log: &mut NodeLog, ms: u64, kind: EventKind, known: Known) -> Option<(Level, String)> {
    let line = log.lines(&Event { at: at(ms), kind }, known);
    line.map(|line| (line.level, line.words))
}

#[test]
fn a_node_that_catches_up_tells_it_once_a_second_with_what_is_left() {
    let mut log = NodeLog::default();
    let mut lines = Vec::new();
    for block in 1..=500 {
        let ms = u64::from(block) * 5;
        lines.extend(told(&mut log, ms, tip(block), left(500 - block)));
    }
    let lines: Vec<_> = lines.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        lines,
        [
            "catching up: at #201 ..abababab, 201 blocks a second, 299 blocks left",
            "catching up: at #401 ..abababab, 200 blocks a second, 99 blocks left",
            "caught up: at #500 ..abababab, 500 blocks with 1000 payments in 2.5 s",
        ]
    );
    let next = told(&mut log, 9_000, tip(501), left(0));
    let next = next.expect("a line").1;
    assert_eq!(
        next,
        "at #501 ..abababab: 1 block with 2 payments, from nora"
    );
}

#[test]
fn what_is_caught_up_within_a_second_is_one_line() {
    let mut log = NodeLog::default();
    for block in 1..30 {
        assert_eq!(told(&mut log, 0, tip(block), left(30 - block)), None);
    }
    let (_, last) = told(&mut log, 900, tip(30), left(0)).expect("a line");
    assert_eq!(
        last,
        "at #30 ..abababab: 30 blocks with 60 payments, from nora"
    );
}

#[test]
fn who_stops_in_the_middle_of_catching_up_has_told_of_all_blocks() {
    let mut log = NodeLog::default();
    assert_eq!(told(&mut log, 0, tip(1), left(9)), None);
    let run = log.catch_up.as_mut().expect("it catches up");
    assert_eq!(run.line_if_due(at(999)), None);
    let line = run.line_if_due(at(2_000)).expect("a line");
    assert_eq!(
        line.words,
        "catching up: at #1 ..abababab, 0.5 blocks a second, 9 blocks left"
    );
    assert_eq!(run.line_if_due(at(4_000)), None, "nothing is new");
}

#[test]
fn an_address_to_stay_connected_to_that_cannot_be_reached_is_told_of_once_for_each_reason() {
    let failed = |why: &str| EventKind::DialFailed {
        addr: addr(3_000),
        why: why.to_owned(),
    };
    let mut log = NodeLog::default();
    let (level, words) = told(&mut log, 0, failed("refused"), kept()).expect("a line");
    assert_eq!(
        (level, &*words),
        (Level::INFO, "nobody at 127.0.0.1:3000: refused")
    );
    for _ in 0..5 {
        let (level, _) = told(&mut log, 0, failed("refused"), kept()).expect("a line");
        assert_eq!(level, Level::DEBUG);
    }
    let (level, _) = told(&mut log, 0, failed("no route"), kept()).expect("a line");
    assert_eq!(level, Level::INFO, "another reason");
    // It was there in between, by our dial or by its own.
    for (direction, port) in [(Direction::Outbound, 3_000), (Direction::Inbound, 50_001)] {
        let up = EventKind::PeerUp {
            peer: peer("nora"),
            addr: addr(port),
            direction,
        };
        let listen = Some(addr(3_000));
        let known = Known {
            listen,
            ..Known::default()
        };
        told(&mut log, 0, up, known);
        let (level, _) = told(&mut log, 0, failed("no route"), kept()).expect("a line");
        assert_eq!(level, Level::INFO);
    }
}

#[test]
fn addresses_that_others_told_of_are_tried_in_silence() {
    let failed = EventKind::DialFailed {
        addr: addr(3_000),
        why: "refused".to_owned(),
    };
    let (level, _) = told(&mut NodeLog::default(), 0, failed, Known::default()).expect("a line");
    assert_eq!(level, Level::DEBUG);
}

#[test]
fn who_hangs_up_in_each_handshake_is_told_of_once_and_a_peer_each_time_that_it_is_lost() {
    let down = |name: &str| EventKind::PeerDown {
        peer: peer(name),
        addr: addr(3_000),
        why: "another network".to_owned(),
    };
    let mut log = NodeLog::default();
    let (level, words) = told(&mut log, 0, down("127.0.0.1:3000"), kept()).expect("a line");
    assert_eq!(level, Level::INFO);
    assert_eq!(words, "no handshake with 127.0.0.1:3000: another network");
    let (level, _) = told(&mut log, 0, down("127.0.0.1:3000"), kept()).expect("a line");
    assert_eq!(level, Level::DEBUG);
    for _ in 0..2 {
        let (level, words) = told(&mut log, 0, down("nora"), kept()).expect("a line");
        assert_eq!(level, Level::INFO);
        assert_eq!(words, "lost nora at 127.0.0.1:3000: another network");
    }
}

#[test]
fn a_wallet_that_was_told_of_at_the_start_is_not_told_of_as_new() {
    let made = |name: &str| EventKind::WalletCreated {
        name: name.to_owned(),
        address: "1Eve".to_owned(),
    };
    let mut log = NodeLog::default();
    log.wallets.insert("eve".to_owned());
    assert_eq!(told(&mut log, 0, made("eve"), Known::default()), None);
    let (_, words) = told(&mut log, 0, made("mallory"), Known::default()).expect("a line");
    assert_eq!(words, "wallet mallory has 1Eve");
}

#[test]
fn a_block_that_waits_for_its_parent_is_no_warning() {
    let waits = EventKind::BlockWaits {
        hash: BlockHash([0xa9; 32]),
        from: Some(peer("nora")),
        why: "its parent ..abababab is not here yet, and is asked for".to_owned(),
    };
    let (level, words) = told(&mut NodeLog::default(), 0, waits, Known::default()).expect("a line");
    assert_eq!(level, Level::DEBUG);
    assert_eq!(
        words,
        "block ..a9a9a9a9, from nora, waits: its parent ..abababab is not here yet, and is asked for"
    );
}
