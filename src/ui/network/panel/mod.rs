//! What is chosen, and what it is doing: a link with both of its directions, or else the focused node
//! with its links; what was said last, and what the signs mean.

mod link;
mod node;
mod talk;

pub use link::brief;

use super::{Ends, Sight};
use crate::lab::paper::units::show_duration;
use crate::node::NodeIx;
use crate::ui::text::short_name;
use crate::ui::view::boxed;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;
use std::time::Duration;

/// Columns of the names of figures.
const LABEL: usize = 11;

/// Columns between figures that stand side by side.
const GAP: usize = 3;

/// Draws it, upright or lying.
pub fn render(frame: &mut Frame<'_>, area: Rect, sight: Sight<'_>, is_upright: bool) {
    let theme = sight.scene.theme;
    let (title, link) = match sight.chosen_link() {
        Some(link) => (ends_words(sight, link.ends, 12), Some(link)),
        None => (node::title(sight), None),
    };
    let inner = boxed(frame, area, theme, format!(" {title} "), None);
    let room = usize::from(inner.width);
    let lines = match (link, is_upright) {
        (Some(link), true) => link::upright(sight, link, room, inner.height),
        (Some(link), false) => link::lying(sight, link, room),
        (None, true) => node::upright(sight, room, inner.height),
        (None, false) => node::lying(sight, room),
    };
    frame.render_widget(Paragraph::new(lines), inner);
}
fn name(sight: Sight<'_>, ix: NodeIx, room: usize) -> String {
    short_name(sight.scene.name(ix), room, sight.scene.theme.cut())
}

fn ends_words(sight: Sight<'_>, ends: Ends, room: usize) -> String {
    format!(
        "link {} - {}",
        name(sight, ends.0, room),
        name(sight, ends.1, room)
    )
}

/// A time as it is set: `80 ms`, `0`.
fn delay(delay: Duration) -> String {
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
