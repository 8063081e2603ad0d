//! One connection: the task that reads and writes.
//!
//! A connection that the node ends is first written out, for [`LINGER`](socket::LINGER) at most, so
//! that its last words arrive.

mod arriving;
mod leaving;
mod life;
mod socket;

#[cfg(test)]
pub(super) use arriving::PROGRESS_INTERVAL;
pub(super) use life::run;
