//! What a node needs from the machine. So far: its disk, its clock, its frames.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this floor is where the machine comes in"
)]

pub mod clock;
pub mod disk;

mod inbox;
mod miner;
pub mod wire;
