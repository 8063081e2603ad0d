//! What is asked of the user: forms, lists and questions over everything else.
//!
//! A dialog is given keys, pasted text and answers, and decides each time whether it stays
//! ([`Verdict`]). It draws itself over the middle of the screen.

mod add;
mod filter;
mod find;
mod form;
mod help;
mod input;
mod link;
mod list;
mod palette;
mod partition;
mod payment;
mod quit;
mod restart;
mod script;
mod seek;
mod send;
mod wallet;
pub mod window;

use self::add::AddForm;
use self::filter::Filter;
use self::find::FindNode;
use self::help::Help;
use self::link::LinkForm;
use self::palette::Palette;
use self::partition::PartitionForm;
use self::quit::Quit;
use self::restart::Restart;
use self::script::Steps;
use self::seek::Seek;
use self::send::SendForm;
use self::wallet::WalletForm;
use super::keymap::{Action, KeyPress};
use super::state::{Effect, Purpose, UiState};
use crate::lab::view::LinkView;
use crate::lab::{Answer, LabView};
use crate::node::NodeIx;
use ratatui::Frame;
use ratatui::layout::Rect;

/// Something that waits for the user.
pub struct Dialog {
    kind: Kind,
}

enum Kind {
    Help(Help),
    Palette(Palette),
    Wallet(WalletForm),
    Send(SendForm),
    Add(AddForm),
    Quit(Quit),
    Find(FindNode),
    Filter(Filter),
    Link(LinkForm),
    Partition(PartitionForm),
    Seek(Seek),
    Restart(Restart),
    Script(Steps),
}

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
        Kind::Help(Help::default()).into()
    }

    /// All actions, by name.
    pub fn palette() -> Self {
        Kind::Palette(Palette::default()).into()
    }

    /// To make a wallet on this node.
    pub fn wallet(node: NodeIx) -> Self {
        Kind::Wallet(WalletForm::new(node)).into()
    }

    /// To pay: from the wallet that was last used on this node, or its first; `mine_key` mines a
    /// block on it.
    pub fn send(lab: &LabView, node: NodeIx, last: Option<&str>, mine_key: &str) -> Self {
        Kind::Send(SendForm::new(lab, node, last, mine_key)).into()
    }

    /// To add a node, connected to this one.
    pub fn add(lab: &LabView, node: NodeIx) -> Self {
        Kind::Add(AddForm::new(lab, node)).into()
    }

    /// Whether to quit, and what to do with the data.
    pub fn quit(lab: &LabView) -> Self {
        Kind::Quit(Quit::new(lab)).into()
    }

    /// To go to a node by its name.
    pub fn find_node() -> Self {
        Kind::Find(FindNode::default()).into()
    }

    /// To go to a block by its height or hash.
    pub fn seek_block() -> Self {
        Kind::Seek(Seek::default()).into()
    }

    /// To filter a list, as it is filtered now.
    pub fn filter(now: &str) -> Self {
        Kind::Filter(Filter::new(now)).into()
    }

    /// To change what a link is like.
    pub fn link(lab: &LabView, link: &LinkView) -> Self {
        Kind::Link(LinkForm::new(lab, link)).into()
    }

    /// To partition the network into groups.
    pub fn partition(lab: &LabView) -> Self {
        Kind::Partition(PartitionForm::new(lab)).into()
    }

    /// Whether to play the story again from its beginning.
    pub fn restart() -> Self {
        Kind::Restart(Restart).into()
    }

    /// The steps of the script.
    pub fn script() -> Self {
        Kind::Script(Steps::default()).into()
    }

    /// Takes a key.
    pub fn key(&mut self, lab: &LabView, ui: &mut UiState, key: KeyPress) -> Verdict {
        match &mut self.kind {
            Kind::Help(help) => help.key(ui, key),
            Kind::Palette(palette) => palette.key(ui, key),
            Kind::Wallet(form) => form.key(lab, key),
            Kind::Send(form) => form.key(lab, ui, key),
            Kind::Add(form) => form.key(lab, key),
            Kind::Quit(quit) => quit.key(key),
            Kind::Find(find) => find.key(lab, ui, key),
            Kind::Filter(filter) => filter.key(ui, key),
            Kind::Link(form) => form.key(key),
            Kind::Partition(form) => form.key(lab, key),
            Kind::Seek(seek) => seek.key(lab, ui, key),
            Kind::Restart(restart) => restart.key(key),
            Kind::Script(steps) => steps.key(lab, ui, key),
        }
    }

    /// Takes pasted text.
    ///
    /// # Errors
    /// What is wrong with it, in words, if the dialog has no place of its own to say so.
    pub fn paste(&mut self, ui: &mut UiState, text: &str) -> Result<(), String> {
        match &mut self.kind {
            Kind::Help(_)
            | Kind::Quit(_)
            | Kind::Partition(_)
            | Kind::Restart(_)
            | Kind::Script(_) => {}
            Kind::Palette(palette) => return palette.paste(text),
            Kind::Find(find) => return find.paste(text),
            Kind::Filter(filter) => return filter.paste(ui, text),
            Kind::Wallet(form) => form.paste(text),
            Kind::Send(form) => form.paste(text),
            Kind::Add(form) => form.paste(text),
            Kind::Link(form) => form.paste(text),
            Kind::Seek(seek) => seek.paste(text),
        }
        Ok(())
    }

    /// Whether it is this dialog that asked for this, and still wants to know.
    pub fn awaits(&self, purpose: &Purpose) -> bool {
        match (&self.kind, purpose) {
            (Kind::Send(form), purpose) => form.awaits(purpose),
            (Kind::Wallet(form), Purpose::Wallet) => form.awaits(),
            (Kind::Add(form), Purpose::Add) => form.awaits(),
            (Kind::Quit(quit), Purpose::Keep) => quit.awaits(),
            _ => false,
        }
    }

    /// Takes an answer that it [awaits](Self::awaits).
    pub fn answered(&mut self, answer: &Result<Answer, String>) -> Verdict {
        let is_over = match (&mut self.kind, answer) {
            (Kind::Send(form), answer) => form.answered(answer),
            (_, Ok(_)) => true,
            (Kind::Wallet(form), Err(why)) => {
                form.refused(why);
                false
            }
            (Kind::Add(form), Err(why)) => {
                form.refused(why);
                false
            }
            (Kind::Quit(quit), Err(why)) => {
                quit.failed(why);
                false
            }
            _ => false,
        };
        if is_over {
            Verdict::Close(Vec::new())
        } else {
            Verdict::Stay(Vec::new())
        }
    }

    /// Draws itself over the screen.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, lab: &LabView, ui: &UiState) {
        match &self.kind {
            Kind::Help(help) => help.render(frame, area, ui),
            Kind::Palette(palette) => palette.render(frame, area, ui),
            Kind::Wallet(form) => form.render(frame, area, lab, ui),
            Kind::Send(form) => form.render(frame, area, lab, ui),
            Kind::Add(form) => form.render(frame, area, lab, ui),
            Kind::Quit(quit) => quit.render(frame, area, ui),
            Kind::Find(find) => find.render(frame, area, lab, ui),
            Kind::Filter(filter) => filter.render(frame, area, ui),
            Kind::Link(form) => form.render(frame, area, ui),
            Kind::Partition(form) => form.render(frame, area, lab, ui),
            Kind::Seek(seek) => seek.render(frame, area, ui),
            Kind::Restart(restart) => restart.render(frame, area, ui),
            Kind::Script(steps) => steps.render(frame, area, lab, ui),
        }
    }
}

impl From<Kind> for Dialog {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}
