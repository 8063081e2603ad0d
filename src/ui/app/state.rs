//! What the screen remembers: what a person set and did. What happened is in the lab.

use super::news::Told;
use super::pace::{SeenTime, on_the_wall};
use crate::lab::LabView;
use crate::lab::spec::ViewSpec;
use crate::node::io::words::{Piece, Tone};
use crate::node::{Time, earlier};
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

/// The longest that a picture is not drawn anew, and how often ages are others.
const SECOND: Duration = Duration::from_secs(1);

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
    /// How long there is a screen: a clock that goes as on the wall, whatever time does in the lab.
    pub clock: Time,
    /// Where the lab was kept, to be told when it is left.
    pub kept: Option<PathBuf>,
    /// The last reorganisation that was seen, and told if it was deep.
    pub(super) news: Told,
    /// The run of the lab that was last looked at.
    pub(super) run: Option<u32>,
    /// What was seen of time last, in a lab in virtual time.
    pub(super) time: Option<SeenTime>,
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
    /// When, on the screen's own clock.
    pub shown: Time,
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
            clock: Time::default(),
            kept: None,
            news: Told::default(),
            run: None,
            time: None,
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

    /// When the screen changes by itself next, as far as that is known, on the clock of the lab: the view
    /// in front is another then, or, in a live lab, a message or a key is forgotten.
    pub fn deadline(&self, lab: &LabView) -> Option<Time> {
        let said = self.forgets(lab).filter(|_| lab.time.is_none());
        let still = self.held.is_some() || self.viewer.stage.has_notes;
        let view = self.views.get(self.viewer.in_front());
        let view = view.next_frame(lab).filter(|_| !still);
        earlier(said, view)
    }

    /// How long the picture stays right on the wall if nothing happens.
    pub fn stays_right(&self, lab: &LabView) -> Duration {
        let passed = lab.now.since(lab.since);
        let to_second = SECOND - Duration::from_micros(u64::from(passed.subsec_micros()));
        let due = lab.headline.due.filter(|at| *at > lab.now);
        let moments = self.deadline(lab).into_iter().chain(due);
        let next = moments.map(|at| at.since(lab.now)).min();
        let next = next.map_or(to_second, |next| next.min(to_second));
        let forgets = self.forgets(lab).filter(|_| lab.time.is_some());
        let own = forgets.map_or(SECOND, |at| at.since(self.clock).min(SECOND));
        on_the_wall(lab, next).map_or(own, |next| next.min(own))
    }

    /// When what was said, or which key was pressed, is forgotten, on the clock by which that is.
    fn forgets(&self, lab: &LabView) -> Option<Time> {
        let message = self.message.as_ref();
        let message = message.map(|message| message.said(lab) + message_time(lab));
        let key = self.last_key.as_ref().map(|(_, at)| *at + KEY_SHOWN);
        earlier(message, key)
    }

    /// Says something.
    pub fn say(&mut self, now: Time, tone: Tone, pieces: Vec<Piece>) {
        self.message = Some(Message {
            pieces,
            tone,
            at: now,
            shown: self.clock,
        });
    }

    /// Says something in words.
    pub fn tell(&mut self, now: Time, tone: Tone, words: impl Into<String>) {
        self.say(now, tone, vec![Piece::Text(words.into())]);
    }

    /// Forgets what has been shown for long enough.
    pub(super) fn expire(&mut self, lab: &LabView) {
        let now = self.moment(lab);
        self.message
            .take_if(|message| now.since(message.said(lab)) >= message_time(lab));
        self.last_key.take_if(|(_, at)| now.since(*at) >= KEY_SHOWN);
    }

    /// Whether a script is being played.
    pub(super) fn is_playing(lab: &LabView) -> bool {
        lab.script.as_ref().is_some_and(|script| !script.is_over())
    }
}

impl Message {
    /// When it was said, on the clock by which it is forgotten.
    fn said(&self, lab: &LabView) -> Time {
        match lab.time {
            None => self.at,
            Some(_) => self.shown,
        }
    }
}

/// How long a message stays.
fn message_time(lab: &LabView) -> Duration {
    match UiState::is_playing(lab) {
        true => MESSAGE_TIME_PLAYING,
        false => MESSAGE_TIME,
    }
}
