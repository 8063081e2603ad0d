//! A line, cell by cell.

/// A cell, by its column and line.
pub type Point = (i32, i32);

/// From a cell to the next one: -1, 0 or 1 columns and lines.
pub type Heading = (i32, i32);

/// A line from one box to another, from the first cell outside of the one to the last outside of the
/// other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Each cell.
    pub cells: Vec<Point>,
    /// Both ends, and where it bends between them.
    pub bends: Vec<Point>,
    leaves: Heading,
    enters: Heading,
}

/// What a path looks like in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// From left to right.
    Flat,
    /// From above to below.
    Upright,
    /// From below on the left to above on the right.
    Rising,
    /// From above on the left to below on the right.
    Falling,
    /// From the left to below.
    LeftDown,
    /// From the right to below.
    RightDown,
    /// From the left to above.
    LeftUp,
    /// From the right to above.
    RightUp,
}

impl Path {
    /// Through these bends, from a box that is left and to one that is entered by these steps.
    pub fn new(bends: Vec<Point>, leaves: Heading, enters: Heading) -> Self {
        let mut cells: Vec<Point> = bends.first().copied().into_iter().collect();
        for ends in bends.windows(2) {
            straight(&mut cells, ends[0], ends[1]);
        }
        Self {
            cells,
            bends,
            leaves,
            enters,
        }
    }

    /// The same from its end to its beginning.
    pub(super) fn reversed(mut self) -> Self {
        self.cells.reverse();
        self.bends.reverse();
        let back = |step: Heading| (-step.0, -step.1);
        (self.leaves, self.enters) = (back(self.enters), back(self.leaves));
        self
    }

    /// Each cell, and what the line looks like there.
    pub fn glyphs(&self) -> impl Iterator<Item = (Point, Glyph)> {
        let last = self.cells.len().saturating_sub(1);
        let step = |from: Point, to: Point| (to.0 - from.0, to.1 - from.1);
        (0..).zip(&self.cells).map(move |(at, cell)| {
            let before = match at {
                0 => self.leaves,
                at => step(self.cells[at - 1], *cell),
            };
            let after = match at == last {
                true => self.enters,
                false => step(*cell, self.cells[at + 1]),
            };
            (*cell, Glyph::new(before, after, at == last))
        })
    }

    /// The cell that is so many thousandths along.
    pub fn at(&self, part: usize) -> Option<Point> {
        let last = self.cells.len().checked_sub(1)?;
        self.cells
            .get((last * part.min(1_000) + 500) / 1_000)
            .copied()
    }
}

/// All cells after the first one, up to the last. What is flatter than slanted is stairs.
fn straight(cells: &mut Vec<Point>, from: Point, to: Point) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let steps = dx.abs().max(dy.abs());
    let part = |whole: i32, step: i32| (2 * whole * step + steps).div_euclid(2 * steps.max(1));
    let is_flat = dx.abs() > dy.abs();
    let mut y = from.1;
    for step in 1..=steps {
        let next = (from.0 + part(dx, step), from.1 + part(dy, step));
        if is_flat && next.1 != y {
            cells.push((next.0, y));
        }
        y = next.1;
        cells.push(next);
    }
}

impl Glyph {
    /// Of a cell that is entered and left by these steps; `is_last`: the next cell is a box.
    pub fn new(before: Heading, after: Heading, is_last: bool) -> Self {
        let is_slanted = |step: Heading| step.0 != 0 && step.1 != 0;
        let slant = |step: Heading| match step.0 == step.1 {
            true => Self::Falling,
            false => Self::Rising,
        };
        if before.1 == 0 && after.1 == 0 {
            return Self::Flat;
        }
        if before.1 == 0 {
            return match (before.0 > 0, after.1 > 0) {
                (true, true) => Self::LeftDown,
                (true, false) => Self::LeftUp,
                (false, true) => Self::RightDown,
                (false, false) => Self::RightUp,
            };
        }
        if after.1 == 0 {
            return match (after.0 > 0, before.1 > 0) {
                (true, true) => Self::RightUp,
                (true, false) => Self::RightDown,
                (false, true) => Self::LeftUp,
                (false, false) => Self::LeftDown,
            };
        }
        match (is_slanted(before), is_slanted(after)) {
            (_, true) => slant(after),
            (true, false) if is_last => slant(before),
            _ => Self::Upright,
        }
    }

    /// Whether the line turns from flat to upright or slanted there, or back.
    pub fn is_corner(self) -> bool {
        !self.is_slanted() && !matches!(self, Self::Flat | Self::Upright)
    }

    pub(super) fn is_slanted(self) -> bool {
        matches!(self, Self::Rising | Self::Falling)
    }
}
