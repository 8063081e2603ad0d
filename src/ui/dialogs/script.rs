//! The steps of the script, with the one that is on in sight, and how far the story is.

use super::dialog::{Dialog, Verdict};
use super::window::{self, WindowLine};
use crate::lab::LabView;
use crate::lab::script::{Pace, ScriptView};
use crate::ui::keymap::KeyPress;
use crate::ui::text;
use crate::ui::viewer::Viewer;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::steps;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 100;

/// The list. It follows the step that is on until it is scrolled.
#[derive(Default)]
pub struct Steps {
    top: Option<usize>,
}

/// What of the list is in sight.
struct Visible {
    lines: Vec<Vec<Span<'static>>>,
    top: usize,
    room: usize,
}

impl Steps {
    fn sight(&self, lab: &LabView, viewer: &Viewer, script: &ScriptView, area: Rect) -> Visible {
        let width = window::inner_width(area, WIDTH);
        let (lines, at) = steps::list(Scene::new(lab, viewer), script, width);
        // How far it is stands above them.
        let room = window::inner_height(area).saturating_sub(1);
        let last = lines.len().saturating_sub(room);
        // What is on stands above the middle, with what comes next below it.
        let top = self.top.unwrap_or(at.saturating_sub(room / 3)).min(last);
        Visible { lines, top, room }
    }
}

impl Dialog for Steps {
    fn key(&mut self, lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let Some(script) = &lab.script else {
            return Verdict::close();
        };
        let Visible { lines, top, room } =
            self.sight(lab, viewer, script, window::space(viewer.size));
        let last = lines.len().saturating_sub(room);
        let plain = !key.ctrl && !key.alt;
        let to = match key.code {
            KeyCode::Up => top.saturating_sub(1),
            KeyCode::Char('k') if plain => top.saturating_sub(1),
            KeyCode::Down => top + 1,
            KeyCode::Char('j') if plain => top + 1,
            KeyCode::PageUp => top.saturating_sub(room),
            KeyCode::PageDown => top + room,
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return Verdict::close(),
        };
        self.top = Some(to.min(last));
        Verdict::stay()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let (lab, viewer) = (scene.lab, scene.viewer);
        let Some(script) = &lab.script else {
            return;
        };
        let theme = scene.theme;
        let width = window::inner_width(area, WIDTH);
        let Visible { lines, top, room } = self.sight(lab, viewer, script, area);
        let count = lines.len();
        let mut shown = vec![WindowLine::new(head(theme.strong(), lab, script))];
        shown.extend(lines.into_iter().skip(top).take(room).map(WindowLine::new));
        let mut keys = vec![("any key", "closes")];
        if count > room {
            keys.push(("Up Down PgUp PgDn", "scroll"));
        }
        shown.push(window::keys(theme, width, &keys));
        window::render(frame, area, theme, "script", WIDTH, shown);
    }
}

/// How far the story is.
fn head(style: ratatui::style::Style, lab: &LabView, script: &ScriptView) -> Vec<Span<'static>> {
    let count = script.steps.len();
    let mut words = match script.current() {
        Some(at) => format!("step {} of {count}", at + 1),
        None => format!("all {count} steps are over"),
    };
    words += match script.pace {
        _ if script.is_paused => ", paused",
        Pace::Script => ", by itself",
        Pace::Presenter => ", by hand",
    };
    words += &format!("   {}", text::clock(lab.now.since(lab.since)));
    if let Some(planned) = script.planned {
        words += &format!(
            " of {} planned",
            text::clock(planned).trim_start_matches('+')
        );
    }
    match script.late() {
        0 => {}
        late => words += &format!("   {} late", text::counted(late, "step")),
    }
    vec![Span::styled(words, style)]
}
