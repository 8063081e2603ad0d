//! What a lab is to be made of, before there is one: plain data, with no word of where it was read.
//!
//! A [`ChainSpec`], a [`NodeSpec`] for each node, a [`LinkSpec`] for each direction that is special,
//! [`TrafficSpec`] for the payments that the lab makes by itself, a [`ViewSpec`] for what the screen
//! shows first, and a [`TimeSpec`] for how time goes.

mod bitcoin;
mod chain;
mod link;
mod node;
mod time;
mod traffic;
mod view;

pub use bitcoin::{BitcoinSpec, LoginSpec, RpcSpec, Source};
pub use chain::ChainSpec;
pub use link::LinkSpec;
pub use node::{MineSpec, NodeSpec};
pub use time::{Captions, OpeningTime, SPEED_MAX, Speed, TimeSpec};
pub use traffic::TrafficSpec;
pub use view::{Lines, OpeningView, ViewSpec};
