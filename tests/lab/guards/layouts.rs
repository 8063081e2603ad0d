//! Layouts that were shipped once: each is still read, and plays as it did.

use super::runs::play_all;
use super::{hold, place, runs::Run};
use chainlab::lab::Layout;
use chainlab::lab::layout::{read, shipped};
use std::fs;

const SEEDS: u64 = 2;

/// The layouts in a directory here, by name.
fn layouts(directory: &str) -> Vec<Layout> {
    let files =
        fs::read_dir(place("layouts").join(directory)).expect("a directory of this package");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let layouts = paths.iter().map(|path| {
        let name = path.file_name().expect("a file's").to_string_lossy();
        let text = fs::read_to_string(path).expect("a file of this package");
        read(&name, &text).unwrap_or_else(|error| panic!("{directory}: {error}"))
    });
    layouts.collect()
}

#[test]
fn layouts_from_before_stories_had_titles_play_as_they_did() {
    let played = play_all(&layouts("before"), SEEDS);
    let lines: Vec<_> = played.iter().map(Run::line).collect();
    hold("old_layouts.txt", &lines);
}

/// No shipped layout kills a node or bends a link, and none adds one.
#[test]
fn a_layout_that_does_what_no_shipped_one_does_plays_as_it_did() {
    let played = play_all(&layouts("deeds"), 10);
    let is_told = |run: &&Run| run.seed <= SEEDS;
    let mut lines: Vec<_> = played.iter().map(Run::line).collect();
    lines.extend(played.iter().filter(is_told).flat_map(Run::told));
    hold("deeds.txt", &lines);
}

#[test]
fn layouts_of_the_time_of_these_guards_are_those_that_are_shipped() {
    let today = layouts("today");
    assert_eq!(today.len(), shipped::playable().count());
    for layout in today {
        let shipped = shipped(&layout.name).expect("it is built in");
        assert_eq!(layout, shipped, "{}", layout.name);
    }
}
