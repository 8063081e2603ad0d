//! The last blocks with their branches, for the Lab view: the top of the tree, without a cursor.

use super::BlocksPane;
use super::draw::{self, Detail};
use super::forest::Place;
use crate::ui::lines;
use crate::ui::view::boxed;
use crate::ui::view::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// With fewer lines there is no head above them.
const HEAD_FROM: usize = 4;

pub(super) fn render(pane: &BlocksPane, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let inner = boxed(frame, area, theme, " blocks ", None);
    let (room, rows) = (usize::from(inner.width), usize::from(inner.height));
    let has_head = rows >= HEAD_FROM;
    let rows = rows - usize::from(has_head);
    let places = (0..rows).map_while(|at| pane.forest.place(at));
    let places: Vec<Place> = places
        .filter(|place| matches!(place, Place::Tree(_)))
        .collect();
    let shown: Vec<_> = match places.is_empty() {
        true => vec![Line::styled("no block was seen yet", theme.dim())],
        false => {
            let (head, lines) = draw::tree_lines(pane, scene, &places, Detail::Brief, room);
            let head = has_head.then_some(head);
            head.into_iter().chain(lines).collect()
        }
    };
    lines::put(frame.buffer_mut(), inner, shown);
}
