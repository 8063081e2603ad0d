//! What is asked of the user: forms, lists and questions over everything else.
//!
//! A dialog is given keys, pasted text and answers, and decides each time whether it stays
//! ([`Verdict`]). It draws itself over the middle of the screen.

use super::keymap::{Action, KeyPress};
use super::state::{Effect, Purpose, UiState};
use crate::lab::{Answer, LabView, NodeIx};
use ratatui::Frame;
use ratatui::layout::Rect;

/// Something that waits for the user.
pub struct Dialog {}

/// What becomes of a dialog.
pub enum Verdict {
    /// It goes on; meanwhile this is to be done.
    Stay(Vec<Effect>),
    /// It is over, and this is to be done.
    Close(Vec<Effect>),
    /// It is over, and this was chosen.
    Act(Action),
}

impl Dialog {
    /// All keys.
    pub fn help() -> Self {
        Self {}
    }
    /// All actions, by name.
    pub fn palette() -> Self {
        Self {}
    }
    /// To make a wallet on this node.
    pub fn wallet(_node: NodeIx) -> Self {
        Self {}
    }
    /// To pay, first of all from this node's wallets.
    pub fn send(_lab: &LabView, _node: NodeIx) -> Self {
        Self {}
    }
    /// To add a node, connected to this one.
    pub fn add(_lab: &LabView, _node: NodeIx) -> Self {
        Self {}
    }
    /// Whether to quit, and what to do with the data.
    pub fn quit(_lab: &LabView) -> Self {
        Self {}
    }
    /// To go to a node by its name.
    pub fn find_node() -> Self {
        Self {}
    }
    /// To filter a list, as it is filtered now.
    pub fn filter(_now: &str) -> Self {
        Self {}
    }
    /// Takes a key.
    pub fn key(&mut self, _lab: &LabView, _ui: &mut UiState, _key: KeyPress) -> Verdict {
        Verdict::Close(Vec::new())
    }
    /// Takes pasted text.
    pub fn paste(&mut self, _lab: &LabView, _text: &str) -> Verdict {
        Verdict::Stay(Vec::new())
    }
    /// Takes an answer to what it asked.
    pub fn answered(
        &mut self,
        _lab: &LabView,
        _purpose: &Purpose,
        _answer: &Result<Answer, String>,
    ) -> Verdict {
        Verdict::Stay(Vec::new())
    }
    /// Draws itself over the screen.
    pub fn render(&self, _frame: &mut Frame<'_>, _area: Rect, _lab: &LabView, _ui: &UiState) {}
}
