//! The view as it is looked at: where nodes stand, and what keys do.

use super::divide::{PANEL_LINES, divide, inner};
use super::flights::{self, Flights};
use super::look::Usual;
use super::places::Places;
use super::regions::Map;
use super::ring::{DRAWN_MAX, Ring};
use super::sight::{Ends, Sight, links_of};
use super::table::Extract;
use super::web::{Laid, WantedLines};
use super::{graph, nodes, panel};
use crate::lab::LabView;
use crate::node::io::words::Tone;
use crate::node::{NodeIx, Time};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row, counted};
use crate::ui::viewer::{Effect, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::scene::{Scene, next_fading};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// Nodes that a page key goes, in the table.
const PAGE: usize = 10;

/// Columns that the table moves by.
const STEP: usize = 5;

/// The view, as it is looked at.
#[derive(Default)]
pub struct NetworkView {
    /// In which order nodes stand.
    ring: Ring,
    /// By which regions they stand instead, if they are many.
    map: Map,
    /// Lines as they were laid when the view was looked at.
    laid: Option<Laid>,
    /// The first column of the table.
    left: usize,
}

fn order(lab: &LabView) -> Ring {
    let links = lab.lasting_links().map(|ends| (ends.0.0, ends.1.0));
    Ring::new(lab.nodes.len(), &links.collect())
}

impl View for NetworkView {
    fn collect(&mut self, scene: Scene<'_>, area: Option<Rect>) -> Vec<Effect> {
        let lab = scene.lab;
        if self.ring.count() != lab.nodes.len() {
            self.ring = order(lab);
            self.map = Map::new(lab);
        }
        if let Some(area) = area {
            self.lay(lab, area);
        }
        Vec::new()
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let (lab, viewer) = (scene.lab, scene.viewer);
        let (graph, ..) = self.divide(lab, area);
        let mut outcome = Outcome::default();
        match action {
            Action::Back => {
                outcome.is_over = viewer.link.is_none();
                outcome.link = Some(None);
            }
            Action::Open => outcome.zooms = true,
            Action::NextLink | Action::PreviousLink => {
                let by = if action == Action::NextLink { 1 } else { -1 };
                match self.step(scene, by, graph) {
                    Ok(ends) => outcome.link = Some(Some(ends)),
                    Err(why) => outcome.said = Some((Tone::Warn, why)),
                }
            }
            action => {
                outcome.focus = match self.places(lab, graph) {
                    Some(places) => go(&places, viewer.focus, action),
                    None => self.go_in_table(lab, viewer.focus, action),
                };
            }
        }
        outcome
    }

    fn click(&mut self, scene: Scene<'_>, at: Position, area: Rect) -> Outcome {
        let (lab, focus) = (scene.lab, scene.viewer.focus);
        let (graph, ..) = self.divide(lab, area);
        let mut outcome = Outcome::default();
        if !inner(graph).contains(at) {
            return outcome;
        }
        let Some(places) = self.places(lab, graph) else {
            let hit = self.extract(lab, focus, graph).hit(at);
            if let Some((row, column)) = hit {
                outcome.focus = Some(row);
                let ends = column.map(|column| (row.min(column), row.max(column)));
                let is_there = |ends: &Ends| lab.links.iter().any(|link| link.ends == *ends);
                outcome.link = ends.filter(is_there).map(Some);
            }
            return outcome;
        };
        match places.hit(at) {
            Some(ix) => outcome.focus = Some(ix),
            None => {
                let wanted = WantedLines {
                    places: &places,
                    links: &lab.links,
                    area: inner(graph),
                };
                outcome.link = wanted.link_at(at, focus).map(Some);
            }
        }
        outcome
    }

    fn next_frame(&self, lab: &LabView) -> Option<Time> {
        // In a table nothing moves.
        let is_moving = lab.nodes.len() <= DRAWN_MAX && flights::is_any(lab);
        match is_moving {
            true => Some(lab.now),
            false => next_fading(lab),
        }
    }

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn went_back(&mut self, _: &LabView) {
        *self = Self {
            left: self.left,
            ..Self::default()
        };
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
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
            chosen: scene.viewer.link,
            flights: &flights,
            laid: self.laid.as_ref(),
            is_table: places.is_none(),
        };
        let extract = self.extract(lab, scene.viewer.focus, graph);
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

impl NetworkView {
    /// Lays the lines of the graph in an area of this size, unless they lie there: a frame has no time
    /// for that, and only needs it if the lab was not looked at since something changed.
    fn lay(&mut self, lab: &LabView, size: Rect) {
        let (graph, ..) = self.divide(lab, size);
        let Some(places) = self.places(lab, graph) else {
            return;
        };
        let wanted = WantedLines {
            places: &places,
            links: &lab.links,
            area: inner(graph),
        };
        self.laid = Some(wanted.laid(self.laid.take()));
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

    /// The next link of the focused node; why there is none, in words.
    fn step(&mut self, scene: Scene<'_>, by: isize, graph: Rect) -> Result<Ends, String> {
        let (lab, focus) = (scene.lab, scene.viewer.focus);
        let all: Vec<_> = links_of(lab, focus).map(|link| link.ends).collect();
        let Some(last) = all.len().checked_sub(1) else {
            return Err(format!("{} has no links", scene.name(focus)));
        };
        let now = all.iter().position(|ends| scene.viewer.link == Some(*ends));
        let next = match now {
            Some(now) => now.checked_add_signed(by).unwrap_or(last) % all.len(),
            None if by > 0 => 0,
            None => last,
        };
        let (a, b) = all[next];
        let other = if a == focus { b } else { a };
        self.left = Extract::left_for(inner(graph), lab.nodes.len(), other, self.left);
        Ok(all[next])
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
}

/// Whether an area shows the same graph, and as many figures, with a line less. It follows from how many
/// nodes there are, their names, and the links that the layout asks for.
pub fn can_spare_a_line(lab: &LabView, area: Rect) -> bool {
    let links = lab.lasting_links().map(|ends| (ends.0.0, ends.1.0));
    let view = NetworkView {
        ring: Ring::in_no_order(lab.nodes.len(), &links.collect()),
        map: Map::new(lab),
        ..NetworkView::default()
    };
    let shape = |area: Rect| {
        let (graph, panel, is_upright) = view.divide(lab, area);
        let lines = panel.map(|panel| if is_upright { 0 } else { panel.height });
        let places = view.places(lab, graph);
        (lines, places.map(|places| (places.shape, places.is_tight)))
    };
    let less = Rect {
        height: area.height.saturating_sub(1),
        ..area
    };
    shape(area) == shape(less)
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
