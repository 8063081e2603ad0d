//! What every kind of line has in front, and that a pane has room for it.

use super::*;

#[test]
fn the_point_of_every_line_fits_a_pane_beside_its_time() {
    /// A pane of 40 columns has 36 of them, and the time takes seven.
    const ROOM: usize = 29;
    let (from, to) = (|| Some(peer("northeast")), "1DaveAddress".to_owned());
    let why = || "a reason that goes on and on".to_owned();
    let (block, fork, hash) = (block(100), block(90), BlockHash([0xa9; 32]));
    let reorg = |lost_count, returned| EventKind::Reorganised {
        fork,
        old: block,
        new: block,
        depth: 12,
        returned,
        confirmed: 0,
        held: 0,
        held_why: None,
        lost: Vec::new(),
        lost_count,
    };
    let grown = |blocks| EventKind::TipChanged {
        tip: block,
        blocks,
        txs: 0,
        from: from(),
    };
    let up = |direction| EventKind::PeerUp {
        peer: peer("northeast"),
        addr: at(1),
        direction,
    };
    let down = |name: &str| EventKind::PeerDown {
        peer: peer(name),
        addr: at(1),
        why: why(),
    };
    let mining = |words: &str| EventKind::Mining(words.to_owned());
    let txid = txid();
    let points = [
        (grown(1), "block #100 [a9] from"),
        (grown(99), "99 blocks to #100 [a9]"),
        (reorg(0, 0), "reorg 12 deep to #100 [a9]"),
        (reorg(3, 0), "reorg 12 deep, 3 txs invalid"),
        (reorg(0, 24), "reorg 12 deep, 24 txs back"),
        (
            EventKind::BecameInvalid {
                lost: Vec::new(),
                lost_count: 12,
            },
            "12 txs invalid after a reorg",
        ),
        (
            EventKind::Mined {
                block,
                txs: 99,
                reward: coins("10"),
            },
            "mined #100 [a9]  99 tx",
        ),
        (
            EventKind::BlockRefused {
                hash,
                from: from(),
                why: why(),
            },
            "refused block: a reason that",
        ),
        (
            EventKind::TxAccepted { txid, from: from() },
            "tx 9393 from northeast",
        ),
        (
            EventKind::TxRefused {
                txid,
                from: from(),
                why: why(),
            },
            "refused tx 9393: a reason",
        ),
        (
            EventKind::TxDropped { txid, why: why() },
            "dropped tx 9393: a reason",
        ),
        (
            EventKind::Sent {
                txid,
                from: "bob".to_owned(),
                to,
                amount: coins("12.5"),
            },
            "sent 12.5 to dave  tx 9393",
        ),
        (
            EventKind::Withheld { block, count: 12 },
            "kept #100 [a9], 12 private",
        ),
        (
            EventKind::Released {
                tip: block,
                blocks: 1,
            },
            "released 1 block to #100 [a9]",
        ),
        (
            EventKind::GaveUp { blocks: 12 },
            "gave up 12 private blocks",
        ),
        (up(Direction::Inbound), "northeast connected"),
        (up(Direction::Outbound), "connected to northeast"),
        (down("northeast"), "lost northeast: a reason"),
        (down("127.0.0.1:1"), "no handshake, 127.0.0.1:1:"),
        (
            EventKind::DialFailed {
                addr: at(3_000),
                why: why(),
            },
            "central does not answer",
        ),
        (
            EventKind::ClockSkew {
                peer: peer("quito"),
                ahead_ms: -4_200,
            },
            "clock of quito 4.2 s behind",
        ),
        (
            EventKind::Banned {
                ip: at(1).ip(),
                why: why(),
            },
            "banned 127.0.0.1: a reason",
        ),
        (
            EventKind::WalletCreated {
                name: "oslo-rewards".to_owned(),
                address: String::new(),
            },
            "wallet oslo-rewards made",
        ),
        (mining("miner does not mine"), "mining off"),
        (mining("miner mines for oslo"), "mining on, for oslo"),
        (
            mining("miner mines for oslo when 12 transactions wait"),
            "mining from 12 tx on, for",
        ),
    ];
    for (kind, point) in points {
        assert!(point.chars().count() <= ROOM, "{point}");
        let line = line(kind);
        assert!(line.starts_with(point), "{line}: not {point}");
    }
}
