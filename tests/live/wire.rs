//! Frames: every message goes out and comes in as it was, however the bytes are cut; and whatever
//! is no frame is refused in words, without memory being given to it.

use crate::common::*;
use bytes::BytesMut;
use chainlab::chain::key::Signature;
use chainlab::chain::merkle::MerkleProof;
use chainlab::chain::{BlockHash, FilterHash, FilterHeader};
use chainlab::live::wire::{AHEAD_BYTES, FrameError, Frames};
use chainlab::node::Time;
use chainlab::node::message::{
    ADDR_MAX, FILTER_HEADERS_MAX, FILTERS_MAX, FRAME_HEADER_LEN, FeeRates, FilterHeaders,
    FilterRange, Filters, HEADERS_MAX, INV_MAX, Item, Kind, LOCATOR_MAX, Locator, Message,
    PROTOCOL, ProofPlace, ProofQuery, Proofs, ProvenTx, Reject, Role, Services, Text, Version,
    WATCH_MAX,
};
use std::sync::Arc;
use tokio_util::codec::{Decoder, Encoder};

fn frames() -> Frames {
    let params = params();
    let network = network(&params);
    Frames::new(Arc::new(params), network)
}

fn bytes_of(message: &Message) -> BytesMut {
    let mut bytes = BytesMut::new();
    frames().encode(message, &mut bytes).expect("encodes");
    bytes
}

/// A frame of these parts, with the right checksum.
fn frame(magic: [u8; 4], command: &[u8; 12], len: u32, payload: &[u8]) -> BytesMut {
    let frame = raw::frame(magic, command, len, raw::sum(payload), payload);
    BytesMut::from(&frame[..])
}

fn magic() -> [u8; 4] {
    network(&params()).0[..4].try_into().expect("four bytes")
}

fn refused(mut bytes: BytesMut) -> FrameError {
    frames().decode(&mut bytes).expect_err("no frame")
}

fn items(count: usize) -> Vec<Item> {
    let block = params().genesis_block();
    let both = [Item::Tx(block.txids()[0]), Item::Block(block.hash())];
    both.into_iter().cycle().take(count).collect()
}

fn locator(count: usize) -> Locator {
    Locator {
        have: vec![network(&params()); count],
        stop: network(&params()),
    }
}

const RANGE: FilterRange = FilterRange {
    start: 7,
    stop: BlockHash([3; 32]),
};

const QUERY: ProofQuery = ProofQuery {
    from: ProofPlace { height: 8, tx: 2 },
    stop: BlockHash([3; 32]),
};

/// One of every kind at least, small ones and the largest that are allowed.
fn messages() -> Vec<Message> {
    let params = params();
    let block = Miner::new(&params).mine(vec![pay(
        &params,
        ALICE,
        &[genesis_coin(&params, ALICE)],
        &[(BOB, 900_000_000)],
    )]);
    let tx = Arc::new(block.txs()[1].clone());
    let proven = ProvenTx {
        block: block.hash(),
        tx: Arc::clone(&tx),
        proof: MerkleProof::new(block.txids(), 1).expect("it is there"),
    };
    let version = Version {
        protocol: PROTOCOL,
        network: network(&params),
        nonce: 7,
        id: key(ALICE).public_key(),
        listen: Some("127.0.0.1:3000".parse().expect("an address")),
        height: 12,
        role: Role::Miner,
        user_agent: Text::new("/chainlab:0.1.0(central)/"),
        services: Services::BLOCKS,
        wants_txs: true,
    };
    let old = Version {
        protocol: PROTOCOL - 1,
        ..version.clone()
    };
    let unlisted = Version {
        listen: None,
        user_agent: Text::new(&"x".repeat(300)),
        ..version.clone()
    };
    let v4 = "127.0.0.1:3000".parse().expect("an address");
    let v6 = "[::1]:3000".parse().expect("an address");
    let reject = Reject {
        command: Text::new("block"),
        item: Some(Item::Block(block.hash())),
        why: Text::new("no proof of work"),
    };
    vec![
        Message::Version(Box::new(version)),
        Message::Version(Box::new(unlisted)),
        Message::Version(Box::new(old)),
        Message::Verack(Signature::NONE),
        Message::Ping(u64::MAX),
        Message::Pong(0, Time(u64::MAX)),
        Message::GetAddr,
        Message::Addr(vec![]),
        Message::Addr([v4, v6].into_iter().cycle().take(ADDR_MAX).collect()),
        Message::Inv(vec![]),
        Message::Inv(items(INV_MAX)),
        Message::GetData(items(1)),
        Message::NotFound(items(2)),
        Message::GetHeaders(locator(LOCATOR_MAX)),
        Message::Headers(vec![*block.header(); HEADERS_MAX]),
        Message::Headers(vec![]),
        Message::GetBlocks(locator(0)),
        Message::Block(Arc::new(block)),
        Message::Tx(tx),
        Message::Reject(Box::new(reject.clone())),
        Message::Reject(Box::new(Reject {
            item: None,
            ..reject
        })),
        Message::GetCFHeaders(RANGE),
        Message::CFHeaders(Box::new(FilterHeaders {
            range: RANGE,
            previous: FilterHeader([4; 32]),
            hashes: vec![FilterHash([5; 32]); FILTER_HEADERS_MAX],
        })),
        Message::GetCFilters(RANGE),
        Message::CFilters(Box::new(Filters {
            range: RANGE,
            filters: vec![Box::from([0]); FILTERS_MAX],
        })),
        Message::CFilters(Box::new(Filters {
            range: RANGE,
            filters: vec![vec![1; 999_995].into()],
        })),
        Message::Watch(vec![owner(ALICE); WATCH_MAX]),
        Message::GetProofs(QUERY),
        Message::Proofs(Box::new(Proofs {
            query: QUERY,
            next: None,
            proven: vec![],
        })),
        Message::Proofs(Box::new(Proofs {
            query: QUERY,
            next: Some(QUERY.from),
            proven: vec![proven; 2],
        })),
        Message::FeeFilter(FeeRates {
            floor: coins(1),
            next_block: coins(2),
        }),
    ]
}

#[test]
fn every_message_comes_in_as_it_went_out() {
    let mut kinds: Vec<_> = messages().iter().map(Message::kind).collect();
    kinds.dedup();
    assert_eq!(kinds, Kind::ALL);
    for message in messages() {
        let mut bytes = bytes_of(&message);
        let len = bytes.len();
        assert_eq!(message.wire_len(), len, "{}", message.command());
        let decoded = frames().decode(&mut bytes).expect("a frame");
        assert_eq!(decoded, Some((message, len)));
        assert!(bytes.is_empty());
    }
}

#[test]
fn frames_that_come_in_one_go_are_taken_one_by_one() {
    let mut bytes = BytesMut::new();
    let mut frames = frames();
    for message in messages() {
        bytes.extend_from_slice(&bytes_of(&message));
    }
    for message in messages() {
        let decoded = frames.decode(&mut bytes).expect("a frame");
        assert_eq!(decoded.map(|(message, _)| message), Some(message));
    }
    assert!(frames.decode(&mut bytes).expect("nothing").is_none());
}

#[test]
fn bytes_that_are_trickled_one_at_a_time_make_the_same_messages() {
    let mut frames = frames();
    let mut buffer = BytesMut::new();
    for message in messages() {
        let whole = bytes_of(&message);
        let (last, others) = whole.split_last().expect("not empty");
        for byte in others {
            buffer.extend_from_slice(&[*byte]);
            assert!(frames.decode(&mut buffer).expect("so far").is_none());
        }
        buffer.extend_from_slice(&[*last]);
        let decoded = frames.decode(&mut buffer).expect("a frame");
        assert_eq!(decoded.map(|(message, _)| message), Some(message));
        assert!(!frames.is_amid_frame());
    }
}

#[test]
fn what_is_cut_off_anywhere_waits_for_the_rest() {
    for message in messages() {
        let whole = bytes_of(&message);
        for len in (0..whole.len()).step_by(1 + whole.len() / 500) {
            let mut frames = frames();
            let mut cut = BytesMut::from(&whole[..len]);
            assert!(frames.decode(&mut cut).expect("so far").is_none(), "{len}");
            assert_eq!(frames.is_amid_frame(), len >= FRAME_HEADER_LEN);
            cut.extend_from_slice(&whole[len..]);
            let decoded = frames.decode(&mut cut).expect("a frame");
            assert_eq!(decoded.map(|(message, _)| message).as_ref(), Some(&message));
        }
    }
}

#[test]
fn each_field_that_is_wrong_is_refused_by_its_name() {
    let ping = || BytesMut::from(&bytes_of(&Message::Ping(7))[..]);
    let changed = |at: usize| {
        let mut bytes = ping();
        bytes[at] ^= 1;
        refused(bytes)
    };
    for at in 0..4 {
        assert!(matches!(changed(at), FrameError::Magic { .. }), "{at}");
    }
    for at in 4..8 {
        assert!(matches!(changed(at), FrameError::Unknown(_)), "{at}");
    }
    for at in 8..16 {
        // A letter behind the name makes another name only directly behind it.
        assert!(matches!(changed(at), FrameError::Command(_)), "{at}");
    }
    for at in 20..32 {
        assert!(matches!(changed(at), FrameError::Checksum(_)), "{at}");
    }
    let long = frame(magic(), b"ping\0\0\0\0\0\0\0\0", 9, &[0; 9]);
    let short = frame(magic(), b"ping\0\0\0\0\0\0\0\0", 7, &[0; 7]);
    assert_eq!(
        refused(long).to_string(),
        "ping of 9 bytes: at most 8 are allowed"
    );
    assert!(refused(short).to_string().starts_with("ping: malformed"));
}

#[test]
fn a_command_that_is_unknown_or_not_filled_up_with_zeros_is_refused() {
    let command = |name: &[u8; 12]| refused(frame(magic(), name, 0, &[])).to_string();
    assert_eq!(
        command(b"sendheaders\0"),
        r#"unknown message "sendheaders""#
    );
    assert_eq!(
        command(b"GETADDR\0\0\0\0\0"),
        r#"unknown message "GETADDR""#
    );
    for name in [
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\0getaddr\0\0\0\0",
        b"getaddr\0x\0\0\0",
        b"getaddr\0\0\0\0x",
        b"getaddr     ",
        b"get\x1b[31m\0\0\0\0",
        b"\xff\xfe\0\0\0\0\0\0\0\0\0\0",
    ] {
        let words = command(name);
        assert!(words.starts_with("the command is malformed"), "{words}");
        assert!(words.chars().all(|c| (' '..='~').contains(&c)), "{words:?}");
    }
    // Twelve letters need no zeros.
    assert_eq!(
        command(b"abcdefghijkl"),
        r#"unknown message "abcdefghijkl""#
    );
}

#[test]
fn the_first_thing_that_is_wrong_is_what_is_said() {
    // Wrong in everything; with each repair the next fault shows.
    let junk = |magic, command, len| {
        let mut bytes = frame(magic, command, len, &[]);
        bytes[20] ^= 1;
        refused(bytes)
    };
    let ping = b"ping\0\0\0\0\0\0\0\0";
    assert!(matches!(
        junk([0; 4], b"nonsense\0\0\0\0", u32::MAX),
        FrameError::Magic { .. }
    ));
    assert!(matches!(
        junk(magic(), b"nonsense\0\0\0\0", u32::MAX),
        FrameError::Unknown(_)
    ));
    assert!(matches!(
        junk(magic(), ping, u32::MAX),
        FrameError::TooLong { .. }
    ));
    assert!(matches!(
        junk(magic(), b"getaddr\0\0\0\0\0", 0),
        FrameError::Checksum(_)
    ));
}

#[test]
fn more_entries_than_allowed_are_refused_also_within_the_bytes_allowed() {
    // A version-6 address is longer than a version-4 one, so more of the latter would fit.
    let v4 = "127.0.0.1:3000".parse().expect("an address");
    let message = Message::Addr(vec![v4; ADDR_MAX + 1]);
    let words = refused(bytes_of(&message)).to_string();
    assert_eq!(words, "addr: 1001 entries, 1000 are allowed");
    // What has entries of one size runs into the length first.
    let message = Message::Inv(items(50_000));
    assert!(matches!(
        refused(bytes_of(&message)),
        FrameError::TooLong { .. }
    ));
}

#[test]
fn room_grows_with_what_arrives_and_is_given_back() {
    let block = b"block\0\0\0\0\0\0\0";
    let mut frames = frames();
    let mut buffer = frame(magic(), block, 900_000, &[]);
    for _ in 0..100 {
        assert!(frames.decode(&mut buffer).expect("so far").is_none());
        assert!(buffer.capacity() <= 2 * buffer.len() + 2 * AHEAD_BYTES);
        buffer.extend_from_slice(&[0; 1_000]);
    }
    let headers = Message::Headers(vec![*params().genesis_block().header(); HEADERS_MAX]);
    let mut buffer = bytes_of(&headers);
    let mut frames = self::frames();
    assert!(frames.decode(&mut buffer).expect("a frame").is_some());
    assert_eq!(buffer.capacity(), 0);
}
