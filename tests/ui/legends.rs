//! Keys that views name beside what they show: in the last line, in panels, in hints.

use crate::network::scene::{busy_ring, web};
use crate::picture::{COLOURED, draw, lines, press, screen};
use chainlab::lab::LabView;
use chainlab::ui::keymap::{Action, KeyPress, Keymap, TABLE};
use std::collections::BTreeSet;

/// Ways into the views and to what they show there.
const WAYS: [&str; 18] = [
    "1",
    "Space",
    "z",
    "z Right",
    "z Right Right",
    "z Right Right Right",
    "v",
    "v x",
    "v v",
    "v v Enter",
    "v v Right",
    "v v Right Right",
    "v v v",
    "v v v k",
    "v v v Right",
    "v v v / z z z z Enter",
    "V",
    "V k",
];

/// A keymap in which every action has another key: Alt and a letter.
fn moved() -> Keymap {
    let actions = TABLE.iter().map(|entry| entry.action);
    let actions = actions.filter(|action| !matches!(action, Action::Pane(_)));
    let letters = ('a'..='z').chain('A'..='Z').chain('à'..='ö');
    let keys = letters.map(|letter| KeyPress::parse(&format!("A-{letter}")).expect("a key"));
    let changes: Vec<_> = actions.zip(keys.map(|key| vec![key])).collect();
    assert_eq!(changes.len(), TABLE.len() - 1, "more actions than letters");
    let (keymap, _) = Keymap::default().with(&changes).expect("each has its own");
    keymap
}

/// What would be read as a key that an action had once: the names of keys alone, letters with the
/// word behind them.
fn old_keys() -> BTreeSet<String> {
    let pairs = TABLE.iter().flat_map(|entry| {
        let keys = entry.keys.iter().filter(|key| **key != "1-9");
        keys.map(move |key| match key.chars().count() {
            1 => format!(" {key} {} ", entry.short),
            _ => format!(" {key} "),
        })
    });
    pairs.filter(|words| !words.ends_with("  ")).collect()
}

fn check(lab: &LabView, size: (u16, u16), way: &str) {
    let mut ui = screen(lab, size, COLOURED);
    press(lab, &mut ui, way);
    // What was said when a key was pressed names the keys of then.
    ui.message = None;
    ui.viewer.keymap = moved();
    let picture = lines(&draw(lab, &ui));
    for row in &picture {
        let row: String = row
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-[]+=_/?:".contains(c) {
                    c
                } else {
                    ' '
                }
            })
            .collect();
        let words: Vec<_> = row.split_whitespace().collect();
        let row = format!(" {} ", words.join(" ").replace(": ", " "));
        let old = old_keys().into_iter().find(|old| row.contains(&**old));
        assert_eq!(old, None, "after {way:?} at {size:?}: {picture:#?}");
    }
}

#[test]
fn the_keys_that_views_name_are_those_of_the_keymap() {
    for lab in [busy_ring(), web(40)] {
        for size in [(80, 24), (120, 36), (200, 60)] {
            for way in WAYS {
                check(&lab, size, way);
            }
        }
    }
}
