//! The network: nodes and links as a graph, and what moves along them.
//!
//! ```text
//! ╭ network: 3 nodes, 2 links ───── slowed x50 ╮╭ 2 wallet ─────────╮
//! │             ╭ 1 central ─────╮             ││ height    #12 [a9]│
//! │             │ #12 [a9]       │             ││ mempool   1 tx    │
//! │             ╰────────────────╯             ││ peers     1       │
//! │            80 ms      »[a9]                ││                   │
//! │            ╱              ╲                ││ its links         │
//! │ ╭▶2 wallet ──────╮ ╭ 3 miner ───────╮      ││ central  80 ms    │
//! │ │ #12 [a9]       │ │ #12 [a9] MINING│      ││                   │
//! │ ╰────────────────╯ ╰────────────────╯      ││ last messages     │
//! ╰────────────────────────────────────────────╯╰───────────────────╯
//! ```
//!
//! Where nodes stand follows from the links that there were when the nodes were first seen, and
//! from the area (`ring`, `places`), and of many nodes from the regions that their names tell of
//! (`regions`): nothing jumps because a link is cut, a node dies, or two nodes find each other. Which
//! lines there are says `web`, which way they take `route`, what they are made of `canvas`. Too many
//! nodes, or too little room, make a `table`.

mod canvas;
mod flights;
mod graph;
mod look;
mod nodes;
mod panel;
mod places;
mod regions;
mod ring;
mod route;
mod table;
mod web;

use self::flights::Flights;
use self::look::Usual;
use self::places::Places;
use self::regions::Map;
use self::ring::{DRAWN_MAX, Ring};
use self::table::Extract;
use self::web::{Laid, Wanted};
use super::dialog::Dialog;
use super::keymap::Action;
use super::moved::Moved;
use super::state::Effect;
use super::text::{self, Row, counted};
use super::view::scene::Scene;
use crate::lab::LabView;
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use crate::node::io::words::Tone;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use std::ops::RangeInclusive;

/// Columns from which on figures stand beside the graph, and lines for that.
const WIDE: (u16, u16) = (110, 16);

/// Columns of the figures there, and on a very wide screen, with the columns of such a one.
const PANEL_WIDTH: u16 = 40;
const WIDE_PANEL: (u16, u16) = (56, 160);

/// Lines from which on figures stand below the graph.
const HIGH: u16 = 19;

/// Lines of the figures there: one line of them in their box, up to four.
const PANEL_LINES: RangeInclusive<u16> = 3..=6;

/// Nodes that a page key goes, in the table.
const PAGE: usize = 10;

/// Columns that the table moves by.
const STEP: usize = 5;

/// Both ends of a link, the lower number first.
type Ends = (NodeIx, NodeIx);

/// The view, as it is looked at.
#[derive(Default)]
pub struct NetworkPane {
    /// In which order nodes stand.
    ring: Ring,
    /// By which regions they stand instead, if they are many.
    map: Map,
    /// The chosen link.
    chosen: Option<Ends>,
    /// Lines as they were laid when the view was looked at.
    laid: Option<Laid>,
    /// The first column of the table.
    left: usize,
}

/// What is drawn, and how it is looked at.
#[derive(Clone, Copy)]
struct Sight<'a> {
    scene: Scene<'a>,
    usual: Usual,
    chosen: Option<Ends>,
    flights: &'a Flights,
    laid: Option<&'a Laid>,
    is_table: bool,
}

impl<'a> Sight<'a> {
    fn chosen_link(self) -> Option<&'a LinkView> {
        let links = &self.scene.lab.links;
        links.iter().find(|link| self.chosen == Some(link.ends))
    }

    fn links_of(self, ix: NodeIx) -> impl Iterator<Item = &'a LinkView> {
        links_of(self.scene.lab, ix)
    }

    /// The letter of a node's group, in a network that is split.
    fn group(self, ix: NodeIx) -> Option<char> {
        let groups = self.scene.lab.partition.as_ref()?;
        let at = groups.iter().position(|group| group.contains(&ix))?;
        ('A'..='Z').nth(at)
    }
}

fn links_of(lab: &LabView, ix: NodeIx) -> impl Iterator<Item = &LinkView> {
    let links = lab.links.iter();
    links.filter(move |link| link.ends.0 == ix || link.ends.1 == ix)
}

fn order(lab: &LabView) -> Ring {
    let links = lab.links.iter().map(|link| (link.ends.0.0, link.ends.1.0));
    Ring::new(lab.nodes.len(), &links.collect())
}

/// The graph with its border, and the figures; whether these stand beside it, or have at most so many
/// lines below it.
fn divide(area: Rect, below: u16) -> (Rect, Option<Rect>, bool) {
    let (width, height) = (area.width, area.height);
    if width >= WIDE.0 && height >= WIDE.1 {
        let panel = match width >= WIDE_PANEL.1 {
            true => WIDE_PANEL.0,
            false => PANEL_WIDTH,
        };
        let left = width - panel;
        let graph = Rect {
            width: left,
            ..area
        };
        let panel = Rect {
            x: area.x + left,
            width: panel,
            ..area
        };
        return (graph, Some(panel), true);
    }
    if height >= HIGH {
        let top = height - below;
        let graph = Rect {
            height: top,
            ..area
        };
        let panel = Rect {
            y: area.y + top,
            height: below,
            ..area
        };
        return (graph, Some(panel), false);
    }
    (area, None, false)
}

fn inner(graph: Rect) -> Rect {
    Block::bordered().inner(graph)
}

impl NetworkPane {
    /// Takes in what the lab shows; says what is to be asked.
    pub fn collect(&mut self, lab: &LabView) -> Vec<Effect> {
        if self.ring.count() != lab.nodes.len() {
            self.ring = order(lab);
            self.map = Map::new(lab);
        }
        let is_gone = |ends: &mut Ends| lab.links.iter().all(|link| link.ends != *ends);
        self.chosen.take_if(is_gone);
        Vec::new()
    }

    /// Lays the lines of the graph in an area of this size, unless they lie there: a frame has no time
    /// for that, and only needs it if the lab was not looked at since something changed.
    pub fn lay(&mut self, lab: &LabView, size: Rect) {
        let (graph, ..) = self.divide(lab, size);
        let Some(places) = self.places(lab, graph) else {
            return;
        };
        let wanted = Wanted {
            places: &places,
            links: &lab.links,
            area: inner(graph),
        };
        self.laid = Some(wanted.laid(self.laid.take()));
    }

    /// The link that was chosen, as it is.
    pub fn chosen<'a>(&self, lab: &'a LabView) -> Option<&'a LinkView> {
        let mut links = lab.links.iter();
        links.find(|link| self.chosen == Some(link.ends))
    }

    /// As [`divide`], with fewer figures below where the graph needs their lines: else nodes would be
    /// lines of a table that shows a few of them.
    fn divide(&self, lab: &LabView, area: Rect) -> (Rect, Option<Rect>, bool) {
        let mut parts = PANEL_LINES.rev().map(|lines| divide(area, lines));
        let first = parts.next().expect("the most lines");
        match self.places(lab, first.0) {
            Some(_) => first,
            None => parts
                .find(|(graph, ..)| self.places(lab, *graph).is_some())
                .unwrap_or(first),
        }
    }

    /// Where nodes stand; `None`: they are lines of a table.
    fn places(&self, lab: &LabView, graph: Rect) -> Option<Places> {
        if lab.nodes.len() > DRAWN_MAX || lab.nodes.is_empty() {
            return None;
        }
        // A lab may be drawn before it was looked at.
        // A column of air on each side.
        let inside = inner(graph);
        let inside = Rect {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        };
        let places = match self.ring.count() == lab.nodes.len() {
            true => Places::of(&self.map, &self.ring, inside),
            false => Places::of(&Map::new(lab), &order(lab), inside),
        };
        Some(places?.with_words(nodes::likely_words(lab)))
    }

    fn extract(&self, lab: &LabView, focus: NodeIx, graph: Rect) -> Extract {
        Extract::new(inner(graph), lab.nodes.len(), focus, self.left)
    }

    /// Takes a key, with this node focused, in an area of this size.
    pub fn act(&mut self, lab: &LabView, focus: NodeIx, action: Action, size: Rect) -> Moved {
        let (graph, ..) = self.divide(lab, size);
        let mut moved = Moved::default();
        match action {
            Action::Back => moved.is_over = self.chosen.take().is_none(),
            Action::NextLink => moved.said = self.step(lab, focus, 1, graph),
            Action::PreviousLink => moved.said = self.step(lab, focus, -1, graph),
            Action::Find => moved.dialog = Some(Dialog::find_node()),
            action => {
                moved.focus = match self.places(lab, graph) {
                    Some(places) => go(&places, focus, action),
                    None => self.go_in_table(lab, focus, action),
                };
            }
        }
        moved
    }

    /// Chooses the next link of a node; says why if there is none.
    fn step(
        &mut self,
        lab: &LabView,
        focus: NodeIx,
        by: isize,
        graph: Rect,
    ) -> Option<(Tone, String)> {
        let all: Vec<_> = links_of(lab, focus).map(|link| link.ends).collect();
        let Some(last) = all.len().checked_sub(1) else {
            let name = lab.node(focus).map_or("", |node| &*node.name);
            return Some((Tone::Warn, format!("{name} has no links")));
        };
        let now = all.iter().position(|ends| self.chosen == Some(*ends));
        let next = match now {
            Some(now) => now.checked_add_signed(by).unwrap_or(last) % all.len(),
            None if by > 0 => 0,
            None => last,
        };
        self.chosen = Some(all[next]);
        let (a, b) = all[next];
        let other = if a == focus { b } else { a };
        self.left = Extract::left_for(inner(graph), lab.nodes.len(), other, self.left);
        None
    }

    fn go_in_table(&mut self, lab: &LabView, focus: NodeIx, action: Action) -> Option<NodeIx> {
        let last = lab.nodes.len().checked_sub(1)?;
        let at = match action {
            Action::Up => focus.0.saturating_sub(1),
            Action::Down => focus.0 + 1,
            Action::PageUp => focus.0.saturating_sub(PAGE),
            Action::PageDown => focus.0 + PAGE,
            Action::First => 0,
            Action::Last => last,
            Action::Left => {
                self.left = self.left.saturating_sub(STEP);
                return None;
            }
            Action::Right => {
                self.left = (self.left + STEP).min(last);
                return None;
            }
            _ => return None,
        };
        Some(NodeIx(at.min(last)))
    }

    /// Takes a click, with this node focused.
    pub fn click(&mut self, lab: &LabView, focus: NodeIx, at: Position, size: Rect) -> Moved {
        let (graph, ..) = self.divide(lab, size);
        let mut moved = Moved::default();
        if !inner(graph).contains(at) {
            return moved;
        }
        let Some(places) = self.places(lab, graph) else {
            let hit = self.extract(lab, focus, graph).hit(at);
            if let Some((row, column)) = hit {
                moved.focus = Some(row);
                let ends = column.map(|column| (row.min(column), row.max(column)));
                let is_there = |ends: &Ends| lab.links.iter().any(|link| link.ends == *ends);
                self.chosen = ends.filter(is_there).or(self.chosen);
            }
            return moved;
        };
        match places.hit(at) {
            Some(ix) => moved.focus = Some(ix),
            None => {
                let wanted = Wanted {
                    places: &places,
                    links: &lab.links,
                    area: inner(graph),
                };
                self.chosen = wanted.link_at(at, focus).or(self.chosen);
            }
        }
        moved
    }

    /// Whether something on it moves, so that the next frame is another one.
    pub fn is_moving(&self, lab: &LabView) -> bool {
        // In a table nothing moves.
        lab.nodes.len() <= DRAWN_MAX && flights::is_any(lab)
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let (graph, panel, is_upright) = self.divide(lab, area);
        let places = self.places(lab, graph);
        let flights = match places {
            Some(_) => flights::flights(lab),
            None => Flights::default(),
        };
        let sight = Sight {
            scene,
            usual: Usual::new(&lab.links),
            chosen: self.chosen,
            flights: &flights,
            laid: self.laid.as_ref(),
            is_table: places.is_none(),
        };
        let extract = self.extract(lab, scene.ui.focus, graph);
        let part = (sight.is_table && !extract.is_whole(lab.nodes.len()))
            .then(|| extract.words(lab.nodes.len()));
        let mut block = border(sight, graph, part);
        if panel.is_none() {
            let room = usize::from(graph.width).saturating_sub(6);
            let brief = panel::brief(sight, room);
            block = block.title_bottom(padded(brief.unwrap_or_default()));
        }
        frame.render_widget(block, graph);
        match places {
            Some(places) => graph::render(frame.buffer_mut(), inner(graph), sight, &places),
            None => extract.render(frame.buffer_mut(), sight),
        }
        if let Some(panel) = panel {
            panel::render(frame, panel, sight, is_upright);
        }
    }
}

/// Where a key leads among the nodes of a graph.
fn go(places: &Places, focus: NodeIx, action: Action) -> Option<NodeIx> {
    let last = places.spots.len().checked_sub(1)?;
    match action {
        Action::First => Some(NodeIx(0)),
        Action::Last => Some(NodeIx(last)),
        action => graph::neighbour(places, focus, action),
    }
}

fn padded(mut spans: Vec<Span<'static>>) -> Line<'static> {
    if !spans.is_empty() {
        spans.insert(0, Span::raw(" "));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

/// What there is, how it is split, what part of it is in sight, and how slow everything is shown.
fn border<'a>(sight: Sight<'_>, graph: Rect, part: Option<String>) -> Block<'a> {
    let (lab, theme) = (sight.scene.lab, sight.scene.theme);
    let (nodes, links) = (lab.nodes.len(), lab.links.len());
    let counts = format!("{}, {}", counted(nodes, "node"), counted(links, "link"));
    let mut left =
        Row::new()
            .text(0, 0, "network", theme.strong())
            .text(1, 2, counts, theme.text());
    if !sight.usual.all_say && !sight.usual.latency.is_zero() {
        let usual = text::lapse(sight.usual.latency);
        left = left.text(3, 2, format!("most take {usual}"), theme.dim());
    }
    let mut right = Row::new();
    if let Some(part) = part {
        right = right.text(2, 0, part, theme.dim());
    }
    if sight.flights.slowed > 1 {
        let words = format!(
            "{} replay, slowed x{}",
            theme.replay(),
            sight.flights.slowed
        );
        right = right.text(1, 3, words, theme.dim());
    }
    if let Some(groups) = &lab.partition {
        let groups = ('A'..='Z').zip(groups.iter());
        let groups = groups.map(|(letter, group)| format!("{letter} {}", group.len()));
        let words = format!("PARTITION {}", groups.collect::<Vec<_>>().join(" | "));
        right = right.text(0, 3, words, theme.bad());
    }
    let room = usize::from(graph.width).saturating_sub(6);
    let right = right.fit_spans(room / 2 + room / 6);
    let left = left.fit_spans(room.saturating_sub(text::width(&right) + 3));
    Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(padded(left))
        .title(padded(right).right_aligned())
}
