//! A miner that keeps what it finds to itself: the private branch of an attacker.
//!
//! A node whose strategy is [`Strategy::Withhold`] connects the blocks that it finds as always, so
//! it goes on mining on top of them, but nobody hears of them: they are neither announced nor
//! served, its `version` names the height below them, and its locators begin below them. The same
//! holds for payments made here meanwhile, so that the private branch can spend a coin that was
//! spent publicly, too. To everybody else the node looks like one that has found nothing.
//!
//! What is withheld is a run of blocks at the end of the node's own chain, on top of the *fork*, the
//! last block that is public. It ends in one of two ways:
//!
//! - it is *released*: on command, or by itself as [`Release`] says. Its blocks
//!   are announced, lowest first, in one message; whoever hears of more than one asks for headers.
//! - it is *given up*: the public branch has more work, and the node follows it as every node does.
//!   The blocks are forgotten. Payments that still hold stay private, for the next attempt.
//!
//! While blocks are withheld, the node passes no public block on, since it connects none and so cannot
//! vouch for them: it is no bridge between others. What was withheld is not written down: a node that
//! starts again has released it.

use super::Config;
use super::store::BlockId;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{BlockHash, Txid};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What a miner does with the blocks that it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// It announces them at once.
    #[default]
    Honest,
    /// It keeps them to itself, until then.
    Withhold(Release),
}

/// When withheld blocks are released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// When somebody asks for it.
    #[default]
    Asked,
    /// As soon as that undoes so many public blocks: the private branch has more work, and the
    /// public one is so long since the fork.
    Depth(u32),
    /// As soon as the private branch is so many blocks higher than the public one, and has more
    /// work.
    Lead(u32),
}

impl fmt::Display for Release {
    /// As it is written in a layout.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("asked"),
            Self::Depth(blocks) => write!(f, "depth {blocks}"),
            Self::Lead(blocks) => write!(f, "lead {blocks}"),
        }
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let blocks = |number: &str| number.parse().ok().filter(|blocks| *blocks > 0);
        let read = match words[..] {
            ["asked"] => Some(Self::Asked),
            ["depth", number] => blocks(number).map(Self::Depth),
            ["lead", number] => blocks(number).map(Self::Lead),
            _ => None,
        };
        read.ok_or_else(|| {
            format!("{text:?} is none of \"asked\", \"depth 6\", \"lead 2\" (or another number)")
        })
    }
}

/// What a node keeps to itself.
#[derive(Debug, Default)]
pub struct Private {
    strategy: Strategy,
    /// Blocks from above the fork up to the node's tip.
    blocks: BTreeSet<BlockHash>,
    /// The last block that is public; of no meaning while nothing is withheld.
    fork: Option<BlockId>,
    /// The end of the best branch that others have shown, by its headers, while blocks are withheld.
    public: Option<BlockHash>,
    /// Payments made here since the last release. Only who commands this node adds to them.
    txs: BTreeSet<Txid>,
}

impl Private {
    /// Keeps nothing yet.
    pub fn new(config: &Config) -> Self {
        Self {
            strategy: config.strategy,
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
    pub fn is_withholding(&self) -> bool {
        self.strategy != Strategy::Honest
    }

    /// Whether there is something that nobody must hear of.
    pub fn has_secrets(&self) -> bool {
        !self.blocks.is_empty() || !self.txs.is_empty()
    }

    /// Blocks withheld.
    pub fn withheld(&self) -> usize {
        self.blocks.len()
    }

    /// Whether nobody must hear of this block.
    pub fn hides(&self, hash: &BlockHash) -> bool {
        self.blocks.contains(hash)
    }

    /// Whether nobody must hear of this payment.
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

    /// While something is withheld: the end of the best branch that is public, as far as its headers
    /// are known, and the fork, whose header is never forgotten.
    pub fn public_ends(&self) -> Option<[BlockHash; 2]> {
        let fork = self.fork.filter(|_| !self.blocks.is_empty())?.hash;
        Some([self.public.unwrap_or(fork), fork])
    }

    /// A block was found on top of what is withheld, or of the public block `below`.
    pub fn hold(&mut self, below: BlockId, hash: BlockHash) {
        if self.blocks.is_empty() {
            self.fork = Some(below);
            self.public = Some(below.hash);
        }
        self.blocks.insert(hash);
    }

    /// A payment was made here.
    pub fn hold_tx(&mut self, txid: Txid) {
        self.txs.insert(txid);
    }

    /// That payment is not to be, after all.
    pub fn forget_tx(&mut self, txid: &Txid) {
        self.txs.remove(txid);
    }

    /// Blocks are no longer on the chain: what is withheld of them is given up. Returns how many that
    /// are.
    pub fn left_behind<'a>(&mut self, blocks: impl Iterator<Item = &'a BlockHash>) -> usize {
        blocks.filter(|hash| self.blocks.remove(*hash)).count()
    }

    /// Nothing is kept private any more. Returns how many blocks that were, and the payments.
    pub fn release(&mut self) -> (usize, BTreeSet<Txid>) {
        let blocks = std::mem::take(&mut self.blocks);
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

    /// Whether what is withheld is to be released now.
    pub fn is_due(&self, tree: &HeaderTree) -> bool {
        let Strategy::Withhold(release) = self.strategy else {
            return false;
        };
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
    fn a_release_is_read_as_it_is_written_and_anything_else_refused_in_words() {
        for release in [Release::Asked, Release::Depth(6), Release::Lead(2)] {
            assert_eq!(release.to_string().parse(), Ok(release));
        }
        for bad in [
            "", "deep 6", "depth", "depth 0", "lead -1", "lead 2 3", "Asked",
        ] {
            let error = bad.parse::<Release>().expect_err(bad);
            assert!(error.starts_with(&format!("{bad:?} is none of")), "{error}");
        }
    }
}
