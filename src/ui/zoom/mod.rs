//! One node alone: tabs for its chain, mempool, peers, wallets and log, down to the detail of blocks
//! and transactions.
//!
//! What a snapshot does not hold is asked of the node ([`Fetch`]) and shown when it comes.

use super::keymap::Action;
use super::state::{Effect, UiState};
use crate::chain::{BlockHash, Txid};
use crate::lab::{LabView, NodeIx};
use crate::node::io::Reply;
use ratatui::Frame;
use ratatui::layout::Rect;

/// One node, looked at closely.
pub struct Zoom {}

/// Something that zoom asked of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Blocks of the chain from this height down.
    Chain {
        /// The node.
        node: NodeIx,
        /// The highest.
        from: u32,
    },
    /// A block with its transactions.
    Block(NodeIx, BlockHash),
    /// A transaction.
    Tx(NodeIx, Txid),
    /// More of the mempool than a snapshot shows.
    Mempool(NodeIx),
    /// What a wallet did.
    History {
        /// The node.
        node: NodeIx,
        /// The wallet.
        name: String,
        /// Entries to leave out.
        skip: usize,
    },
}

/// What came of a key in zoom.
#[derive(Default)]
pub struct Moved {
    /// To be done.
    pub effects: Vec<Effect>,
    /// Zoom is over.
    pub is_over: bool,
    /// To be copied: what it is, and the text.
    pub copied: Option<(String, String)>,
    /// A filter is wanted; as it is now.
    pub filter: Option<String>,
}

impl Zoom {
    /// Of a node.
    pub fn new(_node: NodeIx) -> Self {
        Self {}
    }
    /// Looks at another node, on the same tab.
    pub fn turn_to(&mut self, _lab: &LabView, _node: NodeIx) -> Vec<Effect> {
        Vec::new()
    }
    /// The lab changed: asks for what is out of date.
    pub fn refresh(&mut self, _lab: &LabView, _node: NodeIx) -> Vec<Effect> {
        Vec::new()
    }
    /// Takes a key.
    pub fn act(
        &mut self,
        _lab: &LabView,
        _node: NodeIx,
        action: Action,
        _size: (u16, u16),
    ) -> Moved {
        Moved {
            is_over: action == Action::Back,
            ..Moved::default()
        }
    }
    /// Takes an answer.
    pub fn fetched(
        &mut self,
        _lab: &LabView,
        _node: NodeIx,
        _fetch: Fetch,
        _reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        Vec::new()
    }
    /// Shows only what has this in it.
    pub fn set_filter(&mut self, _filter: &str) {}
    /// Draws it.
    pub fn render(&self, _frame: &mut Frame<'_>, _area: Rect, _lab: &LabView, _ui: &UiState) {}
}
