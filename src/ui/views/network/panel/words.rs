//! What the figures of a node and of a link have in common.

use crate::lab::paper::units::show_duration;
use crate::node::NodeIx;
use crate::ui::text::short_name;
use crate::ui::views::network::sight::{Ends, Sight};
use std::time::Duration;

/// Columns of the names of figures.
pub(super) const LABEL: usize = 11;

/// Columns between figures that stand side by side.
pub(super) const GAP: usize = 3;

/// A node's name in so many columns.
pub(super) fn name(sight: Sight<'_>, ix: NodeIx, room: usize) -> String {
    short_name(sight.scene.name(ix), room, sight.scene.theme.cut())
}

/// A link by the names of its ends.
pub(super) fn ends_words(sight: Sight<'_>, ends: Ends, room: usize) -> String {
    format!(
        "link {} - {}",
        name(sight, ends.0, room),
        name(sight, ends.1, room)
    )
}

/// A time as it is set: `80 ms`, `0`.
pub(super) fn delay(delay: Duration) -> String {
    if delay.is_zero() {
        return "0".to_owned();
    }
    let us = delay.as_micros();
    if us > 1_000 && !us.is_multiple_of(1_000) {
        let tenths = (us + 50) / 100;
        return format!("{}.{} ms", tenths / 10, tenths % 10);
    }
    let text = show_duration(delay);
    let unit = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(unit.unwrap_or(text.len()));
    format!("{number} {unit}")
}
