//! What of a block is shown to wallets.

use crate::chain::block::BlockTime;
use crate::chain::{Block, Tx, Txid};
use crate::node::store::BlockId;

/// A block, or what of it concerns the wallets.
pub struct Part<'a> {
    /// Which block.
    pub id: BlockId,
    /// Its time.
    pub time: BlockTime,
    /// Transactions, in their order.
    pub txs: Vec<PartTx<'a>>,
}

/// A transaction in a block.
pub struct PartTx<'a> {
    /// Its place in the block, from 0.
    pub index: u32,
    /// All of it.
    pub tx: &'a Tx,
    /// Its id.
    pub txid: Txid,
}

impl<'a> Part<'a> {
    /// All of a block.
    pub fn of(id: BlockId, block: &'a Block) -> Self {
        let txs = (0..).zip(block.txs()).zip(block.txids());
        let txs = txs.map(|((index, tx), txid)| {
            let txid = *txid;
            PartTx { index, tx, txid }
        });
        let (time, txs) = (block.header().time, txs.collect());
        Self { id, time, txs }
    }
}
