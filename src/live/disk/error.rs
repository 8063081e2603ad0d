//! Why a data directory cannot be opened.

use crate::node::store::StoreFault;
use std::path::PathBuf;
use thiserror::Error;

/// The layout of rows that this version writes and understands.
pub(super) const SCHEMA: u32 = 1;

/// Why a data directory cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenDiskError {
    /// Another process, or another node of this one, has it open.
    #[error("{dir} is in use by another node", dir = .0.display())]
    InUse(PathBuf),
    /// There are files in it, and they are not ours.
    #[error("{dir} holds other files and no chain: choose an empty directory", dir = .0.display())]
    Foreign(PathBuf),
    /// It belongs to another user of the machine.
    #[error("{dir} is another user's directory", dir = .0.display())]
    AnotherUsers(PathBuf),
    /// Written by a version with another layout of rows.
    #[error(
        "{dir} was written by another version of chainlab (schema {found}, this is {SCHEMA})",
        dir = .dir.display()
    )]
    Schema {
        /// The data directory.
        dir: PathBuf,
        /// The schema found there.
        found: u32,
    },
    /// The system refused, or the database is damaged.
    #[error(transparent)]
    Store(#[from] StoreFault),
}
