//! The Network view: what it shows at every size, what moves, and what its keys ask for.

mod lines;
mod panel;
pub mod scene;

use self::scene::{Said, busy_ring, link, linked_scenario, ring, set, shipped, talk, web, with};
use crate::common::lab_view::heard;
use crate::picture::{COLOURED, PLAIN, at, block, draw, lines, press, screen};
use chainlab::lab::ask::Bend;
use chainlab::lab::view::NodeState;
use chainlab::lab::{LabView, LinkChange, Request};
use chainlab::link::{LinkState, Preset};
use chainlab::node::NodeIx;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::KeyPress;
use chainlab::ui::keymap::ViewId;
use chainlab::ui::theme::Theme;
use chainlab::ui::viewer::{Effect, Purpose};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const SIZES: [(u16, u16); 6] = [(120, 36), (80, 24), (200, 60), (60, 15), (40, 12), (0, 0)];

/// A screen on which everything has room, beside and below the graph.
const ALL: [(u16, u16); 2] = [(400, 120), (109, 120)];

/// The view, on a screen of this size.
fn network(lab: &LabView, size: (u16, u16), theme: Theme) -> UiState {
    let mut ui = screen(lab, size, theme);
    ui.viewer.view = ViewId::Network;
    ui
}

fn after(lab: &LabView, size: (u16, u16), theme: Theme, keys: &str) -> UiState {
    let mut ui = network(lab, size, theme);
    if !keys.is_empty() {
        press(lab, &mut ui, keys);
    }
    ui
}

/// A picture at every size, after keys were pressed; with a box of this title over it, if one is
/// open.
fn pictures(name: &str, lab: &LabView, keys: &str, over: Option<&str>) {
    let whole = ALL
        .into_iter()
        .flat_map(|size| [(size, COLOURED), (size, PLAIN)]);
    let whole: BTreeSet<_> = whole
        .flat_map(|(size, theme)| {
            crate::lint::figures(&lines(&draw(lab, &after(lab, size, theme, keys))))
        })
        .collect();
    let mut text = String::new();
    for size in SIZES {
        let what = format!("{name} at {}x{}", size.0, size.1);
        let buffer = draw(lab, &after(lab, size, COLOURED, keys));
        let is_shown = size.0 >= 60 && size.1 >= 15;
        let read = match over.filter(|_| is_shown) {
            Some(title) => crate::lint::box_is_closed(&buffer, title, &what),
            None => {
                crate::lint::borders_are_closed(&buffer, &what);
                lines(&buffer)
            }
        };
        if is_shown {
            crate::lint::no_figure_is_cut(&read, &whole, &what);
        }
        text += &format!("{what}\n{}\n\n", lines(&buffer).join("\n"));
        let buffer = draw(lab, &after(lab, size, PLAIN, keys));
        crate::lint::has_no_colour(&buffer, &what);
        crate::lint::is_ascii(&lines(&buffer), &what);
        if size == (80, 24) {
            text += &format!("{what}, ASCII\n{}\n\n", lines(&buffer).join("\n"));
        }
    }
    insta::assert_snapshot!(name, text);
}

#[test]
fn the_scenario_of_three() {
    pictures("scenario", &linked_scenario(), "", None);
}

#[test]
fn a_ring_of_eight_with_one_link_cut_and_one_slow_and_a_block_on_its_way() {
    pictures("ring", &busy_ring(), "", None);
}

#[test]
fn a_chosen_link_says_what_it_is_like_both_ways() {
    pictures("chosen", &busy_ring(), "6 x", None);
}

#[test]
fn a_partitioned_network_shows_its_groups() {
    pictures("split", &parted(), "", None);
}

#[test]
fn twenty_four_nodes() {
    pictures("swarm", &web(24), "", None);
}

#[test]
fn the_world() {
    let mut lab = shipped("world");
    let cut = first_between(&lab, 4..8, 8..24);
    set(&mut lab, cut, LinkState::Cut);
    lab.nodes[13].state = NodeState::Down;
    pictures("world", &lab, "5", None);
}

#[test]
fn the_world_in_two_groups() {
    pictures("world_parted", &parted_world(), "5", None);
}

#[test]
fn a_mesh_and_a_shipped_partition() {
    let mut mesh = shipped("mesh");
    let links = Arc::make_mut(&mut mesh.links);
    for ends in [(0, 2), (1, 3), (0, 5), (2, 6), (3, 7), (1, 6)] {
        if ends.1 < mesh.nodes.len()
            && links
                .iter()
                .all(|link| link.ends != (NodeIx(ends.0), NodeIx(ends.1)))
        {
            links.push(link(ends, 60));
        }
    }
    links.sort_by_key(|link| link.ends);
    pictures("mesh", &mesh, "", None);
    let mut parted = shipped("partition");
    let group = |nodes: std::ops::Range<usize>| nodes.map(NodeIx).collect::<Vec<_>>();
    let count = parted.nodes.len();
    cut_between(&mut parted, count / 2);
    parted.partition = Some(Arc::new(vec![group(0..count / 2), group(count / 2..count)]));
    pictures("partition", &parted, "", None);
}

/// The first link between these nodes.
fn first_between(
    lab: &LabView,
    some: std::ops::Range<usize>,
    others: std::ops::Range<usize>,
) -> (usize, usize) {
    let mut links = lab.links.iter().map(|link| (link.ends.0.0, link.ends.1.0));
    links
        .find(|(a, b)| some.contains(a) && others.contains(b))
        .expect("there is one")
}

/// Cuts all links between the first so many nodes and the others.
fn cut_between(lab: &mut LabView, first: usize) {
    let links: Vec<_> = lab
        .links
        .iter()
        .map(|link| (link.ends.0.0, link.ends.1.0))
        .collect();
    for ends in links {
        if (ends.0 < first) != (ends.1 < first) {
            set(lab, ends, LinkState::Cut);
        }
    }
}

/// The world, its first three regions apart from the others.
fn parted_world() -> LabView {
    let mut lab = shipped("world");
    cut_between(&mut lab, 12);
    let group = |nodes: std::ops::Range<usize>| nodes.map(NodeIx).collect();
    lab.partition = Some(Arc::new(vec![group(0..12), group(12..24)]));
    lab
}

#[test]
fn forty_nodes_are_a_table() {
    let mut lab = web(40);
    set(&mut lab, (3, 4), LinkState::Cut);
    lab.nodes[6].state = NodeState::Down;
    pictures("table", &lab, "j x", None);
}

#[test]
fn the_form_of_a_link_and_the_groups_of_a_partition() {
    let lab = linked_scenario();
    pictures("form", &lab, "x e", Some("change central - wallet"));
    let wrong = "x e f a s t Tab Tab 1 Tab 9 5 Enter";
    pictures("form_errors", &lab, wrong, Some("change central - wallet"));
    pictures("groups", &ring(8), "p", Some("partition the network"));
}

/// A ring of eight in two halves.
fn parted() -> LabView {
    let mut lab = ring(8);
    for ends in [(3, 4), (0, 7)] {
        set(&mut lab, ends, LinkState::Cut);
    }
    let group = |nodes: std::ops::Range<usize>| nodes.map(NodeIx).collect();
    lab.partition = Some(Arc::new(vec![group(0..4), group(4..8)]));
    lab
}

/// The lines of the screen as one text.
/// Whether the next frame is another one though nothing happens.
fn is_moving(lab: &LabView, ui: &UiState) -> bool {
    ui.deadline(lab) == Some(lab.now)
}

fn shown(lab: &LabView, ui: &UiState) -> String {
    lines(&draw(lab, ui)).join("\n")
}

fn said(lab: &LabView, ui: &UiState) -> String {
    let shown = lines(&draw(lab, ui));
    shown[shown.len() - 2].trim().to_owned()
}

/// Where a text stands.
fn find(buffer: &Buffer, text: &str) -> Option<(u16, u16)> {
    lines(buffer).iter().enumerate().find_map(|(y, line)| {
        let x = line[..line.find(text)?].chars().count();
        Some((u16::try_from(x).ok()?, u16::try_from(y).ok()?))
    })
}

fn place(lab: &LabView, ui: &UiState, text: &str) -> (u16, u16) {
    let buffer = draw(lab, ui);
    let found = find(&buffer, text);
    found.unwrap_or_else(|| panic!("no {text:?} in {}", lines(&buffer).join("\n")))
}

#[test]
fn nothing_jumps_when_links_are_cut_nodes_die_or_find_each_other() {
    let names = |lab: &LabView, ui: &UiState| -> Vec<_> {
        let names = (0..8).map(|ix| format!("{} relay{ix}", ix + 1));
        names.map(|name| place(lab, ui, &name)).collect()
    };
    for size in [(120, 36), (80, 24), (60, 15)] {
        let mut lab = ring(8);
        let mut ui = network(&lab, size, COLOURED);
        let before = names(&lab, &ui);
        set(&mut lab, (2, 3), LinkState::Cut);
        for ix in [0, 4] {
            lab.nodes[ix].state = NodeState::Down;
        }
        Arc::make_mut(&mut lab.links).push(link((1, 6), 80));
        with(&mut lab, (0, 1), |link| link.is_connected = false);
        ui.update(&lab, UiEvent::Changed);
        assert_eq!(names(&lab, &ui), before, "{size:?}");
        Arc::make_mut(&mut lab.links).retain(|link| link.ends.0 != NodeIx(0));
        ui.update(&lab, UiEvent::Changed);
        assert_eq!(names(&lab, &ui), before, "{size:?}");
    }
}

#[test]
fn what_is_wrong_is_told_without_colours() {
    let mut lab = linked_scenario();
    let picture = |lab: &LabView| shown(lab, &network(lab, (80, 24), PLAIN));
    let sign = |lab: &LabView, sign: &str| {
        let rows = picture(lab);
        let graph = rows.lines().skip(2).take(13);
        let rows: Vec<_> = graph.map(|row| row.replace('|', " ")).collect();
        rows.iter()
            .any(|row| row.split_whitespace().any(|word| word == sign))
    };
    assert!(!sign(&lab, "x") && !sign(&lab, "o"), "{}", picture(&lab));
    set(&mut lab, (0, 1), LinkState::Cut);
    assert!(sign(&lab, "x"), "{}", picture(&lab));
    set(&mut lab, (0, 1), LinkState::BlackHole);
    assert!(sign(&lab, "o"), "{}", picture(&lab));
    with(&mut lab, (0, 1), |link| link.there.state = LinkState::Open);
    assert!(picture(&lab).contains("o one way"), "{}", picture(&lab));
    with(&mut lab, (0, 1), |link| {
        link.back.state = LinkState::Open;
        link.is_connected = true;
        link.back.loss = 0.25;
    });
    assert!(picture(&lab).contains("80 ms 25 %"), "{}", picture(&lab));
    lab.nodes[2].state = NodeState::Down;
    assert!(picture(&lab).contains("DOWN"), "{}", picture(&lab));
}

#[test]
fn a_block_moves_along_its_link_and_says_how_much_it_is_slowed() {
    let mut lab = linked_scenario();
    let chip = heard(&lab).chips.of(block(13, 0)).to_string();
    lab.transcript = talk(&[Said::block((2, 0), 42_000, Some(42_006))]);
    let mut seen = Vec::new();
    for ms in [42_010, 42_150, 42_290] {
        lab.now = at(ms);
        let ui = network(&lab, (120, 36), COLOURED);
        assert!(is_moving(&lab, &ui));
        let picture = shown(&lab, &ui);
        assert!(picture.contains("slowed x50"), "{picture}");
        seen.push(place(&lab, &ui, &chip));
    }
    // From the miner on the right, below, to the central node above.
    assert!(seen.is_sorted_by(|a, b| a.0 > b.0 && a.1 > b.1), "{seen:?}");
    lab.now = at(42_300);
    let ui = network(&lab, (120, 36), COLOURED);
    assert!(!is_moving(&lab, &ui), "it has arrived");
    let picture = shown(&lab, &ui);
    assert!(
        !picture.contains(&chip) && !picture.contains("slowed"),
        "{picture}"
    );
}

#[test]
fn what_takes_long_is_not_slowed_and_what_never_arrives_stops_before_the_end() {
    let mut lab = linked_scenario();
    for ends in [(0, 1), (0, 2)] {
        with(&mut lab, ends, |link| {
            link.there.latency = Duration::from_secs(2);
            link.back.latency = Duration::from_secs(2);
        });
    }
    let chip = heard(&lab).chips.of(block(13, 0)).to_string();
    lab.transcript = talk(&[Said::block((0, 2), 42_000, None)]);
    let at_time = |lab: &mut LabView, ms: u64| {
        lab.now = at(ms);
        let ui = network(lab, (120, 36), COLOURED);
        assert!(!shown(lab, &ui).contains("slowed"));
        place(lab, &ui, &chip)
    };
    let (first, half) = (at_time(&mut lab, 42_100), at_time(&mut lab, 43_000));
    let (last, later) = (at_time(&mut lab, 43_990), at_time(&mut lab, 44_500));
    assert!(first < half && half.1 < last.1 && last == later);
    with(&mut lab, (0, 2), |link| {
        link.there.state = LinkState::BlackHole
    });
    let swallowed = at_time(&mut lab, 43_990);
    assert_eq!(swallowed.1, half.1, "in the middle");
    lab.now = at(45_100);
    let ui = network(&lab, (120, 36), COLOURED);
    assert!(!is_moving(&lab, &ui), "nobody will ever tell of it");
}

#[test]
fn of_a_busy_lab_only_so_much_flies_and_a_frame_costs_little() {
    let mut lab = web(32);
    let all: Vec<_> = (0..4_000_u64)
        .map(|n| {
            let from = usize::try_from(n % 31).expect("few");
            Said::tx((from, from + 1), 41_800 + n / 10, None)
        })
        .collect();
    lab.transcript = talk(&all);
    let ui = network(&lab, (200, 60), COLOURED);
    let picture = shown(&lab, &ui);
    let flying = picture.matches('•').count();
    assert!((8..=65).contains(&flying), "{flying}: {picture}");
}

#[test]
fn digits_arrows_and_clicks_focus_nodes_and_the_focus_is_that_of_all_views() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (120, 36), COLOURED);
    for (key, focus) in [
        ("3", 2),
        ("h", 1),
        ("k", 0),
        ("G", 2),
        ("g", 0),
        ("Tab", 1),
        ("Right", 2),
        ("Up", 0),
        ("Down", 1),
    ] {
        press(&lab, &mut ui, key);
        assert_eq!(ui.viewer.focus, NodeIx(focus), "{key}");
    }
    press(&lab, &mut ui, "9");
    assert_eq!(said(&lab, &ui), "there is no node 9: the lab has 3 nodes");
    let (x, y) = place(&lab, &ui, "3 miner");
    ui.update(&lab, click(x, y + 1));
    assert_eq!(ui.viewer.focus, NodeIx(2));
    press(&lab, &mut ui, "Enter");
    assert!(ui.viewer.is_zoomed);
    press(&lab, &mut ui, "Esc");
    assert_eq!(
        (ui.viewer.is_zoomed, ui.viewer.view),
        (false, ViewId::Network)
    );
    press(&lab, &mut ui, "Esc");
    assert_eq!((ui.viewer.view, ui.viewer.focus), (ViewId::Lab, NodeIx(2)));
}

fn click(column: u16, row: u16) -> UiEvent {
    UiEvent::Mouse(MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

#[test]
fn a_link_is_chosen_by_key_or_click_and_left_with_esc() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "1 x");
    assert!(shown(&lab, &ui).contains("link central - wallet"));
    press(&lab, &mut ui, "x");
    assert!(shown(&lab, &ui).contains("link central - miner"));
    press(&lab, &mut ui, "x");
    assert!(shown(&lab, &ui).contains("link central - wallet"));
    press(&lab, &mut ui, "X Esc");
    assert_eq!(ui.viewer.view, ViewId::Network, "first the link is left");
    assert!(!shown(&lab, &ui).contains("link central"));
    let (x, y) = place(&lab, &ui, "80 ms");
    ui.update(&lab, click(x + 2, y));
    let picture = shown(&lab, &ui);
    assert!(picture.contains("link central - "), "{picture}");
    let mut alone = lab.clone();
    alone.links = Arc::default();
    ui.update(&alone, UiEvent::Changed);
    press(&alone, &mut ui, "x");
    assert_eq!(said(&alone, &ui), "central has no links");
}

#[test]
fn a_cell_of_the_table_is_a_link() {
    let lab = web(40);
    let mut ui = network(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "g x");
    let picture = shown(&lab, &ui);
    assert!(picture.contains("link relay0 - relay1") && picture.contains("[+]"));
    let (x, y) = place(&lab, &ui, "[+]");
    press(&lab, &mut ui, "Esc j j");
    assert_eq!(ui.viewer.focus, NodeIx(2));
    ui.update(&lab, click(x + 1, y));
    assert_eq!(ui.viewer.focus, NodeIx(0));
    assert!(shown(&lab, &ui).contains("link relay0 - relay1"));
    press(&lab, &mut ui, "l PgDn");
    assert_eq!(
        ui.viewer.focus,
        NodeIx(10),
        "left and right only move the columns"
    );
}

fn bend(from: &str, to: &str, is_both_ways: bool, change: LinkChange) -> Vec<Effect> {
    let bend = Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways,
        change,
    };
    vec![Effect::Ask(Request::Link(bend), Purpose::Tell)]
}

#[test]
fn a_chosen_link_is_cut_or_made_a_black_hole_and_opened_again() {
    let mut lab = linked_scenario();
    let mut ui = network(&lab, (120, 36), COLOURED);
    for key in ["c", "B", "e"] {
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(
            said(&lab, &ui),
            "choose a link first: x goes to the next one"
        );
        assert!(ui.dialog.is_none());
    }
    press(&lab, &mut ui, "3 x");
    let to = |state| bend("central", "miner", true, LinkChange::to_state(state));
    assert_eq!(press(&lab, &mut ui, "c"), to(LinkState::Cut));
    assert_eq!(press(&lab, &mut ui, "B"), to(LinkState::BlackHole));
    set(&mut lab, (0, 2), LinkState::Cut);
    assert_eq!(press(&lab, &mut ui, "c"), to(LinkState::Open));
    set(&mut lab, (0, 2), LinkState::BlackHole);
    assert_eq!(press(&lab, &mut ui, "B"), to(LinkState::Open));
    with(&mut lab, (0, 2), |link| link.there.state = LinkState::Open);
    assert_eq!(press(&lab, &mut ui, "c"), to(LinkState::Cut), "half shut");
    press(&lab, &mut ui, ": b l a c k - h Enter");
    let from_palette = press(&lab, &mut ui, ": c u t - l i n k Enter");
    assert_eq!(from_palette, to(LinkState::Cut));
    press(&lab, &mut ui, "V");
    assert_eq!(press(&lab, &mut ui, "c"), [], "what is changed is in sight");
    let words = "links are changed in the Network view: x chooses one there";
    assert_eq!(said(&lab, &ui), words);
    press(&lab, &mut ui, "v Space");
    let held = ui.held.clone().expect("held");
    for key in ["c", "B", "e", "p"] {
        assert_eq!(press(&held, &mut ui, key), [], "{key}");
        assert!(said(&lab, &ui).ends_with("held: Space resumes"), "{key}");
        assert!(ui.dialog.is_none(), "{key}");
    }
}

/// Letters, as they are.
#[test]
fn one_key_opens_every_link_that_is_shut_and_none_need_be_chosen() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (120, 36), PLAIN);
    let all = [Effect::Ask(Request::HealAll, Purpose::Tell)];
    assert_eq!(press(&lab, &mut ui, "H"), all);
    assert_eq!(press(&lab, &mut ui, ": h e a l Enter"), all);
    press(&lab, &mut ui, "Space");
    assert_eq!(press(&lab, &mut ui, "H"), [], "held");
}

fn type_(lab: &LabView, ui: &mut UiState, text: &str) {
    for letter in text.chars() {
        ui.update(lab, UiEvent::Key(KeyPress::plain(KeyCode::Char(letter))));
    }
}

#[test]
fn the_form_asks_for_just_what_was_changed() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "x e");
    type_(&lab, &mut ui, "200ms");
    let latency = LinkChange {
        latency: Some(Duration::from_millis(200)),
        ..LinkChange::default()
    };
    let asked = press(&lab, &mut ui, "Enter");
    assert_eq!(asked, bend("central", "wallet", true, latency));
    assert!(ui.dialog.is_none());
    press(&lab, &mut ui, "e");
    assert_eq!(press(&lab, &mut ui, "Enter"), [], "nothing was");
    press(&lab, &mut ui, "e Tab Tab");
    type_(&lab, &mut ui, "56 kbit/s");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "5 %");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "bl");
    press(&lab, &mut ui, "Tab Down Down");
    let asked = press(&lab, &mut ui, "Enter");
    let change = LinkChange {
        bandwidth: Some(Some(7_000)),
        loss: Some(0.05),
        state: Some(LinkState::BlackHole),
        ..LinkChange::default()
    };
    assert_eq!(asked, bend("wallet", "central", false, change));
}

#[test]
fn a_preset_fills_in_what_a_link_is_like() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "x e S-Tab");
    let picture = shown(&lab, &ui);
    for words in [
        "satellite",
        "latency 280 ms, jitter 20 ms, 3 MB/s, loss 1 %",
    ] {
        assert!(picture.contains(words), "{picture}");
    }
    type_(&lab, &mut ui, "3");
    let asked = press(&lab, &mut ui, "Tab Enter");
    let radio = Preset::named("3g").expect("there is one");
    assert_eq!(
        asked,
        bend("central", "wallet", true, LinkChange::to_preset(radio))
    );
}

#[test]
fn what_cannot_be_is_said_beside_its_field() {
    let lab = linked_scenario();
    let mut ui = network(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "x e");
    type_(&lab, &mut ui, "fast");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "61s");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "10 B/s");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "95 %");
    press(&lab, &mut ui, "Tab");
    type_(&lab, &mut ui, "shut");
    press(&lab, &mut ui, "S-Tab S-Tab S-Tab S-Tab S-Tab");
    type_(&lab, &mut ui, "5g");
    assert_eq!(press(&lab, &mut ui, "Enter"), []);
    let picture = shown(&lab, &ui).replace(['│', '\n'], " ");
    let words: Vec<_> = picture.split_whitespace().collect();
    let picture = words.join(" ");
    for why in [
        "there is no preset \"5g\"",
        "\"fast\" is not a duration: write a number and one of",
        "61s is more than 60s",
        "10 bytes a second is not between 100 and 1000000000",
        "\"95 %\" is nothing from 0 to 90 %",
        "there is no state \"shut\"",
    ] {
        assert!(picture.contains(why), "{why}: {picture}");
    }
}

#[test]
fn a_loss_is_in_percent_and_one_below_one_without_the_sign_is_asked_about() {
    let lab = linked_scenario();
    let lossy = |loss| LinkChange {
        loss: Some(loss),
        ..LinkChange::default()
    };
    for (typed, loss) in [("10", 0.1), ("1", 0.01), ("2.5 %", 0.025), ("0.1%", 0.001)] {
        let mut ui = network(&lab, (80, 24), COLOURED);
        press(&lab, &mut ui, "x e Tab Tab Tab");
        type_(&lab, &mut ui, typed);
        let asked = press(&lab, &mut ui, "Enter");
        assert_eq!(
            asked,
            bend("central", "wallet", true, lossy(loss)),
            "{typed}"
        );
    }
    let mut ui = network(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "x e Tab Tab Tab");
    type_(&lab, &mut ui, "0.1");
    assert_eq!(press(&lab, &mut ui, "Enter"), [], "it may be either");
    let picture = shown(&lab, &ui);
    assert!(
        picture.contains("0.1 %, or 10 %? Write it with %"),
        "{picture}"
    );
    type_(&lab, &mut ui, "%");
    let asked = press(&lab, &mut ui, "Enter");
    assert_eq!(asked, bend("central", "wallet", true, lossy(0.001)));
    // Nothing is nothing in either.
    press(&lab, &mut ui, "e Tab Tab Tab");
    type_(&lab, &mut ui, "0");
    assert_eq!(press(&lab, &mut ui, "Enter"), []);
    assert!(ui.dialog.is_none());
}

#[test]
fn the_network_is_partitioned_as_wanted_and_healed_at_once() {
    let mut lab = ring(8);
    let mut ui = network(&lab, (80, 24), COLOURED);
    ui.viewer.view = ViewId::Lab;
    press(&lab, &mut ui, "p");
    let group =
        |nodes: &[usize]| -> Vec<String> { nodes.iter().map(|ix| format!("relay{ix}")).collect() };
    let split = |groups: &[&[usize]]| {
        let groups = groups.iter().map(|nodes| group(nodes)).collect();
        vec![Effect::Ask(Request::Partition(groups), Purpose::Tell)]
    };
    let halves = split(&[&[0, 1, 2, 7], &[3, 4, 5, 6]]);
    assert_eq!(press(&lab, &mut ui, "Enter"), halves, "neighbours together");
    assert!(ui.dialog.is_none());
    let asked = press(&lab, &mut ui, "p Space j j Space 3 Enter");
    assert_eq!(asked, split(&[&[1, 7], &[0, 3, 4, 5, 6], &[2]]));
    assert_eq!(press(&lab, &mut ui, "p Esc"), []);
    assert!(ui.dialog.is_none());
    press(&lab, &mut ui, "p");
    for _ in 0..8 {
        press(&lab, &mut ui, "1 j");
    }
    assert_eq!(press(&lab, &mut ui, "Enter"), [], "one group is no split");
    assert!(shown(&lab, &ui).contains("all nodes are in one group"));
    press(&lab, &mut ui, "Esc");
    lab.partition = parted().partition;
    let unite = [Effect::Ask(Request::Unite, Purpose::Tell)];
    assert_eq!(press(&lab, &mut ui, "p"), unite);
    lab.partition = None;
    lab.nodes.truncate(1);
    assert_eq!(press(&lab, &mut ui, "p"), []);
    assert_eq!(
        said(&lab, &ui),
        "a network of one node cannot be partitioned"
    );
}

#[test]
fn a_lab_without_nodes_or_links_takes_every_key() {
    for count in [0, 1, 2] {
        let mut lab = linked_scenario();
        lab.nodes.truncate(count);
        lab.links = Arc::default();
        let mut ui = network(&lab, (80, 24), COLOURED);
        for key in [
            "Tab", "1", "j", "l", "G", "g", "PgDn", ".", ",", "c", "B", "e", "z", "Esc", "Enter",
            "Esc",
        ] {
            press(&lab, &mut ui, key);
            draw(&lab, &ui);
        }
    }
}
