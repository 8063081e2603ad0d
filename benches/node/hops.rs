//! How fast a block walks along a line of eight nodes that know its transactions, beside the same
//! three messages over bare TCP.

use crate::common::*;
use crate::ratio::{Harness, Samples, Target, shown, timed};
use crate::scene::Scene;
use chainlab::chain::headers::Origin;
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Block, Params};
use chainlab::live::NodeHandle;
use chainlab::live::disk::DiskStore;
use chainlab::node::io::Payment;
use chainlab::node::wallets::wallet_key;
use chainlab::node::{ChainState, Command, Reply};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const NODES: usize = 8;
const HOPS: u32 = 7;
const TXS: usize = 100;
const KEYS: [u8; 32] = [5; 32];

/// Bytes of `inv` and `getdata` with one entry.
const ASK_LEN: usize = 24 + 8 + 36;

pub fn hops(harness: &mut Harness) {
    let rounds = harness.size(15, 1);
    let purse = wallet_key(&KEYS, "purse").public_key().hash();
    let allocation = |_| Allocation {
        owner: purse,
        amount: coins(1),
    };
    let params = Params {
        genesis: (0..TXS * (rounds + 1)).map(allocation).collect(),
        ..params()
    };
    let scene = Scene::new(&params);
    let nodes = line(&scene);
    let mut walks = Vec::new();
    for round in 0..=rounds {
        pay_all(&scene, &nodes);
        let walk = mine_and_watch(&scene, &nodes);
        // The first round warms up.
        if round > 0 {
            walks.push(walk / HOPS);
        }
    }
    for node in &nodes {
        scene.runtime.block_on(node.stop());
    }
    let blocks = mined(&scene, rounds + 1);
    let connects = connect(&scene, &blocks);
    let block_len = blocks[0].encoded_len() + 24;
    let bare: Samples = (0..rounds.max(5))
        .map(|_| bare_line(block_len) / HOPS)
        .collect();
    let hop: Samples = walks.iter().copied().collect();
    println!(
        "a block of {TXS} known transactions ({block_len} bytes), each of {HOPS} hops: {} | in all {} | \
         connecting and committing it: {} | inv, getdata and block over bare TCP: {}",
        shown(hop.median()),
        shown(hop.median() * HOPS),
        shown(connects.median()),
        shown(bare.median()),
    );
    let work = connects.median();
    let beyond: Samples = walks.iter().map(|hop| hop.saturating_sub(work)).collect();
    harness.report(
        "a hop without connecting and committing",
        &beyond,
        ("bare TCP", &bare),
        Target::TimesAtMost(3.0),
    );
}

fn line(scene: &Scene) -> Vec<NodeHandle> {
    let mut nodes: Vec<NodeHandle> = Vec::new();
    for at in 0..NODES {
        let mut config = scene.config(&format!("n{at}"));
        config.connect = nodes
            .last()
            .and_then(NodeHandle::addr)
            .into_iter()
            .collect();
        if at == 0 {
            config.seeds.keys = KEYS;
            config.wallets = vec!["purse".to_owned()];
        }
        nodes.push(scene.spawn(config));
    }
    for node in &nodes {
        scene.wait_until(node, |snapshot| {
            !snapshot.peers.is_empty() && snapshot.peers.iter().all(|peer| peer.ready)
        });
    }
    nodes
}

/// A hundred payments, each of one coin, until every node knows them.
fn pay_all(scene: &Scene, nodes: &[NodeHandle]) {
    let bob = scene.params.address(owner(BOB)).to_string();
    for _ in 0..TXS {
        let payment = Payment {
            from: "purse".to_owned(),
            to: bob.clone(),
            amount: coins(1),
            fee: Some(Amount::ZERO),
        };
        let paid = nodes[0].command_blocking(Command::Send(payment));
        paid.expect("there are coins");
    }
    for node in nodes {
        scene.wait_until(node, |snapshot| snapshot.mempool.count == TXS);
    }
}

/// The first node mines; from its block to the moment at which the last one gets it.
fn mine_and_watch(scene: &Scene, nodes: &[NodeHandle]) -> Duration {
    // What the payments set off is written, and synced to disk, within a second.
    thread::sleep(Duration::from_millis(1_500));
    let (mut first_events, last_events) = (nodes[0].events(), nodes[NODES - 1].events());
    let mined = nodes[0].command_blocking(Command::MineNow).expect("mined");
    let Reply::Mined { block, .. } = mined else {
        panic!("not mined: {mined:?}");
    };
    let arrived = scene.reaches(last_events, block.height);
    let found = scene.runtime.block_on(async {
        loop {
            let event = first_events.recv().await.expect("few events");
            if let chainlab::node::EventKind::Mined { .. } = event.kind {
                return event.at;
            }
        }
    });
    arrived - found
}

/// What the first node has mined.
fn mined(scene: &Scene, count: usize) -> Vec<Arc<Block>> {
    let store = DiskStore::open(&scene.dir.path().join("n0")).expect("the node has stopped");
    let chain = ChainState::open(store, Arc::clone(&scene.params), Arc::default());
    let chain = chain.expect("sound");
    let heights = 1..=u32::try_from(count).expect("few");
    let body = |height| {
        let id = chain.tree().active_at(height).expect("mined");
        let body = chain.body(&chain.tree().entry(id).hash).expect("readable");
        let body = body.expect("stored");
        assert_eq!(body.txs().len(), TXS + 1);
        body
    };
    heights.map(body).collect()
}

/// The same blocks connected on disk, their signatures known.
fn connect(scene: &Scene, blocks: &[Arc<Block>]) -> Samples {
    let sigs = Arc::default();
    let mut times = Samples::default();
    for warm in [false, true] {
        let dir = scene.dir.path().join(format!("connect-{warm}"));
        let store = DiskStore::open(&dir).expect("a directory of our own");
        let chain = ChainState::open(store, Arc::clone(&scene.params), Arc::clone(&sigs));
        let mut chain = chain.expect("a new chain");
        for block in blocks {
            let fresh = Arc::new(Block::new(*block.header(), block.txs().to_vec()));
            let (time, accepted) = timed(|| chain.accept_block(Origin::Peer(1), &fresh, LATE));
            assert!(accepted.expect("valid").change.is_some());
            if warm {
                times.push(time);
            }
        }
    }
    times
}

/// Three messages for each hop, blocking sockets, a thread at each end.
fn bare_line(block_len: usize) -> Duration {
    let listeners: Vec<TcpListener> = (0..HOPS)
        .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
        .collect();
    let mut up: Option<TcpStream> = None;
    let mut threads = Vec::new();
    for listener in listeners {
        let addr = listener.local_addr().expect("bound");
        let down = TcpStream::connect(addr).expect("it listens");
        let (accepted, _) = listener.accept().expect("a connection");
        for stream in [&down, &accepted] {
            stream.set_nodelay(true).expect("a socket");
        }
        let from = up.replace(accepted);
        threads.push((from, down));
    }
    let last = up.expect("there are hops");
    let mut threads = threads.into_iter();
    let (_, first) = threads.next().expect("there are hops");
    let relays: Vec<_> = threads
        .map(|(from, down)| {
            let from = from.expect("all but the first have one");
            thread::spawn(move || {
                receive(&from, block_len);
                send(&down, block_len);
            })
        })
        .collect();
    let (time, ()) = timed(|| {
        let end = thread::spawn(move || receive(&last, block_len));
        send(&first, block_len);
        end.join().expect("no panic");
    });
    for relay in relays {
        relay.join().expect("no panic");
    }
    time
}

fn send(mut stream: &TcpStream, block_len: usize) {
    stream.write_all(&[1; ASK_LEN]).expect("written");
    stream.read_exact(&mut [0; ASK_LEN]).expect("read");
    stream.write_all(&vec![2; block_len]).expect("written");
}

fn receive(mut stream: &TcpStream, block_len: usize) {
    stream.read_exact(&mut [0; ASK_LEN]).expect("read");
    stream.write_all(&[1; ASK_LEN]).expect("written");
    stream.read_exact(&mut vec![0; block_len]).expect("read");
}
