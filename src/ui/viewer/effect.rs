//! What is to be done for a screen, and why something was asked.

use super::Fetch;
use crate::lab::Request;
use crate::ui::keymap::ViewId;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the lab.
    Ask(Request, Purpose),
    /// Take no answer any more to what views have asked: time went back since.
    Forget,
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
    /// To show it in this view.
    Fetch(ViewId, Fetch),
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
    /// To move time: where it is then, and why, the lab says itself.
    Time,
}
