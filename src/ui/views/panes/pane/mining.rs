//! What a node's miner does.

use super::parts::{label, none, running};
use crate::lab::view::NodeView;
use crate::node::config::MiningMode;
use crate::node::snapshot::NodeSnapshot;
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// The height that it works on, how fast, and when it will be done; then how long the last blocks
/// took. Each stands in its place.
pub(super) fn mining(scene: Scene<'_>, node: &NodeView, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let mining = running(node).and_then(|snapshot| Some((snapshot, snapshot.mining.as_ref()?)));
    let Some((snapshot, mining)) = mining else {
        return none(scene, "mining");
    };
    let rate = text::rate(mining.hashrate);
    let row = Row::new().part(0, 0, vec![label(scene, "mining")]);
    let row = match (mining.height, mining.mode) {
        (Some(height), _) => {
            let row = row.text(1, 0, format!("#{height:<2}"), theme.strong());
            if mining.now {
                row.text(2, 2, "at full speed", theme.text())
            } else {
                let time = mining.expected_time().map(text::about);
                row.text(2, 2, format!("{rate:<9}"), theme.text()).text(
                    3,
                    2,
                    format!("{:<5}", time.unwrap_or_default()),
                    theme.text(),
                )
            }
        }
        (None, MiningMode::OnTx(least)) => row
            .text(1, 0, format!("waits for {least} tx"), theme.text())
            .text(2, 2, rate, theme.text()),
        (None, MiningMode::On) => row.text(1, 0, rate, theme.text()),
        (None, MiningMode::Off) => return none(scene, "mining"),
    };
    let line = row.fit_spans(room);
    let left = room.saturating_sub(text::width(&line) + 2);
    let columns = intervals(scene, snapshot, left);
    let row = Row::new().part(0, 0, line);
    row.text(1, 2, columns, theme.dim()).fit(room)
}

/// The same in a few words, if it mines or could.
pub(super) fn mining_words(snapshot: &NodeSnapshot) -> Option<String> {
    let mining = snapshot.mining.as_ref()?;
    let rate = text::rate(mining.hashrate);
    match (mining.height, mining.mode) {
        (Some(height), _) if mining.now => Some(format!("#{height} at full speed")),
        (Some(height), _) => {
            let time = mining.expected_time().map(text::about);
            Some(format!("#{height} {rate} {}", time.unwrap_or_default()))
        }
        (None, MiningMode::OnTx(least)) => Some(format!("mines when {least} tx wait")),
        (None, MiningMode::On) => Some(rate),
        (None, MiningMode::Off) => None,
    }
}

/// Times between the last blocks, as columns, in so many columns; of fewer than three nothing.
fn intervals(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> String {
    const SHOWN: usize = 6;
    const LEAST: usize = 3;
    let times: Vec<u64> = snapshot.recent.iter().map(|block| block.time.0).collect();
    // The one before the first block says nothing: the lab began then.
    let steps: Vec<u64> = times
        .windows(2)
        .skip(1)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    let steps = &steps[steps.len().saturating_sub(SHOWN.min(room))..];
    if steps.len() < LEAST {
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
