//! What a screen can show of a light node beside what all nodes have.

use crate::chain::Txid;
use crate::node::config::LightWay;
use crate::node::store::BlockId;
use serde::{Deserialize, Serialize};

/// What a light node knows, and from whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LightInfo {
    /// How it learns what concerns its wallets.
    pub way: LightWay,
    /// Headers of its chain, without the genesis block's.
    pub headers: u32,
    /// Bytes that came in since it started, from all peers, also those that are gone.
    pub received_bytes: u64,
    /// The height up to which filter headers are here, on the word of one peer at least.
    pub filter_headers: u32,
    /// The height up to which two peers have said the same of them.
    pub compared: u32,
    /// It has the word of one peer alone, as no second one is there that answers.
    pub is_one_word: bool,
    /// The height up to which filters were read, and the blocks fetched that concern its wallets.
    pub filters: u32,
    /// Transactions of its wallets in blocks, each with its proof.
    pub proofs: usize,
    /// Full nodes that were told its wallets' addresses.
    pub told: Vec<String>,
    /// The height up to which one of them has searched, and that up to which two have.
    pub searched: (u32, u32),
    /// Payments of others to its wallets that wait, as peers tell.
    pub incoming: usize,
    /// Full nodes that have the end of its chain, and those that have said that they do not.
    pub serve_tip: (usize, usize),
    /// A block that it needs and that no peer sends.
    pub unserved: Option<BlockId>,
    /// Blocks that were fetched, by the peers that sent them, who know by that what may concern its
    /// wallets.
    pub fetched: Vec<(String, u64)>,
    /// Its own payments that are in no block.
    pub payments: Vec<LightPayment>,
}

/// A payment that is in no block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightPayment {
    /// Which.
    pub txid: Txid,
    /// Peers that have asked for it, the first one first: it was the first to hear of it.
    pub heard: Vec<String>,
    /// Whether as many have as it takes for it to count as sent.
    pub is_sent: bool,
}
