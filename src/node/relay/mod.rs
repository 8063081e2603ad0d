//! Passes transactions and new blocks on.
//!
//! What is new here is announced (`inv`) to every peer that is not known to have it: a peer has what
//! it announced, sent, was sent, or was told of. Who wants it asks (`getdata`).
//!
//! A transaction that several peers announce is asked of one; if that one does not send it within
//! [`ANSWER_MAX`], of the next. One whose parents are unknown waits as an [orphan](orphans) while the
//! parents are asked for.
//!
//! When a peer and we are at the same height, it is told once what waits in our mempool.

mod asked;
pub mod orphans;
mod recent;
mod state;

pub use self::asked::ANSWER_MAX;
pub use self::state::{IN_FLIGHT_MAX, Relay, WAITING_MAX};
