//! What a watcher says: the handshake, and what it asks for.

use super::Watcher;
use super::config::Limits;
use super::conn::{Conn, PROTOCOL, PROTOCOL_OF_WTXIDS};
use super::event::{Role, WatchEventKind};
use super::lines::Line;
use crate::bitcoin::wire::{InvItem, InvKind, Locator, Message, Services, Version};
use crate::chain::BlockHash;
use crate::node::{ConnId, Time};
use bytes::Bytes;

impl Watcher {
    /// The first message.
    pub(super) fn version(&self, role: Role, nonce: u64, now: Time) -> Message {
        Message::Version(Box::new(Version {
            protocol: PROTOCOL,
            // Nothing is served here.
            services: Services::default(),
            time: i64::try_from(now.0 / 1_000_000).unwrap_or(i64::MAX),
            receiver: self.config.addr,
            nonce,
            user_agent: Bytes::copy_from_slice(self.config.user_agent.as_bytes()),
            height: 0,
            // Once is enough.
            relay: role == Role::Announcements,
        }))
    }

    /// Answers the node's `version`: what is said before `verack` holds from there on.
    pub(super) fn greet(&mut self, conn: ConnId, protocol: u32, now: Time) {
        if protocol >= PROTOCOL_OF_WTXIDS {
            self.send(conn, &Message::WtxidRelay, now);
            self.send(conn, &Message::SendAddrV2, now);
        }
        self.send(conn, &Message::Verack, now);
    }

    /// Both sides know each other.
    pub(super) fn up(&mut self, id: ConnId, now: Time) {
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.is_up = true;
        conn.pings.start(now);
        let (role, compact) = (conn.role, compact_version(conn));
        let may_ask = conn.offers(Services::BLOOM) || self.config.mempool;
        self.lines.set(role, Line::Up { since: now });
        if let Some(peer) = self.peer.clone() {
            self.tell(now, WatchEventKind::Up { role, peer });
        }
        match role {
            Role::Headers => self.send(id, &Message::SendHeaders, now),
            Role::Announcements => {
                let announce = Message::SendCmpct {
                    announce: true,
                    version: compact,
                };
                self.send(id, &announce, now);
                self.send(id, &Message::GetAddr, now);
            }
        }
        self.ask_headers(id, now);
        if role == Role::Announcements {
            self.ask_mempool(id, may_ask, now);
        }
    }

    /// Asks what waits, where the node says that it answers that, or it is wanted all the same.
    fn ask_mempool(&mut self, id: ConnId, may_ask: bool, now: Time) {
        self.mempool_not_asked = !may_ask;
        if !may_ask {
            return self.tell(now, WatchEventKind::MempoolNotAsked);
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.asked_mempool = Some(now);
        }
        self.send(id, &Message::Mempool, now);
    }

    /// Asks for the headers that are not here. A public chain begins here with the first that is announced.
    pub(super) fn ask_headers(&mut self, id: ConnId, now: Time) {
        let hashes = self.blocks.locator();
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if hashes.is_empty() || conn.awaits_headers(now) {
            return;
        }
        conn.asked_headers = Some(now);
        let locator = Locator {
            protocol: PROTOCOL,
            hashes,
            stop: BlockHash::ZERO,
        };
        self.send(id, &Message::GetHeaders(locator), now);
    }

    /// Asks for bodies and transactions that are wanted, as many as may be on their way.
    pub(super) fn ask(&mut self, now: Time) {
        let Some((id, has_witnesses)) = self.asks_on(Role::Announcements) else {
            return;
        };
        let missing: Vec<_> = self.blocks.missing().collect();
        self.ask_bodies(id, &missing, now);
        let items = self.wanted.next(has_witnesses, now);
        if !items.is_empty() {
            self.send(id, &Message::GetData(items), now);
        }
    }

    /// Asks for these bodies, but for those that are on their way.
    pub(super) fn ask_bodies(&mut self, id: ConnId, blocks: &[BlockHash], now: Time) {
        let has_witnesses = self
            .conns
            .get(&id)
            .is_some_and(|conn| conn.offers(Services::WITNESS));
        let kind = match has_witnesses {
            true => InvKind::WitnessBlock,
            false => InvKind::Block,
        };
        let room = Limits::BODIES_ASKED.saturating_sub(self.bodies_asked.len());
        let is_asked = |hash: &&BlockHash| self.bodies_asked.contains_key(hash);
        let new: Vec<_> = blocks
            .iter()
            .filter(|hash| !is_asked(hash))
            .take(room)
            .collect();
        if new.is_empty() {
            return;
        }
        let items = new
            .iter()
            .map(|hash| InvItem { kind, hash: hash.0 })
            .collect();
        let asked: Vec<_> = new.into_iter().map(|hash| (*hash, (id, now))).collect();
        self.bodies_asked.extend(asked);
        self.send(id, &Message::GetData(items), now);
    }

    /// What has not come for too long is not waited for. A body that the way to the tip needs is passed
    /// over: a node that has pruned it will never have it.
    pub(super) fn give_up(&mut self, now: Time) {
        self.wanted.give_up(now);
        let is_late = |(_, asked): &(ConnId, Time)| now.since(*asked) >= Limits::ASKED;
        let late = self.bodies_asked.iter().filter(|(_, asked)| is_late(asked));
        let late: Vec<_> = late.map(|(hash, _)| *hash).collect();
        for hash in late {
            self.no_body(&hash, now);
        }
    }

    /// A body cannot be had.
    pub(super) fn no_body(&mut self, hash: &BlockHash, now: Time) {
        self.bodies_asked.remove(hash);
        self.blocks.take_shown_by_inv(hash);
        self.blocks.pass_over(hash);
        self.go_on(now);
    }

    /// The connection of a role that stands, and whether the node has witnesses.
    pub(super) fn asks_on(&self, role: Role) -> Option<(ConnId, bool)> {
        let conn = self
            .conns
            .values()
            .find(|conn| conn.role == role && conn.is_up)?;
        Some((conn.id, conn.offers(Services::WITNESS)))
    }
}

/// In which form blocks in short are wanted: since witnesses, by wtxids.
fn compact_version(conn: &Conn) -> u64 {
    match conn.offers(Services::WITNESS) {
        true => 2,
        false => 1,
    }
}
