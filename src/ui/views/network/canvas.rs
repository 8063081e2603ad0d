//! Paths in a terminal: of box drawing characters and the diagonals that belong to them, of plain
//! ASCII, or of braille dots where the font has them.
//!
//! Corners of lines are square, those of boxes round. What is connected is an unbroken line, what is
//! not a dashed one, in each of the three. Where lines cross, the one that matters most is seen
//! whole; of two that matter as much, the one across and the one upright are seen both.

use super::path::{Glyph, Path, Point};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// What lines are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// Nothing beyond ASCII.
    Ascii,
    /// Box drawing characters.
    Boxes,
    /// Dots of braille.
    Braille,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub style: Style,
    /// The higher, the more it matters.
    pub rank: u8,
    /// It has gaps.
    pub is_dashed: bool,
    /// It is chosen.
    pub is_thick: bool,
}

/// A cell of braille has two columns of four dots.
const DOTS: Point = (2, 4);

/// An empty cell of braille.
const BRAILLE: u32 = 0x2800;

/// Dots of a dashed line that are drawn, and that are left out, by turns.
const DASH: usize = 3;

/// The bits of the dots of such a cell, line by line.
const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Lines that were drawn so far.
pub struct Canvas {
    area: Rect,
    pen: Pen,
    cells: Vec<Option<Ink>>,
}

#[derive(Clone, Copy)]
struct Ink {
    sign: char,
    style: Style,
    rank: u8,
}

impl Glyph {
    /// The character; `None`: a gap. `nth` is the cell's place on the path.
    fn sign(self, pen: Pen, stroke: Stroke, nth: usize) -> Option<char> {
        let is_gap = stroke.is_dashed && nth % 2 == 1;
        if pen == Pen::Ascii {
            return match (self, stroke.is_dashed, stroke.is_thick) {
                (_, _, true) => (!is_gap).then_some('#'),
                (Self::Upright, true, _) => Some(':'),
                (_, true, _) => Some('.'),
                (Self::Flat, ..) => Some('-'),
                (Self::Upright, ..) => Some('|'),
                (Self::Rising | Self::RightDown | Self::LeftUp, ..) => Some('/'),
                (Self::Falling | Self::LeftDown | Self::RightUp, ..) => Some('\\'),
            };
        }
        if is_gap && self.is_slanted() {
            return None;
        }
        let [plain, thick] = match self {
            Self::Flat if stroke.is_dashed => ['┄', '┅'],
            Self::Upright if stroke.is_dashed => ['┆', '┇'],
            Self::Flat => ['─', '━'],
            Self::Upright => ['│', '┃'],
            Self::Rising => ['╱', '╱'],
            Self::Falling => ['╲', '╲'],
            Self::LeftDown => ['┐', '┓'],
            Self::RightDown => ['┌', '┏'],
            Self::LeftUp => ['┘', '┛'],
            Self::RightUp => ['└', '┗'],
        };
        Some(if stroke.is_thick { thick } else { plain })
    }
}

impl Canvas {
    /// An empty one.
    pub fn new(area: Rect, pen: Pen) -> Self {
        let count = usize::from(area.width) * usize::from(area.height);
        Self {
            area,
            pen,
            cells: vec![None; count],
        }
    }

    /// Draws a path.
    pub fn path(&mut self, path: &Path, stroke: Stroke) {
        match self.pen {
            Pen::Braille => self.dots(path, stroke),
            Pen::Ascii | Pen::Boxes => {
                for (nth, (at, glyph)) in path.glyphs().enumerate() {
                    if let Some(sign) = glyph.sign(self.pen, stroke, nth) {
                        self.put(at, sign, stroke);
                    }
                }
            }
        }
    }

    fn put(&mut self, at: Point, sign: char, stroke: Stroke) {
        let Some(cell) = self.cell(at) else {
            return;
        };
        let sign = match cell.map(|ink| (ink.sign, ink.rank.cmp(&stroke.rank))) {
            Some((_, std::cmp::Ordering::Greater)) => return,
            Some((there, std::cmp::Ordering::Equal)) => match (there, sign) {
                ('─', '│') | ('│', '─') => '┼',
                ('-', '|') | ('|', '-') => '+',
                _ => sign,
            },
            _ => sign,
        };
        *cell = Some(Ink {
            sign,
            style: stroke.style,
            rank: stroke.rank,
        });
    }

    /// A path of dots, straight from bend to bend.
    fn dots(&mut self, path: &Path, stroke: Stroke) {
        let dot = |(x, y): Point| (x * DOTS.0, y * DOTS.1 + 1);
        let mut nth = 0;
        for ends in path.bends.windows(2) {
            let (from, to) = (dot(ends[0]), dot(ends[1]));
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let steps = dx.abs().max(dy.abs()).max(1);
            let part = |whole: i32, step: i32| (2 * whole * step + steps).div_euclid(2 * steps);
            for step in 0..=steps {
                nth += 1;
                if !stroke.is_dashed || nth % (2 * DASH) < DASH {
                    self.dot((from.0 + part(dx, step), from.1 + part(dy, step)), stroke);
                }
            }
        }
    }

    fn dot(&mut self, (x, y): Point, stroke: Stroke) {
        let at = (x.div_euclid(DOTS.0), y.div_euclid(DOTS.1));
        let (column, line) = (x.rem_euclid(DOTS.0), y.rem_euclid(DOTS.1));
        let of = |number: i32| usize::try_from(number).unwrap_or_default();
        let bit = BITS[of(line)][of(column)];
        let Some(cell) = self.cell(at) else {
            return;
        };
        let there = cell.map_or(BRAILLE, |ink| u32::from(ink.sign));
        let sign = char::from_u32(there | bit).unwrap_or(' ');
        let lower = cell.filter(|ink| ink.rank > stroke.rank);
        let (style, rank) = lower.map_or((stroke.style, stroke.rank), |ink| (ink.style, ink.rank));
        *cell = Some(Ink { sign, style, rank });
    }

    fn cell(&mut self, (x, y): Point) -> Option<&mut Option<Ink>> {
        let at = Position::new(u16::try_from(x).ok()?, u16::try_from(y).ok()?);
        if !self.area.contains(at) {
            return None;
        }
        let (x, y) = (at.x - self.area.x, at.y - self.area.y);
        let index = usize::from(y) * usize::from(self.area.width) + usize::from(x);
        self.cells.get_mut(index)
    }

    /// Puts all lines on the screen.
    pub fn draw(&self, buffer: &mut Buffer) {
        for (cell, at) in self.cells.iter().zip(self.area.positions()) {
            if let (Some(ink), Some(target)) = (cell, buffer.cell_mut(at)) {
                target.set_char(ink.sign).set_style(ink.style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path through these bends, as lines of text.
    fn drawn(bends: &[Point], pen: Pen, is_dashed: bool) -> Vec<String> {
        let area = Rect::new(0, 0, 8, 3);
        let mut canvas = Canvas::new(area, pen);
        let stroke = Stroke {
            style: Style::new(),
            rank: 1,
            is_dashed,
            is_thick: false,
        };
        let step = |from: Point, to: Point| {
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let is_flat = dx.abs() > dy.abs();
            (dx.signum(), if is_flat { 0 } else { dy.signum() })
        };
        let last = bends.len() - 1;
        let (leaves, enters) = (step(bends[0], bends[1]), step(bends[last - 1], bends[last]));
        canvas.path(&Path::new(bends.to_vec(), leaves, enters), stroke);
        let mut buffer = Buffer::empty(area);
        canvas.draw(&mut buffer);
        let rows = buffer.content().chunks(8);
        let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect();
        rows.map(row).collect()
    }

    #[test]
    fn lines_are_straight_slanted_and_have_corners() {
        let across = [(0, 1), (7, 1)];
        assert_eq!(drawn(&across, Pen::Boxes, false)[1], "────────");
        assert_eq!(drawn(&across, Pen::Ascii, false)[1], "--------");
        let slanted = [(0, 0), (2, 2), (7, 2)];
        let boxes = ["╲       ", " ╲      ", "  └─────"];
        assert_eq!(drawn(&slanted, Pen::Boxes, false), boxes);
        let ascii = ["\\       ", " \\      ", "  \\-----"];
        assert_eq!(drawn(&slanted, Pen::Ascii, false), ascii);
        let elbow = [(3, 0), (3, 2), (0, 2)];
        let boxes = ["   │    ", "   │    ", "───┘    "];
        assert_eq!(drawn(&elbow, Pen::Boxes, false), boxes);
        let stairs = [(0, 0), (7, 2)];
        let boxes = ["──┐     ", "  └───┐ ", "      └─"];
        assert_eq!(drawn(&stairs, Pen::Boxes, false), boxes);
    }

    #[test]
    fn what_is_dashed_differs_without_colours_and_what_leads_out_is_cut_off() {
        let across = [(-5, 1), (90, 1)];
        assert_eq!(drawn(&across, Pen::Boxes, true)[1], "┄┄┄┄┄┄┄┄");
        assert_eq!(drawn(&across, Pen::Ascii, true)[1], "........");
        let down = [(3, -9), (3, 90)];
        assert_eq!(drawn(&down, Pen::Boxes, true)[1], "   ┆    ");
        assert_eq!(drawn(&down, Pen::Ascii, true)[1], "   :    ");
        let slanted = [(0, 0), (2, 2)];
        let boxes = ["╲       ", "        ", "  ╲     "];
        assert_eq!(drawn(&slanted, Pen::Boxes, true), boxes);
    }

    #[test]
    fn braille_is_finer() {
        let across = [(0, 1), (7, 1)];
        assert_eq!(drawn(&across, Pen::Braille, false)[1], "⠒⠒⠒⠒⠒⠒⠒⠂");
        let dashed = &drawn(&across, Pen::Braille, true)[1];
        assert!(
            dashed.contains('⠒') && dashed.contains(' ') || dashed.contains('⠂'),
            "{dashed}"
        );
    }
}
