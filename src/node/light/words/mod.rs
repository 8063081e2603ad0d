//! What peers say that filters hash to: a chain of filter headers beside that of headers.
//!
//! One peer is asked for all of them, 2 000 at a time; they are *taken*. Of a second one the last alone is
//! asked, since it commits to all before it: if it is the same, all are *compared*. If not, halving finds the
//! first block of which the two say different things, in some dozen short questions, and the block itself
//! tells who lied. So it does where a filter is not what it is said to hash to. If no peer sends that block, neither is believed: what was taken goes, up to below it.
//!
//! They are kept by block hash, so a branch that was left costs nothing when it comes back, and goes with
//! the rows of its blocks.

mod hear;
mod judge;
mod kinds;
mod state;

pub(super) use self::kinds::Heard;
pub(super) use self::state::Words;
