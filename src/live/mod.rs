//! What a node needs from the machine. So far: its disk.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this floor is where the machine comes in"
)]

pub mod disk;
