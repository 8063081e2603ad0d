//! A node of the graph: a box, or a line of words where there are many, in the box of its region if
//! there are such (`regions`).
//!
//! ```text
//! ╭ 1 central ──────────╮
//! │ #12 [a9]     MINING │        1 central #12 [a9] MINING
//! ╰─────────── group A ─╯
//! ```

use super::graph::put;
use super::look::Kind;
use super::places::{Places, Shape};
use super::regions::{CHIP, HEIGHT, LETTERS, NUMBER, Quarter, SIGN};
use super::sight::Sight;
use crate::lab::LabView;
use crate::lab::view::{LinkView, NodeState, NodeView};
use crate::node::NodeIx;
use crate::ui::text::{self, Row, short_name};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

/// Columns of a line that are not its name, at least: number, chip, a letter or two.
const NOT_NAME: u16 = 13;

/// Draws all nodes, and the boxes of their regions.
pub fn render_all(buffer: &mut Buffer, sight: Sight<'_>, places: &Places) {
    for quarter in &places.quarters {
        region(buffer, sight, quarter);
    }
    for ix in (0..sight.scene.lab.nodes.len()).map(NodeIx) {
        render(buffer, sight, places, ix);
    }
}

/// About how many columns each node's words take: its number, name, height and chip. Lines of the
/// graph begin there, whatever else is said for a moment.
pub fn likely_words(lab: &LabView) -> Vec<u16> {
    let nodes = (1..).zip(&lab.nodes);
    let columns = nodes.map(|(number, node): (usize, _)| {
        // Not the node's own height: lines would move whenever that has a digit more.
        let words = format!("{number} {} #1234 [..]", node.name);
        u16::try_from(words.chars().count()).unwrap_or(u16::MAX)
    });
    columns.collect()
}

/// Draws a node.
fn render(buffer: &mut Buffer, sight: Sight<'_>, places: &Places, ix: NodeIx) {
    let lab = sight.scene.lab;
    let (Some(node), Some(spot)) = (lab.node(ix), places.spots.get(ix.0)) else {
        return;
    };
    match places.shape {
        Shape::Boxed(_) => boxed(buffer, sight, ix, node, *spot),
        Shape::Region => put(buffer, *spot, in_region(sight, places, ix, node)),
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

/// What each node fills, or each region.
pub fn extents(sight: Sight<'_>, places: &Places) -> Vec<Rect> {
    if !places.quarters.is_empty() {
        return places.boxes();
    }
    let spots = places.spots.iter().enumerate();
    let areas = spots.map(|(at, spot)| match places.shape {
        Shape::Boxed(_) | Shape::Region => *spot,
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
        .border_set(
            match node
                .snapshot
                .as_ref()
                .is_some_and(|seen| seen.program.is_some())
            {
                true => theme.program_border(),
                false => theme.border(),
            },
        )
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

/// The box of a region, with its name, and the letter of its group if that is one.
fn region(buffer: &mut Buffer, sight: Sight<'_>, quarter: &Quarter) {
    let theme = sight.scene.theme;
    let is_focused = quarter.nodes.contains(&sight.scene.viewer.focus);
    let style = match is_focused {
        true => theme.strong(),
        false => theme.dim(),
    };
    let room = usize::from(quarter.area.width).saturating_sub(4);
    let name = short_name(&quarter.name, room, theme.cut());
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(style)
        .title(padded(vec![Span::styled(name, theme.strong())]));
    if let Some(group) = common_group(sight, quarter) {
        let words = Span::styled(format!("group {group}"), theme.warn());
        block = block.title_bottom(padded(vec![words]).right_aligned());
    }
    let is_shut = |link: &&LinkView| {
        let (a, b) = link.ends;
        let touches = quarter.nodes.contains(&a) || quarter.nodes.contains(&b);
        touches && Kind::of(link, sight.usual) > Kind::Apart
    };
    let shut = sight.scene.lab.links.iter().filter(is_shut).count();
    if shut > 0 {
        let words = Span::styled(format!("{} {shut} shut", Kind::Cut.sign()), theme.bad());
        block = block.title_bottom(padded(vec![words]));
    }
    Clear.render(quarter.area, buffer);
    block.render(quarter.area, buffer);
}

/// The letter of the group that all of a region are in.
fn common_group(sight: Sight<'_>, quarter: &Quarter) -> Option<char> {
    let mut groups = quarter.nodes.iter().map(|ix| sight.group(*ix));
    let first = groups.next()??;
    groups.all(|group| group == Some(first)).then_some(first)
}

/// A node's line in the box of its region. Before its name stands what its link with the focused
/// node is like.
fn in_region(sight: Sight<'_>, places: &Places, ix: NodeIx, node: &NodeView) -> Vec<Span<'static>> {
    let (scene, theme) = (sight.scene, sight.scene.theme);
    let style = match (ix == scene.viewer.focus, node.state.is_up()) {
        _ if scene.is_lit(ix) => theme.lit(),
        (true, _) => theme.focus(),
        (false, true) => theme.text(),
        (false, false) => theme.faint(),
    };
    let width = places.spots.get(ix.0).map_or(0, |spot| spot.width);
    let room = width.saturating_sub(SIGN + NUMBER + 1 + HEIGHT + CHIP + LETTERS);
    let room = usize::from(room);
    let name = short_name(&node.name, room, theme.cut());
    let name = format!("{:>2} {name:<room$} ", ix.0 + 1);
    let mut spans = vec![link_sign(sight, ix), Span::styled(name, style)];
    spans.extend(tip_or_badge(sight, node));
    let is_mixed = places.quarter_of(ix).and_then(|at| places.quarters.get(at));
    let is_mixed = is_mixed.is_some_and(|quarter| common_group(sight, quarter).is_none());
    if let Some(group) = sight.group(ix).filter(|_| is_mixed) {
        let gap = usize::from(width).saturating_sub(text::width(&spans) + 1);
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(group.to_string(), theme.warn()));
    }
    spans
}

/// What the link of a node with the focused one is like, as a sign.
fn link_sign(sight: Sight<'_>, ix: NodeIx) -> Span<'static> {
    let (scene, theme) = (sight.scene, sight.scene.theme);
    let focus = scene.viewer.focus;
    let ends = (ix.min(focus), ix.max(focus));
    let link = scene.lab.links.iter().find(|link| link.ends == ends);
    match link {
        _ if ix == focus => Span::styled(theme.pointer(), theme.focus()),
        None => Span::raw(" "),
        Some(link) => {
            let kind = Kind::of(link, sight.usual);
            let style = match sight.chosen == Some(ends) {
                true => theme.focus(),
                false => kind.style(theme),
            };
            Span::styled(kind.sign(), style)
        }
    }
}

/// The tip of a node, and the first letter of what is the matter with it; of one that does not run
/// that alone.
fn tip_or_badge(sight: Sight<'_>, node: &NodeView) -> Vec<Span<'static>> {
    let (scene, theme) = (sight.scene, sight.scene.theme);
    let after = usize::from(HEIGHT + CHIP);
    match (node.snapshot.as_ref(), badge(sight, node)) {
        (Some(snapshot), badge) if node.state.is_up() => {
            let height = match scene.is_new(node) {
                true => theme.strong(),
                false => theme.dim(),
            };
            let words = format!("#{}", snapshot.tip.height);
            let columns = usize::from(HEIGHT);
            let chip = scene.chip(snapshot.tip);
            let gap = usize::from(CHIP).saturating_sub(chip.width());
            let mut spans = vec![
                Span::styled(format!("{words:<columns$}"), height),
                chip,
                Span::raw(" ".repeat(gap)),
            ];
            if let Some(badge) = badge {
                let letter = badge.short.get(..1).unwrap_or_default();
                spans.push(Span::styled(letter, badge.style));
            }
            spans
        }
        (_, Some(badge)) => vec![Span::styled(format!("{:<after$}", badge.long), badge.style)],
        (_, None) => vec![Span::raw(" ".repeat(after))],
    }
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
    match (scene.is_new(node), tip, scene.viewer.focus == ix) {
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
    let is_focused = sight.scene.viewer.focus == ix;
    let number = (ix.0 + 1).to_string();
    let pointer = match is_focused {
        true => theme.pointer(),
        false => "",
    };
    let used = number.len() + 1 + pointer.chars().count();
    let name = short_name(&node.name, room.saturating_sub(used), theme.cut());
    let style = match (is_focused, node.state.is_up()) {
        _ if sight.scene.is_lit(ix) => theme.lit(),
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
    if !snapshot.is_seen() {
        return badge("AWAY", "AWAY", theme.bad());
    }
    if snapshot.sync.is_some() {
        return badge("SYNCING", "SYNC", theme.warn());
    }
    if snapshot
        .mining
        .as_ref()
        .is_some_and(|mining| mining.withheld > 0)
    {
        return badge("PRIVATE", "P", theme.warn());
    }
    let mines = snapshot.mines_at().is_some();
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
