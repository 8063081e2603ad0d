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

use super::hash::{MerkleHash, MerkleRoot, Txid, sha256d};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The root of the bare tree, as Bitcoin computes it; zeros for an empty list.
pub fn tree_root(txids: &[Txid]) -> [u8; 32] {
    fold(txids).0
}

/// What a header commits to: SHA256²(count as `u32` ‖ [`tree_root`]).
pub fn commitment(txids: &[Txid]) -> MerkleRoot {
    commit(count(txids.len()), &tree_root(txids))
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

/// A step on the way from a transaction up to the root: two nodes, and what they hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerkleStep {
    /// The node on the way.
    pub node: MerkleHash,
    /// What it is paired with; a lone last one, with itself.
    pub sibling: MerkleHash,
    /// The node on the way is the left one of the two.
    pub is_left: bool,
    /// The node above: SHA256²(left ‖ right).
    pub parent: MerkleHash,
}

/// The tree over a block's transactions, for who makes several proofs of it.
pub struct MerkleTree {
    /// From the transactions' ids up to the root.
    rows: Vec<Vec<[u8; 32]>>,
}

impl MerkleTree {
    /// The tree over these.
    pub fn new(txids: &[Txid]) -> Self {
        let mut rows = vec![leaves(txids)];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            rows.push(parents(row));
        }
        Self { rows }
    }

    /// The proof for the transaction at `index`, or `None` if there is none.
    pub fn proof(&self, index: u32) -> Option<MerkleProof> {
        let mut at = usize::try_from(index).ok()?;
        let (leaves, paired) = (&self.rows[0], &self.rows[..self.rows.len() - 1]);
        leaves.get(at)?;
        let mut siblings = Vec::with_capacity(paired.len());
        for row in paired {
            siblings.push(*row.get(at ^ 1).unwrap_or(&row[at]));
            at /= 2;
        }
        let count = count(leaves.len());
        Some(MerkleProof {
            count,
            index,
            siblings,
        })
    }
}

impl MerkleProof {
    /// The proof for the transaction at `index`, or `None` if there is none.
    pub fn new(txids: &[Txid], index: u32) -> Option<Self> {
        MerkleTree::new(txids).proof(index)
    }

    /// Whether `txid` stands at this place in the block whose header commits to `root`.
    ///
    /// Hand in an id that was computed from a decoded transaction, never one that came alone.
    pub fn holds(&self, txid: Txid, root: MerkleRoot) -> bool {
        self.check(txid, root).is_ok()
    }

    /// The same, and why not.
    ///
    /// # Errors
    /// The first [`PathError`].
    pub fn check(&self, txid: Txid, root: MerkleRoot) -> Result<(), PathError> {
        let (count, index) = (self.count, self.index);
        if index >= count {
            return Err(PathError::Place { index, count });
        }
        let (steps, needed) = (self.siblings.len(), steps(count));
        if steps != needed {
            return Err(PathError::Steps { steps, needed });
        }
        let (mut node, mut at, mut width) = (txid.0, index, count);
        for step in self.steps_from(txid) {
            if step.is_left && at == width - 1 && step.sibling != step.node {
                return Err(PathError::LoneNode);
            }
            node = step.parent.0;
            (at, width) = (at / 2, width.div_ceil(2));
        }
        match commit(count, &node) == root {
            true => Ok(()),
            false => Err(PathError::Root),
        }
    }

    /// The way from `txid` up, step by step. Where it ends is the root of the tree; with the number of
    /// transactions before it, it hashes to what the header commits to.
    pub fn steps_from(&self, txid: Txid) -> impl Iterator<Item = MerkleStep> + '_ {
        let (mut node, mut at) = (txid.0, self.index);
        self.siblings.iter().map(move |sibling| {
            let is_left = at.is_multiple_of(2);
            let parent = match is_left {
                true => pair(&node, sibling),
                false => pair(sibling, &node),
            };
            let step = MerkleStep {
                node: MerkleHash(node),
                sibling: MerkleHash(*sibling),
                is_left,
                parent: MerkleHash(parent),
            };
            (node, at) = (parent, at / 2);
            step
        })
    }
}

/// Why a path does not show that a transaction stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// There is no such place.
    #[error("place {index} of {count} transactions, counted from 0")]
    Place {
        /// The place that is claimed.
        index: u32,
        /// The number of transactions that is claimed.
        count: u32,
    },
    /// The tree over so many has another depth.
    #[error("{steps} hashes on the way up, {needed} are needed")]
    Steps {
        /// Hashes in it.
        steps: usize,
        /// As many as the tree is deep.
        needed: usize,
    },
    /// A lone last node is hashed with itself, and with nothing else.
    #[error("the last hash of a row is paired with another than itself")]
    LoneNode,
    /// The path ends in another hash.
    #[error("the path does not lead to what the header commits to")]
    Root,
}

/// How deep the tree over so many leaves is.
fn steps(count: u32) -> usize {
    let log = count.saturating_sub(1).checked_ilog2();
    log.map_or(0, |log| usize::try_from(log + 1).expect("32 at most"))
}

/// The root of the tree, and whether some even row ends in two equal nodes.
fn fold(txids: &[Txid]) -> ([u8; 32], bool) {
    let mut row = leaves(txids);
    let mut repeats = false;
    while row.len() > 1 {
        repeats |= row.len().is_multiple_of(2) && row[row.len() - 1] == row[row.len() - 2];
        row = parents(&row);
    }
    (row.first().copied().unwrap_or_default(), repeats)
}

fn leaves(txids: &[Txid]) -> Vec<[u8; 32]> {
    txids.iter().map(|txid| txid.0).collect()
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

fn count(txs: usize) -> u32 {
    u32::try_from(txs).expect("a block's bytes bound its transactions far below 2^32")
}
