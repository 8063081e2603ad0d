//! Terminals that go away, and terminals that do not say how large they are.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs;
use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The program in a terminal that can be closed.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    parser: Arc<Mutex<vt100::Parser>>,
    reader: JoinHandle<()>,
    is_closing: Arc<AtomicBool>,
    home: tempfile::TempDir,
}

fn size((cols, rows): (u16, u16)) -> PtySize {
    PtySize {
        rows,
        cols,
        ..PtySize::default()
    }
}

fn some(size: u16) -> NonZero<u16> {
    NonZero::new(size).expect("a screen")
}

impl Terminal {
    /// Runs a shell's command that runs `chainlab` as `$0`. What is on stderr goes to a file.
    fn run(script: &str, at_first: (u16, u16)) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = CommandBuilder::new("sh");
        let script = format!("exec 2> errors; {script}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_chainlab")]);
        command.cwd(home.path());
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        for name in [
            "HOME",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_RUNTIME_DIR",
            "TMPDIR",
        ] {
            command.env(name, home.path());
        }
        let pty = native_pty_system()
            .openpty(size(at_first))
            .expect("a terminal");
        let child = pty.slave.spawn_command(command).expect("it starts");
        drop(pty.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(some(24), some(80), 0)));
        let is_closing = Arc::new(AtomicBool::new(false));
        let mut source = pty.master.try_clone_reader().expect("a reader");
        let (shown, closing) = (Arc::clone(&parser), Arc::clone(&is_closing));
        let reader = thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                shown.lock().expect("whole").process(&buffer[..count]);
                // The clock is drawn each second: this does not take longer.
                if closing.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        Self {
            child,
            master: pty.master,
            parser,
            reader,
            is_closing,
            home,
        }
    }

    fn sees(&self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let text = self.parser.lock().expect("whole").screen().contents();
            if text.contains(words) {
                return text;
            }
            assert!(Instant::now() < until, "no {words:?}:\n{text}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Closes the terminal. What the program then ended with, and what it said on stderr.
    fn closes(mut self) -> (u32, String) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.reader.join().expect("it reads");
        drop(self.master);
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("ours") {
                break status;
            }
            assert!(Instant::now() < until, "it does not end");
            thread::sleep(Duration::from_millis(10));
        };
        let errors = fs::read_to_string(self.home.path().join("errors"));
        assert_eq!(
            labs_in(self.home.path()),
            0,
            "it has left its directory behind"
        );
        (status.exit_code(), errors.expect("written"))
    }
}

/// Directories of temporary labs.
fn labs_in(home: &Path) -> usize {
    let dirs = fs::read_dir(home).expect("there").flatten();
    let labs = dirs.filter_map(|dir| fs::read_dir(dir.path()).ok());
    let labs = labs.flatten().flatten();
    labs.filter(|entry| entry.file_name().to_string_lossy().starts_with("lab-"))
        .count()
}

#[test]
fn a_terminal_that_is_closed_ends_the_screen_with_129_and_without_a_word() {
    let terminal = Terminal::run("exec \"$0\"", (80, 24));
    terminal.sees("AGREE #");
    assert_eq!(terminal.closes(), (129, String::new()));
}

#[test]
fn so_does_one_that_goes_away_without_a_signal() {
    // In a session of its own the program has no terminal that would signal.
    let script = "setsid -w \"$0\" run scenario <&0; echo $? > code";
    let terminal = Terminal::run(&format!("trap '' HUP; {script}"), (80, 24));
    terminal.sees("AGREE #");
    let code = terminal.home.path().join("code");
    let home = terminal.home.path().to_owned();
    let until = Instant::now() + PATIENCE;
    terminal.is_closing.store(true, Ordering::SeqCst);
    terminal.reader.join().expect("it reads");
    drop(terminal.master);
    while fs::read_to_string(&code).unwrap_or_default().is_empty() {
        assert!(Instant::now() < until, "it does not end");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(fs::read_to_string(&code).expect("written"), "129\n");
    let errors = fs::read_to_string(home.join("errors"));
    assert_eq!(errors.expect("written"), "");
}

#[test]
fn a_terminal_of_no_size_is_taken_for_one_of_80_columns_and_24_lines_until_it_says_one() {
    let terminal = Terminal::run("exec \"$0\"", (0, 0));
    let text = terminal.sees("AGREE #");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 24, "{text}");
    assert_eq!(
        lines.iter().map(|line| line.chars().count()).max(),
        Some(80)
    );
    terminal
        .parser
        .lock()
        .expect("whole")
        .screen_mut()
        .set_size(some(36), some(120));
    terminal.master.resize(size((120, 36))).expect("a size");
    let until = Instant::now() + PATIENCE;
    loop {
        let text = terminal.sees("AGREE #");
        let widest = text.lines().map(|line| line.chars().count()).max();
        if (text.lines().count(), widest) == (36, Some(120)) {
            break;
        }
        assert!(Instant::now() < until, "{text}");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(terminal.closes(), (129, String::new()));
}
