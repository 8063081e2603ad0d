//! Locks, by which processes know of each other.

#![allow(clippy::disallowed_types, reason = "here files are locked")]

use std::fs::{File, Metadata, TryLockError};
use std::io;

/// The lock of a file, given up when this is dropped: at once, also where a child process that is
/// just being made has the file open too.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    /// Another has it, or it cannot be taken.
    pub(crate) fn take(file: File) -> Result<Self, TryLockError> {
        file.try_lock()?;
        Ok(Self(file))
    }

    /// What is known of the file.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file does it as well, once the last process has.
        let _ = self.0.unlock();
    }
}
