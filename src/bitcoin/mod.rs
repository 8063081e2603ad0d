//! Bitcoin's protocol, as it is spoken to nodes that nobody here wrote, without IO.

pub mod header;
pub mod network;
pub mod program;
pub mod rpc;

pub use header::Header;
pub use network::Network;
pub use program::Program;
