//! Whether to play a story again that is still under way.

use super::dialog::{Dialog, Verdict};
use super::window;
use crate::lab::ask::ScriptChange;
use crate::lab::{LabView, Request};
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Columns that its words like to have.
const WIDTH: u16 = 60;

/// The question.
pub struct Restart;

impl Dialog for Restart {
    fn key(&mut self, _lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        match (key.code, key.ctrl || key.alt) {
            (KeyCode::Esc, _) => Verdict::close(),
            (KeyCode::Char('y'), false) => Verdict::closing(vec![Effect::Ask(
                Request::Script(ScriptChange::Restart),
                Purpose::Tell,
            )]),
            _ => Verdict::stay(),
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let question = "the story is under way: y plays it again, Esc lets it go on";
        let mut lines = window::paragraph(question, room, 0, 0, theme.strong());
        let lost = "the lab is made anew, and what was done in it by hand is gone";
        lines.extend(window::paragraph(lost, room, 0, 2, theme.dim()));
        window::render(frame, area, theme, "play it again", WIDTH, lines);
    }
}
