//! What a miner is given to do.

use crate::chain::{Amount, Block, Header, Tx};
use serde::{Deserialize, Serialize};

/// When a node mines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MiningMode {
    /// Not at all.
    #[default]
    Off,
    /// All the time.
    On,
    /// While the mempool holds at least so many transactions, as in the tutorials.
    OnTx(usize),
}

/// A block to solve: everything but the nonce, and the time as it passes.
#[derive(Clone, Debug)]
pub struct Job {
    /// The header. A miner raises its time as the clock goes on, and tries nonces from 0 or from
    /// anywhere.
    pub header: Header,
    /// The transactions that the header commits to, the coinbase first.
    pub txs: Vec<Tx>,
    /// Height of the block.
    pub height: u32,
    /// Fees in the coinbase.
    pub fees: Amount,
    /// Hashes per second to try; `None`: as many as the machine can.
    pub hashrate: Option<f64>,
}

impl Job {
    /// The block that a solved header makes.
    pub fn solved(&self, header: Header) -> Block {
        Block::new(header, self.txs.clone())
    }
}
