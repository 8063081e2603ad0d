//! Bitcoin's transactions and blocks, made for tests, and a node that speaks its protocol.

pub use chainlab::bitcoin::{block, header, network, tx, wire};
pub use chainlab::chain;

pub mod played;
#[path = "../../../src/bitcoin/testing.rs"]
pub mod testing;
