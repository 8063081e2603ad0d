//! Connections between hosts: two links each, one for either direction.
//!
//! A connection has two ends with numbers of their own, 2n for who dialled and 2n + 1. What TCP
//! does with packets of its own travels on the links as well, in order with the messages:
//!
//! ```text
//! dialler                      acceptor
//!    │── Open ──────────────────▶│  Connected, or Refuse if nobody listens
//!    │◀───────────────── Accept ─│
//! Connected                      │
//!    │◀════════ messages ═══════▶│
//!    │── End ───────────────────▶│  Disconnected
//! ```
//!
//! So a dial takes a round trip, an acceptor knows half of one earlier than the dialler, and in a
//! black hole nobody learns anything until it closes. An end that has nothing to do with the
//! connection any more, because it closed it or heard of its end, is *gone*; when both are,
//! nothing is left of the connection.

mod conns;

use super::Sim;
use super::agenda::{Due, Slot};
use crate::link::{Conditions, Link, Refused};
use crate::node::NodeIx;
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::{FRAME_HEADER_LEN, Kind, Message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// Time in which a dialled address must answer.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Time in which what was sent on a connection may still leave after its end was asked for.
const LINGER: Duration = Duration::from_secs(1);

/// The first of the ports that outbound connections come from (RFC 6335), and their number.
const EPHEMERAL_PORTS: (u64, u64) = (49_152, 16_384);

/// What travels on a link.
#[derive(Clone)]
enum Frame {
    Open,
    Accept,
    Refuse,
    End,
    /// Bytes of the message that follows, as far as they went ahead of it.
    Part,
    Message(Message),
    /// A message as its kind and payload.
    Encoded(Kind, Vec<u8>),
}

/// Who is connected, and what the links between them are like.
#[derive(Clone, Default)]
pub(in crate::sim) struct Net {
    ends: BTreeMap<ConnId, End>,
    connections: u64,
    by_addr: BTreeMap<SocketAddr, NodeIx>,
    pub(in crate::sim) default: Conditions,
    conditions: BTreeMap<(NodeIx, NodeIx), Conditions>,
}

#[derive(Clone)]
struct End {
    owner: NodeIx,
    state: State,
    /// The address of the other end, as this one knows it.
    other: SocketAddr,
    out: Link<Frame>,
    /// When something is due on `out`.
    due: Option<Slot>,
    /// When the dial, or sending after a close, is given up.
    timeout: Option<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It dialled, and waits for an answer.
    Dialling,
    /// It was dialled, and does not know yet.
    Dialled,
    Up,
    Gone,
}

/// The other end of the same connection.
fn partner(conn: ConnId) -> ConnId {
    ConnId(conn.0 ^ 1)
}

impl Net {
    pub(in crate::sim) fn listen(&mut self, addr: SocketAddr, ix: NodeIx) {
        self.by_addr.insert(addr, ix);
    }

    pub(in crate::sim) fn conditions(&self, from: NodeIx, to: NodeIx) -> Conditions {
        let set = self.conditions.get(&(from, to));
        set.copied().unwrap_or(self.default)
    }

    pub(in crate::sim) fn connections(&self) -> usize {
        self.ends.len() / 2
    }

    /// Ends of connections that a host still has to do with.
    fn ends_of(&self, owner: NodeIx) -> Vec<ConnId> {
        let own = |end: &&End| end.owner == owner && end.state != State::Gone;
        let ends = self.ends.iter().filter(|(_, end)| own(end));
        ends.map(|(conn, _)| *conn).collect()
    }

    /// Ends whose links lead from one host to another.
    fn ends_between(&self, from: NodeIx, to: NodeIx) -> Vec<ConnId> {
        let leads = |(conn, end): &(&ConnId, &End)| {
            end.owner == from && self.ends[&partner(**conn)].owner == to
        };
        let ends = self.ends.iter().filter(leads);
        ends.map(|(conn, _)| *conn).collect()
    }
}

impl Sim {
    pub(in crate::sim) fn send(&mut self, ix: NodeIx, conn: ConnId, message: Message) {
        let Some(end) = self.net.ends.get(&conn) else {
            return;
        };
        if end.owner != ix || end.state != State::Up {
            return;
        }
        let (mut bytes, piece) = (message.wire_len(), end.out.piece());
        while bytes > piece {
            self.put(conn, piece, Frame::Part);
            bytes -= piece;
        }
        let frame = self.frame(ix, message);
        self.put(conn, bytes, frame);
    }

    /// What a script sends is always encoded: only what has an encoding can reach a node.
    fn frame(&self, from: NodeIx, message: Message) -> Frame {
        if !self.encodes && !self.hosts[from.0].is_script() {
            return Frame::Message(message);
        }
        let mut payload = Vec::new();
        message.encode_into(&mut payload);
        assert_eq!(message.wire_len(), FRAME_HEADER_LEN + payload.len());
        Frame::Encoded(message.kind(), payload)
    }

    /// Something is due on the link out of an end.
    pub(in crate::sim) fn link_due(&mut self, conn: ConnId) {
        let now = self.now();
        let end = self.end(conn);
        end.due = None;
        let (owner, left) = (end.owner, end.out.take_left(now));
        if left > 0 && end.state == State::Up {
            self.give(owner, Input::Sent(conn, left));
        }
        // Whatever a host does about a frame may end the connection.
        while let Some(frame) = self
            .net
            .ends
            .get_mut(&conn)
            .and_then(|end| end.out.pop(now))
        {
            self.arrive(partner(conn), frame);
        }
        self.set_due(conn);
    }

    /// A frame arrives at an end.
    fn arrive(&mut self, conn: ConnId, frame: Frame) {
        let end = self.end(conn);
        let (owner, other) = (end.owner, end.other);
        match (frame, end.state) {
            (Frame::Open, State::Dialled) => self.opened(conn),
            (Frame::Accept, State::Dialling) => {
                self.connected(conn, Direction::Outbound);
            }
            (Frame::Refuse, State::Dialling) => {
                self.leave(conn);
                let why = "connection refused".to_owned();
                self.give(owner, Input::DialFailed { addr: other, why });
            }
            (Frame::Part, State::Up) => self.give(owner, Input::Progress(conn)),
            (Frame::Message(message), State::Up) => {
                self.give(owner, Input::Received(conn, message));
            }
            (Frame::Encoded(kind, payload), State::Up) => {
                let input = match Message::decode(kind, &payload, &self.params) {
                    Ok(message) => Input::Received(conn, message),
                    Err(error) => Input::BadFrame(conn, error.to_string()),
                };
                self.give(owner, input);
            }
            (Frame::End, State::Up) => {
                self.leave(conn);
                let why = "closed by the other side".to_owned();
                self.give(owner, Input::Disconnected(conn, why));
            }
            // Too late: this end is gone, or the dialler was before it was heard.
            (Frame::End, _) => self.leave(conn),
            _ => {}
        }
    }

    /// Changes one direction of what is between two hosts.
    pub(in crate::sim) fn change_link(&mut self, from: NodeIx, to: NodeIx, conditions: Conditions) {
        self.net.conditions.insert((from, to), conditions);
        let now = self.now();
        for conn in self.net.ends_between(from, to) {
            // Both ends of a host that dialled itself are between the two.
            let Some(end) = self.net.ends.get_mut(&conn) else {
                continue;
            };
            end.out.set(now, conditions);
            if end.out.is_severed() {
                self.severed(conn);
                self.severed(partner(conn));
            } else {
                self.set_due(conn);
            }
        }
    }

    /// Puts a frame on the link out of an end, if it is still there.
    fn put(&mut self, conn: ConnId, bytes: usize, frame: Frame) {
        let now = self.now();
        let Some(end) = self.net.ends.get_mut(&conn) else {
            return;
        };
        match end.out.push(now, bytes, frame) {
            Ok(()) => self.set_due(conn),
            Err(why) => self.overfull(conn, why),
        }
    }

    /// The owner of this end sends more than a link takes: the connection breaks.
    fn overfull(&mut self, conn: ConnId, why: Refused) {
        let now = self.now();
        let end = self.end(conn);
        let (owner, was) = (end.owner, end.state);
        end.out.drop_unsent(now);
        // With all that room taken by what is on its way, the other end finds out by itself.
        let _ = end.out.push(now, 0, Frame::End);
        self.set_due(conn);
        self.leave(conn);
        if was == State::Up {
            self.give_soon(owner, Input::Disconnected(conn, why.to_string()));
        }
    }

    fn set_due(&mut self, conn: ConnId) {
        if let Some(end) = self.net.ends.get_mut(&conn) {
            let at = end.out.deadline();
            self.agenda.move_to(&mut end.due, at, Due::Link(conn));
        }
    }

    fn end(&mut self, conn: ConnId) -> &mut End {
        let end = self.net.ends.get_mut(&conn);
        end.expect("what is due for an end goes with it")
    }
}
