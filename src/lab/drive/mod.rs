//! What drives a lab: it does what core says, and decides nothing.

pub(in crate::lab) mod paced;
mod virtual_time;

pub use self::virtual_time::{Level, VirtualLab, VirtualOptions};
