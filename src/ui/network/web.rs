//! Which lines there are in the picture, and which way each takes.
//!
//! Every link is a line of its own, but where nodes stand by regions: there one line stands for all
//! links between two regions, and which of their nodes the focused one is linked with, also in its own
//! region, the signs before the names tell. Lines depend on where nodes stand and on which links there
//! are, and on nothing else: none moves because another node is focused, or a link is cut.

use super::Ends;
use super::places::Places;
use super::route::{Ground, Path, Point};
use crate::lab::NodeIx;
use crate::lab::view::LinkView;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;

/// How far from a line a click may be and still mean it, in columns, of which a line of the screen
/// is two high.
const NEAR: i32 = 2;

/// A line of the picture.
pub struct Strand<'a> {
    /// What it stands for.
    pub what: What<'a>,
    /// From the first of its ends to the second.
    pub path: Path,
}

/// What a line stands for.
#[derive(Clone)]
pub enum What<'a> {
    /// A link.
    Link(&'a LinkView),
    /// All links between two regions.
    Bundle((usize, usize), Vec<&'a LinkView>),
}

/// What lines there are to be.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Where nodes stand.
    pub places: &'a Places,
    /// All links.
    pub links: &'a [LinkView],
    /// The picture.
    pub area: Rect,
}

impl<'a> Wanted<'a> {
    /// All lines.
    pub fn strands(self) -> Vec<Strand<'a>> {
        if self.places.is_tight {
            return Vec::new();
        }
        let mut ground = Ground::new(self.area, &self.places.boxes());
        match self.places.quarters.is_empty() {
            true => self.single(&mut ground),
            false => self.bundled(&mut ground),
        }
    }

    fn bundled(self, ground: &mut Ground) -> Vec<Strand<'a>> {
        let region = |ix: NodeIx| self.places.quarter_of(ix);
        let mut bundles: BTreeMap<(usize, usize), Vec<&LinkView>> = BTreeMap::new();
        for link in self.links {
            let (Some(a), Some(b)) = (region(link.ends.0), region(link.ends.1)) else {
                continue;
            };
            if a != b {
                bundles.entry((a.min(b), a.max(b))).or_default().push(link);
            }
        }
        let area = |at: usize| self.places.quarters[at].area;
        let mut bundles: Vec<_> = bundles.into_iter().collect();
        bundles.sort_by_key(|(pair, _)| (distance(area(pair.0), area(pair.1)), *pair));
        let strand = |(pair, links): ((usize, usize), Vec<&'a LinkView>)| {
            Some(Strand {
                path: ground.route(area(pair.0), area(pair.1))?,
                what: What::Bundle(pair, links),
            })
        };
        bundles.into_iter().filter_map(strand).collect()
    }

    /// A line for each link, the short ones first: they have less of a choice.
    fn single(self, ground: &mut Ground) -> Vec<Strand<'a>> {
        let bodies = |link: &LinkView| {
            let (a, b) = link.ends;
            Some((self.places.body(a)?, self.places.body(b)?))
        };
        let links = self.links.iter();
        let links = links.filter_map(|link| Some((bodies(link)?, link)));
        let mut links: Vec<_> = links.collect();
        links.sort_by_key(|((a, b), link)| (distance(*a, *b), link.ends));
        let strand = |((a, b), link): ((Rect, Rect), &'a LinkView)| {
            Some(Strand {
                what: What::Link(link),
                path: ground.route(a, b)?,
            })
        };
        links.into_iter().filter_map(strand).collect()
    }

    /// The link that runs through this place or right beside it, the nearest one; of many in one
    /// line one of this node, if there is one.
    pub fn link_at(self, at: Position, node: NodeIx) -> Option<Ends> {
        let (x, y) = (i32::from(at.x), i32::from(at.y));
        let far = |cell: &Point| (cell.0 - x).abs() + 2 * (cell.1 - y).abs();
        let near = self.strands().into_iter().filter_map(|strand| {
            let links = strand.of(node);
            let far = strand.path.cells.iter().map(far).min()?;
            (far <= NEAR).then_some((far, links.first()?.ends))
        });
        near.min().map(|(_, ends)| ends)
    }
}

impl<'a> Strand<'a> {
    /// Its links: those of this node, if it has any of them, or else all.
    pub fn of(&self, node: NodeIx) -> Vec<&'a LinkView> {
        let all = match &self.what {
            What::Link(link) => std::slice::from_ref(link),
            What::Bundle(_, links) => links,
        };
        let is_own = |link: &&&LinkView| link.ends.0 == node || link.ends.1 == node;
        let own: Vec<_> = all.iter().filter(is_own).copied().collect();
        if own.is_empty() { all.to_vec() } else { own }
    }

    /// The line on which something goes from one node to another, and whether it goes from the
    /// line's first end to its second.
    pub fn carries(&self, places: &Places, from: NodeIx, to: NodeIx) -> Option<bool> {
        match &self.what {
            What::Link(link) if link.ends == (from, to) => Some(true),
            What::Link(link) if link.ends == (to, from) => Some(false),
            What::Link(_) => None,
            What::Bundle(pair, _) => {
                let ends = (places.quarter_of(from)?, places.quarter_of(to)?);
                let is_there = ends == *pair;
                (is_there || (ends.1, ends.0) == *pair).then_some(is_there)
            }
        }
    }
}

/// How far the middles of two boxes are apart, a line counting as two columns.
fn distance(one: Rect, other: Rect) -> u32 {
    let middle = |area: Rect| (area.x + area.width / 2, area.y + area.height / 2);
    let (a, b) = (middle(one), middle(other));
    u32::from(a.0.abs_diff(b.0)) + 2 * u32::from(a.1.abs_diff(b.1))
}
