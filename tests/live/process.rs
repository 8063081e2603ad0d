//! The program as people run it: started, signalled, killed, stopped with Ctrl-Z, started again.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A network on which every second hash is a block.
const EASY: &str = "\
[chain]
block_interval = \"1s\"
retarget = \"fixed\"
genesis_bits = \"0x207fffff\"
";

/// A node in a process of its own. Killed when the test is done with it.
struct Process {
    child: Child,
    log: Receiver<String>,
}

impl Process {
    fn start(home: &Path, more: &[&str]) -> Self {
        std::fs::write(home.join("net.toml"), EASY).expect("written");
        let node = ["node", "--name", "nora", "--port", "0"];
        let rest = ["--data-dir", "data", "--network", "net.toml"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_chainlab"))
            .args(node.iter().chain(&rest).chain(more))
            .current_dir(home)
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let log = follow(child.stderr.take().expect("piped"));
        Self { child, log }
    }

    /// The first line of the log, from now on, with these words.
    fn says(&self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(error) => panic!("{error} before it said {words:?}"),
            }
        }
    }

    /// What follows these words in the log, up to a blank or comma.
    fn reads(&self, words: &str) -> String {
        let line = self.says(words);
        let (_, rest) = line.split_once(words).expect("it has the words");
        let end = rest.find([' ', ',']).unwrap_or(rest.len());
        rest[..end].to_owned()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("ours") {
                return (status, self.log.iter().collect());
            }
            assert!(Instant::now() < until, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a log without end, so that nobody waits for us.
fn follow(log: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log.take(u64::MAX)).lines() {
            let Ok(line) = line else { return };
            // The test may have seen enough.
            let _ = sender.send(line);
        }
    });
    receiver
}

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
    assert_eq!(log, ["chainlab: data is in use by another node"]);
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
    nora.log.try_iter().for_each(drop);
    nora.signal("CONT");
    thread::sleep(Duration::from_millis(500));
    let after = nora.log.try_iter().filter(|line| line.contains("mined #"));
    let after = after.count();
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
