//! The system refuses files or room: that is what is told, and not that the database is damaged.

use chainlab::live::disk::{DiskStore, OpenDiskError};
use chainlab::node::{Batch, Store, StoreFault};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const DIR_VAR: &str = "CHAINLAB_TEST_DIR";

/// More than is committed between two times that tables are written.
const MUCH: usize = 5_000_000;

/// Runs one of the tests below, which changes what its process may do, in a process of its own.
fn in_a_process_of_its_own(test: &str, dir: &Path) {
    let mut command = Command::new("sh");
    // A process that writes beyond its limit is told so by a signal, unless it does not want that.
    let script = "trap '' XFSZ; exec \"$0\" \"$@\"";
    command.args(["-c", script]);
    command.arg(env::current_exe().expect("running"));
    command.args([test, "--ignored", "--nocapture", "--test-threads=1"]);
    let output = command.env(DIR_VAR, dir).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("1 passed"), "{said}");
}

fn dir() -> PathBuf {
    PathBuf::from(env::var_os(DIR_VAR).expect("started by another test, not by hand"))
}

fn limit(of: Resource, most: Option<u64>) {
    let maximum = rustix::process::getrlimit(of).maximum;
    let current = most.or(maximum);
    setrlimit(of, Rlimit { current, maximum }).expect("less than before is always allowed");
}

/// Files that are open.
fn open_files() -> u64 {
    let open = fs::read_dir("/proc/self/fd").expect("a system with /proc");
    u64::try_from(open.count()).expect("few") - 1
}

fn note(number: usize, bytes: usize) -> Batch {
    let number = u8::try_from(number % 256).expect("below 256");
    let mut batch = Batch::default();
    let note = vec![number; bytes];
    batch.meta.insert(format!("note {number}"), Some(note));
    batch
}

/// What a store says when it takes nothing any more.
fn first_fault(store: &mut DiskStore, bytes: usize) -> StoreFault {
    for number in 0..1_000 {
        if let Err(fault) = store.commit(note(number, bytes)) {
            return fault;
        }
        // The library writes tables on a thread of its own.
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it takes everything");
}

#[test]
fn a_store_whose_tables_cannot_be_written_tells_why() {
    let dir = tempfile::tempdir().expect("a directory");
    in_a_process_of_its_own("tables_without_files", dir.path());
    let store = DiskStore::open(dir.path()).expect("what is stored is whole");
    assert!(store.meta("note 0").expect("readable").is_some());
}

#[test]
#[ignore = "one process changes its limits, and is started by the test above"]
fn tables_without_files() {
    let mut store = DiskStore::open(&dir()).expect("new");
    limit(Resource::Nofile, Some(0));
    // The journal is open; a table is a new file.
    store.commit(note(0, MUCH)).expect("the journal has room");
    let fault = first_fault(&mut store, 10);
    limit(Resource::Nofile, None);
    let told = format!("{}: Too many open files (os error 24)", dir().display());
    assert_eq!(fault.to_string(), told);
}

#[test]
fn a_store_whose_journal_cannot_grow_tells_why() {
    let dir = tempfile::tempdir().expect("a directory");
    in_a_process_of_its_own("a_journal_without_room", dir.path());
    let store = DiskStore::open(dir.path()).expect("what is stored is whole");
    assert!(store.meta("note 0").expect("readable").is_some());
}

#[test]
#[ignore = "one process changes its limits, and is started by the test above"]
fn a_journal_without_room() {
    let mut store = DiskStore::open(&dir()).expect("new");
    store.commit(note(0, 10)).expect("there is room");
    limit(Resource::Fsize, Some(1));
    let told = format!("{}: File too large (os error 27)", dir().display());
    assert_eq!(first_fault(&mut store, 10).to_string(), told);
    // Once is not all: what is asked of it afterwards gets the same answer.
    assert_eq!(first_fault(&mut store, 10).to_string(), told);
    assert_eq!(store.sync().expect_err("full").to_string(), told);
}

#[test]
fn opening_a_store_with_too_few_files_is_refused_in_the_systems_words_wherever_they_run_out() {
    let dir = tempfile::tempdir().expect("a directory");
    in_a_process_of_its_own("stores_with_ever_more_files", dir.path());
}

#[test]
#[ignore = "one process changes its limits, and is started by the test above"]
fn stores_with_ever_more_files() {
    let (old, new) = (dir().join("old"), dir().join("new"));
    let mut store = DiskStore::open(&old).expect("new");
    store.commit(note(0, MUCH)).expect("there is room");
    store.commit(note(1, 10)).expect("there is room");
    drop(store);
    for dir in [&old, &new] {
        let mut refused = 0;
        loop {
            limit(Resource::Nofile, Some(open_files() + refused));
            let opened = DiskStore::open(dir).map(drop);
            limit(Resource::Nofile, None);
            match opened {
                Ok(()) => break,
                Err(OpenDiskError::Store(StoreFault::Failed { problem, .. })) => {
                    assert!(problem.contains("Too many open files"), "{problem}");
                }
                Err(other) => panic!("with {refused} files: {other}"),
            }
            refused += 1;
            assert!(refused < 200, "it never opens");
        }
        assert!(refused >= 5, "{refused}");
        // No attempt has spoilt anything.
        let store = DiskStore::open(dir).expect("sound");
        let has_note = store.meta("note 1").expect("readable").is_some();
        assert_eq!(has_note, dir == &old);
    }
}
