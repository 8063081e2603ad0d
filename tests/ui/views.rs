//! What the screen shows of a lab: at every size, with colours and without. The pictures are kept
//! in `snapshots/`; what must be true of all of them is checked as well.

use crate::common::lab_view::{heard, log};
use crate::picture::{
    COLOURED, PLAIN, at, block, change, crowd, draw, line, lines, node, press, scenario, screen,
    words,
};
use chainlab::lab::LabView;
use chainlab::lab::script::{ScriptView, StepState, StepView};
use chainlab::lab::view::{NodeState, Propagation};
use chainlab::node::io::words::{Piece, Tone};
use chainlab::node::snapshot::SyncInfo;
use chainlab::node::{NodeIx, Time};
use chainlab::ui::app::UiState;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What people have, what is just enough, what is too small, and nothing at all.
const SIZES: [(u16, u16); 7] = [
    (120, 36),
    (80, 24),
    (200, 60),
    (60, 15),
    (40, 12),
    (1, 1),
    (0, 0),
];

/// A screen on which everything has room.
const ALL: (u16, u16) = (400, 120);

/// A picture of the lab at every size, after keys were pressed.
fn pictures(name: &str, lab: &LabView, keys: &str) {
    pictures_of(name, lab, keys, None);
}

/// As [`pictures`], with a box of this title that stands over everything else.
fn pictures_of(name: &str, lab: &LabView, keys: &str, over: Option<&str>) {
    let whole: BTreeSet<_> = [(ALL, COLOURED), (ALL, PLAIN), ((99, 120), COLOURED)]
        .into_iter()
        .flat_map(|(size, theme)| {
            crate::lint::figures(&lines(&draw(lab, &after(lab, size, theme, keys))))
        })
        .collect();
    let mut text = String::new();
    for size in SIZES {
        let what = format!("{name} at {}x{}", size.0, size.1);
        let buffer = draw(lab, &after(lab, size, COLOURED, keys));
        let shown = lines(&buffer);
        let is_shown = size.0 >= 60 && size.1 >= 15;
        let read = match over.filter(|_| is_shown) {
            Some(title) => crate::lint::box_is_closed(&buffer, title, &what),
            None => {
                crate::lint::borders_are_closed(&buffer, &what);
                shown.clone()
            }
        };
        // The help counts its lines, of which there are fewer where it has two columns.
        if is_shown && over != Some("keys") {
            crate::lint::no_figure_is_cut(&read, &whole, &what);
        }
        text += &format!("{what}\n{}\n\n", shown.join("\n"));
        let buffer = draw(lab, &after(lab, size, PLAIN, keys));
        crate::lint::has_no_colour(&buffer, &what);
        crate::lint::is_ascii(&lines(&buffer), &what);
        if size == (80, 24) {
            text += &format!("{what}, ASCII\n{}\n\n", lines(&buffer).join("\n"));
        }
    }
    insta::assert_snapshot!(name, text);
}

fn after(
    lab: &LabView,
    size: (u16, u16),
    theme: chainlab::ui::theme::Theme,
    keys: &str,
) -> UiState {
    let mut ui = screen(lab, size, theme);
    if !keys.is_empty() {
        press(lab, &mut ui, keys);
    }
    ui
}

#[test]
fn the_scenario() {
    pictures("scenario", &scenario(), "");
}

#[test]
fn six_nodes_in_a_grid_and_stacked_on_pages() {
    pictures("six", &crowd(6), "");
}

#[test]
fn nine_nodes_and_the_second_page_of_eleven() {
    pictures("nine", &crowd(9), "");
    pictures("eleven", &crowd(11), "G");
}

#[test]
fn a_swarm_is_a_table() {
    pictures("swarm", &crowd(24), "j j");
}

/// A fork, a node that is down, one that failed, one that catches up, one that reorganised.
pub fn troubled() -> LabView {
    let mut lab = crowd(6);
    lab.name = "troubled".into();
    lab.nodes[0].state = NodeState::Down;
    lab.nodes[1].state = NodeState::Failed("the disk is full: /tmp/lab/nodes/relay1".into());
    change(&mut lab.nodes[2], |node| {
        node.sync = Some(SyncInfo {
            target: 2_000,
            in_flight: 128,
        });
    });
    lab.nodes[2].sync_rate = Some(431.7);
    change(&mut lab.nodes[3], |node| node.tip = block(12, 1));
    lab.nodes[3].reorganised = Some((at(41_000), 3));
    lab.nodes[3].tip_changed = Some(at(42_000));
    lab.nodes[3].log = log(vec![line(
        41_000,
        Tone::Warn,
        vec![words("reorg 3 deep: now "), Piece::Block(block(12, 1))],
    )]);
    lab.nodes[4].state = NodeState::Starting;
    lab.nodes[4].snapshot = None;
    lab
}

#[test]
fn nodes_in_trouble() {
    pictures("troubled", &troubled(), "");
}

/// Seven steps: two are done, one is on.
pub fn scripted() -> LabView {
    let mut lab = scenario();
    lab.caption = Some("The miner is about to go.".into());
    let titles = [
        "send 1.25 from alice to carol; expect mempool == 2",
        "mine a block on miner; expect height >= 12 and tips == 1 and balance(\"carol\") == \"1.25\"",
        "cut central - miner",
        "kill miner",
        "restart miner",
        "heal all links",
        "expect tips == 1",
    ];
    let state = |at: usize| match at {
        0 | 1 => StepState::Done,
        2 => StepState::Running,
        _ => StepState::Waiting,
    };
    let steps = titles.iter().enumerate().map(|(at, title)| StepView {
        what: (*title).into(),
        state: state(at),
        ..StepView::default()
    });
    lab.script = Some(Arc::new(ScriptView {
        steps: steps.collect(),
        ..ScriptView::default()
    }));
    lab
}

#[test]
fn a_script_with_a_caption() {
    pictures("script", &scripted(), "");
}

#[test]
fn a_script_that_has_failed_says_why_in_words() {
    let mut lab = scripted();
    lab.caption = None;
    let mut script = ScriptView::clone(lab.script.as_deref().expect("it has one"));
    let why = "not true after 10s: height >= 12, it is 11 at central, wallet";
    script.steps[1].state = StepState::Failed(why.into());
    script.steps[2].state = StepState::Waiting;
    lab.script = Some(Arc::new(script));
    pictures("script_failed", &lab, "");
    let shown = lines(&draw(&lab, &screen(&lab, (120, 36), PLAIN))).join("\n");
    assert!(
        shown.contains("step 2 of 7, mine a block on miner: not true after 10s: height >= 12"),
        "{shown}"
    );
    assert!(shown.contains("the end: step 2 has failed"), "{shown}");
}

#[test]
fn a_lab_that_has_just_been_started() {
    let mut lab = scenario();
    lab.now = at(40);
    lab.block_propagation = Arc::default();
    for node in &mut lab.nodes {
        node.state = NodeState::Starting;
        node.snapshot = None;
        node.log = Default::default();
        node.tip_changed = None;
    }
    pictures("starting", &lab, "");
}

#[test]
fn long_names_large_figures_and_many_wallets() {
    let mut lab = scenario();
    lab.nodes[0].name = "a-node-with-a-name-of-32-letters".into();
    change(&mut lab.nodes[0], |node| {
        node.tip = block(1_234_567, 0);
        node.mempool.count = 54_321;
        node.mempool.bytes = 12_345_678;
        node.wallets = (0..40)
            .map(|n| {
                crate::picture::wallet(
                    &format!("wallet-{n}-with-a-long-name"),
                    "89999999999.99999999",
                )
            })
            .collect();
        node.mining.as_mut().expect("its own").height = Some(1_234_568);
        node.mining.as_mut().expect("its own").hashrate = 123_456_789.0;
        node.mining.as_mut().expect("its own").expected_hashes = 9e15;
    });
    pictures("large", &lab, "");
}

#[test]
fn one_node_alone_tab_by_tab() {
    for (tab, keys) in [
        ("chain", "2 z"),
        ("mempool", "2 z ]"),
        ("peers", "2 z ] ]"),
        ("wallets", "2 z ] ] ]"),
        ("log", "2 z ] ] ] ]"),
    ] {
        pictures(&format!("zoom_{tab}"), &scenario(), keys);
    }
    let mut lab = scenario();
    lab.nodes[1].state = NodeState::Down;
    pictures("zoom_down", &lab, "2 z");
}

#[test]
fn the_log_of_all() {
    pictures("log", &scenario(), "V");
}

#[test]
fn forms_and_lists_stand_over_everything() {
    let mut lab = scenario();
    (lab.made_by_hand.wallets, lab.made_by_hand.payments) = (2, 3);
    for (name, keys, title) in [
        ("wallet", "w", "new wallet"),
        ("send", "s", "send coins"),
        ("send_errors", "s x y z Enter", "send coins"),
        ("add", "a", "add a node"),
        ("quit", "q", "quit"),
        ("palette", ": m i n", "commands"),
        ("help", "?", "keys"),
        ("find", "/ m", "go to a node"),
        ("filter", "2 z / a", "filter"),
    ] {
        pictures_of(&format!("dialog_{name}"), &lab, keys, Some(title));
    }
}

#[test]
fn a_held_screen_and_a_message_that_is_too_long() {
    pictures("held", &scenario(), "Space w");
}

/// Where a text stands.
fn find(buffer: &Buffer, text: &str) -> (u16, u16) {
    let found = lines(buffer).iter().enumerate().find_map(|(y, line)| {
        let at = line.find(text)?;
        let x = line[..at].chars().count();
        Some((u16::try_from(x).ok()?, u16::try_from(y).ok()?))
    });
    found.unwrap_or_else(|| panic!("no {text:?} on the screen"))
}

#[test]
fn one_block_has_one_colour_everywhere_and_its_rival_another() {
    let lab = troubled();
    let ui = screen(&lab, (120, 36), COLOURED);
    let chips = heard(&lab).chips;
    let (chip, rival) = (chips.of(block(12, 0)), chips.of(block(12, 1)));
    assert_ne!(chip.colour(), rival.colour());
    let buffer = draw(&lab, &ui);
    let written = chip.to_string();
    let colour = COLOURED.chip(chip.colour()).bg;
    let mut count = 0;
    for (y, line) in (0_u16..).zip(lines(&buffer)) {
        for (at, _) in line.match_indices(&written) {
            let x = u16::try_from(line[..at].chars().count()).expect("a screen");
            assert_eq!(Some(buffer[(x, y)].bg), colour, "at {x},{y}");
            count += 1;
        }
    }
    assert!(count >= 6, "{count}");
}

#[test]
fn the_focused_pane_a_new_tip_and_a_dead_node_are_told_apart_without_words() {
    let lab = troubled();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    ui.viewer.focus = NodeIx(5);
    let buffer = draw(&lab, &ui);
    let border = |name: &str| {
        let (x, y) = find(&buffer, name);
        &buffer[(x - 2, y)]
    };
    assert!(border("6 relay5").modifier.contains(Modifier::BOLD));
    assert_eq!(Some(border("6 relay5").fg), COLOURED.focus().fg);
    assert!(border("1 relay0").modifier.contains(Modifier::DIM));
    let tip = heard(&lab).chips.colour(block(12, 1));
    let tip = COLOURED.chip(tip).bg;
    assert_eq!(
        Some(border("4 relay3").fg),
        tip,
        "the border takes the new tip's colour"
    );
    let (x, y) = find(&buffer, "NEW");
    assert!(x > 0 && y > 0);
}

#[test]
fn new_is_shown_for_a_second_and_ages_change_once_a_second() {
    let mut lab = scenario();
    lab.nodes[0].tip_changed = Some(at(42_000));
    lab.now = at(42_900);
    let ui = screen(&lab, (120, 36), COLOURED);
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(shown.contains("NEW"), "{shown}");
    lab.now = at(42_990);
    assert_eq!(
        lines(&draw(&lab, &ui)).join("\n"),
        shown,
        "nothing moves within a second"
    );
    lab.now = at(43_000);
    let later = lines(&draw(&lab, &ui)).join("\n");
    assert!(
        !later.contains("NEW") && later.contains("LIVE   +00:43"),
        "{later}"
    );
}

#[test]
fn wall_time_is_shown_when_asked_for() {
    let mut lab = scenario();
    // The lab clock is an hour ahead of the wall clock.
    lab.wall_offset_us = 3_600_000_000;
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "T");
    let shown = lines(&draw(&lab, &ui)).join("\n");
    assert!(shown.contains("LIVE   11:00:42"), "{shown}");
    let mined = |line: &str| line.contains("mined #12 [") && line.contains(" 11:00:39 ");
    assert!(shown.lines().any(mined), "{shown}");
}

#[test]
fn a_block_on_its_way_says_so_until_everybody_has_it() {
    let mut lab = scenario();
    let mut journey: Propagation = lab.block_propagation[0].clone();
    journey.arrivals.pop();
    lab.block_propagation = Arc::new(vec![journey]);
    let shown = |lab: &LabView| lines(&draw(lab, &screen(lab, (120, 36), COLOURED))).join("\n");
    let says = |lab: &LabView, words: &str| {
        let shown = shown(lab);
        let row = shown
            .lines()
            .find(|row| row.contains("│ #12 ["))
            .expect("a block");
        assert!(row.contains(words), "{shown}");
    };
    says(&lab, "▇ 241 ms");
    says(&lab, " -      ");
    says(&lab, "2 of 3");
    lab.block_propagation = Arc::new(vec![crate::picture::journey(12, 483)]);
    says(&lab, "found it   483 ms");
}

#[test]
fn a_terminal_of_another_size_than_was_heard_of_is_drawn_all_the_same() {
    let lab = crowd(9);
    let mut ui = screen(&lab, (200, 60), COLOURED);
    for size in [(80, 24), (1, 1), (61, 15), (200, 60), (0, 0)] {
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(size.0, size.1))
                .expect("a screen");
        let drawn = terminal.draw(|frame| chainlab::ui::app::frame::draw(frame, &lab, &ui));
        drawn.expect("it draws");
        ui.viewer.size = (100, 30);
    }
}

#[test]
fn colours_are_those_that_the_terminal_has() {
    use chainlab::ui::theme::{Depth, Ground, Theme};
    let lab = scenario();
    for ground in [Ground::Dark, Ground::Light] {
        for depth in [Depth::None, Depth::Sixteen, Depth::Indexed, Depth::True] {
            let theme = Theme {
                depth,
                ground,
                ascii: false,
            };
            let buffer = draw(&lab, &screen(&lab, (120, 36), theme));
            let fits = |colour: Color| match colour {
                Color::Reset => true,
                Color::Rgb(..) => depth == Depth::True,
                Color::Indexed(_) => depth == Depth::Indexed,
                _ => depth == Depth::Sixteen,
            };
            for cell in buffer.content() {
                assert!(
                    fits(cell.fg) && fits(cell.bg),
                    "{theme:?}: {:?} on {:?}",
                    cell.fg,
                    cell.bg
                );
            }
        }
    }
}

#[test]
fn a_lone_node_that_was_never_seen_is_no_trouble() {
    let mut lab = scenario();
    lab.nodes = vec![node("alone", 3_000, 0)];
    lab.nodes[0].snapshot = None;
    lab.now = Time(0);
    for size in SIZES {
        draw(&lab, &screen(&lab, size, COLOURED));
    }
    lab.nodes.clear();
    lab.block_propagation = Arc::default();
    lab.now = at(0) + Duration::from_secs(1);
    for size in SIZES {
        draw(&lab, &screen(&lab, size, COLOURED));
    }
}
