//! The row of a block: its lane, and the lines that pass it.

use crate::node::BlockId;

/// Lanes that are told apart; blocks of more branches side by side share the last one.
pub const LANES_MAX: usize = 64;

/// The row of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeRow {
    /// The block.
    pub id: BlockId,
    /// Its lane, below [`LANES_MAX`]; 0 is the best branch.
    pub lane: usize,
    /// Lanes whose line passes, a bit each.
    pub passing: u64,
    /// Lanes that end here, as branches that began with this block, a bit each.
    pub joining: u64,
}

impl TreeRow {
    /// How many lanes have something in this row, or one to the left of it.
    pub fn width(&self) -> usize {
        let lines = self.passing | self.joining | 1 << self.lane;
        usize::try_from(u64::BITS - lines.leading_zeros()).unwrap_or(LANES_MAX)
    }
}
