//! Files that people write: documents with lines and columns, the quantities and names in them, and
//! the file of a network.

pub mod document;
pub mod names;
pub mod network;
pub mod units;
