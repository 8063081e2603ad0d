//! The graph: lines first, what they say on top of them, then the nodes, and at last what moves.
//!
//! Words never share a cell: what a link says and what moves goes where nothing stands yet, or is
//! left out; nodes come first, then links, the worst first.

use super::canvas::{Canvas, Pen, Stroke};
use super::flights::{Flight, Load};
use super::look::{Kind, Light};
use super::nodes;
use super::path::{Path, Point};
use super::places::Places;
use super::regions::MANY;
use super::sight::Sight;
use super::web::{LineOf, Strand, WantedLines};
use crate::lab::spec::Lines;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use crate::ui::keymap::Action;
use crate::ui::text;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

/// Where along a line its words may stand, in thousandths, the best first.
const PLACES: [usize; 9] = [500, 400, 600, 300, 700, 200, 800, 120, 880];

/// How far from its line a block's chip may stand, across.
const ASIDE: [i32; 19] = [
    0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -7, 7, -8, 8, -9, 9,
];

/// Draws nodes, links and what moves.
pub fn render(buffer: &mut Buffer, area: Rect, sight: Sight<'_>, places: &Places) {
    let wanted = WantedLines {
        places,
        links: &sight.scene.lab.links,
        area,
    };
    let strands = wanted.strands(sight.laid);
    let mut picture = Picture {
        sight,
        places,
        area,
        taken: nodes::extents(sight, places),
        crossed: vec![0; usize::from(area.width) * usize::from(area.height)],
    };
    for cell in strands.iter().flat_map(|strand| &strand.path.cells) {
        let index = position(*cell).and_then(|at| index(area, at));
        if let Some(count) = index.and_then(|index| picture.crossed.get_mut(index)) {
            *count += 1;
        }
    }
    picture.lines(buffer, &strands);
    picture.labels(buffer, &strands);
    nodes::render_all(buffer, sight, places);
    for flight in &sight.flights.shown {
        picture.flight(buffer, flight, &strands);
    }
}

/// How bright a link is.
fn light(sight: Sight<'_>, link: &LinkView) -> Light {
    let (a, b) = link.ends;
    let focus = sight.scene.viewer.focus;
    if sight.scene.is_lit(a) && sight.scene.is_lit(b) {
        return Light::Lit;
    }
    match sight.chosen == Some(link.ends) {
        true => Light::Chosen,
        false if sight.scene.lab.nodes.len() < MANY || a == focus || b == focus => Light::Full,
        false => Light::Faint,
    }
}

struct Picture<'a> {
    sight: Sight<'a>,
    places: &'a Places,
    area: Rect,
    /// Where words stand: first the nodes, or their regions.
    taken: Vec<Rect>,
    /// How many lines run through each cell of the area.
    crossed: Vec<u16>,
}

/// What a line says.
struct Label {
    /// The higher, the sooner it gets its place.
    rank: (Light, Kind),
    long: String,
    short: Option<&'static str>,
    style: Style,
}

impl Picture<'_> {
    /// The links of a line that count: those of the focused node first, and how bright it is.
    fn links<'b>(&self, strand: &Strand<'b>) -> (Vec<&'b LinkView>, Light) {
        let links = strand.of(self.sight.scene.viewer.focus);
        let lights = links.iter().map(|link| light(self.sight, link));
        let light = lights.max().unwrap_or(Light::Faint);
        (links, light)
    }

    fn stroke(&self, strand: &Strand<'_>) -> Stroke {
        let (links, light) = self.links(strand);
        let kinds = links.iter().map(|link| Kind::of(link, self.sight.usual));
        // As long as one of them is open, something passes.
        let best = kinds.min().unwrap_or(Kind::Plain);
        best.stroke(self.sight.scene.theme, light)
    }

    fn lines(&self, buffer: &mut Buffer, strands: &[Strand<'_>]) {
        let scene = self.sight.scene;
        let pen = match scene.viewer.spec.lines {
            _ if scene.theme.ascii => Pen::Ascii,
            Lines::Boxes => Pen::Boxes,
            Lines::Braille => Pen::Braille,
        };
        let mut canvas = Canvas::new(self.area, pen);
        for strand in strands {
            canvas.path(&strand.path, self.stroke(strand));
        }
        canvas.draw(buffer);
    }

    fn label(&self, strand: &Strand<'_>) -> Option<Label> {
        let (sight, theme) = (self.sight, self.sight.scene.theme);
        let (links, light) = self.links(strand);
        let kind = |link: &LinkView| Kind::of(link, sight.usual);
        let shut = links.iter().filter(|link| kind(link) > Kind::Apart);
        let worst = links.iter().max_by_key(|link| kind(link))?;
        let rank = (light, kind(worst));
        let (long, short) = match (&strand.what, shut.count()) {
            (LineOf::Bundle(..), 0) => {
                let slowest = links.iter().map(|link| link.there.latency).max()?;
                (text::lapse(slowest), None)
            }
            (LineOf::Bundle(..), shut) if shut < links.len() => {
                let sign = rank.1.sign();
                (format!("{sign} {shut} of {}", links.len()), Some(sign))
            }
            _ => rank.1.label(worst, sight.usual)?,
        };
        let style = match light {
            Light::Lit => theme.lit(),
            Light::Chosen => theme.focus(),
            Light::Faint if rank.1 < Kind::Apart => theme.faint(),
            Light::Full | Light::Faint => rank.1.style(theme),
        };
        Some(Label {
            rank,
            long,
            short,
            style,
        })
    }

    /// What links say, the worst first.
    fn labels(&mut self, buffer: &mut Buffer, strands: &[Strand<'_>]) {
        let labels = strands
            .iter()
            .filter_map(|strand| Some((self.label(strand)?, strand)));
        let mut labels: Vec<_> = labels.collect();
        labels.sort_by_key(|(label, _)| std::cmp::Reverse(label.rank));
        for (label, strand) in labels {
            let words = label.long.as_str();
            let long = self.on_line(&strand.path, words).map(|at| (at, words));
            let found = long.or_else(|| {
                let sign = label.short?;
                Some((self.on_line(&strand.path, sign)?, sign))
            });
            if let Some((at, words)) = found {
                Clear.render(around(at), buffer);
                Span::styled(words.to_owned(), label.style).render(at, buffer);
                self.taken.push(at);
            }
        }
    }

    /// Room for some words on a line, where no other one runs if there is such a place.
    fn on_line(&self, path: &Path, words: &str) -> Option<Rect> {
        let width = i32::try_from(words.chars().count()).ok()?;
        let places = PLACES.into_iter().filter_map(|part| {
            let (x, y) = path.at(part)?;
            self.free(x - width / 2, y, width)
        });
        let places: Vec<_> = places.collect();
        let own = |at: Point| u16::from(path.cells.contains(&at));
        let is_alone = |area: &&Rect| {
            around(**area).positions().all(|spot| {
                let at = (i32::from(spot.x), i32::from(spot.y));
                let lines = index(self.area, spot).and_then(|index| self.crossed.get(index));
                lines.is_none_or(|lines| *lines <= own(at))
            })
        };
        places.iter().find(is_alone).or(places.first()).copied()
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

    fn flight(&mut self, buffer: &mut Buffer, flight: &Flight, strands: &[Strand<'_>]) {
        let scene = self.sight.scene;
        let spans = match flight.load {
            Load::Block(id) if flight.is_replay => replayed(self.sight, scene.chip(id)),
            Load::Block(id) => vec![scene.chip(id)],
            Load::Tx => vec![Span::styled(scene.theme.payment(), scene.theme.badge())],
            Load::Word => vec![Span::styled(scene.theme.word(), scene.theme.text())],
        };
        let carried = strands.iter().find_map(|strand| {
            let is_there = strand.carries(self.places, flight.from, flight.to)?;
            Some((&strand.path, is_there))
        });
        let Some((path, is_there)) = carried else {
            // Within a region there are no lines.
            return;
        };
        let way = usize::try_from(flight.way).unwrap_or(usize::MAX).min(1_000);
        let part = if is_there { way } else { 1_000 - way };
        let Some((x, y)) = path.at(part) else {
            return;
        };
        let width = i32::try_from(text::width(&spans)).unwrap_or(1);
        let aside = match flight.load {
            Load::Block(_) => &ASIDE[..],
            // What is where it is, is seen: also right beside a box, and behind what the link says.
            Load::Tx | Load::Word if scene.lab.time.is_some() => &ASIDE[..11],
            Load::Tx | Load::Word => &ASIDE[..1],
        };
        let mut places = aside.iter().map(|by| (x + by - width / 2, y));
        if let Some(at) = places.find_map(|(x, y)| self.free(x, y, width)) {
            put(buffer, at, spans);
            // Chips do not stand on each other; payments may.
            if let Load::Block(_) = flight.load {
                self.taken.push(at);
            }
        }
    }
}

/// A chip that shows what has happened already.
pub fn replayed(sight: Sight<'_>, chip: Span<'static>) -> Vec<Span<'static>> {
    let theme = sight.scene.theme;
    vec![Span::styled(theme.replay(), theme.dim()), chip]
}

/// With a column of air on each side.
fn around(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_sub(1),
        width: area.width + 2,
        ..area
    }
}

/// The place of a cell among those of an area.
fn index(area: Rect, at: Position) -> Option<usize> {
    let (x, y) = (at.x.checked_sub(area.x)?, at.y.checked_sub(area.y)?);
    (x < area.width).then(|| usize::from(y) * usize::from(area.width) + usize::from(x))
}

fn position((x, y): Point) -> Option<Position> {
    Some(Position::new(
        u16::try_from(x).ok()?,
        u16::try_from(y).ok()?,
    ))
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
