//! How wallets follow a chain whose blocks are not here: a light node's. It learns from filters which
//! blocks concern them, and hands over those alone, in order of height, as they come.

use super::super::store::{BlockId, Store, StoreFault};
use super::super::time::Time;
use super::part::Part;
use super::state::Wallets;
use super::waiting::Standing;
use crate::chain::{KeyHash, OutPoint, Tx, Txid};
use std::sync::Arc;

impl Wallets {
    /// The block that entries and coins reflect.
    pub fn tip(&self) -> BlockId {
        self.tip
    }

    /// Whose coins are looked for.
    pub fn owners(&self) -> impl Iterator<Item = KeyHash> + '_ {
        self.made.iter().copied()
    }

    /// The chain has left the blocks above this one.
    ///
    /// # Errors
    /// [`StoreFault`]; the wallets are then of no further use.
    pub fn roll_back(&mut self, fork: BlockId, store: &impl Store) -> Result<(), StoreFault> {
        let moved = self.disconnect_above(Some(fork.height), store)?;
        self.tip = fork;
        self.follow(moved);
        Ok(())
    }

    /// No block up to this one concerns any wallet.
    pub fn skip_to(&mut self, id: BlockId) {
        self.tip = id;
        self.follow(Vec::new());
    }

    /// The block after the one that the wallets reflect.
    ///
    /// # Errors
    /// [`StoreFault`]; the wallets are then of no further use.
    pub fn next_block(&mut self, part: &Part<'_>, store: &impl Store) -> Result<(), StoreFault> {
        let mut moved = Vec::new();
        self.connect(part, (None, store), &mut moved)?;
        self.tip = part.id;
        self.follow(moved);
        Ok(())
    }

    /// A block not above the one that the wallets reflect, for a wallet that has not seen it yet. It must
    /// have seen all below it.
    ///
    /// # Errors
    /// [`StoreFault`]; the wallets are then of no further use.
    pub fn earlier_block(
        &mut self,
        owner: KeyHash,
        part: &Part<'_>,
        store: &impl Store,
    ) -> Result<(), StoreFault> {
        let mut moved = Vec::new();
        self.connect(part, (Some(owner), store), &mut moved)?;
        self.follow(moved);
        Ok(())
    }

    /// Says of each payment made here whether others can have it in their mempools, as there is none here
    /// that would say so: all that can be in a block, and contradict no other. Returns those that can
    /// never be in a block any more and could before.
    pub fn judge_sent(&mut self, now: Time) -> Vec<Txid> {
        let sent = self.waiting.iter().filter(|(_, waiter)| waiter.sent);
        let sent: Vec<(Txid, Arc<Tx>, Standing)> = sent
            .map(|(txid, waiter)| (*txid, Arc::clone(&waiter.tx), waiter.standing))
            .collect();
        if sent.is_empty() {
            return Vec::new();
        }
        let mut moved: Vec<OutPoint> = Vec::new();
        for (txid, ..) in &sent {
            if let Some(waiter) = self.waiting.get_mut(txid) {
                waiter.pooled = false;
                moved.extend(waiter.touches(*txid));
            }
        }
        self.waiting.reassess(moved, &mut self.balances);
        let mut lost = Vec::new();
        for txid in self.waiting.in_order(sent.iter().map(|(txid, ..)| *txid)) {
            let standing = self.waiting.get(&txid).map(|waiter| waiter.standing);
            let before = sent.iter().find(|(other, ..)| *other == txid);
            let Some((_, tx, before)) = before else {
                continue;
            };
            match standing {
                Some(Standing::Counts) => self.tx_added(tx, txid, now),
                Some(Standing::Never) if *before != Standing::Never => lost.push(txid),
                _ => {}
            }
        }
        lost
    }

    /// The transaction of a block that spends a coin which a payment that waits would spend.
    pub fn rival_in(&self, waiting: &Txid, part: &Part<'_>) -> Option<Txid> {
        let tx = &self.waiting.get(waiting)?.tx;
        let claims =
            |outpoint: &OutPoint| tx.inputs.iter().any(|input| input.outpoint == *outpoint);
        let spends = |other: &Tx| other.inputs.iter().any(|input| claims(&input.outpoint));
        let mut txs = part.txs.iter();
        let rival = txs.find(|other| other.txid != *waiting && spends(other.tx));
        rival.map(|rival| rival.txid)
    }

    /// Since when a transaction of these wallets waits, if it does.
    pub fn waits_since(&self, txid: &Txid) -> Option<Time> {
        self.waiting.get(txid).map(|waiter| waiter.at)
    }

    /// Transactions that wait and that one which waits builds on.
    pub fn waiting_parents(&self, txid: &Txid) -> impl Iterator<Item = Txid> + '_ {
        let waiter = self.waiting.get(txid).into_iter();
        let parents = waiter
            .flat_map(|waiter| &waiter.spent)
            .map(|(from, _)| from.txid);
        parents.filter(|parent| self.waiting.get(parent).is_some())
    }
}
