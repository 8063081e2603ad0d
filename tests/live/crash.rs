//! A node whose process is killed at any moment finds a tip that it had committed, with the coins
//! of exactly that tip, and no directory is opened twice or taken for another's.

use crate::common::script::{Script, Tips};
use crate::common::*;
use chainlab::chain::headers::Origin;
use chainlab::chain::{BlockHash, Params};
use chainlab::live::disk::{DiskStore, OpenDiskError};
use chainlab::live::stored_params;
use chainlab::node::chainstate::{HeaderChain, OpenError};
use chainlab::node::{Batch, ChainState, Store};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const DIR_VAR: &str = "CHAINLAB_CRASH_DIR";
const ROUNDS_VAR: &str = "CHAINLAB_CRASH_ROUNDS";

/// After so many kills a new directory is begun.
const ROUNDS_PER_DIR: usize = 10;

/// Accepted blocks between two times that Nora notes something long, which fills journals.
const BLOCKS_PER_NOTE: usize = 60;
const NOTE: &str = "note";
const NOTE_BYTES: usize = 5 * 1024 * 1024;

fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "\n{line}").expect("somebody listens");
    out.flush().expect("somebody listens");
}

fn child_dir() -> PathBuf {
    PathBuf::from(env::var(DIR_VAR).expect("started by another test, not by hand"))
}

fn start(child: &str, dir: &Path, out: Stdio) -> Child {
    Command::new(env::current_exe().expect("running"))
        .args([
            "--exact",
            &format!("crash::{child}"),
            "--ignored",
            "--nocapture",
        ])
        .env(DIR_VAR, dir)
        .stdout(out)
        .stderr(Stdio::inherit())
        .spawn()
        .expect("this program starts")
}

/// Nora's node: follows the script for ever, and says each tip that it has committed.
#[test]
#[ignore = "is killed by the test that starts it"]
fn nora_follows_the_script() {
    let params = params();
    let mut chain = open(DiskStore::open(&child_dir()).expect("sound"), &params);
    let mut said = chain.tip();
    say(&format!("tip {}", said.hash));
    // Side blocks far below the tip would be refused, so she goes on where she was.
    let mut known = said.height > 0;
    for (count, block) in (1..).zip(Script::new(&params)) {
        if known {
            known = block.hash() != said.hash;
            continue;
        }
        let accepted = accept(&mut chain, &block).expect("valid");
        if chain.tip() != said {
            said = chain.tip();
            say(&format!("tip {}", said.hash));
        }
        if accepted.new && count % BLOCKS_PER_NOTE == 0 {
            chain = with_a_note(chain.into_store(), count);
        }
    }
}

fn with_a_note(mut store: DiskStore, count: usize) -> ChainState<DiskStore> {
    let digit = u8::try_from(count % 251).expect("below 251");
    let mut batch = Batch::default();
    let note = vec![digit; NOTE_BYTES];
    batch.meta.insert(NOTE.to_owned(), Some(note));
    Store::commit(&mut store, batch).expect("there is room");
    open(store, &params())
}

/// The last tip that Nora's node said it had committed.
fn last_said(out: &Path) -> Option<BlockHash> {
    let text = fs::read_to_string(out).expect("text");
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut tips = whole.lines().filter_map(|line| line.strip_prefix("tip "));
    tips.next_back().map(|tip| tip.parse().expect("a hash"))
}

#[test]
fn a_node_killed_at_any_moment_finds_the_last_tip_that_it_committed() {
    let rounds: usize = env::var(ROUNDS_VAR).map_or(50, |text| text.parse().expect("a number"));
    let seed: u64 = env::var("CHAINLAB_CRASH_SEED").map_or(7, |text| text.parse().expect("number"));
    println!("seed {seed}, {rounds} rounds");
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let params = params();
    let mut tips = Tips::new(&params);
    let mut dir = tempfile::tempdir().expect("a temporary directory");
    let (mut at, mut highest, mut unsaid) = (0, 0, 0);
    for round in 0..rounds {
        // Short lives come first in a directory, so that its making is hit as well.
        let life = round % ROUNDS_PER_DIR;
        if life == 0 {
            dir = tempfile::tempdir().expect("a temporary directory");
            at = 0;
        }
        let most = if life < 4 { 40_000 } else { 250_000 };
        let delay = Duration::from_micros(rng.next_u64() % most);
        let said = live_and_be_killed(dir.path(), delay);
        let said = said.map(|tip| tips.place(&tip).expect("a tip of the script"));
        let least = at.max(said.unwrap_or(0));
        at = reopened(&dir.path().join("node"), &params, &mut tips);
        let context = format!("round {round}, killed after {delay:?}, said {said:?}");
        assert!(least <= at && at <= least + 1, "{context}: found {at}");
        highest = highest.max(at);
        unsaid += usize::from(said.is_none());
    }
    println!("up to {highest} tips in a directory, {unsaid} processes said nothing");
    // Otherwise nothing but young stores was killed.
    assert!(highest > 20 || rounds < 20, "only {highest} tips");
}

fn live_and_be_killed(dir: &Path, delay: Duration) -> Option<BlockHash> {
    let out = dir.join("said");
    let file = File::create(&out).expect("there is room");
    let mut nora = start("nora_follows_the_script", &dir.join("node"), file.into());
    std::thread::sleep(delay);
    nora.kill().expect("it runs");
    let ended = nora.wait().expect("it ran");
    assert_eq!(ended.code(), None, "it ended before it was killed");
    last_said(&out)
}

/// Opens what the kill left, proves it sound, and says which tip it is at.
fn reopened(dir: &Path, params: &Params, tips: &mut Tips) -> usize {
    let store = DiskStore::open(dir).expect("opens without repair");
    let files = fs::read_dir(dir).expect("there").flatten();
    for cut in files.filter(|file| file.file_name().to_string_lossy().starts_with("cut-")) {
        let half = fs::read(cut.path()).expect("readable");
        let is_whole = half.windows(4).any(|part| part == b"FJL\x03");
        assert!(!is_whole, "a committed batch was cut off: {cut:?}");
    }
    let note = Store::meta(&store, NOTE).expect("readable");
    assert!(note.is_none_or(|note| note == vec![note[0]; NOTE_BYTES]));
    let chain = open(store, params);
    let report = sound(&chain);
    tips.place(&report.tip.hash).expect("a tip of the script")
}

/// Holds the store in a directory for another process.
#[test]
#[ignore = "is killed by the test that starts it"]
fn nora_keeps_her_store_open() {
    let _store = DiskStore::open(&child_dir()).expect("free");
    say("open");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_store_in_use_is_refused_at_once_and_free_again_when_its_process_is_killed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let node = dir.path().join("node");
    let in_use = || {
        let asked = Instant::now();
        let refused = DiskStore::open(&node).err();
        assert_eq!(refused, Some(OpenDiskError::InUse(node.clone())));
        assert!(asked.elapsed() < Duration::from_millis(50), "waited");
    };
    let store = DiskStore::open(&node).expect("new");
    in_use();
    drop(store);

    let out = dir.path().join("said");
    let file = File::create(&out).expect("there is room");
    let mut nora = start("nora_keeps_her_store_open", &node, file.into());
    while !fs::read_to_string(&out).expect("text").contains("open") {
        std::thread::sleep(Duration::from_millis(2));
    }
    in_use();
    nora.kill().expect("it runs");
    nora.wait().expect("it ran");
    DiskStore::open(&node).expect("free again");
}

/// Every file under `dir` with what it holds.
fn files(dir: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.append(&mut files(&path));
            found.insert(path, None);
        } else {
            let bytes = fs::read(&path).expect("readable");
            found.insert(path, Some(bytes));
        }
    }
    found
}

#[test]
fn a_directory_with_other_files_is_refused_and_left_as_it_is() {
    let theirs: [&[&str]; 6] = [
        &["notes.txt"],
        &["lock"],
        &["lock", "notes.txt"],
        &["chain/blocks.dat"],
        &["creating", "chain/blocks.dat"],
        &["lock", "chain/blocks.dat", "notes.txt"],
    ];
    for names in theirs {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in names {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("inside")).expect("there is room");
            // A lock file of theirs may well be empty, if it is not alone.
            let bytes = if *name == "lock" && names.len() > 1 {
                ""
            } else {
                "Carol's"
            };
            fs::write(path, bytes).expect("there is room");
        }
        let before = files(dir.path());
        let refused = DiskStore::open(dir.path()).err();
        let foreign = OpenDiskError::Foreign(dir.path().to_owned());
        assert_eq!(refused, Some(foreign), "{names:?}");
        assert_eq!(files(dir.path()), before, "{names:?}");
    }
}

#[test]
fn a_store_of_another_schema_is_refused_with_both_versions_in_the_message() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    drop(DiskStore::open(dir.path()).expect("new"));
    {
        let db = fjall::Database::builder(dir.path().join("chain")).open();
        let db = db.expect("a database");
        let meta = db.keyspace("meta", Default::default).expect("there");
        meta.insert(b"\0schema", 77_u32.to_be_bytes())
            .expect("there is room");
    }
    let refused = DiskStore::open(dir.path()).err().expect("refused");
    let dir = dir.path().to_owned();
    let text = refused.to_string();
    assert_eq!(
        refused,
        OpenDiskError::Schema {
            dir: dir.clone(),
            found: 77
        }
    );
    assert!(text.contains("schema 77, this is 1"), "{text}");
    assert!(text.contains(&dir.display().to_string()), "{text}");
}

#[test]
fn the_chain_of_another_network_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let params = params();
    let mut chain = open(DiskStore::open(dir.path()).expect("new"), &params);
    for block in Script::new(&params).take(5) {
        accept(&mut chain, &block).expect("valid");
    }
    let report = sound(&chain);
    drop(chain);
    let other = Params {
        block_interval_ms: INTERVAL_MS + 1,
        ..params.clone()
    };
    let store = DiskStore::open(dir.path()).expect("ours");
    let refused = ChainState::open(store, Arc::new(other), Arc::default()).err();
    let place = dir.path().display().to_string();
    assert_eq!(refused, Some(OpenError::OtherNetwork { place }));
    let store = DiskStore::open(dir.path()).expect("free again");
    assert_eq!(sound(&open(store, &params)), report);
}

#[test]
fn a_full_nodes_directory_is_refused_by_a_light_one_and_the_reverse() {
    let [full, light] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let params = Arc::new(params());
    let store = |dir: &tempfile::TempDir| DiskStore::open(dir.path()).expect("free");
    let place = |dir: &tempfile::TempDir| dir.path().display().to_string();
    let open_light = |store| HeaderChain::open(store, Arc::clone(&params), Arc::default());
    let mut blocks = open(store(&full), &params);
    let mut headers = open_light(store(&light)).expect("new");
    for block in Script::new(&params).take(5) {
        accept(&mut blocks, &block).expect("valid");
        let taken = headers.accept_headers(Origin::Own, &[*block.header()], LATE);
        assert_eq!(taken.expect("written").refused, None);
    }
    let (tip, report) = (blocks.tip(), sound(&blocks));
    assert_eq!(headers.tip(), tip);
    drop((blocks, headers));

    let refused = open_light(store(&full)).err();
    let place_of_full = place(&full);
    assert_eq!(
        refused,
        Some(OpenError::FullNode {
            place: place_of_full
        })
    );
    let refused = ChainState::open(store(&light), Arc::clone(&params), Arc::default()).err();
    let place_of_light = place(&light);
    assert_eq!(
        refused,
        Some(OpenError::LightNode {
            place: place_of_light
        })
    );
    for dir in [&full, &light] {
        let stored = stored_params(dir.path()).expect("readable");
        assert_eq!(stored.as_ref(), Some(&*params));
    }
    assert_eq!(sound(&open(store(&full), &params)), report);
    assert_eq!(open_light(store(&light)).expect("sound").tip(), tip);
}
