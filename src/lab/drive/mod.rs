//! What drives a lab: it does what [core](super::core) says, and decides nothing.

pub(in crate::lab) mod attached;
pub(in crate::lab) mod live;
pub(in crate::lab) mod paced;
mod virtual_time;

pub use self::virtual_time::{VirtualLab, VirtualOptions, play};
pub use super::core::Level;
