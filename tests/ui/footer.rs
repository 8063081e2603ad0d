//! The last line: items stand where they stand, and what does nothing now is dim.

use crate::picture::{COLOURED, draw, lines, press, scenario, screen};
use chainlab::lab::LabView;
use chainlab::lab::spec::ViewSpec;
use chainlab::lab::view::{LinkView, NodeState};
use chainlab::link::Conditions;
use chainlab::node::NodeIx;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::{Action, Keymap, ViewId};
use ratatui::style::Modifier;
use std::sync::Arc;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 36), (200, 60)];

/// The keys that lead to each view.
const VIEWS: [(ViewId, &str); 6] = [
    (ViewId::Lab, "1"),
    (ViewId::Network, "v"),
    (ViewId::Blocks, "v v"),
    (ViewId::Messages, "v v v"),
    (ViewId::Log, "V"),
    (ViewId::Zoom, "z"),
];

fn footer(lab: &LabView, ui: &UiState) -> String {
    lines(&draw(lab, ui)).pop().expect("a screen")
}

/// Whether a word of the footer is dim.
fn is_dim(lab: &LabView, ui: &UiState, word: &str) -> bool {
    let picture = draw(lab, ui);
    let y = ui.viewer.size.1 - 1;
    let row: String = (0..ui.viewer.size.0)
        .map(|x| picture[(x, y)].symbol())
        .collect();
    let x = row.find(word).unwrap_or_else(|| panic!("{word}: {row}"));
    let x = u16::try_from(row[..x].chars().count()).expect("a column");
    picture[(x, y)].modifier.contains(Modifier::DIM)
}

/// The scenario with a link between the first two.
fn linked() -> LabView {
    let mut lab = scenario();
    lab.links = Arc::new(vec![LinkView {
        ends: (NodeIx(0), NodeIx(1)),
        there: Conditions::default(),
        back: Conditions::default(),
        is_connected: true,
        has_met: true,
        dials: (true, false),
    }]);
    lab
}

/// The same lab in all that a footer knows of.
fn moods() -> Vec<LabView> {
    let mut all = vec![linked()];
    for state in [
        NodeState::Down,
        NodeState::Starting,
        NodeState::Stopping,
        NodeState::Gone,
    ] {
        let mut lab = linked();
        lab.nodes[0].state = state;
        all.push(lab);
    }
    let mut parted = linked();
    parted.partition = Some(Arc::new(vec![vec![NodeIx(0)], vec![NodeIx(1), NodeIx(2)]]));
    all.push(parted);
    let mut alone = linked();
    alone.links = Arc::default();
    alone.nodes.truncate(1);
    all.push(alone);
    all
}

/// Where each key stands: the columns of words that follow two spaces.
fn places(line: &str) -> Vec<usize> {
    let letters: Vec<_> = line.chars().collect();
    let begins = |at: &usize| {
        letters[*at] != ' ' && (*at < 2 || (letters[at - 1] == ' ' && letters[at - 2] == ' '))
    };
    (0..letters.len()).filter(begins).collect()
}

#[test]
fn items_keep_their_places_whatever_the_lab_does() {
    for size in SIZES {
        for (context, keys) in VIEWS {
            let mut seen = None;
            for lab in moods() {
                let mut ui = screen(&lab, size, COLOURED);
                press(&lab, &mut ui, &format!("1 {keys}"));
                assert_eq!(ui.viewer.in_front(), context);
                let now = places(&footer(&lab, &ui));
                let held = press(&lab, &mut ui, "Space");
                assert_eq!(held, []);
                assert_eq!(places(&footer(&lab, &ui)), now, "held");
                assert_eq!(
                    *seen.get_or_insert(now.clone()),
                    now,
                    "{size:?} {context:?}"
                );
            }
        }
    }
}

#[test]
fn partition_view_and_help_stand_at_every_width_in_every_view() {
    let lab = linked();
    for size in SIZES {
        for (context, keys) in VIEWS {
            let mut ui = screen(&lab, size, COLOURED);
            press(&lab, &mut ui, keys);
            let line = footer(&lab, &ui);
            for item in ["p partition", "v view", "? help", "q quit"] {
                assert!(line.contains(item), "{item}: {size:?} {context:?} {line:?}");
            }
        }
    }
}

#[test]
fn a_partition_is_healed_and_a_dead_node_started_by_the_same_key() {
    let mut lab = linked();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "1");
    assert!(footer(&lab, &ui).contains("K kill   "));
    lab.partition = Some(Arc::new(vec![vec![NodeIx(0)], vec![NodeIx(1), NodeIx(2)]]));
    lab.nodes[0].state = NodeState::Down;
    let line = footer(&lab, &ui);
    assert!(
        line.contains("K start  ") && line.contains("p heal  "),
        "{line}"
    );
}

#[test]
fn what_does_nothing_now_is_dim() {
    let mut lab = linked();
    let mut ui = screen(&lab, (200, 60), COLOURED);
    press(&lab, &mut ui, "1");
    let dim = |lab: &LabView, ui: &UiState, words: &[&str]| {
        let words = words.iter().map(|word| is_dim(lab, ui, word));
        words.collect::<Vec<_>>()
    };
    let words = [
        "send",
        "block now",
        "hash rate",
        "K ",
        "p partition",
        "view",
    ];
    assert_eq!(dim(&lab, &ui, &words), [false; 6]);
    lab.nodes[0].state = NodeState::Down;
    let down = [true, true, true, false, false, false];
    assert_eq!(dim(&lab, &ui, &words), down);
    lab.nodes[0].state = NodeState::Starting;
    assert!(is_dim(&lab, &ui, "K "));
    lab.nodes[0].state = NodeState::Up;
    press(&lab, &mut ui, "Space");
    let held = [true, true, true, true, true, false];
    assert_eq!(dim(&lab, &ui, &words), held);
    press(&lab, &mut ui, "Space v");
    let words = ["x X link", "edit", "black hole"];
    assert_eq!(
        dim(&lab, &ui, &words),
        [false, true, true],
        "none is chosen"
    );
    press(&lab, &mut ui, "x");
    assert_eq!(dim(&lab, &ui, &words), [false; 3]);
    press(&lab, &mut ui, "3");
    assert!(is_dim(&lab, &ui, "x X link"), "the miner has no links");
    press(&lab, &mut ui, "v v Left");
    assert!(is_dim(&lab, &ui, "filter"), "counts have none");
    lab.links = Arc::default();
    lab.nodes.truncate(1);
    press(&lab, &mut ui, "1 v v");
    assert_eq!(dim(&lab, &ui, &["p partition", "next node"]), [true, true]);
}

#[test]
fn an_action_without_a_key_has_no_item() {
    let lab = linked();
    let (keymap, _) = Keymap::default()
        .with(&[(Action::Send, Vec::new())])
        .expect("nothing is wanted");
    let mut ui = UiState::new(COLOURED, keymap, ViewSpec::default(), (120, 36));
    ui.update(&lab, UiEvent::Changed);
    assert!(!footer(&lab, &ui).contains("send"));
}
