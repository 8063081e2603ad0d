//! What a miner is given to do.

use crate::chain::{Amount, Block, BlockTime, Header, Tx};
use crate::node::time::{ClockOff, Time};

/// A block to solve: everything but the nonce, and the time as it passes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The header. A miner raises its time as [`Job::time_at`] says, and tries nonces from 0 or from
    /// anywhere.
    pub header: Header,
    /// The transactions that the header commits to, the coinbase first.
    pub txs: Vec<Tx>,
    /// Height of the block.
    pub height: u32,
    /// Fees in the coinbase.
    pub fees: Amount,
    /// Hashes per second to try; `None`: as many as the machine can, for a block that was asked for
    /// by hand.
    pub hashrate: Option<f64>,
    /// How far the node's clock is off.
    pub clock: ClockOff,
}

impl Job {
    /// The time that the header of a block has which is found now: that of the clock. One that was
    /// asked for by hand keeps what it was given: see [`template`](crate::node::template).
    pub fn time_at(&self, now: Time) -> BlockTime {
        match self.hashrate {
            Some(_) => self.header.time.max(self.clock.shows(now).block_time()),
            None => self.header.time,
        }
    }

    /// The block that a solved header makes.
    pub fn solved(&self, header: Header) -> Block {
        Block::new(header, self.txs.clone())
    }
}
