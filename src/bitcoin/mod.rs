//! Bitcoin's protocol, as it is spoken to nodes that nobody here wrote, without IO.

pub mod block;
pub mod header;
pub mod network;
pub mod program;
pub mod rpc;
pub mod start;
#[cfg(test)]
pub(crate) mod testing;
pub mod tree;
pub mod tx;
pub mod watcher;
pub mod wire;

pub use block::Block;
pub use header::Header;
pub use network::Network;
pub use program::Program;
pub use tx::Transaction;
