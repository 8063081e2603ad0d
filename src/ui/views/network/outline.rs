//! Boxes, and where lines begin at them.

use super::path::{Heading, Point};
use ratatui::layout::Rect;

/// Columns at the ends of an edge where no line begins.
const EDGE: i32 = 1;

/// A box, with what a line can begin at.
#[derive(Clone, Copy)]
pub(super) struct Outline {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

/// An end of a line: a cell beside a box, and the step out of the box.
pub(super) type Port = (Point, Heading);

/// A way that a line may take.
pub(super) struct Candidate {
    pub bends: Vec<Point>,
    pub leaves: Heading,
    pub enters: Heading,
}

impl Outline {
    pub fn new(area: Rect) -> Self {
        Self {
            left: i32::from(area.left()),
            top: i32::from(area.top()),
            right: i32::from(area.right()) - 1,
            bottom: i32::from(area.bottom()) - 1,
        }
    }

    pub fn middle(self) -> Point {
        ((self.left + self.right) / 2, (self.top + self.bottom) / 2)
    }

    pub fn contains(self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// How far from the middle of its upper or lower edge a line may begin.
    pub fn reach(self) -> i32 {
        ((self.right - self.left) / 2 - EDGE).max(0)
    }

    pub fn above(self, x: i32) -> Port {
        ((x, self.top - 1), (0, -1))
    }

    pub fn below(self, x: i32) -> Port {
        ((x, self.bottom + 1), (0, 1))
    }

    /// Beside it, on the side on which that column is.
    pub fn beside(self, x: i32) -> Port {
        match x > self.middle().0 {
            true => ((self.right + 1, self.middle().1), (1, 0)),
            false => ((self.left - 1, self.middle().1), (-1, 0)),
        }
    }
}
