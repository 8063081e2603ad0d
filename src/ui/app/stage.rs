//! How a story is told on this screen: who sits in front of it, and what keys do with the script.

use super::state::UiState;
use crate::lab::ask::{Access, ScriptChange, TimeChange};
use crate::lab::{LabView, Request};
use crate::node::io::words::Tone;
use crate::ui::keymap::Action;
use crate::ui::viewer::{DialogId, Effect, Purpose, Seat};
use std::sync::Arc;

impl UiState {
    /// Takes away the end card, if there is one. Whether the key is used up by that.
    pub(super) fn close_card(&mut self, lab: &LabView, action: Option<Action>) -> bool {
        let Some(script) = &lab.script else {
            return false;
        };
        if !self.viewer.stage.has_card(script) {
            return false;
        }
        self.viewer.stage.close_card(script);
        matches!(action, Some(Action::ScriptNext | Action::Back))
    }

    /// Why an action is not for this screen, in words.
    pub(super) fn refusal(&self, action: Action, changes: bool) -> Option<String> {
        if self.viewer.stage.seat == Seat::Audience && changes {
            return Some(ONLY_LOOKS.to_owned());
        }
        if !self.viewer.stage.has(action) {
            return Some("not here: this screen has the notes".to_owned());
        }
        if self.held.is_some() && changes {
            let key = self.viewer.keymap.key_of(Action::Hold);
            return Some(format!("held: {key} resumes"));
        }
        None
    }

    /// Keeps back what would change the lab, on a screen that only looks. All that is asked of the
    /// lab goes through here.
    pub(super) fn let_through(&mut self, lab: &LabView, mut effects: Vec<Effect>) -> Vec<Effect> {
        if self.viewer.stage.seat == Seat::Audience {
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
                let key = self.viewer.keymap.key_of(Action::ScriptRestart);
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
                if script.is_over() || self.viewer.stage.seat == Seat::Own && !lab.is_temporary =>
            {
                return ask(ScriptChange::Restart, Purpose::Tell);
            }
            _ => self.open(lab, DialogId::Restart),
        }
        Vec::new()
    }

    /// Lists the steps of the script.
    pub(super) fn list_steps(&mut self, lab: &LabView) {
        match lab.script {
            Some(_) => self.open(lab, DialogId::Script),
            None => self.tell(lab.now, Tone::Warn, NO_SCRIPT),
        }
    }

    /// Holds the picture, or lets it go on; on a presenter's screen with the script. In virtual time it is
    /// time that stands still, or goes on.
    pub(super) fn hold(&mut self, lab: &LabView) -> Vec<Effect> {
        if lab.time.is_some() {
            return self.change_time(TimeChange::Toggle);
        }
        // What was said of the screen that was held, or before it was, is no news.
        self.message = None;
        if self.held.take().is_some() {
            let resumes = std::mem::take(&mut self.viewer.stage.has_paused);
            return match resumes {
                true => ask(ScriptChange::Resume, Purpose::Script),
                false => Vec::new(),
            };
        }
        let script = lab.script.as_ref().filter(|script| !script.is_over());
        let is_paused = script.map(|script| script.is_paused);
        // It was paused from elsewhere, by a shell or another screen.
        if self.viewer.stage.pauses() && is_paused == Some(true) {
            return ask(ScriptChange::Resume, Purpose::Script);
        }
        self.held = Some(Arc::new(lab.clone()));
        if self.viewer.stage.pauses() && is_paused == Some(false) {
            self.viewer.stage.has_paused = true;
            return ask(ScriptChange::Pause, Purpose::Script);
        }
        Vec::new()
    }

    /// A lab that was made anew has other blocks, messages and nodes: what was kept of the old one is
    /// forgotten.
    pub(super) fn notice_restart(&mut self, lab: &LabView) {
        let Some(script) = &lab.script else {
            return;
        };
        let before = self.run.replace(script.runs);
        if before.is_none_or(|run| run == script.runs) {
            return;
        }
        self.dialog = None;
        self.message = None;
        self.news = Default::default();
        self.views.iter_mut().for_each(|(_, view)| view.restart());
        self.viewer.restart(lab);
    }
}

/// What a screen for an audience says to keys that would change something.
const ONLY_LOOKS: &str = "this screen only looks";

const NO_SCRIPT: &str = "this lab has no script";

fn ask(change: ScriptChange, purpose: Purpose) -> Vec<Effect> {
    vec![Effect::Ask(Request::Script(change), purpose)]
}
