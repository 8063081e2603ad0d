//! A node's figures: its chain, what waits, who is connected.

use super::label;
use crate::chain::Amount;
use crate::lab::view::NodeView;
use crate::node::snapshot::{NodeSnapshot, SyncInfo};
use crate::ui::text::{self, Row, short_name};
use crate::ui::view::scene::Scene;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// How long a pane names a reorganisation.
const REORG_FOR: Duration = Duration::from_secs(20);

pub(super) fn tip(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    room: usize,
) -> Line<'static> {
    let theme = scene.theme;
    // The chip stays in its place up to the hundredth block.
    let height = Span::styled(format!("{:<2}", snapshot.tip.height), theme.strong());
    let row = Row::new()
        .part(0, 0, vec![label(scene, "height"), height])
        .part(0, 1, vec![scene.chip(snapshot.tip)])
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

/// How far a node that catches up has come.
pub(super) fn gauge(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    sync: &SyncInfo,
    room: usize,
) -> Line<'static> {
    const BAR_MAX: usize = 20;
    const BAR_MIN: usize = 4;
    let theme = scene.theme;
    let (done, target) = (snapshot.tip.height, sync.target.max(1));
    let label = label(scene, "syncing");
    let figures = Row::new()
        .text(0, 0, format!("{done} of {}", sync.target), theme.strong())
        .part(
            1,
            2,
            rate_left(scene, node, sync.target.saturating_sub(done)),
        );
    let figures = figures.fit_spans(room.saturating_sub(label.width()));
    let taken = label.width() + text::width(&figures) + 1;
    let mut spans = vec![label];
    let bar = room.saturating_sub(taken).min(BAR_MAX);
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
    Line::from(spans)
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

pub(super) fn mempool(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let mempool = &snapshot.mempool;
    let count = Span::styled(format!("{} tx", mempool.count), theme.strong());
    let fees = Amount::checked_sum(mempool.shown.iter().map(|tx| tx.fee));
    let mut row = Row::new().part(0, 0, vec![label(scene, "mempool"), count]);
    if mempool.count > 0 {
        row = row.text(2, 3, text::size(mempool.bytes as u64), theme.text());
    }
    if let Some(fees) = fees.filter(|fees| !fees.is_zero() && mempool.count == mempool.shown.len())
    {
        row = row.text(3, 3, format!("fees {fees}"), theme.text());
    }
    row.fit(room)
}

/// All with their round trips, if that fits; else as many names as do.
pub(super) fn peers(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
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

/// The last blocks, the newest right.
pub(super) fn chips(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let mut spans = vec![label(scene, "blocks")];
    let left = room.saturating_sub(text::width(&spans));
    spans.extend(scene.chip_row(&snapshot.recent, left));
    Line::from(spans)
}
