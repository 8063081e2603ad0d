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
//!   filters, with a chain of filter headers that fits to these.
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
use std::collections::BTreeSet;
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
    left_out: BTreeSet<KeyHash>,
}

impl Attack {
    /// Nothing yet. The seed is the one of the run.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self {
            random: stream(seed, "forged"),
            forged: Vec::new(),
            left_out: BTreeSet::new(),
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

    /// From now on light peers see nothing of this owner.
    ///
    /// # Errors
    /// [`AttackError::Full`].
    pub fn leave_out(&mut self, owner: KeyHash) -> Result<(), AttackError> {
        if self.left_out.len() >= LEFT_OUT_MAX && !self.left_out.contains(&owner) {
            return Err(AttackError::Full);
        }
        self.left_out.insert(owner);
        Ok(())
    }

    /// Who is left out.
    pub fn left_out(&self) -> impl Iterator<Item = KeyHash> {
        self.left_out.iter().copied()
    }

    /// Whether any owner is left out.
    pub fn leaves_out(&self) -> bool {
        !self.left_out.is_empty()
    }

    /// Whether light peers are not to hear of a transaction.
    pub fn hides(&self, tx: &Tx) -> bool {
        self.leaves_out() && tx.parties().any(|party| self.left_out.contains(&party))
    }

    /// As [`ChainState::filters_up_to`], with filters that leave out, and the filter headers over these. They are
    /// made for each answer, from the genesis block on: what is kept stays as it is.
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
        let owners: Vec<KeyHash> = self.left_out().collect();
        let (mut before, mut header) = (FilterHeader::ZERO, FilterHeader::ZERO);
        let mut bent = Vec::new();
        for height in 0..=tree.entry(stop).height {
            let hash = tree.entry(tree.ancestor(stop, height)).hash;
            let Some(kept) = chain.filter(&hash)? else {
                return Ok(None);
            };
            let mut filter = kept.filter;
            if filter.matches_any(&hash, &owners)
                && let Some(block) = chain.body(&hash)?
            {
                filter = self.bent(&block);
            }
            if height == start {
                before = header;
            }
            header = filter.header(header);
            if height >= start {
                bent.push(KeptFilter { header, filter });
            }
        }
        Ok(Some((before, bent)))
    }

    fn bent(&self, block: &Block) -> BlockFilter {
        let parties = block.txs().iter().flat_map(Tx::parties);
        let shown = parties.filter(|party| !self.left_out.contains(party));
        BlockFilter::of_parties(&block.hash(), shown)
    }
}
