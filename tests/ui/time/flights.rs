//! What is on its way in virtual time: each message where it is, and in the list of messages when it
//! arrives.

use super::scene::{CENTRAL, MINER, SIZES, WALLET, flying, paused, running, sent, time};
use crate::network::scene::{Said, talk};
use crate::picture::{COLOURED, PLAIN, at, block, draw, lines, press, screen};
use chainlab::lab::LabView;
use chainlab::node::message::Kind;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::theme::Theme;

fn network(lab: &LabView, size: (u16, u16), theme: Theme) -> UiState {
    let mut ui = screen(lab, size, theme);
    ui.viewer.view = ViewId::Network;
    ui.update(lab, UiEvent::Changed);
    ui
}

fn block_on_its_way(ms: u64) -> LabView {
    let mut lab = flying(
        paused(),
        vec![sent((CENTRAL, WALLET), Kind::Block, Some((42_000, 42_100)))],
    );
    lab.now = at(ms);
    lab
}

fn text(lab: &LabView) -> String {
    lines(&draw(lab, &network(lab, (120, 36), COLOURED))).join("\n")
}

/// Signs of what flies, wherever they are.
fn count(lab: &LabView, sign: &str) -> usize {
    let shown = lines(&draw(lab, &network(lab, (120, 36), COLOURED)));
    // Beside the graph stands what the signs mean.
    let graph = shown.iter().filter_map(|row| row.split("││").next());
    graph.map(|row| row.matches(sign).count()).sum()
}

#[test]
fn everything_is_where_it_is_and_nothing_is_slowed_or_shown_again() {
    let chip = {
        let lab = crate::common::lab_view::heard(&block_on_its_way(42_050));
        lab.chips.of(block(13, 0)).to_string()
    };
    let ways: Vec<_> = [42_000, 42_025, 42_050, 42_075, 42_100]
        .map(|ms| {
            let shown = text(&block_on_its_way(ms));
            assert!(shown.contains(&chip), "{ms}: {shown}");
            assert!(!shown.contains("slowed") && !shown.contains('»'), "{shown}");
            let at = shown.lines().find_map(|row| {
                let at = row.find(&chip)?;
                Some(row[..at].chars().count())
            });
            (at, shown.lines().position(|row| row.contains(&chip)))
        })
        .to_vec();
    let mut different = ways.clone();
    different.dedup();
    assert_eq!(different.len(), ways.len(), "it moves: {ways:?}");
    let same = text(&block_on_its_way(42_050));
    assert_eq!(
        same,
        text(&block_on_its_way(42_050)),
        "and stands with time"
    );
}

#[test]
fn what_waits_stands_at_its_sender() {
    let waits = flying(paused(), vec![sent((CENTRAL, WALLET), Kind::Block, None)]);
    let mut begins = block_on_its_way(42_000);
    begins.now = waits.now;
    begins.in_flight = flying(
        paused(),
        vec![sent((CENTRAL, WALLET), Kind::Block, Some((42_300, 42_400)))],
    )
    .in_flight;
    assert_eq!(text(&waits), text(&begins));
}

#[test]
fn of_every_kind_there_is_a_sign_and_blocks_come_first() {
    let all = vec![
        sent((CENTRAL, WALLET), Kind::Inv, Some((42_250, 42_350))),
        sent((CENTRAL, MINER), Kind::Tx, Some((42_250, 42_350))),
        sent((WALLET, CENTRAL), Kind::GetData, Some((42_290, 42_400))),
    ];
    let lab = flying(paused(), all);
    assert_eq!(
        (count(&lab, "·"), count(&lab, "•")),
        (2, 1),
        "{}",
        text(&lab)
    );
    assert!(text(&lab).contains("· other"), "the signs say so");
    for size in SIZES {
        let buffer = draw(&lab, &network(&lab, size, PLAIN));
        crate::lint::is_ascii(&lines(&buffer), "in flight");
    }
    let mut live = lab;
    live.time = None;
    assert_eq!(count(&live, "·"), 0, "live labs show what was said");
    assert!(!text(&live).contains("· other"));
}

#[test]
fn what_was_said_before_is_not_shown_in_virtual_time() {
    let mut lab = paused();
    lab.transcript = talk(&[Said::tx((0, 1), 42_260, None)]);
    assert_eq!(count(&lab, "•"), 0, "{}", text(&lab));
    lab.time = None;
    assert_eq!(count(&lab, "•"), 1, "{}", text(&lab));
}

#[test]
fn frames_follow_each_other_only_while_time_goes_and_something_flies() {
    let fly = |lab| {
        flying(
            lab,
            vec![sent((CENTRAL, WALLET), Kind::Tx, Some((42_250, 42_350)))],
        )
    };
    let moves = |lab: &LabView| network(lab, (120, 36), COLOURED).deadline(lab) == Some(lab.now);
    assert!(moves(&fly(running())));
    assert!(!moves(&fly(paused())) && !moves(&running()));
    let lab = fly(paused());
    let stays = network(&lab, (120, 36), COLOURED).stays_right(&lab);
    assert_eq!(stays, std::time::Duration::from_secs(1));
}

#[test]
fn figures_of_a_link_count_what_is_on_its_way() {
    let all = vec![
        sent((CENTRAL, WALLET), Kind::Inv, Some((42_250, 42_350))),
        sent((CENTRAL, WALLET), Kind::Tx, None),
    ];
    let mut lab = flying(paused(), all);
    lab.transcript = talk(&[Said::tx((1, 0), 42_260, None)]);
    let mut ui = network(&lab, (200, 60), COLOURED);
    press(&lab, &mut ui, "1 x");
    let shown = lines(&draw(&lab, &ui));
    let row = shown.iter().find_map(|row| row.split_once("on the way"));
    let row = row.expect("a figure").1;
    let figures: Vec<_> = row.split_whitespace().take(2).collect();
    assert_eq!(figures, ["2", "0"], "{row}");
}

/// Two payments alike on their way, and one that has come in.
fn talking() -> LabView {
    let mut lab = flying(
        paused(),
        vec![
            sent((CENTRAL, WALLET), Kind::Tx, Some((42_200, 42_310))),
            sent((CENTRAL, WALLET), Kind::Tx, None),
        ],
    );
    lab.transcript = talk(&[
        Said::tx((0, 1), 42_000, Some(42_080)),
        Said::tx((0, 1), 42_200, None),
        Said::tx((0, 1), 42_290, None),
    ]);
    lab
}

#[test]
fn messages_show_it_as_sent_and_open_it_with_when_it_arrives() {
    let lab = talking();
    for (keys, words) in [
        (
            "Enter",
            "sent +00:42.290, waits for its turn, or in a black hole",
        ),
        ("k Enter", "sent +00:42.200, on its way, arrives +00:42.310"),
        ("k k Enter", "sent +00:42.000, received +00:42.080: 80 ms"),
    ] {
        for size in SIZES {
            let mut ui = screen(&lab, size, COLOURED);
            press(&lab, &mut ui, "v v v");
            let list = lines(&draw(&lab, &ui)).join("\n");
            assert_eq!(list.matches("on its way").count(), 2, "{list}");
            press(&lab, &mut ui, keys);
            let shown = lines(&draw(&lab, &ui)).join("\n");
            assert!(shown.contains(words), "{keys} at {size:?}: {shown}");
        }
    }
}

#[test]
fn a_run_of_a_lab_whose_time_is_virtual_needs_no_more_than_what_is_known() {
    // An attached screen may not know what is on its way.
    let mut lab = talking();
    lab.in_flight = Default::default();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "v v v Enter");
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(shown.contains("sent +00:42.290, on its way"), "{shown}");
    assert_eq!(count(&lab, "•"), 0);
    time(&mut lab).is_paused = false;
    draw(&lab, &ui);
}
