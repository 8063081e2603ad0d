//! Where each input and each message goes.

use super::conns::{ConnLife, ConnTalk, Conns, HasConns, Hello, NewPeer};
use super::io::{ConnId, Input, Output};
use super::message::{Item, Message, Services};
use super::outbox::NUISANCE;
use super::serve::Shown;
use super::{ANNOUNCE_AGAIN, Node, Store, StoreFault, Time};
use crate::chain::{BlockHash, Header, Txid};
use std::sync::Arc;

type Done = Result<(), StoreFault>;

impl<S: Store> HasConns for Node<S> {
    fn conns(&self) -> &Conns {
        &self.conns
    }

    fn conns_mut(&mut self) -> &mut Conns {
        &mut self.conns
    }

    fn hello(&self) -> Hello {
        Hello {
            height: self.public_tip().height,
            services: Services::FULL,
            wants_txs: true,
        }
    }

    fn met(&mut self, peer: &NewPeer, now: Time) -> Done {
        let conn = peer.conn;
        self.relay.peer_ready(conn, peer.wants_txs);
        // Who has no blocks is asked for none, and not waited for.
        if peer.services.has(Services::BLOCKS) {
            self.sync.peer_ready(conn, peer.claimed, now);
        } else {
            let about = (&self.mempool, self.chain.params().as_ref());
            self.fees.peer_ready(conn, about, now, &mut self.conns.out);
        }
        let (sync, mut context) = self.sync_at(now);
        sync.pump(&mut context);
        if peer.claimed >= self.public_tip().height {
            self.tell_mempool(conn);
        }
        Ok(())
    }

    fn lost(&mut self, conn: ConnId, now: Time) {
        let (sync, mut context) = self.sync_at(now);
        sync.disconnected(conn, &mut context);
        self.relay.disconnected(conn, now, &mut self.conns.out);
        self.serve.disconnected(conn);
        self.prover.disconnected(conn);
        self.fees.disconnected(conn);
    }

    fn received_more(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        match message {
            Message::Version(_)
            | Message::Verack(_)
            | Message::Ping(_)
            | Message::Pong(..)
            | Message::GetAddr
            | Message::Addr(_)
            | Message::Reject(_) => unreachable!("about connections"),
            Message::Inv(items) => self.received_inv(conn, &items, now),
            Message::GetData(items) => {
                self.serve
                    .received_getdata(conn, items, &mut self.conns.out);
                return self.answer(conn);
            }
            Message::NotFound(items) => {
                let (txids, hashes) = split(&items);
                let out = &mut self.conns.out;
                self.relay.received_notfound(conn, &txids, now, out);
                let (sync, mut context) = self.sync_at(now);
                sync.received_notfound(conn, &hashes, &mut context);
            }
            Message::GetHeaders(locator) => {
                self.serve
                    .received_getheaders(conn, locator, &mut self.conns.out);
                return self.answer(conn);
            }
            Message::GetBlocks(locator) => {
                self.serve
                    .received_getblocks(conn, locator, &mut self.conns.out);
                return self.answer(conn);
            }
            Message::GetCFHeaders(range) => {
                self.serve
                    .received_getcfheaders(conn, range, &mut self.conns.out);
                return self.answer(conn);
            }
            Message::GetCFilters(range) => {
                self.serve
                    .received_getcfilters(conn, range, &mut self.conns.out);
                return self.answer(conn);
            }
            Message::Watch(owners) => {
                self.prover
                    .received_watch(conn, &owners, &mut self.conns.out);
                return self.prove(now);
            }
            Message::GetProofs(query) => {
                self.prover
                    .received_getproofs(conn, query, &mut self.conns.out);
                return self.prove(now);
            }
            // What others ask of payments is their affair.
            Message::FeeFilter(_) => {}
            // A full node asks for none.
            Message::CFHeaders(_) | Message::CFilters(_) | Message::Proofs(_) => {
                let why = "filters or proofs that it was not asked for";
                self.conns.out.blame(conn, NUISANCE, why);
            }
            Message::Headers(headers) => return self.received_headers(conn, headers, now),
            Message::Block(block) => return self.received_block(conn, block, now),
            Message::Tx(tx) => return self.received_tx(conn, tx, now),
        }
        Ok(())
    }

    fn handle_more(&mut self, input: Input, now: Time) -> Done {
        match input {
            Input::Sent(conn, _) => {
                self.answer(conn)?;
                return self.prove(now);
            }
            Input::Tick => return self.tick(now),
            Input::StoodStill(time) => self.sync.stood_still(time),
            Input::Command(id, command) => {
                let reply = self.command(id, command, now)?;
                if let Some(reply) = reply {
                    self.conns.outputs.push_back(Output::Reply(id, reply));
                }
            }
            Input::Solved(block) => return self.solved(Arc::new(block), now),
            Input::Connected { .. }
            | Input::DialFailed { .. }
            | Input::Received(..)
            | Input::Progress(_)
            | Input::BadFrame(..)
            | Input::Disconnected(..) => unreachable!("about connections"),
        }
        Ok(())
    }

    fn settle(&mut self, now: Time) -> Done {
        self.tell_strangers(now);
        self.look_at_public(now);
        self.send_and_judge(now);
        self.give_work(now)?;
        if self.relay.is_paused() && !self.sync.is_behind(self.chain.tree()) {
            self.relay.resume(now, &mut self.conns.out);
            self.send_all(now);
        }
        self.conns.dial(now);
        Ok(())
    }

    fn of_peer(&self, conn: ConnId) -> (Option<u32>, usize) {
        self.sync.of_peer(conn, self.chain.tree())
    }
}

impl<S: Store> Node<S> {
    fn received_headers(&mut self, conn: ConnId, headers: Vec<Header>, now: Time) -> Done {
        self.conns.unwritten(now);
        let (sync, mut context) = self.sync_at(now);
        sync.received_headers(conn, headers, &mut context)?;
        self.deliver_orphans(now)?;
        self.tell_if_level(conn);
        Ok(())
    }

    pub(super) fn received_inv(&mut self, conn: ConnId, items: &[Item], now: Time) {
        let (txids, hashes) = split(items);
        for hash in &hashes {
            self.relay.has(conn, Item::Block(*hash));
        }
        // An empty inv answers getblocks when there is nothing more.
        if txids.is_empty() || !hashes.is_empty() {
            let (sync, mut context) = self.sync_at(now);
            sync.received_inv(conn, &hashes, &mut context);
        }
        if txids.is_empty() {
            self.tell_if_level(conn);
            return;
        }
        // While most of the chain is missing, no transaction can be checked.
        if self.sync.is_behind(self.chain.tree()) {
            self.relay.pause();
        }
        let (mempool, out) = (&self.mempool, &mut self.conns.out);
        let is_here = |txid: &Txid| mempool.contains(txid);
        self.relay.received_inv(conn, &txids, is_here, now, out);
    }

    /// Sends a peer what it asked for, as far as it takes it.
    pub(super) fn answer(&mut self, conn: ConnId) -> Done {
        let Some(unsent) = self.conns.unsent(conn) else {
            return Ok(());
        };
        let shown = Shown {
            chain: &self.chain,
            mempool: &self.mempool,
            private: &self.private_chain,
            attack: self.attack.as_ref(),
        };
        let served = self
            .serve
            .answer(conn, unsent, shown, &mut self.conns.out)?;
        let tip = Item::Block(self.public_tip().hash);
        for item in &served.items {
            self.relay.has(conn, *item);
            if let Item::Block(hash) = item {
                self.sync.peer_has(conn, hash, self.chain.tree());
            }
        }
        if served.items.contains(&tip) {
            // Now it has what we have: it can check what waits.
            self.tell_if_level(conn);
        }
        Ok(())
    }

    pub(super) fn tick(&mut self, now: Time) -> Done {
        let mut overdue = self.conns.tick(now);
        let (sync, mut context) = self.sync_at(now);
        overdue.extend(sync.tick(&mut context));
        self.end_late(overdue, now);
        self.relay.tick(now, &mut self.conns.out);
        let about = (&self.mempool, self.chain.params().as_ref());
        self.fees.tick(about, now, &mut self.conns.out);
        self.prove(now)?;
        self.conns.tell_news(now);
        let expired = self.mempool.expire(now);
        self.apply_mempool_change(expired, None, now);
        if self.announce_at <= now {
            self.announce_at = now + ANNOUNCE_AGAIN;
            self.submit_own(now)?;
            self.announce_again(now);
        }
        if self.conns.is_flush_due(now) {
            self.flush()?;
        }
        Ok(())
    }

    /// Tells a peer what waits in the mempool, once it has the blocks to check it.
    pub(super) fn tell_if_level(&mut self, conn: ConnId) {
        if self.relay.is_to_be_told(conn) && self.is_level(conn) {
            self.tell_mempool(conn);
        }
    }

    /// Whether a peer is known to have a chain with as much work as the one that we show.
    fn is_level(&self, conn: ConnId) -> bool {
        let tree = self.chain.tree();
        self.sync
            .is_level(conn, tree, self.private_chain.public_end(tree))
    }

    fn tell_mempool(&mut self, conn: ConnId) {
        if !self.sync.is_behind(self.chain.tree()) {
            let mut txids = self.mempool_in_order();
            txids.retain(|txid| self.is_public(&Item::Tx(*txid)));
            self.relay
                .tell_mempool(conn, txids.into_iter(), &mut self.conns.out);
        }
    }
}

/// The transactions and the blocks among items.
fn split(items: &[Item]) -> (Vec<Txid>, Vec<BlockHash>) {
    let (mut txids, mut hashes) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Tx(txid) => txids.push(*txid),
            Item::Block(hash) => hashes.push(*hash),
        }
    }
    (txids, hashes)
}
