//! Bitcoin's protocol, as it is spoken to nodes of other programs, without IO.
//!
//! 1. [`network`]: the networks, in one table. [`header`], [`tx`], [`block`]: what chains are made of, and
//!    what is checked of it; [`tree`]: headers with the work up to each.
//! 2. [`wire`]: what nodes say to each other.
//! 3. [`watcher`]: one node, as a peer of it sees it.
//! 4. [`rpc`]: what a node is asked beside that, in the dialect of its [`program`].
//! 5. [`passing`]: what two nodes say to each other, seen in passing.
//! 6. [`mod@start`]: with which arguments a program is started, so that nothing leaves the machine.
//! 7. [`script`], [`address`], [`pay`]: whom an output pays, in the forms of each network, and payments by
//!    a key of the lab's own; [`wallet`]: several such keys, and what they hold on the chain of a node.

pub mod address;
pub mod block;
pub mod header;
pub mod network;
pub mod passing;
pub mod pay;
pub mod program;
pub mod rpc;
pub mod script;
pub mod start;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod tx;
pub mod wallet;
pub mod watcher;
pub mod wire;

pub use block::Block;
pub use header::Header;
pub use network::Network;
pub use program::Program;
pub use tx::Transaction;

#[cfg(test)]
use crate::chain;
