//! What `chainlab node` says: plain lines, each thing once, and not a line for each of 500 blocks.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A network on which every second hash is a block.
const EASY: &str = "\
[chain]
block_interval = \"1s\"
retarget = \"fixed\"
genesis_bits = \"0x207fffff\"
";

struct Node {
    child: Child,
    log: Receiver<String>,
    /// What was read of the log.
    said: Vec<String>,
}

impl Node {
    fn start(home: &Path, name: &str, more: &[&str]) -> Self {
        Self::with(home, name, more, &[])
    }

    fn with(home: &Path, name: &str, more: &[&str], variables: &[(&str, &str)]) -> Self {
        std::fs::write(home.join("net.toml"), EASY).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args([
                "node",
                "--name",
                name,
                "--data-dir",
                name,
                "--network",
                "net.toml",
            ])
            .args(more)
            .current_dir(home)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped());
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
            command.env(variable, home);
        }
        let mut child = command.spawn().expect("the program runs");
        let from = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in from.lines().map_while(Result::ok) {
                // The test may have seen enough.
                let _ = sender.send(line);
            }
        });
        let said = Vec::new();
        Self { child, log, said }
    }

    /// Waits for a line with these words.
    fn says(&mut self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("{error}: {words:?}: {:#?}", self.said));
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Where it listens.
    fn addr(&mut self) -> String {
        let line = self.says("listens at ");
        let (_, rest) = line.split_once("listens at ").expect("just seen");
        rest.split(',').next().expect("an address").to_owned()
    }

    /// Has it stop, and returns all that it ever said.
    fn stops(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &pid]).status();
        assert!(sent.expect("kill runs").success());
        self.says("has stopped");
        assert!(self.child.wait().expect("ours").success());
        std::mem::take(&mut self.said)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where nobody listens.
fn nowhere() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("free");
    free.local_addr().expect("bound")
}

fn with<'a>(said: &'a [String], words: &str) -> Vec<&'a String> {
    said.iter().filter(|line| line.contains(words)).collect()
}

#[test]
fn lines_are_a_time_and_a_sentence_and_a_wallet_is_told_once() {
    let home = tempfile::tempdir().expect("a directory");
    for run in ["new", "old"] {
        let wallets = ["--port", "0", "--wallet", "alice", "--mine", "till"];
        let mut nora = Node::start(home.path(), "nora", &wallets);
        nora.says("mined #");
        let said = nora.stops();
        let (last, lines) = said.split_last().expect("it spoke");
        assert_eq!(last, "nora has stopped; all it had is on disk");
        for line in lines {
            let (time, words) = line.split_once(' ').expect("a time");
            assert!(
                time.ends_with('Z') && time.len() == "2026-01-01T12:00:00.000Z".len(),
                "{line}"
            );
            assert!(
                !words.contains("INFO") && !words.contains("node{"),
                "{line}"
            );
            assert!(!words.starts_with(' '), "{line}");
        }
        for wallet in ["wallet alice has ", "wallet till has "] {
            assert_eq!(with(&said, wallet).len(), 1, "{run}: {said:#?}");
        }
    }
}

#[test]
fn json_has_an_object_a_line_with_the_node_and_the_level() {
    let home = tempfile::tempdir().expect("a directory");
    let json = ["--port", "0", "--wallet", "alice", "--log-format", "json"];
    let mut nora = Node::with(home.path(), "nora", &json, &[("RUST_LOG", "debug")]);
    nora.says("wallet alice has ");
    let said = nora.stops();
    let mut lines = said.iter().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(
            line["message"].is_string() && line["time"].is_string(),
            "{line}"
        );
        line
    });
    let of_wallet = lines.find(|line| {
        let words = line["message"].as_str();
        words.is_some_and(|words| words.starts_with("wallet alice has "))
    });
    let of_wallet = of_wallet.expect("it was told");
    assert_eq!(of_wallet["node"], "nora");
    assert_eq!(of_wallet["level"], "info");
    assert!(lines.count() > 0);
}

#[test]
fn an_address_where_nobody_listens_is_told_of_at_the_first_failure_and_not_at_each() {
    let home = tempfile::tempdir().expect("a directory");
    let nowhere = nowhere().to_string();
    let connect = ["--port", "0", "--connect", &nowhere];
    // At the level of debug all dials are told.
    let mut nora = Node::with(home.path(), "nora", &connect, &[("RUST_LOG", "debug")]);
    let words = format!("nobody at {nowhere}: ");
    for _ in 0..4 {
        nora.says(&words);
    }
    let said = nora.stops();
    let (loud, quiet): (Vec<_>, Vec<_>) = with(&said, &words)
        .into_iter()
        .partition(|line| !line.contains(" debug: "));
    assert_eq!(loud.len(), 1, "{said:#?}");
    assert!(quiet.len() >= 3, "{said:#?}");
    // As anybody sees it.
    let mut nora = Node::start(home.path(), "nora", &connect);
    let line = nora.says(&words);
    assert!(line.contains("Connection refused"), "{line}");
}

#[test]
fn who_catches_up_with_hundreds_of_blocks_says_so_in_a_few_lines() {
    let home = tempfile::tempdir().expect("a directory");
    let mining = ["--port", "0", "--mine", "till", "--hashrate", "2 kH/s"];
    let mut nora = Node::start(home.path(), "nora", &mining);
    nora.says("mined #600 ");
    nora.stops();
    let mut nora = Node::start(home.path(), "nora", &["--port", "0"]);
    let addr = nora.addr();
    let mut otto = Node::start(home.path(), "otto", &["--port", "0", "--connect", &addr]);
    otto.says("connected to nora");
    let last = otto.says(" with 0 payments");
    let height = last
        .split_once('#')
        .and_then(|(_, rest)| rest.split(' ').next());
    let height: u32 = height.expect("a place").parse().expect("a height");
    assert!(height >= 600, "{last}");
    let said = otto.stops();
    let lines = with(&said, "#");
    assert!(lines.len() < 10, "{lines:#?}");
    let all_but_last = &lines[..lines.len() - 1];
    assert!(
        all_but_last
            .iter()
            .all(|line| line.contains("catching up: ") && line.ends_with(" left")),
        "{lines:#?}"
    );
}
