//! The timelines of a lab in virtual time: which there are, and which is shown.

use super::dialog::{Dialog, Verdict};
use super::list::List;
use super::window::{self, WindowLine};
use crate::lab::ask::{TimeChange, TimelineId};
use crate::lab::view::TimelineView;
use crate::lab::{LabView, Request};
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 66;

/// The list.
pub struct Timelines(List);

/// The timelines, if there are several.
fn all(lab: &LabView) -> &[TimelineView] {
    lab.time.as_ref().map_or(&[], |time| &time.timelines)
}

impl Timelines {
    /// The one that is shown is chosen.
    pub fn new(lab: &LabView) -> Self {
        let shown = all(lab).iter().position(|timeline| timeline.is_shown);
        Self(List::at(shown.unwrap_or(0)))
    }

    fn ask(&self, lab: &LabView, change: fn(TimelineId) -> TimeChange) -> Option<Effect> {
        let timelines = all(lab);
        let chosen = timelines.get(self.0.chosen(timelines.len()))?;
        Some(Effect::Ask(
            Request::Time(change(chosen.name)),
            Purpose::Time,
        ))
    }
}

impl Dialog for Timelines {
    fn key(&mut self, lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let ask = |change| self.ask(lab, change).into_iter().collect();
        match (key.code, key.ctrl || key.alt) {
            (KeyCode::Enter, _) => Verdict::closing(ask(TimeChange::Switch)),
            (KeyCode::Char('c'), false) => {
                Verdict::closing(ask(|id| TimeChange::Compare(Some(id))))
            }
            (KeyCode::Char('d'), false) => Verdict::Stay(ask(TimeChange::DropTimeline)),
            _ if self.0.key(key, all(lab).len()) => Verdict::stay(),
            _ => Verdict::close(),
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let timelines = all(scene.lab);
        let mut lines = Vec::new();
        if timelines.is_empty() {
            let words = "one so far: what is done in the past begins another, and this one stays";
            lines.extend(window::paragraph(words, room, 0, 0, theme.text()));
        }
        let chosen = self.0.chosen(timelines.len());
        for (nth, timeline) in timelines.iter().enumerate() {
            let pointer = if nth == chosen { theme.pointer() } else { " " };
            let style = match (nth == chosen, timeline.is_shown) {
                (true, _) => theme.focus(),
                (false, true) => theme.strong(),
                (false, false) => theme.text(),
            };
            let shown = if timeline.is_shown { "  shown" } else { "" };
            lines.push(WindowLine::new(vec![
                Span::styled(format!("{pointer} {timeline}"), style),
                Span::styled(shown, theme.dim()),
            ]));
        }
        let keys = [
            ("Enter", "shows it"),
            ("c", "compares it"),
            ("d", "drops it"),
            ("Esc", "closes"),
        ];
        let keys = match timelines.is_empty() {
            true => &keys[3..],
            false => &keys,
        };
        lines.push(window::keys(theme, room, keys));
        window::render(frame, area, theme, "timelines", WIDTH, lines);
    }
}
