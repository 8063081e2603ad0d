//! Straight lines in a terminal: of braille dots, eight to a cell, or of plain dots.
//!
//! Where lines cross, a cell has the dots of all of them and the colour of the one that matters
//! most.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Dots of a cell, across and down.
const DOTS: (i32, i32) = (2, 4);

/// The bit of each dot in a braille sign, line by line.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The braille sign without dots.
const BLANK: u32 = 0x2800;

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub style: Style,
    /// The higher, the more it matters.
    pub rank: u8,
    /// So many dots are drawn and so many left out, by turns.
    pub dash: (u32, u32),
    /// It is chosen.
    pub is_thick: bool,
}

/// Lines that were drawn so far.
pub struct Canvas {
    area: Rect,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    dots: u8,
    rank: u8,
    style: Style,
    is_thick: bool,
}

impl Canvas {
    /// An empty one.
    pub fn new(area: Rect) -> Self {
        let count = usize::from(area.width) * usize::from(area.height);
        Self {
            area,
            cells: vec![Cell::default(); count],
        }
    }

    /// Draws a line between the middles of two cells.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), stroke: Stroke) {
        let dot = |(x, y): (i32, i32)| (x * DOTS.0, y * DOTS.1 + DOTS.1 / 2);
        let (from, to) = (dot(from), dot(to));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).max(1);
        let (on, off) = stroke.dash;
        let is_steep = dy.abs() > dx.abs();
        for (nth, step) in (0..).zip(0..=steps) {
            if off > 0 && nth % (on + off) >= on {
                continue;
            }
            let at = (from.0 + dx * step / steps, from.1 + dy * step / steps);
            self.dot(at, stroke);
            if stroke.is_thick {
                let beside = match is_steep {
                    true => (at.0 + 1, at.1),
                    false => (at.0, at.1 + 1),
                };
                self.dot(beside, stroke);
            }
        }
    }

    fn dot(&mut self, (x, y): (i32, i32), stroke: Stroke) {
        let place = |dot: i32, dots: i32| u16::try_from(dot.div_euclid(dots)).ok();
        let bit = |dot: i32, dots: i32| usize::try_from(dot.rem_euclid(dots)).unwrap_or(0);
        let (Some(column), Some(line)) = (place(x, DOTS.0), place(y, DOTS.1)) else {
            return;
        };
        let Some(cell) = self.cell(Position::new(column, line)) else {
            return;
        };
        cell.dots |= BITS[bit(y, DOTS.1)][bit(x, DOTS.0)];
        if stroke.rank >= cell.rank {
            (cell.rank, cell.style) = (stroke.rank, stroke.style);
            cell.is_thick = stroke.is_thick;
        }
    }

    fn cell(&mut self, at: Position) -> Option<&mut Cell> {
        if !self.area.contains(at) {
            return None;
        }
        let (x, y) = (at.x - self.area.x, at.y - self.area.y);
        let index = usize::from(y) * usize::from(self.area.width) + usize::from(x);
        self.cells.get_mut(index)
    }

    /// Puts all lines on the screen.
    pub fn draw(&self, buffer: &mut Buffer, is_ascii: bool) {
        for (cell, at) in self.cells.iter().zip(self.area.positions()) {
            if cell.dots == 0 {
                continue;
            }
            let sign = match (is_ascii, cell.is_thick) {
                (true, true) => '#',
                (true, false) => '.',
                (false, _) => char::from_u32(BLANK + u32::from(cell.dots)).unwrap_or(' '),
            };
            if let Some(target) = buffer.cell_mut(at) {
                target.set_char(sign).set_style(cell.style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From, to, and how it is dashed.
    type Drawn = ((i32, i32), (i32, i32), (u32, u32));

    fn drawn(lines: &[Drawn], is_ascii: bool) -> Vec<String> {
        let area = Rect::new(0, 0, 8, 3);
        let mut canvas = Canvas::new(area);
        for (from, to, dash) in lines {
            let stroke = Stroke {
                style: Style::new(),
                rank: 1,
                dash: *dash,
                is_thick: false,
            };
            canvas.line(*from, *to, stroke);
        }
        let mut buffer = Buffer::empty(area);
        canvas.draw(&mut buffer, is_ascii);
        let rows = buffer.content().chunks(8);
        let row = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect();
        rows.map(row).collect()
    }

    #[test]
    fn a_line_goes_from_middle_to_middle() {
        let across = [((0, 1), (7, 1), (1, 0))];
        assert_eq!(drawn(&across, true), ["        ", "........", "        "]);
        assert_eq!(drawn(&across, false)[1], "⠤⠤⠤⠤⠤⠤⠤⠄");
        let down = [((2, 2), (2, 0), (1, 0))];
        assert_eq!(drawn(&down, true), ["  .     "; 3]);
    }

    #[test]
    fn a_dashed_line_has_holes_and_what_leads_out_of_the_picture_is_cut_off() {
        let dashed = [((0, 1), (7, 1), (4, 4))];
        assert_eq!(drawn(&dashed, true)[1], "..  ..  ");
        let beyond = [((-5, 1), (90, 1), (1, 0)), ((3, -9), (3, 90), (1, 0))];
        assert_eq!(drawn(&beyond, true), ["   .    ", "........", "   .    "]);
    }
}
