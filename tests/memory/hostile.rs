//! Nodes that mean harm, watched over TCP: each costs a bounded amount of memory, and a watcher of another
//! node in the same process goes on as if they were not there.

use crate::common::bitcoin::testing::{REGTEST, block_on, header_on, introduction, version};
use crate::{MEMORY, TURN};
use chainlab::bitcoin::Network;
use chainlab::bitcoin::watcher::{WatchConfig, WatchEventKind};
use chainlab::bitcoin::wire::{
    Frame, InvItem, InvKind, Message, NodeAddr, NodeHost, Services, Version,
};
use chainlab::live::{LabClock, WatchHandle, WatchNews, watch_node};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How long each of them has.
const FOR: Duration = Duration::from_secs(2);

/// What is sent in a round.
type Flood = fn(u32) -> Vec<u8>;

fn bytes(message: &Message) -> Vec<u8> {
    message.to_frame().to_bytes(REGTEST.magic).to_vec()
}

/// Says that it is what no node is, and in orders to a terminal.
fn hello() -> Vec<u8> {
    let hello = introduction(Version {
        user_agent: vec![0x1b; 256].into(),
        height: i32::MAX,
        ..version(Services(0b1101))
    });
    hello.iter().flat_map(bytes).collect()
}

fn inv(kind: InvKind, round: u32) -> Vec<u8> {
    let items = (0..50_000_u32).map(|nth| {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&(u64::from(round) << 32 | u64::from(nth)).to_le_bytes());
        InvItem { kind, hash }
    });
    bytes(&Message::Inv(items.collect()))
}

/// Two thousand headers on one parent, each with the work that regtest wants.
fn siblings(round: u32) -> Vec<u8> {
    let genesis = REGTEST.genesis();
    let salts = round * 2_000..(round + 1) * 2_000;
    bytes(&Message::Headers(
        salts.map(|salt| header_on(&genesis, salt)).collect(),
    ))
}

fn addrs(round: u32) -> Vec<u8> {
    let addr = |nth: u32| NodeAddr {
        time: 0,
        services: Services(1),
        host: NodeHost::Ip((round << 10 | nth).to_be_bytes().into()),
        port: 8_333,
    };
    bytes(&Message::Addr((0..1_000).map(addr).collect()))
}

fn unasked(round: u32) -> Vec<u8> {
    let genesis = REGTEST.genesis();
    let salt = u8::try_from(round % 256).expect("a byte");
    bytes(&Message::Block(block_on(&genesis, 1, salt, &[])))
}

/// A message that is never complete: a head that claims four million bytes, and then a few.
fn endless(round: u32) -> Vec<u8> {
    if round > 0 {
        return vec![0; 1_000];
    }
    let frame = Frame {
        command: chainlab::bitcoin::wire::CommandName::new("block"),
        payload: vec![0; 4_000_000].into(),
    };
    frame.to_bytes(REGTEST.magic)[..24].to_vec()
}

/// A listener that answers each connection by `flood`, round by round; it reads if `reads`.
fn hostile(flood: Flood, reads: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || attack(stream, flood, reads));
        }
    });
    at
}

fn attack(mut stream: TcpStream, flood: Flood, reads: bool) {
    if reads {
        let mut reader = stream.try_clone().expect("a clone");
        thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while matches!(reader.read(&mut buffer), Ok(1..)) {}
        });
    }
    let began = Instant::now();
    let mut said = stream.write_all(&hello());
    let mut round = 0;
    while said.is_ok() && began.elapsed() < FOR * 2 {
        said = stream.write_all(&flood(round));
        round += 1;
    }
}

fn watch(at: SocketAddr) -> WatchHandle {
    let config = WatchConfig {
        network: Network::Regtest,
        addr: at,
        user_agent: "/chainlab:test/".to_owned(),
        mempool: true,
        rpc: false,
        seed: [4; 32],
    };
    watch_node(config, LabClock::from_wall().of_the_world(), None)
}

/// What is told of one of them, and what was held meanwhile, by both sides, in kB.
async fn endured(at: SocketAddr) -> (Vec<WatchEventKind>, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let mut handle = watch(at);
    let end = tokio::time::Instant::now() + FOR;
    let mut told = Vec::new();
    while let Ok(Some(news)) = tokio::time::timeout_at(end, handle.events.recv()).await {
        if let WatchNews::Event(event) = news
            && told.len() < 10_000
        {
            told.push(event.kind);
        }
    }
    let snapshot = handle.snapshots.borrow().clone();
    assert!(snapshot.waiting <= 100_000 && snapshot.addresses <= 10_000);
    let most = MEMORY.peak_usage().saturating_sub(before);
    (told, most / 1_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_flood_of_a_hostile_node_is_bounded_and_shown_in_plain_words() {
    let floods: [(&str, Flood, bool); 8] = [
        ("transactions", |round| inv(InvKind::Wtx, round), true),
        ("blocks", |round| inv(InvKind::Block, round), true),
        ("headers", siblings, true),
        ("addresses", addrs, true),
        ("bodies", unasked, true),
        ("no end", endless, true),
        (
            "pings without reading",
            |round| bytes(&Message::Ping(round.into())).repeat(100),
            false,
        ),
        ("garbage", |_| vec![0xff; 10_000], true),
    ];
    let _turn = TURN.lock().await;
    for (name, flood, reads) in floods {
        let (told, grown) = endured(hostile(flood, reads)).await;
        println!("{name}: {} events, {grown} kB", told.len());
        assert!(!told.is_empty(), "{name}: nothing was told");
        for kind in &told {
            let words = kind.words();
            assert!(!words.contains(char::is_control), "{name}: {words:?}");
            assert!(words.chars().count() < 400, "{name}: {words:?}");
        }
        // 32 MB of bodies, 60 MB of transactions, the buffers of two connections, and what is sent.
        assert!(grown < 120_000, "{name}: {grown} kB");
    }
}
