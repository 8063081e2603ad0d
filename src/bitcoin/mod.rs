//! Bitcoin's protocol, as it is spoken to nodes that nobody here wrote, without IO.

pub mod block;
pub mod header;
pub mod network;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod tx;
pub mod watcher;
pub mod wire;

#[cfg(test)]
use crate::chain;
pub use block::Block;
pub use header::Header;
pub use network::Network;
pub use tx::Transaction;
