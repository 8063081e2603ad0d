//! To a block, by its height or either end of its hash. It stands at the lower edge, so that the
//! tree stays in sight.

use super::dialog::{Dialog, Verdict};
use super::input::{TextInput, Typed};
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
const LABEL: &str = "height or end of a hash: ";

/// Columns that are kept for the keys, where there is room.
const KEYS: usize = 24;

/// What is typed, and why the last try led nowhere.
#[derive(Default)]
pub struct Seek {
    input: TextInput,
    problem: Option<String>,
}

impl Dialog for Seek {
    fn key(&mut self, _lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        match key.code {
            KeyCode::Esc => return Verdict::close(),
            KeyCode::Enter => return Verdict::Seek(self.input.text().to_owned()),
            _ => {
                if self.input.key(key) == Typed::Changed {
                    self.problem = None;
                }
            }
        }
        Verdict::stay()
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.problem = self.input.paste(text).err();
        Ok(())
    }

    fn refused(&mut self, why: &str) {
        self.problem = Some(why.to_owned());
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let room = window::inner_width(area, u16::MAX);
        let keys = window::keys(theme, KEYS, &[("Enter", "goes there"), ("Esc", "stays")]).spans;
        let left = room.saturating_sub(LABEL.len() + text::width(&keys) + 1);
        let (shown, cursor) = self.input.view(theme, left);
        let label = Span::styled(LABEL, theme.focus());
        let mut line = WindowLine::new(text::ends(vec![label, shown], keys, room).spans);
        line.cursor = Some(LABEL.len() + cursor);
        let mut lines = vec![line];
        if let Some(why) = &self.problem {
            lines.extend(window::paragraph(why, room, 0, 0, theme.bad()));
        }
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let height = height.min(area.height);
        let over = Rect {
            y: area.bottom() - height,
            height,
            ..area
        };
        window::place(frame, over, theme, "go to a block", lines);
    }
}
