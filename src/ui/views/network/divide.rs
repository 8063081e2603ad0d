//! How the view is shared between the graph and the figures.

use ratatui::layout::Rect;
use ratatui::widgets::Block;
use std::ops::RangeInclusive;

/// Columns from which on figures stand beside the graph, and lines for that.
const WIDE: (u16, u16) = (110, 16);

/// Columns of the figures there, and on a very wide screen, with the columns of such a one.
const PANEL_WIDTH: u16 = 40;
const WIDE_PANEL: (u16, u16) = (56, 160);

/// Lines from which on figures stand below the graph.
const HIGH: u16 = 19;

/// Lines of the figures there: one line of them in their box, up to four.
pub(super) const PANEL_LINES: RangeInclusive<u16> = 3..=6;

/// The graph with its border, and the figures; whether these stand beside it, or have at most so many
/// lines below it.
pub(super) fn divide(area: Rect, below: u16) -> (Rect, Option<Rect>, bool) {
    let (width, height) = (area.width, area.height);
    if width >= WIDE.0 && height >= WIDE.1 {
        let panel = match width >= WIDE_PANEL.1 {
            true => WIDE_PANEL.0,
            false => PANEL_WIDTH,
        };
        let left = width - panel;
        let graph = Rect {
            width: left,
            ..area
        };
        let panel = Rect {
            x: area.x + left,
            width: panel,
            ..area
        };
        return (graph, Some(panel), true);
    }
    if height >= HIGH {
        let top = height - below;
        let graph = Rect {
            height: top,
            ..area
        };
        let panel = Rect {
            y: area.y + top,
            height: below,
            ..area
        };
        return (graph, Some(panel), false);
    }
    (area, None, false)
}

/// What is within the border of the graph.
pub(super) fn inner(graph: Rect) -> Rect {
    Block::bordered().inner(graph)
}
