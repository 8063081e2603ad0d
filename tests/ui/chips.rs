//! Chips: each block has one, whatever is drawn, and a chosen line keeps its colour.

use crate::common::lab_view::heard;
use crate::picture::{COLOURED, block, draw_as_it_is, lines, press, scenario, screen};
use chainlab::lab::LabView;
use chainlab::ui::theme::{Depth, Theme};
use ratatui::style::{Color, Modifier};

/// What is drawn at every place where these words stand: the ground, and whether it is reversed.
fn grounds(lab: &LabView, ui: &chainlab::ui::app::UiState, words: &str) -> Vec<(Color, bool)> {
    let buffer = draw_as_it_is(lab, ui);
    let mut found = Vec::new();
    for (y, line) in (0_u16..).zip(lines(&buffer)) {
        for (at, _) in line.match_indices(words) {
            let x = u16::try_from(line[..at].chars().count()).expect("a screen");
            let cell = &buffer[(x, y)];
            found.push((cell.bg, cell.modifier.contains(Modifier::REVERSED)));
        }
    }
    found
}

/// The lines that are chosen: those of which nearly all is reversed.
fn chosen_chips(lab: &LabView, ui: &chainlab::ui::app::UiState) -> Vec<(Color, bool)> {
    let buffer = draw_as_it_is(lab, ui);
    let (width, height) = (buffer.area.width, buffer.area.height);
    let is_reversed = |x, y| buffer[(x, y)].modifier.contains(Modifier::REVERSED);
    let rows = (2..height - 2).filter(|y| (0..width).filter(|x| is_reversed(*x, *y)).count() > 60);
    rows.flat_map(|y| (0..width).map(move |x| (x, y)))
        .filter(|(x, y)| buffer[(*x, *y)].bg != Color::Reset)
        .map(|(x, y)| (buffer[(x, y)].bg, is_reversed(x, y)))
        .collect()
}

#[test]
fn a_block_has_the_same_chip_in_every_view_and_whatever_was_drawn_before() {
    let lab = heard(&scenario());
    let tip = lab.chips.of(block(12, 0));
    let ground = COLOURED.chip(tip.colour()).bg.expect("colours");
    for keys in ["v V", "v", "v v", "v v v", "z", "z Down Down", "v v z Up"] {
        for size in [(80, 24), (120, 36), (200, 60)] {
            let mut ui = screen(&lab, size, COLOURED);
            press(&lab, &mut ui, keys);
            let found = grounds(&lab, &ui, &tip.to_string());
            assert!(!found.is_empty(), "{keys} at {size:?}");
            for (bg, is_reversed) in found {
                assert_eq!((bg, is_reversed), (ground, false), "{keys} at {size:?}");
            }
        }
    }
}

#[test]
fn a_chosen_line_keeps_the_colour_of_its_chips() {
    let lab = heard(&scenario());
    // Zoom's chain, and the blocks of all nodes.
    for keys in ["z", "z Down", "v v", "v v Down Down"] {
        let mut ui = screen(&lab, (120, 36), COLOURED);
        press(&lab, &mut ui, keys);
        let found = chosen_chips(&lab, &ui);
        assert!(found.len() >= 4, "{keys}: {found:?}");
        assert!(found.iter().all(|(_, is_reversed)| !is_reversed), "{keys}");
    }
}

#[test]
fn colours_that_are_far_apart_in_number_are_far_apart_to_the_eye() {
    for depth in [Depth::Sixteen, Depth::Indexed, Depth::True] {
        let theme = Theme { depth, ..COLOURED };
        let ground = |colour| theme.chip(colour).bg.expect("colours");
        for one in 0..12 {
            for other in 0..one {
                assert_ne!(ground(one), ground(other));
            }
        }
    }
    // How light a colour is stays to everybody; of those that are equally light, how blue it is
    // stays to nearly everybody.
    let seen = |colour| match COLOURED.chip(colour).bg {
        Some(Color::Rgb(r, g, b)) => {
            let [r, g, b] = [r, g, b].map(i32::from);
            let light = (2 * r + 5 * g + b) / 8;
            (light, b - light)
        }
        other => panic!("{other:?}"),
    };
    for one in 0..12_usize {
        for other in 0..one {
            let way = one - other;
            if way.min(12 - way) >= 3 {
                let ((light, blue), (its_light, its_blue)) = (seen(one), seen(other));
                let apart = (light - its_light).abs() + (blue - its_blue).abs();
                assert!(apart >= 60, "{one} and {other}: {apart}");
            }
        }
    }
}
