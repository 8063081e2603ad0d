//! A node's change to a branch with more work.

use crate::chain::Txid;
use crate::node::{BlockId, NodeIx, Time};

/// Reorganisations that are shown.
pub const REORGANISATIONS: usize = 64;

/// A node left blocks behind for others with more work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reorganisation {
    /// Which node.
    pub node: NodeIx,
    /// When.
    pub at: Time,
    /// The last block of both branches.
    pub fork: BlockId,
    /// The tip that was.
    pub old: BlockId,
    /// The tip that is.
    pub new: BlockId,
    /// Blocks left behind.
    pub depth: usize,
    /// Transactions in them that wait again.
    pub returned: usize,
    /// Transactions in them that the next block cannot have, but a later one can.
    pub held: usize,
    /// Why the first of these waits.
    pub held_why: Option<String>,
    /// Transactions in them that no block of the new chain can have, as many as were named.
    pub lost: Vec<Txid>,
    /// How many those are.
    pub lost_count: usize,
}
