//! What strangers did, in sums: [`peers::strangers`](crate::node::peers::strangers) counts them.

use serde::{Deserialize, Serialize};

/// How many did what since the last sum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StrangerSums {
    /// The time that this was counted in, in seconds; 0: it is the first, and told at once.
    pub over_s: u64,
    /// Connections that were turned away before anything was said.
    pub turned_away: u64,
    /// Why the last of them was.
    pub why: Option<String>,
    /// Connections that had to make room for others.
    pub turned_out: u64,
    /// Connections that ended before their handshake, and of which nothing else was told.
    pub no_handshake: u64,
    /// Addresses that were banned without being told of.
    pub banned: u64,
    /// Peers that came, and may have gone again, without being told of.
    pub came: u64,
}
