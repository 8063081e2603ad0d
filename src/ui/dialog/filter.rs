//! A filter, applied while it is typed. It stands at the lower edge, so that what it filters is in
//! sight.

use super::Verdict;
use super::input::{TextInput, Typed};
use super::window::{self, WindowLine};
use crate::ui::keymap::KeyPress;
use crate::ui::state::{UiState, View};
use crate::ui::text;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// What stands before the text.
const LABEL: &str = "filter: ";

/// Columns that are kept for the keys, where there is room.
const KEYS: usize = 26;

/// The line that is typed.
pub struct Filter {
    input: TextInput,
}

impl Filter {
    pub fn new(now: &str) -> Self {
        Self {
            input: TextInput::holding(now),
        }
    }

    pub fn key(&mut self, ui: &mut UiState, key: KeyPress) -> Verdict {
        match key.code {
            KeyCode::Enter => return Verdict::Close(Vec::new()),
            KeyCode::Esc => {
                apply(ui, "");
                return Verdict::Close(Vec::new());
            }
            _ => {}
        }
        if self.input.key(key) == Typed::Changed {
            apply(ui, self.input.text());
        }
        Verdict::Stay(Vec::new())
    }

    pub fn paste(&mut self, ui: &mut UiState, text: &str) -> Result<(), String> {
        let pasted = self.input.paste(text);
        apply(ui, self.input.text());
        pasted
    }

    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, ui: &UiState) {
        let theme = ui.theme;
        let over = Rect {
            y: area.bottom().saturating_sub(3).max(area.y),
            height: area.height.min(3),
            ..area
        };
        let room = window::inner_width(over, u16::MAX);
        let keys = window::keys(theme, KEYS, &[("Enter", "keeps"), ("Esc", "drops it")]).spans;
        let left = room.saturating_sub(LABEL.len() + text::width(&keys) + 1);
        let (shown, cursor) = self.input.view(theme, left);
        let label = Span::styled(LABEL, theme.focus());
        let mut line = WindowLine::new(text::ends(vec![label, shown], keys, room).spans);
        line.cursor = Some(LABEL.len() + cursor);
        window::place(frame, over, theme, "filter", vec![line]);
    }
}

/// To what is looked at.
fn apply(ui: &mut UiState, filter: &str) {
    match (&mut ui.zoom, ui.view) {
        (Some(zoom), _) => zoom.set_filter(filter),
        (None, View::Blocks) => ui.blocks.set_filter(filter),
        (None, View::Messages) => ui.messages.set_filter(filter),
        (None, View::Log | View::Lab | View::Network) => ui.log.set_filter(filter),
    }
}
