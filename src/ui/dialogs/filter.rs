//! A filter, applied while it is typed. It stands at the lower edge, so that what it filters is in
//! sight.

use super::dialog::{Dialog, Verdict};
use super::input::TextInput;
use super::window::{self, WindowLine};
use crate::lab::LabView;
use crate::ui::keymap::KeyPress;
use crate::ui::text;
use crate::ui::viewer::Viewer;
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// What stands before the text.
const LABEL: &str = "filter: ";

/// Columns that are kept for the keys, where there is room.
const KEYS: usize = 26;

/// The line that is typed.
pub struct FilterLine {
    input: TextInput,
}

impl FilterLine {
    pub fn new(now: &str) -> Self {
        Self {
            input: TextInput::holding(now),
        }
    }
}

impl Dialog for FilterLine {
    fn key(&mut self, _lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        match key.code {
            KeyCode::Enter => return Verdict::close(),
            KeyCode::Esc => {
                self.input = TextInput::default();
                return Verdict::close();
            }
            _ => {}
        }
        self.input.key(key);
        Verdict::stay()
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.input.paste(text)
    }

    fn filter(&self) -> Option<&str> {
        Some(self.input.text())
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
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
