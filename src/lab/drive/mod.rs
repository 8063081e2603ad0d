//! What drives a lab: it does what [core](super::core) says, and decides nothing.

mod virtual_time;

pub use self::virtual_time::{Stage, VirtualLab, VirtualOptions, play};
pub use super::core::Level;
