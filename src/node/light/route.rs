//! Where each message goes that is not about connections.

use super::ask::Tools;
use super::state::LightNode;
use crate::chain::{BlockHash, KeyHash, Tx, Txid};
use crate::node::ANNOUNCE_AGAIN;
use crate::node::config::LightWay;
use crate::node::conns::{ConnLife, ConnTalk, Conns, HasConns, Hello, NewPeer};
use crate::node::io::{ConnId, EventKind, Input, Output};
use crate::node::message::{Filters, Item, Message, Services};
use crate::node::outbox::NUISANCE;
use crate::node::serve::UNSENT_MAX;
use crate::node::store::{Store, StoreFault};
use crate::node::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::scan::{Aim, Read};

type Done = Result<(), StoreFault>;

impl<S: Store> HasConns for LightNode<S> {
    fn conns(&self) -> &Conns {
        &self.conns
    }

    fn conns_mut(&mut self) -> &mut Conns {
        &mut self.conns
    }

    fn hello(&self) -> Hello {
        Hello {
            height: self.chain.tip().height,
            services: Services::default(),
            wants_txs: false,
        }
    }

    fn met(&mut self, peer: &NewPeer, now: Time) -> Done {
        let conn = peer.conn;
        self.relay.peer_ready(conn, peer.wants_txs);
        if peer.services.has(Services::BLOCKS) {
            self.sync.peer_ready(conn, peer.claimed, now);
            self.bodies.add(conn);
        }
        if peer.services.has(Services::FULL) {
            self.ends.peers.add(conn);
            match self.way {
                LightWay::Filter => {
                    self.words.peers.add(conn);
                    self.scan.peers.add(conn);
                }
                LightWay::Address => self.watchers.peers.add(conn),
            }
        }
        let (sync, mut context) = self.sync_at(now);
        sync.pump(&mut context);
        let own = self.wallets.unconfirmed().map(|(txid, _)| txid);
        self.relay.tell_mempool(conn, own, &mut self.conns.out);
        self.is_stirred = true;
        Ok(())
    }

    fn lost(&mut self, conn: ConnId, now: Time) {
        let (sync, mut context) = self.sync_at(now);
        sync.disconnected(conn, &mut context);
        self.relay.disconnected(conn, now, &mut self.conns.out);
        self.words.disconnected(conn);
        self.scan.disconnected(conn);
        self.bodies.disconnected(conn);
        self.watchers.disconnected(conn);
        self.fees.disconnected(conn);
        self.ends.disconnected(conn);
        self.is_stirred = true;
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
            Message::Headers(headers) => {
                let (sync, mut context) = self.sync_at(now);
                if let Some(change) = sync.received_headers(conn, headers, &mut context)? {
                    self.tip_moved(&change, conn, now)?;
                }
            }
            Message::Inv(items) => self.received_inv(conn, &items, now),
            Message::NotFound(items) => self.received_notfound(conn, &items, now),
            Message::CFHeaders(said) => return self.received_filter_headers(conn, &said, now),
            Message::CFilters(said) => return self.received_filters(conn, &said, now),
            Message::Block(block) => return self.received_block(conn, &block, now),
            Message::Tx(tx) => self.received_tx(conn, tx, now),
            Message::GetData(items) => self.received_getdata(conn, items, now),
            Message::GetHeaders(_) => self.answer(conn, Message::Headers(Vec::new())),
            Message::GetBlocks(_) => self.answer(conn, Message::Inv(Vec::new())),
            Message::GetCFHeaders(range) | Message::GetCFilters(range) => {
                let item = Item::Block(range.stop);
                self.answer(conn, Message::NotFound(vec![item]));
            }
            Message::GetProofs(query) => {
                let item = Item::Block(query.stop);
                self.answer(conn, Message::NotFound(vec![item]));
            }
            Message::Proofs(said) => return self.received_proofs(conn, &said, now),
            Message::FeeFilter(rates) => self.fees.said(conn, rates),
            // It looks for nothing on behalf of others.
            Message::Watch(_) => {}
        }
        Ok(())
    }

    fn handle_more(&mut self, input: Input, now: Time) -> Done {
        match input {
            Input::Tick => return self.tick(now),
            Input::StoodStill(time) => {
                self.sync.stood_still(time);
                self.words.stood_still(time);
                self.scan.stood_still(time);
                self.bodies.stood_still(time);
                self.watchers.stood_still(time);
            }
            Input::Command(id, command) => {
                let reply = self.command(command, now)?;
                self.conns.outputs.push_back(Output::Reply(id, reply));
            }
            // It gives no miner anything to solve.
            Input::Sent(..)
            | Input::Solved(_)
            | Input::Connected { .. }
            | Input::DialFailed { .. }
            | Input::Received(..)
            | Input::Progress(_)
            | Input::BadFrame(..)
            | Input::Disconnected(..) => {}
        }
        Ok(())
    }

    fn settle(&mut self, now: Time) -> Done {
        self.tell_strangers(now);
        loop {
            if std::mem::take(&mut self.is_stirred) {
                self.go_on(now)?;
            }
            self.send_and_judge(now);
            // Ends: it is stirred here only by a connection that ends.
            if !self.is_stirred {
                break;
            }
        }
        self.conns.dial(now);
        Ok(())
    }

    fn of_peer(&self, conn: ConnId) -> (Option<u32>, usize) {
        let (height, _) = self.sync.of_peer(conn, self.chain.tree());
        (height, self.bodies.owed_by(conn))
    }
}

impl<S: Store> LightNode<S> {
    /// Says something to a peer that asks, unless it takes nothing.
    fn answer(&mut self, conn: ConnId, message: Message) {
        if self
            .conns
            .unsent(conn)
            .is_some_and(|unsent| unsent < UNSENT_MAX)
        {
            self.conns.out.send(conn, message);
        }
    }

    /// By filter transactions are nothing to it: whatever it asked for would tell what is its own.
    fn received_inv(&mut self, conn: ConnId, items: &[Item], now: Time) {
        if self.watchers.told().any(|told| told == conn) {
            self.hears_of_txs(conn, items, now);
        }
        let hashes: Vec<BlockHash> = items.iter().filter_map(block_of).collect();
        if items.is_empty() || !hashes.is_empty() {
            let (sync, mut context) = self.sync_at(now);
            sync.received_inv(conn, &hashes, &mut context);
        }
    }

    fn received_notfound(&mut self, conn: ConnId, items: &[Item], now: Time) {
        if !self.watchers.peers.knows_nothing_of(conn) {
            let txids: Vec<Txid> = items.iter().filter_map(tx_of).collect();
            let out = &mut self.conns.out;
            self.relay.received_notfound(conn, &txids, now, out);
        }
        let mut unknown = Vec::new();
        for hash in items.iter().filter_map(block_of) {
            let is_ours = self.words.received_notfound(conn, &hash, now)
                | self.scan.received_notfound(conn, &hash, now)
                | self.watchers.received_notfound(conn, &hash, now)
                | self.ends.received_notfound(conn, &hash, now)
                | self.bodies.has_not(conn, &hash);
            match is_ours {
                true => self.is_stirred = true,
                false => unknown.push(hash),
            }
        }
        let (sync, mut context) = self.sync_at(now);
        sync.received_notfound(conn, &unknown, &mut context);
    }

    /// Its own payments are handed out; blocks it has none.
    fn received_getdata(&mut self, conn: ConnId, items: Vec<Item>, now: Time) {
        let own = self.wallets.unconfirmed();
        let own: BTreeMap<Txid, Arc<Tx>> = own.map(|(txid, tx)| (txid, Arc::clone(tx))).collect();
        let (mut missing, mut wanted) = (Vec::new(), Vec::new());
        for item in items {
            match item {
                Item::Tx(txid) if own.contains_key(&txid) => wanted.push(txid),
                Item::Tx(_) | Item::Block(_) => missing.push(item),
            }
        }
        for txid in wanted {
            self.answer(conn, Message::Tx(Arc::clone(&own[&txid])));
            let name = self.conns.peers.label(conn).map(|label| label.name);
            if name.is_some_and(|name| self.payments.handed(txid, &name)) {
                let words = format!("payment ..{} is sent: two peers have it", txid.short());
                self.event(now, EventKind::Light(words));
            }
        }
        if !missing.is_empty() {
            self.answer(conn, Message::NotFound(missing));
        }
    }

    fn received_filters(&mut self, conn: ConnId, said: &Filters, now: Time) -> Done {
        let owners: Vec<KeyHash> = self.wallets.owners().collect();
        let aim = Aim {
            tip: self.wallets.tip().height,
            owners: &owners,
            usable: self.words.usable(),
        };
        let (words, chain) = (&self.words, &self.chain);
        let mut tools = tools(&mut self.conns, now);
        let header = |id| words.header(id, chain);
        match (self.scan).received((conn, said), chain.tree(), &aim, &mut tools, header)? {
            Read::Done => {}
            Read::NotAsked => {
                let out = &mut self.conns.out;
                out.blame(conn, NUISANCE, "filters that it was not asked for");
            }
            Read::Contradicts { id, theirs } => {
                if self.words.contradicted(conn, (id, theirs), &self.chain)? {
                    self.tell_dispute(id, now);
                }
            }
        }
        self.is_stirred = true;
        Ok(())
    }

    fn tick(&mut self, now: Time) -> Done {
        let mut overdue = self.conns.tick(now);
        let (sync, mut context) = self.sync_at(now);
        overdue.extend(sync.tick(&mut context));
        self.end_late(overdue, now);
        self.relay.tick(now, &mut self.conns.out);
        self.words.tick(now);
        self.scan.tick(now);
        self.bodies.tick(now);
        self.watchers.tick(now);
        self.expire_incoming(now);
        self.conns.tell_news(now);
        if self.announce_at <= now {
            self.announce_at = now + ANNOUNCE_AGAIN;
            let own: Vec<_> = self.wallets.unconfirmed().map(|(txid, _)| txid).collect();
            self.relay.announce_again(&own, &mut self.conns.out);
        }
        if self.conns.is_flush_due(now) {
            self.flush()?;
        }
        self.is_stirred = true;
        Ok(())
    }
}

pub(super) fn tx_of(item: &Item) -> Option<Txid> {
    match item {
        Item::Tx(txid) => Some(*txid),
        Item::Block(_) => None,
    }
}

fn block_of(item: &Item) -> Option<BlockHash> {
    match item {
        Item::Block(hash) => Some(*hash),
        Item::Tx(_) => None,
    }
}

pub(super) fn tools(conns: &mut Conns, now: Time) -> Tools<'_> {
    Tools {
        now,
        random: &mut conns.random,
        out: &mut conns.out,
    }
}
