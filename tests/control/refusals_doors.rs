//! Where endpoints are, and who can find and open them: cookies and sockets are their user's alone, go
//! with the lab, and no other machine is let in by mistake.

use crate::common::control::*;
use crate::common::running::{all_up, kept_in, start, until};
use chainlab::lab::control::rpc::BAD_PARAMS;
use chainlab::lab::control::{COOKIE_FILE, Cookie, Endpoint, EndpointAddr};
use chainlab::lab::{Control, LabOptions, NodeState};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};
use tempfile::TempDir;

fn mode(path: &Path) -> u32 {
    let found = fs::symlink_metadata(path).expect("it is there");
    found.permissions().mode() & 0o777
}

fn file(endpoint: &Endpoint) -> PathBuf {
    match &endpoint.cookie {
        Cookie::File(path) => path.clone(),
        Cookie::Text(_) => panic!("a lab has its cookies in files"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_their_users_alone_replace_what_a_crash_left_and_go_with_the_lab() {
    let dir = tempfile::tempdir().expect("a directory");
    let before = start(kept_in(dir.path())).expect("it starts");
    before.close().await.expect("it closes");
    let stale = dir.path().join(COOKIE_FILE);
    fs::write(&stale, "known to everybody").expect("room");
    fs::set_permissions(&stale, fs::Permissions::from_mode(0o644)).expect("ours");
    let options = LabOptions {
        control: Control::Anywhere,
        ..kept_in(dir.path())
    };
    let lab = start(options).expect("it starts");
    let entry = opened(&lab).await;
    assert_eq!(file(&entry.endpoint), stale);
    let endpoints = entry.nodes.iter().map(|node| &node.endpoint);
    let endpoints: Vec<_> = std::iter::once(&entry.endpoint).chain(endpoints).collect();
    assert_eq!(endpoints.len(), 4);
    for endpoint in &endpoints {
        assert_eq!(mode(&file(endpoint)), 0o600);
        let text = cookie(endpoint);
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let same = endpoints
            .iter()
            .filter(|other| cookie(other) == text)
            .count();
        assert_eq!(same, 1, "each door has its own");
        Raw::greeted(endpoint).await;
    }
    let mut old = Raw::at(&entry.endpoint.at).await;
    let (_, words) = old.refused(hello("known to everybody")).await;
    assert_eq!(words, "that is not the cookie of this door");
    let mut guest = Raw::greeted(&entry.endpoint).await;
    lab.close().await.expect("it closes");
    guest.is_let_go().await;
    for endpoint in endpoints {
        assert!(!file(endpoint).exists());
        let EndpointAddr::Tcp(addr) = endpoint.at else {
            panic!("a port")
        };
        assert!(std::net::TcpStream::connect(addr).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_the_same_door_in_a_private_directory() {
    let (lab, entry) = open_lab(BUSY).await;
    let whole = entry.socket.clone().expect("a path that is short enough");
    let dir = whole.parent().expect("a directory").to_owned();
    assert_eq!(mode(&dir), 0o700);
    let mut by_socket = Raw::socket(&whole).await;
    by_socket.greets(&entry.endpoint).await;
    let mut by_port = Raw::greeted(&entry.endpoint).await;
    let names = |nodes: &Value| {
        let nodes = nodes.as_array().expect("a list").iter();
        nodes
            .map(|node| node["node"].to_string())
            .collect::<Vec<_>>()
    };
    let one = by_socket.result("status", json!({})).await;
    let other = by_port.result("status", json!({})).await;
    assert_eq!(names(&one), names(&other));
    assert_eq!(names(&one).len(), 3);
    for node in &entry.nodes {
        let path = node.socket.as_ref().expect("short enough");
        assert_eq!(path.parent(), Some(&*dir));
        let mut guest = Raw::socket(path).await;
        guest.greets(&node.endpoint).await;
        let found = guest.result("status", json!({})).await;
        assert_eq!(found[0]["node"], json!(node.name));
    }
    // A guess is as slow here as there.
    let mut guess = Raw::socket(&whole).await;
    let since = Instant::now();
    guess.refused(hello("guessed")).await;
    assert!(since.elapsed() >= Duration::from_millis(900));
    goes_on(&lab, &entry).await;
    lab.close().await.expect("it closes");
    assert!(!dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_of_a_node_is_about_that_node_and_no_other() {
    let (lab, entry) = open_lab(BUSY).await;
    until(&lab, all_up).await;
    let mut guest = Raw::greeted(&entry.nodes[1].endpoint).await;
    for (method, params, words) in [
        (
            "wallets",
            json!({ "node": "miner" }),
            "node: there is no node \"miner\"",
        ),
        (
            "kill",
            json!({ "node": "central" }),
            "node: there is no node \"central\"",
        ),
        (
            "add_node",
            json!({ "name": "eve" }),
            "name: a node is added at the door of a lab, and this is the door of wallet",
        ),
        (
            "cut",
            json!({ "from": "central", "to": "miner" }),
            "from: this is the door of wallet, and the link is another's",
        ),
    ] {
        let (code, said) = guest.refused(call(1, method, params)).await;
        assert_eq!(code, BAD_PARAMS, "{method}: {said}");
        assert!(said.starts_with(words), "{said}");
    }
    let own = json!({ "from": "wallet", "to": "central" });
    guest.result("cut", own.clone()).await;
    guest.result("heal", own).await;
    assert_eq!(
        guest
            .result("links", json!({}))
            .await
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    guest.result("kill", json!({})).await;
    assert_eq!(lab.view().nodes[1].state, NodeState::Down);
    goes_on(&lab, &entry).await;
}

/// The real program, and a home of its own.
struct Program {
    home: TempDir,
}

impl Program {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        fs::create_dir(home.path().join("runtime")).expect("room");
        Self { home }
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args(["node", "--name", "nora", "--port", "0", "--data-dir"])
            .arg(self.data())
            .args(arguments)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path().join("runtime"))
            .env("TMPDIR", self.home.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Runs until its node listens and `wanted` is there, at most for a while.
    fn runs(&self, arguments: &[&str], wanted: impl Fn() -> bool) -> Running {
        let log = fs::File::create(self.home.path().join("log")).expect("room");
        let child = self.command(arguments).stderr(log).spawn();
        let running = Running(child.expect("it starts"));
        let since = Instant::now();
        let listens = || {
            let log = fs::read_to_string(self.home.path().join("log"));
            log.is_ok_and(|log| log.contains("its chain and wallets are in"))
        };
        while !(listens() && wanted()) {
            assert!(
                since.elapsed() < crate::common::live::PATIENCE,
                "it does not start"
            );
            thread::sleep(Duration::from_millis(10));
        }
        running
    }

    /// Every file of this name or ending that is there.
    fn finds(&self, end: &str) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    true => walk(&entry.path(), found),
                    false => found.push(entry.path()),
                }
            }
        }
        let mut found = Vec::new();
        walk(self.home.path(), &mut found);
        found.retain(|path| path.to_string_lossy().ends_with(end));
        found
    }
}

/// A child that goes with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn another_machine_is_let_in_only_by_whoever_says_so() {
    let program = Program::new();
    for (arguments, words) in [
        (&["--control", "0.0.0.0:0"][..], "--control-allow-remote"),
        (&["--control-bind", "[::]:0"], "--control-allow-remote"),
        (&["--control-allow-remote"], "--control <ADDR>"),
        (&["--control", "nowhere"], "write a port, or IP:PORT"),
        (&["--control", "0", "--no-control"], "cannot be used with"),
    ] {
        let output = program.command(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(
            !program.data().exists(),
            "{arguments:?}: nothing is written"
        );
    }
    let arguments = ["--control", "0.0.0.0:0", "--control-allow-remote"];
    let _running = program.runs(&arguments, || !program.finds("entry.json").is_empty());
    let text = fs::read_to_string(&program.finds("entry.json")[0]).expect("readable");
    let entry: Value = serde_json::from_str(&text).expect("JSON");
    let at = entry["door"]["at"]["tcp"].as_str().expect("an address");
    assert!(at.starts_with("0.0.0.0:") && !at.ends_with(":0"), "{at}");
}

#[test]
fn a_node_without_control_opens_nothing() {
    let program = Program::new();
    let open = program.runs(&[], || !program.finds("entry.json").is_empty());
    assert_eq!(program.finds(COOKIE_FILE).len(), 1);
    assert_eq!(program.finds(".sock").len(), 1);
    let ports = listening(open.0.id());
    drop(open);
    // What a killed one left is no longer somebody's who runs.
    fs::remove_dir_all(program.home.path().join("runtime")).expect("ours");
    fs::remove_file(&program.finds(COOKIE_FILE)[0]).expect("ours");
    let shut = program.runs(&["--no-control"], || true);
    // Long enough for endpoints to open that should not.
    thread::sleep(Duration::from_millis(500));
    assert_eq!(program.finds("entry.json"), Vec::<PathBuf>::new());
    assert_eq!(program.finds(COOKIE_FILE), Vec::<PathBuf>::new());
    assert_eq!(program.finds(".sock"), Vec::<PathBuf>::new());
    if let (Some(with), Some(without)) = (ports, listening(shut.0.id())) {
        assert_eq!((with, without), (2, 1));
    }
}

/// Ports that a process listens at; `None`: this system does not tell.
fn listening(pid: u32) -> Option<usize> {
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).ok()?;
    let listens = table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        (fields.get(3) == Some(&"0A")).then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    });
    let inodes: Vec<_> = listens.collect();
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links = files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok());
    let links: Vec<_> = links
        .map(|link| link.to_string_lossy().into_owned())
        .collect();
    let its = inodes
        .iter()
        .filter(|inode| links.contains(&format!("socket:[{inode}]")));
    Some(its.count())
}
