//! What must be true of every picture of the screen, whatever it shows.

#![allow(dead_code, reason = "each test file uses its own part")]

use ratatui::buffer::Buffer;
use ratatui::style::Color;
use std::collections::BTreeSet;

const CORNERS: [&str; 4] = ["╭", "╮", "╰", "╯"];

/// Insists that every border is closed, all the way round.
pub fn borders_are_closed(buffer: &Buffer, what: &str) {
    let area = buffer.area;
    let symbol = |x: u16, y: u16| buffer[(x, y)].symbol();
    let mut counts = [0_usize; 4];
    for y in 0..area.height {
        for x in 0..area.width {
            if let Some(kind) = CORNERS.iter().position(|corner| *corner == symbol(x, y)) {
                counts[kind] += 1;
            }
            if symbol(x, y) == "╭" {
                let right = (x + 1..area.width).find(|x| symbol(*x, y) == "╮");
                let right = right.unwrap_or_else(|| panic!("{what}: no right corner for {x},{y}"));
                let bottom = (y + 1..area.height).find(|y| symbol(x, *y) != "│");
                let bottom = bottom.unwrap_or_else(|| panic!("{what}: no end below {x},{y}"));
                assert_eq!(symbol(x, bottom), "╰", "{what}: below {x},{y}");
                assert_eq!(symbol(right, bottom), "╯", "{what}: opposite {x},{y}");
                for y in y + 1..bottom {
                    assert_eq!(symbol(right, y), "│", "{what}: right side at {right},{y}");
                }
                for x in x + 1..right {
                    assert_eq!(symbol(x, bottom), "─", "{what}: bottom at {x},{bottom}");
                }
            }
        }
    }
    assert!(
        counts.iter().all(|count| *count == counts[0]),
        "{what}: corners {counts:?}"
    );
}

/// The words with digits in them.
pub fn figures(lines: &[String]) -> BTreeSet<String> {
    let words = lines
        .iter()
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "│|[]▶>".contains(c)));
    let words = words.map(|word| word.trim_matches(|c: char| ",;:()…~\"".contains(c)));
    let has_digit = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    words.filter(has_digit).map(ToOwned::to_owned).collect()
}

/// Insists that every figure is one that a screen with room for everything shows too. What counts
/// that which is left out is written `+3`.
pub fn no_figure_is_cut(lines: &[String], whole: &BTreeSet<String>, what: &str) {
    for figure in figures(lines) {
        let counts_the_rest = figure.starts_with('+');
        assert!(
            counts_the_rest || whole.contains(&figure),
            "{what}: {figure:?} is cut"
        );
    }
}

/// Insists that the terminal's own colours are used and nothing else.
pub fn has_no_colour(buffer: &Buffer, what: &str) {
    for cell in buffer.content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{what}");
    }
}

/// Insists on plain characters.
pub fn is_ascii(lines: &[String], what: &str) {
    for line in lines {
        assert!(line.is_ascii(), "{what}: {line}");
    }
}
