//! Refused, network, over real sockets: bytes that are no messages, and peers that hold a
//! connection and do nothing with it. One connection ends; the node goes on with the others.

use crate::common::raw::*;
use crate::common::*;
use chainlab::chain::Params;
use chainlab::node::handshake::Identity;
use chainlab::node::message::{FRAME_HEADER_LEN, Message};
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are no frames, by what is wrong with them.
fn bad_frames(params: &Params) -> Vec<(&'static str, Vec<u8>)> {
    let magic: [u8; 4] = network(params).0[..4].try_into().expect("four bytes");
    let ping = b"ping\0\0\0\0\0\0\0\0";
    let seven = 7u64.to_le_bytes();
    vec![
        ("garbage", vec![0xa5; 300]),
        (
            "another protocol",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        ),
        ("magic", frame([1, 2, 3, 4], ping, 8, sum(&seven), &seven)),
        ("checksum", frame(magic, ping, 8, [0; 4], &seven)),
        ("too long", frame(magic, ping, 9, sum(&seven), &[0; 9])),
        (
            "4 GB",
            frame(magic, b"block\0\0\0\0\0\0\0", u32::MAX, [0; 4], &[]),
        ),
        (
            "unknown",
            frame(magic, b"pinguin\0\0\0\0\0", 8, sum(&seven), &seven),
        ),
        (
            "malformed command",
            frame(magic, b"pi\0ng\0\0\0\0\0\0\0", 8, sum(&seven), &seven),
        ),
        (
            "truncated",
            frame(magic, ping, 4, sum(&seven[..4]), &seven[..4]),
        ),
        (
            "malformed",
            frame(
                magic,
                b"inv\0\0\0\0\0\0\0\0\0",
                8,
                sum(&[255; 8]),
                &[255; 8],
            ),
        ),
        ("too many", {
            let mut payload = 2_001u64.to_le_bytes().to_vec();
            payload.extend(vec![0; 36 * 2_001]);
            let len = u32::try_from(payload.len()).expect("short");
            frame(
                magic,
                b"inv\0\0\0\0\0\0\0\0\0",
                len,
                sum(&payload),
                &payload,
            )
        }),
    ]
}

#[test]
fn bytes_that_are_no_frame_end_that_connection_alone() {
    let stage = Stage::new(params());
    let mut honest = stage.meet(ALICE);
    for (number, (what, bytes)) in (0..).zip(bad_frames(&stage.params)) {
        let mut stranger = stage.dial();
        stranger.writes(&bytes);
        assert!(stranger.is_closed(), "{what} before the handshake");
        let mut peer = stage.meet(BOB);
        peer.writes(&bytes);
        assert!(peer.is_closed(), "{what} after the handshake");
        honest.is_served(number);
    }
    let mut names: Vec<SocketAddr> = stage.peers().iter().map(|peer| peer.addr).collect();
    names.dedup();
    assert_eq!(names, [honest.stream.local_addr().expect("a socket")]);
}

#[test]
fn an_honest_peer_whose_bytes_come_one_at_a_time_is_taken() {
    let stage = Stage::new(params());
    let mut slow = stage.dial();
    let identity = Identity::new(key(BOB), network(&stage.params));
    let trickle = |slow: &mut Raw, message: &Message| {
        for byte in slow.bytes_of(message) {
            slow.writes(&[byte]);
            thread::sleep(Duration::from_micros(300));
        }
    };
    let version = slow.version(&identity);
    trickle(&mut slow, &version);
    let theirs = loop {
        if let Some(Message::Version(theirs)) = slow.hears() {
            break theirs;
        }
    };
    let verack = Message::Verack(identity.prove(&theirs));
    trickle(&mut slow, &verack);
    trickle(&mut slow, &Message::Ping(5));
    let pong = loop {
        match slow.hears() {
            Some(Message::Pong(number, _)) => break Some(number),
            Some(_) => {}
            None => break None,
        }
    };
    assert_eq!(pong, Some(5));
}

#[test]
fn a_frame_that_never_ends_is_given_up_with_its_handshake() {
    let stage = Stage::with_haste(params(), HASTE);
    let mut honest = stage.meet(ALICE);
    let mut endless = stage.dial();
    let identity = Identity::new(key(BOB), network(&stage.params));
    let version = endless.version(&identity);
    let bytes = endless.bytes_of(&version);
    endless.writes(&bytes[..FRAME_HEADER_LEN + 1]);
    endless
        .stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .expect("a socket");
    let begun = Instant::now();
    let mut number = 0;
    // It hears the node's version, and then nothing but the end.
    loop {
        let mut bytes = [0; 1_024];
        match endless.stream.read(&mut bytes) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            _ => {}
        }
        number += 1;
        honest.is_served(number);
        assert!(begun.elapsed() < PATIENCE, "it is still there");
    }
    honest.is_served(0);
}

#[test]
fn three_hundred_connections_that_say_nothing() {
    let stage = Stage::with_haste(params(), HASTE);
    let mut honest = stage.meet(ALICE);
    let mut silent: Vec<Raw> = Vec::new();
    for number in 0..300 {
        silent.push(stage.dial());
        // It must not be silent itself meanwhile: a second here is twenty on the clock.
        if number % 20 == 0 {
            honest.is_served(number);
        }
    }
    honest.is_served(1);
    let seats = stage.peers().len();
    assert!(seats <= chainlab::node::config::INBOUND_DEFAULT, "{seats}");
    // They are all thrown out by the node; none of them ever leaves.
    let begun = Instant::now();
    let mut number = 1;
    while stage.peers().len() > 1 {
        number += 1;
        honest.is_served(number);
        thread::sleep(Duration::from_millis(20));
        assert!(
            begun.elapsed() < PATIENCE,
            "{} are left",
            stage.peers().len()
        );
    }
    let mut late = stage.meet(BOB);
    late.is_served(1);
    honest.is_served(0);
    drop(silent);
}
