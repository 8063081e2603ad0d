//! The page of pictures: every built-in layout that tells a story is on it, with a tape that plays
//! the story and records it. What a tape waits for is there to be seen, so that a caption which is
//! changed is missed here, and not by whoever records.

use chainlab::lab::layout::Layout;
use chainlab::lab::layout::shipped::{names, shipped};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What tapes wait for that is no caption, but what the screen or the shell says.
const SAID_BY_OTHERS: [&str; 10] = [
    "PAUSED [+]",
    "AGREE #[1-9]",
    "AGREE #",
    "reorganisation [0-9]+ deep",
    "invalid",
    "Enter",
    "the network is partitioned",
    "FORK 2 branches",
    "whole again",
    r"\$ ",
];

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(place(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The built-in layouts that tell a story.
fn stories() -> Vec<Layout> {
    let layouts = names().map(|name| shipped(name).expect("it is built in"));
    layouts.filter(|layout| !layout.steps.is_empty()).collect()
}

fn tape(story: &Layout) -> String {
    text(&format!("docs/tapes/{}.tape", story.name))
}

/// What a tape waits for, in order.
fn waits(tape: &str) -> Vec<&str> {
    let lines = tape.lines().filter(|line| line.starts_with("Wait"));
    let patterns = lines.map(|line| {
        let (_, rest) = line.split_once('/').expect(line);
        rest.strip_suffix('/').expect(line)
    });
    patterns.collect()
}

#[test]
fn every_story_has_a_tape_that_plays_and_records_it() {
    let stories = stories();
    let names: Vec<_> = stories.iter().map(|story| story.name.as_str()).collect();
    let told = [
        "partition",
        "double-spend",
        "majority",
        "light",
        "light-fooled",
        "world",
        "regtest-partition",
    ];
    assert_eq!(names, told);
    for story in &stories {
        let (tape, name) = (tape(story), &story.name);
        let plays = format!("Type \"chainlab run {name} ");
        let played = tape.lines().filter(|line| line.starts_with(&plays));
        assert_eq!(played.count(), 1, "{name}.tape does not run its layout");
        let outputs = tape.lines().filter(|line| line.starts_with("Output "));
        let outputs: Vec<_> = outputs.collect();
        assert_eq!(outputs, [format!("Output docs/gallery/{name}.gif")]);
    }
}

#[test]
fn there_is_no_tape_without_a_story() {
    let wanted: BTreeSet<_> = stories()
        .iter()
        .map(|story| format!("{}.tape", story.name))
        .collect();
    let files = fs::read_dir(place("docs/tapes")).expect("the directory is there");
    let files = files.map(|file| file.expect("it can be read").file_name());
    let found: BTreeSet<_> = files
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn the_page_has_every_story_with_its_command_its_picture_and_its_file() {
    let page = text("docs/gallery.md");
    for story in stories() {
        let name = &story.name;
        for part in [
            format!("\nchainlab run {name}\n"),
            format!("](gallery/{name}.gif)"),
            format!("](../layouts/{name}.toml)"),
        ] {
            assert!(page.contains(&part), "{name}: {part:?} is not on the page");
        }
    }
}

#[test]
fn tapes_wait_for_captions_that_their_layout_shows_in_that_order() {
    let mut used = BTreeSet::new();
    for story in stories() {
        let mut notes = story.steps.iter().filter_map(|step| step.note.as_deref());
        for pattern in waits(&tape(&story)) {
            if let Some(known) = SAID_BY_OTHERS.iter().find(|known| **known == pattern) {
                used.insert(*known);
                continue;
            }
            // A caption that was passed does not come again.
            let is_shown = notes.any(|note| note.contains(pattern));
            let name = &story.name;
            assert!(is_shown, "{name}.tape waits in vain for {pattern:?}");
        }
    }
    assert_eq!(used, BTreeSet::from(SAID_BY_OTHERS));
}
