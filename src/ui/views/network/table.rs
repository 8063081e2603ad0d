//! Many nodes, or little room: who is linked with whom as a table, a line and a column for each.

use super::look::Kind;
use super::sight::{Ends, Sight};
use crate::lab::view::LinkView;
use crate::node::NodeIx;
use crate::ui::text::{self, short_name};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;
use std::collections::BTreeMap;
use std::ops::Range;

/// Columns of numbers and names at the left.
const NAMES: u16 = 18;

/// Columns of one node.
const CELL: u16 = 3;

/// What of the table is in sight.
pub struct Extract {
    area: Rect,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Extract {
    /// The part of a table of so many nodes that fits, with this node's line in it.
    pub fn new(area: Rect, count: usize, focus: NodeIx, left: usize) -> Self {
        let lines = usize::from(area.height.saturating_sub(1));
        let across = usize::from(area.width.saturating_sub(NAMES) / CELL);
        let top = focus.0.saturating_sub(lines / 2);
        let top = top.min(count.saturating_sub(lines));
        let left = left.min(count.saturating_sub(across));
        Self {
            area,
            rows: top..(top + lines).min(count),
            columns: left..(left + across).min(count),
        }
    }

    /// How far to the right it begins, for the column of this node to be in sight.
    pub fn left_for(area: Rect, count: usize, column: NodeIx, left: usize) -> usize {
        let across = usize::from(area.width.saturating_sub(NAMES) / CELL).max(1);
        let least = (column.0 + 1).saturating_sub(across);
        left.clamp(least, column.0.max(least))
            .min(count.saturating_sub(across))
    }

    /// Whether all nodes are in sight.
    pub fn is_whole(&self, count: usize) -> bool {
        self.rows.len() == count && self.columns.len() == count
    }

    /// What part it is, in words.
    pub fn words(&self, count: usize) -> String {
        let part = |range: &Range<usize>| format!("{}-{}", range.start + 1, range.end);
        format!(
            "lines {}, columns {} of {count}",
            part(&self.rows),
            part(&self.columns)
        )
    }

    /// The nodes of a cell; only the first, if a name was hit.
    pub fn hit(&self, at: Position) -> Option<(NodeIx, Option<NodeIx>)> {
        let line = usize::from(at.y.checked_sub(self.area.y + 1)?);
        let row = self.rows.clone().nth(line)?;
        let right = at.x.checked_sub(self.area.x + NAMES);
        let column = right.and_then(|right| self.columns.clone().nth(usize::from(right / CELL)));
        Some((NodeIx(row), column.map(NodeIx)))
    }

    /// Draws it.
    pub fn render(&self, buffer: &mut Buffer, sight: Sight<'_>) {
        let (lab, theme) = (sight.scene.lab, sight.scene.theme);
        let links: BTreeMap<Ends, &LinkView> =
            lab.links.iter().map(|link| (link.ends, link)).collect();
        let head = self.columns.clone().map(|column| {
            let style = match NodeIx(column) == sight.scene.viewer.focus {
                true => theme.focus(),
                false => theme.dim(),
            };
            Span::styled(
                format!("{:>width$}", column + 1, width = usize::from(CELL)),
                style,
            )
        });
        let mut spans = vec![Span::raw(" ".repeat(usize::from(NAMES)))];
        spans.extend(head);
        crate::ui::views::network::graph::put(buffer, self.line(0), spans);
        for (nth, row) in (1..).zip(self.rows.clone()) {
            let mut spans = name(sight, NodeIx(row));
            let cells = self.columns.clone();
            spans.extend(cells.map(|column| {
                let ends = (NodeIx(row.min(column)), NodeIx(row.max(column)));
                cell(sight, ends, links.get(&ends).copied())
            }));
            crate::ui::views::network::graph::put(buffer, self.line(nth), spans);
        }
    }

    fn line(&self, nth: u16) -> Rect {
        Rect {
            y: self.area.y + nth,
            height: 1,
            ..self.area
        }
    }
}

/// A node's number and name, on as many columns as every other's, and what is wrong with it.
fn name(sight: Sight<'_>, ix: NodeIx) -> Vec<Span<'static>> {
    let scene = sight.scene;
    let theme = scene.theme;
    let is_up = scene.lab.node(ix).is_none_or(|node| node.state.is_up());
    let is_focused = scene.viewer.focus == ix;
    let pointer = if is_focused { theme.pointer() } else { " " };
    let after = match (is_up, sight.group(ix)) {
        (false, _) => " DOWN".to_owned(),
        (true, Some(group)) => format!(" {group}"),
        (true, None) => String::new(),
    };
    let width = usize::from(NAMES);
    let number = format!("{pointer}{:>3} ", ix.0 + 1);
    let left = width - number.chars().count() - after.len() - 1;
    let name = short_name(scene.name(ix), left, theme.cut());
    let style = match (is_focused, is_up) {
        _ if scene.is_lit(ix) => theme.lit(),
        (true, _) => theme.focus(),
        (false, true) => theme.text(),
        (false, false) => theme.faint(),
    };
    let warning = if is_up { theme.warn() } else { theme.bad() };
    let mut spans = vec![
        Span::styled(number + &name, style),
        Span::styled(after, warning),
    ];
    let gap = width.saturating_sub(text::width(&spans));
    spans.push(Span::raw(" ".repeat(gap)));
    spans
}

fn cell(sight: Sight<'_>, ends: Ends, link: Option<&LinkView>) -> Span<'static> {
    let theme = sight.scene.theme;
    let width = usize::from(CELL);
    let Some(link) = link else {
        let sign = if ends.0 == ends.1 {
            "\\"
        } else {
            theme.waiting()
        };
        return Span::styled(format!("{sign:>width$}"), theme.faint());
    };
    let kind = Kind::of(link, sight.usual);
    match sight.chosen == Some(ends) {
        true => Span::styled(format!("[{}]", kind.sign()), theme.focus()),
        false => Span::styled(format!("{:>width$}", kind.sign()), kind.style(theme)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_the_focused_line_and_the_wanted_column_and_nothing_beyond() {
        let area = Rect::new(1, 2, 78, 11);
        for focus in 0..40 {
            let left = Extract::left_for(area, 40, NodeIx(focus), 0);
            let part = Extract::new(area, 40, NodeIx(focus), left);
            assert!(part.rows.contains(&focus) && part.columns.contains(&focus));
            assert_eq!((part.rows.len(), part.columns.len()), (10, 20));
            let cell = Position::new(1 + NAMES + 4, 2 + 1);
            let wanted = (
                NodeIx(part.rows.start),
                Some(NodeIx(part.columns.start + 1)),
            );
            assert_eq!(part.hit(cell), Some(wanted));
            assert_eq!(part.hit(Position::new(3, 2)), None, "the head is no node");
        }
        assert!(Extract::new(area, 10, NodeIx(3), 7).is_whole(10));
    }
}
