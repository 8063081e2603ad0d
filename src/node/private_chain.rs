//! Selfish mining: a node keeps the blocks that it finds to itself, as a private chain.
//!
//! A node whose strategy is [`Strategy::Selfish`] connects the blocks that it finds as always, so
//! it goes on mining on top of them, but no peer hears of them: they are neither announced nor
//! served, its `version` names the height below them, and its locators begin below them. The same
//! holds for payments made here meanwhile, so that the private chain can spend a coin that was
//! spent publicly, too. To everybody else the node looks like one that has found nothing and is
//! silent about what others find.
//!
//! The private chain is a run of blocks at the end of the node's own chain, on top of the *fork*, the
//! last block that is public. It ends in one of two ways:
//!
//! - it is *released*: on command, or by itself as [`Release`] says. Its blocks
//!   are announced, lowest first, in one message. A peer that hears of more than one asks for headers.
//! - it is *given up*: the public branch has more work, and the node follows it as every node does.
//!   The blocks are forgotten. Payments that still hold stay private, for the next attempt.
//!
//! That silence can be noticed: while there is a private chain, the node passes no public block on, since
//! it connects none and so cannot vouch for them, and no payment that contradicts its own branch. It
//! is no bridge between others. What it asks for tells nothing: parents of a payment that an
//! ordinary node would have are not asked for, although they are missing here.
//!
//! Which blocks are private is not written down: a node that starts again has released them.

use super::config::{Release, Strategy};
use super::store::BlockId;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{Block, BlockHash, Txid};
use std::collections::BTreeSet;

/// A branch that is so long is released: everybody else takes it on in one change of the chain, with
/// all that it undoes, in memory.
pub const PRIVATE_BLOCKS_MAX: usize = 1_000;

/// Payments kept private at a time, 0.5 MB of names: more are refused.
pub const PAYMENTS_MAX: usize = 10_000;

/// Transactions remembered that everybody else has in a block, 2 MB of names. Of more, this node may
/// ask for one that no ordinary node would ask for.
const SETTLED_MAX: usize = 50_000;

/// The private chain of a node, and the payments that it keeps to itself.
#[derive(Clone, Debug, Default)]
pub struct PrivateChain {
    strategy: Strategy,
    /// Blocks from above the fork up to the node's tip.
    blocks: BTreeSet<BlockHash>,
    /// The last block that is public; of no meaning while no block is private.
    fork: Option<BlockId>,
    /// The end of the best branch that others have shown, by its headers, while blocks are private.
    public: Option<BlockHash>,
    /// Payments made here since the last release. Only who commands this node adds to them. Those
    /// that the mempool has dropped are among them: the wallet may offer them again.
    txs: BTreeSet<Txid>,
    /// Transactions that others have, whatever is missing here: those that the private blocks spend
    /// from, and those in public blocks that this node does not follow.
    settled: BTreeSet<Txid>,
}

impl PrivateChain {
    /// Keeps nothing yet.
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            ..Self::default()
        }
    }

    /// What the miner does with its blocks.
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// From now on it does this.
    pub fn set_strategy(&mut self, strategy: Strategy) {
        self.strategy = strategy;
    }

    /// Whether what is made here from now on is kept private.
    pub fn is_selfish(&self) -> bool {
        self.strategy != Strategy::Honest
    }

    /// Whether there is something that no peer must hear of. `waits` tells payments that the mempool
    /// has: of others, what is said of the mempool gives nothing away.
    pub fn has_secrets(&self, waits: impl Fn(&Txid) -> bool) -> bool {
        !self.blocks.is_empty() || self.txs.iter().any(waits)
    }

    /// Blocks in it.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether no block is private.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Whether no peer must hear of this block.
    pub fn hides(&self, hash: &BlockHash) -> bool {
        self.blocks.contains(hash)
    }

    /// Whether no peer must hear of this payment.
    pub fn hides_tx(&self, txid: &Txid) -> bool {
        self.txs.contains(txid)
    }

    /// The end of the chain as others may see it.
    pub fn public_end(&self, tree: &HeaderTree) -> HeaderId {
        let tip = tree.tip();
        match self.fork.filter(|_| !self.blocks.is_empty()) {
            Some(fork) => tree.ancestor(tip, fork.height),
            None => tip,
        }
    }

    /// While blocks are private: the end of the best branch that is public, as far as its headers
    /// are known, and the fork, whose header is never forgotten.
    pub fn public_ends(&self) -> Option<[BlockHash; 2]> {
        let fork = self.fork.filter(|_| !self.blocks.is_empty())?.hash;
        Some([self.public.unwrap_or(fork), fork])
    }

    /// Whether a transaction that is missing here is nothing to ask for, since others have it and
    /// know that others have it.
    pub fn is_settled(&self, txid: &Txid) -> bool {
        self.settled.contains(txid)
    }

    /// A block was found on top of the private chain, or of the public block `below`.
    pub fn hold(&mut self, below: BlockId, block: &Block) {
        if self.blocks.is_empty() {
            self.fork = Some(below);
            self.public = Some(below.hash);
        }
        self.blocks.insert(block.hash());
        let paid = block.txs().iter().skip(1).flat_map(|tx| &tx.inputs);
        self.settle(paid.map(|input| input.outpoint.txid));
    }

    /// A block came from a peer, and was taken.
    pub fn note_block(&mut self, block: &Block) {
        if !self.blocks.is_empty() {
            self.settle(block.txids().iter().copied());
        }
    }

    fn settle(&mut self, txids: impl Iterator<Item = Txid>) {
        let room = SETTLED_MAX - self.settled.len();
        self.settled.extend(txids.take(room));
    }

    /// Whether one more payment can be kept private. `waits` tells those that the mempool has.
    pub fn has_room(&self, waits: impl Fn(&Txid) -> bool) -> bool {
        // Without blocks, what does not wait was dropped.
        let are_settled = self.blocks.is_empty();
        self.txs.len() < PAYMENTS_MAX
            || are_settled && self.txs.iter().filter(|txid| waits(txid)).count() < PAYMENTS_MAX
    }

    /// A payment is made here. `waits` tells those that the mempool has. `false`: it cannot be kept
    /// private, there are too many.
    pub fn hold_tx(&mut self, txid: Txid, waits: impl Fn(&Txid) -> bool) -> bool {
        if self.txs.len() >= PAYMENTS_MAX && self.blocks.is_empty() {
            self.txs.retain(waits);
        }
        if self.txs.len() < PAYMENTS_MAX {
            self.txs.insert(txid);
        }
        self.txs.contains(&txid)
    }

    /// That payment is not to be, after all.
    pub fn forget_tx(&mut self, txid: &Txid) {
        self.txs.remove(txid);
    }

    /// Blocks are no longer on the chain: the private ones among them are given up. Returns how many that
    /// are.
    pub fn left_behind<'a>(&mut self, blocks: impl Iterator<Item = &'a BlockHash>) -> usize {
        let count = blocks.filter(|hash| self.blocks.remove(*hash)).count();
        if self.blocks.is_empty() {
            self.settled.clear();
        }
        count
    }

    /// Nothing is kept private any more. Returns how many blocks that were, and the payments.
    pub fn release(&mut self) -> (usize, BTreeSet<Txid>) {
        let blocks = std::mem::take(&mut self.blocks);
        self.settled.clear();
        (blocks.len(), std::mem::take(&mut self.txs))
    }

    /// Others have shown branches that end in these headers.
    pub fn note_public(&mut self, tree: &HeaderTree, shown: impl Iterator<Item = BlockHash>) {
        let known = self.public.into_iter().chain(shown);
        let ends = known.filter(|hash| !self.blocks.contains(hash));
        let ends = ends.filter_map(|hash| tree.find(&hash));
        let sound = ends.filter(|id| !tree.entry(*id).failed);
        let fork = self.public_end(tree);
        let best = sound.fold(fork, |best, id| {
            match tree.entry(id).work > tree.entry(best).work {
                true => id,
                false => best,
            }
        });
        self.public = Some(tree.entry(best).hash);
    }

    /// Whether the private chain is to be released now.
    pub fn is_due(&self, tree: &HeaderTree) -> bool {
        let Strategy::Selfish(release) = self.strategy else {
            return false;
        };
        if self.blocks.len() >= PRIVATE_BLOCKS_MAX {
            return true;
        }
        let ends = self.public_ends().into_iter().flatten();
        let Some(public) = ends.filter_map(|hash| tree.find(&hash)).next() else {
            return false;
        };
        let (own, other) = (tree.entry(tree.tip()), tree.entry(public));
        let is_ahead = own.work > other.work;
        match release {
            Release::Asked => false,
            Release::Lead(blocks) => is_ahead && own.height >= other.height.saturating_add(blocks),
            Release::Depth(blocks) => {
                let fork = tree.entry(tree.fork_point(tree.tip(), public));
                is_ahead && other.height - fork.height >= blocks
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_payments_are_kept_private_and_what_was_dropped_makes_room() {
        let mut private = PrivateChain::default();
        let txid = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_le_bytes());
            Txid(hash)
        };
        for number in 0..PAYMENTS_MAX {
            assert!(private.hold_tx(txid(number), |_| true));
        }
        assert!(private.has_secrets(|_| true));
        assert!(!private.has_secrets(|_| false), "nothing of it waits");
        assert!(private.hold_tx(txid(0), |_| true), "it is one of them");
        let next = txid(PAYMENTS_MAX);
        assert!(!private.has_room(|_| true) && private.has_room(|waits| *waits != txid(7)));
        assert!(!private.hold_tx(next, |_| true));
        assert!(!private.hides_tx(&next));
        assert!(private.hold_tx(next, |waits| *waits != txid(7)));
        assert!(private.hides_tx(&next) && !private.hides_tx(&txid(7)));
    }
}
