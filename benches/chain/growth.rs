//! A database that grows, is reorganised, and is opened again.

use crate::common::{Miner, params};
use crate::ratio::{Harness, Samples, Target, shown, timed};
use crate::scene::{Payments, Timed, chain, copy_dir, disk, empty_blocks, extend, grown, hand_in};
use chainlab::chain::{Params, SigCache, codec};
use chainlab::node::{MemStore, Store};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// At least 5 000 blocks a second.
const BLOCK: Duration = Duration::from_micros(200);

/// A reorganisation of 100 blocks of 50 payments.
const REORGANISATION: Duration = Duration::from_millis(150);

/// Opening a database of 10 000 blocks.
const REOPENING: Duration = Duration::from_millis(150);

/// Bytes that a near-empty block puts into the journal: its rows with their keys.
const ROWS: [u8; 800] = [7; 800];

/// The argument that makes this program fill a database and wait to be killed.
pub const FILL: &str = "--fill-and-wait";

/// Near-empty blocks onto a database, beside one plain write each and beside the same blocks in
/// memory, block by block; and whether the last ones cost more than the first.
pub fn growth(harness: &mut Harness) {
    let count = harness.size(10_000, 60);
    let params = params();
    let blocks = empty_blocks(&params, count);
    if !harness.quick {
        grow(&params, &blocks[..count / 10]);
    }
    let [
        mut disk,
        mut commits,
        mut file,
        mut memory,
        mut first,
        mut last,
    ] = [(); 6].map(|()| Samples::default());
    for _ in 0..harness.size(5, 1) {
        let grown = grow(&params, &blocks);
        let per_block = |times: &[Duration]| {
            let count = u32::try_from(times.len()).expect("few");
            times.iter().sum::<Duration>() / count
        };
        let median = |times: &[Duration]| times.iter().copied().collect::<Samples>().median();
        disk.push(per_block(&grown.disk));
        file.push(per_block(&grown.file));
        memory.push(per_block(&grown.memory));
        commits.push(per_block(&grown.commit));
        let ends = 100.min(count / 2);
        first.push(median(&grown.disk[..ends]));
        last.push(median(&grown.disk[count - ends..]));
    }
    let name = format!("one of {count} near-empty blocks on disk");
    harness.report(
        &name,
        &disk,
        ("one plain write", &file),
        Target::Under(BLOCK),
    );
    println!(
        "    of which the commit: {}; the same blocks in memory: {}",
        shown(commits.median()),
        shown(memory.median())
    );
    let name = format!("the last 100 of {count} blocks");
    let beside = ("the first 100", &first);
    harness.report(&name, &last, beside, Target::TimesAtMost(1.5));
}

/// Times of every block.
#[derive(Default)]
struct Grown {
    disk: Vec<Duration>,
    commit: Vec<Duration>,
    file: Vec<Duration>,
    memory: Vec<Duration>,
}

fn grow(params: &Params, blocks: &[Vec<u8>]) -> Grown {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut file = File::create(dir.path().join("plain")).expect("a file");
    let store = Timed::new(disk(&dir.path().join("store")));
    let mut on_disk = chain(store, params, &Arc::default());
    let mut in_memory = chain(MemStore::new(), params, &Arc::default());
    let mut times = Grown::default();
    for block in blocks {
        times.disk.push(extend(&mut on_disk, block));
        times.commit.push(on_disk.store().last_commit());
        times.memory.push(extend(&mut in_memory, block));
        let (time, written) = timed(|| file.write_all(&ROWS));
        written.expect("room on the disk");
        times.file.push(time);
    }
    times
}

/// Two branches over the same coins.
struct Branches {
    params: Params,
    old: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
    sigs: Arc<SigCache>,
}

impl Branches {
    /// `count` blocks of `each` payments, against one more. Four fifths of the payments are on
    /// both branches, in reverse order and so in other blocks; the others spend the same coins
    /// for something else.
    fn new(count: usize, each: usize) -> Self {
        let payments = Payments::new(count * each);
        let replaced = |at: usize| match at % 5 {
            0 => payments.rival(at),
            _ => payments.txs[at].clone(),
        };
        let others: Vec<_> = (0..payments.txs.len()).rev().map(replaced).collect();
        let mut miner = Miner::new(&payments.params);
        let mut rival = miner.rival(7);
        let old: Vec<_> = payments.txs.chunks(each).collect();
        let old = old
            .into_iter()
            .map(|txs| codec::encode(&miner.mine(txs.to_vec())));
        let old = old.collect();
        let new = others.chunks(each).chain([[].as_slice()]);
        let new: Vec<_> = new
            .map(|txs| codec::encode(&rival.mine(txs.to_vec())))
            .collect();
        let branches = Self {
            params: payments.params.clone(),
            old,
            new,
            sigs: Arc::default(),
        };
        let mut warm = chain(MemStore::new(), &branches.params, &branches.sigs);
        for block in &branches.new {
            extend(&mut warm, block);
        }
        branches
    }

    /// How long the last block of the new branch takes, which makes it the chain, and how much of
    /// that the commit.
    fn reorganise<S: Store>(&self, store: S) -> (Duration, Duration) {
        let mut chain = chain(Timed::new(store), &self.params, &self.sigs);
        for block in &self.old {
            extend(&mut chain, block);
        }
        let (last, before) = self.new.split_last().expect("not empty");
        for block in before {
            assert_eq!(hand_in(&mut chain, block).1.change, None);
        }
        let (time, accepted) = hand_in(&mut chain, last);
        let change = accepted.change.expect("a reorganisation");
        let moved = (change.disconnected.len(), change.connected.len());
        assert_eq!(moved, (self.old.len(), self.new.len()));
        (time, chain.store().last_commit())
    }
}

/// A reorganisation on disk, beside the same in memory.
pub fn reorganise(harness: &mut Harness) {
    let (count, each) = (harness.size(100, 4), harness.size(50, 5));
    let branches = Branches::new(count, each);
    let mut commits = Samples::default();
    let [memory, on_disk] = harness.interleave(
        12,
        [&mut || branches.reorganise(MemStore::new()).0, &mut || {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let (time, commit) = branches.reorganise(disk(dir.path()));
            commits.push(commit);
            time
        }],
    );
    let name = format!("reorganise {count} blocks of {each} payments on disk");
    let beside = ("in memory", &memory);
    harness.report(&name, &on_disk, beside, Target::Under(REORGANISATION));
    println!("    of which the commit: {}", shown(commits.median()));
}

/// Opening a database after a clean end and after a kill, beside building the
/// tree of headers from memory.
pub fn reopen(harness: &mut Harness) {
    let count = harness.size(10_000, 60);
    let params = params();
    let blocks = empty_blocks(&params, count);
    let memory = grown(&params, &blocks);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (clean, killed) = (dir.path().join("clean"), dir.path().join("killed"));
    fill(&clean, count);
    fill_and_kill(&killed, count);
    let mut opened = [const { Vec::new() }; 2];
    let [clean_out, killed_out] = &mut opened;
    let from_memory = || {
        let store = memory.clone();
        timed(|| chain(store, &params, &Arc::default())).0
    };
    let [bare_clean, after_clean, bare_killed, after_kill] = harness.interleave(
        15,
        [
            &mut { from_memory },
            &mut || open_copy(&clean, &params, count, clean_out),
            &mut { from_memory },
            &mut || open_copy(&killed, &params, count, killed_out),
        ],
    );
    for (what, ours, limit, stores) in [
        ("a clean end", after_clean, bare_clean, clean_out),
        ("a kill", after_kill, bare_killed, killed_out),
    ] {
        let name = format!("open {count} blocks after {what}");
        let beside = ("its headers from memory", &limit);
        harness.report(&name, &ours, beside, Target::Under(REOPENING));
        let store: Samples = stores.drain(..).collect();
        println!("    of which the database: {}", shown(store.median()));
    }
}

/// Opens a copy of a data directory; notes how much of the time is the database's own.
fn open_copy(from: &Path, params: &Params, count: usize, stores: &mut Vec<Duration>) -> Duration {
    let dir = tempfile::tempdir().expect("a temporary directory");
    copy_dir(from, dir.path()).expect("room on the disk");
    let (opening, store) = timed(|| disk(dir.path()));
    let (loading, chain) = timed(|| chain(store, params, &Arc::default()));
    assert_eq!(chain.tip().height as usize, count);
    stores.push(opening);
    opening + loading
}

/// Makes a database of `count` near-empty blocks and closes it.
fn fill(dir: &Path, count: usize) {
    drop(filled(dir, count));
}

fn filled(dir: &Path, count: usize) -> impl Sized {
    let params = params();
    let mut chain = chain(disk(dir), &params, &Arc::default());
    for block in empty_blocks(&params, count) {
        extend(&mut chain, &block);
    }
    chain
}

/// The same, in a process of its own that is killed while it has the database open.
fn fill_and_kill(dir: &Path, count: usize) {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .arg(FILL)
        .arg(dir)
        .arg(count.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be run");
    let mut ready = [0];
    let mut output = child.stdout.take().expect("piped");
    output
        .read_exact(&mut ready)
        .expect("a sign that it is filled");
    child.kill().expect("our own child");
    child.wait().expect("our own child");
}

/// What the child does: fills the database that its arguments name, says so, and waits.
pub fn fill_and_wait(args: &[String]) -> ! {
    let [_, _, dir, count] = args else {
        panic!("{FILL} DIR COUNT");
    };
    let _open = filled(Path::new(dir), count.parse().expect("a number"));
    print!(".");
    std::io::stdout().flush().expect("the parent listens");
    loop {
        std::thread::park();
    }
}
