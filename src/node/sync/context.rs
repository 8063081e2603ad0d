//! What all of a node's sub-protocols look at while something is handled.

use crate::node::outbox::Outbox;
use crate::node::time::Time;

/// The chain, the time, and where to leave what is to be said.
pub struct Context<'a, C> {
    /// The chain: one that [takes headers](crate::node::chainstate::TakesHeaders).
    pub chain: &'a mut C,
    /// The time.
    pub now: Time,
    /// What is to be said.
    pub out: &'a mut Outbox,
}
