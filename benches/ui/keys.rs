//! From a key to what it shows, in the real program on a real terminal, with sixteen nodes at work.
//! Beside it, in turns, a letter through another such terminal and back, by `cat`.

use crate::labs::{self, Links};
use crate::ratio::Harness;
use crate::tail;
use crate::terminal::{PATIENCE, Screen};
use portable_pty::CommandBuilder;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const WIDE: (u16, u16) = (200, 60);

/// Between two looks at what a terminal shows.
pub const LOOK: Duration = Duration::from_micros(100);

const KEYS: usize = 200;

pub fn keys(harness: &mut Harness) {
    let count = harness.size(16, 9);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("busy.toml");
    let text = labs::crowd(count, &Links::Mesh, "500ms") + "\n[view]\ntable = false\n";
    fs::write(&file, text).expect("room");
    let mut lab = Screen::start(&["run", file.to_str().expect("plain")], WIDE);
    lab.waits("everybody to have a block", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    });
    let mut cat = Screen::spawn(raw_cat(), WIDE, &[], tempfile::tempdir().expect("one"));
    cat.sees("ready");

    let names = labs::names(count);
    let mut focus = 0;
    let mut wait = Waits(0);
    let [keys, bytes] = harness.interleave(
        KEYS,
        [
            &mut || {
                focus = (focus + 1) % count;
                let wanted = &names[focus];
                thread::sleep(wait.next());
                let since = Instant::now();
                lab.types("\t");
                until(&lab, wanted, |screen| is_focused(screen, wanted));
                since.elapsed()
            },
            &mut || {
                let place = |screen: &vt100::Screen| screen.cursor_position();
                let before = cat.look(place);
                let since = Instant::now();
                cat.types("x");
                until(&cat, "a letter", |screen| place(screen) != before);
                since.elapsed()
            },
        ],
    );
    let rival = ("a letter through `cat`", &bytes);
    let name = format!("key to screen, {count} nodes");
    tail::report(harness, &name, &keys, rival, Duration::from_millis(40));
}

/// `cat` that gets each letter as it is typed, and is alone in writing it back.
fn raw_cat() -> CommandBuilder {
    let mut command = CommandBuilder::new("/bin/sh");
    command.args(["-c", "stty raw -echo && echo ready && exec cat"]);
    command
}

/// Times before a key: all phases of the 33 ms between two frames come up.
#[derive(Default)]
pub struct Waits(u64);

impl Waits {
    pub fn next(&mut self) -> Duration {
        self.0 = (self.0 + 7) % 33;
        Duration::from_millis(40 + self.0)
    }
}

pub fn until(screen: &Screen, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
    let since = Instant::now();
    while !screen.look(&is_so) {
        if since.elapsed() >= PATIENCE {
            panic!("waited in vain for {what}:\n{}", screen.text());
        }
        thread::sleep(LOOK);
    }
}

/// Whether the title of this node's pane says that it is focused.
fn is_focused(screen: &vt100::Screen, name: &str) -> bool {
    let name = format!(" {name} ");
    let (rows, columns) = screen.size();
    let corner = |y: &u16| {
        screen
            .cell(*y, 0)
            .is_some_and(|cell| cell.contents() == "╭")
    };
    (0..rows.get()).filter(corner).any(|y| {
        let line = screen.contents_between(y, 0, y, columns.get());
        let title = line.split('╭').find(|title| title.contains(&name));
        title.is_some_and(|title| title.contains("focused"))
    })
}
