//! The figures beside or below the graph: what the focused node and the chosen link are doing.

use super::scene::{Said, linked_scenario, set, talk, with};
use super::{network, shown};
use crate::picture::{COLOURED, change, press};
use chainlab::lab::LabView;
use chainlab::link::LinkState;
use chainlab::ui::keymap::{Action, KeyPress, Keymap};

/// The scenario while a payment has gone to the central node, and a block is on its way to the
/// wallet's; of what that is told more waits to be sent.
fn busy() -> LabView {
    let mut lab = linked_scenario();
    lab.transcript = talk(&[
        Said::tx((1, 0), 41_000, Some(41_080)),
        Said {
            command: "ping",
            item: None,
            ..Said::tx((0, 1), 41_900, Some(41_980))
        },
        Said::block((0, 1), 42_250, None),
    ]);
    change(&mut lab.nodes[0], |node| {
        node.peers[0].unsent_bytes = 2_500;
        node.peers[0].round_trip = Some(std::time::Duration::from_millis(163));
    });
    lab
}

#[test]
fn the_panel_says_what_the_focused_node_is_doing() {
    let lab = busy();
    for size in [(120, 36), (80, 24), (200, 60)] {
        let mut ui = network(&lab, size, COLOURED);
        press(&lab, &mut ui, "1");
        let picture = shown(&lab, &ui);
        for words in ["2.5 kB", "80 ms", "rtt 163 ms", "to wallet", "block"] {
            assert!(picture.contains(words), "{words} at {size:?}: {picture}");
        }
        assert!(!picture.contains("satellite"), "presets belong to the form");
        assert!(!picture.contains("ping"), "{picture}");
    }
    let mut ui = network(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "1");
    let picture = shown(&lab, &ui);
    for words in ["last messages", "from wallet", "tx d12a"] {
        assert!(picture.contains(words), "{words}: {picture}");
    }
}

#[test]
fn the_panel_says_what_the_chosen_link_is_doing_both_ways() {
    let lab = busy();
    for size in [(120, 36), (80, 24), (200, 60)] {
        let mut ui = network(&lab, size, COLOURED);
        let key = ui.viewer.keymap.key_of(Action::NextLink);
        press(&lab, &mut ui, &format!("2 {key}"));
        let picture = shown(&lab, &ui);
        for words in [
            "link central - wallet",
            "round trip 163 ms",
            "80 ms",
            "queue",
            "2.5 kB",
            "connected",
        ] {
            assert!(picture.contains(words), "{words} at {size:?}: {picture}");
        }
        assert!(
            picture.contains("to wallet") && picture.contains("block "),
            "{picture}"
        );
        if size.0 > 80 {
            let last = picture.find("last messages").expect("a title");
            let last = &picture[last..];
            let (block, tx) = (last.find("to wallet"), last.find("to central"));
            assert!(
                block.expect("newest first") < tx.expect("both ways"),
                "{picture}"
            );
        }
    }
}

#[test]
fn a_link_that_is_shut_says_so_in_the_list() {
    let mut lab = busy();
    set(&mut lab, (0, 2), LinkState::Cut);
    let mut ui = network(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "1");
    let picture = shown(&lab, &ui);
    let row = picture
        .lines()
        .find(|row| row.contains("miner       x cut"));
    assert!(row.is_some(), "{picture}");
}

#[test]
fn keys_in_the_panel_are_those_of_the_keymap() {
    let lab = busy();
    let keys = [
        (Action::NextLink, "F7"),
        (Action::CutLink, "F8"),
        (Action::HoleLink, "F9"),
    ];
    let keys = keys.map(|(action, key)| (action, vec![KeyPress::parse(key).expect("a key")]));
    let mut ui = network(&lab, (120, 36), COLOURED);
    (ui.viewer.keymap, _) = Keymap::default().with(&keys).expect("each has its own");
    press(&lab, &mut ui, "1");
    assert!(shown(&lab, &ui).contains("its links (F7 chooses one)"));
    press(&lab, &mut ui, "F7");
    let picture = shown(&lab, &ui);
    for words in [
        "F8 cuts it",
        "F9 makes it a black hole",
        "F7 goes to the next link",
    ] {
        assert!(picture.contains(words), "{words}: {picture}");
    }
}

#[test]
fn a_link_that_has_no_connection_says_who_is_to_dial_and_a_cut_one_does_not() {
    let mut lab = busy();
    let chosen = |lab: &LabView| {
        let mut ui = network(lab, (120, 36), COLOURED);
        let key = ui.viewer.keymap.key_of(Action::NextLink);
        press(lab, &mut ui, &format!("2 {key}"));
        shown(lab, &ui)
    };
    with(&mut lab, (0, 1), |link| link.is_connected = false);
    let picture = chosen(&lab);
    assert!(
        picture.contains("waits for central to dial again"),
        "{picture}"
    );
    with(&mut lab, (0, 1), |link| {
        (link.dials, link.has_met) = ((true, true), false);
    });
    let picture = chosen(&lab);
    assert!(
        picture.contains("waits for central or wallet to dial"),
        "{picture}"
    );
    assert!(!picture.contains("to dial again"), "{picture}");
    set(&mut lab, (0, 1), LinkState::Cut);
    let picture = chosen(&lab);
    assert!(!picture.contains("to dial"), "{picture}");
}
