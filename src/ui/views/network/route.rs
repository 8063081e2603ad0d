//! Which way a line takes from one box to another.
//!
//! A line leaves a box at an edge, and is flat, upright, slanted, or a few of these after each
//! other. There are only so many such ways between two boxes ([`Terrain::route`]); each is judged by
//! what it runs behind, along and across, by its bends and its length, and the best one is taken.
//! Lines that were laid before stay where they are. Nothing is drawn at random, so the same boxes
//! and links always have the same lines.

mod ways;

use super::outline::{Candidate, Outline};
use super::path::{Glyph, Path, Point};
use ratatui::layout::Rect;
use ways::ways;

/// What it costs to run outside of the picture, for a cell.
const OUTSIDE: u32 = 400;

/// Behind a box, where the line cannot be seen.
const HIDDEN: u32 = 50;

/// Along another line, which cannot be told from it then.
const ALONG: u32 = 7;

/// Across another line.
const ACROSS: u32 = 2;

/// For a bend.
const BEND: u32 = 4;

/// For a step of stairs, and for one of a line that is neither upright nor slanted.
const STAIR: u32 = 2;
const JOG: u32 = 1;

/// For a turn right beside a box.
const TURN: u32 = 4;

/// For a cell along the side of a box, where the line looks like its border.
const BORDER: u32 = 3;

/// For beginning or ending where another line does.
const SHARED: u32 = 8;

/// What is where: boxes, and the lines that were laid.
pub struct Terrain {
    area: Rect,
    cells: Vec<u8>,
}

/// There is a box.
const BOX: u8 = 16;

/// A box is beside it.
const BESIDE: u8 = 32;

impl Candidate {
    /// What it costs at least, wherever it runs: its length and its bends.
    fn least(&self) -> u32 {
        let parts = self.bends.windows(2).map(|ends| {
            let (dx, dy) = (ends[1].0.abs_diff(ends[0].0), ends[1].1.abs_diff(ends[0].1));
            let (long, short) = (dx.max(dy), dx.min(dy));
            let skew = short.min(long - short);
            let steps = if dx > dy && skew > 0 {
                STAIR * short
            } else {
                JOG * skew
            };
            BEND + long + steps
        });
        parts.sum()
    }
}

impl Terrain {
    /// With these boxes.
    pub fn new(area: Rect, boxes: &[Rect]) -> Self {
        let count = usize::from(area.width) * usize::from(area.height);
        let mut ground = Self {
            area,
            cells: vec![0; count],
        };
        for area in boxes {
            let body = Outline::new(*area);
            for y in body.top - 1..=body.bottom + 1 {
                for x in body.left - 1..=body.right + 1 {
                    let is_in = body.contains((x, y));
                    if let Some(cell) = ground.cell((x, y)) {
                        *cell |= if is_in { BOX } else { BESIDE };
                    }
                }
            }
        }
        ground
    }

    fn index(&self, (x, y): Point) -> Option<usize> {
        let x = x.checked_sub(self.area.x.into())?;
        let y = y.checked_sub(self.area.y.into())?;
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        let width = usize::from(self.area.width);
        (x < width).then_some(y * width + x)
    }

    fn cell(&mut self, at: Point) -> Option<&mut u8> {
        let index = self.index(at)?;
        self.cells.get_mut(index)
    }

    /// The best way between two boxes, which is taken from then on.
    pub fn route(&mut self, from: Rect, to: Rect) -> Option<Path> {
        let (one, other) = (Outline::new(from), Outline::new(to));
        // What is above, or else on the left, comes first: a line is the same from both ends.
        let key = |body: Outline| (body.middle().1, body.middle().0);
        let is_turned = key(other) < key(one);
        let (first, second) = if is_turned {
            (other, one)
        } else {
            (one, other)
        };
        let mut ways: Vec<_> = ways(first, second)
            .into_iter()
            .map(|way| (way.least(), way))
            .collect();
        ways.sort_by_key(|(least, _)| *least);
        let mut best: Option<(u32, Path)> = None;
        for (least, way) in ways {
            let limit = best.as_ref().map_or(u32::MAX, |(cost, _)| *cost);
            if least >= limit {
                break;
            }
            let path = Path::new(way.bends, way.leaves, way.enters);
            let cost = least + self.cost(&path);
            if cost < limit {
                best = Some((cost, path));
            }
        }
        let (_, best) = best?;
        for (at, glyph) in best.glyphs() {
            if let Some(cell) = self.cell(at) {
                *cell |= axes(glyph);
            }
        }
        Some(if is_turned { best.reversed() } else { best })
    }

    /// What a line costs for what it meets, beside its own [least](Candidate::least).
    fn cost(&self, path: &Path) -> u32 {
        let mut cost = 0;
        let last = path.cells.len().saturating_sub(1);
        for (nth, (at, glyph)) in path.glyphs().enumerate() {
            let there = self.index(at).and_then(|index| self.cells.get(index));
            let is_end = nth == 0 || nth == last;
            cost += match there {
                None => OUTSIDE,
                Some(there) if there & BOX != 0 => HIDDEN,
                Some(there) if is_end && there & !BESIDE != 0 => SHARED,
                Some(there) if there & axes(glyph) != 0 => ALONG,
                Some(there) if there & !BESIDE != 0 => ACROSS,
                Some(there) if there & BESIDE != 0 && !is_end => BORDER,
                Some(_) => 0,
            };
            if is_end && glyph.is_corner() {
                cost += TURN;
            }
        }
        cost
    }
}

/// The directions in which a line runs through a cell, as bits.
fn axes(glyph: Glyph) -> u8 {
    match glyph {
        Glyph::Flat => 1,
        Glyph::Upright => 2,
        Glyph::Rising => 4,
        Glyph::Falling => 8,
        // What bends can be taken for anything.
        _ => 1 | 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0, 0, 80, 30);

    fn route(boxes: &[Rect], from: usize, to: usize) -> Path {
        let mut ground = Terrain::new(AREA, boxes);
        ground.route(boxes[from], boxes[to]).expect("a way")
    }

    fn is_hidden(path: &Path, boxes: &[Rect]) -> bool {
        let at = |(x, y): Point| ratatui::layout::Position {
            x: u16::try_from(x).expect("inside"),
            y: u16::try_from(y).expect("inside"),
        };
        let mut cells = path.cells.iter();
        cells.any(|cell| boxes.iter().any(|area| area.contains(at(*cell))))
    }

    #[test]
    fn what_stands_side_by_side_or_below_each_other_has_a_straight_line() {
        let boxes = [
            Rect::new(0, 5, 20, 3),
            Rect::new(40, 5, 20, 3),
            Rect::new(0, 20, 20, 3),
        ];
        let across = route(&boxes, 0, 1);
        assert_eq!(across.bends, [(20, 6), (39, 6)]);
        let down = route(&boxes, 0, 2);
        assert_eq!((down.bends[0].1, down.bends[1].1), (8, 19));
        assert_eq!(down.bends[0].0, down.bends[1].0);
    }

    #[test]
    fn a_line_is_the_same_from_both_ends() {
        let boxes = [Rect::new(30, 2, 20, 3), Rect::new(2, 20, 20, 3)];
        let (there, mut back) = (route(&boxes, 0, 1), route(&boxes, 1, 0));
        back.cells.reverse();
        assert_eq!(there.cells, back.cells);
    }

    #[test]
    fn a_line_goes_around_a_box_that_stands_between() {
        let row = [0, 30, 60].map(|x| Rect::new(x, 10, 18, 3));
        assert!(!is_hidden(&route(&row, 0, 2), &row));
        let column = [2, 12, 22].map(|y| Rect::new(30, y, 18, 3));
        let around = route(&column, 0, 2);
        assert!(around.cells.len() > 4, "{around:?}");
    }

    #[test]
    fn a_second_line_does_not_run_along_the_first() {
        let boxes = [
            Rect::new(30, 2, 20, 3),
            Rect::new(2, 20, 20, 3),
            Rect::new(4, 12, 20, 3),
        ];
        let mut ground = Terrain::new(AREA, &boxes);
        let one = ground.route(boxes[0], boxes[1]).expect("a way");
        let other = ground.route(boxes[0], boxes[2]).expect("a way");
        let shared = one.cells.iter().filter(|cell| other.cells.contains(cell));
        assert!(shared.count() <= 2, "{one:?} {other:?}");
    }
}
