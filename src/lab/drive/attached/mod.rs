//! Nodes that run in other processes, shown and controlled as if they ran here.
//!
//! A task for each process ([`follow`]) subscribes, and puts down what it is told in the same way as nodes of
//! this process are watched. When the other side goes away its nodes are down; the task tries
//! again until it is back, and begins anew.

mod attach;
mod follow;
mod hosts;
mod met;

pub(in crate::lab) use self::attach::attach;
pub(in crate::lab::drive) use self::attach::attach_to;
pub(in crate::lab::drive) use self::hosts::Host;
