//! All blocks that the nodes of a lab ever showed, and the tree that they make.
//!
//! A node shows the last blocks of its chain, and forgets to show those that it left behind. Here
//! they stay, so that a branch which lost is seen beside the one that won:
//!
//! 1. [`SeenBlocks`] takes in what is new of each node's chain. A lab keeps them, and shows them to all
//!    who look;
//! 2. [`BlockTree`] is made of them by who looks: with what the nodes show just now, and with pages of
//!    chains that were asked for, so that it grows downwards;
//! 3. [`BlockTree::arrange`] says which branch is the best, what is lost, and in which
//!    [lane](TreeRow) each block is drawn.
//!
//! Of too many blocks the lowest go. What a node skipped (one that catches up is faster than its
//! pictures) leaves a gap: a branch then ends above it, and nothing below is called lost.

mod block_tree;
mod lanes;
mod row;
mod seen;

pub use block_tree::{BlockTree, Stand};
pub use row::{LANES_MAX, TreeRow};
pub use seen::{BLOCKS_MAX, SeenBlocks, TreeBlock};
