//! Transactions that wait for a block.
//!
//! Every entry could stand in the next block, after those that it builds on: its coins exist, on
//! the chain or as outputs of other entries, no other entry spends them, its signatures hold, it
//! is not locked, and no reward that it spends is too young. [`Mempool::accept`] lets nothing else
//! in, and [`Mempool::chain_changed`] takes out what a new tip has made untrue.
//!
//! The hard case is what hangs together. A miner who wants a fee has to take the parents too, and
//! to drop an entry is to drop its children: so what is mined first goes by an entry with its
//! *ancestors*, and what is dropped first by an entry with its *descendants*. [`PACKAGE_MAX`]
//! bounds both, and with them the work for a single transaction.
//!
//! What a reorganisation takes from blocks or from the entries, and what only a later block than the
//! next can have, is held: it is no entry, and is tried again with every block.
//!
//! An entry gives way to one that spends the same coin and pays more: a higher rate than any that
//! has to go, and more in total than all of them. So a replacement is never worse for a miner, and
//! a flood of them costs its sender more each time.

mod admit;
mod entry;
mod error;
mod held;
mod pool;
mod react;
mod returning;
mod room;
mod rows;
mod select;
mod state;

pub use self::admit::REPLACED_MAX;
pub use self::entry::{Entry, Paid, Sums};
pub use self::error::{AdmitError, Change, Removed, RemovedWhy};
pub use self::pool::PACKAGE_MAX;
pub use self::state::Mempool;
