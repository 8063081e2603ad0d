//! What all dialogs have in common.

use crate::lab::{Answer, LabView};
use crate::ui::keymap::{Action, KeyPress};
use crate::ui::viewer::{Effect, Outcome, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;

/// A form, a list or a question over everything else.
///
/// It is given keys, pasted text and answers, and decides each time whether it stays.
pub trait Dialog {
    /// Takes a key.
    fn key(&mut self, lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict;

    /// Takes pasted text.
    ///
    /// # Errors
    /// What is wrong with it, in words, if the dialog has no place of its own to say so.
    fn paste(&mut self, text: &str) -> Result<(), String> {
        let _ = text;
        Ok(())
    }

    /// What the view in front is filtered by while this is open; `None`: as before.
    fn filter(&self) -> Option<&str> {
        None
    }

    /// Whether it is this dialog that asked for this, and still wants to know.
    fn awaits(&self, purpose: &Purpose) -> bool {
        let _ = purpose;
        false
    }

    /// Takes an answer that it [awaits](Self::awaits).
    fn answered(&mut self, answer: &Result<Answer, String>) -> Verdict {
        match answer {
            Ok(_) => Verdict::close(),
            Err(why) => {
                self.refused(why);
                Verdict::stay()
            }
        }
    }

    /// What it wanted was refused, for this reason.
    fn refused(&mut self, why: &str) {
        let _ = why;
    }

    /// Draws itself over the screen.
    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>);
}

/// What becomes of a dialog.
pub enum Verdict {
    /// It goes on; meanwhile this is to be done.
    Stay(Vec<Effect>),
    /// It is over, and this came of it.
    Close(Outcome),
    /// It is over, and this was chosen.
    Act(Action),
    /// The view in front is to go to this, and refuses it or the dialog is over.
    Seek(String),
}

impl Verdict {
    /// It goes on.
    pub fn stay() -> Self {
        Self::Stay(Vec::new())
    }

    /// It is over.
    pub fn close() -> Self {
        Self::Close(Outcome::default())
    }

    /// It is over, and this is to be done.
    pub fn closing(effects: Vec<Effect>) -> Self {
        Self::Close(effects.into())
    }
}
