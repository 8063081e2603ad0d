//! A node of the graph: a box, or a line of words where there are many.
//!
//! ```text
//! ╭ 1 central ──────────╮
//! │ #12 [a9]     MINING │        1 central #12 [a9] MINING
//! ╰─────────── group A ─╯
//! ```

use super::Sight;
use super::graph::put;
use super::places::{Places, Shape};
use crate::lab::NodeIx;
use crate::lab::view::{NodeState, NodeView};
use crate::ui::text::{self, Row, short_name};
use crate::ui::view::pane::NEW_FOR;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

/// Columns of a line that are not its name, at least: number, chip, a letter or two.
const NOT_NAME: u16 = 13;

/// Draws a node.
pub fn render(buffer: &mut Buffer, sight: Sight<'_>, places: &Places, ix: NodeIx) {
    let lab = sight.scene.lab;
    let (Some(node), Some(spot)) = (lab.node(ix), places.spots.get(ix.0)) else {
        return;
    };
    match places.shape {
        Shape::Boxed(_) => boxed(buffer, sight, ix, node, *spot),
        Shape::Line(width) => {
            let spans = words(sight, ix, node, width);
            let at = extent(*spot, text::width(&spans));
            // A column of air on each side, or a line would run into a figure.
            let x = at.x.saturating_sub(1);
            let width = at.width + 1 + (at.x - x);
            Clear.render(Rect { x, width, ..at }.intersection(*buffer.area()), buffer);
            put(buffer, at, spans);
        }
    }
}

/// What each node fills, by its number.
pub fn extents(sight: Sight<'_>, places: &Places) -> Vec<Rect> {
    let spots = places.spots.iter().enumerate();
    let areas = spots.map(|(at, spot)| match places.shape {
        Shape::Boxed(_) => *spot,
        Shape::Line(width) => {
            let node = sight.scene.lab.node(NodeIx(at));
            let spans = node.map(|node| words(sight, NodeIx(at), node, width));
            extent(*spot, text::width(&spans.unwrap_or_default()))
        }
    });
    areas.collect()
}

/// So many columns of a place. Words begin where they begin: they do not jump when there are more.
fn extent(spot: Rect, width: usize) -> Rect {
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(spot.width);
    Rect { width, ..spot }
}

fn boxed(buffer: &mut Buffer, sight: Sight<'_>, ix: NodeIx, node: &NodeView, area: Rect) {
    let scene = sight.scene;
    let theme = scene.theme;
    let room = usize::from(area.width).saturating_sub(4);
    let title = name(sight, ix, node, room);
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(border(sight, ix, node))
        .title(padded(title));
    if let Some(group) = sight.group(ix) {
        let words = Span::styled(format!("group {group}"), theme.warn());
        block = block.title_bottom(padded(vec![words]).right_aligned());
    }
    let inner = block.inner(area);
    Clear.render(area, buffer);
    block.render(area, buffer);
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let left = tip.map(|tip| scene.block(tip)).unwrap_or_default();
    let badge = badge(sight, node).map(|badge| vec![Span::styled(badge.long, badge.style)]);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let line = text::ends(left, badge.unwrap_or_default(), usize::from(inner.width));
    line.style(body(sight, node)).render(inner, buffer);
}

fn padded(mut spans: Vec<Span<'static>>) -> Line<'static> {
    spans.insert(0, Span::raw(" "));
    spans.push(Span::raw(" "));
    Line::from(spans)
}

fn body(sight: Sight<'_>, node: &NodeView) -> Style {
    match node.state.is_up() {
        true => sight.scene.theme.text(),
        false => sight.scene.theme.faint(),
    }
}

fn border(sight: Sight<'_>, ix: NodeIx, node: &NodeView) -> Style {
    let (scene, theme) = (sight.scene, sight.scene.theme);
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let changed = node.tip_changed.filter(|_| node.state.is_up());
    let is_new = changed.is_some_and(|at| scene.lab.now.since(at) < NEW_FOR);
    match (is_new, tip, scene.ui.focus == ix) {
        (true, Some(tip), _) => {
            let ink = scene.chip_ink(tip);
            ink.add_modifier(Modifier::BOLD)
        }
        (_, _, true) => theme.focus(),
        _ if node.state.is_up() => theme.dim(),
        _ => theme.faint(),
    }
}

/// Number and name; the focused one is pointed at.
fn name(sight: Sight<'_>, ix: NodeIx, node: &NodeView, room: usize) -> Vec<Span<'static>> {
    let theme = sight.scene.theme;
    let is_focused = sight.scene.ui.focus == ix;
    let number = (ix.0 + 1).to_string();
    let pointer = match is_focused {
        true => theme.pointer(),
        false => "",
    };
    let used = number.len() + 1 + pointer.chars().count();
    let name = short_name(&node.name, room.saturating_sub(used), theme.cut());
    let style = match (is_focused, node.state.is_up()) {
        (true, _) => theme.focus(),
        (false, true) => theme.strong(),
        (false, false) => theme.faint(),
    };
    vec![Span::styled(format!("{pointer}{number} {name}"), style)]
}

/// What there is to say of a node in a word, and in a letter.
struct Badge {
    long: &'static str,
    short: &'static str,
    style: Style,
}

fn badge(sight: Sight<'_>, node: &NodeView) -> Option<Badge> {
    let theme = sight.scene.theme;
    let badge = |long, short, style| Some(Badge { long, short, style });
    match &node.state {
        NodeState::Up => {}
        NodeState::Starting => return badge("STARTING", "START", theme.warn()),
        NodeState::Stopping => return badge("STOPPING", "STOP", theme.warn()),
        NodeState::Down | NodeState::Gone => return badge("DOWN", "DOWN", theme.bad()),
        NodeState::Failed(_) => return badge("FAILED", "FAIL", theme.bad()),
    }
    let snapshot = node.snapshot.as_ref()?;
    if snapshot.sync.is_some() {
        return badge("SYNCING", "SYNC", theme.warn());
    }
    if snapshot.mining.withheld > 0 {
        return badge("PRIVATE", "P", theme.warn());
    }
    let mines = snapshot.mining.height.is_some();
    mines.then_some(Badge {
        long: "MINING",
        short: "M",
        style: theme.badge(),
    })
}

/// A node in a line.
fn words(sight: Sight<'_>, ix: NodeIx, node: &NodeView, width: u16) -> Vec<Span<'static>> {
    let room = usize::from(width);
    let long = line(sight, ix, node, width, true);
    let spans = long.fit_spans(room);
    let has_badge = |spans: &[Span<'_>]| {
        let badge = badge(sight, node);
        badge.is_none_or(|badge| spans.iter().any(|span| span.content == badge.long))
    };
    match has_badge(&spans) {
        true => spans,
        false => line(sight, ix, node, width, false).fit_spans(room),
    }
}

fn line(sight: Sight<'_>, ix: NodeIx, node: &NodeView, width: u16, is_long: bool) -> Row {
    let scene = sight.scene;
    let room = usize::from(width.saturating_sub(NOT_NAME)).max(6);
    let mut row = Row::new().part(0, 0, name(sight, ix, node, room + 4));
    if let Some(snapshot) = node.snapshot.as_ref().filter(|_| node.state.is_up()) {
        let height = format!("#{}", snapshot.tip.height);
        row = row.text(4, 1, height, scene.theme.text());
        row = row.part(2, 1, vec![scene.chip(snapshot.tip)]);
    }
    if let Some(badge) = badge(sight, node) {
        let words = if is_long { badge.long } else { badge.short };
        row = row.text(if is_long { 3 } else { 1 }, 1, words, badge.style);
    }
    match sight.group(ix) {
        Some(group) => row.text(1, 1, group.to_string(), scene.theme.warn()),
        None => row,
    }
}
