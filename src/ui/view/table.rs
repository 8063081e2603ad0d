//! Many nodes: a line each.
//!
//! ```text
//!    node        port   height        age   mempool  peers  mining          wallets
//!  1 n1          3000   12 [a9]       3 s   1        4      14.0 kH/s       10
//! ```

use super::plan::Plan;
use super::scene::Scene;
use crate::chain::Amount;
use crate::lab::NodeIx;
use crate::lab::view::{NodeState, NodeView};
use crate::node::snapshot::NodeSnapshot;
use crate::ui::text::{self, short_name};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// Columns with their widths; those at the end are left out first when there is no room.
const COLUMNS: [(&str, usize); 9] = [
    ("", 3),
    ("node", 14),
    ("height", 12),
    ("mempool", 9),
    ("peers", 7),
    ("state", 10),
    ("age", 8),
    ("wallets", 16),
    ("hash rate", 12),
];

/// Blocks at the end of a line, where there is room.
const CHIPS: usize = 32;

/// Draws the table.
pub fn render(frame: &mut Frame<'_>, plan: &Plan, scene: Scene<'_>) {
    let theme = scene.theme;
    let (page, pages) = plan.page;
    let mut title = format!(" {} nodes ", scene.lab.nodes.len());
    if pages > 1 {
        title = format!(
            " {} nodes, page {} of {pages} ",
            scene.lab.nodes.len(),
            page + 1
        );
    }
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(title, theme.strong()));
    let inner = block.inner(plan.body);
    frame.render_widget(block, plan.body);
    let columns = fitting(usize::from(inner.width));
    let head = COLUMNS[..columns].iter();
    let head = head.map(|(name, width)| Span::styled(format!("{name:<width$}"), theme.dim()));
    frame.render_widget(
        Line::from(head.collect::<Vec<_>>()),
        Rect {
            height: 1.min(inner.height),
            ..inner
        },
    );
    for (at, (ix, area)) in plan.cells.iter().enumerate() {
        let Some(node) = scene.lab.node(*ix) else {
            continue;
        };
        let line = row(scene, *ix, node, at + 1, columns, usize::from(inner.width));
        frame.render_widget(line, *area);
    }
}

/// How many columns fit.
fn fitting(room: usize) -> usize {
    let mut used = 0;
    let fits = |(_, width): &&(&str, usize)| {
        used += width;
        used <= room
    };
    COLUMNS.iter().take_while(fits).count()
}

fn row(
    scene: Scene<'_>,
    ix: NodeIx,
    node: &NodeView,
    nth: usize,
    columns: usize,
    room: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let is_focused = scene.ui.focus == ix;
    let base = if node.state.is_up() {
        theme.text()
    } else {
        theme.faint()
    };
    let nth = if nth <= 9 {
        nth.to_string()
    } else {
        String::new()
    };
    let pointer = if is_focused { theme.pointer() } else { " " };
    let name_style = if is_focused { theme.focus() } else { base };
    let mut cells = vec![
        vec![Span::styled(format!("{pointer}{nth}"), theme.key())],
        vec![Span::styled(
            short_name(&node.name, 13, theme.cut()),
            name_style,
        )],
    ];
    match &node.snapshot {
        Some(snapshot) => cells.extend(figures(scene, node, snapshot, base)),
        None => cells.push(vec![Span::styled(node.state.to_string(), theme.dim())]),
    }
    let mut line = Vec::new();
    for (cell, (_, width)) in cells.into_iter().zip(&COLUMNS[..columns]) {
        let used = text::width(&cell);
        if used < *width {
            line.extend(cell);
            line.push(Span::raw(" ".repeat(width - used)));
        } else {
            line.push(Span::raw(" ".repeat(*width)));
        }
    }
    let left = room.saturating_sub(text::width(&line) + 1);
    if let Some(snapshot) = node.snapshot.as_ref().filter(|_| left > 4) {
        let from = snapshot.recent.len().saturating_sub(CHIPS);
        line.extend(scene.chip_row(&snapshot.recent[from..], left));
    }
    Line::from(line)
}

fn figures(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    base: Style,
) -> Vec<Vec<Span<'static>>> {
    let theme = scene.theme;
    let plain = |words: String| vec![Span::styled(words, base)];
    let mut height = plain(format!("{} ", snapshot.tip.height));
    height.push(scene.chip(snapshot.tip));
    let ready = snapshot.ready_peers().count();
    let age = scene.tip_age(snapshot);
    let totals = snapshot.wallets.iter().map(super::pane::total);
    let wealth = Amount::checked_sum(totals).map_or_else(String::new, |sum| sum.to_string());
    let wealth = if snapshot.wallets.is_empty() {
        String::new()
    } else {
        wealth
    };
    let is_mining = snapshot.mining.height.is_some();
    let (state, style) = match &node.state {
        NodeState::Up if snapshot.sync.is_some() => ("SYNCING", theme.warn()),
        NodeState::Up if snapshot.mining.withheld > 0 => ("PRIVATE", theme.warn()),
        NodeState::Up if is_mining => ("MINING", theme.badge()),
        NodeState::Up => ("", base),
        NodeState::Starting => ("STARTING", theme.warn()),
        NodeState::Stopping => ("STOPPING", theme.warn()),
        NodeState::Down | NodeState::Gone => ("DOWN", theme.bad()),
        NodeState::Failed(_) => ("FAILED", theme.bad()),
    };
    let rate = if is_mining {
        text::rate(snapshot.mining.hashrate)
    } else {
        String::new()
    };
    vec![
        height,
        plain(snapshot.mempool.count.to_string()),
        plain(ready.to_string()),
        vec![Span::styled(state, style)],
        plain(age),
        plain(wealth),
        plain(rate),
    ]
}
