//! How much was said, by who says it to whom, and by command.

use crate::node::NodeIx;
use std::collections::BTreeMap;

/// The commands that there are, the last standing for all others: peers may be of another kind.
pub const COMMANDS: [&str; 16] = [
    "version",
    "verack",
    "ping",
    "pong",
    "getaddr",
    "addr",
    "inv",
    "getdata",
    "notfound",
    "getheaders",
    "headers",
    "getblocks",
    "block",
    "tx",
    "reject",
    "other",
];

/// How much of something went over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Bytes of their frames.
    pub bytes: u64,
}

/// How much was said from one to another, by command, in the order of [`COMMANDS`].
pub type Counts = BTreeMap<(NodeIx, NodeIx), [Count; COMMANDS.len()]>;

impl Count {
    pub(super) fn add(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // Other processes say what they like.
        self.messages = self.messages.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}
