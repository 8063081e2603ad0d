//! `chainlab node` in a process of its own, for tests that signal it and read what it says.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
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
pub struct Process {
    child: Child,
    log: Receiver<String>,
    /// What was read of the log.
    said: RefCell<Vec<String>>,
}

impl Process {
    /// A node called nora.
    pub fn start(home: &Path, more: &[&str]) -> Self {
        Self::named("nora", home, more)
    }

    pub fn named(name: &str, home: &Path, more: &[&str]) -> Self {
        Self::with(name, home, more, None)
    }

    /// With `RUST_LOG` set to this. All that it keeps is in `home`, its data under its name.
    pub fn with(name: &str, home: &Path, more: &[&str], level: Option<&str>) -> Self {
        std::fs::write(home.join("net.toml"), EASY).expect("written");
        let network = ["--network", "net.toml"];
        let more: Vec<_> = network.iter().chain(more).copied().collect();
        Self::of(name, home, &more, level)
    }

    /// On the network whose chain is in its directory already.
    pub fn plain(name: &str, home: &Path) -> Self {
        Self::of(name, home, &[], None)
    }

    fn of(name: &str, home: &Path, more: &[&str], level: Option<&str>) -> Self {
        let node = ["node", "--name", name, "--port", "0", "--data-dir", name];
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args(node.iter().chain(more))
            .current_dir(home)
            .env_remove("RUST_LOG")
            .envs(level.map(|level| ("RUST_LOG", level)))
            .stderr(Stdio::piped());
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "TMPDIR"] {
            command.env(variable, home);
        }
        let mut child = command.spawn().expect("the program runs");
        let log = follow(child.stderr.take().expect("piped"));
        let said = RefCell::default();
        Self { child, log, said }
    }

    /// The first line of the log, from now on, with these words.
    pub fn says(&self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut said = self.said.borrow_mut();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("{error}: {words:?}: {said:#?}"));
            said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// What follows these words in the log, up to a blank or comma.
    pub fn reads(&self, words: &str) -> String {
        let line = self.says(words);
        let (_, rest) = line.split_once(words).expect("it has the words");
        let end = rest.find([' ', ',']).unwrap_or(rest.len());
        rest[..end].to_owned()
    }

    /// What it has said and was not read yet.
    pub fn said(&self) -> Vec<String> {
        let lines: Vec<String> = self.log.try_iter().collect();
        self.said.borrow_mut().extend(lines.iter().cloned());
        lines
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// How it ends, and all that it ever said.
    pub fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("ours") {
                let mut said = self.said.take();
                said.extend(self.log.iter());
                return (status, said);
            }
            assert!(Instant::now() < until, "it does not end");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Has it stop, and returns all that it ever said.
    pub fn stops(self) -> Vec<String> {
        self.signal("INT");
        let (status, said) = self.wait();
        assert!(status.success(), "{said:#?}");
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a log without end, so that the program never waits for the test.
fn follow(log: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            // The test may have seen enough.
            let _ = sender.send(line);
        }
    });
    receiver
}
