//! The mouse: a click focuses, or goes to a moment of the timeline; the wheel scrolls.

use super::frame::{ScreenPlan, timeline_hit};
use super::state::UiState;
use crate::lab::LabView;
use crate::lab::ask::{TimeChange, When};
use crate::ui::keymap::Action;
use crate::ui::viewer::Effect;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use std::time::Duration;

impl UiState {
    pub(super) fn mouse(&mut self, lab: &LabView, mouse: MouseEvent) -> Vec<Effect> {
        if self.dialog.is_some() || self.viewer.stage.has_notes {
            return Vec::new();
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.look(lab, Action::Up),
            MouseEventKind::ScrollDown => self.look(lab, Action::Down),
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position::new(mouse.column, mouse.row);
                match self.moment_at(lab, at) {
                    Some(moment) => self.change_time(TimeChange::Go(When::At(moment))),
                    None => self.clicked(lab, at),
                }
            }
            _ => Vec::new(),
        }
    }

    /// The moment that is meant by this place of the screen, if it is one of the timeline.
    fn moment_at(&self, lab: &LabView, at: Position) -> Option<Duration> {
        let area = ScreenPlan::new(lab, &self.viewer).timeline?;
        let time = lab.time.as_ref().filter(|_| area.contains(at))?;
        timeline_hit(area, time, self.viewer.theme, at.x)
    }
}
