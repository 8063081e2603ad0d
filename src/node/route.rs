//! Where each input goes, and what follows from it.

use super::io::{CloseReason, CommandError, ConnId, Direction, EventKind, Input, Output, Reply};
use super::mempool::{AdmitError, Change, Removed, RemovedWhy};
use super::message::{ADDR_MAX, Item, Message, Reject, Text, Version};
use super::mining::Wanted;
use super::outbox::{MALICE, NUISANCE};
use super::peers::user_agent;
use super::snapshot::RECENT_BLOCKS;
use super::sync::Delivered;
use super::{ANNOUNCE_AGAIN, ChainChange, Node, Store, StoreFault, Time};
use super::{handshake, queries, serve, template};
use crate::chain::headers::Origin;
use crate::chain::{Block, BlockHash, RuleError, Tx, Txid};
use crate::node::chainstate::AcceptError;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// An `addr` with so few new addresses is passed on: it is news, not an answer.
const GOSSIP_MAX: usize = 10;

/// Peers that news of an address is passed on to.
const GOSSIP_TO: usize = 2;

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
            Input::Disconnected(conn, why) => self.forget(conn, &why, now),
            Input::Tick => return self.tick(now),
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

    /// Sends what managers left to be sent, ends connections that they complained about, and sees to
    /// the miner.
    pub(super) fn settle(&mut self, now: Time) -> Done {
        loop {
            while let Some((conn, message)) = self.out.sends.pop_front() {
                self.send(conn, message, now);
            }
            let Some(blame) = self.out.blames.pop() else {
                break;
            };
            let end = self.peers.punish(blame.conn, blame.points, &blame.why, now);
            if let Some(reason) = end {
                self.end(blame.conn, reason, now);
            }
        }
        self.give_work(now)?;
        if std::mem::take(&mut self.is_dial_due) {
            let dials = self.book.dials(now, &mut self.random);
            self.outputs.extend(dials.into_iter().map(Output::Dial));
            self.dial_at = self.book.deadline();
        }
        Ok(())
    }

    fn send(&mut self, conn: ConnId, message: Message, now: Time) {
        let Some(peer) = self.peers.get_mut(conn) else {
            return;
        };
        // Announcements are not worth waiting in a long queue: who is slow asks again later.
        if matches!(message, Message::Inv(_)) && peer.unsent >= serve::UNSENT_MAX {
            return;
        }
        let bytes = message.wire_len();
        peer.unsent += u64::try_from(bytes).unwrap_or(u64::MAX);
        let event = EventKind::MessageSent {
            peer: peer.label.clone(),
            command: message.command().into(),
            bytes,
            item: message.item(),
        };
        self.event(now, event);
        self.outputs.push_back(Output::Send(conn, message));
    }

    fn connected(&mut self, conn: ConnId, direction: Direction, addr: SocketAddr, now: Time) {
        let nonce = self.random.nonce();
        let taken = self.peers.connected((conn, addr, direction), nonce, now);
        if let Err(reason) = taken {
            self.outputs.push_back(Output::Close(conn, reason));
            if direction == Direction::Outbound {
                self.book.failed(addr, now, &mut self.random);
                self.is_dial_due = true;
            }
            return;
        }
        let version = Version {
            protocol: handshake::PROTOCOL,
            network: self.chain.network(),
            nonce,
            id: self.peers.us().id,
            listen: self.config.listen,
            height: self.chain.tip().height,
            role: self.config.role,
            user_agent: user_agent(&self.config.name),
        };
        self.out.send(conn, Message::Version(Box::new(version)));
    }

    fn received(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        let (is_ready, ip) = (peer.is_ready(), peer.addr.ip());
        let bytes = message.wire_len();
        let event = EventKind::MessageReceived {
            peer: peer.label.clone(),
            command: message.command().into(),
            bytes,
            item: message.item(),
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
            Message::Verack(_) => self.out.blame(conn, MALICE, "a second verack"),
            Message::Ping(nonce) => self.out.send(conn, Message::Pong(nonce)),
            Message::Pong(nonce) => self.peers.received_pong(conn, nonce, now),
            Message::GetAddr => {
                let without = self.peers.get(conn).and_then(super::peers::Peer::listen);
                let addrs = self.book.sample(ADDR_MAX, without, &mut self.random);
                if !addrs.is_empty() {
                    self.out.send(conn, Message::Addr(addrs));
                }
            }
            Message::Addr(addrs) => {
                let is_news = addrs.len() <= GOSSIP_MAX;
                let new = self.book.learn(conn, ip, &addrs, now, &mut self.random);
                self.learnt(conn, new, is_news, now);
            }
            Message::Inv(items) => self.received_inv(conn, &items, now),
            Message::GetData(items) => {
                self.serve.received_getdata(conn, items, &mut self.out);
                return self.answer(conn);
            }
            Message::NotFound(items) => {
                let (txids, hashes) = split(&items);
                let out = &mut self.out;
                self.relay.received_notfound(conn, &txids, now, out);
                self.sync
                    .received_notfound(conn, &hashes, &self.chain, now, out);
            }
            Message::GetHeaders(locator) => {
                self.serve.received_getheaders(conn, locator, &mut self.out);
                return self.answer(conn);
            }
            Message::GetBlocks(locator) => {
                self.serve.received_getblocks(conn, locator, &mut self.out);
                return self.answer(conn);
            }
            Message::Headers(headers) => {
                self.unwritten(now);
                let (chain, out) = (&mut self.chain, &mut self.out);
                return self.sync.received_headers(conn, headers, chain, now, out);
            }
            Message::Block(block) => return self.received_block(conn, block, now),
            Message::Tx(tx) => return self.received_tx(conn, tx, now),
        }
        Ok(())
    }

    fn received_version(&mut self, conn: ConnId, version: Box<Version>, now: Time) {
        match self.peers.received_version(conn, version) {
            Ok(Some(verack)) => self.out.send(conn, Message::Verack(verack)),
            Ok(None) => {}
            Err(handshake::HandshakeError::Itself) => {
                let peer = self.peers.get(conn);
                let dialled = peer.filter(|peer| peer.direction == Direction::Outbound);
                if let Some(addr) = dialled.map(|peer| peer.addr) {
                    self.book.is_own(addr);
                }
                self.end(conn, CloseReason::Itself, now);
            }
            Err(error) => {
                let reject = Reject {
                    command: Text::new("version"),
                    item: None,
                    why: Text::new(&error.to_string()),
                };
                self.send(conn, Message::Reject(Box::new(reject)), now);
                self.end(conn, CloseReason::Handshake(error.to_string()), now);
            }
        }
    }

    /// A handshake is complete. `rival`: of two connections with that node, the one to end.
    fn peer_ready(&mut self, conn: ConnId, rival: Option<ConnId>, now: Time) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        let (addr, direction, listen) = (peer.addr, peer.direction, peer.listen());
        let claimed = peer.version.as_ref().map_or(0, |version| version.height);
        let kept = match rival {
            Some(ended) if ended == conn => self.peers.same_node(conn).unwrap_or(conn),
            _ => conn,
        };
        if let Some(ended) = rival {
            let dialled = self
                .peers
                .get(ended)
                .map(|peer| (peer.addr, peer.direction));
            self.end(ended, CloseReason::Duplicate, now);
            if let Some((addr, Direction::Outbound)) = dialled {
                self.book.reached(addr, kept, now);
            }
        }
        if kept != conn {
            return Ok(());
        }
        if direction == Direction::Outbound {
            self.book.reached(addr, conn, now);
        }
        self.is_dial_due = true;
        if let Some(peer) = self.peers.label(conn) {
            let event = EventKind::PeerUp {
                peer,
                addr,
                direction,
            };
            self.event(now, event);
        }
        self.relay.peer_ready(conn);
        self.sync.peer_ready(conn, claimed, now);
        self.out.send(conn, Message::GetAddr);
        let listen: Vec<SocketAddr> = listen.into_iter().collect();
        let new = self
            .book
            .learn(conn, addr.ip(), &listen, now, &mut self.random);
        self.learnt(conn, new, true, now);
        self.sync.pump(&self.chain, now, &mut self.out);
        if claimed >= self.chain.tip().height {
            self.tell_mempool(conn);
        }
        Ok(())
    }

    fn tell_mempool(&mut self, conn: ConnId) {
        if !self.sync.is_behind(&self.chain) {
            let txids = self.mempool_in_order();
            self.relay
                .tell_mempool(conn, txids.into_iter(), &mut self.out);
        }
    }

    /// What waits, parents before children.
    pub(super) fn mempool_in_order(&self) -> Vec<Txid> {
        let mut entries: Vec<_> = self.mempool.iter().collect();
        entries.sort_by_key(|entry| (entry.ancestors.count, entry.since, entry.txid));
        entries.iter().map(|entry| entry.txid).collect()
    }

    /// Addresses that are new here: whom to dial, and news for others.
    fn learnt(&mut self, from: ConnId, new: Vec<SocketAddr>, is_news: bool, now: Time) {
        if new.is_empty() {
            return;
        }
        self.is_dial_due = true;
        self.unwritten(now);
        if !is_news {
            return;
        }
        let others = self.peers.ready().map(|(conn, _)| conn);
        let mut others: Vec<ConnId> = others.filter(|conn| *conn != from).collect();
        self.random.draw(&mut others, GOSSIP_TO);
        for conn in others {
            self.out.send(conn, Message::Addr(new.clone()));
        }
    }

    fn received_inv(&mut self, conn: ConnId, items: &[Item], now: Time) {
        let (txids, hashes) = split(items);
        for hash in &hashes {
            self.relay.has(conn, Item::Block(*hash));
        }
        // An empty inv answers getblocks when there is nothing more.
        if txids.is_empty() {
            self.sync
                .received_inv(conn, &hashes, &self.chain, now, &mut self.out);
        }
        // While most of the chain is missing, no transaction can be checked.
        if txids.is_empty() || self.sync.is_behind(&self.chain) {
            return;
        }
        let (mempool, out) = (&self.mempool, &mut self.out);
        let is_here = |txid: &Txid| mempool.contains(txid);
        self.relay.received_inv(conn, &txids, is_here, now, out);
    }

    fn received_tx(&mut self, conn: ConnId, tx: Arc<Tx>, now: Time) -> Done {
        let txid = tx.txid();
        if self.relay.received_tx(conn, txid, now, &mut self.out) {
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
        let mut parents = VecDeque::from([tx.txid()]);
        if first.is_err() {
            parents.clear();
        }
        // Ends: every step takes an orphan out, or none.
        while let Some(parent) = parents.pop_front() {
            for (from, child) in self.relay.children_of(&parent) {
                if self.offer(Some(from), &child, now)?.is_ok() {
                    parents.push_back(child.txid());
                }
            }
        }
        Ok(first)
    }

    fn offer(
        &mut self,
        from: Option<ConnId>,
        tx: &Arc<Tx>,
        now: Time,
    ) -> Result<Result<(), AdmitError>, StoreFault> {
        let txid = tx.txid();
        let admitted = self.mempool.accept(Arc::clone(tx), &self.chain, now);
        match admitted {
            Ok(change) => {
                self.apply_mempool_change(change, from, now);
                self.relay.announce_tx(txid, &mut self.out);
                return Ok(Ok(()));
            }
            Err(AdmitError::Store(fault)) => return Err(fault),
            Err(error) => self.not_taken(from, tx, txid, &error, now),
        }
        .map_or(Ok(Ok(())), |error| Ok(Err(error)))
    }

    /// A transaction was not taken: waits for its parents, or is refused. Returns why not, unless
    /// that is only that it is here already.
    fn not_taken(
        &mut self,
        from: Option<ConnId>,
        tx: &Arc<Tx>,
        txid: Txid,
        error: &AdmitError,
        now: Time,
    ) -> Option<AdmitError> {
        if let AdmitError::Known | AdmitError::Confirmed = error {
            return Some(error.clone());
        }
        let parents = error.missing_parents();
        if let Some(conn) = from.filter(|_| !parents.is_empty()) {
            let out = &mut self.out;
            let waits = self
                .relay
                .wait_for_parents(conn, tx, txid, &parents, now, out);
            if waits {
                return Some(error.clone());
            }
        }
        self.relay.refused(txid);
        if let Some(conn) = from {
            if error.is_fault_of_sender() {
                self.out
                    .blame(conn, MALICE, format!("transaction: {error}"));
            }
            let reject = Reject {
                command: Text::new("tx"),
                item: Some(Item::Tx(txid)),
                why: Text::new(&error.to_string()),
            };
            self.out.send(conn, Message::Reject(Box::new(reject)));
        }
        let from = from.and_then(|conn| self.peers.label(conn));
        let why = error.to_string();
        self.event(now, EventKind::TxRefused { txid, from, why });
        Some(error.clone())
    }

    /// What the mempool took and dropped: for the wallets, the miner, and those who watch.
    pub(super) fn apply_mempool_change(&mut self, change: Change, from: Option<ConnId>, now: Time) {
        if change.is_empty() {
            return;
        }
        self.unwritten(now);
        self.mining.mempool_changed();
        for Removed { txid, why, .. } in change.removed {
            self.wallets.tx_removed(&txid);
            if !matches!(why, RemovedWhy::InBlock(_)) {
                let why = why.to_string();
                self.event(now, EventKind::TxDropped { txid, why });
            }
        }
        let from = from.and_then(|conn| self.peers.label(conn));
        for (txid, tx) in change.added {
            self.wallets.tx_added(&tx, txid, now);
            let from = from.clone();
            self.event(now, EventKind::TxAccepted { txid, from });
        }
    }

    fn received_block(&mut self, conn: ConnId, block: Arc<Block>, now: Time) -> Done {
        let hash = block.hash();
        self.relay.has(conn, Item::Block(hash));
        if !self.sync.received_block(conn, &hash, now) {
            self.out
                .blame(conn, NUISANCE, "a block that nobody asked for");
            return Ok(());
        }
        let taken = self.take_block(Some(conn), &block, now)?;
        let delivered = match taken {
            Ok(()) => Delivered::Taken,
            Err(error) => Delivered::Refused(error),
        };
        let (chain, out) = (&self.chain, &mut self.out);
        self.sync
            .block_delivered(conn, &block, &delivered, chain, now, out);
        Ok(())
    }

    /// Hands a block to the chain, and the change to everybody.
    fn take_block(
        &mut self,
        from: Option<ConnId>,
        block: &Arc<Block>,
        now: Time,
    ) -> Result<Result<(), RuleError>, StoreFault> {
        let origin = from.map_or(Origin::Own, |conn| Origin::Peer(conn.0));
        self.unwritten(now);
        let accepted = match self.chain.accept_block(origin, block, now.block_time()) {
            Ok(accepted) => accepted,
            Err(AcceptError::Store(fault)) => return Err(fault),
            Err(AcceptError::Rule(error)) => {
                self.block_refused(from, block.hash(), &error, now);
                return Ok(Err(error));
            }
        };
        for (hash, error) in &accepted.invalid {
            // Of others that turned out bad on the way nobody knows any more who sent them.
            let sender = from.filter(|_| *hash == block.hash());
            self.block_refused(sender, *hash, error, now);
        }
        if let Some(change) = accepted.change {
            self.chain_changed(&change, from, now)?;
        }
        let own = |(hash, _): &&(BlockHash, RuleError)| *hash == block.hash();
        let refused = accepted.invalid.iter().find(own);
        Ok(refused.map_or(Ok(()), |(_, error)| Err(error.clone())))
    }

    fn block_refused(
        &mut self,
        from: Option<ConnId>,
        hash: BlockHash,
        error: &RuleError,
        now: Time,
    ) {
        // A body that does not belong to its header is nobody's accident either.
        let is_malice = error.is_permanent()
            || matches!(error, RuleError::MerkleRoot | RuleError::RepeatedTail);
        if let Some(conn) = from
            && is_malice
        {
            self.out.blame(conn, MALICE, format!("block: {error}"));
        }
        let from = from.and_then(|conn| self.peers.label(conn));
        let why = error.to_string();
        self.event(now, EventKind::BlockRefused { hash, from, why });
    }

    fn chain_changed(&mut self, change: &ChainChange, from: Option<ConnId>, now: Time) -> Done {
        self.wallets.chain_changed(change, &self.chain);
        let mempool = self.mempool.chain_changed(change, &self.chain, now)?;
        self.apply_mempool_change(mempool, None, now);
        self.mining.mempool_changed();
        let in_blocks = change.connected.iter().flat_map(|block| block.txids());
        self.relay
            .tip_moved(in_blocks, !change.disconnected.is_empty());
        self.sync.tip_moved();
        self.note_recent(change);
        if let Some(last) = change.connected.last() {
            self.serve.keep(last);
        }
        self.tell_change(change, from, now);
        // Who is catching up has nothing to tell that others want to know.
        if self.sync.progress(&self.chain).is_none() {
            let tip = self.chain.tip().hash;
            self.relay.announce_block(tip, &mut self.out);
        }
        if !change.disconnected.is_empty() {
            self.submit_own(now)?;
        }
        Ok(())
    }

    fn tell_change(&mut self, change: &ChainChange, from: Option<ConnId>, now: Time) {
        let new = self.chain.tip();
        if let Some(old) = change.disconnected.first() {
            let depth = change.disconnected.len();
            let height = change.fork.height + u32::try_from(depth).unwrap_or(u32::MAX);
            let hash = old.hash();
            let event = EventKind::Reorganised {
                fork: change.fork,
                old: super::BlockId { height, hash },
                new,
                depth,
            };
            self.event(now, event);
        }
        let txs = change.connected.iter().map(|block| block.txs().len() - 1);
        let event = EventKind::TipChanged {
            tip: new,
            blocks: change.connected.len(),
            txs: txs.sum(),
            from: from.and_then(|conn| self.peers.label(conn)),
        };
        self.event(now, event);
    }

    fn note_recent(&mut self, change: &ChainChange) {
        let fork = change.fork.height;
        self.recent.retain(|info| info.id.height <= fork);
        let skip = change.connected.len().saturating_sub(RECENT_BLOCKS);
        for (height, block) in (fork + 1..).zip(&change.connected).skip(skip) {
            let info = queries::block_info(block, height, self.chain.params());
            self.recent.push_back(info);
        }
        while self.recent.len() > RECENT_BLOCKS {
            self.recent.pop_front();
        }
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

    /// Sends a peer what it asked for, as far as it takes it.
    fn answer(&mut self, conn: ConnId) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        // What is about to be sent counts, too.
        let waiting = self.out.sends.iter().filter(|(to, _)| *to == conn);
        let waiting: usize = waiting.map(|(_, message)| message.wire_len()).sum();
        let unsent = peer.unsent + u64::try_from(waiting).unwrap_or(u64::MAX);
        let (chain, mempool, out) = (&self.chain, &self.mempool, &mut self.out);
        let served = self.serve.answer(conn, unsent, chain, mempool, out)?;
        let tip = Item::Block(self.chain.tip().hash);
        for item in &served.items {
            self.relay.has(conn, *item);
            if let Item::Block(hash) = item {
                self.sync.peer_has(conn, hash, self.chain.tree());
            }
        }
        if served.items.contains(&tip) {
            // Now it has what we have: it can check what waits.
            self.tell_mempool(conn);
        }
        Ok(())
    }

    fn tick(&mut self, now: Time) -> Done {
        let due = self.peers.tick(now, || self.random.nonce());
        for (conn, nonce) in due.pings {
            self.out.send(conn, Message::Ping(nonce));
        }
        let late = self.sync.tick(&self.chain, now, &mut self.out);
        for (conn, why) in due.overdue.into_iter().chain(late) {
            self.end(conn, CloseReason::TimedOut(why.to_owned()), now);
        }
        self.relay.tick(now, &mut self.out);
        let expired = self.mempool.expire(now);
        self.apply_mempool_change(expired, None, now);
        if self.announce_at <= now {
            self.announce_at = now + ANNOUNCE_AGAIN;
            self.submit_own(now)?;
            let own: Vec<Txid> = self.wallets.unconfirmed().map(|(txid, _)| *txid).collect();
            let own: Vec<Txid> = own
                .into_iter()
                .filter(|t| self.mempool.contains(t))
                .collect();
            self.relay.announce_again(&own, &mut self.out);
        }
        if self.flush_at.is_some_and(|at| at <= now) {
            self.flush()?;
        }
        self.is_dial_due |= self.dial_at.is_some_and(|at| at <= now);
        Ok(())
    }

    /// Sees to it that the miner does what it should.
    fn give_work(&mut self, now: Time) -> Done {
        let (tip, pending) = (self.chain.tip().hash, self.mempool.len());
        match self.mining.wanted(tip, pending, now) {
            Wanted::Same => {}
            Wanted::Stop => self.outputs.push_back(Output::Mine(None)),
            Wanted::Job => {
                let owner = self.reward_owner(now)?;
                let extra = self.random.nonce();
                let miner = template::Miner {
                    owner,
                    tag: tag(extra, &self.config.name),
                    hashrate: self.mining.job_hashrate(),
                };
                let job = template::job(&self.chain, &self.mempool, &miner, now);
                self.mining.given(job.height);
                self.outputs.push_back(Output::Mine(Some(Arc::new(job))));
            }
        }
        Ok(())
    }

    fn solved(&mut self, block: Arc<Block>, now: Time) -> Done {
        self.mining.solved();
        let (txs, reward) = queries::work_of(&block);
        let taken = self.take_block(None, &block, now)?;
        let tip = self.chain.tip();
        if taken.is_err() || tip.hash != block.hash() {
            // Somebody else was faster, and the next job is on its way.
            return Ok(());
        }
        self.mining.found += 1;
        let event = EventKind::Mined {
            block: tip,
            txs,
            reward,
        };
        self.event(now, event);
        for (id, since) in std::mem::take(&mut self.mining.now) {
            let after = now - since;
            let reply = Ok(Reply::Mined { block: tip, after });
            self.outputs.push_back(Output::Reply(id, reply));
        }
        Ok(())
    }

    /// Ends a connection: what is to be sent on it first still is.
    pub(super) fn end(&mut self, conn: ConnId, reason: CloseReason, now: Time) {
        let mut kept = VecDeque::new();
        for (to, message) in std::mem::take(&mut self.out.sends) {
            if to == conn {
                self.send(conn, message, now);
            } else {
                kept.push_back((to, message));
            }
        }
        kept.append(&mut self.out.sends);
        self.out.sends = kept;
        self.close_conn(conn, reason, now);
    }

    fn close_conn(&mut self, conn: ConnId, reason: CloseReason, now: Time) {
        if self.peers.get(conn).is_none() {
            return;
        }
        if let CloseReason::Misbehaved(why) = &reason
            && let Some(ip) = self.peers.get(conn).map(|peer| peer.addr.ip())
            && self.peers.is_banned(ip, now)
        {
            let why = why.clone();
            self.event(now, EventKind::Banned { ip, why });
        }
        let why = reason.to_string();
        self.outputs.push_back(Output::Close(conn, reason));
        self.forget(conn, &why, now);
    }

    /// A connection is gone: nothing of it is left anywhere.
    fn forget(&mut self, conn: ConnId, why: &str, now: Time) {
        let Some(peer) = self.peers.remove(conn) else {
            return;
        };
        self.sync.disconnected(conn);
        self.relay.disconnected(conn, now, &mut self.out);
        self.serve.disconnected(conn);
        self.book.disconnected(conn, now, &mut self.random);
        if peer.direction == Direction::Outbound && !peer.is_ready() {
            self.book.failed(peer.addr, now, &mut self.random);
        }
        self.is_dial_due = true;
        self.sync.pump(&self.chain, now, &mut self.out);
        let said = peer.rejected.map(|said| format!("{why}; it said: {said}"));
        let event = EventKind::PeerDown {
            peer: peer.label,
            addr: peer.addr,
            why: said.unwrap_or_else(|| why.to_owned()),
        };
        self.event(now, event);
    }

    /// A failed command, in words.
    pub(super) fn refuse(problem: impl std::fmt::Display) -> Option<Result<Reply, CommandError>> {
        Some(Err(CommandError::new(problem)))
    }
}

/// What a coinbase carries: a number that was never drawn before, and the name of the miner.
fn tag(extra: u64, name: &str) -> [u8; 64] {
    let mut tag = [0; 64];
    tag[..8].copy_from_slice(&extra.to_le_bytes());
    for (at, byte) in tag[8..].iter_mut().zip(name.bytes()) {
        *at = byte;
    }
    tag
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
