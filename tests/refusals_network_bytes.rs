//! Refused, network, over real sockets: bytes that are no messages, and peers that hold a
//! connection and do nothing with it. One connection ends; the node goes on with the others.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

mod common;

use bytes::{BufMut, BytesMut};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Params, hash};
use chainlab::live::wire::Frames;
use chainlab::live::{LabClock, NodeHandle, spawn};
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::message::{FRAME_HEADER_LEN, Item, Message, Role, Text, Version};
use chainlab::node::{Command, Config, Reply, Seeds, Time};
use common::*;
use peak_alloc::PeakAlloc;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_util::codec::Decoder;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lab seconds in a real one, in tests that wait for a node's time-outs.
const HASTE: u32 = 20;

/// A node that really runs, and the runtime under it.
struct Stage {
    node: NodeHandle,
    addr: SocketAddr,
    params: Arc<Params>,
    runtime: Runtime,
    over: Arc<AtomicBool>,
    _home: tempfile::TempDir,
}

/// A connection, byte by byte.
struct Raw {
    stream: TcpStream,
    frames: Frames,
    buffer: BytesMut,
    params: Arc<Params>,
}

impl Stage {
    fn new(params: Params) -> Self {
        Self::with_haste(params, 1)
    }

    /// On a clock that goes so many times as fast as others do.
    fn with_haste(params: Params, haste: u32) -> Self {
        let params = Arc::new(params);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let home = tempfile::tempdir().expect("a temporary directory");
        let seeds = Seeds {
            keys: [1; 32],
            run: [2; 32],
        };
        let config = Config::new("node", Arc::clone(&params), seeds);
        let begun = Instant::now();
        let start = Time::from_block(params.genesis_time) + Duration::from_secs(1_000);
        let clock = LabClock::over(start, move || begun.elapsed() * haste);
        let over = Arc::new(AtomicBool::new(false));
        let (beating, ended) = (clock.clone(), Arc::clone(&over));
        // A clock that nobody reads would take it that the process was stopped.
        thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                beating.now();
                thread::sleep(Duration::from_millis(5));
            }
        });
        let node = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            spawn(config, home.path(), Some(listener), clock).await
        });
        let node = node.expect("it starts");
        Self {
            addr: node.addr().expect("it listens"),
            node,
            params,
            runtime,
            over,
            _home: home,
        }
    }

    fn dial(&self) -> Raw {
        let stream = TcpStream::connect(self.addr).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Raw {
            stream,
            frames: Frames::new(Arc::clone(&self.params), network(&self.params)),
            buffer: BytesMut::new(),
            params: Arc::clone(&self.params),
        }
    }

    /// Somebody who has shaken hands.
    fn meet(&self, actor: u8) -> Raw {
        let mut raw = self.dial();
        assert!(raw.shakes_hands(actor), "the node takes it");
        raw
    }

    fn peers(&self) -> Vec<chainlab::node::snapshot::PeerInfo> {
        let reply = self.node.command_blocking(Command::Peers);
        match reply.expect("it runs") {
            Reply::Peers(peers) => peers,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.runtime.block_on(self.node.stop());
    }
}

impl Raw {
    fn writes(&mut self, bytes: &[u8]) {
        // It may be closed already, which the test finds out when it reads.
        let _ = self.stream.write_all(bytes);
    }

    fn bytes_of(&self, message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.frames.append(message, &mut bytes);
        bytes
    }

    fn sends(&mut self, message: &Message) {
        let bytes = self.bytes_of(message);
        self.writes(&bytes);
    }

    /// The next message; `None`: the connection has ended.
    fn hears(&mut self) -> Option<Message> {
        loop {
            if let Some((message, _)) = self.frames.decode(&mut self.buffer).expect("a node") {
                return Some(message);
            }
            let mut bytes = [0; 4_096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(len) => self.buffer.put_slice(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came in {PATIENCE:?}: {error}"),
            }
        }
    }

    /// Whether the node ends the connection, in time.
    fn is_closed(&mut self) -> bool {
        while self.hears().is_some() {}
        true
    }

    fn version(&self, identity: &Identity) -> Message {
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            network: network(&self.params),
            nonce: 7,
            id: identity.id,
            listen: None,
            height: 0,
            role: Role::Full,
            user_agent: Text::new("/raw/"),
        }))
    }

    /// Whether the node takes it.
    fn shakes_hands(&mut self, actor: u8) -> bool {
        let identity = Identity::new(key(actor), network(&self.params));
        let version = self.version(&identity);
        self.sends(&version);
        while let Some(message) = self.hears() {
            match message {
                Message::Version(theirs) => self.sends(&Message::Verack(identity.prove(&theirs))),
                Message::GetAddr => return true,
                _ => {}
            }
        }
        false
    }

    /// The node answers it.
    fn is_served(&mut self, number: u64) {
        self.sends(&Message::Ping(number));
        while let Some(message) = self.hears() {
            match message {
                Message::Pong(answer, _) if answer == number => return,
                Message::Ping(asked) => self.sends(&Message::Pong(asked, Time::default())),
                _ => {}
            }
        }
        panic!("the node ended the connection of an honest peer");
    }
}

fn frame(magic: [u8; 4], command: &[u8; 12], len: u32, sum: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&magic);
    bytes.extend_from_slice(command);
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&sum);
    bytes.extend_from_slice(payload);
    bytes
}

fn sum(payload: &[u8]) -> [u8; 4] {
    hash::sha256d(payload)[..4].try_into().expect("four bytes")
}

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
fn a_claimed_length_takes_no_memory() {
    let stage = Stage::new(params());
    let mut honest = stage.meet(ALICE);
    let magic: [u8; 4] = network(&stage.params).0[..4]
        .try_into()
        .expect("four bytes");
    let most = u32::try_from(chainlab::chain::rules::max_block_len(&stage.params)).expect("few");
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let mut crowd = Vec::new();
    for _ in 0..50 {
        let mut one = stage.dial();
        // As long as a block may be, and only the first bytes of it.
        let claim = frame(magic, b"block\0\0\0\0\0\0\0", most, [0; 4], &[0; 100]);
        one.writes(&claim);
        crowd.push(one);
    }
    honest.is_served(1);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(
        taken < 50 * 300_000,
        "{taken} bytes for 50 claims of {most}"
    );
    drop(crowd);
    honest.is_served(2);
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

#[test]
fn a_peer_that_asks_for_a_lot_and_never_reads() {
    // A genesis block of 280 kB, to be asked for again and again.
    let given = |_| Allocation {
        owner: owner(ALICE),
        amount: units(1),
    };
    let params = Params {
        genesis: (0..10_000).map(given).collect(),
        ..params()
    };
    let stage = Stage::with_haste(params, HASTE);
    let mut honest = stage.meet(ALICE);
    let mut deaf = stage.meet(BOB);
    let own = deaf.stream.local_addr().expect("a socket");
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let genesis = Item::Block(network(&stage.params));
    deaf.sends(&Message::GetData(vec![genesis; 2_000]));
    let begun = Instant::now();
    let (mut number, mut most) = (0, 0);
    loop {
        let peers = stage.peers();
        let Some(peer) = peers.iter().find(|peer| peer.addr == own) else {
            break;
        };
        most = most.max(peer.unsent_bytes);
        number += 1;
        honest.is_served(number);
        thread::sleep(Duration::from_millis(10));
        assert!(begun.elapsed() < PATIENCE, "it is still served");
    }
    assert!(
        (1_500_000..2_500_000).contains(&most),
        "{most} bytes unsent"
    );
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken < 20_000_000, "{taken} bytes");
    honest.is_served(0);
    let mut again = stage.meet(BOB);
    again.is_served(1);
}
