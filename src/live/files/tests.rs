#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test makes what is found there"
)]

use super::*;
use std::fs::{self as files, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use tempfile::{TempDir, tempdir};

fn place() -> (TempDir, Dir) {
    let home = tempdir().expect("a directory");
    let dir = Dir::open(home.path()).expect("it is there");
    (home, dir)
}

fn mode(path: &Path) -> u32 {
    let found = files::symlink_metadata(path).expect("it is there");
    found.permissions().mode() & 0o777
}

fn set(path: &Path, mode: u32) {
    files::set_permissions(path, files::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn a_link_is_not_followed_wherever_it_stands_and_whatever_is_asked_for() {
    let (home, dir) = place();
    let (secret, inner) = (home.path().join("secret"), home.path().join("inner"));
    files::write(&secret, "of others").expect("room on disk");
    files::create_dir(&inner).expect("room on disk");
    files::write(inner.join("file"), "there").expect("room on disk");
    for (target, name) in [("secret", "link"), ("inner", "way"), ("nothing", "nowhere")] {
        symlink(target, home.path().join(name)).expect("room on disk");
    }
    assert_eq!(dir.read("inner/file", 10).expect("a file"), b"there");
    let words = "a link, and links are not followed here";
    for refused in [
        dir.read("link", 100).map(drop),
        dir.read("way/file", 100).map(drop),
        dir.writable("link").map(drop),
        dir.lock_file("link").map(drop),
        dir.lock_file("nowhere").map(drop),
        dir.create_new("nowhere").map(drop),
        dir.dir("way").map(drop),
    ] {
        assert_eq!(refused.expect_err("refused").to_string(), words);
    }
    assert!(!home.path().join("nothing").exists());
    // What is written in the place of a link is a file.
    dir.write("link", b"new").expect("room on disk");
    assert_eq!(files::read(&secret).expect("there"), b"of others");
    assert_eq!(dir.read("link", 3).expect("a file"), b"new");
}

#[test]
fn what_never_ends_or_never_answers_is_refused_at_once() {
    let (home, dir) = place();
    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("a system with mkfifo").success());
    let _socket = std::os::unix::net::UnixListener::bind(home.path().join("socket"));
    for (name, words) in [
        ("pipe", "a pipe, and no file"),
        ("socket", "a socket, and no file"),
    ] {
        let read = dir.read(name, 100).expect_err("refused").to_string();
        let written = dir.writable(name).expect_err("refused").to_string();
        assert_eq!((read.as_str(), written.as_str()), (words, words));
    }
    let devices = Dir::open(Path::new("/dev")).expect("a system with /dev");
    let read = devices.read("zero", 100).expect_err("refused").to_string();
    assert_eq!(read, "a device, and no file");
    files::write(home.path().join("long"), "12345").expect("room on disk");
    assert_eq!(dir.read("long", 5).expect("within"), b"12345");
    let read = dir.read("long", 4).expect_err("refused").to_string();
    assert_eq!(read, "more than 4 bytes");
}

#[test]
fn what_is_made_is_for_its_user_alone() {
    let (home, _) = place();
    let dir = Dir::make(&home.path().join("a/b")).expect("room on disk");
    drop(dir.create_new("file").expect("new"));
    dir.replace_safely("whole", "half", b"x")
        .expect("room on disk");
    drop(dir.lock_file("lock").expect("new"));
    assert_eq!(mode(dir.path()), 0o700);
    for name in ["file", "whole", "lock"] {
        assert_eq!(mode(&dir.path().join(name)), 0o600, "{name}");
    }
    assert_eq!(dir.names().expect("readable"), ["file", "lock", "whole"]);
    let again = dir.create_new("file").expect_err("there already");
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn what_others_could_read_is_mended_and_nothing_behind_a_link_is_touched() {
    let (home, dir) = place();
    let (chain, notes) = (home.path().join("chain"), home.path().join("notes"));
    let deep = chain.join("keyspaces/1");
    files::create_dir_all(&deep).expect("room on disk");
    for file in [&deep.join("table"), &notes] {
        files::write(file, "keys").expect("room on disk");
        set(file, 0o644);
    }
    symlink(&notes, chain.join("link")).expect("room on disk");
    let names = ["chain", "lock"];
    let told = dir.check(&names).expect_err("a link").to_string();
    assert_eq!(told, "chain/link: a link, and links are not followed here");
    set(home.path(), 0o755);
    assert!(dir.protect(&names).expect("ours"));
    assert_eq!((mode(home.path()), mode(&deep)), (0o700, 0o700));
    assert_eq!(mode(&deep.join("table")), 0o600);
    assert_eq!(mode(&notes), 0o644, "it is none of ours");
    assert!(!dir.protect(&names).expect("ours"), "it is said once");
}

#[test]
fn what_is_copied_is_what_was_there_and_is_for_its_user_alone() {
    let (home, dir) = place();
    let deep = home.path().join("from/nodes/central");
    files::create_dir_all(&deep).expect("room on disk");
    files::write(deep.join("keys"), "secret").expect("room on disk");
    set(&deep.join("keys"), 0o644);
    let (from, to) = (dir.dir("from").expect("there"), home.path().join("to"));
    from.copy(&["nodes"], &to, u64::MAX).expect("room on disk");
    let copied = to.join("nodes/central/keys");
    assert_eq!(files::read(&copied).expect("there"), b"secret");
    assert_eq!((mode(&copied), mode(&to)), (0o600, 0o700));
    symlink("keys", deep.join("link")).expect("room on disk");
    let other = home.path().join("other");
    let refused = from.copy(&["nodes"], &other, u64::MAX).expect_err("a link");
    assert_eq!(refused.kind(), ErrorKind::InvalidData);
}

#[test]
fn a_copy_takes_no_more_room_than_it_may_however_large_a_file_says_it_is() {
    let (home, dir) = place();
    let deep = home.path().join("from/nodes");
    files::create_dir_all(&deep).expect("room on disk");
    let hole = File::create(deep.join("0.jnl")).expect("room on disk");
    // It takes no room itself.
    hole.set_len(3_000_000).expect("room on disk");
    let (from, to) = (dir.dir("from").expect("there"), home.path().join("to"));
    let refused = from.copy(&["nodes"], &to, 3_000_000).expect_err("large");
    assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
    let words = format!(
        "a copy at {} would take more than 3000000 bytes",
        to.display()
    );
    assert_eq!(refused.to_string(), words);
    assert!(!to.exists(), "it was begun");
    from.copy(&["nodes"], &to, 3_100_000).expect("it may");
    let crowd = deep.join("crowd");
    files::create_dir(&crowd).expect("room on disk");
    for number in 0..100 {
        files::write(crowd.join(number.to_string()), "").expect("room on disk");
    }
    let other = home.path().join("other");
    let refused = from.copy(&["nodes"], &other, 3_100_000).expect_err("many");
    assert_eq!(refused.kind(), ErrorKind::FileTooLarge);
}

#[test]
fn a_lock_is_given_up_though_a_child_process_has_its_file_open() {
    let (_home, dir) = place();
    let file = || dir.lock_file("lock").expect("it is made");
    let first = file();
    // What a child has between fork and exec.
    let of_a_child = first.try_clone().expect("a file");
    let lock = Lock::take(first).expect("it is free");
    assert!(matches!(Lock::take(file()), Err(TryLockError::WouldBlock)));
    drop(lock);
    Lock::take(file()).expect("it is free again");
    drop(of_a_child);
}
