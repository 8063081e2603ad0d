//! One node, without IO. So far: the chain that it keeps, and the store that it keeps it in.

pub mod chainstate;
pub mod check;
pub mod store;

pub use chainstate::{ChainChange, ChainState};
pub use store::{Batch, BlockId, HeaderRecord, MemStore, Store, StoreFault};
