//! A node's pane.
//!
//! ```text
//! ╭ 3 miner :3002 ─────────────── MINING ╮
//! │ height  12 [a9]  ..31f07ca9    3 s   │
//! │ mempool  1 tx   0.2 kB               │
//! │ peers    1   central 160 ms          │
//! │ mining  #13   14.0 kH/s   ~5 s  ▃▅▂▇ │
//! │ wallets  rewards 120                 │
//! │ blocks   [20][d1][77][0b][c4][9f][a9]│
//! │ ── log ───────────────────────────── │
//! │ +00:39 mined #12 [a9] 1 tx 10 coins  │
//! ╰──────────────────────────────────────╯
//! ```
//!
//! A low pane says the same in fewer lines.

mod figures;
mod mining;
mod wallets;

pub use wallets::total;

use super::scene::Scene;
use crate::lab::NodeIx;
use crate::lab::view::{NodeState, NodeView};
use crate::node::private::Strategy;
use crate::node::snapshot::{MiningInfo, NodeSnapshot};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row, short_name};
use figures::{chips, gauge, mempool, peers, reorganised, tip};
use mining::{mining, mining_spans, spaced};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use std::time::Duration;
use wallets::wallets;

/// How long a pane shows that its tip is new.
pub const NEW_FOR: Duration = Duration::from_secs(1);

/// Inner lines from which on everything has a line of its own.
const FULL_LINES: u16 = 6;

/// Columns of the names of figures.
const LABEL: usize = 9;

/// Draws the pane of a node, which is the nth of its page.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, ix: NodeIx, nth: usize) {
    let Some(node) = scene.lab.node(ix) else {
        return;
    };
    let block = border(scene, ix, node, nth, area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    // A column of air on each side, where there is one to spare.
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let lines = lines(scene, node, usize::from(inner.width), inner.height);
    let paragraph = Paragraph::new(lines);
    let paragraph = if node.state.is_up() {
        paragraph
    } else {
        paragraph.style(scene.theme.faint())
    };
    frame.render_widget(paragraph, inner);
}

/// Whether the tip changed a moment ago.
fn is_new(scene: Scene<'_>, node: &NodeView) -> bool {
    let changed = node.tip_changed.filter(|_| node.state.is_up());
    changed.is_some_and(|at| scene.lab.now.since(at) < NEW_FOR)
}

fn border<'a>(scene: Scene<'_>, ix: NodeIx, node: &NodeView, nth: usize, area: Rect) -> Block<'a> {
    let theme = scene.theme;
    let is_focused = scene.ui.focus == ix;
    let is_new = is_new(scene, node);
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let style = match (is_new, tip, is_focused) {
        (true, Some(tip), _) => scene
            .chip_ink(tip)
            .add_modifier(ratatui::style::Modifier::BOLD),
        (_, _, true) => theme.focus(),
        _ if node.state.is_up() => theme.dim(),
        _ => theme.faint(),
    };
    let room = usize::from(area.width).saturating_sub(4);
    let badges = badges(scene, node, is_focused, is_new);
    let title = title(scene, node, nth, is_focused);
    let badges = badges.fit_spans(room.saturating_sub(text::width(&title) + 3));
    let pad = |mut spans: Vec<Span<'static>>| {
        if !spans.is_empty() {
            spans.insert(0, Span::raw(" "));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    };
    Block::bordered()
        .border_set(theme.border())
        .border_style(style)
        .title(pad(title))
        .title(pad(badges).right_aligned())
}

fn title(scene: Scene<'_>, node: &NodeView, nth: usize, is_focused: bool) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let style = match (node.state.is_up(), is_focused) {
        (false, _) => theme.faint(),
        (true, true) => theme.focus(),
        (true, false) => theme.strong(),
    };
    let name = short_name(&node.name, 20, theme.cut());
    let mut spans = vec![Span::styled(format!("{nth} {name}"), style)];
    if let Some(addr) = node.addr {
        spans.push(Span::styled(format!(" :{}", addr.port()), theme.dim()));
    }
    spans
}

/// What there is to say in a word or two.
fn badges(scene: Scene<'_>, node: &NodeView, is_focused: bool, is_new: bool) -> Row {
    let theme = scene.theme;
    let mut row = Row::new();
    match &node.state {
        NodeState::Up => {}
        NodeState::Starting => row = row.text(0, 1, "STARTING", theme.warn()),
        NodeState::Stopping => row = row.text(0, 1, "STOPPING", theme.warn()),
        NodeState::Down | NodeState::Gone => row = row.text(0, 1, "DOWN", theme.bad()),
        NodeState::Failed(_) => row = row.text(0, 1, "FAILED", theme.bad()),
    }
    if is_new {
        row = row.text(1, 1, "NEW", theme.badge());
    }
    let snapshot = node.snapshot.as_ref().filter(|_| node.state.is_up());
    if snapshot.is_some_and(|snapshot| snapshot.sync.is_some()) {
        row = row.text(1, 1, "SYNCING", theme.warn());
    }
    if snapshot.is_some_and(|snapshot| snapshot.mining.height.is_some()) {
        row = row.text(2, 1, "MINING", theme.badge());
    }
    if let Some(words) = snapshot.and_then(|snapshot| withholding(&snapshot.mining)) {
        row = row.text(1, 1, words, theme.warn());
    }
    if is_focused {
        row = row.text(3, 1, "focused", theme.focus());
    }
    row
}

fn lines(scene: Scene<'_>, node: &NodeView, room: usize, height: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    lines.extend(why_not(scene, node, room, height));
    match &node.snapshot {
        None => lines.push(Line::styled("opening its database", scene.theme.dim())),
        Some(snapshot) if height >= FULL_LINES => {
            full(scene, node, snapshot, room, height, &mut lines);
        }
        Some(snapshot) => compact(scene, node, snapshot, room, &mut lines),
    }
    let left = usize::from(height).saturating_sub(lines.len());
    if height >= FULL_LINES + 3 && left >= 2 {
        lines.push(rule(scene, room));
    }
    let left = usize::from(height).saturating_sub(lines.len());
    let from = node.log.len().saturating_sub(left);
    let log = node.log[from..].iter();
    lines.extend(log.map(|line| Line::from(scene.log_line(line, room))));
    lines
}

/// Why it does not run, and what helps.
fn why_not(scene: Scene<'_>, node: &NodeView, room: usize, height: u16) -> Vec<Line<'static>> {
    let key = scene.ui.keymap.key_of(Action::Kill);
    let (words, style) = match &node.state {
        NodeState::Failed(why) => (format!("{why}; {key} starts it again"), scene.theme.bad()),
        NodeState::Down => (format!("{key} starts it again"), scene.theme.warn()),
        NodeState::Gone => {
            let words = "it runs elsewhere, and does not answer".to_owned();
            (words, scene.theme.warn())
        }
        _ => return Vec::new(),
    };
    let rows = text::wrap(&words, room).into_iter();
    let most = if height >= FULL_LINES { 4 } else { 1 };
    rows.take(most)
        .map(|row| Line::styled(row, style))
        .collect()
}

fn full(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    room: usize,
    height: u16,
    lines: &mut Vec<Line<'static>>,
) {
    lines.push(tip(scene, node, snapshot, room));
    if let Some(sync) = snapshot.sync.as_ref().filter(|_| node.state.is_up()) {
        lines.push(gauge(scene, node, snapshot, sync, room));
    }
    lines.push(mempool(scene, snapshot, room));
    // Of a node that is down these would only be what was.
    if node.state.is_up() {
        lines.push(peers(scene, snapshot, room));
        lines.extend(mining(scene, snapshot, room));
    }
    // The chips and some lines of log come before the fourth line of wallets.
    let spare = usize::from(height).saturating_sub(lines.len() + 2);
    lines.extend(wallets(scene, snapshot, room, (spare / 3).clamp(1, 8)));
    lines.push(chips(scene, snapshot, room));
}

fn compact(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    room: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let theme = scene.theme;
    let is_up = node.state.is_up();
    if let Some(sync) = snapshot.sync.as_ref().filter(|_| is_up) {
        lines.push(gauge(scene, node, snapshot, sync, room));
    } else {
        let mut height = vec![Span::styled("height ", theme.dim())];
        height.push(Span::styled(
            snapshot.tip.height.to_string() + " ",
            theme.strong(),
        ));
        height.push(scene.chip(snapshot.tip));
        let figure = |label: &str, figure: String| {
            vec![
                Span::styled(format!("{label} "), theme.dim()),
                Span::styled(figure, theme.text()),
            ]
        };
        let row = Row::new()
            .part(0, 0, height)
            .part(1, 2, figure("mempool", snapshot.mempool.count.to_string()))
            .part(4, 2, reorganised(scene, node));
        let row = match is_up {
            true => row
                .part(
                    2,
                    2,
                    figure("peers", snapshot.ready_peers().count().to_string()),
                )
                .part(3, 2, spaced(mining_spans(scene, snapshot))),
            false => row,
        };
        lines.push(row.fit(room));
    }
    lines.extend(wallets(scene, snapshot, room, 1));
}

fn label(scene: Scene<'_>, name: &str) -> Span<'static> {
    Span::styled(format!("{name:<LABEL$}"), scene.theme.dim())
}

fn rule(scene: Scene<'_>, room: usize) -> Line<'static> {
    let sign = scene.theme.rule();
    let title = format!("{} log ", sign.repeat(2));
    let rest = room.saturating_sub(title.chars().count() + 1);
    Line::styled(title + &sign.repeat(rest), scene.theme.dim())
}

/// That a miner keeps what it finds to itself, and how much that is by now.
fn withholding(mining: &MiningInfo) -> Option<String> {
    match (mining.strategy, mining.withheld) {
        (Strategy::Honest, _) => None,
        (Strategy::Withhold(_), 0) => Some("WITHHOLDS".to_owned()),
        (Strategy::Withhold(_), count) => Some(format!("WITHHOLDS {count}")),
    }
}
