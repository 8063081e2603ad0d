//! What can be said of a lab by what its nodes tell: plain data, with no lock and no clock of its own,
//! the same for nodes in this process, in others, and in virtual time.
//!
//! What comes in are events, messages and snapshots of nodes, each with its time. What comes out:
//!
//! - [`propagation`]: how blocks and transactions get from node to node, by one rule for all; the times
//!   go into a [`histogram`];
//! - [`transcript`]: what nodes said to each other, each message as both ends saw it;
//! - [`node_log`]: what happened to a node, kept as events and worded when a line is drawn;
//! - [`topology`]: which links there are;
//! - [`ancestry`], [`reorganisation`], [`news`]: which block stands on which, and who changed branches;
//! - [`marks`]: what stands out in a run;
//! - [`chips`]: what a block looks like, chosen once;
//! - [`rate`]: how fast a node catches up;
//! - [`stats`]: what a whole run adds up to.

pub mod ancestry;
pub mod chips;
pub mod histogram;
pub mod marks;
pub mod news;
pub mod node_log;
pub mod propagation;
pub mod rate;
pub mod reorganisation;
pub mod stats;
pub mod topology;
pub mod transcript;
pub mod tree;
