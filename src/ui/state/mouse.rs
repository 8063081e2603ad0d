//! The mouse: a click focuses, the wheel scrolls.

use super::{Effect, UiState, View};
use crate::lab::LabView;
use crate::ui::keymap::Action;
use crate::ui::view::plan::Plan;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

impl UiState {
    pub(super) fn mouse(&mut self, lab: &LabView, mouse: MouseEvent) -> Vec<Effect> {
        if self.dialog.is_some() || self.stage.has_notes {
            return Vec::new();
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.look(lab, Action::Up),
            MouseEventKind::ScrollDown => self.look(lab, Action::Down),
            MouseEventKind::Down(MouseButton::Left) => {
                let at = Position::new(mouse.column, mouse.row);
                if self.zoom.is_some() {
                    return Vec::new();
                }
                if self.view != View::Lab {
                    return self.clicked(lab, at);
                }
                match Plan::new(lab, self).hit(at) {
                    Some(ix) if ix == self.focus => self.zoom_in(lab),
                    Some(ix) => self.focus_on(lab, ix),
                    None => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }
}
