//! What must be true of every picture of the screen, whatever it shows.

#![allow(dead_code, reason = "each test file uses its own part")]

use ratatui::buffer::Buffer;
use ratatui::style::Color;
use std::collections::BTreeSet;

const CORNERS: [&str; 4] = ["╭", "╮", "╰", "╯"];

/// Insists that every border is closed, all the way round.
pub fn borders_are_closed(buffer: &Buffer, what: &str) {
    let area = buffer.area;
    let mut counts = [0_usize; 4];
    for y in 0..area.height {
        for x in 0..area.width {
            let symbol = buffer[(x, y)].symbol();
            if let Some(kind) = CORNERS.iter().position(|corner| *corner == symbol) {
                counts[kind] += 1;
            }
            if symbol == "╭" {
                is_closed(buffer, (x, y), what);
            }
        }
    }
    let all_alike = counts.iter().all(|count| *count == counts[0]);
    assert!(all_alike, "{what}: corners {counts:?}");
}

/// Insists that the border around the box with this title is closed: it may stand over others.
/// Returns the lines in it.
pub fn box_is_closed(buffer: &Buffer, title: &str, what: &str) -> Vec<String> {
    let area = buffer.area;
    let wanted: Vec<char> = format!("╭ {title}").chars().collect();
    let corner = (0..area.height).find_map(|y| {
        let row: Vec<char> = (0..area.width)
            .map(|x| buffer[(x, y)].symbol().chars().next().unwrap_or(' '))
            .collect();
        let x = row.windows(wanted.len()).position(|part| part == wanted)?;
        Some((u16::try_from(x).ok()?, y))
    });
    let corner = corner.unwrap_or_else(|| panic!("{what}: no box {title:?}"));
    let (right, bottom) = is_closed(buffer, corner, what);
    let row = |y| {
        (corner.0 + 1..right)
            .map(|x| buffer[(x, y)].symbol())
            .collect()
    };
    (corner.1 + 1..bottom).map(row).collect()
}

/// Insists that the border that begins in this corner is closed. Titles may stand in its upper and
/// lower side. Returns its opposite corner.
fn is_closed(buffer: &Buffer, (x, y): (u16, u16), what: &str) -> (u16, u16) {
    let area = buffer.area;
    let symbol = |x: u16, y: u16| buffer[(x, y)].symbol();
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
        let is_border = |symbol: &str| CORNERS.contains(&symbol) || symbol == "│";
        assert!(
            !is_border(symbol(x, bottom)),
            "{what}: bottom at {x},{bottom}"
        );
    }
    (right, bottom)
}

/// The words with digits in them.
pub fn figures(lines: &[String]) -> BTreeSet<String> {
    let words = lines
        .iter()
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "│|[]▶>".contains(c)));
    // A name that was cut says so, and is no figure.
    let is_cut = |word: &&str| word.ends_with(['…', '~']) && word.starts_with(char::is_alphabetic);
    // An amount in millions was rounded for lack of room.
    let is_scaled = |word: &&str| word.starts_with('~') && word.ends_with(['k', 'M', 'G']);
    let words = words.filter(|word| !is_cut(word) && !is_scaled(word));
    let words = words.map(|word| word.trim_matches(|c: char| ",;:()…~\"".contains(c)));
    let has_digit = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    words.filter(has_digit).map(ToOwned::to_owned).collect()
}

/// Insists that every figure is one that a screen with room for everything shows too. What
/// depends on the screen's size, such as how many are left out, is let through.
pub fn no_figure_is_cut(lines: &[String], whole: &BTreeSet<String>, what: &str) {
    for figure in figures(lines) {
        // `+3`, and `1-18` of a list that scrolls.
        let is_range = figure.chars().all(|c| c.is_ascii_digit() || c == '-');
        let counts_the_rest = figure.starts_with('+') || figure.contains('-') && is_range;
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
