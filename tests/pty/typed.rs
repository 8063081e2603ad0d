//! Much that is typed or pasted at once, and keys that a file has given away.

use crate::terminal::Screen;
use std::fs;

const SIZE: (u16, u16) = (120, 36);

/// What ends each frame.
const FRAME: &[u8] = b"\x1b[?2026l";

#[test]
fn ten_kilobytes_that_are_typed_or_pasted_are_drawn_in_a_few_frames() {
    let mut lab = Screen::start(&["run", "scenario", "--seed", "7"], SIZE);
    lab.sees("1 central");
    lab.types(":");
    lab.sees("commands");
    let letters = "x".repeat(10_000);
    for (before, after) in [("", ""), ("\x1b[200~", "\x1b[201~")] {
        let frames = lab.count_written(FRAME);
        lab.types(&format!("{before}{letters}{after}\x15zq"));
        lab.sees("nothing is called \"zq\"");
        let frames = lab.count_written(FRAME) - frames;
        assert!(frames < 200, "{frames} frames");
        lab.types("\x15");
        lab.sees("makes a wallet");
    }
}

#[test]
fn a_key_of_the_file_wins_and_the_screen_says_so_when_it_opens() {
    let home = tempfile::tempdir().expect("a directory");
    let settings = home.path().join("chainlab");
    fs::create_dir(&settings).expect("room");
    let keys = "[keys]\nsend = [\"w\"]\n";
    fs::write(settings.join("config.toml"), keys).expect("room");
    let home = home.path().to_str().expect("plain");
    let mut lab = Screen::with(&["run", "scenario"], SIZE, &[("XDG_CONFIG_HOME", home)]);
    lab.sees("config.toml: w is send, no longer new-wallet");
    lab.sees("alice ");
    lab.types("w");
    lab.sees("send coins");
}
