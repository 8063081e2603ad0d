//! Large letters, made of quadrants of cells: four pixels a cell.
//!
//! The letters are drawn in `sheet.txt`: a line of letters, each eight columns after the one
//! before, and below it eight lines with a `#` for each pixel. Stems are two pixels wide, which is as
//! much as one pixel is high.

/// Lines that large letters take: the last one has only the lower ends of `g` and its like.
pub const LINES: u16 = 4;

/// Pixels in height.
const HEIGHT: usize = 8;

/// The most pixels from a letter to the next.
const ADVANCE: usize = 8;

/// Pixels between two letters, where these are not the widest.
const GAP: usize = 2;

/// Pixels of a space.
const SPACE: usize = 4;

/// A cell by which of its pixels are set: left above, right above, left below, right below.
const CELLS: [char; 16] = [
    ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
];

const SHEET: &str = include_str!("sheet.txt");

/// Words in large letters, as many whole words as fit into so many columns, line by line; `None`: not
/// even the first one fits, or there is a sign that was never drawn.
pub fn large(words: &str, room: usize) -> Option<Vec<String>> {
    let mut pixels: [Vec<bool>; HEIGHT] = Default::default();
    for word in words.split_whitespace() {
        let drawn = draw(word)?;
        let gap = if width(&pixels) == 0 { 0 } else { SPACE };
        if (width(&pixels) + gap + width(&drawn)).saturating_sub(GAP) > room * 2 {
            break;
        }
        for (row, more) in pixels.iter_mut().zip(drawn) {
            row.resize(row.len() + gap, false);
            row.extend(more);
        }
    }
    (width(&pixels) > 0).then(|| cells(&pixels))
}

/// Words in capitals with space between, where there are no quadrants to draw with: as many whole
/// words as fit into so many columns.
pub fn spaced(words: &str, room: usize) -> String {
    let mut line = String::new();
    for word in words.split_whitespace() {
        let letters = word.chars().flat_map(char::to_uppercase);
        let letters: Vec<_> = letters.map(String::from).collect();
        let word = letters.join(" ");
        let gap = if line.is_empty() { "" } else { "   " };
        if line.chars().count() + gap.len() + word.chars().count() > room {
            break;
        }
        line = line + gap + &word;
    }
    line
}

/// A word, with the gap that follows it.
fn draw(word: &str) -> Option<[Vec<bool>; HEIGHT]> {
    let mut pixels: [Vec<bool>; HEIGHT] = Default::default();
    for letter in word.chars() {
        let rows = glyph(letter)?;
        let wide = rows.iter().map(|row| row.trim_end().len()).max()?;
        let advance = (wide + GAP).min(ADVANCE);
        for (line, row) in pixels.iter_mut().zip(rows) {
            let set = row.bytes().map(|pixel| pixel == b'#');
            line.extend(set.chain(std::iter::repeat(false)).take(advance));
        }
    }
    Some(pixels)
}

/// The rows of a letter.
fn glyph(letter: char) -> Option<[&'static str; HEIGHT]> {
    let mut lines = SHEET.lines();
    while let Some(head) = lines.next() {
        let found = head.chars().position(|drawn| drawn == letter);
        let rows = std::array::from_fn(|_| lines.next().unwrap_or_default());
        if let Some(at) = found.filter(|_| letter != ' ') {
            let part = |row: &'static str| {
                let end = row.len().min(at + ADVANCE);
                row.get(at..end).unwrap_or_default()
            };
            return Some(rows.map(part));
        }
    }
    None
}

fn width(pixels: &[Vec<bool>; HEIGHT]) -> usize {
    pixels[0].len()
}

fn cells(pixels: &[Vec<bool>; HEIGHT]) -> Vec<String> {
    let is_set = |x: usize, y: usize| pixels[y].get(x).is_some_and(|set| *set);
    let cell = |x: usize, y: usize| {
        let four = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)];
        let bits = four.iter().enumerate();
        let of_pixel = |(at, (x, y)): (usize, &(usize, usize))| usize::from(is_set(*x, *y)) << at;
        CELLS[bits.map(of_pixel).sum::<usize>()]
    };
    let line = |y: usize| {
        let line: String = (0..width(pixels)).step_by(2).map(|x| cell(x, y)).collect();
        line.trim_end().to_owned()
    };
    (0..HEIGHT).step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_digit_and_sign_of_a_title_has_a_shape_of_its_own() {
        let drawn = (' '..='~').filter(|sign| !" $[\\]^_`{}~".contains(*sign));
        let shapes: Vec<_> = drawn
            .map(|sign| (sign, glyph(sign).expect("drawn")))
            .collect();
        for (at, (sign, shape)) in shapes.iter().enumerate() {
            assert!(shape.iter().any(|row| row.contains('#')), "{sign}");
            let twin = shapes[..at].iter().find(|(_, other)| {
                let rows = other.iter().zip(shape);
                rows.clone()
                    .all(|(one, other)| one.trim_end() == other.trim_end())
            });
            assert!(twin.is_none(), "{sign} looks like {twin:?}");
        }
        assert!(SHEET.lines().count().is_multiple_of(HEIGHT + 1));
    }

    #[test]
    fn twenty_six_of_the_widest_letters_fit_120_columns_and_eighteen_fit_80() {
        for (letters, columns) in [(26, 120), (18, 80)] {
            for wide in ["W", "m", "#"] {
                let words = wide.repeat(letters);
                let lines = large(&words, columns - 2).expect("it fits");
                assert_eq!(lines.len(), usize::from(LINES));
                assert!(lines.iter().all(|line| line.chars().count() <= columns - 2));
            }
        }
        assert_eq!(large("Wwwwwwwwwww", 20), None);
    }

    #[test]
    fn what_does_not_fit_ends_at_a_word() {
        let short = large("two tips", 118).expect("it fits");
        assert_eq!(large("two tips everywhere", 40), Some(short));
        assert_eq!(spaced("two tips", 30), "T W O   T I P S");
        assert_eq!(spaced("two tips", 8), "T W O");
        assert_eq!(large("größe", 118), None, "not drawn");
        let large = large("it", 20).expect("it fits");
        assert_eq!(large, ["▀ ▐▌", "█ ▜▛▘", "█ ▐▌", "▀  ▀▘"].map(str::to_owned));
    }
}
