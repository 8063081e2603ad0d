//! What lines are made of, where nodes of one region stand, and what is told from what.

use super::scene::{Said, busy_ring, linked_scenario, set, shipped, talk, web, with};
use super::{is_moving, network, parted, parted_world, place, shown};
use crate::picture::{COLOURED, PLAIN, at, block, change, draw, lines, press};
use chainlab::lab::script::{Pace, Script};
use chainlab::lab::spec::Lines;
use chainlab::lab::view::NodeState;
use chainlab::lab::{LabView, Request, layout};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::ui::app::UiEvent;
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::{Effect, Purpose};
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;
use std::collections::BTreeSet;
use std::time::Duration;

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 36), (200, 60), (60, 15)];

fn labs() -> Vec<LabView> {
    let mut split = parted();
    set(&mut split, (1, 2), LinkState::BlackHole);
    let mut down = web(40);
    down.nodes[6].state = NodeState::Down;
    vec![
        linked_scenario(),
        busy_ring(),
        split,
        web(24),
        down,
        shipped("world"),
        shipped("mesh"),
        shipped("swarm"),
    ]
}

fn has_braille(buffer: &Buffer) -> bool {
    let is_braille = |c: char| ('\u{2800}'..='\u{28ff}').contains(&c);
    let mut cells = buffer.content().iter();
    cells.any(|cell| cell.symbol().chars().any(is_braille))
}

#[test]
fn no_glyph_of_the_default_screen_is_braille_in_any_view_at_any_size() {
    for lab in labs() {
        for size in SIZES {
            for view in ViewId::TABS {
                let mut ui = network(&lab, size, COLOURED);
                ui.viewer.view = view;
                for keys in ["1", "z", "Right", "Esc ?"] {
                    press(&lab, &mut ui, keys);
                    let what = format!("{} {view:?} {size:?} {keys}", lab.name);
                    assert!(!has_braille(&draw(&lab, &ui)), "{what}");
                }
            }
        }
    }
}

#[test]
fn braille_is_drawn_where_it_is_asked_for_unless_all_is_ascii() {
    let lab = linked_scenario();
    for (theme, is_there) in [(COLOURED, true), (PLAIN, false)] {
        let mut ui = network(&lab, (120, 36), theme);
        ui.viewer.spec.lines = Lines::Braille;
        assert_eq!(has_braille(&draw(&lab, &ui)), is_there);
    }
}

/// The lines of the graph alone, as text: what stands on them is left out.
fn lines_between(lab: &LabView, size: (u16, u16), theme: chainlab::ui::theme::Theme) -> String {
    let picture = shown(lab, &network(lab, size, theme));
    let graph = picture.lines().skip(5).take(6);
    let signs = graph.flat_map(|row| row.chars().skip(1).take(76));
    signs.filter(|c| "─│╱╲┐┌┘└┄┆-|/\\.:".contains(*c)).collect()
}

#[test]
fn connected_and_not_connected_differ_at_a_glance_without_colours() {
    type Shut = fn(&mut LabView, (usize, usize));
    let shut: [Shut; 3] = [
        |lab, ends| set(lab, ends, LinkState::Cut),
        |lab, ends| set(lab, ends, LinkState::BlackHole),
        |lab, ends| with(lab, ends, |link| link.is_connected = false),
    ];
    for shut in shut {
        let open = linked_scenario();
        let mut lab = linked_scenario();
        for ends in [(0, 1), (0, 2)] {
            shut(&mut lab, ends);
        }
        for size in [(80, 24), (120, 36)] {
            let (before, after) = (
                lines_between(&open, size, PLAIN),
                lines_between(&lab, size, PLAIN),
            );
            assert!(!before.contains(['.', ':']), "{before}");
            assert!(!after.contains(['/', '\\', '-']), "{after}");
            // Of a dashed line only a half is there.
            let (before, after) = (
                lines_between(&open, size, COLOURED).chars().count(),
                lines_between(&lab, size, COLOURED).chars().count(),
            );
            assert!(3 * after <= 2 * before, "{before} {after}");
        }
    }
}

/// Where each node of a lab stands: the middle of its name.
fn stands(lab: &LabView, size: (u16, u16)) -> Vec<(i32, i32)> {
    let ui = network(lab, size, COLOURED);
    let names = (1..).zip(&lab.nodes);
    let places = names.map(|(number, node): (usize, _)| {
        let (x, y) = place(lab, &ui, &format!("{number} {} #12", node.name));
        // A line of the screen is two columns high.
        (i32::from(x), 2 * i32::from(y))
    });
    places.collect()
}

#[test]
fn nodes_of_a_region_stand_nearer_to_each_other_than_to_all_others() {
    let lab = shipped("world");
    let region = |ix: usize| &lab.nodes[ix].name[..2];
    for size in [(80, 24), (120, 36), (200, 60)] {
        let places = stands(&lab, size);
        let middle = |name: &str| {
            let own = (0..places.len()).filter(|ix| region(*ix) == name);
            let own: Vec<_> = own.map(|ix| places[ix]).collect();
            let count = i32::try_from(own.len()).expect("few");
            let sum = own
                .iter()
                .fold((0, 0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
            (sum.0 / count, sum.1 / count)
        };
        let names: BTreeSet<_> = (0..places.len()).map(region).collect();
        for (ix, at) in places.iter().enumerate() {
            let far = |name: &&&str| {
                let middle = middle(name);
                (middle.0 - at.0).pow(2) + (middle.1 - at.1).pow(2)
            };
            let nearest = names.iter().min_by_key(far).expect("some");
            assert_eq!(*nearest, region(ix), "{} at {size:?}", lab.nodes[ix].name);
        }
    }
}

#[test]
fn the_world_can_be_read_names_tips_and_what_is_cut() {
    let mut lab = parted_world();
    let chip = chainlab::lab::observe::chips::Chips::default()
        .of(block(12, 0))
        .to_string();
    let steps = layout::shipped::shipped("world")
        .expect("it is shipped")
        .steps;
    let script = Script::new(steps, Pace::Script).view().clone();
    for (size, script) in [
        ((120, 36), None),
        ((80, 24), None),
        ((120, 36), Some(script.clone())),
        ((80, 24), Some(script)),
    ] {
        lab.script = script;
        let ui = network(&lab, size, PLAIN);
        let picture = shown(&lab, &ui);
        for (ix, node) in lab.nodes.iter().enumerate() {
            let words = format!("{} {} #", ix + 1, node.name);
            let row = picture
                .lines()
                .find(|row| row.contains(&words))
                .expect("its line");
            let tip = &row[row.find(&words).expect("there")..];
            let tip: Vec<_> = tip.split_whitespace().skip(2).take(2).collect();
            assert_eq!(tip, ["#12", &chip], "{row}");
        }
        for region in ["na", "eu", "sa", "ap", "jp", "au"] {
            assert!(picture.contains(&format!("+ {region} -")), "{picture}");
        }
        assert!(
            picture.contains("group A") && picture.contains("group B"),
            "{picture}"
        );
        assert!(picture.contains(" shut "), "{picture}");
    }
}

/// How many cells of lines are at full brightness, and how many are faint.
fn brightness(lab: &LabView, keys: &str) -> (usize, usize) {
    let mut ui = network(lab, (120, 36), COLOURED);
    press(lab, &mut ui, keys);
    let buffer = draw(lab, &ui);
    let graph = (3..32).flat_map(|y| (1..78).map(move |x| (x, y)));
    let lines = graph.map(|at| &buffer[at]);
    let lines: Vec<_> = lines.filter(|cell| "╱╲".contains(cell.symbol())).collect();
    let is_faint = |cell: &&&ratatui::buffer::Cell| cell.modifier.contains(Modifier::DIM);
    let faint = lines.iter().filter(is_faint).count();
    (lines.len() - faint, faint)
}

#[test]
fn among_many_nodes_only_the_links_of_the_focused_one_are_bright() {
    for lab in [shipped("world"), web(24)] {
        let (bright, faint) = brightness(&lab, "5");
        assert!(bright > 0 && faint > 0, "{}: {bright} {faint}", lab.name);
        let (other, _) = brightness(&lab, "9");
        assert_ne!(bright, other, "{}", lab.name);
    }
    let (bright, faint) = brightness(&busy_ring(), "1");
    assert!(bright > 0 && faint == 0, "few are all bright");
}

#[test]
fn a_partition_is_proposed_along_the_regions() {
    let lab = shipped("world");
    let mut ui = network(&lab, (120, 36), COLOURED);
    let asked = press(&lab, &mut ui, "p Enter");
    let [Effect::Ask(Request::Partition(groups), Purpose::Tell)] = &asked[..] else {
        panic!("{asked:?}");
    };
    let regions = |group: &Vec<String>| -> BTreeSet<String> {
        group.iter().map(|name| name[..2].to_owned()).collect()
    };
    let [one, other] = &groups[..] else {
        panic!("{groups:?}");
    };
    assert_eq!((one.len(), other.len()), (12, 12));
    assert!(regions(one).is_disjoint(&regions(other)), "{groups:?}");
}

#[test]
fn a_box_changes_no_earlier_than_its_chip_comes_or_the_chip_is_marked_as_a_replay() {
    let chip = chainlab::lab::observe::chips::Chips::default()
        .of(block(13, 0))
        .to_string();
    let replay = format!("»{chip}");
    // On a fast link the receiver has it long before the chip has come: a replay from the start.
    let mut lab = linked_scenario();
    lab.transcript = talk(&[Said::block((2, 0), 42_000, Some(42_006))]);
    for ms in [42_001, 42_010, 42_200] {
        lab.now = at(ms);
        let picture = shown(&lab, &network(&lab, (120, 36), COLOURED));
        assert!(
            picture.contains(&replay) && picture.contains("» replay, slowed"),
            "{picture}"
        );
    }
    // On a slow one the chip is where the block is.
    with(&mut lab, (0, 2), |link| {
        link.there.latency = Duration::from_secs(2);
        link.back.latency = Duration::from_secs(2);
    });
    lab.transcript = talk(&[Said::block((2, 0), 42_000, None)]);
    lab.now = at(43_990);
    let picture = shown(&lab, &network(&lab, (120, 36), COLOURED));
    assert!(
        picture.contains(&chip) && !picture.contains('»'),
        "{picture}"
    );
    // It has come in, and nothing is on its way any more when the box may change.
    lab.transcript = talk(&[Said::block((2, 0), 42_000, Some(44_000))]);
    lab.now = at(44_000);
    change(&mut lab.nodes[0], |node| node.tip = block(13, 0));
    let ui = network(&lab, (120, 36), COLOURED);
    assert!(!is_moving(&lab, &ui));
    // A second copy, from another node, is marked: the box has changed before.
    lab.transcript = talk(&[Said::block((1, 0), 43_900, None)]);
    with(&mut lab, (0, 1), |link| {
        link.back.latency = Duration::from_secs(2)
    });
    let picture = shown(&lab, &network(&lab, (120, 36), COLOURED));
    assert!(picture.contains(&replay), "{picture}");
}

#[test]
fn every_name_and_tip_is_whole_however_many_lines_there_are() {
    for count in 2..=12 {
        let mut lab = web(count);
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        let all = pairs.map(|ends| super::scene::link(ends, 80));
        lab.links = std::sync::Arc::new(all.collect());
        for size in [(80, 24), (120, 36), (200, 60)] {
            let ui = network(&lab, size, COLOURED);
            let buffer = draw(&lab, &ui);
            crate::lint::borders_are_closed(&buffer, &format!("{count} at {size:?}"));
            let picture = lines(&buffer).join("\n");
            for ix in 0..count {
                let name = format!("{} relay{ix}", ix + 1);
                assert!(picture.contains(&name), "{name} at {size:?}: {picture}");
            }
            assert!(ui.viewer.focus == NodeIx(0));
        }
    }
}

#[test]
fn lines_that_were_laid_before_are_those_that_would_be_laid_now() {
    for mut lab in [busy_ring(), web(24), shipped("world")] {
        let mut looked_at = network(&lab, (120, 36), COLOURED);
        for size in [(120, 36), (200, 60)] {
            looked_at.update(&lab, UiEvent::Resized(size.0, size.1));
            looked_at.update(&lab, UiEvent::Changed);
            let fresh = network(&lab, size, COLOURED);
            assert_eq!(draw(&lab, &looked_at), draw(&lab, &fresh), "{}", lab.name);
        }
        // Another link: what was laid does not fit any more until the lab is looked at.
        let links = std::sync::Arc::make_mut(&mut lab.links);
        links.retain(|link| link.ends != (NodeIx(0), NodeIx(1)));
        let before = draw(&lab, &looked_at);
        looked_at.update(&lab, UiEvent::Changed);
        assert_eq!(before, draw(&lab, &looked_at), "{}", lab.name);
    }
}
