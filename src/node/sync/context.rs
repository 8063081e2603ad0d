//! What all of a node's sub-protocols look at while something is handled.

use crate::node::chainstate::ChainState;
use crate::node::outbox::Outbox;
use crate::node::time::Time;

/// The chain, the time, and where to leave what is to be said.
pub struct Context<'a, S> {
    /// The chain.
    pub chain: &'a mut ChainState<S>,
    /// The time.
    pub now: Time,
    /// What is to be said.
    pub out: &'a mut Outbox,
}
