//! What people write: the parts of a file that do not know what the file is for.
//!
//! - [`document`]: TOML, read key by key, so that every complaint has its line and column;
//! - [`units`]: quantities, as in `5s`, `14 kH/s` and `1 MB/s`;
//! - [`names`]: names of nodes, and what is said of one that is not there;
//! - [`network`]: the file of a network, which nodes of one lab or of many agree upon.

pub mod document;
pub mod names;
pub mod network;
pub mod units;
