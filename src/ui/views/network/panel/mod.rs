//! What is chosen, and what it is doing: a link with both of its directions, or else the focused node
//! with its links; what was said last, and what the signs mean.

mod link;
mod messages;
mod node;
mod words;

pub use link::brief;

use crate::ui::views::network::sight::Sight;
use crate::ui::widgets::boxed::boxed;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;
use words::ends_words;

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
