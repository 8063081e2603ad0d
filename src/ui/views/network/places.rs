//! Where each node stands: on an oval, so that no straight line between two of them runs behind a
//! third one; or, of many, in the box of its region.
//!
//! Nodes stand in rows, two in each but the first and perhaps the last, and rows are as far from
//! each other as there is room. All of it is whole numbers, and follows from the order of the nodes
//! and the area alone.

use super::regions::{Map, Quarter};
use super::ring::Ring;
use crate::node::NodeIx;
use ratatui::layout::{Position, Rect};

/// Columns and lines of a box.
pub const BOX: (u16, u16) = (24, 3);

/// Least and most columns of a label.
pub const LABEL: (u16, u16) = (16, 32);

/// Columns that every line of words fills at least.
const NAME: u16 = 10;

/// Columns of a line of words that lines keep away from, as long as it is not known what it says.
const WORDS: u16 = 20;

/// Columns between the two nodes of a row: a line can be seen there.
const GAP: u16 = 4;

/// A half of the oval, in the parts that it is measured in.
const ONE: i32 = 1_000;

/// How nodes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A box with a border, of this many columns.
    Boxed(u16),
    /// A line, of at most this many columns.
    Line(u16),
    /// A line in the box of a region.
    Region,
}

/// On which side of the oval a node stands.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

/// Where all nodes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// How nodes are shown.
    pub shape: Shape,
    /// All that each node may fill, by its number.
    pub spots: Vec<Rect>,
    /// The boxes of regions, if nodes stand by those.
    pub quarters: Vec<Quarter>,
    /// There is no room for lines between them.
    pub is_tight: bool,
    /// Columns of each node's words.
    words: Vec<u16>,
}

impl Places {
    /// By regions if there are any and they find room, or else on an oval; `None`: there is no room
    /// for either.
    pub fn of(map: &Map, ring: &Ring, area: Rect) -> Option<Self> {
        let by_region = map.quarters(area).map(|quarters| Self {
            shape: Shape::Region,
            spots: quarters.spots,
            quarters: quarters.all,
            is_tight: quarters.is_tight,
            words: Vec::new(),
        });
        by_region.or_else(|| Self::new(ring, area))
    }

    /// The largest nodes that all find room in this area; `None`: it is too small for any.
    pub fn new(ring: &Ring, area: Rect) -> Option<Self> {
        let label = (area.width / 3).clamp(LABEL.0, LABEL.1);
        let shapes = [Shape::Boxed(BOX.0), Shape::Line(label)];
        let rings = [ring.clone(), ring.without_hub()];
        shapes.into_iter().find_map(|shape| {
            let mut found = rings.iter().filter_map(|ring| {
                let spots = spots(ring, area, shape)?;
                is_clear(&spots, shape, area).then_some(spots)
            });
            Some(Self {
                shape,
                spots: found.next()?,
                quarters: Vec::new(),
                is_tight: false,
                words: Vec::new(),
            })
        })
    }

    /// The node at this place.
    pub fn hit(&self, at: Position) -> Option<NodeIx> {
        let found = self.spots.iter().position(|spot| spot.contains(at));
        found.map(NodeIx)
    }

    /// With as much room for the words of each node as they take.
    pub fn with_words(self, words: Vec<u16>) -> Self {
        Self { words, ..self }
    }

    /// What the lines of a node begin at.
    pub fn body(&self, ix: NodeIx) -> Option<Rect> {
        let spot = *self.spots.get(ix.0)?;
        Some(match self.shape {
            Shape::Boxed(_) => spot,
            Shape::Line(_) => {
                // With a column of air on each side.
                let words = self.words.get(ix.0).copied().unwrap_or(WORDS);
                let x = spot.x.saturating_sub(1);
                Rect {
                    x,
                    width: spot.width.min(words) + 1 + (spot.x - x),
                    ..spot
                }
            }
            Shape::Region => {
                let at = self.quarter_of(ix)?;
                let area = self.quarters[at].area;
                Rect {
                    x: area.x,
                    width: area.width,
                    ..spot
                }
            }
        })
    }

    /// What lines are to keep away from.
    pub fn boxes(&self) -> Vec<Rect> {
        if !self.quarters.is_empty() {
            return self.quarters.iter().map(|quarter| quarter.area).collect();
        }
        let all = (0..self.spots.len()).map(NodeIx);
        all.filter_map(|ix| self.body(ix)).collect()
    }

    /// The region that a node stands in, by its place among them.
    pub fn quarter_of(&self, ix: NodeIx) -> Option<usize> {
        let mut quarters = self.quarters.iter();
        quarters.position(|quarter| quarter.nodes.contains(&ix))
    }

    /// The middle of a node's box, or of its name.
    pub fn centre(&self, ix: NodeIx) -> Option<(i32, i32)> {
        let area = self.spots.get(ix.0)?;
        let across = match self.shape {
            Shape::Boxed(width) => width / 2,
            Shape::Line(_) => NAME / 2,
            Shape::Region => area.width / 2,
        };
        let (x, y) = (area.x + across, area.y + area.height / 2);
        Some((i32::from(x), i32::from(y)))
    }
}

impl Shape {
    fn size(self) -> (u16, u16) {
        match self {
            Self::Boxed(width) => (width, BOX.1),
            Self::Line(width) => (width, 1),
            // These are placed with their boxes.
            Self::Region => (0, 1),
        }
    }
}

/// The place of each node, whether or not they are in each other's way.
fn spots(ring: &Ring, area: Rect, shape: Shape) -> Option<Vec<Rect>> {
    let (width, height) = shape.size();
    if area.width < 2 * width + GAP || area.height < height {
        return None;
    }
    // Where lines of words are too close, nothing is seen of the links between them.
    let levels = u16::try_from(ring.order.len() / 2).unwrap_or(u16::MAX);
    if 2 * (area.height - height) < levels.saturating_mul(3) {
        return None;
    }
    let middle = area.x + (area.width - width) / 2;
    let place = |x: u16, y: u16| Rect::new(x, y, width, height);
    let hub = place(middle, area.y + (area.height - height) / 2);
    let mut spots = vec![hub; ring.count()];
    let count = ring.order.len();
    if count == 2 {
        spots[ring.order[0]] = place(area.x, hub.y);
        spots[ring.order[1]] = place(area.right() - width, hub.y);
        return Some(spots);
    }
    let last = count / 2;
    for (at, node) in ring.order.iter().enumerate() {
        let level = at.min(count - at);
        let side = match at {
            _ if level == 0 || 2 * at == count => Side::Middle,
            // Of three the second is left and the third right, as one reads.
            _ if (at == level) == (count > 3) => Side::Right,
            _ => Side::Left,
        };
        let Some(y) = share(area.height - height, level, last) else {
            continue;
        };
        let apart = apart(area.width - width, width, depth(level, count));
        let x = match side {
            Side::Left => middle - apart,
            Side::Middle => middle,
            Side::Right => middle + apart,
        };
        spots[*node] = place(x, area.y + y);
    }
    Some(spots)
}

/// How far from the top a level is, of so many lines; `None`: there is only one.
fn share(lines: u16, level: usize, last: usize) -> Option<u16> {
    let lines = usize::from(lines);
    let half = last / 2;
    u16::try_from((lines * level + half).checked_div(last)?).ok()
}

/// How far below the middle of the oval a level is: from `-ONE` to nearly `ONE`. Of an odd number
/// of nodes the last two stand a little above the end, as on a clock with so many hours.
fn depth(level: usize, count: usize) -> i32 {
    let number = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let (level, last, count) = (number(level), number(count / 2), number(count));
    // The cosine of an angle of half a place, for small ones.
    let end = match count % 2 {
        0 => ONE,
        _ => ONE - 4_935 / (count * count),
    };
    (ONE + end) * level / last.max(1) - ONE
}

/// How far from the middle the nodes of a level stand, so deep on the oval.
fn apart(room: u16, width: u16, depth: i32) -> u16 {
    let depth = depth.clamp(-ONE, ONE);
    let wide = (ONE * ONE - depth * depth).unsigned_abs().isqrt();
    let apart = u32::from(room / 2) * wide / ONE.unsigned_abs();
    let apart = u16::try_from(apart).unwrap_or(u16::MAX);
    apart.max(width / 2 + GAP / 2).min(room / 2)
}

/// Whether all are inside, and none touches another.
fn is_clear(spots: &[Rect], shape: Shape, within: Rect) -> bool {
    let air = match shape {
        Shape::Boxed(_) => 1,
        Shape::Line(_) | Shape::Region => 0,
    };
    let grown = |area: Rect| Rect::new(area.x, area.y, area.width + 2, area.height + air);
    let areas = || spots.iter().copied();
    let is_inside = areas().all(|area| within.intersection(area) == area);
    let mut pairs = areas().enumerate().flat_map(|(at, one)| {
        let others = areas().skip(at + 1);
        others.map(move |other| (one, other))
    });
    is_inside && !pairs.any(|(one, other)| grown(one).intersects(grown(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::views::network::ring::DRAWN_MAX;
    use std::collections::BTreeSet;

    const AREAS: [Rect; 5] = [
        Rect::new(1, 2, 78, 13),
        Rect::new(1, 2, 80, 31),
        Rect::new(1, 2, 160, 55),
        Rect::new(1, 2, 58, 10),
        Rect::new(0, 0, 300, 100),
    ];

    fn star(count: usize) -> BTreeSet<(usize, usize)> {
        (1..count).map(|other| (0, other)).collect()
    }

    #[test]
    fn no_node_stands_on_another_in_any_crowd_at_any_size() {
        for count in 1..=DRAWN_MAX {
            for links in [BTreeSet::new(), star(count)] {
                let ring = Ring::new(count, &links);
                for area in AREAS {
                    let Some(places) = Places::new(&ring, area) else {
                        assert!(count > 12, "{count} nodes in {area}");
                        continue;
                    };
                    assert_eq!(places.spots.len(), count);
                    assert!(is_clear(&places.spots, Shape::Line(0), area), "{count}");
                }
            }
        }
    }

    #[test]
    fn thirty_two_nodes_find_room_on_a_usual_screen_and_three_have_boxes_everywhere() {
        let many = Ring::new(32, &BTreeSet::new());
        assert!(Places::new(&many, AREAS[1]).is_some());
        assert_eq!(Places::new(&many, AREAS[0]), None);
        let three = Ring::new(3, &star(3));
        for area in AREAS {
            let places = Places::new(&three, area).expect("room for three");
            assert!(matches!(places.shape, Shape::Boxed(_)), "{area}");
        }
        assert_eq!(Places::new(&three, Rect::new(0, 0, 20, 10)), None);
        assert_eq!(Places::new(&three, Rect::default()), None);
    }

    #[test]
    fn a_line_between_two_nodes_never_runs_behind_a_third() {
        for count in 3..=12 {
            let ring = Ring::new(count, &BTreeSet::new());
            let places = Places::new(&ring, AREAS[2]).expect("room");
            let centre = |ix| places.centre(NodeIx(ix)).expect("it is there");
            for (a, b) in (0..count).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let ((ax, ay), (bx, by)) = (centre(a), centre(b));
                for third in (0..count).filter(|third| ![a, b].contains(third)) {
                    let (x, y) = centre(third);
                    let side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
                    assert_ne!(side, 0, "{third} is between {a} and {b} of {count}");
                }
            }
        }
    }

    #[test]
    fn the_hub_stands_in_the_middle_where_there_is_room() {
        let ring = Ring::new(7, &star(7));
        let places = Places::new(&ring, AREAS[1]).expect("room");
        let hub = places.centre(NodeIx(0)).expect("it is there");
        let (x, y) = (1 + 80 / 2, 2 + 31 / 2);
        assert!(hub.0.abs_diff(x) <= 1 && hub.1.abs_diff(y) <= 1, "{hub:?}");
    }
}
