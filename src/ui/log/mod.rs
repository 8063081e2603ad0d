//! The log of the whole lab.

use super::keymap::Action;
use super::state::UiState;
use ratatui::Frame;
use ratatui::layout::Rect;

/// The log as it is looked at.
#[derive(Default)]
pub struct LogPane {}

impl LogPane {
    /// Takes in what was logged since the last time.
    pub fn collect(&mut self) {}
    /// Takes a key.
    pub fn act(&mut self, _action: Action, _size: (u16, u16)) {}
    /// Goes up one level, if there is one: a filter is dropped, scrolling ends.
    pub fn back(&mut self) -> bool {
        false
    }
    /// Whose lines are shown; empty: everybody's.
    pub fn filter(&self) -> &str {
        ""
    }
    /// Shows only lines of nodes with this in their name.
    pub fn set_filter(&mut self, _filter: &str) {}
    /// Draws it.
    pub fn render(&self, _frame: &mut Frame<'_>, _area: Rect, _ui: &UiState) {}
}
