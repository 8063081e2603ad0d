//! The program as people run it: started, signalled, killed, stopped with Ctrl-Z, started again.

use super::program::Process;
use std::thread;
use std::time::{Duration, Instant};

fn height(line: &str) -> u32 {
    let (_, rest) = line.split_once('#').expect("a place in the chain");
    let digits = rest.split(' ').next().expect("a number");
    digits.parse().expect("a number")
}

#[test]
fn each_signal_that_asks_for_it_ends_a_node_cleanly() {
    let home = tempfile::tempdir().expect("a temporary directory");
    for name in ["INT", "TERM", "HUP"] {
        let nora = Process::start(home.path(), &[]);
        nora.says("nora listens at 127.0.0.1:");
        nora.signal(name);
        let (status, log) = nora.wait();
        assert_eq!(status.code(), Some(0), "SIG{name}: {log:?}");
        let last = log.last().map(String::as_str);
        assert_eq!(last, Some("nora has stopped; all it had is on disk"));
    }
}

#[test]
fn a_miner_that_is_killed_goes_on_where_it_was_with_the_same_wallet() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let mining = ["--mine", "rewards", "--hashrate", "100"];
    let nora = Process::start(home.path(), &mining);
    let address = nora.reads("wallet rewards has ");
    let mut highest = 0;
    while highest < 5 {
        highest = height(&nora.says("mined #"));
    }
    drop(nora);
    for _ in 0..3 {
        let nora = Process::start(home.path(), &mining);
        let next = height(&nora.says("mined #"));
        assert!(next > highest, "at {next} after {highest}");
        highest = next;
        drop(nora);
    }
    let nora = Process::start(home.path(), &mining);
    assert_eq!(nora.reads("wallet rewards has "), address);
}

#[test]
fn a_second_process_on_a_directory_is_refused_and_the_first_goes_on() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let nora = Process::start(home.path(), &["--mine", "rewards", "--hashrate", "100"]);
    nora.says("mined #");
    let begun = Instant::now();
    let (status, log) = Process::start(home.path(), &[]).wait();
    assert_eq!(status.code(), Some(2));
    assert_eq!(log, ["chainlab: nora is in use by another node"]);
    assert!(begun.elapsed() < Duration::from_secs(5));
    nora.says("mined #");
}

#[test]
fn two_processes_share_a_chain() {
    let homes = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let nora = Process::start(homes[0].path(), &["--mine", "rewards", "--hashrate", "20"]);
    let place = nora.reads("nora listens at ");
    let otto = Process::start(homes[1].path(), &["--connect", &place]);
    otto.says("connected to nora");
    let mut reached = 0;
    while reached < 5 {
        reached = height(&otto.says("at #"));
    }
}

#[test]
fn a_node_that_was_stopped_for_a_while_makes_no_burst_of_blocks() {
    let home = tempfile::tempdir().expect("a temporary directory");
    // About five blocks a second.
    let nora = Process::start(home.path(), &["--mine", "rewards", "--hashrate", "10"]);
    nora.says("mined #");
    nora.signal("STOP");
    thread::sleep(Duration::from_secs(4));
    nora.said();
    nora.signal("CONT");
    thread::sleep(Duration::from_millis(500));
    let after = nora.said();
    let after = after.iter().filter(|line| line.contains("mined #")).count();
    // Made up for, the four seconds would be worth twenty.
    assert!(after < 12, "{after} blocks in half a second");
    nora.says("mined #");
}

/// What this network allows is 2 s, so a node that is behind by the stop refuses what its peer finds.
#[test]
fn a_node_that_was_stopped_takes_what_its_peer_finds_meanwhile_and_from_then_on() {
    let homes = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let nora = Process::start(homes[0].path(), &["--mine", "rewards", "--hashrate", "10"]);
    let place = nora.reads("nora listens at ");
    let otto = Process::start(homes[1].path(), &["--connect", &place]);
    otto.says("connected to nora");
    otto.says("at #");
    otto.signal("STOP");
    thread::sleep(Duration::from_secs(5));
    otto.signal("CONT");
    otto.says("stood still for");
    let now = height(&nora.says("mined #"));
    loop {
        let line = otto.says("#");
        assert!(!line.contains("refused"), "{line}");
        if line.contains("at #") && height(&line) > now + 3 {
            break;
        }
    }
}

#[test]
fn who_signals_twice_need_not_wait_and_loses_nothing() {
    let home = tempfile::tempdir().expect("a temporary directory");
    for _ in 0..5 {
        let nora = Process::start(home.path(), &["--mine", "rewards", "--hashrate", "100"]);
        let mined = height(&nora.says("mined #"));
        nora.signal("INT");
        nora.signal("TERM");
        let (status, log) = nora.wait();
        // The second signal comes while the node closes, or after it has; and of two that wait
        // either may be taken first.
        let last = log.last().map_or("", String::as_str);
        let (code, words) = match status.code() {
            Some(0) => (0, "nora has stopped; all it had is on disk"),
            _ => (1, " again: not waiting for the disk"),
        };
        assert_eq!(status.code(), Some(code), "{log:?}");
        assert!(last.ends_with(words), "{log:?}");
        let nora = Process::start(home.path(), &["--mine", "rewards", "--hashrate", "100"]);
        assert!(height(&nora.says("mined #")) > mined);
    }
}
