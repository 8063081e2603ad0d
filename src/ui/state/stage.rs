//! How a story is told on this screen: who sits in front of it, and what keys do with the script.

use super::{Effect, Purpose, UiState};
use crate::lab::ask::{Access, ScriptChange};
use crate::lab::script::ScriptView;
use crate::lab::{LabView, Request};
use crate::node::io::words::Tone;
use crate::ui::dialog::Dialog;
use crate::ui::keymap::{Action, Entry};
use std::sync::Arc;

/// Whose screen it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seat {
    /// That of the program that runs the lab: the story ends with it.
    #[default]
    Own,
    /// One that was attached.
    Guest,
    /// One that was attached to look, and changes nothing.
    Audience,
}

/// How a story is told here.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Whose screen it is.
    pub seat: Seat,
    /// Titles are in large letters.
    pub is_big: bool,
    /// It is the presenter's own: notes in place of the lab.
    pub has_notes: bool,
    /// The run whose end card was closed.
    closed: Option<u32>,
    /// The run that was last looked at.
    run: Option<u32>,
    /// It was this screen that paused the script, when it was held.
    has_paused: bool,
}

impl Stage {
    /// For a screen of this seat.
    pub fn new(seat: Seat, is_big: bool, has_notes: bool) -> Self {
        Self {
            seat,
            is_big,
            has_notes,
            ..Self::default()
        }
    }

    /// Whether a script that is over says so, and what can be done then.
    pub fn has_card(&self, script: &ScriptView) -> bool {
        script.is_over() && self.closed != Some(script.runs)
    }

    /// Whether holding this screen pauses the script.
    pub fn pauses(&self) -> bool {
        match self.seat {
            Seat::Own => true,
            Seat::Guest => self.has_notes,
            Seat::Audience => false,
        }
    }

    /// Whether a key of the table does anything on this screen: help and palette list no other.
    pub fn offers(&self, entry: &Entry) -> bool {
        self.has(entry.action) && !(self.seat == Seat::Audience && entry.changes)
    }

    /// Whether an action means anything on this screen.
    fn has(&self, action: Action) -> bool {
        !self.has_notes
            || matches!(
                action,
                Action::ScriptNext
                    | Action::ScriptAuto
                    | Action::ScriptRestart
                    | Action::Script
                    | Action::Hold
                    | Action::Back
                    | Action::Clock
                    | Action::Palette
                    | Action::Help
                    | Action::Quit
            )
    }
}

impl UiState {
    /// Takes away the end card, if there is one. Whether the key is used up by that.
    pub(super) fn close_card(&mut self, lab: &LabView, action: Option<Action>) -> bool {
        let Some(script) = &lab.script else {
            return false;
        };
        if !self.stage.has_card(script) {
            return false;
        }
        self.stage.closed = Some(script.runs);
        matches!(action, Some(Action::ScriptNext | Action::Back))
    }

    /// Why an action is not for this screen, in words.
    pub(super) fn refusal(&self, action: Action, changes: bool) -> Option<String> {
        if self.stage.seat == Seat::Audience && changes {
            return Some(ONLY_LOOKS.to_owned());
        }
        if !self.stage.has(action) {
            return Some("not here: this screen has the notes".to_owned());
        }
        if self.held.is_some() && changes {
            let key = self.keymap.key_of(Action::Hold);
            return Some(format!("held: {key} resumes"));
        }
        None
    }

    /// Keeps back what would change the lab, on a screen that only looks. All that is asked of the
    /// lab goes through here.
    pub(super) fn let_through(&mut self, lab: &LabView, mut effects: Vec<Effect>) -> Vec<Effect> {
        if self.stage.seat == Seat::Audience {
            let before = effects.len();
            effects.retain(|effect| match effect {
                Effect::Ask(request, _) => request.access() == Access::Read,
                _ => true,
            });
            if effects.len() < before {
                self.tell(lab.now, Tone::Warn, ONLY_LOOKS);
            }
        }
        effects
    }

    /// Drives the script.
    pub(super) fn drive(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        let Some(script) = &lab.script else {
            self.tell(lab.now, Tone::Warn, NO_SCRIPT);
            return Vec::new();
        };
        match action {
            Action::ScriptNext if script.is_over() => {
                let key = self.keymap.key_of(Action::ScriptRestart);
                let words = format!("the story is over: {key} plays it again");
                self.tell(lab.now, Tone::Warn, words);
            }
            Action::ScriptNext => {
                // What comes is to be seen, and not what was said before.
                self.message = None;
                return ask(ScriptChange::Next, Purpose::Script);
            }
            Action::ScriptAuto => return ask(ScriptChange::Auto, Purpose::Tell),
            // A lab of this program that is kept refuses, and says why.
            Action::ScriptRestart
                if script.is_over() || self.stage.seat == Seat::Own && !lab.is_temporary =>
            {
                return ask(ScriptChange::Restart, Purpose::Tell);
            }
            _ => self.dialog = Some(Dialog::restart()),
        }
        Vec::new()
    }

    /// Lists the steps of the script.
    pub(super) fn list_steps(&mut self, lab: &LabView) {
        match lab.script {
            Some(_) => self.dialog = Some(Dialog::script()),
            None => self.tell(lab.now, Tone::Warn, NO_SCRIPT),
        }
    }

    /// Holds the picture, or lets it go on; on a presenter's screen with the script.
    pub(super) fn hold(&mut self, lab: &LabView) -> Vec<Effect> {
        // What was said of the screen that was held, or before it was, is no news.
        self.message = None;
        if self.held.take().is_some() {
            let resumes = std::mem::take(&mut self.stage.has_paused);
            return match resumes {
                true => ask(ScriptChange::Resume, Purpose::Script),
                false => Vec::new(),
            };
        }
        let script = lab.script.as_ref().filter(|script| !script.is_over());
        let is_paused = script.map(|script| script.is_paused);
        // It was paused from elsewhere, by a shell or another screen.
        if self.stage.pauses() && is_paused == Some(true) {
            return ask(ScriptChange::Resume, Purpose::Script);
        }
        self.held = Some(Arc::new(lab.clone()));
        if self.stage.pauses() && is_paused == Some(false) {
            self.stage.has_paused = true;
            return ask(ScriptChange::Pause, Purpose::Script);
        }
        Vec::new()
    }

    /// Whether it was this screen that paused the script.
    pub fn has_paused(&self) -> bool {
        self.stage.has_paused
    }

    /// A lab that was made anew has other blocks, messages and nodes: what was kept of the old one is
    /// forgotten.
    pub(super) fn notice_restart(&mut self, lab: &LabView) {
        let Some(script) = &lab.script else {
            return;
        };
        let before = self.stage.run.replace(script.runs);
        if before.is_none_or(|run| run == script.runs) {
            return;
        }
        self.zoom = None;
        self.dialog = None;
        self.message = None;
        self.stage.has_paused = false;
        self.network = Default::default();
        self.blocks = Default::default();
        self.messages = Default::default();
        self.news = Default::default();
        self.last_payers.clear();
        let focus = self.spec.focus.as_deref().and_then(|name| lab.named(name));
        let last = lab.nodes.len().saturating_sub(1);
        self.focus = focus.unwrap_or(self.focus).min(crate::node::NodeIx(last));
    }

    /// Whether a script is being played.
    pub(super) fn is_telling(lab: &LabView) -> bool {
        lab.script.as_ref().is_some_and(|script| !script.is_over())
    }
}

/// What a screen for an audience says to keys that would change something.
const ONLY_LOOKS: &str = "this screen only looks";

const NO_SCRIPT: &str = "this lab has no script";

fn ask(change: ScriptChange, purpose: Purpose) -> Vec<Effect> {
    vec![Effect::Ask(Request::Script(change), purpose)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_presenters_screens_pause_the_script() {
        for (seat, has_notes, pauses) in [
            (Seat::Own, false, true),
            (Seat::Guest, false, false),
            (Seat::Guest, true, true),
            (Seat::Audience, false, false),
            (Seat::Audience, true, false),
        ] {
            assert_eq!(Stage::new(seat, false, has_notes).pauses(), pauses);
        }
    }
}
