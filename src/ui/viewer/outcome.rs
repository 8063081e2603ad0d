//! What comes of a key or a click.

use super::Effect;
use crate::node::NodeIx;
use crate::node::io::words::Tone;

/// What came of a key or a click in a view or a dialog.
#[derive(Default)]
pub struct Outcome {
    /// To be done.
    pub effects: Vec<Effect>,
    /// The view is to be left.
    pub is_over: bool,
    /// The focused node is to be shown alone.
    pub zooms: bool,
    /// To be copied: what it is, and the text.
    pub copied: Option<(String, String)>,
    /// This node is to be focused.
    pub focus: Option<NodeIx>,
    /// This link is to be chosen, by its ends; or none.
    pub link: Option<Option<(NodeIx, NodeIx)>>,
    /// This is to be asked.
    pub opens: Option<DialogId>,
    /// To be said on the message line.
    pub said: Option<(Tone, String)>,
}

impl Outcome {
    /// That a dialog opens.
    pub fn opening(dialog: DialogId) -> Self {
        Self {
            opens: Some(dialog),
            ..Self::default()
        }
    }
}

impl From<Vec<Effect>> for Outcome {
    fn from(effects: Vec<Effect>) -> Self {
        Self {
            effects,
            ..Self::default()
        }
    }
}

/// What can be asked of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogId {
    /// All keys.
    Help,
    /// All actions, by name.
    Palette,
    /// To make a wallet on the focused node.
    Wallet,
    /// To pay: from the wallet that was last used on the focused node, or its first.
    Send,
    /// To add a node, connected to the focused one.
    Add,
    /// Whether to quit, and what to do with the data.
    Quit,
    /// To go to a node by its name.
    FindNode,
    /// To go to a block by its height or hash.
    SeekBlock,
    /// To filter what is in front, which is filtered like this now.
    Filter(String),
    /// To change what the chosen link is like.
    Link,
    /// To partition the network into groups.
    Partition,
    /// Whether to play the story again from its beginning.
    Restart,
    /// The steps of the script.
    Script,
    /// The timelines of a lab in virtual time.
    Timelines,
}
