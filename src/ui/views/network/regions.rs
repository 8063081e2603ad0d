//! Many nodes: those of a region stand together, a line each in a box of their own.
//!
//! ```text
//! ╭ eu ──────────────────╮
//! │▶ 5 eu1 #12  [a9]   M │
//! │+ 6 eu2 #12  [a9]     │
//! ╰──────────────────────╯
//! ```
//!
//! The boxes stand in rows, in an order in which regions with many links between them are
//! neighbours, as far from each other as there is room. How wide a box is follows from the names of
//! all nodes, and not from what stands in it.

use super::ring::Ring;
use crate::lab::LabView;
use crate::lab::layout::regions::{Region, regions};
use crate::node::NodeIx;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// Nodes from which on they stand by regions.
pub const MANY: usize = 13;

/// Columns of a node's line: a sign, its number, its name, height, chip and two letters.
pub const SIGN: u16 = 1;
pub const NUMBER: u16 = 3;
pub const HEIGHT: u16 = 6;
pub const CHIP: u16 = 6;
pub const LETTERS: u16 = 2;

/// Least and most columns of a name.
const NAME: (u16, u16) = (3, 12);

/// Most lines of a box, of which the first that works out best is taken.
const LINES: [usize; 4] = [32, 10, 6, 4];

/// Columns between boxes, at least.
const GAP: u16 = 2;

/// More columns than that between boxes are no better.
const AIR: u16 = 24;

/// With fewer there is no room for lines.
const TIGHT: u16 = 8;

/// The regions of a lab, in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    regions: Vec<Region>,
    /// Columns of a name.
    name: u16,
}

/// Where a region stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarter {
    /// What it is called.
    pub name: String,
    /// Its box.
    pub area: Rect,
    /// Who stands in it.
    pub nodes: Vec<NodeIx>,
}

/// Where all of them stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarters {
    /// The boxes.
    pub all: Vec<Quarter>,
    /// The line of each node, by its number.
    pub spots: Vec<Rect>,
    /// There is no room for lines between them.
    pub is_tight: bool,
}

/// A way to put boxes into rows.
struct Rows {
    /// Columns and lines of each box, and columns of nodes in it.
    sizes: Vec<(u16, u16, u16)>,
    /// Which boxes are in each row, from left to right.
    rows: Vec<Vec<usize>>,
}

impl Map {
    /// Of a lab; without regions if it has few nodes, or their names say nothing of any.
    pub fn new(lab: &LabView) -> Self {
        if lab.nodes.len() < MANY {
            return Self::default();
        }
        let all = regions(lab.nodes.iter().map(|node| &*node.name));
        let region_of = |ix: NodeIx| all.iter().position(|region| region.nodes.contains(&ix));
        let links = lab.lasting_links().filter_map(|ends| {
            let (a, b) = (region_of(ends.0)?, region_of(ends.1)?);
            (a != b).then_some((a.min(b), a.max(b)))
        });
        let ring = Ring::new(all.len(), &links.collect::<BTreeSet<_>>()).without_hub();
        let names = lab.nodes.iter().map(|node| node.name.chars().count());
        let name = u16::try_from(names.max().unwrap_or_default()).unwrap_or(u16::MAX);
        let ordered = ring.order.iter().map(|at| all[*at].clone());
        Self {
            regions: ordered.collect(),
            name: name.clamp(NAME.0, NAME.1),
        }
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// Where they stand in this area; `None`: there is no room.
    pub fn quarters(&self, area: Rect) -> Option<Quarters> {
        if self.is_empty() {
            return None;
        }
        let lines = LINES.into_iter();
        let ways = lines.flat_map(|lines| (1..=4).map(move |across| (lines, across)));
        let rows = ways.map(|(lines, across)| self.rows(lines, across));
        let judged = rows.filter_map(|rows| Some((rows.air(area)?, rows)));
        // Of as good ones the first.
        let best = judged.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (air, rows) = best?;
        Some(self.place(area, &rows, air < TIGHT))
    }

    fn line(&self) -> u16 {
        SIGN + NUMBER + self.name + 1 + HEIGHT + CHIP + LETTERS
    }

    /// Boxes of at most so many lines, so many beside each other.
    fn rows(&self, lines: usize, across: usize) -> Rows {
        let number = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let sizes = self.regions.iter().map(|region| {
            let columns = region.nodes.len().div_ceil(lines);
            let lines = region.nodes.len().div_ceil(columns);
            let width = self.line().saturating_mul(number(columns));
            (width + 2, number(lines) + 2, number(columns))
        });
        let count = self.regions.len();
        let high = count.div_ceil(across);
        let mut rows = vec![Vec::new(); high];
        for (region, (row, column)) in round(count, across).into_iter().enumerate() {
            rows[row].push((column, region));
        }
        let in_order = |mut row: Vec<(usize, usize)>| {
            row.sort_unstable();
            row.into_iter().map(|(_, region)| region).collect()
        };
        Rows {
            sizes: sizes.collect(),
            rows: rows.into_iter().map(in_order).collect(),
        }
    }

    fn place(&self, area: Rect, rows: &Rows, is_tight: bool) -> Quarters {
        let count = self.regions.iter().map(|region| region.nodes.len()).sum();
        let mut found = Quarters {
            all: Vec::new(),
            spots: vec![Rect::default(); count],
            is_tight,
        };
        let heights = rows.heights();
        let tops = apart(&heights, area.y, area.height);
        for ((row, top), high) in rows.rows.iter().zip(tops).zip(heights) {
            let widths: Vec<_> = row.iter().map(|at| rows.sizes[*at].0).collect();
            for (at, x) in row.iter().zip(apart(&widths, area.x, area.width)) {
                let (width, height, columns) = rows.sizes[*at];
                let region = &self.regions[*at];
                let area = Rect::new(x, top + (high - height) / 2, width, height);
                let lines = usize::from(height - 2);
                for (nth, ix) in region.nodes.iter().enumerate() {
                    let number = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
                    let (column, line) = (number(nth / lines), number(nth % lines));
                    let x = area.x + 1 + column.min(columns - 1) * self.line();
                    found.spots[ix.0] = Rect::new(x, area.y + 1 + line, self.line(), 1);
                }
                found.all.push(Quarter {
                    name: region.name.clone(),
                    area,
                    nodes: region.nodes.clone(),
                });
            }
        }
        found
    }
}

impl Rows {
    fn heights(&self) -> Vec<u16> {
        let high = |row: &Vec<usize>| row.iter().map(|at| self.sizes[*at].1).max();
        self.rows
            .iter()
            .map(|row| high(row).unwrap_or_default())
            .collect()
    }

    /// The least room between two boxes, in columns, of which a line is two high; `None`: there is
    /// too little.
    fn air(&self, area: Rect) -> Option<u16> {
        let between = |sizes: &[u16], room: u16, least: u16| {
            let all = sizes
                .iter()
                .fold(0_u16, |all, size| all.saturating_add(*size));
            let gaps = u16::try_from(sizes.len().saturating_sub(1)).ok()?;
            let left = room.checked_sub(all)?;
            let gap = left.checked_div(gaps).unwrap_or(u16::MAX);
            (gap >= least).then_some(gap)
        };
        let mut least = between(&self.heights(), area.height, 0)?.saturating_mul(2);
        for row in &self.rows {
            let widths: Vec<_> = row.iter().map(|at| self.sizes[*at].0).collect();
            least = least.min(between(&widths, area.width, GAP)?);
        }
        Some(least.min(AIR))
    }
}

/// The row and column of each of so many boxes: around the edge, clockwise, and then what is inside.
fn round(count: usize, across: usize) -> Vec<(usize, usize)> {
    let high = count.div_ceil(across);
    let cells = (0..count).map(|at| (at / across, at % across));
    let last = |row: usize| {
        if row + 1 == high {
            (count - 1) % across
        } else {
            across - 1
        }
    };
    let place = |(row, column): &(usize, usize)| match (*row, *column) {
        (0, column) => (0, column),
        (row, column) if column == across - 1 => (1, row),
        (row, column) if row + 1 == high => (2, last(row) - column),
        (row, 0) => (3, high - row),
        (row, column) => (4, row * across + column),
    };
    let mut cells: Vec<_> = cells.collect();
    cells.sort_by_key(place);
    cells
}

/// Where each of some lengths begins that are spread over a room from `from` on.
fn apart(lengths: &[u16], from: u16, room: u16) -> Vec<u16> {
    let all: u16 = lengths.iter().sum();
    let free = room.saturating_sub(all);
    let gaps = u16::try_from(lengths.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let mut at = from + if gaps == 0 { free / 2 } else { 0 };
    let mut found = Vec::new();
    for (nth, length) in (1..).zip(lengths) {
        found.push(at);
        let gone = |nth: u16| (free * nth).checked_div(gaps).unwrap_or_default();
        at += length + gone(nth) - gone(nth - 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(sizes: &[usize]) -> Map {
        let mut next = 0..;
        let regions = sizes.iter().map(|size| Region {
            name: "eu".to_owned(),
            nodes: next.by_ref().take(*size).map(NodeIx).collect(),
        });
        Map {
            regions: regions.collect(),
            name: 3,
        }
    }

    #[test]
    fn boxes_are_inside_and_apart_and_every_node_has_its_line_in_its_box() {
        for sizes in [
            &[4; 6][..],
            &[1, 1, 4, 18],
            &[8, 8, 8, 8],
            &[2; 12],
            &[13, 2],
        ] {
            let map = map(sizes);
            for area in [
                Rect::new(2, 2, 76, 31),
                Rect::new(2, 2, 156, 55),
                Rect::new(0, 0, 76, 13),
            ] {
                let Some(quarters) = map.quarters(area) else {
                    assert!(area.height < 20, "{sizes:?} in {area}");
                    continue;
                };
                for (at, one) in quarters.all.iter().enumerate() {
                    assert_eq!(area.intersection(one.area), one.area, "{sizes:?}");
                    for other in &quarters.all[..at] {
                        assert!(!one.area.intersects(other.area), "{sizes:?} in {area}");
                    }
                    for ix in &one.nodes {
                        let spot = quarters.spots[ix.0];
                        assert_eq!(one.area.intersection(spot), spot);
                    }
                }
            }
        }
    }

    #[test]
    fn six_regions_of_four_find_room_on_the_smallest_usual_screen() {
        assert!(map(&[4; 6]).quarters(Rect::new(2, 2, 76, 13)).is_some());
        assert!(map(&[4; 6]).quarters(Rect::new(2, 2, 50, 13)).is_none());
    }

    #[test]
    fn boxes_go_round_so_that_neighbours_are_neighbours() {
        assert_eq!(
            round(6, 2),
            [(0, 0), (0, 1), (1, 1), (2, 1), (2, 0), (1, 0)]
        );
        assert_eq!(round(5, 3), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 0)]);
        assert_eq!(round(3, 1), [(0, 0), (1, 0), (2, 0)]);
    }
}
