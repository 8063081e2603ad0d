//! How much was said, by who says it to whom, and by kind.

use crate::node::NodeIx;
use crate::node::message::Kind;
use std::collections::BTreeMap;

/// Kinds that are counted: each of the protocol, and one more for all others, as peers may be of
/// another kind.
pub const KINDS: usize = Kind::ALL.len() + 1;

/// How much of something went over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Bytes of their frames.
    pub bytes: u64,
}

/// How much was said from one to another, in the order of [`Kind::ALL`]; all others last.
pub type Counts = BTreeMap<(NodeIx, NodeIx), [Count; KINDS]>;

/// The place of a kind among those that are counted; `None`: of all others.
pub(super) fn slot(kind: Option<Kind>) -> usize {
    kind.map_or(Kind::ALL.len(), Kind::index)
}

impl Count {
    pub(super) fn add(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // Other processes say what they like.
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}
