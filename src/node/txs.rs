//! Transactions on their way into the mempool, and what follows from it.

use super::conns::ConnTalk;
use super::io::{ConnId, EventKind};
use super::mempool::{AdmitError, Change, Removed, RemovedWhy};
use super::message::{Item, Message, Reject, Text};
use super::outbox::MALICE;
use super::relay::orphans::Parentless;
use super::{Node, Store, StoreFault, Time};
use crate::chain::tx::TxIn;
use crate::chain::{Amount, Tx, Txid};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// What has waited for so long may have been lost by a neighbour: it crashed, or had no room. Most
/// transactions are in a block long before.
pub const WAITED_LONG: Duration = Duration::from_secs(60);

/// Of those, so many are announced at a time, the next ones the next time: under 1 kB/s a peer.
const AGAIN_MAX: usize = 500;

type Done = Result<(), StoreFault>;

impl<S: Store> Node<S> {
    pub(super) fn received_tx(&mut self, conn: ConnId, tx: Arc<Tx>, now: Time) -> Done {
        let txid = tx.txid();
        if self.relay.received_tx(conn, txid, now, &mut self.conns.out) {
            // Refused: said to the peer, and to those who watch.
            let _offered = self.take_tx(Some(conn), tx, now)?;
        }
        Ok(())
    }

    /// Offers a transaction to the mempool, and then the orphans that waited for it.
    ///
    /// The inner result is that of the transaction itself.
    pub(super) fn take_tx(
        &mut self,
        from: Option<ConnId>,
        tx: Arc<Tx>,
        now: Time,
    ) -> Result<Result<(), AdmitError>, StoreFault> {
        let first = self.offer(from, &tx, now)?;
        if first.is_ok() {
            self.take_orphans_of(vec![tx.txid()], now)?;
        }
        Ok(first)
    }

    /// Offers the mempool what waited for these transactions, and then what waited for that.
    pub(super) fn take_orphans_of(&mut self, parents: Vec<Txid>, now: Time) -> Done {
        let mut parents = VecDeque::from(parents);
        // Ends: every step takes an orphan out, or none.
        while let Some(parent) = parents.pop_front() {
            for (from, child) in self.relay.children_of(&parent) {
                if self.offer(Some(from), &child, now)?.is_ok() {
                    parents.push_back(child.txid());
                }
            }
        }
        Ok(())
    }

    fn offer(
        &mut self,
        from: Option<ConnId>,
        tx: &Arc<Tx>,
        now: Time,
    ) -> Result<Result<(), AdmitError>, StoreFault> {
        let txid = tx.txid();
        if let Some(error) = self.conflict_with_private(from, tx) {
            self.not_taken(from, tx, txid, &error, now);
            return Ok(Err(error));
        }
        match self.mempool.accept(Arc::clone(tx), &self.chain, now) {
            Ok(change) => {
                if let Some(conn) = from {
                    self.conns.peers.brought_tx(conn, now);
                }
                self.apply_mempool_change(change, from, now);
                if !self.private_chain.hides_tx(&txid) {
                    self.announce_tx(txid);
                }
                Ok(Ok(()))
            }
            Err(AdmitError::Store(fault)) => Err(fault),
            Err(error) => {
                self.not_taken(from, tx, txid, &error, now);
                Ok(Err(error))
            }
        }
    }

    /// A payment that is kept private gives way to none that comes from outside, whatever that pays:
    /// it is there to contradict it.
    fn conflict_with_private(&self, from: Option<ConnId>, tx: &Tx) -> Option<AdmitError> {
        from.filter(|_| self.has_secrets())?;
        let spender = |input: &TxIn| self.mempool.spender(&input.outpoint);
        let mut rivals = tx.inputs.iter().filter_map(spender);
        let with = rivals.find(|rival| self.private_chain.hides_tx(rival))?;
        Some(AdmitError::Conflict {
            with,
            fee: Amount::ZERO,
            needed: None,
        })
    }

    /// A transaction was not taken: it is here already, waits for its parents, or is refused.
    fn not_taken(
        &mut self,
        from: Option<ConnId>,
        tx: &Arc<Tx>,
        txid: Txid,
        error: &AdmitError,
        now: Time,
    ) {
        if let AdmitError::Known | AdmitError::Confirmed = error {
            return;
        }
        let mut parents = error.missing_parents();
        // What an ordinary node has: a peer that is asked for it could tell that this is none.
        parents.retain(|parent| !self.private_chain.is_settled(parent));
        if let Some(conn) = from.filter(|_| !parents.is_empty()) {
            let orphan = Parentless {
                from: conn,
                tx,
                txid,
                missing: &parents,
            };
            if self
                .relay
                .wait_for_parents(&orphan, now, &mut self.conns.out)
            {
                return;
            }
        }
        self.relay.refused(txid);
        if let Some(conn) = from {
            self.reject_tx(conn, txid, error);
        }
        let why = error.to_string();
        // What wallets have sent is offered again and again: that is told when the reason is new.
        if from.is_none() && !self.wallets.tx_refused(&txid, &why) {
            return;
        }
        let from = from.and_then(|conn| self.conns.peers.label(conn));
        self.event(now, EventKind::TxRefused { txid, from, why });
    }

    fn reject_tx(&mut self, conn: ConnId, txid: Txid, error: &AdmitError) {
        if error.is_fault_of_sender() {
            self.conns
                .out
                .blame(conn, MALICE, format!("transaction: {error}"));
        }
        let reject = Reject {
            command: Text::new("tx"),
            item: Some(Item::Tx(txid)),
            why: Text::new(&error.to_string()),
        };
        // The reason may tell of what is private.
        if !self.has_secrets() {
            self.conns.out.send(conn, Message::Reject(Box::new(reject)));
        }
    }

    /// What the mempool took and dropped: for the wallets, the miner, and those who watch.
    pub(super) fn apply_mempool_change(&mut self, change: Change, from: Option<ConnId>, now: Time) {
        if change.is_empty() {
            return;
        }
        self.conns.unwritten(now);
        self.mining.mempool_changed();
        let held: BTreeSet<Txid> = change.held.iter().map(|held| held.txid).collect();
        let left: BTreeSet<Txid> = change.removed.iter().map(|gone| gone.txid).collect();
        for Removed { txid, why, .. } in change.removed {
            let words = why.to_string();
            if !held.contains(&txid) {
                self.wallets.tx_removed(&txid, words.clone());
            }
            if !matches!(why, RemovedWhy::InBlock(_)) {
                self.event(now, EventKind::TxDropped { txid, why: words });
            }
        }
        for Removed { txid, tx, why } in change.held {
            let why = why.to_string();
            self.wallets.tx_held(&tx, txid, why.clone(), now);
            // Out of a block: it did not leave the mempool, but is not taken back.
            if !left.contains(&txid) {
                let from = None;
                self.event(now, EventKind::TxRefused { txid, from, why });
            }
        }
        let from = from.and_then(|conn| self.conns.peers.label(conn));
        for (txid, tx) in change.added {
            self.wallets.tx_added(&tx, txid, now);
            let from = from.clone();
            self.event(now, EventKind::TxAccepted { txid, from });
        }
        self.wallets.packages_changed();
    }

    /// Offers the mempool what wallets have sent and is in no block.
    pub(super) fn submit_own(&mut self, now: Time) -> Done {
        let waits = |txid: &Txid| !self.mempool.contains(txid);
        let own = self.wallets.unconfirmed().filter(|(txid, _)| waits(txid));
        let own: Vec<Arc<Tx>> = own.map(|(_, tx)| Arc::clone(tx)).collect();
        for tx in own {
            // Refused now, it is kept and offered again later.
            let _offered = self.take_tx(None, tx, now)?;
        }
        Ok(())
    }

    /// Announces to everybody what our wallets have sent, and some of what has waited for long. Who
    /// has it passes nothing on when it hears that again, so its owner alone could not bring it
    /// past those to whoever has lost it: every node has to tell its own neighbours.
    pub(super) fn announce_again(&mut self, now: Time) {
        let own = self.wallets.unconfirmed().map(|(txid, _)| txid);
        let mut txids: Vec<Txid> = own.filter(|txid| self.mempool.contains(txid)).collect();
        let sent: BTreeSet<Txid> = txids.iter().copied().collect();
        let old = self.mempool.oldest_after(self.announced_to);
        let old = old.take_while(|(since, _)| now - *since >= WAITED_LONG);
        let old: Vec<(Time, Txid)> = old.take(AGAIN_MAX).collect();
        let is_round = old.len() < AGAIN_MAX;
        self.announced_to = old.last().filter(|_| !is_round).copied();
        let others = old.into_iter().map(|(_, txid)| txid);
        txids.extend(others.filter(|txid| !sent.contains(txid)));
        txids.retain(|txid| !self.private_chain.hides_tx(txid));
        self.relay.announce_again(&txids, &mut self.conns.out);
    }

    /// What waits, parents before children.
    pub(super) fn mempool_in_order(&self) -> Vec<Txid> {
        let mut entries: Vec<_> = self.mempool.iter().collect();
        entries.sort_by_key(|entry| (entry.ancestors.count, entry.since, entry.txid));
        entries.iter().map(|entry| entry.txid).collect()
    }
}
