//! Lines, put on the screen.
//!
//! A view is up to some thousand characters, drawn thirty times a second, and nearly all of them are
//! letters, digits and box drawing, a column each. For a line of these alone nothing has to be found
//! out: where a character ends that is made of many, and how wide it is. Any other line is left to
//! ratatui.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget};

/// Draws lines from the top of an area on, each cut at its right edge.
pub fn put(buffer: &mut Buffer, area: Rect, lines: Vec<Line<'_>>) {
    let area = area.intersection(buffer.area);
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        match is_plain(&line) {
            true => put_plain(buffer, area, y, &line),
            false => {
                let row = Rect {
                    y,
                    height: 1,
                    ..area
                };
                Paragraph::new(line).render(row, buffer);
            }
        }
    }
}

/// Whether each character of a line takes one column, and begins at the left.
fn is_plain(line: &Line<'_>) -> bool {
    let mut spans = line.spans.iter();
    line.alignment.is_none() && spans.all(|span| span.content.chars().all(is_one_column))
}

/// Whether a character takes one column and joins no other. Of those that do, the ones that this
/// screen is made of.
fn is_one_column(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // Box drawing and blocks.
        '\u{2500}'..='\u{259f}' => true,
        _ => "…→▶◀•·✓✗".contains(c),
    }
}

fn put_plain(buffer: &mut Buffer, area: Rect, y: u16, line: &Line<'_>) {
    if area.is_empty() {
        return;
    }
    let from = buffer.index_of(area.x, y);
    let mut cells = buffer.content[from..][..usize::from(area.width)].iter_mut();
    for span in &line.spans {
        let style = line.style.patch(span.style);
        for c in span.content.chars() {
            let Some(cell) = cells.next() else {
                return;
            };
            cell.set_char(c).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Style, Stylize};
    use ratatui::text::Span;

    #[test]
    fn lines_look_as_ratatui_draws_them() {
        let words = [
            "letters, and 12 [a9]",
            "╭─ box ▇▇░ ─╮ ✓ ▶",
            "",
            "wide 漢字 and e\u{301}",
            "an order \u{1b}[31m, \u{200b}nothing",
            "far longer than the area in which it stands",
        ];
        let lines = || {
            let all = words.iter().enumerate().map(|(nth, words)| {
                let (first, rest) = words.split_at(words.find(' ').unwrap_or(0));
                let line = Line::from(vec![
                    Span::styled(first, Style::new().red()),
                    Span::raw(rest).bold().on_blue(),
                ]);
                match nth {
                    0 => line.italic(),
                    1 => line.right_aligned(),
                    _ => line,
                }
            });
            all.collect::<Vec<_>>()
        };
        for (width, height) in [(30, 10), (12, 3), (1, 6), (0, 0)] {
            let area = Rect::new(2, 1, width, height);
            let empty = || {
                let mut buffer = Buffer::empty(Rect::new(0, 0, 34, 12));
                buffer.set_style(area, Style::new().dim());
                buffer
            };
            let (mut ours, mut theirs) = (empty(), empty());
            put(&mut ours, area, lines());
            Paragraph::new(lines()).render(area, &mut theirs);
            assert_eq!(ours, theirs, "{width}x{height}");
        }
    }
}
