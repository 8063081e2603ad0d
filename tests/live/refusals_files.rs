//! Directories and clocks: what is corrupt, foreign or in use is refused by its name and left
//! byte for byte as it was; and no pause, however long, makes a burst of blocks or costs a peer.

use crate::common::live::{LATER, Scene, addr, call, mine, soon, tip, until, with_peers};
use crate::common::params;
use chainlab::chain::params::Retarget;
use chainlab::chain::{CompactTarget, Params, codec};
use chainlab::live::disk::DiskStore;
use chainlab::live::{LabClock, NodeHandle};
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, EventKind};
use chainlab::node::{Batch, Store};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process};
use tokio::time::sleep;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Every file under `dir` with what it holds.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else {
            let bytes = fs::read(&path).expect("readable");
            found.insert(path, bytes);
        }
    }
    found
}

/// Runs a node in `home` on the directory `data`; it must refuse. Returns its words.
fn refused(home: &Path, more: &[&str]) -> String {
    let node = ["node", "--name", "n", "--port", "0", "--data-dir", "data"];
    let output = process::Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(node.iter().chain(more))
        .current_dir(home)
        .env_remove("RUST_LOG")
        .output()
        .expect("the program runs");
    let words = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{words}");
    words
}

/// A chain of some blocks with a wallet, in `home/data`; its node is down again.
async fn make_chain(home: &Path) {
    let scene = Scene::new(params());
    let mut config = scene.config("nora");
    config.wallets.push("savings".to_owned());
    let node = scene.start(config).await;
    for _ in 0..3 {
        mine(&node).await;
    }
    soon(node.stop()).await;
    let made = fs::rename(scene.dir("nora"), home.join("data"));
    made.expect("one file system");
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("readable");
    bytes[at] ^= 0xff;
    fs::write(path, bytes).expect("written");
}

/// The one file whose name ends so.
fn one(dir: &Path, ending: &str) -> PathBuf {
    let mut found = files(dir).into_keys();
    let found = found.find(|path| path.to_string_lossy().ends_with(ending));
    found.unwrap_or_else(|| panic!("no {ending} in {dir:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_or_foreign_database_is_refused_by_name_and_not_overwritten() {
    /// What somebody does to the directory `data`.
    type Harm = fn(&Path);
    let harms: [(&str, Harm, &str); 5] = [
        (
            "a flipped byte in the journal",
            |data| flip(&one(data, ".jnl"), 40),
            "chainlab: the database in data is damaged",
        ),
        (
            "a journal cut off at its beginning",
            |data| fs::write(one(data, ".jnl"), b"\x01\x02\x03").expect("written"),
            "chainlab: the database in data is damaged",
        ),
        (
            "a keyspace that is gone",
            |data| {
                let keyspace = data.join("chain/keyspaces/1");
                fs::remove_dir_all(keyspace).expect("there");
            },
            "chainlab: the database in data is damaged",
        ),
        (
            "a manifest of zeros",
            |data| {
                let current = one(data, "current");
                let len = fs::read(&current).expect("readable").len();
                fs::write(current, vec![0; len]).expect("written");
            },
            "chainlab: the database in data is damaged",
        ),
        (
            "other files instead",
            |data| {
                fs::remove_dir_all(data).expect("there");
                fs::create_dir(data).expect("made");
                fs::write(data.join("thesis.txt"), "years of work").expect("written");
            },
            "chainlab: data holds other files and no chain: choose an empty directory",
        ),
    ];
    for (what, harm, words) in harms {
        let home = tempfile::tempdir().expect("a temporary directory");
        make_chain(home.path()).await;
        harm(&home.path().join("data"));
        let before = files(home.path());
        let said = refused(home.path(), &[]);
        assert!(said.starts_with(words), "{what}: {said}");
        assert_eq!(said.lines().count(), 1, "{what}: {said}");
        assert!(files(home.path()) == before, "{what}: files have changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_rows_of_wallets_and_addresses_are_refused_by_name_and_stay() {
    let impossible = codec::encode(&Params {
        block_interval_ms: 0,
        ..params()
    });
    for (row, bytes, words) in [
        ("params", &impossible[..], "the network's parameters"),
        ("wallet/key/savings", &[7; 31], "wallet"),
        ("wallet/tip", b"nonsense", "wallet"),
        ("addresses", &[0xff; 9], "the address book"),
        ("params", b"nonsense", "the network's parameters"),
    ] {
        let home = tempfile::tempdir().expect("a temporary directory");
        make_chain(home.path()).await;
        let data = home.path().join("data");
        let mut store = DiskStore::open(&data).expect("sound");
        let mut batch = Batch::default();
        batch.meta.insert(row.to_owned(), Some(bytes.to_vec()));
        store.commit(batch).expect("there is room");
        drop(store);
        let said = refused(home.path(), &[]);
        let named = "chainlab: the database in data is damaged: ";
        assert!(said.starts_with(named), "{row}: {said}");
        assert!(said.contains(words), "{row}: {said}");
        let store = DiskStore::open(&data).expect("as sound as it was");
        let kept = store.meta(row).expect("readable");
        assert_eq!(kept.as_deref(), Some(bytes), "{row}");
        let key = store.meta("wallet/key/nora").expect("readable");
        assert!(key.is_some(), "{row}: the other wallet's key is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_network_file_is_refused_with_its_line_and_the_directory_stays() {
    let home = tempfile::tempdir().expect("a temporary directory");
    make_chain(home.path()).await;
    let file = home.path().join("net.toml");
    for (text, words) in [
        (
            "[chain]\n\nsubsidy = 10\n",
            "chainlab: net.toml:3:11: subsidy: ",
        ),
        (
            "[chain]\nmaturity = 9\n",
            "chainlab: data holds the chain of network ",
        ),
        ("\u{0}\u{1}PNG", "chainlab: net.toml:1:"),
    ] {
        fs::write(&file, text).expect("written");
        // What opening a sound database does to its files is its own affair; it is not opened.
        let before = DiskStore::open(&home.path().join("data")).map(|store| rows(&store));
        let said = refused(home.path(), &["--network", "net.toml"]);
        assert!(said.starts_with(words), "{said}");
        let after = DiskStore::open(&home.path().join("data")).map(|store| rows(&store));
        assert_eq!(before, after);
        assert_eq!(fs::read_to_string(&file).expect("kept"), text);
    }
}

/// What a node would miss first.
fn rows(store: &DiskStore) -> Vec<Option<Vec<u8>>> {
    let names = [
        "params",
        "wallet/key/nora",
        "wallet/key/savings",
        "wallet/tip",
    ];
    names
        .map(|name| store.meta(name).expect("readable"))
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_a_running_node_s_directory_is_refused_at_once() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let scene = Scene::new(params());
    let node = scene.join("nora", &[]).await;
    std::os::unix::fs::symlink(scene.dir("nora"), home.path().join("data")).expect("linked");
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(
            refused(home.path(), &[]),
            "chainlab: data is in use by another node\n"
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "it waited");
    assert_eq!(mine(&node).await.height, 1);
}

/// Blocks of 100 ms, of which this hash rate finds as many; on the easiest target it finds 100 a
/// second.
const HASHRATE: f64 = 200.0;

fn paced() -> Params {
    Params {
        block_interval_ms: 100,
        retarget: Retarget::Asert,
        half_life_intervals: 8,
        // Twenty hashes on average.
        genesis_bits: CompactTarget(0x200c_cccc),
        future_drift_ms: 900,
        ..params()
    }
}

/// Alice, who mines, and Bob, who dials her.
async fn two(scene: &Scene) -> (NodeHandle, NodeHandle) {
    let mut config = scene.config("alice");
    config.hashrate = HASHRATE;
    let alice = scene.start(config).await;
    let bob = scene.join("bob", &[&alice]).await;
    with_peers(&alice, 1).await;
    call(&alice, Command::Mine(MiningMode::On)).await;
    (alice, bob)
}

/// Blocks in 2 s from now on. Twenty are honest; a rule that made up for a pause would find 200.
async fn blocks_in_two_seconds(node: &NodeHandle) -> u32 {
    let before = tip(node).await.height;
    sleep(Duration::from_secs(2)).await;
    tip(node).await.height - before
}

fn no_peer_was_lost(events: &mut tokio::sync::broadcast::Receiver<chainlab::node::Event>) {
    while let Ok(event) = events.try_recv() {
        let is_lost = matches!(event.kind, EventKind::PeerDown { .. });
        assert!(!is_lost, "{event:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_stopped_for_an_hour_makes_no_burst_and_no_peer_times_out() {
    // What a stopped process sees of an hour: the machine's clock has moved on when it looks.
    let (origin, slept) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let hours = Arc::clone(&slept);
    let raw =
        move || origin.elapsed() + HOUR * u32::try_from(hours.load(Ordering::SeqCst)).expect("few");
    let scene = Scene::at(paced(), LabClock::over(LATER, raw));
    let (alice, bob) = two(&scene).await;
    until(&alice, |now| now.tip.height >= 10).await;
    let mut events = [alice.events(), bob.events()];
    for _ in 0..2 {
        let before = scene.clock.now();
        slept.fetch_add(1, Ordering::SeqCst);
        assert!(
            scene.clock.now().since(before) < Duration::from_secs(10),
            "the hour counts"
        );
        let found = blocks_in_two_seconds(&alice).await;
        assert!((3..60).contains(&found), "{found} blocks");
    }
    events.iter_mut().for_each(no_peer_was_lost);
    with_peers(&bob, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_closed_for_a_day_makes_no_burst_and_its_nodes_meet_again() {
    let start = LATER;
    let mut scene = Scene::at(paced(), LabClock::starting_at(start));
    let (alice, bob) = two(&scene).await;
    let place = addr(&alice);
    let before = until(&alice, |now| now.tip.height >= 10).await.tip;
    soon(alice.stop()).await;
    soon(bob.stop()).await;

    // A node by itself lives by the wall clock, which has moved on.
    scene.clock = LabClock::starting_at(start + DAY);
    let mut config = scene.config("alice");
    (config.hashrate, config.mining) = (HASHRATE, MiningMode::On);
    let alice = scene.start_at(place, config).await;
    let mut config = scene.config("bob");
    config.connect = vec![place];
    let bob = scene.start(config).await;
    let mut events = [alice.events(), bob.events()];
    with_peers(&bob, 1).await;
    let found = blocks_in_two_seconds(&alice).await;
    assert!((3..80).contains(&found), "{found} blocks");
    assert!(tip(&alice).await.height > before.height);
    until(&bob, |now| now.tip.height > before.height + 3).await;
    events.iter_mut().for_each(no_peer_was_lost);
}
