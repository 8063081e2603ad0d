//! The graph: lines first, what they say on top of them, then the nodes, and at last what moves.
//!
//! Words never share a cell: what a link says and what moves goes where nothing stands yet, or is
//! left out; nodes come first, then links, the worst first.

use super::canvas::Canvas;
use super::flights::{Flight, Load, WAY};
use super::look::Kind;
use super::nodes;
use super::places::Places;
use super::{Ends, Sight};
use crate::lab::NodeIx;
use crate::lab::view::LinkView;
use crate::ui::keymap::Action;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

/// Where along a line its words may stand, the best first.
const PLACES: [i32; 7] = [500, 420, 580, 340, 660, 260, 740];

/// How far from its line a block's chip may stand, across.
const ASIDE: [i32; 19] = [
    0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -7, 7, -8, 8, -9, 9,
];

/// The whole of a line.
const WHOLE: i32 = 1_000;

/// Draws nodes, links and what moves.
pub fn render(buffer: &mut Buffer, area: Rect, sight: Sight<'_>, places: &Places) {
    let mut picture = Picture {
        sight,
        places,
        area,
        taken: nodes::extents(sight, places),
    };
    picture.lines(buffer);
    picture.labels(buffer);
    for ix in (0..sight.scene.lab.nodes.len()).map(NodeIx) {
        nodes::render(buffer, sight, places, ix);
    }
    for flight in &sight.flights.shown {
        picture.flight(buffer, flight);
    }
}

struct Picture<'a> {
    sight: Sight<'a>,
    places: &'a Places,
    area: Rect,
    /// Where words stand: first those of the nodes, by their numbers.
    taken: Vec<Rect>,
}

impl Picture<'_> {
    fn lines(&self, buffer: &mut Buffer) {
        let theme = self.sight.scene.theme;
        let mut canvas = Canvas::new(self.area);
        for link in self.sight.scene.lab.links.iter() {
            let ends = (
                self.places.centre(link.ends.0),
                self.places.centre(link.ends.1),
            );
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            let kind = Kind::of(link, self.sight.usual);
            let is_chosen = self.sight.chosen == Some(link.ends);
            canvas.line(from, to, kind.stroke(theme, is_chosen));
        }
        canvas.draw(buffer, theme.ascii);
    }

    /// What links say, the worst first.
    fn labels(&mut self, buffer: &mut Buffer) {
        let sight = self.sight;
        let links = sight.scene.lab.links.iter();
        let mut links: Vec<_> = links
            .map(|link| (Kind::of(link, sight.usual), link))
            .collect();
        let is_chosen = |link: &LinkView| sight.chosen == Some(link.ends);
        links.sort_by_key(|(kind, link)| std::cmp::Reverse((is_chosen(link), *kind)));
        for (kind, link) in links {
            let Some((words, sign)) = kind.label(link, sight.usual) else {
                continue;
            };
            let style = match is_chosen(link) {
                true => sight.scene.theme.focus(),
                false => kind.style(sight.scene.theme),
            };
            let long = self.beside_line(link.ends, &words);
            let found = long.map(|at| (at, words.as_str())).or_else(|| {
                let sign = sign?;
                Some((self.beside_line(link.ends, sign)?, sign))
            });
            if let Some((at, words)) = found {
                Clear.render(around(at), buffer);
                Span::styled(words.to_owned(), style).render(at, buffer);
                self.taken.push(at);
            }
        }
    }

    /// Room for some words on a line.
    fn beside_line(&self, ends: Ends, words: &str) -> Option<Rect> {
        let width = i32::try_from(words.chars().count()).ok()?;
        let along = self.visible(ends.0, ends.1)?;
        PLACES.into_iter().find_map(|part| {
            let (x, y) = self.at(ends.0, ends.1, along, part)?;
            self.free(x - width / 2, y, width)
        })
    }

    /// A line's part that no node hides, from its first end to its second.
    fn visible(&self, from: NodeIx, to: NodeIx) -> Option<(i32, i32)> {
        let is_hidden = |part: &i32| {
            let at = self.at(from, to, (0, WHOLE), *part).and_then(position);
            let under = |ix: NodeIx| self.taken.get(ix.0).zip(at);
            let mut ends = [from, to].into_iter().filter_map(under);
            ends.any(|(area, at)| area.contains(at))
        };
        let parts = || (0..=200_i16).map(|part| i32::from(part) * WHOLE / 200);
        let first = parts().find(|part| !is_hidden(part))?;
        let last = parts().rev().find(|part| !is_hidden(part))?;
        (first < last).then_some((first, last))
    }

    /// The place on a line that is so far along its visible part.
    fn at(&self, from: NodeIx, to: NodeIx, along: (i32, i32), part: i32) -> Option<(i32, i32)> {
        let (from, to) = (self.places.centre(from)?, self.places.centre(to)?);
        let part = along.0 + (along.1 - along.0) * part / WHOLE;
        let between = |one: i32, other: i32| one + ((other - one) * part + WHOLE / 2) / WHOLE;
        Some((between(from.0, to.0), between(from.1, to.1)))
    }

    /// So many cells from here on, if nothing stands there or beside them.
    fn free(&self, x: i32, y: i32, width: i32) -> Option<Rect> {
        let Position { x, y } = position((x, y))?;
        let area = Rect::new(x, y, u16::try_from(width).ok()?, 1);
        let around = around(area);
        let is_inside = self.area.intersection(around) == around;
        let is_free = !self.taken.iter().any(|taken| taken.intersects(around));
        (is_inside && is_free).then_some(area)
    }

    fn flight(&mut self, buffer: &mut Buffer, flight: &Flight) {
        let scene = self.sight.scene;
        let span = match flight.load {
            Load::Block(id) => scene.chip(id),
            Load::Tx => Span::styled(scene.theme.payment(), scene.theme.badge()),
        };
        let Some(along) = self.visible(flight.from, flight.to) else {
            return;
        };
        let part = i32::try_from(flight.way.min(WAY)).unwrap_or(WHOLE);
        let Some((x, y)) = self.at(flight.from, flight.to, along, part) else {
            return;
        };
        let width = i32::try_from(span.width()).unwrap_or(1);
        let aside = match flight.load {
            Load::Block(_) => &ASIDE[..],
            Load::Tx => &ASIDE[..1],
        };
        let mut places = aside.iter().map(|by| (x + by - width / 2, y));
        if let Some(at) = places.find_map(|(x, y)| self.free(x, y, width)) {
            span.render(at, buffer);
            // Chips do not stand on each other; payments may.
            if let Load::Block(_) = flight.load {
                self.taken.push(at);
            }
        }
    }
}

/// With a column of air on each side.
fn around(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_sub(1),
        width: area.width + 2,
        ..area
    }
}

fn position((x, y): (i32, i32)) -> Option<Position> {
    Some(Position::new(
        u16::try_from(x).ok()?,
        u16::try_from(y).ok()?,
    ))
}

/// The link that runs through this place or right beside it, the nearest one.
pub fn link_at(places: &Places, links: &[LinkView], at: Position) -> Option<Ends> {
    let near = links.iter().filter_map(|link| {
        let ends = (places.centre(link.ends.0)?, places.centre(link.ends.1)?);
        Some((
            distance(ends, (i32::from(at.x), i32::from(at.y)))?,
            link.ends,
        ))
    });
    near.min().map(|(_, ends)| ends)
}

/// How far a cell is from a line, if it is near: in tenths of a column, of which a line of the
/// screen is two high.
fn distance(((ax, ay), (bx, by)): ((i32, i32), (i32, i32)), (x, y): (i32, i32)) -> Option<i64> {
    let wide = |(x, y): (i32, i32)| (i64::from(x), i64::from(y) * 2);
    let ((ax, ay), (bx, by), (x, y)) = (wide((ax, ay)), wide((bx, by)), wide((x, y)));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let along = (x - ax) * dx + (y - ay) * dy;
    if length == 0 || along < 0 || along > length {
        return None;
    }
    let off = (x - ax) * dy - (y - ay) * dx;
    // The square of the distance, in hundredths.
    let far = off * off * 100 / length;
    (far <= 4 * 100).then_some(far)
}

/// The node that lies in a direction from another one, the nearest.
pub fn neighbour(places: &Places, from: NodeIx, action: Action) -> Option<NodeIx> {
    let (x, y) = places.centre(from)?;
    let others = (0..places.spots.len()).map(NodeIx).filter(|ix| *ix != from);
    let far = others.filter_map(|ix| {
        let (to_x, to_y) = places.centre(ix)?;
        // Cells are twice as high as they are wide.
        let (dx, dy) = (to_x - x, (to_y - y) * 2);
        let (along, aside) = match action {
            Action::Left => (-dx, dy),
            Action::Right => (dx, dy),
            Action::Up => (-dy, dx),
            Action::Down => (dy, dx),
            _ => return None,
        };
        (along > 0).then_some((along + 2 * aside.abs(), ix))
    });
    far.min().map(|(_, ix)| ix)
}

/// Words in a line that fill so much of an area.
pub fn put(buffer: &mut Buffer, at: Rect, spans: Vec<Span<'static>>) {
    Line::from(spans).render(at, buffer);
}
