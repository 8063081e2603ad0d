//! What a lab is to be made of, before there is one: plain data, with no word of where it was read.

mod chain;
mod link;
mod node;
mod traffic;
mod view;

pub use chain::ChainSpec;
pub use link::LinkSpec;
pub use node::{MineSpec, NodeSpec};
pub use traffic::TrafficSpec;
pub use view::{Lines, OpeningView, ViewSpec};
