//! What all of a node's sub-protocols look at while something is handled.

use crate::chain::BlockTime;
use crate::node::outbox::Outbox;
use crate::node::time::{ClockOff, Time};

/// The chain, the time, and where to leave what is to be said.
pub struct Context<'a, C> {
    /// The chain: one that [takes headers](crate::node::chainstate::TakesHeaders).
    pub chain: &'a mut C,
    /// The time.
    pub now: Time,
    /// How far the node's clock is off.
    pub clock: ClockOff,
    /// What is to be said.
    pub out: &'a mut Outbox,
}

impl<C> Context<'_, C> {
    /// What a block's header has that is found now, by the node's clock.
    pub fn block_time(&self) -> BlockTime {
        self.clock.shows(self.now).block_time()
    }
}
