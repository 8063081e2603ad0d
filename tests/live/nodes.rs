//! Nodes as they run: threads, loopback sockets, databases, and real time.

use crate::common::live::{PATIENCE, addr, at_tip, call, mine, soon, tip, until};
use crate::common::{coins, params};
use chainlab::chain::Params;
use chainlab::live::disk::OpenDiskError;
use chainlab::live::{self, End, LabClock, NodeHandle, StartError};
use chainlab::node::Config;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, EventKind, Payment, Question, Reply};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A node and the directory that it lives in.
struct Home {
    dir: TempDir,
    name: &'static str,
}

impl Home {
    fn new(name: &'static str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self { dir, name }
    }

    fn config(&self) -> Config {
        let seeds = live::seeds().expect("the system has randomness");
        let mut config = Config::new(self.name, Arc::new(params()), seeds);
        config.wallets = vec![self.name.to_owned()];
        config
    }

    async fn start(&self, connect: &[SocketAddr]) -> NodeHandle {
        self.start_at("127.0.0.1:0".parse().expect("an address"), connect)
            .await
    }

    async fn start_at(&self, at: SocketAddr, connect: &[SocketAddr]) -> NodeHandle {
        let mut config = self.config();
        config.connect = connect.to_vec();
        let listener = TcpListener::bind(at).await.expect("the port is free");
        spawn(config, self.dir.path(), listener)
            .await
            .expect("sound")
    }
}

async fn spawn(
    config: Config,
    dir: &Path,
    listener: TcpListener,
) -> Result<NodeHandle, StartError> {
    live::spawn(config, dir, Some(listener), LabClock::from_wall()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_connect_mine_sync_and_pay() {
    let (alice, bob) = (Home::new("alice"), Home::new("bob"));
    let alice_node = alice.start(&[]).await;
    for height in 1..=3 {
        assert_eq!(mine(&alice_node).await.height, height);
    }
    let bob_node = bob.start(&[addr(&alice_node)]).await;
    let tip = until(&alice_node, |now| now.tip.height == 3).await.tip;
    let synced = at_tip(&bob_node, tip).await;
    assert_eq!(synced.peers.len(), 1);
    assert_eq!(synced.peers[0].name, "alice");

    let to = synced.wallets[0].address.clone();
    let payment = Payment {
        from: "alice".to_owned(),
        to,
        amount: coins(7),
        fee: Some(coins(1)),
    };
    let sent = call(&alice_node, Command::Send(payment)).await;
    let Reply::Sent { announced_to, .. } = sent else {
        panic!("{sent:?}");
    };
    assert_eq!(announced_to, 1);
    until(&bob_node, |now| now.mempool.count == 1).await;
    // Bob mines the payment to himself, with the fee, and Alice hears of it.
    let tip = mine(&bob_node).await;
    let paid = at_tip(&bob_node, tip).await;
    let wallet = &paid.wallets[0];
    let all = [wallet.confirmed, wallet.immature];
    let all: u64 = all.iter().map(|amount| amount.units()).sum();
    assert_eq!(all, coins(7 + 10 + 1).units());
    at_tip(&alice_node, tip).await;
    for node in [alice_node, bob_node] {
        assert_eq!(soon(node.stop()).await, End::Stopped);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miner_mines_at_its_rate_until_it_is_told_to_rest() {
    let home = Home::new("nora");
    let node = home.start(&[]).await;
    let mut events = node.events();
    call(&node, Command::SetHashrate(100.0)).await;
    call(&node, Command::Mine(MiningMode::On)).await;
    // Two hashes a block on average: some blocks a second.
    until(&node, |now| now.tip.height >= 5).await;
    call(&node, Command::Mine(MiningMode::Off)).await;
    let rest = until(&node, |now| {
        now.mining.as_ref().expect("its own").height.is_none()
    })
    .await
    .tip;
    // The next block is the one that is asked for.
    assert_eq!(mine(&node).await.height, rest.height + 1);
    let mut mined = 0;
    while let Ok(event) = events.try_recv() {
        mined += u32::from(matches!(event.kind, EventKind::Mined { .. }));
    }
    assert_eq!(mined, rest.height + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_stopped_or_killed_is_back_with_all_it_had() {
    let home = Home::new("nora");
    let mut node = home.start(&[]).await;
    let place = addr(&node);
    let address = node.snapshots().borrow().wallets[0].address.clone();
    for round in 1..=4 {
        let tip = mine(&node).await;
        assert_eq!(tip.height, round);
        let end = match round % 2 {
            0 => soon(node.stop()).await,
            _ => soon(node.kill()).await,
        };
        assert_ne!(matches!(end, End::Stopped), matches!(end, End::Killed));
        // The same port and directory are free at once.
        node = home.start_at(place, &[]).await;
        let now = node.snapshots().borrow().clone();
        assert_eq!(now.tip, tip);
        assert_eq!(now.wallets[0].address, address);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_use_is_refused_at_once_and_its_node_goes_on() {
    let home = Home::new("nora");
    let node = home.start(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("free");
    let second = soon(spawn(home.config(), home.dir.path(), listener)).await;
    let refused = second.expect_err("in use");
    assert!(matches!(refused, StartError::Disk(OpenDiskError::InUse(_))));
    assert_eq!(mine(&node).await.height, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_network_is_refused_and_left_alone() {
    let home = Home::new("nora");
    let node = home.start(&[]).await;
    let tip = mine(&node).await;
    soon(node.stop()).await;
    let mut config = home.config();
    config.params = Arc::new(Params::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("free");
    let refused = soon(spawn(config, home.dir.path(), listener)).await;
    let words = refused.expect_err("another network").to_string();
    assert!(
        words.ends_with("holds the chain of another network"),
        "{words}"
    );
    let stored = live::stored_params(home.dir.path()).expect("sound");
    assert_eq!(stored, Some(params()));
    assert_eq!(home.start(&[]).await.snapshots().borrow().tip, tip);
}

/// Asks a node again and again, for longer than it takes that a snapshot follows a change.
async fn ask_for_a_while(node: &NodeHandle) {
    let begun = Instant::now();
    let mut asked = 0;
    while asked < 20 || begun.elapsed() < Duration::from_millis(100) {
        soon(node.ask(Question::Snapshot)).await.expect("it runs");
        asked += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_only_asked_does_not_show_itself_again() {
    let node = Home::new("nora").start(&[]).await;
    let mut snapshots = node.snapshots();
    let begun = Instant::now();
    // What it wrote when it began is flushed within a second, and that shows.
    loop {
        snapshots.borrow_and_update();
        ask_for_a_while(&node).await;
        if !snapshots.has_changed().expect("it runs") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "at every question");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_to_a_node_that_has_ended_are_answered_in_words() {
    let home = Home::new("nora");
    let node = home.start(&[]).await;
    assert_eq!(soon(node.stop()).await, End::Stopped);
    let refused = soon(node.ask(Question::Wallets)).await;
    assert_eq!(
        refused.expect_err("it has ended").to_string(),
        "the node was stopped"
    );
    assert_eq!(soon(node.kill()).await, End::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_bug_ends_alone_says_so_and_is_back_with_all_it_had() {
    let (nora, otto) = (Home::new("nora"), Home::new("otto"));
    let otto_node = otto.start(&[]).await;
    // The node reads its clock on its own thread: there the bug is.
    let (origin, is_broken) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let breaks = Arc::clone(&is_broken);
    let clock = LabClock::over(LabClock::from_wall().now(), move || {
        assert!(
            !breaks.load(Ordering::SeqCst),
            "the clock fell off the wall"
        );
        origin.elapsed()
    });
    let mut config = nora.config();
    config.connect = vec![addr(&otto_node)];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("free");
    let node = live::spawn(config, nora.dir.path(), Some(listener), clock).await;
    let node = node.expect("sound");
    let (place, mined) = (addr(&node), mine(&node).await);
    at_tip(&otto_node, mined).await;

    is_broken.store(true, Ordering::SeqCst);
    let refused = soon(node.ask(Question::Wallets)).await;
    let words = refused.expect_err("a bug").to_string();
    assert_eq!(
        words,
        "the node has a bug, and ended: the clock fell off the wall"
    );
    let end = soon(node.ended()).await;
    assert_eq!(end, End::Panicked("the clock fell off the wall".to_owned()));
    // The other one lost a peer, and nothing else.
    until(&otto_node, |now| now.peers.is_empty()).await;
    let next = mine(&otto_node).await;
    let back = nora.start_at(place, &[addr(&otto_node)]).await;
    assert_eq!(next.height, mined.height + 1);
    at_tip(&back, next).await;
}

/// Overwrites the stored body of the block after the genesis block.
fn spoil_a_block(dir: &Path) {
    let db = fjall::Database::builder(dir.join("chain")).open();
    let db = db.expect("a database");
    let blocks = db.keyspace("blocks", Default::default).expect("there");
    let keys = blocks.iter().map(|row| row.key().expect("readable"));
    let at_one = keys
        .into_iter()
        .find(|key| key.starts_with(&1_u32.to_be_bytes()));
    blocks
        .insert(at_one.expect("a block at height 1"), b"worms")
        .expect("there is room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_disk_fails_halts_alone_and_says_where() {
    // More than a node looks at when it starts.
    const BLOCKS: u32 = 150;
    let (nora, otto) = (Home::new("nora"), Home::new("otto"));
    let node = nora.start(&[]).await;
    let first = mine(&node).await;
    for _ in 1..BLOCKS {
        mine(&node).await;
    }
    soon(node.stop()).await;
    spoil_a_block(nora.dir.path());

    let node = nora.start(&[]).await;
    let otto_node = otto.start(&[]).await;
    assert_eq!(tip(&node).await.height, BLOCKS);
    let refused = soon(node.ask(Question::Block { hash: first.hash })).await;
    let words = refused.expect_err("the disk fails").to_string();
    let place = nora.dir.path().display().to_string();
    assert!(words.starts_with("the node has stopped: "), "{words}");
    assert!(words.contains(&place), "{words}");
    let end = soon(node.ended()).await;
    assert!(matches!(end, End::Halted(_)), "{end:?}");
    assert_eq!(mine(&otto_node).await.height, 1);
    // What it had is still there, but for the block that the worms ate.
    assert_eq!(tip(&nora.start(&[]).await).await.height, BLOCKS);
}
