//! chainlab runs a real blockchain network and shows it at work.
pub mod chain;
pub mod live;
pub mod node;
