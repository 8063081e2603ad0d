//! What follows by address: from proofs, and from what peers tell of payments that wait.

use super::apply::double_spend;
use super::bodies::NAMES_MAX;
use super::proofs::part_of;
use super::route::{tools, tx_of};
use super::state::LightNode;
use crate::chain::rules::check_tx;
use crate::chain::{BlockTime, KeyHash, Tx, Txid};
use crate::node::config::LightWay;
use crate::node::conns::ConnTalk;
use crate::node::io::{ConnId, EventKind};
use crate::node::message::{Item, Proofs};
use crate::node::outbox::{MALICE, NUISANCE};
use crate::node::prover::concerns;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::Part;
use std::sync::Arc;

type Done = Result<(), StoreFault>;

impl<S: Store> LightNode<S> {
    /// Looks for a new wallet's coins from a height on.
    pub(super) fn look_from(&mut self, owner: KeyHash, birth: u32, now: Time) -> Done {
        let tip = self.wallets.tip().height;
        if self.way == LightWay::Filter {
            self.scan.look_from(owner, birth, tip);
            return Ok(());
        }
        self.watchers.back_to(birth.saturating_sub(1));
        if birth == 0 {
            self.look_at_genesis(owner)?;
        }
        // What was proven for others may concern it, too.
        let mut at = birth.saturating_sub(1);
        while let Some((height, _)) = self.proofs.next(at).filter(|(height, _)| *height <= tip) {
            let id = self.block_at(height);
            let proven = self.proofs.of(height, self.chain.store())?;
            let part = part_of(id, self.time_of(id), &proven);
            self.wallets
                .earlier_block(owner, &part, self.chain.store())?;
            at = height;
        }
        self.conns.unwritten(now);
        Ok(())
    }

    /// The genesis block is known to all: nothing of it needs to be shown.
    fn look_at_genesis(&mut self, owner: KeyHash) -> Done {
        let (id, block) = (self.block_at(0), self.chain.params().genesis_block());
        let part = Part::of(id, &block);
        self.wallets
            .earlier_block(owner, &part, self.chain.store())?;
        self.keep_proofs(&part, &block, &[owner]);
        Ok(())
    }

    fn block_at(&self, height: u32) -> BlockId {
        self.id_at(height).unwrap_or(self.chain.tip())
    }

    fn time_of(&self, id: BlockId) -> BlockTime {
        let tree = self.chain.tree();
        let found = tree.find(&id.hash).unwrap_or(tree.genesis());
        tree.entry(found).header.time
    }

    pub(super) fn received_proofs(&mut self, conn: ConnId, said: &Proofs, now: Time) -> Done {
        let owners: Vec<KeyHash> = self.wallets.owners().collect();
        let mut tools = tools(&mut self.conns, now);
        let tree = self.chain.tree();
        let found = (self.watchers).received((conn, said), tree, &owners, &mut tools);
        let mut lowest = None;
        for (place, proven) in found {
            if self.proofs.keep(place, proven) {
                lowest.get_or_insert(place.0);
            }
        }
        // What one has left out, another shows: it is put in its place.
        if let Some(height) = lowest.filter(|height| *height <= self.wallets.tip().height) {
            self.roll_wallets_back(self.block_at(height.saturating_sub(1)), now)?;
        }
        self.is_stirred = true;
        Ok(())
    }

    /// Does and asks what can be done and asked now, by address.
    pub(super) fn go_on_by_address(&mut self, now: Time) -> Done {
        let owners: Vec<KeyHash> = self.wallets.owners().collect();
        if !owners.is_empty() {
            self.follow_proofs(now)?;
        }
        let mut tools = tools(&mut self.conns, now);
        self.watchers.pump(self.chain.tree(), &owners, &mut tools);
        // Who was told once knows it, also when another has taken its place.
        for conn in self.watchers.told() {
            if let Some(label) = self.conns.peers.label(conn)
                && self.known_by.len() < NAMES_MAX
            {
                self.known_by.insert(label.name.to_string());
            }
        }
        Ok(())
    }

    /// Shows the wallets what was proven above the block that they reflect, as far as a peer has searched.
    fn follow_proofs(&mut self, now: Time) -> Done {
        let end = self.watchers.searched().min(self.chain.tip().height);
        if end <= self.wallets.tip().height {
            return Ok(());
        }
        let next = |node: &Self| node.proofs.next(node.wallets.tip().height);
        while let Some((height, _)) = next(self).filter(|(height, _)| *height <= end) {
            let id = self.block_at(height);
            let proven = self.proofs.of(height, self.chain.store())?;
            let part = part_of(id, self.time_of(id), &proven);
            self.wallets.next_block(&part, self.chain.store())?;
            self.was_looked_at(&part, now);
            for (txid, rival) in self.incoming.seen(&part) {
                self.drop_incoming(txid, double_spend(rival, id), now);
            }
        }
        if self.wallets.tip().height < end {
            self.wallets.skip_to(self.block_at(end));
        }
        self.conns.unwritten(now);
        Ok(())
    }

    /// A peer that was told addresses tells of transactions that wait.
    pub(super) fn hears_of_txs(&mut self, conn: ConnId, items: &[Item], now: Time) {
        let txids: Vec<Txid> = items.iter().filter_map(tx_of).collect();
        let own: Vec<Txid> = self.wallets.unconfirmed().map(|(txid, _)| txid).collect();
        let (incoming, proofs) = (&self.incoming, &self.proofs);
        let is_here =
            |txid: &Txid| incoming.has(txid) || own.contains(txid) || proofs.find(txid).is_some();
        let out = &mut self.conns.out;
        self.relay.received_inv(conn, &txids, is_here, now, out);
    }

    pub(super) fn received_tx(&mut self, conn: ConnId, tx: Arc<Tx>, now: Time) {
        let txid = tx.txid();
        let was_told = self.watchers.told().any(|told| told == conn);
        let out = &mut self.conns.out;
        if !was_told {
            out.blame(conn, NUISANCE, "a transaction that it was not asked for");
            return;
        }
        if !self.relay.received_tx(conn, txid, now, out) {
            return;
        }
        if let Err(error) = check_tx(&tx) {
            self.relay.refused(txid);
            out.blame(conn, MALICE, format!("a transaction: {error}"));
            return;
        }
        if !concerns(&tx, &self.sorted_owners()) {
            let out = &mut self.conns.out;
            out.blame(
                conn,
                NUISANCE,
                "a transaction that concerns no address it was told",
            );
            return;
        }
        if self.waits(&tx, now) {
            let from = self.conns.peers.label(conn);
            self.event(now, EventKind::TxAccepted { txid, from });
        }
    }

    /// A payment of others waits. Whether that is news.
    pub(super) fn waits(&mut self, tx: &Arc<Tx>, now: Time) -> bool {
        let txid = tx.txid();
        if self.proofs.find(&txid).is_some() || self.is_own(&txid) || self.incoming.has(&txid) {
            return false;
        }
        self.wallets.tx_added(tx, txid, now);
        for gone in self.incoming.keep(txid, Arc::clone(tx), now) {
            let why = "more wait than are kept".to_owned();
            self.wallets.tx_removed(&gone, why);
        }
        true
    }

    /// Payments in blocks that the chain leaves for this fork, which wait again. By filter what waits is not shown.
    pub(super) fn left_by(&self, fork: BlockId) -> Result<Vec<Arc<Tx>>, StoreFault> {
        match self.way {
            LightWay::Filter => Ok(Vec::new()),
            LightWay::Address => self.proofs.payments_above(fork.height, self.chain.store()),
        }
    }

    fn is_own(&self, txid: &Txid) -> bool {
        self.wallets.unconfirmed().any(|(own, _)| own == *txid)
    }

    /// What has waited for too long is not waited for any more.
    pub(super) fn expire_incoming(&mut self, now: Time) {
        let expiry = self.conns.config.mempool.expiry;
        for txid in self.incoming.expire(expiry, now) {
            self.drop_incoming(txid, "it has waited for too long".to_owned(), now);
        }
    }

    fn drop_incoming(&mut self, txid: Txid, why: String, now: Time) {
        self.wallets.tx_removed(&txid, why.clone());
        self.event(now, EventKind::TxDropped { txid, why });
    }

    /// Asks full nodes for the end of the chain if they do not say by themselves that they have it.
    pub(super) fn ask_for_end(&mut self, now: Time) {
        let tip = self.chain.tip();
        self.ends.is(tip, now);
        let (sync, tree) = (&self.sync, self.chain.tree());
        let announced = |conn| sync.has(conn, tree.tip(), tree);
        let mut tools = tools(&mut self.conns, now);
        self.ends.pump(announced, &mut tools);
        let (has, has_not) = self.ends.counts();
        if has == 0 && has_not > 0 && self.told_alone.replace(tip) != Some(tip) {
            let words = format!(
                "no full node serves block {tip}, the end of this chain: what it pays may not exist"
            );
            self.event(now, EventKind::Light(words));
        }
    }
}
