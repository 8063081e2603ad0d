//! What is known of all peers.

use super::asked::{AllAsked, Asked};
use super::orphans::{Orphans, Parentless};
use super::recent::Recent;
use crate::chain::{BlockHash, Tx, Txid};
use crate::node::ids::ConnId;
use crate::node::message::{INV_MAX, Item, Message};
use crate::node::outbox::Outbox;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Transactions asked of one peer at a time.
pub const IN_FLIGHT_MAX: usize = 100;

/// Announced transactions of one peer that wait to be asked for: two full messages.
pub const WAITING_MAX: usize = 2 * INV_MAX;

/// Things that a peer is known to have, kept: 0.15 MB a peer.
const KNOWN_MAX: usize = 5_000;

/// Transactions of the last blocks remembered: 0.5 MB.
const CONFIRMED_MAX: usize = 5_000;

/// Refused transactions remembered, so that they are not asked for again and again: 60 kB.
const REFUSED_MAX: usize = 1_000;

/// Eight bytes of a hash. A peer that makes two alike only keeps itself from hearing of one.
fn mark(item: &Item) -> u64 {
    let (Item::Tx(Txid(hash)) | Item::Block(BlockHash(hash))) = item;
    let (first, _) = hash.split_first_chunk().expect("32 bytes");
    u64::from_le_bytes(*first)
}

#[derive(Clone)]
struct PeerRelay {
    /// Marks of what it has.
    known: Recent<u64>,
    in_flight: BTreeSet<Txid>,
    waiting: VecDeque<Txid>,
    /// It was told what waits in our mempool.
    was_told: bool,
    /// It wants to hear of transactions.
    wants_txs: bool,
}

/// Who has what, and who was asked for which transaction.
#[derive(Clone)]
pub struct Relay {
    peers: BTreeMap<ConnId, PeerRelay>,
    asked: AllAsked,
    orphans: Orphans,
    refused: Recent<Txid>,
    /// Announcements are kept, and nothing is asked for yet.
    is_paused: bool,
    /// In the last blocks: who announces them again is late.
    confirmed: Recent<Txid>,
}

impl Default for Relay {
    fn default() -> Self {
        Self::new()
    }
}

impl Relay {
    /// Knows no peer yet.
    pub fn new() -> Self {
        Self {
            peers: BTreeMap::new(),
            asked: AllAsked::default(),
            orphans: Orphans::default(),
            refused: Recent::new(REFUSED_MAX),
            confirmed: Recent::new(CONFIRMED_MAX),
            is_paused: false,
        }
    }

    /// A peer whose handshake is complete, and whether it wants to hear of transactions.
    pub fn peer_ready(&mut self, conn: ConnId, wants_txs: bool) {
        let peer = PeerRelay {
            known: Recent::new(KNOWN_MAX),
            in_flight: BTreeSet::new(),
            waiting: VecDeque::new(),
            was_told: false,
            wants_txs,
        };
        self.peers.insert(conn, peer);
    }

    /// A connection is gone; what it owed is asked of others.
    pub fn disconnected(&mut self, conn: ConnId, now: Time, out: &mut Outbox) {
        self.peers.remove(&conn);
        self.orphans.disconnected(conn);
        for txid in self.asked.disconnected(conn) {
            self.ask_another(txid, now, out);
        }
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.peers.contains_key(&conn)
            && self.asked.knows_nothing_of(conn)
            && self.orphans.knows_nothing_of(conn)
    }

    /// Transactions that wait for a parent.
    pub fn orphans(&self) -> usize {
        self.orphans.len()
    }

    /// A peer has this.
    pub fn has(&mut self, conn: ConnId, item: Item) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.known.insert(mark(&item));
        }
    }

    /// Takes announcements of transactions. `is_here` tells those that we have.
    pub fn received_inv(
        &mut self,
        conn: ConnId,
        txids: &[Txid],
        is_here: impl Fn(&Txid) -> bool,
        now: Time,
        out: &mut Outbox,
    ) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        for txid in txids {
            peer.known.insert(mark(&Item::Tx(*txid)));
            let is_wanted =
                !is_here(txid) && !self.orphans.contains(txid) && !self.refused.contains(txid);
            if is_wanted && peer.waiting.len() < WAITING_MAX {
                peer.waiting.push_back(*txid);
            }
        }
        self.ask_waiting(conn, now, out);
    }

    /// Keeps announcements without asking for anything, while most of the chain is missing.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Whether announcements are kept.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Asks for what was announced meanwhile.
    pub fn resume(&mut self, now: Time, out: &mut Outbox) {
        self.is_paused = false;
        let conns: Vec<ConnId> = self.peers.keys().copied().collect();
        for conn in conns {
            self.ask_waiting(conn, now, out);
        }
    }

    /// Whether a peer is yet to be told what waits in our mempool.
    pub fn is_to_be_told(&self, conn: ConnId) -> bool {
        let peer = self.peers.get(&conn);
        peer.is_some_and(|peer| peer.wants_txs && !peer.was_told)
    }

    /// Asks a peer for what it announced, as far as it may be asked now.
    fn ask_waiting(&mut self, conn: ConnId, now: Time, out: &mut Outbox) {
        if self.is_paused {
            return;
        }
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let mut items = Vec::new();
        while peer.in_flight.len() < IN_FLIGHT_MAX
            && let Some(txid) = peer.waiting.pop_front()
        {
            if self.confirmed.contains(&txid) {
                continue;
            }
            if self.asked.contains(&txid) {
                self.asked.add_other(&txid, conn);
                continue;
            }
            self.asked.insert(txid, Asked::new(conn, now));
            peer.in_flight.insert(txid);
            items.push(Item::Tx(txid));
        }
        if !items.is_empty() {
            out.send(conn, Message::GetData(items));
        }
    }

    /// A transaction came in. `false`: it was refused before, and need not be looked at.
    pub fn received_tx(&mut self, conn: ConnId, txid: Txid, now: Time, out: &mut Outbox) -> bool {
        self.has(conn, Item::Tx(txid));
        self.settle(&txid);
        self.ask_waiting(conn, now, out);
        !self.refused.contains(&txid) && !self.confirmed.contains(&txid)
    }

    /// No peer need be asked for a transaction any more.
    fn settle(&mut self, txid: &Txid) {
        if let Some(asked) = self.asked.remove(txid)
            && let Some(peer) = self.peers.get_mut(&asked.of)
        {
            peer.in_flight.remove(txid);
        }
    }

    /// A peer does not have what it was asked for.
    pub fn received_notfound(&mut self, conn: ConnId, txids: &[Txid], now: Time, out: &mut Outbox) {
        for txid in txids {
            if self.asked.of(txid) == Some(conn) {
                self.ask_another(*txid, now, out);
            }
        }
        self.ask_waiting(conn, now, out);
    }

    fn ask_another(&mut self, txid: Txid, now: Time, out: &mut Outbox) {
        let Some(mut asked) = self.asked.remove(&txid) else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&asked.of) {
            peer.in_flight.remove(&txid);
        }
        while let Some(next) = asked.others.pop_front() {
            let Some(peer) = self.peers.get_mut(&next) else {
                continue;
            };
            peer.in_flight.insert(txid);
            let (of, at) = (next, now);
            self.asked.insert(txid, Asked { of, at, ..asked });
            out.send(next, Message::GetData(vec![Item::Tx(txid)]));
            return;
        }
    }

    /// A transaction from a peer was not taken for want of these parents: it waits, and they are
    /// asked for. `false`: it is not worth waiting for.
    pub fn wait_for_parents(
        &mut self,
        orphan: &Parentless<'_>,
        now: Time,
        out: &mut Outbox,
    ) -> bool {
        let missing = orphan.missing;
        if missing.iter().any(|parent| self.refused.contains(parent)) {
            return false;
        }
        if !self.orphans.insert(orphan, now) {
            return false;
        }
        if let Some(peer) = self.peers.get_mut(&orphan.from) {
            for parent in missing {
                if !self.orphans.contains(parent) && peer.waiting.len() < WAITING_MAX {
                    peer.waiting.push_back(*parent);
                }
            }
        }
        self.ask_waiting(orphan.from, now, out);
        true
    }

    /// Orphans that waited for this transaction, with who sent them.
    pub fn children_of(&mut self, parent: &Txid) -> Vec<(ConnId, Arc<Tx>)> {
        self.orphans.take_children(parent)
    }

    /// A transaction is not to be asked for again, until the tip moves.
    pub fn refused(&mut self, txid: Txid) {
        self.refused.insert(txid);
    }

    /// The public tip moved: what was refused before may hold now, and may be asked for again.
    pub fn forget_refused(&mut self) {
        self.refused.clear();
    }

    /// Blocks brought these transactions, and perhaps took others back.
    pub fn tip_moved<'a>(&mut self, in_blocks: impl Iterator<Item = &'a Txid>, was_reorg: bool) {
        if was_reorg {
            self.confirmed.clear();
        }
        for txid in in_blocks {
            self.settle(txid);
            self.orphans.remove(txid);
            self.confirmed.insert(*txid);
        }
    }

    /// Announces a transaction to everybody who is not known to have it.
    pub fn announce_tx(&mut self, txid: Txid, out: &mut Outbox) {
        self.announce(Item::Tx(txid), out);
    }

    /// Announces a block to everybody who is not known to have it.
    pub fn announce_block(&mut self, hash: BlockHash, out: &mut Outbox) {
        self.announce(Item::Block(hash), out);
    }

    /// Announces several blocks at once, lowest first, to everybody: no peer is known to have any. Who
    /// hears of more than one asks for headers, and so is never handed one without its parent.
    pub fn announce_branch(&mut self, hashes: &[BlockHash], out: &mut Outbox) {
        let items: Vec<Item> = hashes.iter().copied().map(Item::Block).collect();
        for (conn, peer) in &mut self.peers {
            for item in &items {
                peer.known.insert(mark(item));
            }
            out.send(*conn, Message::Inv(items.clone()));
        }
    }

    fn announce(&mut self, item: Item, out: &mut Outbox) {
        for (conn, peer) in &mut self.peers {
            let is_wanted = peer.wants_txs || matches!(item, Item::Block(_));
            if is_wanted && peer.known.insert(mark(&item)) {
                out.send(*conn, Message::Inv(vec![item]));
            }
        }
    }

    /// Announces transactions again to everybody: to those who forgot them, or never heard.
    pub fn announce_again(&mut self, txids: &[Txid], out: &mut Outbox) {
        let wanting = self.peers.iter().filter(|(_, peer)| peer.wants_txs);
        for (conn, _) in wanting {
            for txids in txids.chunks(INV_MAX) {
                let items = txids.iter().map(|txid| Item::Tx(*txid)).collect();
                out.send(*conn, Message::Inv(items));
            }
        }
    }

    /// Announces transactions to a peer, as far as it is not known to have them, also if it wants to hear of none:
    /// these it has asked for.
    pub fn tell_of(&mut self, conn: ConnId, txids: &[Txid], out: &mut Outbox) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let items = txids.iter().copied().map(Item::Tx);
        let items = items.filter(|item| peer.known.insert(mark(item)));
        let items: Vec<Item> = items.collect();
        for items in items.chunks(INV_MAX) {
            out.send(conn, Message::Inv(items.to_vec()));
        }
    }

    /// Tells a peer, once, what waits in our mempool.
    pub fn tell_mempool(
        &mut self,
        conn: ConnId,
        txids: impl Iterator<Item = Txid>,
        out: &mut Outbox,
    ) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if !peer.wants_txs || std::mem::replace(&mut peer.was_told, true) {
            return;
        }
        let items = txids
            .map(Item::Tx)
            .filter(|item| peer.known.insert(mark(item)));
        let items: Vec<Item> = items.take(INV_MAX).collect();
        if !items.is_empty() {
            out.send(conn, Message::Inv(items));
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time, out: &mut Outbox) {
        self.orphans.expire(now);
        for (txid, of) in self.asked.late(now) {
            self.ask_another(txid, now, out);
            self.ask_waiting(of, now, out);
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        earlier(self.asked.deadline(), self.orphans.deadline())
    }
}
