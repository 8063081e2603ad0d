//! A node's pane.
//!
//! ```text
//! ╭ 3 miner ───────────────────── MINING ╮
//! │ height  12  [a9]  ..31f07ca9  3 s    │
//! │ blocks   [20][d1][77][0b][c4][9f][a9]│
//! │ mempool  1 tx   0.2 kB               │
//! │ peers    1   central 160 ms          │
//! │ mining   #13  14.0 kH/s  ~5 s  ▃▅▂▇  │
//! │ wallets  rewards 120                 │
//! │ ── log ───────────────────────────── │
//! │ mined #12 [a9]  1 tx          +00:39 │
//! ╰──────────────────────────────────────╯
//! ```
//!
//! Every row has its place, whatever the node does: what it has nothing to say about is `-`, so that
//! rows of panes beside each other can be compared. A low pane says the same in fewer lines.

mod figures;
mod light;
mod mining;
mod parts;
mod program;
mod wallets;

pub use wallets::first_wallets;

use crate::lab::observe::node_log::LogLine;
use crate::lab::view::{NodeState, NodeView};
use crate::node::NodeIx;
use crate::node::config::Strategy;
use crate::node::io::words::Piece;
use crate::node::snapshot::{LightInfo, MiningInfo, ProgramInfo};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row, short_name};
use crate::ui::widgets::scene::Scene;
use figures::{blocks, compact, height, mempool, peers, reorganised};
use mining::{mining, mining_words};
use program::program;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use wallets::wallets;

pub(super) use figures::{chip_width, gauge};
pub(super) use parts::NONE;

/// Inner lines from which on everything has a line of its own.
const FULL: u16 = 8;

/// The least lines of a pane in which everything has a line of its own, and there are two of log.
pub const LINES: u16 = FULL + 2;

/// The least lines of one of those that stand one above the other, as wide as the screen.
pub const STACKED: u16 = 5;

/// Lines of a pane of which each is of use: some of log, and two of wallets.
pub const TALL: u16 = 16;

/// The same on a tall screen: three lines of wallets, and more of log.
pub const TALLEST: u16 = 19;

/// Draws the pane of a node.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, ix: NodeIx) {
    let Some(node) = scene.lab.node(ix) else {
        return;
    };
    let inner_lines = area.height.saturating_sub(2);
    let block = border(scene, ix, node, area, inner_lines >= FULL);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    // A column of air on each side.
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
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

fn border<'a>(
    scene: Scene<'_>,
    ix: NodeIx,
    node: &NodeView,
    area: Rect,
    is_full: bool,
) -> Block<'a> {
    let theme = scene.theme;
    let is_focused = scene.viewer.focus == ix;
    let is_new = scene.is_new(node);
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
    let badges = badges(scene, node, is_focused, is_new, is_full);
    let title = title(scene, ix, node, is_focused, room);
    let badges = badges.fit_spans(room.saturating_sub(title.width() + 3));
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
        .title(pad(vec![title]))
        .title(pad(badges).right_aligned())
}

/// The number and the name, which leaves room for a word.
fn title(
    scene: Scene<'_>,
    ix: NodeIx,
    node: &NodeView,
    is_focused: bool,
    room: usize,
) -> Span<'static> {
    const WORD: usize = 14;
    let theme = scene.theme;
    let style = match (node.state.is_up(), is_focused) {
        _ if scene.is_lit(ix) => theme.lit(),
        (false, _) => theme.faint(),
        (true, true) => theme.focus(),
        (true, false) => theme.strong(),
    };
    let number = format!("{} ", ix.0 + 1);
    let room = room.saturating_sub(WORD + number.len()).max(8);
    let name = short_name(&node.name, room, theme.cut());
    Span::styled(number + &name, style)
}

/// What a node that does not run is, and what helps.
pub(super) fn absence(scene: Scene<'_>, node: &NodeView) -> Option<Row> {
    let theme = scene.theme;
    let key = scene.viewer.keymap.key_of(Action::Kill);
    let starts = format!("{key} starts it");
    let row = Row::new();
    Some(match &node.state {
        NodeState::Up => return None,
        NodeState::Starting => row.text(0, 1, "STARTING", theme.warn()),
        NodeState::Stopping => row.text(0, 1, "STOPPING", theme.warn()),
        NodeState::Down => row
            .text(0, 1, "DOWN", theme.bad())
            .text(2, 2, starts, theme.warn()),
        NodeState::Failed(_) => {
            row.text(0, 1, "FAILED", theme.bad())
                .text(2, 2, starts, theme.warn())
        }
        NodeState::Gone => {
            row.text(0, 1, "GONE", theme.bad())
                .text(2, 2, "no answer", theme.warn())
        }
    })
}

/// What there is to say in a word or two.
fn badges(scene: Scene<'_>, node: &NodeView, is_focused: bool, is_new: bool, is_full: bool) -> Row {
    let theme = scene.theme;
    let mut row = absence(scene, node).unwrap_or_default();
    if is_new {
        row = row.text(1, 1, "NEW", theme.badge());
    }
    let snapshot = node.snapshot.as_ref().filter(|_| node.state.is_up());
    if let Some(snapshot) = snapshot {
        if !snapshot.is_seen() {
            row = row.text(1, 1, "AWAY", theme.bad());
        }
        let reorganised = reorganised(scene, node);
        if !is_full && !reorganised.is_empty() {
            row = row.part(4, 1, reorganised);
        }
        if snapshot.light.is_some() {
            row = row.text(2, 1, "LIGHT", theme.badge());
        }
        if snapshot.attack.is_some() {
            row = row.text(1, 1, "ATTACKER", theme.bad());
        }
        if snapshot.sync.is_some() {
            row = row.text(1, 1, "SYNCING", theme.warn());
        }
        if let Some(words) = snapshot.mining.as_ref().and_then(withholding) {
            row = row.text(1, 1, words, theme.warn());
        }
        if snapshot.mines_at().is_some() {
            row = row.text(2, 1, "MINING", theme.badge());
        }
        // Where it has no line of its own.
        if !is_full && let Some(words) = mining_words(snapshot) {
            row = row.text(5, 1, words, theme.text());
        }
    }
    if is_focused {
        row = row.text(3, 1, "focused", theme.focus());
    }
    row
}

fn lines(scene: Scene<'_>, node: &NodeView, room: usize, height: u16) -> Vec<Line<'static>> {
    let mut lines = match height >= FULL {
        true => full(scene, node, room, height),
        false => vec![compact(scene, node, room)],
    };
    lines.extend(wallets(scene, node, room, wallet_lines(height)));
    if height > FULL {
        lines.push(rule(scene, room));
    }
    let left = usize::from(height).saturating_sub(lines.len());
    lines.extend(log(scene, node, room, left));
    lines
}

/// How many lines wallets have, used or not.
fn wallet_lines(height: u16) -> usize {
    match height {
        0..12 => 1,
        12..17 => 2,
        _ => 3,
    }
}

fn full(scene: Scene<'_>, node: &NodeView, room: usize, lines: u16) -> Vec<Line<'static>> {
    debug_assert!(lines >= FULL, "a line for each");
    vec![
        height(scene, node, room),
        blocks(scene, node, room),
        match light_info(node) {
            Some(seen) => light::payments(scene, node, seen, room),
            None => mempool(scene, node, room),
        },
        peers(scene, node, room),
        match (program_info(node), light_info(node)) {
            (Some(seen), _) => program(scene, node, seen, room),
            (None, Some(seen)) => light::light(scene, node, seen, room),
            (None, None) => mining(scene, node, room),
        },
    ]
}

fn program_info(node: &NodeView) -> Option<&ProgramInfo> {
    node.snapshot.as_ref()?.program.as_deref()
}

fn light_info(node: &NodeView) -> Option<&LightInfo> {
    node.snapshot.as_ref()?.light.as_deref()
}

/// What happened last, the newest first; of a node that failed first of all why.
fn log(scene: Scene<'_>, node: &NodeView, room: usize, rows: usize) -> Vec<Line<'static>> {
    let why = match &node.state {
        NodeState::Failed(why) => Some(&**why),
        _ => None,
    };
    let style = scene.theme.bad();
    let reasons = why.map_or_else(Vec::new, |why| text::wrap(why, room));
    let reasons = reasons.into_iter().map(|row| Line::styled(row, style));
    let news = node.log_lines().rev();
    let news = news.filter(|line| why.is_none_or(|why| !says(line, why)));
    let news = news.map(|line| scene.pane_line(line, room));
    reasons.chain(news).take(rows).collect()
}

/// Whether a line is about this reason.
fn says(line: &LogLine, why: &str) -> bool {
    let mut pieces = line.pieces.iter();
    pieces.any(|piece| matches!(piece, Piece::Text(words) if words.contains(why)))
}

fn rule(scene: Scene<'_>, room: usize) -> Line<'static> {
    let sign = scene.theme.rule();
    let title = format!("{} log ", sign.repeat(2));
    let rest = room.saturating_sub(title.chars().count());
    Line::styled(title + &sign.repeat(rest), scene.theme.dim())
}

/// That a miner keeps what it finds to itself, and how much that is by now.
pub(super) fn withholding(mining: &MiningInfo) -> Option<String> {
    match (mining.strategy, mining.withheld) {
        (Strategy::Honest, _) => None,
        (Strategy::Selfish(_), 0) => Some("WITHHOLDS".to_owned()),
        (Strategy::Selfish(_), count) => Some(format!("WITHHOLDS {count}")),
    }
}
