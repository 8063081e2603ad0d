//! A node's figures: its chain, what waits, who is connected.

use super::parts::{LABEL, NONE, label, none, running};
use crate::chain::Amount;
use crate::lab::view::NodeView;
use crate::node::BlockId;
use crate::node::snapshot::{NodeSnapshot, SyncInfo};
use crate::ui::text::{self, Row, short_name};
use crate::ui::widgets::scene::Scene;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// How long a pane names a reorganisation.
const REORG_FOR: Duration = Duration::from_secs(20);

/// The last block, also of a node that does not run: it is on its disk.
pub(super) fn height(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let Some(snapshot) = &node.snapshot else {
        return none(scene, "height");
    };
    let row = Row::new()
        .part(0, 0, height_spans(scene, snapshot))
        .part(1, 2, reorganised(scene, node))
        .text(
            4,
            2,
            format!("..{}", snapshot.tip.hash.short()),
            theme.dim(),
        )
        .text(3, 2, scene.tip_age(snapshot), theme.text());
    row.fit(room)
}

/// The height and its chip, which stays in its place up to the thousandth block.
fn height_spans(scene: Scene<'_>, snapshot: &NodeSnapshot) -> Vec<Span<'static>> {
    let name = match snapshot.light {
        Some(_) => "headers",
        None => "height",
    };
    let width = LABEL + 1 - name.len();
    let height = format!(" {:>1$}", snapshot.tip.height, width - 1);
    vec![
        Span::styled(name, scene.theme.dim()),
        Span::styled(height, scene.theme.strong()),
        Span::raw("  "),
        scene.chip(snapshot.tip),
    ]
}

pub(super) fn reorganised(scene: Scene<'_>, node: &NodeView) -> Vec<Span<'static>> {
    match node.reorganised {
        Some((at, depth)) if scene.lab.now.since(at) < REORG_FOR => {
            vec![Span::styled(
                format!("reorg {depth} deep"),
                scene.theme.warn(),
            )]
        }
        _ => Vec::new(),
    }
}

/// The last blocks, the newest right; while it catches up, how far it has come.
pub(super) fn blocks(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let name = label(scene, "blocks");
    let left = room.saturating_sub(name.width());
    let spans = match (&node.snapshot, running(node)) {
        (_, Some(running)) if running.sync.is_some() => gauge(scene, node, left),
        (Some(snapshot), _) => scene.chip_row(&snapshot.recent, left),
        (None, _) => return none(scene, "blocks"),
    };
    let mut line = vec![name];
    line.extend(spans);
    Line::from(line)
}

/// How far a node that catches up has come; nothing if it does not.
pub(in crate::ui::views::panes) fn gauge(
    scene: Scene<'_>,
    node: &NodeView,
    room: usize,
) -> Vec<Span<'static>> {
    const BAR_MAX: usize = 20;
    const BAR_MIN: usize = 4;
    let theme = scene.theme;
    let Some((snapshot, sync)) = catching_up(node) else {
        return Vec::new();
    };
    let (done, target) = (snapshot.tip.height, sync.target.max(1));
    let missing = sync.target.saturating_sub(done);
    let figures = Row::new()
        .text(0, 0, format!("{done} of {}", sync.target), theme.strong())
        .part(1, 2, rate_left(scene, node, missing));
    let figures = figures.fit_spans(room);
    let mut spans = Vec::new();
    let bar = room.saturating_sub(text::width(&figures) + 1).min(BAR_MAX);
    if bar >= BAR_MIN {
        let share = f64::from(done.min(target)) / f64::from(target);
        let full = (0..bar)
            .filter(|at| (*at as f64 + 0.5) / (bar as f64) < share)
            .count();
        spans.push(Span::styled(theme.bar().repeat(full), theme.good()));
        spans.push(Span::styled(
            theme.bar_rest().repeat(bar - full) + " ",
            theme.dim(),
        ));
    }
    spans.extend(figures);
    spans
}

fn catching_up(node: &NodeView) -> Option<(&NodeSnapshot, &SyncInfo)> {
    let snapshot = running(node)?;
    Some((snapshot, snapshot.sync.as_ref()?))
}

/// Blocks a second, and how long the rest takes.
fn rate_left(scene: Scene<'_>, node: &NodeView, missing: u32) -> Vec<Span<'static>> {
    let Some(rate) = node.sync_rate.filter(|rate| *rate >= 0.1) else {
        return Vec::new();
    };
    let left = Duration::try_from_secs_f64(f64::from(missing) / rate);
    let left = left.map_or_else(|_| String::new(), |left| format!("  ~{}", text::age(left)));
    let words = format!("{rate:.0} blocks/s{left}");
    vec![Span::styled(words, scene.theme.text())]
}

pub(super) fn mempool(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let Some(snapshot) = running(node) else {
        return none(scene, "mempool");
    };
    let mempool = &snapshot.mempool;
    let count = Span::styled(format!("{} tx", mempool.count), theme.strong());
    let fees = mempool.shown.iter().map(|tx| tx.fee);
    let fees = fees
        .collect::<Option<Vec<_>>>()
        .and_then(Amount::checked_sum);
    let mut row = Row::new().part(0, 0, vec![label(scene, "mempool"), count]);
    if mempool.count > 0 {
        row = row.text(2, 3, text::size(mempool.bytes as u64), theme.text());
    }
    if let Some(fees) = fees.filter(|fees| !fees.is_zero() && mempool.count == mempool.shown.len())
    {
        row = row.text(3, 3, format!("fees {}", text::coins(fees)), theme.text());
    }
    row.fit(room)
}

/// All with their round trips, if that fits; else as many names as do.
pub(super) fn peers(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let Some(snapshot) = running(node).filter(|seen| seen.shows_peers()) else {
        return none(scene, "peers");
    };
    let count = snapshot.ready_peers().count().to_string();
    let head = vec![label(scene, "peers"), Span::styled(count, theme.strong())];
    let name = |name: &str| Span::styled(short_name(name, 12, theme.cut()), theme.text());
    let mut spans = head.clone();
    for (at, peer) in snapshot.ready_peers().enumerate() {
        spans.push(Span::raw(" ".repeat(if at == 0 { 3 } else { 2 })));
        spans.push(name(&peer.name));
        let round_trip = peer
            .round_trip
            .map(|time| format!(" {}", text::lapse(time)));
        spans.extend(round_trip.map(|time| Span::styled(time, theme.dim())));
    }
    if text::width(&spans) <= room {
        return Line::from(spans);
    }
    let row = (1_u8..100).zip(snapshot.ready_peers());
    let row = row.fold(Row::new().part(0, 0, head), |row, (nth, peer)| {
        row.part(nth, if nth == 1 { 3 } else { 2 }, vec![name(&peer.name)])
    });
    row.fit(room)
}

/// Height, blocks, mempool and peers in one line, each in its place.
pub(super) fn compact(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let (mempool, peers) = running(node).map_or((NONE.to_owned(), NONE.to_owned()), |running| {
        let peers = match running.shows_peers() {
            true => running.ready_peers().count().to_string(),
            false => NONE.to_owned(),
        };
        let mempool = match running.shows_mempool() {
            true => running.mempool.count.to_string(),
            false => NONE.to_owned(),
        };
        (mempool, peers)
    });
    let right = vec![
        Span::styled("mempool ", theme.dim()),
        Span::styled(format!("{mempool:>3}"), theme.strong()),
        Span::styled("  peers ", theme.dim()),
        Span::styled(format!("{peers:>2}"), theme.strong()),
    ];
    let mut left = match &node.snapshot {
        Some(snapshot) => height_spans(scene, snapshot),
        None => none(scene, "height").spans,
    };
    left.push(Span::styled("  blocks ", theme.dim()));
    let middle = room.saturating_sub(text::width(&left) + text::width(&right) + 2);
    match (&node.snapshot, catching_up(node)) {
        (_, Some(_)) => left.extend(gauge(scene, node, middle)),
        (Some(snapshot), None) => left.extend(scene.chip_row(&snapshot.recent, middle)),
        (None, None) => left.push(Span::styled(NONE, theme.dim())),
    }
    text::ends(left, right, room)
}

/// How many columns the widest of these chips takes.
pub(in crate::ui::views::panes) fn chip_width(
    scene: Scene<'_>,
    blocks: impl Iterator<Item = BlockId>,
) -> usize {
    /// Two digits.
    const LEAST: usize = 4;
    let widths = blocks.map(|id| scene.chip(id).width());
    widths.max().unwrap_or(LEAST).max(LEAST)
}
