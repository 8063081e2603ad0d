//! Tables of figures that fit.
//!
//! A column is as wide as the figures that are seen in it. When there is no room for all, whole
//! columns are left out, the least important first; when there is more, hashes and addresses are
//! written out.

use super::list::Item;
use super::scene::Scene;
use crate::ui::text;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Columns between two columns of a table.
const GAP: usize = 2;

/// A column of a table.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Column {
    title: &'static str,
    /// The higher, the sooner it is left out when there is no room.
    rank: u8,
    is_right: bool,
}

/// A column of words.
pub(in crate::ui) const fn words(title: &'static str, rank: u8) -> Column {
    Column {
        title,
        rank,
        is_right: false,
    }
}

/// A column of numbers: they end at the same place.
pub(in crate::ui) const fn number(title: &'static str, rank: u8) -> Column {
    Column {
        title,
        rank,
        is_right: true,
    }
}

/// A table's head and lines. A column whose figures do not all fit is left out.
pub(in crate::ui) fn table(
    scene: Scene<'_>,
    columns: &[Column],
    items: &[Item],
    chosen: Option<usize>,
    room: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let shown = fitting(columns, items, room);
    let head = shown.iter().map(|column| {
        let title = Span::styled(columns[column.at].title, scene.theme.dim());
        (title, column)
    });
    let head = Line::from(aligned(columns, head));
    let lines = items.iter().enumerate().map(|(at, item)| {
        let cells = shown.iter().map(|column| {
            let cell = item.cells.get(column.at);
            let span = cell.map_or(Span::raw(""), |cell| cell.span(scene, column.is_long));
            (span, column)
        });
        let line = aligned(columns, cells);
        finish(scene, line, chosen == Some(at), room)
    });
    let lines = lines.collect();
    (head, lines)
}

/// A line of a list, marked over its whole length if it is the chosen one.
pub(in crate::ui) fn finish(
    scene: Scene<'_>,
    mut spans: Vec<Span<'static>>,
    is_chosen: bool,
    room: usize,
) -> Line<'static> {
    if !is_chosen {
        return Line::from(spans);
    }
    let rest = room.saturating_sub(text::width(&spans));
    spans.push(Span::raw(" ".repeat(rest)));
    for span in &mut spans {
        // A chip keeps its colours, of which reverse video would make others. Of other words it
        // would leave patches.
        if span.style.bg.is_none() {
            let plain = Style {
                fg: None,
                ..span.style
            };
            span.style = plain.patch(scene.theme.chosen());
        }
    }
    Line::from(spans)
}

/// A line of a list at which time stands still: its time stands out, and all of it is told from others.
pub(in crate::ui) fn lit(scene: Scene<'_>, mut line: Line<'static>) -> Line<'static> {
    for (nth, span) in line.spans.iter_mut().enumerate() {
        let style = match nth {
            0 => scene.theme.lit(),
            _ => scene.theme.warn(),
        };
        // A chip keeps its colours.
        if span.style.bg.is_none() {
            span.style = span.style.patch(style);
        }
    }
    line
}

/// A column that is shown.
struct ShownColumn {
    at: usize,
    width: usize,
    is_long: bool,
}

fn fitting(columns: &[Column], items: &[Item], room: usize) -> Vec<ShownColumn> {
    let widest = |at: usize, is_long: bool| {
        let cells = items.iter().filter_map(|item| item.cells.get(at));
        cells.map(|cell| cell.width(is_long)).max().unwrap_or(0)
    };
    let mut shown: Vec<ShownColumn> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let width = widest(at, false);
        // A column that says nothing just now leaves its room to others.
        if width > 0 {
            shown.push(ShownColumn {
                at,
                width: width.max(column.title.chars().count()),
                is_long: false,
            });
        }
    }
    let total = |shown: &[ShownColumn]| {
        let widths: usize = shown.iter().map(|column| column.width).sum();
        widths + GAP * shown.len().saturating_sub(1)
    };
    while total(&shown) > room {
        let worst = shown.iter().enumerate();
        let Some((nth, _)) = worst.max_by_key(|(nth, column)| (columns[column.at].rank, *nth))
        else {
            break;
        };
        shown.remove(nth);
    }
    for nth in 0..shown.len() {
        let long = widest(shown[nth].at, true);
        if total(&shown) + long.saturating_sub(shown[nth].width) <= room {
            shown[nth].width = shown[nth].width.max(long);
            shown[nth].is_long = true;
        }
    }
    shown
}

fn aligned<'a>(
    columns: &[Column],
    cells: impl Iterator<Item = (Span<'static>, &'a ShownColumn)>,
) -> Vec<Span<'static>> {
    let mut line = Vec::new();
    for (span, column) in cells {
        if !line.is_empty() {
            line.push(Span::raw(" ".repeat(GAP)));
        }
        let pad = Span::raw(" ".repeat(column.width.saturating_sub(span.width())));
        if columns[column.at].is_right {
            line.extend([pad, span]);
        } else {
            line.extend([span, pad]);
        }
    }
    line
}

/// The name of a figure and what it is, of which the last parts are left out when there is no room.
pub(in crate::ui) fn field(
    scene: Scene<'_>,
    item: &Item,
    is_chosen: bool,
    room: usize,
) -> Line<'static> {
    /// Columns of the names of figures: with a hash behind it, it fits 80 columns.
    const LABEL: usize = 12;
    let mut spans = Vec::new();
    for (nth, cell) in item.cells.iter().enumerate() {
        let gap = match nth {
            0 => 0,
            1 => LABEL.saturating_sub(text::width(&spans)),
            _ => GAP,
        };
        let left = room.saturating_sub(text::width(&spans) + gap);
        let is_long = cell.width(true) <= left;
        if !is_long && cell.width(false) > left {
            break;
        }
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(cell.span(scene, is_long));
    }
    finish(scene, spans, is_chosen, room)
}
