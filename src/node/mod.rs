//! One node, without IO. So far: the chain that it keeps, and the store that it keeps it in.

pub mod chainstate;
pub mod check;
pub mod config;
pub mod io;
pub mod mempool;
pub mod message;
pub mod mining;
pub mod snapshot;
pub mod store;
pub mod time;
pub mod wallets;

pub use chainstate::{ChainChange, ChainState};
pub use config::{Config, Seeds, SyncMethod};
pub use store::{Batch, BlockId, HeaderRecord, MemStore, Store, StoreFault};
pub use time::Time;
