use super::*;
use crate::bitcoin::wire::{Frame, Frames};
use proptest::collection::vec;
use proptest::prelude::*;

const MAGIC: [u8; 4] = Network::Regtest.params().magic;

fn message(command: &str, payload: Vec<u8>) -> Bytes {
    let frame = Frame {
        command: CommandName::new(command),
        payload: payload.into(),
    };
    frame.to_bytes(MAGIC)
}

/// What passes of bytes that come in pieces of this length, and then no more.
fn pieces(stream: &[u8], length: usize) -> (Vec<Piece>, Passing) {
    let (mut passing, mut all) = (Passing::new(Network::Regtest), Vec::new());
    for read in stream.chunks(length) {
        passing.push(read);
        while let Some(piece) = passing.next_piece() {
            all.push(piece);
        }
        assert!(passing.waiting() < PIECE_MAX);
    }
    while let Some(piece) = passing.rest() {
        all.push(piece);
    }
    (all, passing)
}

fn joined(pieces: &[Piece]) -> Vec<u8> {
    pieces
        .iter()
        .flat_map(|piece| piece.bytes.to_vec())
        .collect()
}

fn messages(pieces: &[Piece]) -> Vec<(String, usize)> {
    let told = pieces.iter().filter_map(|piece| match piece.kind {
        PieceKind::Message(message) => Some((message.command.to_string(), message.bytes)),
        PieceKind::Part | PieceKind::Encrypted => None,
    });
    told.collect()
}

#[test]
fn a_message_that_fits_is_one_piece_and_a_long_one_is_told_with_its_last() {
    let block = message("block", vec![7; 2 * PIECE_MAX]);
    let stream = [
        message("verack", vec![]),
        block,
        message("ping", vec![1; 8]),
    ]
    .concat();
    for length in [1, 23, 24, PIECE_MAX, stream.len()] {
        let (pieces, passing) = pieces(&stream, length);
        assert_eq!(joined(&pieces), stream);
        let told = [
            ("verack".to_owned(), 24),
            ("block".to_owned(), 24 + 2 * PIECE_MAX),
            ("ping".to_owned(), 32),
        ];
        assert_eq!(messages(&pieces), told);
        let lengths: Vec<_> = pieces.iter().map(|piece| piece.bytes.len()).collect();
        assert_eq!(lengths, [24, PIECE_MAX, PIECE_MAX, 24, 32]);
        assert_eq!(passing.unreadable(), None);
    }
}

#[test]
fn what_is_claimed_to_come_is_not_waited_for() {
    let long = message("block", vec![0; PAYLOAD_MAX]);
    let (pieces, _) = pieces(&long[..PIECE_MAX + 10], 1_000);
    assert_eq!(joined(&pieces), long[..PIECE_MAX + 10]);
    assert_eq!(messages(&pieces), []);
}

#[test]
fn the_first_byte_that_is_no_message_passes_at_once() {
    let mut passing = Passing::new(Network::Regtest);
    passing.push(&[MAGIC[0]]);
    assert_eq!(passing.next_piece(), None);
    passing.push(&[0]);
    let piece = passing.next_piece().expect("not held back");
    assert_eq!(piece.kind, PieceKind::Encrypted);
    assert_eq!(piece.bytes[..], [MAGIC[0], 0]);
    passing.push(b"x");
    assert_eq!(passing.next_piece().expect("at once").bytes[..], b"x"[..]);
    assert_eq!(passing.unreadable(), Some(&Unreadable::Unknown));
}

#[test]
fn why_it_cannot_be_read_is_said() {
    let why = |stream: &[u8]| {
        let (pieces, passing) = pieces(stream, 100);
        assert_eq!(joined(&pieces), stream);
        passing.unreadable().map(ToString::to_string)
    };
    let other = [&Network::Mainnet.params().magic[..], &[0; 40]].concat();
    let words = "these are messages of mainnet, and this is regtest";
    assert_eq!(why(&other).as_deref(), Some(words));
    let chance = why(&[9; 64]);
    assert_eq!(
        chance.as_deref(),
        Some("it is encrypted, or not Bitcoin's protocol")
    );
    let after = [&message("verack", vec![])[..], &[9; 64]].concat();
    let words = why(&after).expect("no message");
    assert!(
        words.starts_with("what follows the messages so far is none: the first bytes are"),
        "{words}"
    );
    let mut long = message("ping", vec![]).to_vec();
    long[19] = 1;
    assert_eq!(
        why(&long).as_deref(),
        Some("it is encrypted, or not Bitcoin's protocol")
    );
    assert_eq!(why(&message("ping", vec![0; 9])), None);
}

#[test]
fn a_handshake_takes_the_verack_of_both() {
    let said = |name: &str| PassedMessage {
        command: CommandName::new(name),
        bytes: 24,
    };
    let mut handshake = Handshake::default();
    assert!(!handshake.passed(Way::There, &said("verack")));
    assert!(!handshake.passed(Way::There, &said("verack")));
    assert!(!handshake.passed(Way::Back, &said("version")));
    assert!(handshake.passed(Way::Back, &said("verack")));
    assert!(!handshake.passed(Way::Back, &said("verack")));
    assert!(handshake.is_complete());
}

/// Messages, and anything between them.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![Just("ping"), Just("verack"), Just("block"), Just("other")];
    let payload = prop_oneof![vec(any::<u8>(), 0..100), vec(any::<u8>(), 0..40_000)];
    let one = (name, payload).prop_map(|(name, payload)| message(name, payload).to_vec());
    let junk = vec(any::<u8>(), 1..200);
    let some = vec(prop_oneof![9 => one, 1 => junk], 0..6);
    some.prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_come_out_the_same(
        stream in stream(),
        lengths in vec(1..30_000_usize, 1..8),
    ) {
        let (mut passing, mut out) = (Passing::new(Network::Regtest), Vec::new());
        let (mut at, mut lengths) = (0, lengths.iter().cycle());
        while at < stream.len() {
            let end = stream.len().min(at + lengths.next().expect("a cycle"));
            passing.push(&stream[at..end]);
            while let Some(piece) = passing.next_piece() {
                prop_assert!((1..=PIECE_MAX).contains(&piece.bytes.len()));
                out.push(piece);
            }
            prop_assert!(passing.waiting() < PIECE_MAX);
            at = end;
        }
        while let Some(piece) = passing.rest() {
            prop_assert!(piece.bytes.len() <= PIECE_MAX);
            out.push(piece);
        }
        prop_assert_eq!(joined(&out), stream);
    }

    #[test]
    fn it_tells_of_the_messages_that_a_node_would_read(stream in stream()) {
        let (told, _) = pieces(&stream, 5_000);
        let told = messages(&told);
        let mut frames = Frames::new(MAGIC);
        frames.push(&stream);
        let mut read = Vec::new();
        while let Ok(Some(frame)) = frames.next_frame() {
            read.push((frame.command.to_string(), 24 + frame.payload.len()));
        }
        // A node judges more: how long a message of a kind can be, and the checksum.
        prop_assert_eq!(&told[..read.len()], read);
    }
}
