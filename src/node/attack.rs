//! What an attacker's node does beside the rules, for labs that show how light nodes are fooled.
//!
//! It is a full node with true work. What is bent:
//!
//! - its chain takes blocks that spend coins which never existed: see
//!   [`ChainState::open_attackers`]. So several attackers share such a chain, and
//!   mine on it. Every honest node refuses the first such block, and bans who brings it.
//! - it *forges* payments: its next block has a transaction that spends nothing there is. Work, Merkle path, form
//!   and signature are right, which is all that a node without the chain can look at (section 8 of the Bitcoin
//!   paper).
//! - it *leaves out* what pays given addresses, or spends from them: of the proofs that light peers ask for, and of
//!   filters, with a chain of filter headers that fits to these. So from the next block on: what was said of
//!   earlier ones cannot be taken back unseen.
//!
//! Both are done on command, and forgotten when the node stops.

use super::chainstate::{ChainState, KeptFilter};
use super::random::stream;
use super::store::{Store, StoreFault};
use crate::chain::headers::HeaderId;
use crate::chain::key::{SecretKey, Signature};
use crate::chain::tx::{TX_VERSION, TxIn, TxOut};
use crate::chain::{
    Amount, Block, BlockFilter, BlockHash, Coin, FilterHeader, KeyHash, OutPoint, Tx, Txid,
};
use rand_chacha::ChaCha12Rng;
use rand_core::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

/// Payments forged for one block. The smallest block that a network may have has room for some of them.
pub const FORGED_MAX: usize = 100;

/// Addresses left out at a time.
pub const LEFT_OUT_MAX: usize = 100;

/// Why the attacker's node does not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttackError {
    /// A payment of nothing.
    #[error("nothing is to be paid")]
    Nothing,
    /// More than other attackers' nodes would take.
    #[error("the forged payments of one block come to {max} at most", max = Amount::CONJURED_MAX)]
    TooMuch,
    /// Too many of them.
    #[error("{FORGED_MAX} forged payments wait for a block already")]
    Busy,
    /// Too many of them.
    #[error("{LEFT_OUT_MAX} addresses are left out already")]
    Full,
}

/// What an attacker's node has in mind.
#[derive(Clone)]
pub struct Attack {
    random: ChaCha12Rng,
    /// Forged payments for the next block.
    forged: Vec<Arc<Tx>>,
    /// Each with the height from which on.
    left_out: BTreeMap<KeyHash, u32>,
}

impl Attack {
    /// Nothing yet. The seed is the one of the run.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self {
            random: stream(seed, "forged"),
            forged: Vec::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// Forges a payment for the next block: it spends a coin that never existed, which a key owned that is known
    /// to no other node and is thrown away.
    ///
    /// # Errors
    /// [`AttackError`].
    pub fn forge(
        &mut self,
        payee: KeyHash,
        amount: Amount,
        network: BlockHash,
    ) -> Result<Txid, AttackError> {
        if amount.is_zero() {
            return Err(AttackError::Nothing);
        }
        if self.forged.len() >= FORGED_MAX {
            return Err(AttackError::Busy);
        }
        let forged = self.forged.iter().flat_map(|tx| &tx.outputs);
        let all = forged.map(|out| out.amount).chain([amount]);
        let all = Amount::checked_sum(all).filter(|all| *all <= Amount::CONJURED_MAX);
        all.ok_or(AttackError::TooMuch)?;
        let tx = self.forged_tx(payee, amount, network);
        let txid = tx.txid();
        self.forged.push(Arc::new(tx));
        Ok(txid)
    }

    fn forged_tx(&mut self, payee: KeyHash, amount: Amount, network: BlockHash) -> Tx {
        let key = SecretKey::generate(&mut self.random);
        let mut txid = [0; 32];
        self.random.fill_bytes(&mut txid);
        let mut tx = Tx {
            version: TX_VERSION,
            inputs: vec![TxIn {
                outpoint: OutPoint {
                    txid: Txid(txid),
                    index: 0,
                },
                key: key.public_key(),
                signature: Signature::NONE,
            }],
            outputs: vec![TxOut {
                amount,
                owner: payee,
            }],
            lock_time: 0,
        };
        let coin = Coin::conjured(amount, key.public_key().hash());
        tx.sign(network, &[coin], &[&key]);
        tx
    }

    /// What the next block is to have.
    pub fn forged(&self) -> &[Arc<Tx>] {
        &self.forged
    }

    /// Blocks are on the chain: what they have is done.
    pub fn connected(&mut self, blocks: &[Arc<Block>]) {
        if self.forged.is_empty() {
            return;
        }
        let done: BTreeSet<&Txid> = blocks.iter().flat_map(|block| block.txids()).collect();
        self.forged.retain(|tx| !done.contains(&tx.txid()));
    }

    /// Light peers see nothing of this owner in blocks from a height on.
    ///
    /// # Errors
    /// [`AttackError::Full`].
    pub fn leave_out(&mut self, owner: KeyHash, from: u32) -> Result<(), AttackError> {
        if self.left_out.len() >= LEFT_OUT_MAX && !self.left_out.contains_key(&owner) {
            return Err(AttackError::Full);
        }
        self.left_out.entry(owner).or_insert(from);
        Ok(())
    }

    /// Who is left out.
    pub fn left_out(&self) -> impl Iterator<Item = KeyHash> {
        self.left_out.keys().copied()
    }

    /// Whether any owner is left out.
    pub fn leaves_out(&self) -> bool {
        !self.left_out.is_empty()
    }

    /// Whether light peers are not to hear of a transaction; `height` is its block's, `None` if it waits.
    pub fn hides(&self, tx: &Tx, height: Option<u32>) -> bool {
        let height = height.unwrap_or(u32::MAX);
        self.leaves_out() && tx.parties().any(|party| self.is_left_out(&party, height))
    }

    fn is_left_out(&self, owner: &KeyHash, height: u32) -> bool {
        self.left_out.get(owner).is_some_and(|from| *from <= height)
    }

    /// As [`ChainState::filters_up_to`], with filters that leave out, and the filter headers over these. They are
    /// made for each answer, from the first block on that is concerned: what is kept stays as it is.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn filters_up_to<S: Store>(
        &self,
        chain: &ChainState<S>,
        start: u32,
        stop: HeaderId,
    ) -> Result<Option<(FilterHeader, Vec<KeptFilter>)>, StoreFault> {
        let tree = chain.tree();
        let first = self.left_out.values().copied().fold(start, u32::min);
        let Some((before, kept)) = chain.filters_up_to(first, stop)? else {
            return Ok(None);
        };
        let (mut previous, mut bent) = (before, Vec::new());
        for (height, KeptFilter { filter, .. }) in (first..).zip(kept) {
            let hash = tree.entry(tree.ancestor(stop, height)).hash;
            let filter = self.bent(chain, &hash, height, filter)?;
            let before = bent.last().map_or(before, |last: &KeptFilter| last.header);
            if height == start {
                previous = before;
            }
            let header = filter.header(before);
            bent.push(KeptFilter { header, filter });
        }
        let asked = bent.split_off(usize::try_from(start - first).unwrap_or(usize::MAX));
        Ok(Some((previous, asked)))
    }

    /// A block's filter without those who are left out.
    fn bent<S: Store>(
        &self,
        chain: &ChainState<S>,
        hash: &BlockHash,
        height: u32,
        filter: BlockFilter,
    ) -> Result<BlockFilter, StoreFault> {
        let owners: Vec<KeyHash> = self.left_out().collect();
        if !filter.matches_any(hash, &owners) {
            return Ok(filter);
        }
        let Some(block) = chain.body(hash)? else {
            return Ok(filter);
        };
        let parties = block.txs().iter().flat_map(Tx::parties);
        let shown = parties.filter(|party| !self.is_left_out(party, height));
        Ok(BlockFilter::of_parties(hash, shown))
    }
}
