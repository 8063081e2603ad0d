//! The last blocks with their branches, for the Lab view: the top of the tree, without a cursor.

use super::BlocksPane;
use super::draw::{self, Detail};
use super::forest::Place;
use crate::ui::view::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// With fewer lines there is no head above them.
const HEAD_FROM: usize = 4;

pub(super) fn render(pane: &BlocksPane, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(" blocks ", theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let (room, rows) = (usize::from(inner.width), usize::from(inner.height));
    let has_head = rows >= HEAD_FROM;
    let rows = rows - usize::from(has_head);
    let places: Vec<Place> = (0..rows).map_while(|at| pane.forest.place(at)).collect();
    let places: Vec<Place> = places
        .into_iter()
        .filter(|place| matches!(place, Place::Tree(_)))
        .collect();
    let lines: Vec<_> = match places.is_empty() {
        true => vec![Line::styled("no block was seen yet", theme.dim())],
        false => {
            let (head, lines) = draw::tree_lines(pane, scene, &places, Detail::Brief, room);
            let head = has_head.then_some(head);
            head.into_iter().chain(lines).collect()
        }
    };
    crate::ui::lines::put(frame.buffer_mut(), inner, lines);
}
