//! Keys are their user's alone, and a data directory that came from elsewhere opens nothing but its
//! own files.

use crate::common::live::{Scene, mine, soon};
use crate::common::params;
use crate::other_user::{OtherUser, all_of, open_below, open_to_all, set_mode, told};
use crate::program::Process;
use chainlab::live::disk::{DiskStore, OpenDiskError};
use chainlab::node::Store;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MENDED: &str =
    "other users could read what is in it, keys included; from now on only its user can";

/// Runs a node on `home/data`, where it must not start: its words and its exit code.
fn run(home: &Path) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_chainlab"))
        .args(["node", "--name", "n", "--port", "0", "--data-dir", "data"])
        .current_dir(home)
        .env_remove("RUST_LOG")
        .output();
    let (_, said, code) = told(&output.expect("the program runs"));
    (said, code)
}

/// What is said of all that runs with this home, once something can be controlled there.
fn status(home: &Path) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    command.args(["status", "--json"]);
    for variable in ["HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
        command.env(variable, home);
    }
    told(&command.output().expect("the program runs"))
}

/// A chain of some blocks with a wallet, in `home/data`; its node is down again.
async fn data(home: &Path) -> PathBuf {
    let scene = Scene::new(params());
    let node = scene.start(scene.config("nora")).await;
    for _ in 0..3 {
        mine(&node).await;
    }
    soon(node.stop()).await;
    let data = home.join("data");
    fs::rename(scene.dir("nora"), &data).expect("one file system");
    data
}

#[test]
fn the_keys_of_a_node_are_in_files_that_only_its_user_can_read() {
    let home = TempDir::new().expect("a directory");
    // As open as a directory can be that a person made before.
    let data = home.path().join("nora");
    fs::create_dir(&data).expect("room on disk");
    set_mode(&data, 0o777);
    let node = Process::start(home.path(), &["--mine", "gold"]);
    node.says("mined #3 ");
    let (_, said, code) = status(home.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(data.join("control.cookie").exists() && data.join("chain/0.jnl").exists());
    assert_eq!(open_below(&data), []);
    // Where it is put down that it runs.
    assert_eq!(open_below(&home.path().join("chainlab")), []);
    node.stops();
    assert_eq!(open_below(&data), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_others_could_read_is_mended_and_that_is_said_once() {
    let home = TempDir::new().expect("a directory");
    let data = data(home.path()).await;
    fs::write(data.join("cut-1.jnl"), "keys").expect("room on disk");
    fs::write(data.join("notes.txt"), "of a person").expect("room on disk");
    open_to_all(&data);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(["check", "data"]).current_dir(home.path());
        told(&command.output().expect("the program runs"))
    };
    let (out, _, code) = start();
    let said = format!("data: mended: {MENDED}\n");
    assert!(code == Some(0) && out.starts_with(&said), "{out}");
    let open: Vec<_> = open_below(&data)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        open,
        [data.join("notes.txt")],
        "what is none of ours stays as it is"
    );
    let (out, _, code) = start();
    assert!(code == Some(0) && !out.contains("mended"), "{out}");

    // A node says it in its log.
    open_to_all(&data);
    let said = |name| {
        let node = Process::plain(name, home.path());
        node.says("listens at");
        let said = node.stops();
        said.iter().filter(|line| line.contains(MENDED)).count()
    };
    assert_eq!([said("data"), said("data")], [1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_of_another_user_is_refused_and_stays_as_it_is() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let data = data(other.home.path()).await;
    open_to_all(&data);
    for is_empty in [false, true] {
        if is_empty {
            fs::remove_dir_all(&data).expect("ours");
            fs::create_dir(&data).expect("room on disk");
            set_mode(&data, 0o777);
        }
        other.give(&data);
        let before = all_of(&data);
        let words = "chainlab: data is another user's directory\n".to_owned();
        assert_eq!(run(other.home.path()), (words, Some(2)));
        assert!(all_of(&data) == before, "files have changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_reads_no_key_of_a_node_that_runs() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let node = Process::start(other.home.path(), &["--mine", "gold"]);
    node.says("mined #2 ");
    let data = other.home.path().join("nora");
    let files: Vec<_> = all_of(&data)
        .into_keys()
        .filter(|path| path.is_file())
        .collect();
    assert!(files.len() > 10, "{files:?}");
    let read = files.iter().filter(|path| other.can_read(path));
    assert_eq!(read.collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    node.stops();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_with_links_opens_nothing_outside_and_empties_nothing() {
    let home = TempDir::new().expect("a directory");
    let data = data(home.path()).await;
    let (secret, zeros) = (home.path().join("secret"), Path::new("/dev/zero"));
    let places = [
        "creating",
        "lock",
        "probe",
        "control.cookie",
        "chain",
        "chain/0.jnl",
        "chain/version",
        "chain/lock",
        "chain/keyspaces",
        "chain/keyspaces/3",
        "chain/keyspaces/3/current",
        "chain/keyspaces/3/v0",
        "chain/keyspaces/3/tables/77",
        "chain/anything",
    ];
    for place in places {
        for target in [secret.as_path(), zeros, Path::new("nothing")] {
            let copy = home.path().join("copy");
            fs::create_dir(&copy).expect("room on disk");
            crate::common::damage::copy_dir(&data, &copy);
            let link = copy.join(place);
            match fs::symlink_metadata(&link) {
                Ok(found) if found.is_dir() => fs::remove_dir_all(&link).expect("ours"),
                Ok(_) => fs::remove_file(&link).expect("ours"),
                Err(_) => {}
            }
            symlink(target, &link).expect("room on disk");
            fs::write(&secret, "years of work").expect("room on disk");
            let before = all_of(&copy);
            let begun = Instant::now();
            let refused = DiskStore::open(&copy).map(drop).expect_err(place);
            assert!(begun.elapsed() < Duration::from_secs(5), "{place}");
            let said = refused.to_string();
            let words = "a link, and links are not followed here";
            assert!(said.contains(words), "{place}: {said}");
            assert!(matches!(refused, OpenDiskError::Store(_)), "{refused:?}");
            assert!(all_of(&copy) == before, "{place}: files have changed");
            let kept = fs::read_to_string(&secret).expect("readable");
            assert_eq!(kept, "years of work", "{place}");
            fs::remove_dir_all(&copy).expect("ours");
        }
    }
    // The directory itself may be one: a person named it.
    symlink(&data, home.path().join("link")).expect("room on disk");
    let store = DiskStore::open(&home.path().join("link")).expect("sound");
    assert!(store.meta("wallet/key/nora").expect("readable").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_or_an_endless_file_in_a_data_directory_holds_nothing_up() {
    let home = TempDir::new().expect("a directory");
    let data = data(home.path()).await;
    let journal = data.join("chain/0.jnl");
    let kept = fs::read(&journal).expect("readable");
    for place in [
        "lock",
        "creating",
        "chain/0.jnl",
        "chain/keyspaces/1/current",
    ] {
        let path = data.join(place);
        let was = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("a system with mkfifo").success());
        let (said, code) = run(home.path());
        assert!(said.contains("a pipe, and no file"), "{place}: {said}");
        assert_eq!(code, Some(2), "{said}");
        fs::remove_file(&path).expect("ours");
        if let Some(was) = was {
            fs::write(&path, was).expect("room on disk");
        }
    }
    // A terabyte that takes no room on disk.
    let long = fs::File::options().write(true).open(&journal);
    let long = long.expect("ours");
    long.set_len(1 << 40).expect("a sparse file");
    let (said, code) = run(home.path());
    assert!(said.contains("0.jnl: more than 1073741824 bytes"), "{said}");
    assert_eq!(code, Some(2));
    fs::write(&journal, kept).expect("room on disk");
    drop(DiskStore::open(&data).expect("as sound as it was"));
}

#[test]
fn an_entry_of_what_runs_that_is_a_link_or_has_no_end_holds_nothing_up() {
    let home = TempDir::new().expect("a directory");
    let registry = home.path().join("chainlab");
    let node = Process::start(home.path(), &[]);
    node.says("listens at");
    let (_, said, code) = status(home.path());
    assert_eq!(code, Some(0), "{said}");
    let (secret, links) = (home.path().join("secret"), ["entry.json", "lock"]);
    fs::write(&secret, "years of work").expect("room on disk");
    for (number, target) in [Path::new("/dev/zero"), &secret, Path::new("nothing")]
        .iter()
        .enumerate()
    {
        for name in links {
            let run = registry.join(format!("run-{number}-{name}"));
            fs::create_dir(&run).expect("room on disk");
            symlink(target, run.join(name)).expect("room on disk");
        }
    }
    let pipe = registry.join("run-pipe");
    fs::create_dir(&pipe).expect("room on disk");
    for name in links {
        let made = Command::new("mkfifo").arg(pipe.join(name)).status();
        assert!(made.expect("a system with mkfifo").success());
    }
    let (out, said, code) = status(home.path());
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("nora"), "{out}");
    assert_eq!(
        fs::read_to_string(&secret).expect("readable"),
        "years of work"
    );
    assert!(!home.path().join("nothing").exists());
    node.stops();
}

#[test]
fn the_files_of_a_kept_lab_are_its_users_alone_and_an_older_one_is_mended_once() {
    let home = TempDir::new().expect("a directory");
    let lab = home.path().join("lab");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(["run", "--headless", "--for", "1s", "--data-dir", "lab"]);
        command.current_dir(home.path()).env_remove("RUST_LOG");
        for variable in ["HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
            command.env(variable, home.path());
        }
        let (_, said, code) = told(&command.output().expect("it runs"));
        assert_eq!(code, Some(0), "{said}");
        said.lines().filter(|line| line.contains(MENDED)).count()
    };
    assert_eq!(run(), 0);
    assert!(lab.join("nodes/central/chain/0.jnl").exists());
    assert_eq!(open_below(&lab), []);
    open_to_all(&lab);
    assert_eq!([run(), run()], [1, 0]);
    assert_eq!(open_below(&lab), []);
}

#[test]
fn a_lab_in_another_users_directory_is_refused_and_it_stays_as_it_is() {
    let Some(other) = OtherUser::new() else {
        return;
    };
    let lab = other.home.path().join("lab");
    fs::create_dir(&lab).expect("room on disk");
    set_mode(&lab, 0o777);
    other.give(&lab);
    let before = all_of(&lab);
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    command.args(["run", "--headless", "--for", "1s", "--data-dir", "lab"]);
    command
        .current_dir(other.home.path())
        .env_remove("RUST_LOG");
    let (_, said, code) = told(&command.output().expect("it runs"));
    assert_eq!(said, "chainlab: lab: another user's directory\n");
    assert_eq!(code, Some(2));
    assert!(all_of(&lab) == before, "files have changed");
}
