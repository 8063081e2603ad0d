//! What a node's miner does.

use super::LABEL;
use crate::node::mining::MiningMode;
use crate::node::snapshot::NodeSnapshot;
use crate::ui::text::{self, Row};
use crate::ui::view::scene::Scene;
use ratatui::text::{Line, Span};

/// What the miner does, if it does or could.
pub(super) fn mining(
    scene: Scene<'_>,
    snapshot: &NodeSnapshot,
    room: usize,
) -> Option<Line<'static>> {
    let spans = mining_spans(scene, snapshot);
    if spans.is_empty() {
        return None;
    }
    let (label_width, value) = (LABEL, &spans[1..]);
    let mut row = Row::new().part(
        0,
        0,
        vec![Span::styled(
            format!("{:<label_width$}", "mining"),
            scene.theme.dim(),
        )],
    );
    for (nth, span) in (1_u8..).zip(value.iter().cloned()) {
        row = row.part(nth, if nth == 1 { 0 } else { 2 }, vec![span]);
    }
    let columns = intervals(scene, snapshot);
    Some(row.text(9, 2, columns, scene.theme.dim()).fit(room))
}

/// A label, the height, the hash rate and the expected time; or nothing.
pub(super) fn mining_spans(scene: Scene<'_>, snapshot: &NodeSnapshot) -> Vec<Span<'static>> {
    let (theme, mining) = (scene.theme, &snapshot.mining);
    let label = Span::styled("mining", theme.dim());
    let rate = Span::styled(text::rate(mining.hashrate), theme.text());
    match (mining.height, mining.mode) {
        (Some(height), _) if mining.now => vec![
            label,
            Span::styled(format!("#{height}"), theme.strong()),
            Span::styled("at full speed", theme.text()),
        ],
        (Some(height), _) => {
            let mut spans = vec![
                label,
                Span::styled(format!("#{height}"), theme.strong()),
                rate,
            ];
            spans.extend(
                mining
                    .expected_time()
                    .map(|time| Span::styled(text::about(time), theme.text())),
            );
            spans
        }
        (None, MiningMode::OnTx(least)) => vec![
            label,
            Span::styled(format!("waits for {least} tx"), theme.text()),
            rate,
        ],
        (None, MiningMode::On) => vec![label, rate],
        (None, MiningMode::Off) => Vec::new(),
    }
}

/// With a space between each two.
pub(super) fn spaced(spans: Vec<Span<'static>>) -> Vec<Span<'static>> {
    let mut out: Vec<Span<'static>> = Vec::new();
    for span in spans {
        if !out.is_empty() {
            out.push(Span::raw(" "));
        }
        out.push(span);
    }
    out
}

/// Times between the last blocks, as columns.
fn intervals(scene: Scene<'_>, snapshot: &NodeSnapshot) -> String {
    const SHOWN: usize = 6;
    let times: Vec<u64> = snapshot.recent.iter().map(|block| block.time.0).collect();
    // The one before the first block says nothing: the lab began then.
    let steps: Vec<u64> = times
        .windows(2)
        .skip(1)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    let steps = &steps[steps.len().saturating_sub(SHOWN)..];
    if steps.len() < 3 {
        return String::new();
    }
    let columns = scene.theme.columns();
    let (most, last) = (
        steps.iter().max().copied().unwrap_or(1).max(1),
        columns.len() - 1,
    );
    let column = |step: &u64| {
        let share = usize::try_from(step * last as u64 / most).unwrap_or(last);
        columns[share.min(last)]
    };
    steps.iter().map(column).collect()
}
