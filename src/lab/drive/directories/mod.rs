//! Where a user's files are, and directories for one user alone.

pub mod places;
pub(in crate::lab) mod private;
