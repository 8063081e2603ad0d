//! What a watcher hears, and what follows from it.

use super::Watcher;
use super::blocks::{AnnouncedBy, ConnectedBy, NewTip, Step};
use super::config::Limits;
use super::conn::PROTOCOL_MIN;
use super::event::{Gone, PeerFacts, Role, WatchEventKind};
use super::monitor::Came;
use crate::bitcoin::block::Block;
use crate::bitcoin::header::Header;
use crate::bitcoin::tree::HeaderFault;
use crate::bitcoin::tx::Transaction;
use crate::bitcoin::wire::{
    FRAME_HEADER_LEN, Frame, HEADERS_MAX, InvItem, InvKind, Message, NodeAddr, Version,
};
use crate::chain::hash::{BlockHash, Txid, Wtxid};
use crate::node::foreign;
use crate::node::{ConnId, Time};

impl Watcher {
    /// Bytes came in. What is no message ends the connection.
    pub(super) fn received(&mut self, id: ConnId, bytes: &[u8], now: Time) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.frames.push(bytes);
        while let Some(conn) = self.conns.get_mut(&id) {
            let done = match conn.frames.next_frame() {
                Ok(None) => return,
                Ok(Some(frame)) => self.frame(id, &frame, now),
                Err(error) => Err(error.to_string()),
            };
            if let Err(why) = done {
                self.close(id, format!("it sent what it may not: {why}"), now);
            }
        }
    }

    fn frame(&mut self, id: ConnId, frame: &Frame, now: Time) -> Result<(), String> {
        let message = Message::read(frame).map_err(|error| error.to_string())?;
        let conn = &self.conns[&id];
        let (role, is_up, is_known) = (conn.role, conn.is_up, conn.version.is_some());
        let kind = WatchEventKind::Message {
            role,
            is_ours: false,
            command: frame.command,
            bytes: FRAME_HEADER_LEN + frame.payload.len(),
        };
        self.tell(now, kind);
        match message {
            Message::Version(version) => self.introduced(id, *version, now),
            Message::Verack if is_known && !is_up => {
                self.up(id, now);
                Ok(())
            }
            // Others agree on more before `verack`, and a node that is not known has nothing to say.
            _ if !is_up => Ok(()),
            message => self.message(id, message, now),
        }
    }

    /// The node said who it is.
    fn introduced(&mut self, id: ConnId, version: Version, now: Time) -> Result<(), String> {
        if self.conns.values().any(|conn| conn.nonce == version.nonce) {
            return Err("it is this program itself".to_owned());
        }
        if version.protocol < PROTOCOL_MIN {
            let spoken = version.protocol;
            return Err(format!(
                "it speaks protocol {spoken}: {PROTOCOL_MIN} is the least"
            ));
        }
        let conn = self.conns.get_mut(&id).expect("it was looked up");
        if conn.version.is_some() {
            return Err("it introduced itself twice".to_owned());
        }
        let said = String::from_utf8_lossy(&version.user_agent);
        self.peer = Some(PeerFacts {
            user_agent: foreign::quoted(&said, Limits::USER_AGENT),
            protocol: version.protocol,
            services: version.services,
            height: version.height,
        });
        let protocol = version.protocol;
        conn.version = Some(version);
        self.greet(id, protocol, now);
        Ok(())
    }

    fn message(&mut self, id: ConnId, message: Message, now: Time) -> Result<(), String> {
        let role = self.conns[&id].role;
        match message {
            Message::Ping(number) => self.send(id, &Message::Pong(number), now),
            Message::Pong(number) => self.pong(id, number, now),
            Message::FeeFilter(least) => self.fee_filter = Some(least),
            Message::Addr(addrs) | Message::AddrV2(addrs) => self.heard_of(addrs, now),
            Message::Inv(items) => self.announced(id, &items, now),
            Message::CmpctBlock(block) => {
                self.announced_header(id, block.header, AnnouncedBy::CmpctBlock, now)?;
            }
            Message::Headers(headers) => self.headers(id, &headers, now)?,
            Message::Block(block) => self.body(id, block, now)?,
            Message::Tx(tx) if role == Role::Announcements => self.tx(&tx, now),
            Message::NotFound(items) => self.not_found(&items, now),
            // Nothing is served here, and what is not known is passed over, as nodes do.
            _ => {}
        }
        Ok(())
    }

    fn pong(&mut self, id: ConnId, number: u64, now: Time) {
        let conn = self.conns.get_mut(&id).expect("it was looked up");
        let role = conn.role;
        if let Some(time) = conn.pings.answered(number, now) {
            self.tell(now, WatchEventKind::Ping { role, time });
        }
    }

    fn heard_of(&mut self, addrs: Vec<NodeAddr>, now: Time) {
        let before = self.addresses.len();
        for addr in addrs {
            if self.addresses.len() < Limits::ADDRESSES {
                self.addresses.insert((addr.host, addr.port));
            }
        }
        let known = self.addresses.len();
        if known > before {
            let new = known - before;
            self.tell(now, WatchEventKind::Addresses { new, known });
        }
    }

    /// Something was announced by its hash.
    fn announced(&mut self, id: ConnId, items: &[InvItem], now: Time) {
        let is_block = |item: &&InvItem| {
            matches!(
                item.kind,
                InvKind::Block | InvKind::WitnessBlock | InvKind::CmpctBlock
            )
        };
        let blocks: Vec<_> = items
            .iter()
            .filter(is_block)
            .map(|item| BlockHash(item.hash))
            .collect();
        let txs = items.iter().filter(|item| self.is_new_tx(item)).copied();
        let txs: Vec<_> = txs.collect();
        let kind = WatchEventKind::Inv {
            txs: items.len() - blocks.len(),
            blocks: blocks.len(),
        };
        self.tell(now, kind);
        if self.conns[&id].role == Role::Announcements {
            txs.into_iter().for_each(|item| self.wanted.announced(item));
        }
        let newest = blocks.len().saturating_sub(Limits::INV_BLOCKS);
        for hash in &blocks[newest..] {
            self.announced_hash(id, *hash, now);
        }
    }

    fn is_new_tx(&self, item: &InvItem) -> bool {
        match item.kind {
            InvKind::Tx | InvKind::WitnessTx => !self.monitor.has(&Txid(item.hash)),
            InvKind::Wtx => !self.monitor.has_wtxid(&Wtxid(item.hash)),
            _ => false,
        }
    }

    /// A block was announced by its hash. Over the connection for headers that means that it is connected.
    fn announced_hash(&mut self, id: ConnId, hash: BlockHash, now: Time) {
        let role = self.conns[&id].role;
        self.first_announced(hash, AnnouncedBy::Inv, now);
        if self.blocks.has(&hash) {
            if role == Role::Headers {
                self.block_connected(hash, Some((now, ConnectedBy::Inv)), now);
            }
            return;
        }
        self.blocks.shown_by_inv(hash, role == Role::Headers, now);
        self.ask_bodies(id, &[hash], now);
    }

    fn first_announced(&mut self, block: BlockHash, by: AnnouncedBy, now: Time) {
        if self.blocks.announced(block, now, by) {
            let height = self.blocks.height(&block);
            self.tell(now, WatchEventKind::Announced { block, height, by });
        }
    }

    /// A block was announced by its header.
    fn announced_header(
        &mut self,
        id: ConnId,
        header: Header,
        by: AnnouncedBy,
        now: Time,
    ) -> Result<(), String> {
        let hash = header.hash();
        match self.blocks.header(header) {
            Ok(_) => {}
            Err(HeaderFault::Orphan) => {
                self.first_announced(hash, by, now);
                self.ask_headers(id, now);
                return Ok(());
            }
            Err(fault) => return Err(format!("a header of it is not taken: {fault}")),
        }
        self.first_announced(hash, by, now);
        let has_body = self
            .blocks
            .seen(&hash)
            .is_some_and(|seen| seen.body.is_some());
        if !has_body {
            self.ask_bodies(id, &[hash], now);
        }
        Ok(())
    }

    /// Headers came: all of them are of blocks that the node has connected. What was asked for has no
    /// times, as those blocks may be old.
    fn headers(&mut self, id: ConnId, headers: &[Header], now: Time) -> Result<(), String> {
        let conn = self.conns.get_mut(&id).expect("it was looked up");
        let (is_answer, role) = (conn.awaits_headers(now), conn.role);
        conn.asked_headers = None;
        let mut news = false;
        for header in headers {
            match self.blocks.header(*header) {
                Ok(is_new) => news |= is_new,
                Err(HeaderFault::Orphan) if is_answer => {
                    // It knows none of the blocks that are known here.
                    self.blocks.begin_anew();
                    return Ok(());
                }
                Err(HeaderFault::Orphan) => {
                    self.ask_headers(id, now);
                    return Ok(());
                }
                Err(fault) => return Err(format!("a header of it is not taken: {fault}")),
            }
            // Of two connections either may be the first to tell.
            match role {
                _ if is_answer => {}
                Role::Announcements => {
                    self.announced_header(id, *header, AnnouncedBy::Headers, now)?;
                }
                Role::Headers => self.first_announced(header.hash(), AnnouncedBy::Headers, now),
            }
            let shown = (!is_answer).then_some((now, ConnectedBy::Headers));
            self.block_connected(header.hash(), shown, now);
        }
        // What brought nothing new would bring the same again.
        if is_answer && news && headers.len() == HEADERS_MAX {
            self.ask_headers(id, now);
        }
        Ok(())
    }

    /// A body came. It counts if it was asked for.
    fn body(&mut self, id: ConnId, block: Block, now: Time) -> Result<(), String> {
        let hash = block.hash();
        if self.bodies_asked.remove(&hash).is_none() {
            return Ok(());
        }
        match self.blocks.header(*block.header()) {
            Ok(_) => {}
            Err(HeaderFault::Orphan) => {
                self.ask_headers(id, now);
                return Ok(());
            }
            Err(fault) => return Err(format!("a header of it is not taken: {fault}")),
        }
        let facts = self
            .blocks
            .complete(block, now)
            .map_err(|fault| format!("a block of it: {fault}"))?;
        let seen = self.blocks.seen(&hash).copied().unwrap_or_default();
        if seen.stages.complete == Some(now) {
            let kind = WatchEventKind::Complete {
                block: hash,
                height: self.blocks.height(&hash),
                txs: facts.txs,
                bytes: facts.bytes,
            };
            self.tell(now, kind);
        }
        if let Some(shown) = self.blocks.take_shown_by_inv(&hash) {
            self.block_connected(hash, Some((shown, ConnectedBy::Inv)), now);
        } else if !self.lines.is_up(Role::Headers) {
            // What the node has connected cannot be seen: work must do.
            let tip = self.blocks.reach(hash);
            self.tip_changed(tip, now);
        }
        self.go_on(now);
        Ok(())
    }

    pub(super) fn block_connected(
        &mut self,
        block: BlockHash,
        shown: Option<(Time, ConnectedBy)>,
        now: Time,
    ) {
        let (is_news, tip) = self.blocks.connected(block, shown);
        if let (Some((_, by)), true) = (shown, is_news) {
            let height = self.blocks.height(&block);
            self.tell(now, WatchEventKind::Connected { block, height, by });
        }
        self.tip_changed(tip, now);
        self.go_on(now);
    }

    pub(super) fn tip_changed(&mut self, tip: Option<NewTip>, now: Time) {
        let Some(NewTip {
            old,
            new,
            left: Some((fork, depth)),
        }) = tip
        else {
            return;
        };
        let kind = WatchEventKind::Reorganised {
            fork,
            old,
            new,
            depth,
            fork_height: self.blocks.height(&fork),
            new_height: self.blocks.height(&new),
        };
        self.tell(now, kind);
    }

    /// Goes the way to the tip as far as bodies are here: what waited and is mined, and what waits again.
    pub(super) fn go_on(&mut self, now: Time) {
        while let Some(step) = self.blocks.next_step() {
            match step {
                Step::Left(block) => {
                    for txid in self.monitor.disconnected(block) {
                        self.tell(now, WatchEventKind::TxBack { txid });
                    }
                }
                Step::Joined(block) => self.joined(&block, now),
            }
        }
    }

    fn joined(&mut self, block: &Block, now: Time) {
        let hash = block.hash();
        for tx in block.txs() {
            let (mined, lost) = self.monitor.connected(hash, &tx);
            let mined = mined.map(|txid| (txid, Gone::Mined(hash)));
            let lost = lost.into_iter().map(|txid| (txid, Gone::Conflict(hash)));
            for (txid, why) in mined.into_iter().chain(lost) {
                self.tell(now, WatchEventKind::TxGone { txid, why });
            }
        }
    }

    /// A transaction came. It counts if it was asked for.
    fn tx(&mut self, tx: &Transaction, now: Time) {
        let (txid, wtxid) = (tx.txid(), tx.wtxid());
        if !self.wanted.done(&[txid.0, wtxid.0]) {
            return;
        }
        let Came::Waits(replaced) = self.monitor.came(tx, now) else {
            return;
        };
        for gone in replaced {
            let why = Gone::Replaced(txid);
            self.tell(now, WatchEventKind::TxGone { txid: gone, why });
        }
        self.tell_tx(&txid, now);
    }

    /// Tells of a transaction that waits.
    pub(super) fn tell_tx(&mut self, txid: &Txid, now: Time) {
        let Some(waits) = self.monitor.get(txid) else {
            return;
        };
        let kind = WatchEventKind::Tx {
            txid: *txid,
            wtxid: waits.wtxid,
            vsize: waits.vsize,
            pays: waits.paid(),
            fee: waits.fee,
        };
        self.tell(now, kind);
    }

    fn not_found(&mut self, items: &[InvItem], now: Time) {
        for item in items {
            match item.kind {
                InvKind::Block | InvKind::WitnessBlock => self.no_body(&BlockHash(item.hash), now),
                _ => drop(self.wanted.done(&[item.hash])),
            }
        }
    }
}
