//! What a light node says to full ones that look for its payments, and what they show it.

use crate::chain::codec;
use crate::chain::merkle::MerkleProof;
use crate::chain::{Amount, BlockHash, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Addresses that a node looks for on behalf of one peer.
pub const WATCH_MAX: usize = 1_000;

/// Blocks that are searched for one answer.
pub const PROOF_BLOCKS_MAX: u32 = 1_000;

/// Bytes of proofs in one message, unless the first alone takes more: the rest is asked for again.
pub const PROOFS_BYTES: usize = 1_000_000;

/// The longest proof: the tree over 2^32 transactions is 32 deep.
pub(super) const PROOF_LEN_MAX: usize = 32 + proof_len(32);

/// Asks for what pays, or spends from, the addresses that a peer has named, in the blocks of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofQuery {
    /// Where to begin.
    pub from: ProofPlace,
    /// The last block, which says which branch it is.
    pub stop: BlockHash,
}

/// A place on a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProofPlace {
    /// The height of a block.
    pub height: u32,
    /// A transaction in it, by its place from 0: all before it were searched.
    pub tx: u32,
}

/// What was found: all that there is from where the search began up to where it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// What was asked for.
    pub query: ProofQuery,
    /// Where the rest begins, to be asked for from there; `None`: everything was searched.
    pub next: Option<ProofPlace>,
    /// Transactions, in the order in which they stand on the branch.
    pub proven: Vec<ProvenTx>,
}

/// A transaction that is shown to stand in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenTx {
    /// Which block.
    pub block: BlockHash,
    /// All of it: only an id that was computed from a transaction can be believed.
    pub tx: Arc<Tx>,
    /// Where it stands. [`check_proof`](crate::chain::rules::check_proof) tells whether it does.
    pub proof: MerkleProof,
}

/// What a mempool asks for, each for 1 000 bytes, as the `feefilter` of BIP 133.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeRates {
    /// The least with which a transaction gets in.
    pub floor: Amount,
    /// What would have got into the next block just now, by all that waits here. A guess: others go on paying.
    pub next_block: Amount,
}

impl ProofPlace {
    /// The first transaction of a block.
    pub const fn block(height: u32) -> Self {
        Self { height, tx: 0 }
    }
}

impl ProvenTx {
    /// Bytes of its encoding.
    pub fn encoded_len(&self) -> usize {
        32 + self.tx.encoded_len() + proof_len(self.proof.siblings.len())
    }
}

impl Proofs {
    /// Bytes of its encoding.
    pub(super) fn len(&self) -> usize {
        let proven = self.proven.iter().map(ProvenTx::encoded_len);
        codec::encoded_len(&self.query) + codec::encoded_len(&self.next) + 8 + proven.sum::<usize>()
    }
}

/// Bytes of a proof with so many hashes.
const fn proof_len(steps: usize) -> usize {
    4 + 4 + 8 + steps * 32
}
