//! The box that dialogs stand in, and lines that fit into it.
//!
//! ```text
//! ╭ send coins ──────────────────────────────────────╮
//! │   From    alice                       9 to spend │
//! │ ▶ To      dave                                   │
//! │ Enter shows what happens   Tab next field        │
//! ╰──────────────────────────────────────────────────╯
//! ```
//!
//! Where there is not room for all lines those with the highest rank are left out first.

use crate::ui::text::{self, Row};
use crate::ui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

/// Columns of the border and the air beside it.
const SIDES: u16 = 4;

/// Lines of the border.
const ENDS: u16 = 2;

/// A line in a window.
pub struct WindowLine {
    /// What it says.
    pub spans: Vec<Span<'static>>,
    /// The higher, the sooner it is left out; 0 stays longest.
    pub rank: u8,
    /// Where in it the cursor stands.
    pub cursor: Option<usize>,
}

impl WindowLine {
    /// A line that stays.
    pub fn new(spans: Vec<Span<'static>>) -> Self {
        Self::ranked(0, spans)
    }

    /// A line of this rank.
    pub fn ranked(rank: u8, spans: Vec<Span<'static>>) -> Self {
        Self {
            spans,
            rank,
            cursor: None,
        }
    }

    /// A line with nothing, the first to go.
    pub fn blank() -> Self {
        Self::ranked(9, Vec::new())
    }
}

/// Where a window may stand: between the first line of the screen and the last two.
pub fn space(size: (u16, u16)) -> Rect {
    Rect::new(0, 1, size.0, size.1.saturating_sub(3))
}

/// Columns inside a window that wants so many, in this area.
pub fn inner_width(area: Rect, wanted: u16) -> usize {
    usize::from(area.width.saturating_sub(SIDES).min(wanted))
}

/// Lines inside the highest window of this area, without the one of its keys.
pub fn inner_height(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(ENDS + 1))
}

/// Keys with what they do, as the last line of a window.
pub fn keys(theme: Theme, room: usize, keys: &[(&str, &str)]) -> WindowLine {
    let mut row = Row::new();
    for (rank, (key, does)) in (0..).zip(keys) {
        let key = Span::styled((*key).to_owned(), theme.key());
        let does = Span::styled(format!(" {does}"), theme.dim());
        row = row.part(rank, 2, vec![key, does]);
    }
    WindowLine::new(row.fit_spans(room))
}

/// Words on as many lines as they take. A word that is longer than a line is cut.
pub fn wrap(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let mut rest = word;
        loop {
            let line = lines.last_mut().expect("there is one from the start");
            let gap = usize::from(!line.is_empty());
            let used = Span::raw(line.as_str()).width() + gap;
            if used + Span::raw(rest).width() <= room {
                line.push_str(if gap == 1 { " " } else { "" });
                line.push_str(rest);
                break;
            }
            if gap == 1 {
                lines.push(String::new());
                continue;
            }
            let fits = rest.char_indices().nth(room.max(1));
            let (now, later) = rest.split_at(fits.map_or(rest.len(), |(at, _)| at));
            line.push_str(now);
            if later.is_empty() {
                break;
            }
            rest = later;
            lines.push(String::new());
        }
    }
    lines
}

/// Words in one style on as many lines as they take, all of one rank, this far to the right.
pub fn paragraph(
    words: &str,
    room: usize,
    indent: usize,
    rank: u8,
    style: Style,
) -> Vec<WindowLine> {
    let lines = wrap(words, room.saturating_sub(indent));
    let line = |words: String| {
        let indent = Span::raw(" ".repeat(indent));
        WindowLine::ranked(rank, vec![indent, Span::styled(words, style)])
    };
    lines.into_iter().map(line).collect()
}

/// Three dots: something is under way.
pub fn dots(theme: Theme) -> &'static str {
    if theme.ascii { "..." } else { "…" }
}

/// Draws a window over the middle of an area.
pub fn render(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: Theme,
    title: &str,
    wanted: u16,
    lines: Vec<WindowLine>,
) {
    let lines = fitting(lines, usize::from(area.height.saturating_sub(ENDS)));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let height = height.saturating_add(ENDS).min(area.height);
    let width = wanted.saturating_add(SIDES).min(area.width);
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    place(frame, over, theme, title, lines);
}

/// Draws a window over exactly this area.
pub fn place(frame: &mut Frame<'_>, over: Rect, theme: Theme, title: &str, lines: Vec<WindowLine>) {
    let room = usize::from(over.width.saturating_sub(SIDES));
    let title = text::short_name(title, room.saturating_sub(2), theme.cut());
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.focus())
        .title(Span::styled(format!(" {title} "), theme.strong()));
    let inner = block.inner(over);
    frame.render_widget(Clear, over);
    frame.render_widget(block, over);
    for (line, y) in lines.into_iter().zip(inner.y..inner.bottom()) {
        let at = Rect::new(inner.x + 1, y, inner.width.saturating_sub(2), 1);
        let cursor = line.cursor.and_then(|column| u16::try_from(column).ok());
        if let Some(column) = cursor.filter(|column| *column < at.width) {
            frame.set_cursor_position(Position::new(at.x + column, y));
        }
        let spans = text::clip(line.spans, usize::from(at.width), theme.cut());
        frame.render_widget(Line::from(spans), at);
    }
}

/// As many lines as there is room for, in their order.
fn fitting(mut lines: Vec<WindowLine>, room: usize) -> Vec<WindowLine> {
    while lines.len() > room {
        let worst = lines.iter().enumerate();
        let Some((at, _)) = worst.max_by_key(|(at, line)| (line.rank, *at)) else {
            break;
        };
        lines.remove(at);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_on_in_the_next_line_and_only_a_word_longer_than_a_line_is_cut() {
        assert_eq!(
            wrap("alice has 9, needs 10", 12),
            ["alice has 9,", "needs 10"]
        );
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("to mkHS9ne12 now", 5), ["to", "mkHS9", "ne12", "now"]);
    }

    #[test]
    fn without_room_blank_lines_go_first_and_the_last_of_equals() {
        let line = |rank, words: &'static str| WindowLine::ranked(rank, vec![Span::raw(words)]);
        let lines = vec![
            line(0, "a"),
            WindowLine::blank(),
            line(3, "b"),
            line(3, "c"),
        ];
        let kept = fitting(lines, 2);
        let kept: Vec<_> = kept.iter().map(|line| &*line.spans[0].content).collect();
        assert_eq!(kept, ["a", "b"]);
    }
}
