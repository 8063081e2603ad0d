//! What a header commits to its transactions with, and proofs that a transaction is among them.
//!
//! The tree is Bitcoin's: pairs of hashes are hashed together, a lone last one with itself. Two
//! weaknesses come with it, and both are closed here:
//!
//! - lists that repeat their tail give the same tree (CVE-2012-2459), and a proof does not say
//!   how many leaves there are. A header therefore commits to SHA256²(count ‖ tree), so a list of
//!   another length has another root and a proof is bound to the number of transactions; a
//!   repeated tail is told apart as such all the same, because it is the sign of a body that was
//!   tampered with on its way, not of a bad block;
//! - 64 bytes that look like a transaction could be an inner node. No transaction here encodes
//!   in 64 bytes, and [`check_tx`](super::rules::check_tx) refuses one that would.

use super::hash::{MerkleRoot, Txid, sha256d};
use serde::{Deserialize, Serialize};

/// More levels than any list that fits a block has: 2^32 transactions.
const MAX_DEPTH: usize = 32;

/// The root of the bare tree, as Bitcoin computes it; zeros for an empty list.
pub fn tree_root(txids: &[Txid]) -> [u8; 32] {
    fold(txids).0
}

/// What a header commits to: SHA256²(count as `u32` ‖ [`tree_root`]).
pub fn commitment(txids: &[Txid]) -> MerkleRoot {
    commit(count(txids), &tree_root(txids))
}

/// Whether the list repeats its own tail: at some level the last two nodes of an even row are
/// equal, which no two different transactions can cause.
pub fn repeats_tail(txids: &[Txid]) -> bool {
    fold(txids).1
}

/// Shows that a transaction stands at a place in a block, to a reader who has only the header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerkleProof {
    /// Transactions in the block.
    pub count: u32,
    /// The transaction's place among them, from 0.
    pub index: u32,
    /// The other half of each pair on the way up, lowest first.
    pub siblings: Vec<[u8; 32]>,
}

impl MerkleProof {
    /// The proof for the transaction at `index`, or `None` if there is none.
    pub fn new(txids: &[Txid], index: u32) -> Option<Self> {
        let mut at = usize::try_from(index).ok()?;
        if at >= txids.len() {
            return None;
        }
        let mut row: Vec<[u8; 32]> = txids.iter().map(|txid| txid.0).collect();
        let mut siblings = Vec::new();
        while row.len() > 1 {
            siblings.push(*row.get(at ^ 1).unwrap_or(&row[at]));
            row = parents(&row);
            at /= 2;
        }
        Some(Self {
            count: count(txids),
            index,
            siblings,
        })
    }

    /// Whether `txid` stands at this place in the block whose header commits to `root`.
    ///
    /// Hand in an id that was computed from a decoded transaction, never one that came alone.
    pub fn holds(&self, txid: Txid, root: MerkleRoot) -> bool {
        if self.index >= self.count || self.siblings.len() > MAX_DEPTH {
            return false;
        }
        let (mut node, mut at, mut width) = (txid.0, self.index, self.count);
        let mut siblings = self.siblings.iter();
        while width > 1 {
            let Some(sibling) = siblings.next() else {
                return false;
            };
            let alone = at == width - 1 && at.is_multiple_of(2);
            if alone && *sibling != node {
                return false;
            }
            node = if at.is_multiple_of(2) {
                pair(&node, sibling)
            } else {
                pair(sibling, &node)
            };
            at /= 2;
            width = width.div_ceil(2);
        }
        siblings.next().is_none() && commit(self.count, &node) == root
    }
}

/// The root of the tree, and whether some even row ends in two equal nodes.
fn fold(txids: &[Txid]) -> ([u8; 32], bool) {
    let mut row: Vec<[u8; 32]> = txids.iter().map(|txid| txid.0).collect();
    let mut repeats = false;
    while row.len() > 1 {
        repeats |= row.len().is_multiple_of(2) && row[row.len() - 1] == row[row.len() - 2];
        row = parents(&row);
    }
    (row.first().copied().unwrap_or_default(), repeats)
}

fn parents(row: &[[u8; 32]]) -> Vec<[u8; 32]> {
    row.chunks(2)
        .map(|nodes| pair(&nodes[0], nodes.last().expect("chunks are never empty")))
        .collect()
}

fn pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(left);
    bytes[32..].copy_from_slice(right);
    sha256d(&bytes)
}

fn commit(count: u32, root: &[u8; 32]) -> MerkleRoot {
    let mut bytes = [0; 36];
    bytes[..4].copy_from_slice(&count.to_le_bytes());
    bytes[4..].copy_from_slice(root);
    MerkleRoot(sha256d(&bytes))
}

fn count(txids: &[Txid]) -> u32 {
    u32::try_from(txids.len()).expect("a block's bytes bound its transactions far below 2^32")
}
