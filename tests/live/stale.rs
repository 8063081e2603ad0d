//! What a power loss leaves, and what comes of files from another time or place: the cases that
//! look whole.

use crate::common::damage::*;
use crate::common::script::Tips;
use crate::common::*;
use chainlab::live::disk::DiskStore;
use chainlab::node::check;
use std::fs;
use std::path::Path;

const PAGE: usize = 4_096;

/// Zeros a page of the only journal of `dir`, `back` pages before its used end.
fn lose_a_page(dir: &Path, back: usize) {
    let journal = dir.join("chain").join(&journals(&dir.join("chain"))[0]);
    let lose = |bytes: &mut Vec<u8>| {
        let used = bytes.iter().rposition(|byte| *byte != 0).expect("used");
        let page = (used / PAGE - back) * PAGE;
        bytes[page..page + PAGE].fill(0);
        bytes.truncate(used + 1 + PAGE);
    };
    damage_file(&journal, &Damage::Edit(&lose));
}

#[test]
fn a_power_loss_takes_no_block_from_before_the_last_sync_and_needs_no_repair() {
    let params = params();
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut disk = open(DiskStore::open(home.path()).expect("new"), &params);
    let mut tips = Tips::new(&params);
    let mut accepted = 0;
    let mut follow = |disk: &mut chainlab::node::ChainState<DiskStore>, blocks: usize| {
        for _ in 0..blocks {
            accept(disk, &tips.advance()).expect("valid");
        }
        accepted = tips.place(&disk.tip().hash).expect("of the script");
        accepted
    };
    let synced = follow(&mut disk, 40);
    disk.sync().expect("works");
    let last = follow(&mut disk, 40);

    // The system had not written one of the last pages, though it had written later ones.
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_dir(home.path(), copy.path());
    lose_a_page(copy.path(), 3);
    let after = open(
        DiskStore::open(copy.path()).expect("needs no repair"),
        &params,
    );
    let found = sound(&after).tip.hash;
    let found = tips.place(&found).expect("of the script");
    assert!((synced..last).contains(&found), "{synced} {found} {last}");
    let cut = fs::read(copy.path().join("cut-1.jnl")).expect("kept");
    assert!(!batch_ends(&cut).is_empty());

    // A page from before the sync is not lost that way: something else is wrong with the disk.
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_dir(home.path(), copy.path());
    let pages = fs::metadata(home.path().join("chain/0.jnl"))
        .expect("there")
        .len();
    assert!(pages > 0);
    lose_a_page(copy.path(), 14);
    let refused = DiskStore::open(copy.path())
        .err()
        .expect("refused")
        .to_string();
    assert!(refused.contains("0.jnl is broken at byte"), "{refused}");
}

/// A store as it was, and the same later, with other tables and another journal.
fn early_and_late() -> (Base, tempfile::TempDir) {
    let mut base = Base::with_tables_and_a_journal();
    let early = base.copy();
    base.fill_a_journal();
    base.follow(40);
    (base, early)
}

#[test]
fn a_keyspace_from_an_older_copy_is_refused() {
    let (late, early) = early_and_late();
    for id in 1..=5 {
        let copy = late.copy();
        let keyspace = Path::new("chain/keyspaces").join(id.to_string());
        fs::remove_dir_all(copy.path().join(&keyspace)).expect("there");
        copy_dir(&early.path().join(&keyspace), &copy.path().join(&keyspace));
        let outcome = late.judge(copy.path(), &format!("keyspace {id}"));
        assert_eq!(outcome, Outcome::Refused, "keyspace {id}");
    }
}

#[test]
fn an_older_manifest_is_refused() {
    let (late, early) = early_and_late();
    for id in 1..=5 {
        let copy = late.copy();
        let keyspace = Path::new("chain/keyspaces").join(id.to_string());
        for file in fs::read_dir(early.path().join(&keyspace))
            .expect("there")
            .flatten()
        {
            if file.path().is_file() {
                let to = copy.path().join(&keyspace).join(file.file_name());
                fs::copy(file.path(), to).expect("there is room");
            }
        }
        let outcome = late.judge(copy.path(), &format!("keyspace {id}"));
        assert_eq!(outcome, Outcome::Refused, "keyspace {id}");
    }
}

#[test]
fn a_journal_from_before_the_tables_is_refused() {
    let (late, early) = early_and_late();
    let old = early.path().join("chain/1.jnl");
    for name in ["1.jnl", "2.jnl"] {
        let copy = late.copy();
        fs::copy(&old, copy.path().join("chain").join(name)).expect("there is room");
        let outcome = late.judge(copy.path(), name);
        assert_eq!(outcome, Outcome::Refused, "{name}");
    }
}

#[test]
fn an_older_copy_of_the_active_journal_is_not_noticed_and_takes_the_node_back() {
    let mut base = Base::with_tables_and_a_journal();
    let (early, then) = (base.copy(), base.last);
    base.follow(40);
    let copy = base.copy();
    let journal = Path::new("chain/1.jnl");
    fs::copy(early.path().join(journal), copy.path().join(journal)).expect("there is room");
    assert_eq!(base.judge(copy.path(), "older"), Outcome::SoundAt(then));
}

#[test]
fn a_table_that_is_whole_but_of_another_keyspace_is_noticed_only_by_a_check() {
    let base = Base::with_tables_and_a_journal();
    let copy = base.copy();
    let table = |keyspace: u32| format!("chain/keyspaces/{keyspace}/tables/1");
    let coins = copy.path().join(table(4));
    fs::remove_file(&coins).expect("there");
    fs::copy(base.dir().join(table(3)), &coins).expect("there is room");
    let store = DiskStore::open(copy.path()).expect("not noticed");
    let checked = check::check(&store, &base.params);
    let noticed = checked.as_ref().map_or(true, |report| !report.is_sound());
    assert!(noticed, "{checked:?}");
}
