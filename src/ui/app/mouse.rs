//! The mouse: a click focuses, the wheel scrolls.

use super::state::UiState;
use crate::lab::LabView;
use crate::ui::keymap::Action;
use crate::ui::viewer::Effect;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

impl UiState {
    pub(super) fn mouse(&mut self, lab: &LabView, mouse: MouseEvent) -> Vec<Effect> {
        if self.dialog.is_some() || self.viewer.stage.has_notes {
            return Vec::new();
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.look(lab, Action::Up),
            MouseEventKind::ScrollDown => self.look(lab, Action::Down),
            MouseEventKind::Down(MouseButton::Left) => {
                self.clicked(lab, Position::new(mouse.column, mouse.row))
            }
            _ => Vec::new(),
        }
    }
}
