//! Lines as a pane shows them, word for word.

use super::*;
use crate::chain::{Amount, BlockHash, BlockTime, Txid};
use crate::lab::observe::chips::Chips;
use crate::node::io::{CloseReason, ConnId, Direction, PeerLabel};
use crate::node::message::MessageSummary;
use std::net::SocketAddr;

mod fits;

const AT: Time = Time::from_block(BlockTime(42_000));

struct Lab;

impl Names for Lab {
    fn node_at(&self, addr: SocketAddr) -> Option<&str> {
        (addr == at(3_000)).then_some("central")
    }

    fn wallet_of(&self, address: &str) -> Option<&str> {
        (address == "1DaveAddress").then_some("dave")
    }
}

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn block(height: u32) -> BlockId {
    let hash = BlockHash([0xa9; 32]);
    BlockId { height, hash }
}

fn peer(name: &str) -> PeerLabel {
    let (conn, name) = (ConnId(1), name.into());
    PeerLabel { conn, name }
}

fn txid() -> Txid {
    Txid([0x93; 32])
}

fn coins(text: &str) -> Amount {
    text.parse().expect("a value")
}

fn shown(line: &LogLine) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Block(id) => format!("#{} {}", id.height, Chips::default().of(*id)),
        Piece::Tx(txid) => format!("tx {}", &txid.short()[4..]),
    };
    line.pieces.iter().map(piece).collect()
}

/// What a node called miner says to these events, with nothing for those without a line.
fn told(events: Vec<EventKind>) -> Vec<String> {
    let mut log = LogKeeper::default();
    for kind in events {
        log.hear(&Arc::new(Event { at: AT, kind }), &Lab);
    }
    log.lines().of("miner").map(|line| shown(&line)).collect()
}

fn line(kind: EventKind) -> String {
    told(vec![kind]).pop().unwrap_or_default()
}

fn grown(blocks: usize, from: Option<&str>) -> EventKind {
    EventKind::TipChanged {
        tip: block(12),
        blocks,
        txs: 0,
        from: from.map(peer),
    }
}

#[test]
fn blocks_come_from_somebody_one_or_many_at_once() {
    assert_eq!(line(grown(1, Some("miner"))), "block #12 [a9] from miner");
    assert_eq!(
        line(grown(12, Some("central"))),
        "12 blocks to #12 [a9] from central"
    );
}

#[test]
fn of_a_block_that_was_found_here_one_line_is_about_the_find() {
    let mined = |txs, reward| EventKind::Mined {
        block: block(12),
        txs,
        reward: coins(reward),
    };
    assert_eq!(
        told(vec![grown(1, None), mined(1, "10")]),
        ["mined #12 [a9]  1 tx"]
    );
    assert_eq!(line(mined(0, "1")), "mined #12 [a9]  0 tx");
}

#[test]
fn a_reorganisation_is_one_line_and_the_next_block_another() {
    let reorg = EventKind::Reorganised {
        fork: block(9),
        old: block(11),
        new: block(12),
        depth: 3,
        returned: 2,
        confirmed: 4,
        held: 0,
        held_why: None,
        lost: vec![txid()],
        lost_count: 1,
    };
    let lines = told(vec![
        reorg,
        grown(4, Some("central")),
        grown(1, Some("central")),
    ]);
    assert_eq!(
        lines,
        [
            "reorg 3 deep, 1 tx invalid, 2 back, to #12 [a9]",
            "block #12 [a9] from central"
        ]
    );
}

#[test]
fn an_attack_is_told_from_the_first_private_block_to_its_end() {
    let kept = EventKind::Withheld {
        block: block(12),
        count: 2,
    };
    assert_eq!(line(kept), "kept #12 [a9], 2 private");
    let released = |blocks| EventKind::Released {
        tip: block(12),
        blocks,
    };
    assert_eq!(line(released(1)), "released 1 block to #12 [a9]");
    assert_eq!(line(released(4)), "released 4 blocks to #12 [a9]");
    let gave_up = EventKind::GaveUp { blocks: 3 };
    assert_eq!(line(gave_up), "gave up 3 private blocks");
}

#[test]
fn what_a_reorganisation_undid_is_told_if_it_was_anything() {
    let reorg = |returned, held, lost_count| EventKind::Reorganised {
        fork: block(9),
        old: block(11),
        new: block(12),
        depth: 2,
        returned,
        confirmed: 1,
        held,
        held_why: (held > 0).then(|| "builds on too many that wait".to_owned()),
        lost: vec![txid(); lost_count],
        lost_count,
    };
    for (returned, held, lost, words) in [
        (0, 0, 0, ""),
        (1, 0, 0, ", 1 tx back,"),
        (0, 0, 1, ", 1 tx invalid,"),
        (0, 0, 2, ", 2 txs invalid,"),
        (1, 0, 2, ", 2 txs invalid, 1 back,"),
        (0, 5, 0, ", 5 txs held back,"),
        (25, 5, 1, ", 1 tx invalid, 25 back, 5 held back,"),
    ] {
        let wanted = format!("reorg 2 deep{words} to #12 [a9]");
        assert_eq!(line(reorg(returned, held, lost)), wanted);
    }
    let later = EventKind::BecameInvalid {
        lost: vec![txid()],
        lost_count: 1,
    };
    assert_eq!(line(later), "1 tx invalid after a reorg");
}

#[test]
fn payments_name_who_gets_them_and_who_told_of_them() {
    let sent = |to: &str| EventKind::Sent {
        txid: txid(),
        from: "bob".to_owned(),
        to: to.to_owned(),
        amount: coins("1"),
    };
    assert_eq!(line(sent("1DaveAddress")), "sent 1 to dave  tx 9393");
    assert_eq!(
        line(sent("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")),
        "sent 1 to 1BvB..NVN2  tx 9393"
    );
    let heard = |from: Option<&str>| EventKind::TxAccepted {
        txid: txid(),
        from: from.map(peer),
    };
    assert_eq!(line(heard(Some("wallet"))), "tx 9393 from wallet");
    assert_eq!(line(heard(None)), "");
    let refused = EventKind::TxRefused {
        txid: txid(),
        from: Some(peer("eve")),
        why: "its coin is spent".to_owned(),
    };
    assert_eq!(line(refused), "refused tx 9393: its coin is spent");
    let dropped = EventKind::TxDropped {
        txid: txid(),
        why: "too old".to_owned(),
    };
    assert_eq!(line(dropped), "dropped tx 9393: too old");
}

#[test]
fn peers_come_and_go() {
    let up = |direction| EventKind::PeerUp {
        peer: peer("central"),
        addr: at(3_000),
        direction,
    };
    assert_eq!(line(up(Direction::Inbound)), "central connected");
    assert_eq!(line(up(Direction::Outbound)), "connected to central");
    let down = |name: &str, port, why: &str| EventKind::PeerDown {
        peer: peer(name),
        addr: at(port),
        why: why.to_owned(),
    };
    assert_eq!(
        line(down("wallet", 50_001, "it hung up")),
        "lost wallet: it hung up"
    );
    assert_eq!(
        line(down("127.0.0.1:3000", 3_000, "it hung up")),
        "no handshake, central: it hung up"
    );
    let long = "a reason that goes on and on ".repeat(4);
    assert_eq!(
        line(down("wallet", 50_001, &long)),
        "lost wallet: a reason that goes on and on a reason that goes on and on a.."
    );
    let twice = CloseReason::Duplicate.to_string();
    assert_eq!(line(down("wallet", 50_001, &twice)), "");
}

#[test]
fn who_cannot_be_reached_is_told_of_once_until_it_was_there() {
    let failed = |port| EventKind::DialFailed {
        addr: at(port),
        why: "connection refused".to_owned(),
    };
    let up = |name| EventKind::PeerUp {
        peer: peer(name),
        addr: at(50_001),
        direction: Direction::Inbound,
    };
    let lines = told(vec![
        failed(3_000),
        failed(9),
        failed(3_000),
        failed(9),
        up("wallet"),
        failed(9),
        failed(3_000),
        up("central"),
        failed(9),
        failed(3_000),
    ]);
    let wanted = [
        "central does not answer",
        "127.0.0.1:9 does not answer",
        "wallet connected",
        "central connected",
        "central does not answer",
    ];
    assert_eq!(lines, wanted);
}

#[test]
fn who_hangs_up_in_each_handshake_is_told_of_once() {
    let down = EventKind::PeerDown {
        peer: peer("127.0.0.1:9"),
        addr: at(9),
        why: "another network".to_owned(),
    };
    let lines = told(vec![down.clone(), down]);
    assert_eq!(lines, ["no handshake, 127.0.0.1:9: another network"]);
}

#[test]
fn a_block_that_waits_for_its_parent_makes_no_line() {
    let waits = EventKind::BlockWaits {
        hash: BlockHash([0xa9; 32]),
        from: Some(peer("eve")),
        why: "its parent ..abababab is not here yet, and is asked for".to_owned(),
    };
    assert_eq!(line(waits), "");
}

#[test]
fn the_rest_is_short_too() {
    let refused = EventKind::BlockRefused {
        hash: BlockHash([0xa9; 32]),
        from: Some(peer("eve")),
        why: "its time is in the future".to_owned(),
    };
    assert_eq!(
        line(refused),
        "refused block: its time is in the future ..a9a9a9a9"
    );
    let wallet = EventKind::WalletCreated {
        name: "eve".to_owned(),
        address: "1Eve".to_owned(),
    };
    assert_eq!(line(wallet), "wallet eve made");
    let banned = EventKind::Banned {
        ip: at(1).ip(),
        why: "lies".to_owned(),
    };
    assert_eq!(line(banned), "banned 127.0.0.1: lies");
    let mining = |words: &str| line(EventKind::Mining(words.to_owned()));
    assert_eq!(mining("miner does not mine"), "mining off");
    assert_eq!(mining("miner mines for rewards"), "mining on, for rewards");
    assert_eq!(
        mining("miner mines for rewards when 2 transactions wait"),
        "mining from 2 tx on, for rewards"
    );
}

#[test]
fn messages_make_no_lines() {
    let message = EventKind::MessageReceived {
        peer: peer("central"),
        command: "inv".to_owned(),
        bytes: 61,
        item: None,
        summary: MessageSummary::Nothing,
    };
    assert_eq!(line(message), "");
}

#[test]
fn a_line_names_whom_it_named_when_it_happened() {
    struct Strangers;
    impl Names for Strangers {
        fn node_at(&self, _: SocketAddr) -> Option<&str> {
            None
        }
        fn wallet_of(&self, _: &str) -> Option<&str> {
            None
        }
    }
    let sent = EventKind::Sent {
        txid: txid(),
        from: "bob".to_owned(),
        to: "1DaveAddress".to_owned(),
        amount: coins("1"),
    };
    let sent = Arc::new(Event { at: AT, kind: sent });
    let mut log = LogKeeper::default();
    assert!(log.hear(&sent, &Strangers));
    assert!(log.hear(&sent, &Lab));
    let lines = log.lines();
    let lines: Vec<_> = lines.of("miner").map(|line| shown(&line)).collect();
    let wanted = ["sent 1 to 1DaveAddress  tx 9393", "sent 1 to dave  tx 9393"];
    assert_eq!(lines, wanted);
}

#[test]
fn lines_that_peers_cause_take_half_of_a_log_from_the_others_at_most() {
    let mut log = LogKeeper::default();
    let mut add = |number: u64, is_noise: bool| {
        let kind = match is_noise {
            true => EventKind::TxDropped {
                txid: txid(),
                why: "too old".to_owned(),
            },
            false => EventKind::GaveUp { blocks: 1 },
        };
        let at = Time(number);
        assert!(log.hear(&Arc::new(Event { at, kind }), &Lab));
        log.lines()
    };
    for number in 0..10_000 {
        add(number, number >= 150);
    }
    let lines = add(10_000, true);
    let times: Vec<_> = lines.of("miner").map(|line| line.at).collect();
    assert_eq!(times.len(), LOG_LINES);
    assert!(times.is_sorted(), "in order");
    let own = times.iter().filter(|at| **at < Time(150));
    assert_eq!(own.count(), LOG_LINES / 2);
    // What is its own takes all the room that it needs.
    for number in 10_001..10_200 {
        add(number, false);
    }
    let lines = add(10_200, false);
    let own = lines.of("miner").filter(|line| line.at > Time(10_000));
    assert!(own.count() >= LOG_LINES / 2);
}
