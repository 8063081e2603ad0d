//! A [`Store`](crate::node::Store) on disk: one fjall database for a node, in its data directory.
//!
//! ```text
//! DIR/lock        held while the store is open: a second process is refused at once
//! DIR/creating    there while the database is being made; if a crash leaves it, the database
//!                 holds nothing and is made anew
//! DIR/chain/      the database: keyspaces headers, blocks, undo, coins, meta
//! DIR/probe       there for a moment, after a fault: see `fault`
//! DIR/cut-1.jnl   what a crash left of a batch at the end of the journal, kept for the curious
//! ```
//!
//! A commit is one batch over all keyspaces in fjall's journal, which reaches the operating
//! system before [`Store::commit`](crate::node::Store::commit) returns: the end of the process loses nothing, a power loss
//! what was committed since the last [`Store::sync`](crate::node::Store::sync).
//!
//! fjall believes what it finds, and deletes the rest: see `inspect` and `journal`, which look
//! first. What they cannot see is rows of one keyspace that live on in its tables while older rows
//! of another are lost. So tables are written at no other time than [`DiskStore`] says, which seals
//! and syncs the journal and rotates all five keyspaces at once. The batch before that and the one
//! after it, an epoch's first, put their seal into every keyspace, and the first leaves a row
//! of its own there as well: tables that are ahead of the journal show, and so does a hole between
//! the two. Other batches carry theirs in `meta` alone, because fjall replays slowly by the row.

mod error;
mod fault;
mod inspect;
mod journal;
mod memory;
mod place;
mod rows;
mod store;

pub use error::OpenDiskError;
pub use inspect::COOKIE_FILE;
pub use place::{Access, access, copy};
pub use store::DiskStore;
