//! What comes of a key or a click in a view.

use super::dialog::Dialog;
use super::state::Effect;
use crate::node::NodeIx;
use crate::node::io::words::Tone;

/// What came of it.
#[derive(Default)]
pub struct Moved {
    /// To be done.
    pub effects: Vec<Effect>,
    /// The view is to be left.
    pub is_over: bool,
    /// To be copied: what it is, and the text.
    pub copied: Option<(String, String)>,
    /// A filter is wanted; as it is now.
    pub filter: Option<String>,
    /// This node is to be focused.
    pub focus: Option<NodeIx>,
    /// This is to be asked.
    pub dialog: Option<Dialog>,
    /// To be said on the message line.
    pub said: Option<(Tone, String)>,
}
