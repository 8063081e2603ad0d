//! What a screen can show of a light node beside what all nodes have.

use crate::chain::merkle::{MerkleProof, MerkleStep};
use crate::chain::{MerkleRoot, Txid};
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
    /// The last of them, the newest first.
    pub proven: Vec<LightProof>,
    /// Confirmations from which on a payment counts as confirmed.
    pub confirmed_after: u32,
    /// Full nodes that were told its wallets' addresses since it started, also those that are gone.
    pub told: Vec<String>,
    /// How many of them look for these now.
    pub searching: usize,
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

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightProof {
    /// Which.
    pub txid: Txid,
    /// Its block.
    pub block: BlockId,
    /// Blocks from its own to the end of the chain, both included.
    pub confirmations: u32,
}

/// That a transaction stands in a block: the way from it up to what the block's header commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxProof {
    /// What the header commits to.
    pub merkle_root: MerkleRoot,
    /// Transactions in the block: the header commits to their number as well.
    pub count: u32,
    /// The transaction's place among them, from 0.
    pub index: u32,
    /// From the transaction up to the root of the tree.
    pub steps: Vec<MerkleStep>,
    /// Whether the way leads to what the header commits to.
    pub holds: bool,
}

impl TxProof {
    /// A proof, gone through step by step.
    pub fn of(proof: &MerkleProof, txid: Txid, merkle_root: MerkleRoot) -> Self {
        Self {
            merkle_root,
            count: proof.count,
            index: proof.index,
            steps: proof.steps_from(txid).collect(),
            holds: proof.holds(txid, merkle_root),
        }
    }
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
