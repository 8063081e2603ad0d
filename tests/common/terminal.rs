//! The real program in a terminal of its own: keys in, a screen out.

#![allow(dead_code, reason = "each test file uses its own part")]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that takes a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Variables that say where a program's files go.
pub const HOMES: [&str; 5] = [
    "HOME",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "TMPDIR",
];

/// The program, its terminal, and what the terminal shows.
pub struct Screen {
    pub child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    parser: Arc<Mutex<vt100::Parser>>,
    /// All that the program wrote.
    written: Arc<Mutex<Vec<u8>>>,
    /// It takes what the program writes.
    is_read: Arc<AtomicBool>,
    home: tempfile::TempDir,
    size: (u16, u16),
}

impl Screen {
    /// Starts `chainlab` with these arguments, on a screen of so many columns and lines.
    pub fn start(arguments: &[&str], size: (u16, u16)) -> Self {
        Self::with(arguments, size, &[])
    }

    /// As [`Screen::start`], with variables set.
    pub fn with(arguments: &[&str], size: (u16, u16), variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(arguments);
        Self::spawn(command, size, variables, home)
    }

    /// Starts `chainlab` again in the home of this one, which has ended.
    pub fn again(mut self, arguments: &[&str]) -> Self {
        let home = std::mem::replace(&mut self.home, tempfile::tempdir().expect("a directory"));
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chainlab"));
        command.args(arguments);
        Self::spawn(command, self.size, &[], home)
    }

    /// Starts any command, in a home of its own.
    pub fn spawn(
        mut command: CommandBuilder,
        (cols, rows): (u16, u16),
        variables: &[(&str, &str)],
        home: tempfile::TempDir,
    ) -> Self {
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        command.cwd(home.path());
        let pty = native_pty_system().openpty(size).expect("a terminal");
        command.env_remove("NO_COLOR");
        for (name, value) in [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("LC_ALL", "C.UTF-8"),
        ] {
            command.env(name, value);
        }
        for name in HOMES {
            command.env(name, home.path());
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).expect("it starts");
        drop(pty.slave);
        let parser = Arc::new(Mutex::new(vt100::Parser::new(some(rows), some(cols), 0)));
        let written = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let (shown, bytes) = (Arc::clone(&parser), Arc::clone(&written));
        let is_read = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&is_read);
        thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                shown.lock().expect("whole").process(&buffer[..count]);
                bytes
                    .lock()
                    .expect("whole")
                    .extend_from_slice(&buffer[..count]);
                while !goes_on.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
            }
        });
        let keys = pty.master.take_writer().expect("a writer");
        Self {
            child,
            master: Some(pty.master),
            keys: Some(keys),
            parser,
            written,
            is_read,
            home,
            size: (cols, rows),
        }
    }

    /// The directory that is the program's home, and its temporary one.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// How often the program has written this.
    pub fn count_written(&self, what: &[u8]) -> usize {
        let written = self.written.lock().expect("whole");
        written
            .windows(what.len())
            .filter(|part| part == &what)
            .count()
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        let to = self.keys.as_mut().expect("a terminal");
        to.write_all(keys.as_bytes()).expect("it reads");
        to.flush().expect("it reads");
    }

    /// Types Esc, and lets the moment pass in which it could be the beginning of another key.
    pub fn escapes(&mut self) {
        self.types("\x1b");
        thread::sleep(Duration::from_millis(150));
    }

    /// The lines that are shown.
    pub fn lines(&self) -> Vec<String> {
        let parser = self.parser.lock().expect("whole");
        let screen = parser.screen();
        let (_, columns) = screen.size();
        let rows = screen.rows(0, columns.get());
        rows.map(|row| row.trim_end().to_owned()).collect()
    }

    /// All that is shown.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Everything that was ever written.
    pub fn written(&self) -> Vec<u8> {
        self.written.lock().expect("whole").clone()
    }

    /// Asks something of the terminal's state.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.parser.lock().expect("whole").screen())
    }

    /// Waits until the screen is as wanted.
    pub fn waits(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let text = self.text();
            if is_so(&text) {
                return text;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "waited in vain for {what}:\n{text}"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until this is on the screen.
    pub fn sees(&self, wanted: &str) -> String {
        self.waits(&format!("{wanted:?}"), |text| text.contains(wanted))
    }

    /// Gives the terminal another size.
    pub fn resizes(&self, (cols, rows): (u16, u16)) {
        self.parser
            .lock()
            .expect("whole")
            .screen_mut()
            .set_size(some(rows), some(cols));
        self.claims((cols, rows));
    }

    /// Has the terminal say that it has another size, which it has not.
    pub fn claims(&self, (cols, rows): (u16, u16)) {
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        self.master
            .as_ref()
            .expect("a terminal")
            .resize(size)
            .expect("a size");
    }

    /// Takes nothing that the program writes any more, as after Ctrl-S, and has it write until that
    /// shows.
    pub fn freezes(&self) {
        self.is_read.store(false, Ordering::SeqCst);
        let (cols, rows) = self.size;
        for step in 1..20 {
            self.claims((cols - step % 2, rows));
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes all again.
    pub fn thaws(&self) {
        self.is_read.store(true, Ordering::SeqCst);
    }

    /// Waits until the program has ended, and returns its exit code.
    pub fn ends(&mut self) -> u32 {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                // What it wrote last is still on its way.
                thread::sleep(Duration::from_millis(100));
                return status.exit_code();
            }
            assert!(
                since.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal was handed back: its own screen, its cursor, no mouse.
    pub fn is_restored(&self) -> bool {
        self.look(|screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        })
    }

    /// The lines of the pane with this name in its title, without its borders.
    pub fn pane(&self, name: &str) -> Vec<String> {
        let lines: Vec<Vec<char>> = self
            .lines()
            .iter()
            .map(|line| line.chars().collect())
            .collect();
        let title: Vec<char> = format!(" {name} ").chars().collect();
        let found = lines.iter().enumerate().find_map(|(y, line)| {
            let at = line
                .windows(title.len())
                .position(|window| window == title)?;
            let left = line[..at].iter().rposition(|c| *c == '╭')?;
            Some((left, y))
        });
        let Some((left, top)) = found else {
            return Vec::new();
        };
        let right = (left + 1..lines[top].len()).find(|x| lines[top][*x] == '╮');
        let Some(right) = right else {
            return Vec::new();
        };
        let inner = lines[top + 1..]
            .iter()
            .take_while(|line| line.get(left) == Some(&'│'));
        inner
            .map(|line| {
                line[left + 1..right.min(line.len())]
                    .iter()
                    .collect::<String>()
            })
            .map(|line| line.trim().to_owned())
            .collect()
    }

    /// What stands behind a label in a pane, up to the next two spaces: `figure("miner", "height")`.
    pub fn figure(&self, pane: &str, label: &str) -> Option<String> {
        let lines = self.pane(pane);
        let line = lines.iter().find(|line| line.starts_with(label))?;
        let rest = line[label.len()..].trim_start();
        Some(rest.split("  ").next()?.to_owned())
    }

    /// What a wallet holds, as the pane shows it.
    pub fn holds(&self, pane: &str, wallet: &str) -> Option<String> {
        let lines = self.pane(pane);
        let from = lines.iter().position(|line| line.starts_with("wallets"))?;
        let words: Vec<&str> = lines[from..]
            .iter()
            .flat_map(|line| line.split_whitespace())
            .collect();
        let at = words.iter().position(|word| *word == wallet)?;
        words.get(at + 1).map(|word| (*word).to_owned())
    }
}

fn some(size: u16) -> NonZero<u16> {
    NonZero::new(size).expect("a screen")
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.thaws();
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
