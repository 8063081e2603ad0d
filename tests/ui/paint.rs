//! The colours of every view, at what people have and at the smallest that all fits: other pictures have
//! words alone. A letter stands for how a cell is painted, a dot for a cell that is as the terminal has it.

use crate::blocks::{paying, split, spreading};
use crate::messages::talking;
use crate::network::scene::busy_ring;
use crate::picture::{COLOURED, crowd, draw, press, scenario, screen};
use crate::views::{scripted, troubled};
use chainlab::lab::LabView;
use chainlab::ui::app::UiEvent;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};
use std::fmt::Write;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// How a cell is painted, as far as that can be seen.
fn paint(cell: &Cell) -> Style {
    let style = cell.style();
    let shows_text = Modifier::REVERSED | Modifier::UNDERLINED;
    if cell.symbol() == " " && !cell.modifier.intersects(shows_text) {
        return Style::new().bg(style.bg.unwrap_or(Color::Reset));
    }
    style
}

/// The letters of a screen; those that are new are added to `styles`.
fn letters(buffer: &Buffer, styles: &mut Vec<Style>) -> String {
    let bare = [paint(&Cell::EMPTY), Cell::EMPTY.style()];
    let mut letter = |cell: &Cell| {
        let style = paint(cell);
        if bare.contains(&style) {
            return '.';
        }
        let known = styles.iter().position(|known| *known == style);
        let at = known.unwrap_or_else(|| {
            styles.push(style);
            styles.len() - 1
        });
        char::from(*LETTERS.get(at).expect("a letter for each style"))
    };
    let rows = buffer.content().chunks(usize::from(buffer.area.width));
    let rows = rows.map(|row| row.iter().map(&mut letter).collect::<String>());
    let rows: Vec<_> = rows
        .map(|row| row.trim_end_matches('.').to_owned())
        .collect();
    rows.join("\n")
}

fn painted(lab: &LabView, keys: &str) -> String {
    let (mut styles, mut text) = (Vec::new(), String::new());
    for size in SIZES {
        let mut ui = screen(lab, size, COLOURED);
        if !keys.is_empty() {
            press(lab, &mut ui, keys);
        }
        ui.update(lab, UiEvent::Changed);
        let letters = letters(&draw(lab, &ui), &mut styles);
        let _ = write!(text, "{}x{}\n{letters}\n\n", size.0, size.1);
    }
    for (letter, style) in LETTERS.iter().zip(styles) {
        let (fg, bg) = (style.fg, style.bg);
        let [fg, bg] = [fg, bg].map(|colour| colour.unwrap_or_default().to_string());
        let _ = writeln!(
            text,
            "{}: {fg} on {bg} {:?}",
            char::from(*letter),
            style.add_modifier
        );
    }
    text
}

/// A view: its name, a lab that fills it, and the keys that open it.
type Way = (&'static str, fn() -> LabView, &'static str);

#[test]
fn every_view_has_the_colours_that_it_had() {
    let views: [Way; 16] = [
        ("panes", troubled, ""),
        ("story", scripted, ""),
        ("table", || crowd(24), "j j"),
        ("network", busy_ring, "v"),
        ("network_link", busy_ring, "v 6 x"),
        ("blocks", split, "v v"),
        ("blocks_way", spreading, "v v ]"),
        ("blocks_ways_of_payments", paying, "v v ["),
        ("messages", talking, "v v v"),
        ("messages_list", talking, "v v v ]"),
        ("messages_counts", talking, "v v v ] ]"),
        ("log", troubled, "V"),
        ("zoom", scenario, "2 z"),
        ("zoom_wallets", scenario, "2 z ] ] ]"),
        ("help", scenario, "?"),
        ("send", scenario, "s x y z Enter"),
    ];
    for (name, lab, keys) in views {
        insta::assert_snapshot!(name, painted(&lab(), keys));
    }
}
