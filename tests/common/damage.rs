//! A store on disk with tables and a journal, copies of it that are damaged, and the judge.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

use super::script::{CoinSet, Tips, all_coins};
use super::*;
use chainlab::live::disk::DiskStore;
use chainlab::node::{Batch, check};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than fjall puts into one journal.
const NOTE_BYTES: usize = 64_500_000;

/// What a node wrote, and every tip it had committed with the coins of that tip.
pub struct Base {
    pub params: Params,
    tips: Tips,
    pub known: BTreeMap<BlockHash, (usize, CoinSet)>,
    /// The last tip, by its place in the order.
    pub last: usize,
    home: tempfile::TempDir,
}

/// What became of a damaged copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does not open.
    Refused,
    /// It opens, and what is damaged cannot be read.
    Fault,
    /// It is sound, at the tip with this place in the order.
    SoundAt(usize),
}

/// What is done to a file.
pub enum Damage<'a> {
    Delete,
    Edit(&'a (dyn Fn(&mut Vec<u8>) + Sync)),
}

impl Base {
    /// A store that has not been written to.
    pub fn new() -> Self {
        let params = params();
        let tips = Tips::new(&params);
        let coins = all_coins(tips.chain().store());
        let home = tempfile::tempdir().expect("a temporary directory");
        drop(open(
            DiskStore::open(&home.path().join("node")).expect("new"),
            &params,
        ));
        Self {
            known: BTreeMap::from([(tips.chain().tip().hash, (0, coins))]),
            last: 0,
            params,
            tips,
            home,
        }
    }

    /// Tables that hold a chain of 120 blocks, and a journal with 80 more.
    pub fn with_tables_and_a_journal() -> Self {
        let mut base = Self::new();
        base.follow(120);
        base.fill_a_journal();
        base.follow(80);
        base
    }

    pub fn dir(&self) -> PathBuf {
        self.home.path().join("node")
    }

    pub fn chain(&self) -> PathBuf {
        self.dir().join("chain")
    }

    /// Takes the next blocks of the script, and ends cleanly.
    pub fn follow(&mut self, blocks: usize) {
        let mut disk = open(DiskStore::open(&self.dir()).expect("sound"), &self.params);
        for _ in 0..blocks {
            let block = self.tips.advance();
            accept(&mut disk, &block).expect("valid");
            let tip = self.tips.chain().tip().hash;
            assert_eq!(disk.tip().hash, tip);
            self.last = self.tips.place(&tip).expect("of the script");
            let coins = all_coins(self.tips.chain().store());
            self.known.insert(tip, (self.last, coins));
        }
        drop(disk);
        // fjall shortens a journal to what it holds when it opens it.
        drop(DiskStore::open(&self.dir()).expect("sound"));
    }

    /// Commits so much that fjall writes tables of all so far and begins another journal.
    pub fn fill_a_journal(&self) {
        let mut store = DiskStore::open(&self.dir()).expect("sound");
        let before = journals(&self.chain());
        let mut batch = Batch::default();
        for note in 0..4 {
            let bytes = vec![note; NOTE_BYTES / 4];
            batch.meta.insert(format!("note {note}"), Some(bytes));
        }
        store.commit(batch).expect("there is room");
        for _ in 0..2_000 {
            let now = journals(&self.chain());
            if now.len() == 1 && now != before {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no table was written");
    }

    /// A copy to work on. Tables never change, so those are shared.
    pub fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_dir(&self.dir(), copy.path());
        copy
    }

    /// Opens a copy and compares all that it serves with what had been committed.
    ///
    /// # Panics
    /// When a fault does not name the directory, or something is served that never was.
    pub fn judge(&self, copy: &Path, what: &str) -> Outcome {
        let place = copy.display().to_string();
        let named = |text: String| assert!(text.contains(&place), "{what}: {text}");
        let store = match DiskStore::open(copy) {
            Ok(store) => store,
            Err(refused) => {
                named(refused.to_string());
                return Outcome::Refused;
            }
        };
        let report = match check::check(&store, &self.params) {
            Ok(report) => report,
            Err(fault) => {
                named(fault.to_string());
                return Outcome::Fault;
            }
        };
        assert!(report.is_sound(), "{what}: {:?}", report.problems);
        let known = self.known.get(&report.tip.hash);
        let (place, coins) = known.unwrap_or_else(|| panic!("{what}: never at {}", report.tip));
        assert_eq!(&all_coins(&store), coins, "{what}");
        Outcome::SoundAt(*place)
    }
}

/// A copy of a [`Base`] that is damaged time and again.
pub struct Bench<'a> {
    base: &'a Base,
    copy: tempfile::TempDir,
    intact: Files,
}

pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a damaged copy came to.
pub struct Verdict {
    pub outcome: Outcome,
    /// The files before and after it was opened, but for large tables.
    pub before: Files,
    pub after: Files,
}

impl<'a> Bench<'a> {
    pub fn new(base: &'a Base) -> Self {
        let copy = base.copy();
        Self {
            base,
            intact: contents(copy.path()),
            copy,
        }
    }

    /// Damages one file of an intact copy and opens it.
    pub fn damage(&mut self, file: &Path, damage: &Damage<'_>, what: &str) -> Verdict {
        if contents(self.copy.path()) != self.intact {
            self.copy = self.base.copy();
        }
        damage_file(&self.copy.path().join(file), damage);
        let before = contents(self.copy.path());
        let outcome = self.base.judge(self.copy.path(), what);
        let after = contents(self.copy.path());
        if before == after {
            // Nothing else is to be mended.
            let path = self.copy.path().join(file);
            let _ = fs::remove_file(&path);
            fs::write(path, &self.intact[file]).expect("there is room");
        }
        Verdict {
            outcome,
            before,
            after,
        }
    }
}

/// Every file below a directory but the large tables, which nobody writes to.
pub fn contents(dir: &Path) -> Files {
    let is_small = |file: &PathBuf| fs::metadata(dir.join(file)).expect("there").len() < 10_000_000;
    let content = |file: PathBuf| {
        let bytes = fs::read(dir.join(&file)).expect("readable");
        (file, bytes)
    };
    files(dir)
        .into_iter()
        .filter(is_small)
        .map(content)
        .collect()
}

pub fn damage_file(path: &Path, damage: &Damage<'_>) {
    let mut bytes = fs::read(path).expect("readable");
    // It may be shared with the original.
    fs::remove_file(path).expect("there");
    if let Damage::Edit(edit) = damage {
        edit(&mut bytes);
        fs::write(path, bytes).expect("there is room");
    }
}

pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room");
    for entry in fs::read_dir(from).expect("there").flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_dir(&path, &copy);
        } else if from.ends_with("tables") {
            fs::hard_link(&path, &copy).expect("the same disk");
        } else {
            fs::copy(&path, &copy).expect("there is room");
        }
    }
}

/// The files below `dir`, relative to it, in order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(next) = dirs.pop() {
        for entry in fs::read_dir(next).expect("there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                found.push(path.strip_prefix(dir).expect("inside").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The journals of a database, oldest first.
pub fn journals(chain: &Path) -> Vec<PathBuf> {
    let mut journals = files(chain);
    journals.retain(|path| path.extension().is_some_and(|ending| ending == "jnl"));
    journals
}

/// Where batches end in a journal.
pub fn batch_ends(journal: &[u8]) -> Vec<usize> {
    let trailer = |at: &usize| journal[..*at].ends_with(b"FJL\x03");
    (1..=journal.len()).filter(trailer).collect()
}
