//! What the screen remembers, and how a key, an answer or the passing of time changes it.
//!
//! [`UiState::update`] is given what happened and the lab as it is, changes the state, and hands
//! back what is to be done ([`Effect`]). It waits for nothing and draws nothing. Answers come back
//! later as [`UiEvent::Answered`], with the [`Purpose`] for which they were asked.

mod act;
mod answers;
mod idle;
mod links;
mod look;
mod mouse;
mod news;
mod stage;

pub use stage::{Seat, Stage};

use super::blocks::BlocksPane;
use super::dialog::Dialog;
use super::keymap::{Action, Context, KeyPress, Keymap, by_action};
use super::log::LogPane;
use super::messages::MessagesPane;
use super::network::NetworkPane;
use super::theme::Theme;
use super::view::plan::Plan;
use super::zoom::{Fetch, Zoom};
use crate::lab::spec::{OpeningView, ViewSpec};
use crate::lab::{Answer, LabView, Request};
use crate::node::io::words::{Piece, Tone};
use crate::node::{NodeIx, Time};
use crossterm::event::MouseEvent;
use news::Told;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a message stays before the hint comes back.
const MESSAGE_TIME: Duration = Duration::from_secs(8);

/// How long it stays while a script is played, before what that waits for comes back.
const MESSAGE_TIME_TELLING: Duration = Duration::from_secs(4);

/// How long the last key is shown, for recordings.
const KEY_SHOWN: Duration = Duration::from_secs(2);

/// What the screen remembers.
pub struct UiState {
    /// How everything looks.
    pub theme: Theme,
    /// What keys do.
    pub keymap: Keymap,
    /// Columns and lines of the screen.
    pub size: (u16, u16),
    /// What the layout wants to see.
    pub spec: ViewSpec,
    /// What is shown, under zoom and dialogs.
    pub view: View,
    /// The focused node alone.
    pub zoom: Option<Zoom>,
    /// What is asked of the user just now.
    pub dialog: Option<Dialog>,
    /// The node that keys act on.
    pub focus: NodeIx,
    /// The last thing that was said, on the message line.
    pub message: Option<Message>,
    /// The lab as it was when the screen was held.
    pub held: Option<Arc<LabView>>,
    /// Times are those of the day, not since the lab began.
    pub is_wall_clock: bool,
    /// Keys are shown.
    pub shows_keys: bool,
    /// The last key and what it did.
    pub last_key: Option<(String, Time)>,
    /// Nodes and links.
    pub network: NetworkPane,
    /// The blocks of all nodes.
    pub blocks: BlocksPane,
    /// What nodes say to each other.
    pub messages: MessagesPane,
    /// The log of the whole lab.
    pub log: LogPane,
    /// The last reorganisation that was seen, and told if it was deep.
    news: Told,
    /// Who paid last with the form, by the node on which it was opened.
    pub last_payers: BTreeMap<NodeIx, String>,
    /// How a story is told here.
    pub stage: Stage,
    /// Where the lab was kept, to be told when it is left.
    pub kept: Option<PathBuf>,
    /// The last number that a question of a form got.
    edition: u64,
}

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Panes, or a table.
    #[default]
    Lab,
    /// Nodes and links.
    Network,
    /// The blocks of all nodes.
    Blocks,
    /// What nodes say to each other.
    Messages,
    /// The log of all nodes.
    Log,
}

impl View {
    /// All of them, in their order in the header.
    pub const ALL: [Self; 5] = [
        Self::Lab,
        Self::Network,
        Self::Blocks,
        Self::Messages,
        Self::Log,
    ];

    /// Its name in the header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lab => "Lab",
            Self::Network => "Network",
            Self::Blocks => "Blocks",
            Self::Messages => "Messages",
            Self::Log => "Log",
        }
    }

    fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|view| *view == self);
        Self::ALL[(at.unwrap_or_default() + by) % Self::ALL.len()]
    }
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

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the lab.
    Ask(Request, Purpose),
    /// Hand this to the terminal's clipboard.
    Copy(String),
    /// Hand the terminal back until called again.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Leave,
}

/// Why something was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// To be told what came of it, on the message line.
    Tell,
    /// To show what the payment of this form would do; the number is the form's edition.
    Plan(u64),
    /// To pay as this form says.
    Pay(u64),
    /// To make the wallet of a form.
    Wallet,
    /// To add the node of a form.
    Add,
    /// To show it in zoom.
    Fetch(Fetch),
    /// To show it among the blocks.
    BlocksFetch(Fetch),
    /// To keep the lab, and leave.
    Keep,
    /// To be told how the node mines now.
    Mining {
        /// It had no wallet for rewards, and gets one.
        makes_wallet: bool,
    },
    /// To be told the hash rate.
    Rate,
    /// To change the caption, which is to be seen itself.
    Caption,
    /// To drive the script, which is to be seen as well.
    Script,
}

impl UiState {
    /// A screen of this size that shows what the layout wants to be seen.
    pub fn new(theme: Theme, keymap: Keymap, spec: ViewSpec, size: (u16, u16)) -> Self {
        Self {
            theme,
            keymap,
            size,
            spec,
            view: View::default(),
            zoom: None,
            dialog: None,
            focus: NodeIx(0),
            message: None,
            held: None,
            is_wall_clock: false,
            shows_keys: false,
            last_key: None,
            network: NetworkPane::default(),
            blocks: BlocksPane::default(),
            messages: MessagesPane::default(),
            log: LogPane::default(),
            news: Told::default(),
            last_payers: BTreeMap::new(),
            stage: Stage::default(),
            kept: None,
            edition: 0,
        }
    }

    /// Begins as the layout says, with a lab that has just been started.
    pub fn begin(&mut self, lab: &LabView) {
        let focus = self.spec.focus.as_deref().and_then(|name| lab.named(name));
        self.focus = focus.unwrap_or(self.focus);
        match self.spec.open {
            OpeningView::Lab => {}
            OpeningView::Network => self.view = View::Network,
            OpeningView::Blocks => self.view = View::Blocks,
            OpeningView::Messages => self.view = View::Messages,
            OpeningView::Log => self.view = View::Log,
            // Nothing has been seen of the node yet, so there is nothing to ask.
            OpeningView::Zoom => drop(self.zoom_in(lab)),
        }
    }

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
                self.size = (width, height);
                Vec::new()
            }
            UiEvent::Answered(purpose, answer) => self.answered(lab, purpose, answer),
            UiEvent::Changed => self.changed(lab),
        }
    }

    /// Where keys are pressed.
    pub fn context(&self) -> Context {
        match (&self.zoom, self.view) {
            (Some(_), _) => Context::Zoom,
            (None, View::Lab) => Context::Lab,
            (None, View::Network) => Context::Network,
            (None, View::Blocks) => Context::Blocks,
            (None, View::Messages) => Context::Messages,
            (None, View::Log) => Context::Log,
        }
    }

    /// When the screen changes by itself next: a message or a key is forgotten.
    pub fn deadline(&self, lab: &LabView) -> Option<Time> {
        let message = self.message.as_ref();
        let message = message.map(|message| message.at + message_time(lab));
        let key = self.last_key.as_ref().map(|(_, at)| *at + KEY_SHOWN);
        crate::node::earlier(message, key)
    }

    /// Whether something on the screen moves, so that the next frame is another one.
    pub fn is_moving(&self, lab: &LabView) -> bool {
        if self.zoom.is_some() || self.held.is_some() || self.stage.has_notes {
            return false;
        }
        match self.view {
            View::Network => self.network.is_moving(lab),
            View::Blocks => self.blocks.is_moving(lab),
            View::Messages => self.messages.is_moving(lab),
            View::Lab | View::Log => false,
        }
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

    /// A number that no question of a form had before.
    pub(in crate::ui) fn next_edition(&mut self) -> u64 {
        self.edition += 1;
        self.edition
    }

    fn expire(&mut self, lab: &LabView) {
        let now = lab.now;
        self.message
            .take_if(|message| now.since(message.at) >= message_time(lab));
        self.last_key.take_if(|(_, at)| now.since(*at) >= KEY_SHOWN);
    }

    fn changed(&mut self, lab: &LabView) -> Vec<Effect> {
        self.notice_restart(lab);
        self.log.collect(lab);
        self.tell_news(lab);
        let mut effects = self.network.collect(lab);
        if self.view == View::Network {
            let body = Plan::new(lab, self).body;
            self.network.lay(lab, body);
        }
        effects.extend(self.blocks.collect(lab));
        if self.view == View::Blocks {
            effects.extend(self.blocks.refresh(lab, self.focus));
        } else if self.view == View::Lab && self.held.is_none() {
            self.blocks.arrange();
        }
        effects.extend(self.messages.collect(lab));
        if let Some(zoom) = &mut self.zoom {
            effects.extend(zoom.refresh(lab, self.focus));
        }
        effects
    }

    fn key(&mut self, lab: &LabView, key: KeyPress) -> Vec<Effect> {
        let action = self.keymap.action(key);
        if self.shows_keys {
            let does = match (&self.dialog, action) {
                (None, Some(action)) => format!("{key}  {}", by_action(action).does),
                _ => key.to_string(),
            };
            self.last_key = Some((does, lab.now));
        }
        // These work from anywhere, a form included.
        if let Some(action @ (Action::Leave | Action::Suspend | Action::Redraw)) = action {
            return self.act(lab, action);
        }
        if self.dialog.is_some() {
            return self.dialog_key(lab, key);
        }
        if self.close_card(lab, action) {
            return Vec::new();
        }
        match action {
            Some(action) => self.act(lab, action),
            None => Vec::new(),
        }
    }

    fn dialog_key(&mut self, lab: &LabView, key: KeyPress) -> Vec<Effect> {
        let Some(mut dialog) = self.dialog.take() else {
            return Vec::new();
        };
        let verdict = dialog.key(lab, self, key);
        self.judge(lab, dialog, verdict)
    }

    fn paste(&mut self, lab: &LabView, text: &str) -> Vec<Effect> {
        if let Some(mut dialog) = self.dialog.take() {
            if let Err(why) = dialog.paste(self, text) {
                self.tell(lab.now, Tone::Warn, why);
            }
            self.dialog = Some(dialog);
        }
        Vec::new()
    }

    /// Does what a dialog decided.
    fn judge(
        &mut self,
        lab: &LabView,
        dialog: Dialog,
        verdict: super::dialog::Verdict,
    ) -> Vec<Effect> {
        use super::dialog::Verdict;
        match verdict {
            Verdict::Stay(effects) => {
                self.dialog = Some(dialog);
                effects
            }
            Verdict::Close(effects) => effects,
            Verdict::Act(action) => self.act(lab, action),
        }
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
        match action {
            action if by_action(action).changes => self.change(lab, action),
            action => self.look(lab, action),
        }
    }
}

/// How long a message stays.
fn message_time(lab: &LabView) -> Duration {
    match UiState::is_telling(lab) {
        true => MESSAGE_TIME_TELLING,
        false => MESSAGE_TIME,
    }
}
