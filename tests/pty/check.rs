//! `chainlab check` on databases of nodes that do not run: sound ones, ones that somebody spoilt,
//! and directories that are none.

use crate::common::script::Script;
use crate::common::{accept, open, params};
use crate::other_user::{OtherUser, all_of, open_to_all, set_mode, told};
use chainlab::chain::{OutPoint, Txid};
use chainlab::live::disk::DiskStore;
use chainlab::node::{Batch, BlockId, Store};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the program printed and said, and its exit code.
struct Said {
    out: String,
    err: String,
    code: i32,
}

fn check(home: &Path, arguments: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .arg("check")
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        .output()
        .expect("the program runs");
    Said {
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code().expect("it ends by itself"),
    }
}

/// A chain as a node leaves it; its tip.
fn node(dir: &Path, blocks: usize) -> BlockId {
    let params = params();
    let mut chain = open(DiskStore::open(dir).expect("new"), &params);
    for block in Script::new(&params).take(blocks) {
        accept(&mut chain, &block).expect("valid");
    }
    chain.tip()
}

fn spoil(dir: &Path, batch: Batch) {
    let mut store = DiskStore::open(dir).expect("sound");
    store.commit(batch).expect("works");
}

fn nobodys(index: u32) -> OutPoint {
    OutPoint {
        txid: Txid([0xee; 32]),
        index,
    }
}

/// Coins that should not exist.
fn theft(dir: &Path, count: u32) -> Batch {
    let mut some = None;
    let store = DiskStore::open(dir).expect("sound");
    store
        .each_coin(&mut |_, coin| some = Some(coin))
        .expect("readable");
    let coins = (0..count).map(|index| (nobodys(index), some));
    Batch {
        coins: coins.collect(),
        ..Batch::default()
    }
}

#[test]
fn a_sound_database_is_said_to_be_in_one_line() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let tip = node(&home.path().join("data"), 12);
    let said = check(home.path(), &["data"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let blocks = format!("data: sound: {} blocks, ", tip.height + 1);
    assert!(said.out.starts_with(&blocks), "{}", said.out);
    assert!(said.out.ends_with(" in all\n"), "{}", said.out);
    assert_eq!(said.out.lines().count(), 1);

    let said = check(home.path(), &["data", "--json"]);
    let data: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(data["sound"], Value::Bool(true));
    assert_eq!(data["blocks"], Value::from(tip.height + 1));
    // Ten each for Alice and Bob, and ten a block.
    let supply = (20 + 10 * tip.height).to_string();
    assert_eq!(data["supply"], Value::from(supply));
}

#[test]
fn what_is_wrong_is_said_by_name_and_mended_when_asked_for() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    node(&dir, 8);
    spoil(&dir, theft(&dir, 1));
    let wrong = format!("data: coin {}:0 should not exist", nobodys(0).txid);
    for _ in 0..2 {
        let said = check(home.path(), &["data"]);
        assert_eq!(said.code, 1, "{}", said.out);
        let lines: Vec<_> = said.out.lines().collect();
        assert_eq!(lines, [&*wrong, "data: --rebuild can mend this"]);
        assert_eq!(said.err, "chainlab: data is not sound\n");
    }

    let said = check(home.path(), &["data", "--rebuild"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let lines: Vec<_> = said.out.lines().collect();
    let mended = format!("data: mended: coin {}:0 should not exist", nobodys(0).txid);
    assert_eq!(lines[0], mended);
    assert!(lines[1].starts_with("data: sound: "), "{}", said.out);
    let said = check(home.path(), &["data"]);
    assert_eq!(said.out.lines().collect::<Vec<_>>(), [lines[1]]);
}

#[test]
fn many_problems_are_counted_and_not_all_written_out() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    node(&dir, 3);
    spoil(&dir, theft(&dir, 25));
    let said = check(home.path(), &["data"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.out.lines().count(), 22, "{}", said.out);
    assert_eq!(said.out.lines().nth(20), Some("data: and 5 more"));
    let said = check(home.path(), &["data", "--json"]);
    let data: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(data["problems"].as_array().map(Vec::len), Some(25));
    assert_eq!(data["can_be_rebuilt"], Value::Bool(true));
}

#[test]
fn a_block_that_is_gone_cannot_be_mended_and_nothing_is_touched() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    let tip = node(&dir, 5);
    let mut batch = Batch::default();
    batch.bodies.insert(tip, None);
    spoil(&dir, batch);
    for arguments in [&["data"][..], &["data", "--rebuild"]] {
        let said = check(home.path(), arguments);
        assert_eq!(said.code, 1, "{}", said.out);
        let missing = format!("data: block {tip}: the body is missing\n");
        assert!(said.out.starts_with(&missing), "{}", said.out);
        assert!(
            said.out.contains("--rebuild cannot mend this"),
            "{}",
            said.out
        );
    }
}

#[test]
fn a_damaged_file_is_said_with_its_directory() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    node(&dir, 5);
    let journal = crate::common::damage::journals(&dir.join("chain"))
        .pop()
        .expect("fjall has a journal");
    let journal = dir.join("chain").join(journal);
    let mut bytes = fs::read(&journal).expect("readable");
    bytes[40] ^= 0xff;
    fs::write(&journal, &bytes).expect("written");
    let said = check(home.path(), &["data", "--rebuild"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let words = "data: the database in data is damaged";
    assert!(said.out.starts_with(words), "{}", said.out);
    assert_eq!(fs::read(&journal).expect("kept"), bytes);
}

#[test]
fn every_node_of_a_kept_lab_is_checked() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let lab = home.path().join("lab");
    for name in ["central", "miner", "wallet"] {
        node(&lab.join("nodes").join(name), 4);
    }
    fs::write(lab.join("lab.json"), "{}").expect("written");
    let said = check(home.path(), &["lab"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let starts = said
        .out
        .lines()
        .map(|line| line.split_once(':').expect("words").0);
    let names = ["lab/nodes/central", "lab/nodes/miner", "lab/nodes/wallet"];
    assert_eq!(starts.collect::<Vec<_>>(), names);

    let miner = lab.join("nodes/miner");
    spoil(&miner, theft(&miner, 1));
    let said = check(home.path(), &["lab", "--json"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.err, "chainlab: not sound: 1 of 3 databases\n");
    let data: Value = serde_json::from_str(&said.out).expect("JSON");
    let sound: Vec<_> = data
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["sound"])
        .collect();
    assert_eq!(sound, [true, false, true]);
}

#[test]
fn where_no_node_is_nothing_is_made_and_where_one_runs_nothing_is_touched() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let dir = home.path().join("data");
    let refused = |arguments: &[&str]| {
        let said = check(home.path(), arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
        said.err
    };
    assert_eq!(refused(&["data"]), "chainlab: data: no node is there\n");
    assert!(!dir.exists());
    fs::create_dir(&dir).expect("made");
    assert_eq!(refused(&["data"]), "chainlab: data: no node is there\n");
    fs::write(dir.join("thesis.txt"), "years of work").expect("written");
    let words = "chainlab: data: no node is there\n";
    assert_eq!(refused(&["data", "--rebuild"]), words);
    assert_eq!(fs::read_dir(&dir).expect("readable").count(), 1);

    let lab = home.path().join("lab");
    fs::create_dir_all(lab.join("nodes")).expect("made");
    fs::write(lab.join("lab.json"), "{}").expect("written");
    assert_eq!(refused(&["lab"]), "chainlab: lab/nodes: no node is there\n");
    fs::create_dir(lab.join("nodes/central")).expect("made");
    let words = "chainlab: lab/nodes/central: no node is there\n";
    assert_eq!(refused(&["lab"]), words);

    let held = DiskStore::open(&home.path().join("running")).expect("new");
    let words = "chainlab: running is in use by another node\n";
    assert_eq!(refused(&["running"]), words);
    drop(held);
}

#[test]
fn a_database_that_cannot_be_written_is_checked_and_what_is_not_mended_is_said() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let dir = other.home.path().join("data");
    let tip = node(&dir, 6);
    open_to_all(&dir);
    let before = all_of(&dir);
    let check = |arguments: &[&str]| {
        let arguments: Vec<_> = ["check"].iter().chain(arguments).copied().collect();
        told(&other.chainlab(&arguments).output().expect("it runs"))
    };
    let open = "data: not mended: other users can read what is in it: it is another user's\n";
    let (out, said, code) = check(&["data"]);
    assert_eq!((code, said.as_str()), (Some(0), ""), "{out}");
    let sound = format!("data: sound: {} blocks, ", tip.height + 1);
    assert!(out.starts_with(&sound) && out.ends_with(open), "{out}");
    assert!(all_of(&dir) == before, "files have changed");

    spoil(&dir, theft(&dir, 1));
    open_to_all(&dir);
    let before = all_of(&dir);
    let (out, said, code) = check(&["data", "--rebuild"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(1), "chainlab: data is not sound\n")
    );
    let wrong = format!("data: coin {}:0 should not exist\n", nobodys(0).txid);
    assert!(out.starts_with(&wrong), "{out}");
    let rebuild = "data: not mended: --rebuild changes nothing here: it is another user's\n";
    assert!(out.contains(open) && out.ends_with(rebuild), "{out}");
    assert!(all_of(&dir) == before, "files have changed");
    // No copy is left.
    let copies = other.own().join("chainlab-65534");
    assert_eq!(fs::read_dir(copies).expect("made").count(), 0);
}

#[test]
fn a_database_that_has_no_room_to_be_copied_is_refused_before_a_byte_is() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let dir = other.home.path().join("data");
    node(&dir, 2);
    // Eight terabytes, and none on disk.
    let hole = fs::File::create(dir.join("chain/0.jnl")).expect("room on disk");
    hole.set_len(1 << 43).expect("a file may be so long");
    open_to_all(&dir);
    let (out, said, code) = told(
        &other
            .chainlab(&["check", "data"])
            .output()
            .expect("it runs"),
    );
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.starts_with("chainlab: data: a copy at "), "{said}");
    assert!(said.contains(" would take more than "), "{said}");
    let copies = other.own().join("chainlab-65534");
    assert_eq!(fs::read_dir(copies).expect("made").count(), 0);
}

#[test]
fn a_database_of_one_s_own_that_is_write_protected_is_checked_in_a_copy() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let dir = other.own().join("data");
    node(&dir, 6);
    let journal = crate::common::damage::journals(&dir.join("chain"))
        .pop()
        .expect("fjall has a journal");
    other.give(&dir);
    set_mode(&dir.join("chain").join(&journal), 0o400);
    let before = all_of(&dir);
    let (out, said, code) = told(
        &other
            .chainlab(&["check", "own/data", "--json"])
            .output()
            .expect("it runs"),
    );
    assert_eq!((code, said.as_str()), (Some(0), ""), "{out}");
    let data: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(data["sound"], Value::Bool(true));
    let unmended = data["unmended"][0].as_str().expect("a text");
    let words = format!(
        "a copy was checked, and nothing would be mended here: chain/{}: ",
        journal.display()
    );
    assert!(unmended.starts_with(&words), "{unmended}");
    assert!(unmended.contains("Permission denied"), "{unmended}");
    assert!(all_of(&dir) == before, "files have changed");
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let dir = other.home.path().join("data");
    node(&dir, 2);
    set_mode(&dir, 0o700);
    let (out, said, code) = told(
        &other
            .chainlab(&["check", "data"])
            .output()
            .expect("it runs"),
    );
    assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
    assert!(said.contains("Permission denied"), "{said}");
}
