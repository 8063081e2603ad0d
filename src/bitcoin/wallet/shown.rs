//! What wallets show and are asked for, as plain data.

use crate::chain::{Amount, OutPoint, Txid};
use crate::node::io::Payment;
use crate::node::store::BlockId;
use crate::node::time::Time;
use serde::{Deserialize, Serialize};

/// What a wallet holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// In blocks, and mature.
    pub confirmed: Amount,
    /// In blocks, rewards that are too young to be spent.
    pub immature: Amount,
    /// What transactions that wait will bring in, without what they pay back to the wallet itself.
    pub incoming: Amount,
    /// What transactions that wait will take out, fees included, less what they pay back.
    pub outgoing: Amount,
    /// What the next payment can spend, its fee included: mature coins that nothing spends yet, and own
    /// change that waits, as far as nodes let one more payment build on it. No more of them than fit
    /// into one transaction.
    pub spendable: Amount,
    /// Transactions of this wallet that are in no block yet.
    pub unconfirmed: usize,
}

/// A coin of a wallet that nothing known spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinOf {
    /// Where it was made.
    pub outpoint: OutPoint,
    /// How much.
    pub amount: Amount,
    /// The height of its block; `None` while it waits.
    pub height: Option<u32>,
    /// Made by a coinbase, so that it must mature first.
    pub coinbase: bool,
}

/// A transaction, from a wallet's point of view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub txid: Txid,
    /// Its block; `None` while it waits.
    pub block: Option<BlockId>,
    /// The block's time, or when the transaction was first seen.
    pub at: Time,
    /// Whether it is a block's reward.
    pub coinbase: bool,
    /// What came in, less what went out.
    pub received: Amount,
    /// What went out of the wallet's coins, fee included, less what came back.
    pub spent: Amount,
    /// The fee, if this wallet paid it.
    pub fee: Option<Amount>,
    /// Addresses that were paid, the wallet's own only if it paid itself, and scripts in words where
    /// they have none; for what comes in, none. No more than [`PAYEES_MAX`](super::limits::PAYEES_MAX)
    /// that are not the lab's.
    pub to: Vec<(String, Amount)>,
}

/// What a payment does, before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The payment.
    pub payment: Payment,
    /// Where it goes, in the form of the node.
    pub address: String,
    /// The coins that it spends.
    pub inputs: Vec<CoinOf>,
    /// What comes back.
    pub change: Amount,
    /// The fee, with what is too little to come back.
    pub fee: Amount,
    /// Bytes of the transaction at most.
    pub bytes: u64,
}
