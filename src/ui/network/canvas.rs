//! Straight lines in a terminal, of dots: a dot in each cell that a line passes.
//!
//! Braille would be finer, but not every terminal's font has it, and least of all those of programs
//! that record. Where lines cross, the one that matters most is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Stroke {
    /// Its colour.
    pub style: Style,
    /// The higher, the more it matters.
    pub rank: u8,
    /// So many cells are drawn and so many left out, by turns.
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
    is_drawn: bool,
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

    /// Draws a line between two cells.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), stroke: Stroke) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).max(1);
        let part = |whole: i32, step: i32| (2 * whole * step + steps).div_euclid(2 * steps);
        let (on, off) = stroke.dash;
        for (nth, step) in (0..).zip(0..=steps) {
            if off == 0 || nth % (on + off) < on {
                self.dot((from.0 + part(dx, step), from.1 + part(dy, step)), stroke);
            }
        }
    }

    fn dot(&mut self, (x, y): (i32, i32), stroke: Stroke) {
        let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) else {
            return;
        };
        let Some(cell) = self.cell(Position::new(x, y)) else {
            return;
        };
        if !cell.is_drawn || stroke.rank >= cell.rank {
            *cell = Cell {
                is_drawn: true,
                rank: stroke.rank,
                style: stroke.style,
                is_thick: stroke.is_thick,
            };
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
            if !cell.is_drawn {
                continue;
            }
            let sign = match (is_ascii, cell.is_thick) {
                (true, true) => '#',
                (true, false) => '.',
                (false, true) => '=',
                (false, false) => '·',
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
        assert_eq!(drawn(&across, false)[1], "········");
        let aslope = [((0, 0), (7, 2), (1, 0))];
        assert_eq!(drawn(&aslope, true), ["..      ", "  ....  ", "      .."]);
        let down = [((2, 2), (2, 0), (1, 0))];
        assert_eq!(drawn(&down, true), ["  .     "; 3]);
    }

    #[test]
    fn a_dashed_line_has_holes_and_what_leads_out_of_the_picture_is_cut_off() {
        let dashed = [((0, 1), (7, 1), (2, 2))];
        assert_eq!(drawn(&dashed, true)[1], "..  ..  ");
        let beyond = [((-5, 1), (90, 1), (1, 0)), ((3, -9), (3, 90), (1, 0))];
        assert_eq!(drawn(&beyond, true), ["   .    ", "........", "   .    "]);
    }
}
