//! What nodes say to each other.

use super::keymap::Action;
use super::moved::Moved;
use super::state::Effect;
use super::view::scene::Scene;
use crate::lab::{LabView, NodeIx};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;
use ratatui::widgets::Block;

/// The view, as it is looked at.
#[derive(Default)]
pub struct MessagesPane {}

impl MessagesPane {
    /// Takes in what the lab shows; says what is to be asked.
    pub fn collect(&mut self, _lab: &LabView) -> Vec<Effect> {
        Vec::new()
    }

    /// Takes a key, with this node focused, in an area of this size.
    pub fn act(&mut self, _lab: &LabView, _focus: NodeIx, action: Action, _size: Rect) -> Moved {
        Moved {
            is_over: action == Action::Back,
            ..Moved::default()
        }
    }

    /// Takes a click.
    pub fn click(&mut self, _lab: &LabView, _at: Position, _size: Rect) -> Moved {
        Moved::default()
    }

    /// Shows only what fits a filter.
    pub fn set_filter(&mut self, _filter: &str) {}

    /// Whether something on it moves, so that the next frame is another one.
    pub fn is_moving(&self, _lab: &LabView) -> bool {
        false
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(Span::styled(" messages ", theme.strong()));
        frame.render_widget(block, area);
    }
}
