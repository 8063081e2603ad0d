//! A file system that is really full, and damage that falls anywhere.

use crate::common::damage::{Base, Bench, Damage, Outcome, files};
use chainlab::live::disk::{DiskStore, OpenDiskError};
use chainlab::node::{Batch, Store, StoreFault};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DIR_VAR: &str = "CHAINLAB_TEST_DIR";

/// Bytes of the file system that gets full.
const ROOM: usize = 24 * 1024 * 1024;

/// What lies there beside the store, and is taken away in the end.
const BALLAST: usize = 12 * 1024 * 1024;

/// Mounts a file system for one process, which goes with it. `false`: this user may not.
fn with_little_room(script: &str, dir: &Path) -> Option<std::process::Output> {
    let mount = format!("mount -t tmpfs -o size={ROOM} none \"${DIR_VAR}\" && {script}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
    command.arg(env::current_exe().expect("running"));
    command.env(DIR_VAR, dir).output().ok()
}

#[test]
fn on_a_full_file_system_a_store_says_so_loses_nothing_and_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let may = with_little_room("true", dir.path());
    if !may.is_some_and(|output| output.status.success()) {
        println!("this user may mount nothing, not even for itself");
        return;
    }
    let test = "\"$0\" full::a_store_with_little_room --exact --ignored --nocapture";
    let output = with_little_room(test, dir.path()).expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "one process has a file system of its own, and is started by the test above"]
fn a_store_with_little_room() {
    let dir = PathBuf::from(env::var_os(DIR_VAR).expect("started by another test, not by hand"));
    let (node, ballast) = (dir.join("node"), dir.join("ballast"));
    fs::write(&ballast, vec![0; BALLAST]).expect("there is room");
    let told = format!("{}: No space left on device (os error 28)", node.display());
    let mut store = DiskStore::open(&node).expect("new");
    let mut taken = 0;
    let fault = loop {
        match store.commit(note(taken)) {
            Ok(()) => taken += 1,
            Err(fault) => break fault,
        }
        assert!(taken < 10_000, "it takes everything");
    };
    assert_eq!(fault.to_string(), told);
    assert_eq!(
        store.commit(note(0)).expect_err("still full").to_string(),
        told
    );
    drop(store);
    match DiskStore::open(&node) {
        // What was half written is cut off, so there may be a little room.
        Ok(store) => holds(&store, taken),
        Err(OpenDiskError::Store(StoreFault::Failed { problem, .. })) => {
            assert!(problem.contains("No space left on device"), "{problem}");
        }
        Err(other) => panic!("{other}"),
    }
    fs::remove_file(&ballast).expect("there");
    let mut store = DiskStore::open(&node).expect("no repair is needed");
    holds(&store, taken);
    store.commit(note(taken)).expect("there is room");
    store.sync().expect("there is room");
    drop(store);
    holds(&DiskStore::open(&node).expect("sound"), taken + 1);
}

const NOTE_BYTES: usize = 64 * 1024;

fn note(number: usize) -> Batch {
    let mut batch = Batch::default();
    let digit = u8::try_from(number % 251).expect("below 251");
    let name = format!("note {number}");
    batch.meta.insert(name, Some(vec![digit; NOTE_BYTES]));
    batch
}

/// All that it said it had taken is there.
fn holds(store: &DiskStore, notes: usize) {
    for number in 0..notes {
        let found = store.meta(&format!("note {number}")).expect("readable");
        let digit = u8::try_from(number % 251).expect("below 251");
        assert_eq!(
            found,
            Some(vec![digit; NOTE_BYTES]),
            "note {number} of {notes}"
        );
    }
}

/// Damages unless a variable says how many.
const DAMAGES: u64 = 70;

#[test]
fn damage_that_falls_anywhere_is_refused_or_found_or_costs_the_end_and_serves_nothing_wrong() {
    let number =
        |name, default| env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let damages: u64 = number("CHAINLAB_DAMAGES", DAMAGES);
    let seed: u64 = number("CHAINLAB_DAMAGES_SEED", 1);
    println!("seed {seed}, {damages} damages");
    let base = Base::with_tables_and_a_journal();
    let mut bench = Bench::new(&base);
    let mut targets = files(&base.dir());
    // The long notes are read by nobody, and an empty file cannot be damaged.
    targets.retain(|file| {
        let len = fs::metadata(base.dir().join(file)).expect("there").len();
        (1..10_000_000).contains(&len)
    });
    let mut draws = ChaCha20Rng::seed_from_u64(seed);
    let mut outcomes = [0; 3];
    for round in 0..damages {
        let mut draw = |limit: usize| {
            let limit = u64::try_from(limit.max(1)).expect("64 bits");
            usize::try_from(draws.next_u64() % limit).expect("64 bits")
        };
        let file = &targets[draw(targets.len())];
        let len = fs::metadata(base.dir().join(file)).expect("there").len();
        let len = usize::try_from(len).expect("small");
        let (at, many, kind) = (draw(len), 1 + draw(5_000), draw(7));
        let what = format!("round {round}: kind {kind} at {at} of {}", file.display());
        let edit = move |bytes: &mut Vec<u8>| {
            let end = (at + many).min(bytes.len());
            match kind {
                0 => bytes[at] ^= 1 << (many % 8),
                1 => bytes[at] = 0xff,
                2 => bytes.truncate(at),
                3 => bytes[at..end].fill(0),
                4 => drop(bytes.drain(at..end)),
                5 => bytes[at..end].reverse(),
                _ => bytes.extend(vec![0x5a; many]),
            }
        };
        let found = bench.damage(file, &Damage::Edit(&edit), &what);
        // `judge` has compared what is served with what had been committed.
        match found.outcome {
            Outcome::Refused => {
                assert!(found.after == found.before, "{what}: was touched");
                outcomes[0] += 1;
            }
            Outcome::Fault => outcomes[1] += 1,
            Outcome::SoundAt(tip) => {
                assert!(tip <= base.last, "{what}");
                outcomes[2] += 1;
            }
        }
    }
    println!(
        "refused {}, found when read {}, sound {}",
        outcomes[0], outcomes[1], outcomes[2]
    );
    assert!(outcomes[0] > 0 && outcomes[2] > 0, "{outcomes:?}");
}
