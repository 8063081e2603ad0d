//! Where each input goes, and each message: what is about connections is done here, and all else is the
//! node's.

use super::has::{Done, HasConns};
use super::life::ConnLife;
use crate::node::gossip::GOSSIP_MAX;
use crate::node::io::{CloseReason, ConnId, EventKind, Halt, Input, Output};
use crate::node::message::Message;
use crate::node::outbox::MALICE;
use crate::node::peers::Peer;
use crate::node::serve;
use crate::node::snapshot::PeerInfo;
use crate::node::time::Time;
use std::net::SocketAddr;

impl<N: HasConns> ConnTalk for N {}

/// What goes in and out of a node.
pub(in crate::node) trait ConnTalk: HasConns {
    /// Takes one input.
    ///
    /// # Errors
    /// [`Halt`]: the machine failed, and the node takes nothing any more.
    fn take(&mut self, now: Time, input: Input) -> Result<(), Halt> {
        self.conns().check_running()?;
        let handled = self.route(now, input).and_then(|()| self.settle(now));
        handled.map_err(|fault| self.conns_mut().halt(fault))
    }

    /// Where an input goes.
    ///
    /// # Errors
    /// [`StoreFault`](crate::node::StoreFault).
    fn route(&mut self, now: Time, input: Input) -> Done {
        match input {
            Input::Connected {
                conn,
                direction,
                addr,
            } => self.connected(conn, direction, addr, now),
            Input::DialFailed { addr, why } => {
                let conns = self.conns_mut();
                conns.book.failed(addr, now, &mut conns.random);
                conns.is_dial_due = true;
                conns.event(now, EventKind::DialFailed { addr, why });
            }
            Input::Received(conn, message) => return self.received(conn, message, now),
            Input::Progress(conn) => self.conns_mut().peers.received_bytes(conn, 0, now),
            Input::BadFrame(conn, why) => {
                self.close_conn(conn, CloseReason::BadFrame(why), now);
            }
            Input::Sent(conn, bytes) => {
                self.conns_mut().peers.sent_bytes(conn, bytes, now);
                return self.handle_more(input, now);
            }
            Input::Disconnected(conn, why) => self.disconnected(conn, &why, now),
            Input::StoodStill(time) => {
                self.conns_mut().peers.stood_still(time, now);
                return self.handle_more(input, now);
            }
            Input::Tick | Input::Command(..) | Input::Solved(_) => {
                return self.handle_more(input, now);
            }
        }
        Ok(())
    }

    /// A message came in.
    ///
    /// # Errors
    /// [`StoreFault`](crate::node::StoreFault).
    fn received(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        let conns = self.conns_mut();
        let Some(peer) = conns.peers.get(conn) else {
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
        conns.peers.received_bytes(conn, bytes, now);
        conns.event(now, event);
        match message {
            Message::Version(version) => self.received_version(conn, version, now),
            Message::Verack(signature) if !is_ready => {
                let done = conns.peers.received_verack(conn, &signature, now);
                match done {
                    Ok(rival) => return self.peer_ready(conn, rival, now),
                    Err(error) => self.end(conn, CloseReason::Handshake(error.to_string()), now),
                }
            }
            Message::Reject(reject) => {
                if let Some(peer) = conns.peers.get_mut(conn) {
                    peer.rejected = Some(reject.why);
                }
            }
            other if !is_ready => {
                let why = format!("{} before the handshake", other.command());
                conns.out.blame(conn, MALICE, why);
            }
            other => return self.received_after_handshake(conn, other, now),
        }
        Ok(())
    }

    /// A message came in from a peer that has shaken hands.
    ///
    /// # Errors
    /// [`StoreFault`](crate::node::StoreFault).
    fn received_after_handshake(&mut self, conn: ConnId, message: Message, now: Time) -> Done {
        let conns = self.conns_mut();
        match message {
            Message::Verack(_) => conns.out.blame(conn, MALICE, "a second verack"),
            Message::Ping(nonce) => {
                let shown = conns.clock.shows(now);
                conns.out.send(conn, Message::Pong(nonce, shown));
            }
            Message::Pong(nonce, theirs) => {
                let theirs = conns.clock.rightly(theirs);
                let skew = conns.peers.received_pong(conn, (nonce, theirs), now);
                if let Some((skew, peer)) = skew.zip(conns.peers.label(conn)) {
                    let ahead_ms = skew.ahead_ms();
                    conns.event(now, EventKind::ClockSkew { peer, ahead_ms });
                }
            }
            Message::GetAddr => self.received_getaddr(conn),
            Message::Addr(addrs) => self.received_addr(conn, &addrs, now),
            other => return self.received_more(conn, other, now),
        }
        Ok(())
    }

    /// A peer asks for addresses.
    fn received_getaddr(&mut self, conn: ConnId) {
        let conns = self.conns_mut();
        let without = conns.peers.get(conn).and_then(Peer::listen);
        let addrs = conns.book.answer(conn, without, &mut conns.random);
        if !addrs.is_empty() {
            conns.out.send(conn, Message::Addr(addrs));
        }
    }

    /// A peer tells addresses.
    fn received_addr(&mut self, conn: ConnId, addrs: &[SocketAddr], now: Time) {
        let conns = self.conns_mut();
        let Some(ip) = conns.peers.get(conn).map(|peer| peer.addr.ip()) else {
            return;
        };
        let is_news = addrs.len() <= GOSSIP_MAX;
        let new = conns.book.learn(conn, ip, addrs, now, &mut conns.random);
        self.learnt(conn, new, is_news, now);
    }

    /// Tells what strangers did, if it is time to.
    fn tell_strangers(&mut self, now: Time) {
        let conns = self.conns_mut();
        if let Some(sums) = conns.strangers.due(now) {
            conns.event(now, EventKind::Strangers(sums));
        }
    }

    /// Sends what managers left to be sent, and ends connections that they complained about.
    fn send_and_judge(&mut self, now: Time) {
        loop {
            self.send_all(now);
            let conns = self.conns_mut();
            let Some(blame) = conns.out.blames.pop() else {
                break;
            };
            let (conn, points) = (blame.conn, blame.points);
            if let Some(reason) = conns.peers.punish(conn, points, &blame.why, now) {
                self.end(conn, reason, now);
            }
        }
    }

    /// Sends what managers left to be sent.
    fn send_all(&mut self, now: Time) {
        while let Some((conn, message)) = self.conns_mut().out.sends.pop_front() {
            self.send(conn, message, now);
        }
    }

    /// Sends a message.
    fn send(&mut self, conn: ConnId, message: Message, now: Time) {
        let conns = self.conns_mut();
        let Some(peer) = conns.peers.get_mut(conn) else {
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
        conns.event(now, event);
        conns.outputs.push_back(Output::Send(conn, message));
    }

    /// Something happened.
    fn event(&mut self, at: Time, kind: EventKind) {
        self.conns_mut().event(at, kind);
    }

    /// Who is connected, as a screen shows it.
    fn peer_infos(&self) -> Vec<PeerInfo> {
        let peers = &self.conns().peers;
        let infos = peers.iter().filter_map(|(conn, _)| {
            let mut info = peers.info(conn)?;
            let (height, in_flight) = self.of_peer(conn);
            info.height = height.unwrap_or(info.height);
            info.blocks_in_flight = in_flight;
            Some(info)
        });
        infos.collect()
    }
}
