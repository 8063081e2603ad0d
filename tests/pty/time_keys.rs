//! Time that is stopped, stepped through and gone back in, by keys, in a real terminal.

use crate::terminal::Screen;
use std::fs;
use std::thread;
use std::time::Duration;

const WIDE: (u16, u16) = (120, 36);

/// Two nodes that are connected and know of no third. Blocks come when they are asked for.
const PAIR: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[link]
latency = "80ms"

[[node]]
name = "ada"
wallets = ["gold"]
mine = { mode = "off", hashrate = "1 kH/s", first = "at once" }

[[node]]
name = "ben"
connect = ["ada"]
"#;

/// Both on the screen at three seconds, where time stands still.
fn paused() -> (Screen, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("pair.toml");
    fs::write(&file, PAIR).expect("room");
    let file = file.to_str().expect("plain");
    let lab = Screen::start(&["run", file, "--virtual", "--paused", "--at", "3s"], WIDE);
    lab.sees("PAUSED +00:03");
    lab.sees("AGREE #1 ");
    (lab, dir)
}

/// What is said of where time stands: the beginning of the message line.
fn said(lab: &Screen) -> String {
    let lines = lab.lines();
    let said = lines
        .iter()
        .rev()
        .find(|line| line.trim_start().starts_with("+00:0"));
    said.cloned().unwrap_or_default()
}

/// Time stands still, but what is said of it may come in two draws: a press between them would go past what is
/// looked for.
fn settles(lab: &Screen) {
    loop {
        let before = said(lab);
        thread::sleep(Duration::from_millis(40));
        if said(lab) == before {
            return;
        }
    }
}

/// Presses a key until this is said; each press moves time.
fn presses_to(lab: &mut Screen, key: &str, what: &str) {
    for _ in 0..60 {
        let before = said(lab);
        lab.types(key);
        lab.waits("time to move", |_| said(lab) != before);
        settles(lab);
        if said(lab).contains(what) {
            return;
        }
    }
    panic!("{what:?} is never said:\n{}", lab.text());
}

fn height(lab: &Screen, pane: &str) -> u32 {
    let figure = lab.figure(pane, "height").expect("a height");
    let figure = figure.split_whitespace().next().expect("a number");
    figure.parse().expect("a number")
}

#[test]
fn a_block_is_stopped_on_its_way_gone_back_from_and_cut_off() {
    let (mut lab, _dir) = paused();
    lab.types("1b");
    lab.sees("waits: the lab is paused");
    presses_to(&mut lab, ".", "ada -> ben block #2");
    assert!(said(&lab).contains("sent"), "{}", lab.text());
    assert_eq!((height(&lab, "1 ada"), height(&lab, "2 ben")), (2, 1));
    // It arrives.
    presses_to(&mut lab, ".", "ada -> ben block #2");
    lab.waits("the block at ben", |_| height(&lab, "2 ben") == 2);
    // Back: it is on its way again.
    presses_to(&mut lab, ",", "sent");
    lab.waits("the block on its way", |_| height(&lab, "2 ben") == 1);
    lab.types("p");
    lab.sees("Enter partitions");
    lab.types("\r");
    lab.sees("PARTITION");
    lab.types(":go +00:20\r");
    lab.sees("PAUSED +00:20");
    assert_eq!(
        (height(&lab, "1 ada"), height(&lab, "2 ben")),
        (2, 1),
        "it never arrives"
    );
    lab.types("q");
}

#[test]
fn a_breakpoint_stops_time_at_the_very_event() {
    let mut lab = Screen::start(&["run", "partition", "--virtual", "--paused"], WIDE);
    lab.sees("PAUSED +00:00");
    lab.types(":pause when reorg_depth@lima >= 1 or reorg_depth@oslo >= 1\r");
    lab.sees("pauses when");
    lab.types(">>>>>>> ");
    lab.waits("the breakpoint", |text| {
        text.contains(">= 1: paused") && text.contains("PAUSED")
    });
    let text = lab.text();
    assert!(text.contains("R"), "{text}");
    // One thing back there was none.
    lab.types(",");
    lab.waits("one thing back", |text| text.contains("BACK"));
    lab.types("q");
}

#[test]
fn a_slip_is_taken_back() {
    let (mut lab, _dir) = paused();
    lab.types("2K");
    lab.sees("DOWN 1");
    lab.types("u");
    lab.waits("ben to run again", |text| !text.contains("DOWN 1"));
    lab.types(":go +00:10\r");
    lab.sees("PAUSED +00:10");
    assert!(!lab.text().contains("DOWN 1"), "{}", lab.text());
    lab.types("q");
}

#[test]
fn keys_say_how_fast_time_goes_and_letters_stay_letters_in_forms() {
    let (mut lab, _dir) = paused();
    lab.types("> ");
    lab.sees(" x2 ");
    lab.types("<<");
    lab.sees(" x1/2 ");
    lab.types("\x7f");
    lab.sees(" x1 ");
    lab.types(" ");
    lab.sees("PAUSED");
    lab.types("w");
    lab.sees("new wallet");
    lab.types("u.v");
    lab.sees("u.v");
    lab.escapes();
    lab.types("q");
}

#[test]
fn a_live_lab_says_that_its_time_cannot_be_stopped() {
    let mut lab = Screen::start(&["run", "scenario"], WIDE);
    lab.sees("LIVE");
    lab.types(".");
    lab.sees("--virtual");
    lab.types("q");
}
