//! The search itself.

use super::refusal;
use crate::chain::headers::HeaderId;
use crate::chain::merkle::MerkleTree;
use crate::chain::{Block, BlockFilter, BlockHash, KeyHash, Tx, Txid};
use crate::node::message::{
    Item, Message, PROOF_BLOCKS_MAX, PROOFS_BYTES, ProofPlace, ProofQuery, Proofs, ProvenTx,
};
use crate::node::serve::Shown;
use crate::node::store::{Store, StoreFault};
use std::sync::Arc;

/// Addresses that one look at a filter is for.
pub const OWNERS_FOR_A_LOOK: usize = 100;

/// Bytes of a filter that one look is for: some hundred owners. Those of a block full of payments are
/// 15 kB, and are gone through whole, twice.
const FILTER_BYTES_FOR_A_LOOK: usize = 250;

/// Bytes of a block that one look is for.
pub const BYTES_FOR_A_LOOK: usize = 500;

/// Whether a transaction pays one of these owners, who are in their order, or spends a coin of one.
pub fn concerns(tx: &Tx, owners: &[KeyHash]) -> bool {
    tx.parties()
        .any(|party| owners.binary_search(&party).is_ok())
}

/// The looks that it takes to hold a filter against so many owners.
pub fn looks_at(filter: &BlockFilter, owners: usize) -> usize {
    owners.div_ceil(OWNERS_FOR_A_LOOK) + filter.bytes().len() / FILTER_BYTES_FOR_A_LOOK
}

/// What waits and concerns these owners, parents before children.
pub(super) fn waiting<S: Store>(shown: Shown<'_, S>, owners: &[KeyHash]) -> Vec<Txid> {
    let entries = shown.mempool.iter();
    let public = entries.filter(|entry| !shown.private.hides_tx(&entry.txid));
    let told = public.filter(|entry| shown.is_told(&entry.tx, None));
    let mut found: Vec<_> = told.filter(|entry| concerns(&entry.tx, owners)).collect();
    found.sort_by_key(|entry| (entry.ancestors.count, entry.since, entry.txid));
    found.iter().map(|entry| entry.txid).collect()
}

/// What the blocks that are asked for have for these owners, or the first of it, for about `looks`; with the
/// looks that it took.
pub(super) fn blocks<S: Store>(
    shown: Shown<'_, S>,
    owners: &[KeyHash],
    query: ProofQuery,
    looks: u32,
) -> Result<(Message, u32), StoreFault> {
    let Some(stop) = shown.find(&query.stop) else {
        return Ok((missing(&query), 1));
    };
    let (tree, from) = (shown.chain.tree(), query.from.height);
    let end = tree.entry(stop).height;
    if from > end {
        let why = format!("from {from} to {end}: there is no such block");
        return Ok((refusal(&query, &why), 1));
    }
    let mut search = Search {
        shown,
        owners,
        left: looks,
        spent: 0,
        room: PROOFS_BYTES,
        proven: Vec::new(),
    };
    let next = search.run(query.from, stop, end)?;
    let message = match next {
        // Not even the first is here.
        Some(next) if next == query.from => missing(&query),
        next => Message::Proofs(Box::new(Proofs {
            query,
            next,
            proven: search.proven,
        })),
    };
    Ok((message, search.spent))
}

fn missing(query: &ProofQuery) -> Message {
    Message::NotFound(vec![Item::Block(query.stop)])
}

struct Search<'a, S> {
    shown: Shown<'a, S>,
    owners: &'a [KeyHash],
    left: u32,
    spent: u32,
    /// Bytes that are left in the message.
    room: usize,
    proven: Vec<ProvenTx>,
}

impl<S: Store> Search<'_, S> {
    /// Searches up to `stop`, at height `end`. Returns where the rest begins.
    fn run(
        &mut self,
        from: ProofPlace,
        stop: HeaderId,
        end: u32,
    ) -> Result<Option<ProofPlace>, StoreFault> {
        let last = end.min(from.height.saturating_add(PROOF_BLOCKS_MAX - 1));
        let tree = self.shown.chain.tree();
        for height in from.height..=last {
            let place = match height == from.height {
                true => from,
                false => ProofPlace::block(height),
            };
            // The first is searched in any case, so that each answer is a step.
            if place != from && self.spent >= self.left {
                return Ok(Some(place));
            }
            let hash = tree.entry(tree.ancestor(stop, height)).hash;
            let Some(next) = self.block(&hash, place)? else {
                return Ok(Some(place));
            };
            if next.height == height {
                return Ok(Some(next));
            }
        }
        Ok((last < end).then(|| ProofPlace::block(last + 1)))
    }

    /// Searches a block. Returns where to go on, which is in the same block if the message is full; `None`: it is
    /// not here.
    fn block(
        &mut self,
        hash: &BlockHash,
        from: ProofPlace,
    ) -> Result<Option<ProofPlace>, StoreFault> {
        let Some(kept) = self.shown.chain.filter(hash)? else {
            return Ok(None);
        };
        self.spend(looks_at(&kept.filter, self.owners.len()));
        let after = ProofPlace::block(from.height.saturating_add(1));
        if !kept.filter.matches_any(hash, self.owners) {
            return Ok(Some(after));
        }
        let Some(block) = self.shown.chain.body(hash)? else {
            return Ok(None);
        };
        self.spend(block.encoded_len().div_ceil(BYTES_FOR_A_LOOK));
        let full = self.prove(&block, from);
        Ok(Some(full.map_or(after, |tx| ProofPlace { tx, ..from })))
    }

    /// Proves what a block has from one of its transactions on. Returns the first for which there is no room.
    fn prove(&mut self, block: &Block, from: ProofPlace) -> Option<u32> {
        let (mut tree, hash) = (None, block.hash());
        for (index, tx) in (0..).zip(block.txs()) {
            let is_left_out = || !self.shown.is_told(tx, Some(from.height));
            if index < from.tx || !concerns(tx, self.owners) || is_left_out() {
                continue;
            }
            // One tree for all proofs of a block, or those of a full one would take as many times its hashes.
            let tree = tree.get_or_insert_with(|| MerkleTree::new(block.txids()));
            let proven = ProvenTx {
                block: hash,
                tx: Arc::new(tx.clone()),
                proof: tree.proof(index).expect("it is in the block"),
            };
            if proven.encoded_len() > self.room && !self.proven.is_empty() {
                return Some(index);
            }
            self.room = self.room.saturating_sub(proven.encoded_len());
            self.proven.push(proven);
        }
        None
    }

    fn spend(&mut self, looks: usize) {
        let looks = u32::try_from(looks).unwrap_or(u32::MAX);
        self.spent = self.spent.saturating_add(looks);
    }
}
