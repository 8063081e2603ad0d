//! A box with a title.

use crate::ui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// Draws a box with a title; what is inside, with a column free on both sides.
pub(in crate::ui) fn boxed(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    title: impl Into<String>,
    right: Option<Line<'static>>,
) -> Rect {
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(title.into(), theme.strong()));
    let block = match right {
        Some(words) => block.title(words.right_aligned()),
        None => block,
    };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    }
}
