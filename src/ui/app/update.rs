//! How a key, an answer or the passing of time changes the screen.
//!
//! [`UiState::update`] is given what happened and the lab as it is, changes the state, and hands
//! back what is to be done ([`Effect`]). It waits for nothing and draws nothing. Answers come back
//! later as [`UiEvent::Answered`], with the [`Purpose`] for which they were asked.

use super::frame::ScreenPlan;
use super::state::UiState;
use crate::lab::{Answer, LabView};
use crate::node::io::words::Tone;
use crate::ui::dialogs::{self, Dialog, Verdict};
use crate::ui::keymap::{Action, KeyPress, by_action};
use crate::ui::viewer::{DialogId, Effect, Outcome, Purpose};
use crate::ui::widgets::scene::Scene;
use crossterm::event::MouseEvent;

/// What happens to the screen.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time is handed over, and none is kept"
)]
pub enum UiEvent {
    /// A key.
    Key(KeyPress),
    /// The mouse.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resized(u16, u16),
    /// An answer came.
    Answered(Purpose, Result<Answer, String>),
    /// The lab is another than before, or a second has passed.
    Changed,
}

impl UiState {
    /// Takes in what happened, and says what is to be done.
    pub fn update(&mut self, lab: &LabView, event: UiEvent) -> Vec<Effect> {
        self.expire(lab);
        let effects = self.take(lab, event);
        self.let_through(lab, effects)
    }

    fn take(&mut self, lab: &LabView, event: UiEvent) -> Vec<Effect> {
        match event {
            UiEvent::Key(key) => self.key(lab, key),
            UiEvent::Mouse(mouse) => self.mouse(lab, mouse),
            UiEvent::Paste(text) => self.paste(lab, &text),
            UiEvent::Resized(width, height) => {
                self.viewer.size = (width, height);
                Vec::new()
            }
            UiEvent::Answered(purpose, answer) => self.answered(lab, purpose, answer),
            UiEvent::Changed => self.changed(lab),
        }
    }

    fn changed(&mut self, lab: &LabView) -> Vec<Effect> {
        self.notice_restart(lab);
        let mut effects = self.notice_time(lab);
        self.tell_news(lab);
        if self.viewer.chosen_link(lab).is_none() {
            self.viewer.link = None;
        }
        let body = ScreenPlan::new(lab, &self.viewer).body;
        let front = self.viewer.in_front();
        let scene = Scene::new(lab, &self.viewer);
        effects.extend(self.views.iter_mut().flat_map(|(id, view)| {
            let area = (id == front).then_some(body);
            view.collect(scene, area)
        }));
        effects
    }

    fn key(&mut self, lab: &LabView, key: KeyPress) -> Vec<Effect> {
        let action = self.viewer.keymap.action(key);
        if self.shows_keys {
            let does = match (&self.dialog, action) {
                (None, Some(action)) => format!("{key}  {}", by_action(action).does_in(lab)),
                _ => key.to_string(),
            };
            self.last_key = Some((does, self.moment(lab)));
        }
        // These work from anywhere, a form included.
        if let Some(action @ (Action::Leave | Action::Suspend | Action::Redraw)) = action {
            return self.act(lab, action);
        }
        if let Some(mut dialog) = self.dialog.take() {
            let verdict = dialog.key(lab, &mut self.viewer, key);
            self.filter_by(&*dialog);
            return self.judge(lab, dialog, verdict);
        }
        if self.close_card(lab, action) {
            return Vec::new();
        }
        match action {
            Some(action) => self.act(lab, action),
            None => Vec::new(),
        }
    }

    fn paste(&mut self, lab: &LabView, text: &str) -> Vec<Effect> {
        if let Some(mut dialog) = self.dialog.take() {
            if let Err(why) = dialog.paste(text) {
                self.tell(lab.now, Tone::Warn, why);
            }
            self.filter_by(&*dialog);
            self.dialog = Some(dialog);
        }
        Vec::new()
    }

    /// Filters what is in front as a dialog says.
    fn filter_by(&mut self, dialog: &dyn Dialog) {
        let view = self.views.get_mut(self.viewer.in_front());
        if let (Some(filter), Ok(DialogId::Filter(now))) = (dialog.filter(), view.finds())
            && filter != now
        {
            view.set_filter(filter);
        }
    }

    /// Does what a dialog decided.
    pub(super) fn judge(
        &mut self,
        lab: &LabView,
        mut dialog: Box<dyn Dialog>,
        verdict: Verdict,
    ) -> Vec<Effect> {
        match verdict {
            Verdict::Stay(effects) => {
                self.dialog = Some(dialog);
                effects
            }
            Verdict::Close(outcome) => self.after(lab, outcome),
            Verdict::Act(action) => self.act(lab, action),
            Verdict::Seek(text) => {
                let view = self.views.get_mut(self.viewer.in_front());
                match view.seek(Scene::new(lab, &self.viewer), &text) {
                    Ok(effects) => effects,
                    Err(why) => {
                        dialog.refused(&why);
                        self.dialog = Some(dialog);
                        Vec::new()
                    }
                }
            }
        }
    }

    /// Opens a dialog, if there is something that it can be about.
    pub(super) fn open(&mut self, lab: &LabView, dialog: DialogId) {
        self.dialog = dialogs::open(dialog, lab, &self.viewer);
    }

    /// Does what a key or the palette says.
    pub fn act(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        match action {
            Action::Leave => return vec![Effect::Leave],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return vec![Effect::Redraw],
            _ => {}
        }
        if let Some(why) = self.obstacle(lab, action) {
            self.tell(lab.now, Tone::Warn, why);
            return Vec::new();
        }
        let entry = by_action(action);
        match entry.time_change() {
            Some(change) => self.change_time(change),
            None if entry.changes => self.change(lab, action),
            None => self.look(lab, action),
        }
    }

    /// Does what came of a key or a click.
    pub(super) fn after(&mut self, lab: &LabView, outcome: Outcome) -> Vec<Effect> {
        let mut effects = outcome.effects;
        if outcome.is_over {
            effects.extend(self.back(lab));
        }
        if let Some(link) = outcome.link {
            self.viewer.link = link;
        }
        if let Some(ix) = outcome.focus {
            effects.extend(self.focus_on(lab, ix));
        }
        if outcome.zooms {
            effects.extend(self.zoom_in(lab));
        }
        if let Some((tone, words)) = outcome.said {
            self.tell(lab.now, tone, words);
        }
        if let Some(dialog) = outcome.opens {
            self.open(lab, dialog);
        }
        if let Some((what, text)) = outcome.copied {
            effects.extend(self.copy(lab, &what, text));
        }
        effects
    }
}
