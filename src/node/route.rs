//! Where each input and each message goes.

use super::gossip::GOSSIP_MAX;
use super::io::{CloseReason, ConnId, EventKind, Input, Output};
use super::message::{Item, Message};
use super::outbox::{MALICE, NUISANCE};
use super::peers::Peer;
use super::serve::Shown;
use super::{ANNOUNCE_AGAIN, Node, Store, StoreFault, Time, serve};
use crate::chain::{BlockHash, Header, Txid};
use std::net::SocketAddr;
use std::sync::Arc;

type Done = Result<(), StoreFault>;

impl<S: Store> Node<S> {
    pub(super) fn route(&mut self, now: Time, input: Input) -> Done {
        match input {
            Input::Connected {
                conn,
                direction,
                addr,
            } => self.connected(conn, direction, addr, now),
            Input::DialFailed { addr, why } => {
                self.book.failed(addr, now, &mut self.random);
                self.is_dial_due = true;
                self.event(now, EventKind::DialFailed { addr, why });
            }
            Input::Received(conn, message) => return self.received(conn, message, now),
            Input::Progress(conn) => self.peers.received_bytes(conn, 0, now),
            Input::BadFrame(conn, why) => {
                self.close_conn(conn, CloseReason::BadFrame(why), now);
            }
            Input::Sent(conn, bytes) => {
                self.peers.sent_bytes(conn, bytes, now);
                return self.answer(conn);
            }
            Input::Disconnected(conn, why) => self.disconnected(conn, &why, now),
            Input::Tick => return self.tick(now),
            Input::StoodStill(time) => {
                self.peers.stood_still(time, now);
                self.sync.stood_still(time);
            }
            Input::Command(id, command) => {
                let reply = self.command(id, command, now)?;
                if let Some(reply) = reply {
                    self.outputs.push_back(Output::Reply(id, reply));
                }
            }
            Input::Solved(block) => return self.solved(Arc::new(block), now),
        }
        Ok(())
    }

    fn received(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        let is_ready = peer.is_ready();
        let bytes = message.wire_len();
        let event = EventKind::MessageReceived {
            peer: peer.label.clone(),
            command: message.command().into(),
            bytes,
            item: message.item(),
            summary: message.summary(),
        };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.peers.received_bytes(conn, bytes, now);
        self.event(now, event);
        match message {
            Message::Version(version) => self.received_version(conn, version, now),
            Message::Verack(signature) if !is_ready => {
                let done = self.peers.received_verack(conn, &signature, now);
                match done {
                    Ok(rival) => return self.peer_ready(conn, rival, now),
                    Err(error) => self.end(conn, CloseReason::Handshake(error.to_string()), now),
                }
            }
            Message::Reject(reject) => {
                if let Some(peer) = self.peers.get_mut(conn) {
                    peer.rejected = Some(reject.why);
                }
            }
            other if !is_ready => {
                let why = format!("{} before the handshake", other.command());
                self.out.blame(conn, MALICE, why);
            }
            other => return self.received_after_handshake(conn, other, now),
        }
        Ok(())
    }

    fn received_after_handshake(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        match message {
            Message::Version(_) | Message::Reject(_) => unreachable!("taken at any time"),
            Message::Verack(_) => self.out.blame(conn, MALICE, "a second verack"),
            Message::Ping(nonce) => self.out.send(conn, Message::Pong(nonce, now)),
            Message::Pong(nonce, theirs) => {
                let skew = self.peers.received_pong(conn, (nonce, theirs), now);
                if let Some((skew, peer)) = skew.zip(self.peers.label(conn)) {
                    let ahead_ms = skew.ahead_ms();
                    self.event(now, EventKind::ClockSkew { peer, ahead_ms });
                }
            }
            Message::GetAddr => self.received_getaddr(conn),
            Message::Addr(addrs) => self.received_addr(conn, &addrs, now),
            Message::Inv(items) => self.received_inv(conn, &items, now),
            Message::GetData(items) => {
                self.serve.received_getdata(conn, items, &mut self.out);
                return self.answer(conn);
            }
            Message::NotFound(items) => {
                let (txids, hashes) = split(&items);
                let out = &mut self.out;
                self.relay.received_notfound(conn, &txids, now, out);
                let (sync, mut context) = self.sync_at(now);
                sync.received_notfound(conn, &hashes, &mut context);
            }
            Message::GetHeaders(locator) => {
                self.serve.received_getheaders(conn, locator, &mut self.out);
                return self.answer(conn);
            }
            Message::GetBlocks(locator) => {
                self.serve.received_getblocks(conn, locator, &mut self.out);
                return self.answer(conn);
            }
            Message::GetCFHeaders(range) => {
                self.serve.received_getcfheaders(conn, range, &mut self.out);
                return self.answer(conn);
            }
            Message::GetCFilters(range) => {
                self.serve.received_getcfilters(conn, range, &mut self.out);
                return self.answer(conn);
            }
            // A full node asks for none.
            Message::CFHeaders(_) | Message::CFilters(_) => {
                self.out
                    .blame(conn, NUISANCE, "filters that it was not asked for");
            }
            Message::Headers(headers) => return self.received_headers(conn, headers, now),
            Message::Block(block) => return self.received_block(conn, block, now),
            Message::Tx(tx) => return self.received_tx(conn, tx, now),
        }
        Ok(())
    }

    fn received_getaddr(&mut self, conn: ConnId) {
        let without = self.peers.get(conn).and_then(Peer::listen);
        let addrs = self.book.answer(conn, without, &mut self.random);
        if !addrs.is_empty() {
            self.out.send(conn, Message::Addr(addrs));
        }
    }

    fn received_addr(&mut self, conn: ConnId, addrs: &[SocketAddr], now: Time) {
        let Some(ip) = self.peers.get(conn).map(|peer| peer.addr.ip()) else {
            return;
        };
        let is_news = addrs.len() <= GOSSIP_MAX;
        let new = self.book.learn(conn, ip, addrs, now, &mut self.random);
        self.learnt(conn, new, is_news, now);
    }

    fn received_headers(&mut self, conn: ConnId, headers: Vec<Header>, now: Time) -> Done {
        self.unwritten(now);
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
        let (mempool, out) = (&self.mempool, &mut self.out);
        let is_here = |txid: &Txid| mempool.contains(txid);
        self.relay.received_inv(conn, &txids, is_here, now, out);
    }

    /// Sends a peer what it asked for, as far as it takes it.
    pub(super) fn answer(&mut self, conn: ConnId) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        // What is about to be sent counts, too.
        let waiting = self.out.sends.iter().filter(|(to, _)| *to == conn);
        let waiting: usize = waiting.map(|(_, message)| message.wire_len()).sum();
        let unsent = peer.unsent + u64::try_from(waiting).unwrap_or(u64::MAX);
        let shown = Shown {
            chain: &self.chain,
            mempool: &self.mempool,
            private: &self.private_chain,
        };
        let served = self.serve.answer(conn, unsent, shown, &mut self.out)?;
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
        let due = self.peers.tick(now, || self.random.nonce());
        for (conn, nonce) in due.pings {
            self.out.send(conn, Message::Ping(nonce));
        }
        let (sync, mut context) = self.sync_at(now);
        let late = sync.tick(&mut context);
        for (conn, why) in due.overdue.into_iter().chain(late) {
            self.end(conn, CloseReason::TimedOut(why.to_owned()), now);
        }
        self.relay.tick(now, &mut self.out);
        self.tell_news(now);
        let expired = self.mempool.expire(now);
        self.apply_mempool_change(expired, None, now);
        if self.announce_at <= now {
            self.announce_at = now + ANNOUNCE_AGAIN;
            self.submit_own(now)?;
            self.announce_again(now);
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush()?;
        }
        self.is_dial_due |= self.dial_at.is_some_and(|at| at <= now);
        Ok(())
    }

    /// Sends what managers left to be sent, ends connections that they complained about, and sees to
    /// the miner.
    pub(super) fn settle(&mut self, now: Time) -> Done {
        if let Some(sums) = self.strangers.due(now) {
            self.event(now, EventKind::Strangers(sums));
        }
        self.look_at_public(now);
        loop {
            self.send_all(now);
            let Some(blame) = self.out.blames.pop() else {
                break;
            };
            let end = self.peers.punish(blame.conn, blame.points, &blame.why, now);
            if let Some(reason) = end {
                self.end(blame.conn, reason, now);
            }
        }
        self.give_work(now)?;
        if self.relay.is_paused() && !self.sync.is_behind(self.chain.tree()) {
            self.relay.resume(now, &mut self.out);
            self.send_all(now);
        }
        if std::mem::take(&mut self.is_dial_due) {
            let dials = self.book.dials(now, &mut self.random);
            self.outputs.extend(dials.into_iter().map(Output::Dial));
            self.dial_at = self.book.deadline();
        }
        Ok(())
    }

    fn send_all(&mut self, now: Time) {
        while let Some((conn, message)) = self.out.sends.pop_front() {
            self.send(conn, message, now);
        }
    }

    pub(super) fn send(&mut self, conn: ConnId, message: Message, now: Time) {
        let Some(peer) = self.peers.get_mut(conn) else {
            return;
        };
        // Announcements are not worth waiting in a long queue: who is slow asks again later. And who
        // reads nothing is not answered without end.
        let most = match message {
            Message::Inv(_) => serve::UNSENT_MAX,
            Message::Pong(..) | Message::Reject(_) | Message::Addr(_) => 2 * serve::UNSENT_MAX,
            _ => u64::MAX,
        };
        if peer.unsent >= most {
            return;
        }
        let bytes = message.wire_len();
        peer.unsent += u64::try_from(bytes).unwrap_or(u64::MAX);
        let event = EventKind::MessageSent {
            peer: peer.label.clone(),
            command: message.command().into(),
            bytes,
            item: message.item(),
            summary: message.summary(),
        };
        self.event(now, event);
        self.outputs.push_back(Output::Send(conn, message));
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
