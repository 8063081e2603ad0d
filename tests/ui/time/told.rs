//! What is told where time stands still: in words, and by what lights up.

use super::scene::{
    CENTRAL, MINER, SIZES, WALLET, WORDS, go, ms, paused, running, said, stopped, time, told,
};
use crate::network::scene::{Said, talk};
use crate::picture::{COLOURED, PLAIN, at, draw, lines, press, scenario, screen};
use chainlab::lab::LabView;
use chainlab::node::io::words::Tone;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use std::time::Duration;

const HINT: &str = "try: s sends alice's coins, b mines a block now";

fn changed(lab: &LabView, ui: &mut UiState) {
    ui.update(lab, UiEvent::Changed);
}

#[test]
fn it_stays_on_the_message_line_while_time_stands_still() {
    let mut lab = paused();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    assert_eq!(said(&lab, &ui), HINT);
    time(&mut lab).told = Some(told(1));
    for seconds in [0, 8, 600] {
        ui.clock = chainlab::node::Time(0) + Duration::from_secs(seconds);
        changed(&lab, &mut ui);
        assert_eq!(said(&lab, &ui), WORDS);
    }
    time(&mut lab).is_paused = false;
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), HINT);
}

#[test]
fn what_is_said_stands_before_it_for_a_while_by_the_clock_on_the_wall() {
    let lab = stopped();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    let clock = |s: u64| chainlab::node::Time(0) + Duration::from_secs(s);
    ui.clock = clock(100);
    ui.tell(lab.now, Tone::Good, "wallet got a wallet");
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "wallet got a wallet");
    assert_eq!(ui.stays_right(&lab), Duration::from_secs(1).min(ms(8_000)));
    ui.clock = clock(100) + ms(7_999);
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "wallet got a wallet");
    assert_eq!(ui.stays_right(&lab), ms(1));
    ui.clock = clock(108);
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), WORDS);
}

#[test]
fn time_that_rushes_takes_no_message_with_it() {
    let mut lab = running();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    ui.tell(lab.now, Tone::Good, "a message");
    go(&mut lab, 900_000);
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "a message");
}

#[test]
fn a_new_stop_takes_the_place_of_what_was_said_before() {
    let mut lab = stopped();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    ui.tell(lab.now, Tone::Bad, "no such node");
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "no such node");
    let mut next = told(2);
    next.words = "+00:42.380 rome: block #13 [4c]".into();
    time(&mut lab).told = Some(next);
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "+00:42.380 rome: block #13 [4c]");
    let key = press(&lab, &mut ui, ".");
    assert_eq!(key.len(), 1);
}

#[test]
fn that_it_was_another_program_is_said() {
    let mut lab = stopped();
    time(&mut lab).told.as_mut().expect("told").is_elsewhere = true;
    let mut ui = screen(&lab, (120, 36), COLOURED);
    let words = format!("{WORDS}  (by another program)");
    assert_eq!(said(&lab, &ui), words);
    // Of time that goes on it is said once.
    let mut next = told(2);
    next.is_elsewhere = true;
    next.words = "goes on at 5".into();
    time(&mut lab).told = Some(next);
    time(&mut lab).is_paused = false;
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), "goes on at 5  (by another program)");
    ui.clock = ui.clock + Duration::from_secs(9);
    changed(&lab, &mut ui);
    assert_eq!(said(&lab, &ui), HINT);
}

#[test]
fn where_time_is_on_its_way_to_is_said() {
    let mut lab = stopped();
    time(&mut lab).on_its_way = Some("reorg_depth >= 1".into());
    let ui = screen(&lab, (120, 36), COLOURED);
    assert_eq!(said(&lab, &ui), "on its way: reorg_depth >= 1");
}

/// Whether these words stand in reverse video somewhere below the first line.
fn is_lit(buffer: &Buffer, words: &str) -> bool {
    let rows = lines(buffer);
    let found = rows.iter().enumerate().skip(1).flat_map(|(y, row)| {
        let all = row.match_indices(words);
        all.map(move |(at, _)| (row[..at].chars().count(), y))
    });
    let cell = |(x, y): (usize, usize)| {
        let (x, y) = (u16::try_from(x).expect("x"), u16::try_from(y).expect("y"));
        buffer[(x, y)].modifier.contains(Modifier::REVERSED)
    };
    found.into_iter().any(cell)
}

fn view(lab: &LabView, size: (u16, u16), theme: Theme, view: ViewId) -> Buffer {
    let mut ui = screen(lab, size, theme);
    ui.viewer.view = view;
    changed(lab, &mut ui);
    draw(lab, &ui)
}

#[test]
fn both_ends_light_up_in_panes_tables_and_the_network_with_colours_and_without() {
    for size in SIZES {
        for theme in [COLOURED, PLAIN] {
            for id in [ViewId::Lab, ViewId::Network] {
                let lit = view(&stopped(), size, theme, id);
                for (name, is) in [("1 central", true), ("2 wallet", false), ("3 miner", true)] {
                    let at = format!("{name} at {size:?} in {id:?}");
                    assert_eq!(is_lit(&lit, name), is, "{at}");
                }
                // Time that goes on, or another stop, lights nothing.
                let mut gone = stopped();
                time(&mut gone).is_paused = false;
                let dark = view(&gone, size, theme, id);
                assert!(!is_lit(&dark, "1 central") && !is_lit(&dark, "3 miner"));
            }
        }
    }
    let mut many = crate::picture::crowd(24);
    many.time = stopped().time;
    for id in [ViewId::Lab, ViewId::Network] {
        let lit = view(&many, (80, 24), COLOURED, id);
        assert!(is_lit(&lit, "relay0") && !is_lit(&lit, "relay5"), "{id:?}");
    }
}

#[test]
fn the_link_lights_up_between_its_ends() {
    let lit = |lab: &LabView| {
        let buffer = view(lab, (120, 36), COLOURED, ViewId::Network);
        let colour = COLOURED.warn().fg;
        let cells = buffer.content().iter().take(120 * 20);
        let lit =
            cells.filter(|cell| "╱╲─│━┃".contains(cell.symbol()) && cell.style().fg == colour);
        lit.count()
    };
    assert_eq!(lit(&paused()), 0);
    let cells = lit(&stopped());
    assert!(cells > 3, "{cells}");
    let mut alone = stopped();
    time(&mut alone).told.as_mut().expect("told").other = None;
    assert_eq!(lit(&alone), 0);
}

#[test]
fn the_row_of_the_message_lights_up() {
    let mut lab = stopped();
    lab.transcript = talk(&[
        Said::block((MINER.0, CENTRAL.0), 42_220, Some(42_300)),
        Said::block((CENTRAL.0, WALLET.0), 42_290, None),
        Said::tx((CENTRAL.0, MINER.0), 42_300, None),
    ]);
    lab.now = at(42_300);
    for way in ["v v v", "v v v Right"] {
        let mut ui = screen(&lab, (120, 36), COLOURED);
        press(&lab, &mut ui, way);
        let lit = draw(&lab, &ui);
        assert!(is_lit(&lit, "+00:42.220"), "{way}: what has come in");
        assert!(!is_lit(&lit, "+00:42.290"), "{way}");
        // What left at this moment is no news of a node that it was sent from.
        let sent = is_lit(&lit, "+00:42.300");
        assert!(sent, "{way}: what the node has sent");
        time(&mut lab).is_paused = false;
        let dark = draw(&lab, &ui);
        assert!(!is_lit(&dark, "+00:42.220"), "{way}");
        time(&mut lab).is_paused = true;
    }
}

#[test]
fn a_live_lab_lights_nothing() {
    let lab = scenario();
    let ui = screen(&lab, (120, 36), COLOURED);
    let buffer = draw(&lab, &ui);
    for name in ["1 central", "2 wallet", "3 miner"] {
        assert!(!is_lit(&buffer, name));
    }
}
