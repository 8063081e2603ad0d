//! All keys, from the one table, in two columns where there is room.

use super::Verdict;
use super::window::{self, WindowLine};
use crate::ui::keymap::{Group, KeyPress, TABLE};
use crate::ui::state::UiState;
use crate::ui::text;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 124;

/// Columns inside from which on there are two columns of keys.
const WIDE: usize = 100;

/// Columns between the two.
const GAP: usize = 4;

/// Columns of keys, before what they do.
const KEYS: usize = 11;

/// What no key of the table does.
const OTHERS: [(&str, &str); 5] = [
    ("click", "focuses a node; again: shows it alone"),
    ("wheel", "scrolls"),
    ("Shift-drag", "selects text, as without chainlab"),
    (
        "in a form",
        "letters are letters, Tab moves, Enter submits, Esc leaves",
    ),
    (
        "keys",
        "are changed in a file: chainlab config --print shows it",
    ),
];

type Lines = Vec<Vec<Span<'static>>>;

/// The help, and its first line in sight.
#[derive(Default)]
pub struct Help {
    top: usize,
}

impl Help {
    pub fn key(&mut self, ui: &UiState, key: KeyPress) -> Verdict {
        let area = window::space(ui.size);
        let room = window::inner_height(area);
        let count = lines(ui, window::inner_width(area, WIDTH)).len();
        let last = count.saturating_sub(room);
        let plain = !key.ctrl && !key.alt;
        self.top = match key.code {
            KeyCode::Up => self.top.saturating_sub(1),
            KeyCode::Char('k') if plain => self.top.saturating_sub(1),
            KeyCode::Down => self.top + 1,
            KeyCode::Char('j') if plain => self.top + 1,
            KeyCode::PageUp => self.top.saturating_sub(room),
            KeyCode::PageDown => self.top + room,
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return Verdict::Close(Vec::new()),
        }
        .min(last);
        Verdict::Stay(Vec::new())
    }

    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, ui: &UiState) {
        let theme = ui.theme;
        let width = window::inner_width(area, WIDTH);
        let all = lines(ui, width);
        let room = window::inner_height(area);
        let count = all.len();
        let top = self.top.min(count.saturating_sub(room));
        let shown = all.into_iter().skip(top).take(room);
        let mut shown: Vec<_> = shown.map(WindowLine::new).collect();
        let mut keys = vec![("any key", "closes")];
        if count > room {
            keys.push(("Up Down PgUp PgDn", "scroll"));
        }
        let bottom = window::keys(theme, width, &keys).spans;
        let place = if count > room {
            format!("{}-{} of {count}", top + 1, top + shown.len())
        } else {
            String::new()
        };
        let place = vec![Span::styled(place, theme.dim())];
        shown.push(WindowLine::new(text::ends(bottom, place, width).spans));
        window::render(frame, area, theme, "keys", WIDTH, shown);
    }
}

/// Everything there is to read, in so many columns.
fn lines(ui: &UiState, width: usize) -> Lines {
    if width < WIDE {
        let mut all = group(ui, Group::Act, width);
        for more in [
            group(ui, Group::Look, width),
            group(ui, Group::Program, width),
            others(ui, width),
        ] {
            all.push(Vec::new());
            all.extend(more);
        }
        return all;
    }
    let each = (width - GAP) / 2;
    let mut left = group(ui, Group::Act, each);
    left.push(Vec::new());
    left.extend(group(ui, Group::Program, each));
    left.push(Vec::new());
    left.extend(others(ui, each));
    let right = group(ui, Group::Look, each);
    let count = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let pair = |_| {
        let mut line = left.next().unwrap_or_default();
        let gap = (each + GAP).saturating_sub(text::width(&line));
        line.push(Span::raw(" ".repeat(gap)));
        line.extend(right.next().unwrap_or_default());
        line
    };
    (0..count).map(pair).collect()
}

fn group(ui: &UiState, group: Group, width: usize) -> Lines {
    let mut lines = vec![vec![Span::styled(group.title(), ui.theme.strong())]];
    for entry in TABLE.iter().filter(|entry| entry.group == group) {
        let keys = ui.keymap.keys_of(entry.action).join(" ");
        lines.extend(explained(ui, &keys, entry.does, width));
    }
    lines
}

fn others(ui: &UiState, width: usize) -> Lines {
    let mut lines = vec![vec![Span::styled("besides", ui.theme.strong())]];
    for (what, does) in OTHERS {
        lines.extend(explained(ui, what, does, width));
    }
    lines
}

/// A key and what it does, on as many lines as that takes.
fn explained(ui: &UiState, keys: &str, does: &str, width: usize) -> Lines {
    let mut lines = Lines::new();
    let mut label = keys.to_owned();
    // Keys that somebody changed may take more than their columns.
    if label.chars().count() >= KEYS {
        lines.push(vec![Span::styled(label, ui.theme.key())]);
        label = String::new();
    }
    for words in window::wrap(does, width.saturating_sub(KEYS)) {
        lines.push(vec![
            Span::styled(format!("{label:<KEYS$}"), ui.theme.key()),
            Span::styled(words, ui.theme.text()),
        ]);
        label.clear();
    }
    lines
}
