//! How connections begin, what a complete handshake sets off, and how they end.

use super::has::{Done, HasConns, NewPeer};
use super::talk::ConnTalk;
use crate::node::foreign::{QUOTED_MAX, quoted};
use crate::node::handshake::{self, HandshakeError};
use crate::node::io::{CloseReason, ConnId, Direction, EventKind, Output};
use crate::node::message::{Message, Reject, Text, Version};
use crate::node::peers::strangers::Deed;
use crate::node::peers::user_agent;
use crate::node::time::Time;
use std::collections::VecDeque;
use std::net::SocketAddr;

impl<N: HasConns> ConnLife for N {}

/// Connections of a node, from their beginning to their end.
pub(in crate::node) trait ConnLife: HasConns + ConnTalk {
    /// A connection stands.
    fn connected(&mut self, conn: ConnId, direction: Direction, addr: SocketAddr, now: Time) {
        let conns = self.conns_mut();
        if direction == Direction::Outbound && conns.book.is_dropped(&addr) {
            // It was dropped while it was being dialled.
            let reason = CloseReason::Asked;
            conns.outputs.push_back(Output::Close(conn, reason));
            return;
        }
        let nonce = conns.random.nonce();
        match conns.peers.connected((conn, addr, direction), nonce, now) {
            Ok(Some(other)) => self.turn_out(other, now),
            Ok(None) => {}
            Err(reason) => {
                if direction == Direction::Outbound {
                    conns.book.failed(addr, now, &mut conns.random);
                    conns.is_dial_due = true;
                } else {
                    conns.strangers.turned_away(&reason.to_string(), now);
                    // An honest one knows why, and when to try again: see its address book.
                    let why = Message::Reject(Box::new(refusal(&reason)));
                    conns.outputs.push_back(Output::Send(conn, why));
                }
                conns.outputs.push_back(Output::Close(conn, reason));
                return;
            }
        }
        let version = Message::Version(Box::new(self.version(nonce)));
        self.conns_mut().out.send(conn, version);
    }

    /// Who this node is, on a connection on which this nonce is sent.
    fn version(&self, nonce: u64) -> Version {
        let (conns, hello) = (self.conns(), self.hello());
        Version {
            protocol: handshake::PROTOCOL,
            network: conns.peers.us().network,
            nonce,
            id: conns.peers.us().id,
            listen: conns.config.listen,
            height: hello.height,
            role: conns.config.role,
            user_agent: user_agent(&conns.config.name),
            services: hello.services,
            wants_txs: hello.wants_txs,
        }
    }

    /// A `version` came in.
    fn received_version(&mut self, conn: ConnId, version: Box<Version>, now: Time) {
        let conns = self.conns_mut();
        match conns.peers.received_version(conn, version) {
            Ok(Some(verack)) => conns.out.send(conn, Message::Verack(verack)),
            Ok(None) => {}
            Err(HandshakeError::Itself) => {
                let peer = conns.peers.get(conn);
                let dialled = peer.filter(|peer| peer.direction == Direction::Outbound);
                if let Some(addr) = dialled.map(|peer| peer.addr) {
                    conns.book.is_own(addr, now, &mut conns.random);
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
    ///
    /// # Errors
    /// [`StoreFault`](crate::node::StoreFault).
    fn peer_ready(&mut self, conn: ConnId, rival: Option<ConnId>, now: Time) -> Done {
        let Some(peer) = self.conns().peers.get(conn) else {
            return Ok(());
        };
        let (addr, direction, listen) = (peer.addr, peer.direction, peer.listen());
        let Some(version) = peer.version.as_deref() else {
            return Ok(());
        };
        let new = NewPeer {
            conn,
            claimed: version.height,
            services: version.services,
            wants_txs: version.wants_txs,
        };
        let kept = rival.map_or(conn, |ended| self.end_rival(conn, ended, now));
        if kept != conn || !self.takes_seat(conn, now) {
            return Ok(());
        }
        let conns = self.conns_mut();
        if direction == Direction::Outbound {
            conns.book.reached(addr, conn, now);
        }
        conns.is_dial_due = true;
        let predecessor = conns.peers.get_mut(conn);
        let predecessor = predecessor.and_then(|peer| peer.predecessor.take());
        if let Some(predecessor) = &predecessor
            && predecessor.direction == Direction::Outbound
        {
            conns.book.reached(predecessor.addr, conn, now);
        }
        // A second connection with the same node is no news: it was up, and is.
        if rival.is_none() && predecessor.is_none() {
            self.tell_peer_up(conn, now);
        }
        self.ask_for_addresses(conn, (addr, listen), now);
        self.met(&new, now)
    }

    /// Asks a new peer for addresses, and takes its own.
    fn ask_for_addresses(
        &mut self,
        conn: ConnId,
        (addr, listen): (SocketAddr, Option<SocketAddr>),
        now: Time,
    ) {
        let conns = self.conns_mut();
        conns.out.send(conn, Message::GetAddr);
        let listen: Vec<SocketAddr> = listen.into_iter().collect();
        let (book, random) = (&mut conns.book, &mut conns.random);
        let new = book.learn(conn, addr.ip(), &listen, now, random);
        self.learnt(conn, new, true, now);
    }

    /// Ends one of two connections with the same node, of which `conn` is the newer. Returns the one
    /// that stays.
    fn end_rival(&mut self, conn: ConnId, ended: ConnId, now: Time) -> ConnId {
        let peers = &self.conns().peers;
        let kept = match ended == conn {
            true => peers.same_node(conn).unwrap_or(conn),
            false => conn,
        };
        let dialled = peers.get(ended);
        let dialled = dialled.map(|peer| (peer.addr, peer.direction));
        self.end(ended, CloseReason::Duplicate, now);
        if let Some((addr, Direction::Outbound)) = dialled {
            self.conns_mut().book.reached(addr, kept, now);
        }
        kept
    }

    /// Tells of a peer that has shaken hands, or counts it.
    fn tell_peer_up(&mut self, conn: ConnId, now: Time) {
        let conns = self.conns_mut();
        let Some(peer) = conns.peers.get_mut(conn) else {
            return;
        };
        let (addr, direction) = (peer.addr, peer.direction);
        let is_told = direction == Direction::Outbound || conns.strangers.tells(Deed::Came, now);
        peer.is_untold = !is_told;
        if is_told {
            let event = EventKind::PeerUp {
                peer: peer.label.clone(),
                addr,
                direction,
            };
            conns.event(now, event);
        }
    }

    /// A peer that has shaken hands takes a seat, if need be another one's. Whether there is one.
    fn takes_seat(&mut self, conn: ConnId, now: Time) -> bool {
        match self.conns().peers.seated(conn, now) {
            Ok(None) => true,
            Ok(Some(other)) => {
                self.turn_out(other, now);
                true
            }
            Err(reason) => {
                let strangers = &mut self.conns_mut().strangers;
                strangers.turned_away(&reason.to_string(), now);
                self.end_in_words(conn, reason, true, now);
                false
            }
        }
    }

    /// A connection makes room for another. Of one that never came to a handshake nothing else is told.
    fn turn_out(&mut self, conn: ConnId, now: Time) {
        let conns = self.conns_mut();
        let is_stranger = conns.peers.get(conn).is_some_and(|peer| !peer.is_ready());
        conns.strangers.tells(Deed::TurnedOut, now);
        self.end_in_words(conn, CloseReason::TurnedOut, is_stranger, now);
    }

    /// Ends a connection, and tells the other end why. `is_counted`: nothing else is told of it.
    fn end_in_words(&mut self, conn: ConnId, reason: CloseReason, is_counted: bool, now: Time) {
        if let Some(peer) = self.conns_mut().peers.get_mut(conn) {
            peer.is_untold |= is_counted;
        }
        let why = Message::Reject(Box::new(refusal(&reason)));
        self.send(conn, why, now);
        self.end(conn, reason, now);
    }

    /// Addresses that are new here: whom to dial, and news for others.
    fn learnt(&mut self, from: ConnId, new: Vec<SocketAddr>, is_news: bool, now: Time) {
        if new.is_empty() {
            return;
        }
        let conns = self.conns_mut();
        conns.is_dial_due = true;
        conns.unwritten(now);
        if !is_news {
            return;
        }
        conns.gossip.learnt(from, &new);
        conns.tell_news(now);
    }

    /// Ends a connection: what is to be sent on it first still is.
    fn end(&mut self, conn: ConnId, reason: CloseReason, now: Time) {
        let mut kept = VecDeque::new();
        for (to, message) in std::mem::take(&mut self.conns_mut().out.sends) {
            if to == conn {
                self.send(conn, message, now);
            } else {
                kept.push_back((to, message));
            }
        }
        let sends = &mut self.conns_mut().out.sends;
        kept.append(sends);
        *sends = kept;
        self.close_conn(conn, reason, now);
    }

    /// Ends connections that have let us wait for too long.
    fn end_late(&mut self, late: impl IntoIterator<Item = (ConnId, &'static str)>, now: Time) {
        for (conn, why) in late {
            self.end(conn, CloseReason::TimedOut(why.to_owned()), now);
        }
    }

    /// Ends a connection at once.
    fn close_conn(&mut self, conn: ConnId, reason: CloseReason, now: Time) {
        let conns = self.conns_mut();
        if conns.peers.get(conn).is_none() {
            return;
        }
        if let CloseReason::Misbehaved(why) = &reason
            && let Some(ip) = conns.peers.get(conn).map(|peer| peer.addr.ip())
            && conns.peers.is_banned(ip, now)
        {
            let why = why.clone();
            if conns.strangers.tells(Deed::Banned, now) {
                conns.event(now, EventKind::Banned { ip, why });
            }
        }
        let why = (reason != CloseReason::Duplicate).then(|| reason.to_string());
        conns.outputs.push_back(Output::Close(conn, reason));
        self.forget(conn, why.as_deref(), now);
    }

    /// The other end, or the network, has ended a connection.
    fn disconnected(&mut self, conn: ConnId, why: &str, now: Time) {
        let is_loss = !self.conns_mut().peers.is_replaced(conn, why);
        self.forget(conn, is_loss.then_some(why), now);
    }

    /// A connection is gone: nothing of it is left anywhere. Without a reason it is not told.
    fn forget(&mut self, conn: ConnId, why: Option<&str>, now: Time) {
        let Some(peer) = self.conns_mut().peers.remove(conn) else {
            return;
        };
        self.lost(conn, now);
        let conns = self.conns_mut();
        conns.gossip.disconnected(conn);
        conns.book.disconnected(conn, now, &mut conns.random);
        if peer.direction == Direction::Outbound && !peer.is_ready() {
            conns.book.failed(peer.addr, now, &mut conns.random);
        }
        conns.is_dial_due = true;
        let Some(why) = why else {
            return;
        };
        if let Some(lost) = peer.predecessor.clone() {
            let (peer, addr, why) = (lost.label, lost.addr, lost.why);
            conns.event(now, EventKind::PeerDown { peer, addr, why });
        }
        let is_stranger = peer.direction == Direction::Inbound && !peer.is_ready();
        if peer.is_untold || (is_stranger && !conns.strangers.tells(Deed::NoHandshake, now)) {
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
        conns.event(now, event);
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
