//! The first line: which lab, which view, what time, and whether all agree.
//!
//! ```text
//!  chainlab  scenario   Lab Network Blocks Messages Log        lab +00:42    all agree on #12 [a9]   mempool 1   14.0 kH/s
//! ```

use super::scene::Scene;
use crate::lab::traffic::show_tx_rate;
use crate::lab::view::{NodeState, TipGroup};
use crate::node::mining::MiningMode;
use crate::node::snapshot::NodeSnapshot;
use crate::ui::state::View;
use crate::ui::text::{self, Row, counted};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeSet;

/// Tips that are told apart by name; of more, their number.
const TIPS_SHOWN: usize = 4;

/// Draws the header.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let left = |views| {
        Row::new()
            .text(1, 1, " chainlab", theme.focus())
            .text(4, 2, scene.lab.name.to_string(), theme.strong())
            .part(5, 3, views)
    };
    let clock = if scene.ui.is_wall_clock {
        format!("{} UTC", scene.moment(scene.now))
    } else {
        format!("lab {}", scene.moment(scene.now))
    };
    let right = Row::new()
        .text(2, 0, clock, theme.text())
        .text(1, 3, split(scene), theme.bad())
        .part(0, 3, consensus(scene))
        .text(3, 3, mempool(scene), theme.text())
        .text(3, 3, hashrate(scene), theme.text())
        .text(4, 3, traffic(scene), theme.text());
    let room = usize::from(area.width);
    // What it all agrees on is worth more than the names of views.
    let own = format!(" chainlab  {}   ", scene.lab.name);
    let right = right.fit_spans(room.saturating_sub(Span::raw(own).width() + 1));
    let room_left = room.saturating_sub(text::width(&right) + 3);
    let mut spans = left(views(scene)).fit_spans(usize::from(u16::MAX));
    if text::width(&spans) > room_left {
        spans = left(vec![shown_view(scene)]).fit_spans(room_left);
    }
    let mut right = right;
    right.push(Span::raw(" "));
    frame.render_widget(text::ends(spans, right, room), area);
}

fn views(scene: Scene<'_>) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for view in View::ALL {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        let is_shown = scene.ui.view == view && scene.ui.zoom.is_none();
        let style = if is_shown {
            scene.theme.chosen()
        } else {
            scene.theme.dim()
        };
        spans.push(Span::styled(view.name(), style));
    }
    if scene.ui.zoom.is_some() {
        spans.extend([Span::raw(" "), shown_view(scene)]);
    }
    spans
}

/// Where there is no room for all.
fn shown_view(scene: Scene<'_>) -> Span<'static> {
    let name = match scene.ui.zoom {
        Some(_) => "Zoom",
        None => scene.ui.view.name(),
    };
    Span::styled(name, scene.theme.chosen())
}

/// Whether all agree, in words.
fn consensus(scene: Scene<'_>) -> Vec<Span<'static>> {
    let tips = scene.lab.tips();
    match tips.as_slice() {
        [] => vec![Span::styled(nobody(scene), scene.theme.warn())],
        [one] => {
            let words = match one.nodes.len() {
                1 => "one node is on ",
                _ => "all agree on ",
            };
            let mut spans = vec![Span::styled(words, scene.theme.good())];
            spans.extend(scene.block(one.tip));
            spans
        }
        several => disagreement(scene, several),
    }
}

fn nobody(scene: Scene<'_>) -> &'static str {
    let mut states = scene.lab.nodes.iter().map(|node| &node.state);
    match states.any(|state| *state == NodeState::Starting) {
        true => "starting",
        false => "no node runs",
    }
}

fn disagreement(scene: Scene<'_>, tips: &[TipGroup]) -> Vec<Span<'static>> {
    let words = format!("{} tips", tips.len());
    let mut spans = vec![Span::styled(words, scene.theme.warn())];
    if tips.len() > TIPS_SHOWN {
        return spans;
    }
    let mut before = ": ";
    for group in tips {
        spans.push(Span::raw(before));
        spans.push(scene.chip(group.tip));
        let nodes = counted(group.nodes.len(), "node");
        spans.push(Span::raw(format!(" {nodes}")));
        before = ", ";
    }
    spans
}

/// That the network is split.
fn split(scene: Scene<'_>) -> &'static str {
    match scene.lab.partition {
        Some(_) => "SPLIT",
        None => "",
    }
}

/// What the lab pays by itself.
fn traffic(scene: Scene<'_>) -> String {
    let on = scene.lab.traffic.as_ref().filter(|traffic| traffic.is_on);
    on.map_or_else(String::new, |traffic| show_tx_rate(traffic.rate))
}

/// Different transactions that wait at any node.
fn mempool(scene: Scene<'_>) -> String {
    let snapshots = || scene.lab.running().map(|(_, snapshot)| snapshot);
    let shown = snapshots().flat_map(|snapshot| &snapshot.mempool.shown);
    let different: BTreeSet<_> = shown.map(|tx| tx.txid).collect();
    // Snapshots show the first hundred only.
    let most = snapshots().map(|snapshot| snapshot.mempool.count).max();
    let count = different.len().max(most.unwrap_or_default());
    format!("mempool {count}")
}

/// What all miners together try.
fn hashrate(scene: Scene<'_>) -> String {
    let is_mining = |snapshot: &&NodeSnapshot| snapshot.mining.height.is_some();
    let running = || scene.lab.running().map(|(_, snapshot)| snapshot);
    let mining = running();
    let sleeps = running().any(|node| node.mining.mode != MiningMode::Off);
    let mut rates = mining.filter(is_mining).map(|node| node.mining.hashrate);
    match rates.next() {
        None if sleeps => "miners sleep".to_owned(),
        None => "nobody mines".to_owned(),
        Some(first) => text::rate(rates.fold(first, |sum, rate| sum + rate)),
    }
}

/// A line that says that the screen is too small.
pub fn too_small(size: (u16, u16)) -> Line<'static> {
    let (width, height) = super::plan::SMALLEST;
    let long = format!(
        "chainlab needs {width}x{height}, this is {}x{}",
        size.0, size.1
    );
    let short = format!("{width}x{height}");
    let fits = |words: &String| words.chars().count() <= usize::from(size.0);
    let words = [long, format!("needs {short}"), short];
    Line::raw(words.into_iter().find(fits).unwrap_or_default())
}
