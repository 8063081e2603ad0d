//! Many nodes as one lab. So far: the files that people write for it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this floor runs the machine's nodes"
)]

pub mod document;
pub mod network;
pub mod units;
