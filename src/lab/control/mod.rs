//! The control protocol: a lab, or a node, as other programs see and drive it.

pub mod methods;
pub mod order;
pub mod params;
