//! Connections: how they begin, what a complete handshake sets off, and how they end.

use super::foreign::{QUOTED_MAX, quoted};
use super::io::{CloseReason, ConnId, Direction, EventKind, Output};
use super::message::{Item, Message, Reject, Services, Text, Version};
use super::peers::strangers::Deed;
use super::peers::user_agent;
use super::{Node, Store, StoreFault, Time, handshake};
use std::collections::VecDeque;
use std::net::SocketAddr;

type Done = Result<(), StoreFault>;

impl<S: Store> Node<S> {
    pub(super) fn connected(
        &mut self,
        conn: ConnId,
        direction: Direction,
        addr: SocketAddr,
        now: Time,
    ) {
        if direction == Direction::Outbound && self.book.is_dropped(&addr) {
            // It was dropped while it was being dialled.
            let reason = CloseReason::Asked;
            self.outputs.push_back(Output::Close(conn, reason));
            return;
        }
        let nonce = self.random.nonce();
        match self.peers.connected((conn, addr, direction), nonce, now) {
            Ok(Some(other)) => self.turn_out(other, now),
            Ok(None) => {}
            Err(reason) => {
                if direction == Direction::Outbound {
                    self.book.failed(addr, now, &mut self.random);
                    self.is_dial_due = true;
                } else {
                    self.strangers.turned_away(&reason.to_string(), now);
                    // An honest one knows why, and when to try again: see its address book.
                    let why = Message::Reject(Box::new(refusal(&reason)));
                    self.outputs.push_back(Output::Send(conn, why));
                }
                self.outputs.push_back(Output::Close(conn, reason));
                return;
            }
        }
        let version = Version {
            protocol: handshake::PROTOCOL,
            network: self.chain.network(),
            nonce,
            id: self.peers.us().id,
            listen: self.config.listen,
            height: self.public_tip().height,
            role: self.config.role,
            user_agent: user_agent(&self.config.name),
            services: Services::FULL,
            wants_txs: true,
        };
        self.out.send(conn, Message::Version(Box::new(version)));
    }

    pub(super) fn received_version(&mut self, conn: ConnId, version: Box<Version>, now: Time) {
        match self.peers.received_version(conn, version) {
            Ok(Some(verack)) => self.out.send(conn, Message::Verack(verack)),
            Ok(None) => {}
            Err(handshake::HandshakeError::Itself) => {
                let peer = self.peers.get(conn);
                let dialled = peer.filter(|peer| peer.direction == Direction::Outbound);
                if let Some(addr) = dialled.map(|peer| peer.addr) {
                    self.book.is_own(addr, now, &mut self.random);
                }
                self.end(conn, CloseReason::Itself, now);
            }
            Err(error) => {
                self.send(conn, Message::Reject(Box::new(refusal(&error))), now);
                self.end(conn, CloseReason::Handshake(error.to_string()), now);
            }
        }
    }

    /// A handshake is complete. `rival`: of two connections with that node, the one to end.
    pub(super) fn peer_ready(&mut self, conn: ConnId, rival: Option<ConnId>, now: Time) -> Done {
        let Some(peer) = self.peers.get(conn) else {
            return Ok(());
        };
        let (addr, direction, listen) = (peer.addr, peer.direction, peer.listen());
        let version = peer.version.as_deref();
        let claimed = version.map_or(0, |version| version.height);
        let serves = version.is_some_and(|version| version.services.has(Services::BLOCKS));
        let wants_txs = version.is_some_and(|version| version.wants_txs);
        let kept = rival.map_or(conn, |ended| self.end_rival(conn, ended, now));
        if kept != conn || !self.takes_seat(conn, now) {
            return Ok(());
        }
        if direction == Direction::Outbound {
            self.book.reached(addr, conn, now);
        }
        self.is_dial_due = true;
        let predecessor = self.peers.get_mut(conn);
        let predecessor = predecessor.and_then(|peer| peer.predecessor.take());
        if let Some(predecessor) = &predecessor
            && predecessor.direction == Direction::Outbound
        {
            self.book.reached(predecessor.addr, conn, now);
        }
        // A second connection with the same node is no news: it was up, and is.
        if rival.is_none() && predecessor.is_none() {
            self.tell_peer_up(conn, now);
        }
        self.relay.peer_ready(conn, wants_txs);
        // Who has no blocks is asked for none, and not waited for.
        if serves {
            self.sync.peer_ready(conn, claimed, now);
        }
        self.out.send(conn, Message::GetAddr);
        let listen: Vec<SocketAddr> = listen.into_iter().collect();
        let new = self
            .book
            .learn(conn, addr.ip(), &listen, now, &mut self.random);
        self.learnt(conn, new, true, now);
        let (sync, mut context) = self.sync_at(now);
        sync.pump(&mut context);
        if claimed >= self.public_tip().height {
            self.tell_mempool(conn);
        }
        Ok(())
    }

    /// Ends one of two connections with the same node, of which `conn` is the newer. Returns the one
    /// that stays.
    fn end_rival(&mut self, conn: ConnId, ended: ConnId, now: Time) -> ConnId {
        let kept = match ended == conn {
            true => self.peers.same_node(conn).unwrap_or(conn),
            false => conn,
        };
        let dialled = self.peers.get(ended);
        let dialled = dialled.map(|peer| (peer.addr, peer.direction));
        self.end(ended, CloseReason::Duplicate, now);
        if let Some((addr, Direction::Outbound)) = dialled {
            self.book.reached(addr, kept, now);
        }
        kept
    }

    /// Tells of a peer that has shaken hands, or counts it.
    fn tell_peer_up(&mut self, conn: ConnId, now: Time) {
        let Some(peer) = self.peers.get_mut(conn) else {
            return;
        };
        let (addr, direction) = (peer.addr, peer.direction);
        let is_told = direction == Direction::Outbound || self.strangers.tells(Deed::Came, now);
        peer.is_untold = !is_told;
        if is_told {
            let event = EventKind::PeerUp {
                peer: peer.label.clone(),
                addr,
                direction,
            };
            self.event(now, event);
        }
    }

    /// A peer that has shaken hands takes a seat, if need be another one's. Whether there is one.
    fn takes_seat(&mut self, conn: ConnId, now: Time) -> bool {
        match self.peers.seated(conn, now) {
            Ok(None) => true,
            Ok(Some(other)) => {
                self.turn_out(other, now);
                true
            }
            Err(reason) => {
                self.strangers.turned_away(&reason.to_string(), now);
                self.end_in_words(conn, reason, true, now);
                false
            }
        }
    }

    /// A connection makes room for another. Of one that never came to a handshake nothing else is told.
    fn turn_out(&mut self, conn: ConnId, now: Time) {
        let is_stranger = self.peers.get(conn).is_some_and(|peer| !peer.is_ready());
        self.strangers.tells(Deed::TurnedOut, now);
        self.end_in_words(conn, CloseReason::TurnedOut, is_stranger, now);
    }

    /// Ends a connection, and tells the other end why. `is_counted`: nothing else is told of it.
    fn end_in_words(&mut self, conn: ConnId, reason: CloseReason, is_counted: bool, now: Time) {
        if let Some(peer) = self.peers.get_mut(conn) {
            peer.is_untold |= is_counted;
        }
        let why = Message::Reject(Box::new(refusal(&reason)));
        self.send(conn, why, now);
        self.end(conn, reason, now);
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
                .tell_mempool(conn, txids.into_iter(), &mut self.out);
        }
    }

    /// Addresses that are new here: whom to dial, and news for others.
    pub(super) fn learnt(&mut self, from: ConnId, new: Vec<SocketAddr>, is_news: bool, now: Time) {
        if new.is_empty() {
            return;
        }
        self.is_dial_due = true;
        self.unwritten(now);
        if !is_news {
            return;
        }
        self.gossip.learnt(from, &new);
        self.tell_news(now);
    }

    /// Passes news of addresses on, if it is time to.
    pub(super) fn tell_news(&mut self, now: Time) {
        let peers = self.peers.ready().map(|(conn, _)| conn);
        let (random, out) = (&mut self.random, &mut self.out);
        self.gossip.tick(now, peers, random, out);
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

    pub(super) fn close_conn(&mut self, conn: ConnId, reason: CloseReason, now: Time) {
        if self.peers.get(conn).is_none() {
            return;
        }
        if let CloseReason::Misbehaved(why) = &reason
            && let Some(ip) = self.peers.get(conn).map(|peer| peer.addr.ip())
            && self.peers.is_banned(ip, now)
        {
            let why = why.clone();
            if self.strangers.tells(Deed::Banned, now) {
                self.event(now, EventKind::Banned { ip, why });
            }
        }
        let why = (reason != CloseReason::Duplicate).then(|| reason.to_string());
        self.outputs.push_back(Output::Close(conn, reason));
        self.forget(conn, why.as_deref(), now);
    }

    /// The other end, or the network, has ended a connection.
    pub(super) fn disconnected(&mut self, conn: ConnId, why: &str, now: Time) {
        let is_loss = !self.peers.is_replaced(conn, why);
        self.forget(conn, is_loss.then_some(why), now);
    }

    /// A connection is gone: nothing of it is left anywhere. Without a reason it is not told.
    pub(super) fn forget(&mut self, conn: ConnId, why: Option<&str>, now: Time) {
        let Some(peer) = self.peers.remove(conn) else {
            return;
        };
        let (sync, mut context) = self.sync_at(now);
        sync.disconnected(conn, &mut context);
        self.relay.disconnected(conn, now, &mut self.out);
        self.serve.disconnected(conn);
        self.gossip.disconnected(conn);
        self.book.disconnected(conn, now, &mut self.random);
        if peer.direction == Direction::Outbound && !peer.is_ready() {
            self.book.failed(peer.addr, now, &mut self.random);
        }
        self.is_dial_due = true;
        let Some(why) = why else {
            return;
        };
        if let Some(lost) = peer.predecessor.clone() {
            let (peer, addr, why) = (lost.label, lost.addr, lost.why);
            self.event(now, EventKind::PeerDown { peer, addr, why });
        }
        let is_stranger = peer.direction == Direction::Inbound && !peer.is_ready();
        if peer.is_untold || (is_stranger && !self.strangers.tells(Deed::NoHandshake, now)) {
            return;
        }
        let said = peer.rejected.map(|said| {
            let said = quoted(said.as_str(), QUOTED_MAX);
            format!("{why}; it said {said}")
        });
        let event = EventKind::PeerDown {
            peer: peer.label,
            addr: peer.addr,
            why: said.unwrap_or_else(|| why.to_owned()),
        };
        self.event(now, event);
    }
}

/// What a peer is told that is turned away.
fn refusal(why: &impl ToString) -> Reject {
    Reject {
        command: Text::new("version"),
        item: None,
        why: Text::new(&why.to_string()),
    }
}
