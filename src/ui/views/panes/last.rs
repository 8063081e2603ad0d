//! The last blocks with their branches: the top of the tree, without a cursor.

use crate::ui::widgets::boxed::boxed;
use crate::ui::widgets::forest::{self, BlockRow, Detail, Forest};
use crate::ui::widgets::lines;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// With fewer lines there is no head above them.
const HEAD_FROM: usize = 4;

/// Draws a box with the last blocks.
pub(super) fn render(forest: &Forest, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let inner = boxed(frame, area, theme, " blocks ", None);
    let (room, rows) = (usize::from(inner.width), usize::from(inner.height));
    let has_head = rows >= HEAD_FROM;
    let rows = rows - usize::from(has_head);
    let rows = (0..rows).map_while(|at| forest.place(at));
    let rows: Vec<BlockRow> = rows
        .filter(|row| matches!(row, BlockRow::Tree(_)))
        .collect();
    let shown: Vec<_> = match rows.is_empty() {
        true => vec![Line::styled("no block was seen yet", theme.dim())],
        false => {
            let (head, lines) = forest::tree_lines(forest, scene, &rows, Detail::Brief, room);
            let head = has_head.then_some(head);
            head.into_iter().chain(lines).collect()
        }
    };
    lines::put(frame.buffer_mut(), inner, shown);
}
