//! Output that is not read: a pipe that is full when the program starts, as a terminal is after Ctrl-S.

use serde_json::Value;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

const PATIENCE: Duration = Duration::from_secs(60);

/// What fills a pipe is written a byte after the other; when it stops it is full.
const PAUSE: Duration = Duration::from_millis(10);

/// A pipe that takes nothing more until it is read.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().expect("a pipe");
    let mut filling = writer.try_clone().expect("a descriptor");
    let filled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&filled);
    // It ends when the pipe is read.
    thread::spawn(move || {
        while filling.write_all(b".").is_ok() && count.fetch_add(1, Ordering::SeqCst) < 1 << 20 {}
    });
    let mut before = 0;
    loop {
        thread::sleep(PAUSE);
        let now = filled.load(Ordering::SeqCst);
        // No pipe is smaller than a page.
        if now >= 4_096 && now == before {
            return (reader, writer);
        }
        before = now;
    }
}

fn chainlab(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
    command
        .args(arguments)
        .current_dir(home)
        .env_remove("RUST_LOG");
    for variable in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
        command.env(variable, home);
    }
    command
}

/// A node called nora.
const NORA: [&str; 7] = [
    "node",
    "--name",
    "nora",
    "--port",
    "0",
    "--data-dir",
    "nora",
];

struct Program(Child);

impl Program {
    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until a signal does not end it by itself any more.
    fn hears_signals(&self) {
        const TERM: u64 = 1 << 14;
        let until = Instant::now() + PATIENCE;
        let file = format!("/proc/{}/status", self.0.id());
        loop {
            let text = fs::read_to_string(&file).expect("it runs");
            let mut caught = text.lines().filter_map(|line| line.strip_prefix("SigCgt:"));
            let caught = caught
                .next()
                .map(|mask| u64::from_str_radix(mask.trim(), 16));
            if caught.expect("a mask").expect("a number") & TERM != 0 {
                return;
            }
            assert!(Instant::now() < until, "it does not listen");
            thread::sleep(PAUSE);
        }
    }

    fn ends(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().expect("ours") {
                return status;
            }
            assert!(Instant::now() < until, "it does not end");
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the nodes that run here say of themselves, once one does.
fn status(home: &Path) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let Output { status, stdout, .. } = chainlab(home, &["status", "--json"])
            .output()
            .expect("it runs");
        if status.success() {
            return serde_json::from_slice(&stdout).expect("JSON");
        }
        assert!(Instant::now() < until, "no answer");
        thread::sleep(PAUSE);
    }
}

/// The first value of this name in it.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map
            .get(name)
            .or_else(|| map.values().find_map(|value| find(value, name))),
        Value::Array(list) => list.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

#[test]
fn a_node_whose_log_is_not_read_goes_on_and_ends_when_it_is_told_to() {
    let home = tempfile::tempdir().expect("a directory");
    let (mut reader, writer) = full();
    let mut command = chainlab(home.path(), &NORA);
    command.env("RUST_LOG", "trace").stderr(writer);
    let node = Program(command.spawn().expect("it starts"));
    drop(command);
    // Its endpoint answers, and it says who it is to whom connects.
    let addr = find(&status(home.path()), "addr").cloned();
    let addr = addr.as_ref().and_then(Value::as_str).expect("it listens");
    let addr: SocketAddr = addr.parse().expect("an address");
    // What comes and goes is told in the log.
    for _ in 0..100 {
        let mut peer = TcpStream::connect(addr).expect("it accepts");
        peer.set_read_timeout(Some(PATIENCE)).expect("a time");
        assert_ne!(peer.read(&mut [0; 64]).expect("its version"), 0);
    }
    status(home.path());
    node.signal("INT");
    assert!(node.ends().success());
    let mut said = Vec::new();
    reader.read_to_end(&mut said).expect("it is whole");
    assert!(said.starts_with(b"..."), "it was full");
}

#[test]
fn a_node_whose_log_has_lost_its_reader_goes_on_as_well() {
    let home = tempfile::tempdir().expect("a directory");
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut command = chainlab(home.path(), &NORA);
    command.stderr(writer);
    let node = Program(command.spawn().expect("it starts"));
    status(home.path());
    node.signal("INT");
    assert!(node.ends().success());
}

#[test]
fn a_run_whose_events_are_not_read_ends_at_its_deadline_and_says_so() {
    let home = tempfile::tempdir().expect("a directory");
    let (_reader, writer) = full();
    let run = ["run", "scenario", "--headless", "--json", "--for", "1s"];
    let mut command = chainlab(home.path(), &run);
    command.stdout(writer).stderr(Stdio::piped());
    let mut run = Program(command.spawn().expect("it starts"));
    let mut errors = run.0.stderr.take().expect("piped");
    assert_eq!(run.ends().code(), Some(1));
    let mut said = String::new();
    errors.read_to_string(&mut said).expect("text");
    assert!(
        said.starts_with("chainlab: its output is not read: "),
        "{said}"
    );
}

#[test]
fn a_run_whose_events_are_not_read_ends_when_it_is_told_to_live_and_in_virtual_time() {
    for arguments in [&["--for", "1h"][..], &["--for", "60s", "--virtual"]] {
        let home = tempfile::tempdir().expect("a directory");
        let (_reader, writer) = full();
        let mut command = chainlab(home.path(), &["run", "scenario", "--headless"]);
        command.args(arguments).stdout(writer);
        let mut run = Program(command.spawn().expect("it starts"));
        run.hears_signals();
        // The first one ends the run, the second one waiting for its reader.
        let until = Instant::now() + PATIENCE;
        let status = loop {
            run.signal("TERM");
            thread::sleep(Duration::from_millis(200));
            if let Some(status) = run.0.try_wait().expect("ours") {
                break status;
            }
            assert!(Instant::now() < until, "it does not end");
        };
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn a_run_that_is_told_to_end_and_is_read_says_what_it_came_to() {
    for arguments in [&["--for", "1h"][..], &["--for", "100000h", "--virtual"]] {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = chainlab(home.path(), &["run", "scenario", "--headless", "--json"]);
        command.args(arguments).stdout(Stdio::piped());
        let mut run = Program(command.spawn().expect("it starts"));
        let mut lines = BufReader::new(run.0.stdout.take().expect("piped")).lines();
        // It has begun.
        let first = lines.next().expect("a line").expect("text");
        assert!(first.starts_with('{'), "{first}");
        run.hears_signals();
        run.signal("TERM");
        let last = lines.map(|line| line.expect("text")).last();
        assert!(
            last.expect("lines").starts_with("{\"summary\":"),
            "{arguments:?}"
        );
        assert_eq!(run.ends().code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn two_of_the_same_signal_at_once_are_one() {
    let home = tempfile::tempdir().expect("a directory");
    for signal in ["INT", "TERM"] {
        let mut command = chainlab(home.path(), &NORA);
        command.stderr(Stdio::piped());
        let mut node = Program(command.spawn().expect("it starts"));
        let mut log = node.0.stderr.take().expect("piped");
        status(home.path());
        node.signal(signal);
        node.signal(signal);
        let ended = node.ends();
        let mut said = String::new();
        log.read_to_string(&mut said).expect("text");
        assert!(ended.success(), "{signal}: {said}");
        assert!(said.contains("all it had is on disk"), "{said}");
    }
}
