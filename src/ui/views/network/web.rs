//! Which lines there are in the picture, and which way each takes.
//!
//! Every link is a line of its own, but where nodes stand by regions: there one line stands for all
//! links between two regions, and which of their nodes the focused one is linked with, also in its own
//! region, the signs before the names tell. Lines depend on where nodes stand and on which links there
//! are, and on nothing else: none moves because another node is focused, or a link is cut.

use super::path::{Path, Point};
use super::places::Places;
use super::route::Terrain;
use super::sight::Ends;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;

/// How far from a line a click may be and still mean it, in columns, of which a line of the screen
/// is two high.
const NEAR: i32 = 2;

/// A line of the picture.
pub struct Strand<'a> {
    /// What it stands for.
    pub what: LineOf<'a>,
    /// From the first of its ends to the second.
    pub path: Path,
}

/// What a line stands for.
#[derive(Clone)]
pub enum LineOf<'a> {
    /// A link.
    Link(&'a LinkView),
    /// All links between two regions.
    Bundle((usize, usize), Vec<&'a LinkView>),
}

/// What lines there are to be.
#[derive(Clone, Copy)]
pub struct WantedLines<'a> {
    /// Where nodes stand.
    pub places: &'a Places,
    /// All links.
    pub links: &'a [LinkView],
    /// The picture.
    pub area: Rect,
}

/// A line that is to be: between what, and what it stands for.
struct Wire<'a> {
    ends: (Rect, Rect),
    what: LineOf<'a>,
}

/// Lines as they were laid for some boxes: as long as these and the lines' ends are the same, so are
/// the ways that they take, and none has to be looked for again.
pub struct Laid {
    area: Rect,
    boxes: Vec<Rect>,
    ends: Vec<(Rect, Rect)>,
    paths: Vec<Option<Path>>,
}

impl<'a> WantedLines<'a> {
    /// All lines, as far as they were laid before as they were then.
    pub fn strands(self, laid: Option<&Laid>) -> Vec<Strand<'a>> {
        let wires = self.wires();
        let paths = match laid.filter(|laid| laid.fits(self, &wires)) {
            Some(laid) => laid.paths.clone(),
            None => self.lay(&wires),
        };
        let strand = |(wire, path): (Wire<'a>, Option<Path>)| {
            Some(Strand {
                what: wire.what,
                path: path?,
            })
        };
        wires.into_iter().zip(paths).filter_map(strand).collect()
    }

    /// Lays all lines, unless that was done.
    pub fn laid(self, before: Option<Laid>) -> Laid {
        let wires = self.wires();
        let before = before.filter(|laid| laid.fits(self, &wires));
        before.unwrap_or_else(|| Laid {
            area: self.area,
            boxes: self.places.boxes(),
            ends: wires.iter().map(|wire| wire.ends).collect(),
            paths: self.lay(&wires),
        })
    }

    fn lay(self, wires: &[Wire<'_>]) -> Vec<Option<Path>> {
        let mut ground = Terrain::new(self.area, &self.places.boxes());
        let paths = wires
            .iter()
            .map(|wire| ground.route(wire.ends.0, wire.ends.1));
        paths.collect()
    }

    /// The short ones first: they have less of a choice.
    fn wires(self) -> Vec<Wire<'a>> {
        if self.places.is_tight {
            return Vec::new();
        }
        let mut wires = match self.places.quarters.is_empty() {
            true => self.single(),
            false => self.bundled(),
        };
        // Of as long ones those of the first nodes or regions.
        wires.sort_by_key(|wire| distance(wire.ends.0, wire.ends.1));
        wires
    }

    /// A line for all links between two regions.
    fn bundled(self) -> Vec<Wire<'a>> {
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
        let wire = |(pair, links): ((usize, usize), Vec<&'a LinkView>)| Wire {
            ends: (area(pair.0), area(pair.1)),
            what: LineOf::Bundle(pair, links),
        };
        bundles.into_iter().map(wire).collect()
    }

    /// A line for each link.
    fn single(self) -> Vec<Wire<'a>> {
        let mut links: Vec<_> = self.links.iter().collect();
        links.sort_by_key(|link| link.ends);
        let wire = |link: &'a LinkView| {
            let (a, b) = link.ends;
            Some(Wire {
                ends: (self.places.body(a)?, self.places.body(b)?),
                what: LineOf::Link(link),
            })
        };
        links.into_iter().filter_map(wire).collect()
    }

    /// The link that runs through this place or right beside it, the nearest one; of many in one
    /// line one of this node, if there is one.
    pub fn link_at(self, at: Position, node: NodeIx) -> Option<Ends> {
        let (x, y) = (i32::from(at.x), i32::from(at.y));
        let far = |cell: &Point| (cell.0 - x).abs() + 2 * (cell.1 - y).abs();
        let near = self.strands(None).into_iter().filter_map(|strand| {
            let links = strand.of(node);
            let far = strand.path.cells.iter().map(far).min()?;
            (far <= NEAR).then_some((far, links.first()?.ends))
        });
        near.min().map(|(_, ends)| ends)
    }
}

impl Laid {
    fn fits(&self, wanted: WantedLines<'_>, wires: &[Wire<'_>]) -> bool {
        self.area == wanted.area
            && self.ends.iter().eq(wires.iter().map(|wire| &wire.ends))
            && self.boxes == wanted.places.boxes()
    }
}

impl<'a> Strand<'a> {
    /// Its links: those of this node, if it has any of them, or else all.
    pub fn of(&self, node: NodeIx) -> Vec<&'a LinkView> {
        let all = match &self.what {
            LineOf::Link(link) => std::slice::from_ref(link),
            LineOf::Bundle(_, links) => links,
        };
        let is_own = |link: &&&LinkView| link.ends.0 == node || link.ends.1 == node;
        let own: Vec<_> = all.iter().filter(is_own).copied().collect();
        if own.is_empty() { all.to_vec() } else { own }
    }

    /// The line on which something goes from one node to another, and whether it goes from the
    /// line's first end to its second.
    pub fn carries(&self, places: &Places, from: NodeIx, to: NodeIx) -> Option<bool> {
        match &self.what {
            LineOf::Link(link) if link.ends == (from, to) => Some(true),
            LineOf::Link(link) if link.ends == (to, from) => Some(false),
            LineOf::Link(_) => None,
            LineOf::Bundle(pair, _) => {
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
