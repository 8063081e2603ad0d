//! Bitcoin's protocol, as it is spoken to nodes that nobody here wrote, without IO.

pub mod address;
pub mod header;
pub mod network;
pub mod pay;
pub mod script;

pub use header::Header;
pub use network::Network;
