//! What nodes cost as they run: time for a block from one to the next, and processor and memory
//! while nothing happens. Measurements, so they are asked for by name, on an otherwise idle machine:
//!
//! ```text
//! cargo test --release --test live_cost -- --ignored --nocapture --test-threads 1
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

mod common;

use chainlab::live::{self, LabClock, NodeHandle};
use chainlab::node::io::{Command, Event, EventKind, Reply};
use chainlab::node::{BlockId, Config, Time};
use common::params;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// Nodes in a row, each connected to the one before it.
struct Row {
    nodes: Vec<NodeHandle>,
    _dirs: Vec<TempDir>,
}

impl Row {
    async fn start(count: usize) -> Self {
        let (clock, sigs) = (LabClock::from_wall(), Arc::default());
        let params = Arc::new(params());
        let (mut nodes, mut dirs) = (Vec::<NodeHandle>::new(), Vec::new());
        for number in 0..count {
            let seeds = live::seeds().expect("the system has randomness");
            let mut config = Config::new(&format!("n{number}"), Arc::clone(&params), seeds);
            config.sigs = Arc::clone(&sigs);
            config.outbound = 0;
            config
                .connect
                .extend(nodes.last().and_then(NodeHandle::addr));
            let dir = tempfile::tempdir().expect("a temporary directory");
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port is free");
            let node = live::spawn(config, dir.path(), Some(listener), clock.clone()).await;
            nodes.push(node.expect("sound"));
            dirs.push(dir);
        }
        for (number, node) in nodes.iter().enumerate() {
            let neighbours = usize::from(number > 0) + usize::from(number + 1 < count);
            let mut snapshots = node.snapshots();
            let connected = snapshots
                .wait_for(|now| now.peers.iter().filter(|peer| peer.ready).count() == neighbours);
            let connected = timeout(PATIENCE, connected).await.expect("in time");
            connected.expect("it runs");
        }
        Self { nodes, _dirs: dirs }
    }
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime")
}

async fn mine(node: &NodeHandle) -> BlockId {
    match node.command(Command::MineNow).await.expect("it can") {
        Reply::Mined { block, .. } => block,
        other => panic!("{other:?}"),
    }
}

async fn reached(events: &mut Receiver<Event>, wanted: BlockId) -> Time {
    let found = async {
        loop {
            let event = events.recv().await.expect("it runs, and we keep up");
            if matches!(event.kind, EventKind::TipChanged { tip, .. } if tip == wanted) {
                return event.at;
            }
        }
    };
    timeout(PATIENCE, found).await.expect("in time")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What `inv`, `getdata` and `block` take between two threads and nothing else, in the median.
fn bare_hop(rounds: usize) -> Duration {
    const LENS: [usize; 3] = [68, 68, 400];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let addr = listener.local_addr().expect("bound");
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        stream.set_nodelay(true).expect("TCP");
        let mut bytes = [0; 400];
        for _ in 0..rounds {
            stream.read_exact(&mut bytes[..LENS[0]]).expect("inv");
            stream.write_all(&bytes[..LENS[1]]).expect("getdata");
            stream.read_exact(&mut bytes[..LENS[2]]).expect("block");
            stream.write_all(&[1]).expect("done");
        }
    });
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream.set_nodelay(true).expect("TCP");
    let mut bytes = [0; 400];
    let times = (0..rounds).map(|_| {
        let begun = Instant::now();
        stream.write_all(&bytes[..LENS[0]]).expect("inv");
        stream.read_exact(&mut bytes[..LENS[1]]).expect("getdata");
        stream.write_all(&bytes[..LENS[2]]).expect("block");
        stream.read_exact(&mut bytes[..1]).expect("done");
        // Four messages, of which a hop has three.
        begun.elapsed() * 3 / 4
    });
    let times = times.collect();
    other.join().expect("no panic");
    median(times)
}

#[test]
#[ignore = "a measurement"]
fn a_block_takes_at_most_three_times_as_long_as_its_messages() {
    const NODES: usize = 8;
    let bare = bare_hop(1_000);
    let hop = runtime().block_on(async {
        let row = Row::start(NODES).await;
        let mut times = Vec::new();
        let (mut first, mut last) = (row.nodes[0].events(), row.nodes[NODES - 1].events());
        for _ in 0..100 {
            let tip = mine(&row.nodes[0]).await;
            let begun = reached(&mut first, tip).await;
            let ended = reached(&mut last, tip).await;
            times.push(ended.since(begun) / u32::try_from(NODES - 1).expect("small"));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        median(times)
    });
    println!("bare TCP {bare:?}, a hop {hop:?}");
    assert!(
        hop <= 3 * bare,
        "{hop:?} for a hop, {bare:?} for its messages"
    );
}

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, after_name) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum();
    // Linux counts hundredths of a second for programs.
    Duration::from_millis(ticks * 10)
}

/// Memory of this process that is really there, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.expect("kB").parse::<usize>().expect("a number") * 1_024
}

#[test]
#[ignore = "a measurement"]
fn sixty_four_idle_nodes_cost_next_to_nothing() {
    const NODES: usize = 64;
    const WATCHED: Duration = Duration::from_secs(20);
    live::raise_open_files().expect("allowed");
    let before = resident();
    let runtime = runtime();
    let row = runtime.block_on(Row::start(NODES));
    thread::sleep(Duration::from_secs(3));
    let each = resident().saturating_sub(before) / NODES;
    let used = processor_time();
    thread::sleep(WATCHED);
    let used = processor_time().saturating_sub(used);
    let share = used.as_secs_f64() / WATCHED.as_secs_f64();
    println!(
        "{NODES} idle nodes: {:.1} % of a core, {each} bytes each",
        100.0 * share
    );
    assert!(share < 0.05, "{share} of a core");
    assert!(each < 6_000_000, "{each} bytes each");
    drop(row);
}
