//! A story in a terminal, led by keys to its end and played again; and the screens that are attached
//! to it, the presenter's with a clicker.

use crate::terminal::Screen;
use portable_pty::CommandBuilder;
use std::fs;
use std::path::Path;

const SMALL: (u16, u16) = (80, 24);

/// What only `n` gets past, but for the end of the second caption and of the last.
const STORY: &str = r#"
[chain]
retarget = "fixed"

[[node]]
name = "east"
wallets = ["alice"]
mine = { hashrate = "2 kH/s", first = "at once" }

[[node]]
name = "west"

[topology]
kind = "ring"

[[step]]
title = "One network"
note = "One: two nodes have one chain."
speaker = "Say who they are."
hold = "1h"

[[step]]
do = "mine"
node = "east"
mode = "off"
expect = "height >= 100000"
within = "1h"

[[step]]
note = "Two: the miner rests."
hold = "200ms"

[[step]]
note = "Three: that was all."
hold = "200ms"
"#;

/// The story on a screen of its own.
fn story() -> Screen {
    let home = tempfile::tempdir().expect("a directory");
    fs::write(home.path().join("story.toml"), STORY).expect("written");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chainlab"));
    command.args(["run", "story.toml", "--big"]);
    let screen = Screen::spawn(command, SMALL, &[], home);
    screen.sees("One: two nodes have one chain.");
    screen
}

/// What the message line says.
fn said(screen: &Screen, words: &str) {
    screen.waits(words, |text| {
        let line = text.lines().nth(usize::from(SMALL.1) - 2);
        line.is_some_and(|line| line.contains(words))
    });
}

/// The lines that are no part of the lab stay where they are.
fn keeps_its_lines(screen: &Screen, caption: &str) {
    let lines = screen.lines();
    assert!(
        lines[usize::from(SMALL.1) - 3].contains(caption),
        "{lines:#?}"
    );
}

#[test]
fn a_story_is_led_by_its_keys_to_its_end_and_played_again() {
    let mut lab = story();
    keeps_its_lines(&lab, "One:");
    let title = chainlab::ui::app::frame::letters::large("One network", 78).expect("it fits");
    lab.sees(&title[1]);
    said(
        &lab,
        "step 2 of 4, stop mining on east: waits for height >= 100000",
    );
    // It asks before it ends or begins again in its midst.
    for (key, question) in [
        ("q", "the story is under way, at step 2 of 4"),
        ("r", "y plays it again"),
    ] {
        lab.types(key);
        lab.sees(question);
        lab.escapes();
        lab.waits("the question to go", |text| !text.contains(question));
    }
    lab.types(" ");
    said(&lab, "HELD, and the script waits: Space goes on");
    lab.types("n");
    said(&lab, "held: Space resumes");
    lab.types(" ");
    said(&lab, "step 2 of 4");
    // What the step expects will not come.
    lab.types("n");
    lab.sees("Two: the miner rests.");
    keeps_its_lines(&lab, "Two:");
    said(
        &lab,
        "step 4 of 4, a caption: waits for n   N has it go on by itself",
    );
    lab.types("N");
    lab.sees("Three: that was all.");
    let text = lab.sees("the end   r plays it again   n goes on by hand");
    assert!(!text.contains("has failed"), "{text}");
    lab.types("r");
    lab.sees("One: two nodes have one chain.");
    lab.waits("a lab that has just begun", |text| {
        !text.contains("the end") && !text.contains("DOWN") && text.contains("#1 ")
    });
    lab.types("n");
    lab.sees("Two: the miner rests.");
    lab.types("n");
    lab.sees("the end   r plays it again");
    lab.types("n");
    lab.waits("the card to go", |text| !text.contains("the end"));
    lab.types("q");
    assert_eq!(
        lab.ends(),
        0,
        "nothing was made by hand, and the story is over"
    );
    assert!(lab.is_restored());
}

/// A screen on the story, from a terminal of its own.
fn attached(own: &Screen, arguments: &[&str], variables: &[(&str, &str)]) -> Screen {
    let runtime = own.home().to_str().expect("plain text");
    let arguments = [&["attach"], arguments].concat();
    let variables = [&[("XDG_RUNTIME_DIR", runtime)], variables].concat();
    Screen::with(&arguments, SMALL, &variables)
}

/// A directory with the file of keys that docs/recording.md has for a clicker.
fn clicker() -> tempfile::TempDir {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recording.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let table = page.split("```toml\n").nth(1).expect("it has a table");
    let table = table.split("```").next().expect("it ends");
    let home = tempfile::tempdir().expect("a directory");
    fs::create_dir(home.path().join("chainlab")).expect("made");
    fs::write(home.path().join("chainlab/config.toml"), table).expect("written");
    home
}

#[test]
fn a_presenter_leads_it_from_the_notes_with_a_clicker_while_an_audience_only_looks() {
    let own = story();
    let keys = clicker();
    let keys = keys.path().to_str().expect("plain text");
    let mut notes = attached(&own, &["--notes"], &[("XDG_CONFIG_HOME", keys)]);
    notes.sees("now   One: two nodes have one chain.");
    notes.sees("say   Say who they are.");
    notes.sees("next  Two: the miner rests.");
    let mut audience = attached(&own, &["--read-only"], &[]);
    audience.sees("One: two nodes have one chain.");
    for key in ["n", "N", "r", "s", "b", "K"] {
        audience.types(key);
        said(&audience, "this screen only looks");
        audience.types(" ");
        said(&audience, "HELD: the lab goes on");
        audience.types(" ");
    }
    said(&own, "step 2 of 4");
    // The black key holds the story, the one for the beginning asks.
    notes.types("b");
    said(&own, "paused");
    notes.types(".");
    said(&own, "waits for height");
    notes.types("\x1b[15~");
    notes.sees("y plays it again");
    notes.escapes();
    notes.types("\x1b[6~");
    for screen in [&own, &notes, &audience] {
        screen.sees("Two: the miner rests.");
    }
    said(&own, "waits for n");
    notes.types("\x1b[5~");
    notes.sees("now   Three: that was all.");
    notes.sees("the end   r plays it again");
    notes.types("r");
    for screen in [&own, &notes, &audience] {
        screen.sees("One: two nodes have one chain.");
    }
    audience.types("q");
    assert_eq!(audience.ends(), 0);
    notes.types("q");
    assert_eq!(notes.ends(), 0);
    said(&own, "step 2 of 4");
}
