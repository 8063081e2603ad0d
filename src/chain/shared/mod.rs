//! What grows with the chain, in pieces that clones share: a clone copies pointers to pieces, and a
//! change copies the one piece that it meets, if a clone still has it.
//!
//! A lab in virtual time keeps many states of itself. Between two of them little has changed, so the
//! price of one more is that little.

mod list;
mod map;

pub use list::SharedList;
pub use map::SharedMap;
