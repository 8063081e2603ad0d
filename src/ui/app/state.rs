//! What the screen remembers: what a person set and did. What happened is in the lab.

use super::news::Told;
use crate::lab::LabView;
use crate::lab::spec::ViewSpec;
use crate::node::Time;
use crate::node::io::words::{Piece, Tone};
use crate::ui::dialogs::Dialog;
use crate::ui::keymap::{Keymap, ViewId};
use crate::ui::theme::Theme;
use crate::ui::viewer::{Effect, Viewer};
use crate::ui::views::Views;
use crate::ui::widgets::scene::Scene;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a message stays before the hint comes back.
const MESSAGE_TIME: Duration = Duration::from_secs(8);

/// How long it stays while a script is played, before what that waits for comes back.
const MESSAGE_TIME_PLAYING: Duration = Duration::from_secs(4);

/// How long the last key is shown, for recordings.
const KEY_SHOWN: Duration = Duration::from_secs(2);

/// What the screen remembers.
pub struct UiState {
    /// Who looks, and how.
    pub viewer: Viewer,
    /// What can be looked at.
    pub views: Views,
    /// What is asked of the user just now.
    pub dialog: Option<Box<dyn Dialog>>,
    /// The last thing that was said, on the message line.
    pub message: Option<Message>,
    /// The lab as it was when the screen was held.
    pub held: Option<Arc<LabView>>,
    /// Keys are shown.
    pub shows_keys: bool,
    /// The last key and what it did.
    pub last_key: Option<(String, Time)>,
    /// Where the lab was kept, to be told when it is left.
    pub kept: Option<PathBuf>,
    /// The last reorganisation that was seen, and told if it was deep.
    pub(super) news: Told,
    /// The run of the lab that was last looked at.
    pub(super) run: Option<u32>,
}

/// Something that was said to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What.
    pub pieces: Vec<Piece>,
    /// How it matters.
    pub tone: Tone,
    /// When.
    pub at: Time,
}

impl UiState {
    /// A screen of this size that shows what the layout wants to be seen.
    pub fn new(theme: Theme, keymap: Keymap, spec: ViewSpec, size: (u16, u16)) -> Self {
        Self {
            viewer: Viewer::new(theme, keymap, spec, size),
            views: Views::default(),
            dialog: None,
            message: None,
            held: None,
            shows_keys: false,
            last_key: None,
            kept: None,
            news: Told::default(),
            run: None,
        }
    }

    /// Begins as the layout says, with a lab that has just been started.
    pub fn begin(&mut self, lab: &LabView) {
        let focus = self.viewer.wanted_focus(lab);
        self.viewer.focus = focus.unwrap_or(self.viewer.focus);
        match ViewId::opened_by(self.viewer.spec.open) {
            // Nothing has been seen of the node yet, so there is nothing to ask.
            ViewId::Zoom => drop(self.zoom_in(lab)),
            view => self.viewer.view = view,
        }
    }

    /// Shows the focused node alone.
    pub fn zoom_in(&mut self, lab: &LabView) -> Vec<Effect> {
        self.viewer.is_zoomed = true;
        let scene = Scene::new(lab, &self.viewer);
        self.views.get_mut(ViewId::Zoom).begin(scene)
    }

    /// When the screen changes by itself next, as far as that is known: a message or a key is
    /// forgotten, or the view in front is another then.
    pub fn deadline(&self, lab: &LabView) -> Option<Time> {
        let message = self.message.as_ref();
        let message = message.map(|message| message.at + message_time(lab));
        let key = self.last_key.as_ref().map(|(_, at)| *at + KEY_SHOWN);
        let still = self.held.is_some() || self.viewer.stage.has_notes;
        let view = self.views.get(self.viewer.in_front());
        let view = view.next_frame(lab).filter(|_| !still);
        crate::node::earlier(crate::node::earlier(message, key), view)
    }

    /// Says something.
    pub fn say(&mut self, now: Time, tone: Tone, pieces: Vec<Piece>) {
        self.message = Some(Message {
            pieces,
            tone,
            at: now,
        });
    }

    /// Says something in words.
    pub fn tell(&mut self, now: Time, tone: Tone, words: impl Into<String>) {
        self.say(now, tone, vec![Piece::Text(words.into())]);
    }

    /// Forgets what has been shown for long enough.
    pub(super) fn expire(&mut self, lab: &LabView) {
        let now = lab.now;
        self.message
            .take_if(|message| now.since(message.at) >= message_time(lab));
        self.last_key.take_if(|(_, at)| now.since(*at) >= KEY_SHOWN);
    }

    /// Whether a script is being played.
    pub(super) fn is_playing(lab: &LabView) -> bool {
        lab.script.as_ref().is_some_and(|script| !script.is_over())
    }
}

/// How long a message stays.
fn message_time(lab: &LabView) -> Duration {
    match UiState::is_playing(lab) {
        true => MESSAGE_TIME_PLAYING,
        false => MESSAGE_TIME,
    }
}
