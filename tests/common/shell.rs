//! A user's shell with a home of its own: the real program, run to its end or in the background.

#![allow(dead_code, reason = "each test file uses its own part")]

use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that takes a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the program printed and said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The last word.
    pub fn last(&self) -> &str {
        self.out.split_whitespace().last().unwrap_or_default()
    }
}

/// A home, and what runs in the background. All of that ends with it.
pub struct Shell {
    home: tempfile::TempDir,
    background: Vec<Child>,
}

impl Shell {
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(home.path().join("run")).expect("made");
        Self {
            home,
            background: Vec::new(),
        }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where running things are put down.
    pub fn runtime_dir(&self) -> PathBuf {
        self.home().join("run")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chainlab"));
        command
            .args(arguments)
            .current_dir(self.home())
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().expect("it runs"))
    }

    /// Runs it with this to read.
    pub fn run_with(&self, input: &str, arguments: &[&str]) -> Said {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut to = child.stdin.take().expect("piped");
        // It may not read to the end.
        let _ = to.write_all(input.as_bytes());
        drop(to);
        said(child.wait_with_output().expect("it ends"))
    }

    /// Runs it, and it must do what was asked.
    pub fn done(&self, arguments: &[&str]) -> Said {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        said
    }

    /// What it says when it does not; nothing is printed then.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{said:?}");
        said.err
    }

    /// Runs it until it prints what is wanted.
    pub fn until(&self, arguments: &[&str], wanted: impl Fn(&Said) -> bool) -> Said {
        let since = Instant::now();
        loop {
            let said = self.run(arguments);
            if wanted(&said) {
                return said;
            }
            assert!(since.elapsed() < PATIENCE, "{arguments:?}: {said:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts it in the background, with its log in a file; its process.
    pub fn start(&mut self, arguments: &[&str], log: &str) -> u32 {
        let log = File::create(self.home().join(log)).expect("room on disk");
        let child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it runs");
        let pid = child.id();
        self.background.push(child);
        pid
    }

    /// Starts a node and waits until it can be asked.
    pub fn node(&mut self, name: &str, more: &[&str]) -> u32 {
        let arguments = ["node", "--name", name, "--port", "0"];
        let pid = self.start(&[&arguments[..], more].concat(), &format!("{name}.log"));
        self.until(&["status", "--lab", &pid.to_string()], |said| {
            said.code == 0
        });
        pid
    }

    /// Ends what was started as this process, at once.
    pub fn kill(&mut self, pid: u32) {
        let child = self.background.iter_mut().find(|child| child.id() == pid);
        let child = child.expect("it was started here");
        child.kill().expect("it runs");
        child.wait().expect("it ran");
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for child in &mut self.background {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn said(output: std::process::Output) -> Said {
    Said {
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code().expect("it ends by itself"),
    }
}
