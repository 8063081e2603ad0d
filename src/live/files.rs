//! Files in directories that hold keys, and that may have come from elsewhere: a lab is sent to a
//! colleague, a data directory lies where others can write.
//!
//! What is opened in such a directory is found from the open directory on and never through a link;
//! it is a regular file, as a pipe would hold the reader up and a device may have no end; what is
//! read whole has a limit; what is new is really new, or a link put there in time would say what is
//! emptied. All that is made is for its user alone: directories 0700, files 0600.
//!
//! The directory itself may be a link: people name it. Nothing else in this crate opens files there,
//! but the database library, which is only let in after [`Dir::check`].

mod dir;
mod lock;
mod tree;

pub use dir::NewFile;
pub(crate) use dir::{Dir, Kind, MENDED, opened};
pub(crate) use lock::Lock;

#[cfg(test)]
mod tests;
