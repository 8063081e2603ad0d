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

use super::agenda::{Due, Slot};
use super::{NodeIx, Sim};
use crate::link::{Conditions, Link, LinkState, Refused};
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::{FRAME_HEADER_LEN, Message};
use rand_core::Rng;
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
enum Frame {
    Open,
    Accept,
    Refuse,
    End,
    /// Bytes of the message that follows, as far as they went ahead of it.
    Part,
    Message(Message),
    /// A message as its command and payload.
    Encoded(&'static str, Vec<u8>),
}

/// Who is connected, and what the links between them are like.
#[derive(Default)]
pub(super) struct Net {
    ends: BTreeMap<ConnId, End>,
    connections: u64,
    by_addr: BTreeMap<SocketAddr, NodeIx>,
    pub(super) default: Conditions,
    conditions: BTreeMap<(NodeIx, NodeIx), Conditions>,
}

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
    pub(super) fn listen(&mut self, addr: SocketAddr, ix: NodeIx) {
        self.by_addr.insert(addr, ix);
    }

    pub(super) fn conditions(&self, from: NodeIx, to: NodeIx) -> Conditions {
        let set = self.conditions.get(&(from, to));
        set.copied().unwrap_or(self.default)
    }

    pub(super) fn connections(&self) -> usize {
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
    pub(super) fn dial(&mut self, ix: NodeIx, addr: SocketAddr) {
        let failed = |why: &str| Input::DialFailed {
            addr,
            why: why.to_owned(),
        };
        let Some(&to) = self.net.by_addr.get(&addr) else {
            return self.give_soon(ix, failed("no route to host"));
        };
        let (out, back) = (self.net.conditions(ix, to), self.net.conditions(to, ix));
        if [out, back].iter().any(|c| c.state == LinkState::Cut) {
            return self.give_soon(ix, failed("the link is cut"));
        }
        let number = self.net.connections;
        self.net.connections += 1;
        let (first, ports) = EPHEMERAL_PORTS;
        let port = u16::try_from(first + number % ports).expect("below 2^16");
        let from = SocketAddr::new(self.hosts[ix.0].addr.ip(), port);
        let conn = ConnId(2 * number);
        self.add_end(conn, ix, State::Dialling, addr, out);
        self.add_end(partner(conn), to, State::Dialled, from, back);
        let give_up = self
            .agenda
            .enter(self.now() + DIAL_TIMEOUT, Due::GiveUp(conn));
        self.end(conn).timeout = Some(give_up);
        self.put(conn, 0, Frame::Open);
    }

    fn add_end(
        &mut self,
        conn: ConnId,
        owner: NodeIx,
        state: State,
        other: SocketAddr,
        conditions: Conditions,
    ) {
        let out = Link::new(conditions, self.draws.next_u64());
        let end = End {
            owner,
            state,
            other,
            out,
            due: None,
            timeout: None,
        };
        self.net.ends.insert(conn, end);
    }

    pub(super) fn send(&mut self, ix: NodeIx, conn: ConnId, message: Message) {
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
        Frame::Encoded(message.command(), payload)
    }

    /// Ends a connection for the host that asks: after what it has sent, or a second later.
    pub(super) fn close(&mut self, ix: NodeIx, conn: ConnId) {
        let own = |end: &&mut End| end.owner == ix && end.state == State::Up;
        if self.net.ends.get_mut(&conn).filter(own).is_none() {
            return;
        }
        let linger = self.now() + LINGER;
        self.put(conn, 0, Frame::End);
        self.leave(conn);
        if let Some(end) = self
            .net
            .ends
            .get_mut(&conn)
            .filter(|end| end.out.has_unsent())
        {
            end.timeout = Some(self.agenda.enter(linger, Due::Linger(conn)));
        }
    }

    /// Ends all connections of a host without another byte of its.
    pub(super) fn reset_all(&mut self, ix: NodeIx) {
        for conn in self.net.ends_of(ix) {
            // Whoever dials it just now is refused when the dial arrives.
            if self.end(conn).state != State::Dialled {
                self.reset(conn);
            }
        }
    }

    fn reset(&mut self, conn: ConnId) {
        let now = self.now();
        self.end(conn).out.drop_unsent(now);
        self.put(conn, 0, Frame::End);
        self.leave(conn);
    }

    /// The dialled address has not answered.
    pub(super) fn give_up(&mut self, conn: ConnId) {
        let end = self.end(conn);
        let (owner, addr) = (end.owner, end.other);
        end.timeout = None;
        self.reset(conn);
        let why = "timed out".to_owned();
        self.give(owner, Input::DialFailed { addr, why });
    }

    /// What a closed connection has not sent by now it never will.
    pub(super) fn linger(&mut self, conn: ConnId) {
        let end = self.end(conn);
        end.timeout = None;
        if end.out.has_unsent() {
            self.reset(conn);
        }
    }

    /// Something is due on the link out of an end.
    pub(super) fn link_due(&mut self, conn: ConnId) {
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
            (Frame::Encoded(command, payload), State::Up) => {
                let input = match Message::decode(command, &payload, &self.params) {
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

    /// Somebody dials the owner of this end.
    fn opened(&mut self, conn: ConnId) {
        let owner = self.end(conn).owner;
        if self.net.ends[&partner(conn)].state == State::Gone {
            self.leave(conn);
        } else if self.hosts[owner.0].listens() {
            self.put(conn, 0, Frame::Accept);
            self.connected(conn, Direction::Inbound);
        } else {
            self.put(conn, 0, Frame::Refuse);
            self.leave(conn);
        }
    }

    fn connected(&mut self, conn: ConnId, direction: Direction) {
        let end = self.net.ends.get_mut(&conn).expect("its frames arrive");
        end.state = State::Up;
        if let Some(slot) = end.timeout.take() {
            self.agenda.cancel(slot);
        }
        let (owner, addr) = (end.owner, end.other);
        let input = Input::Connected {
            conn,
            direction,
            addr,
        };
        self.give(owner, input);
    }

    /// Changes one direction of what is between two hosts.
    pub(super) fn change_link(&mut self, from: NodeIx, to: NodeIx, conditions: Conditions) {
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

    /// The connection was cut: this end knows at once.
    fn severed(&mut self, conn: ConnId) {
        let Some(end) = self.net.ends.get(&conn) else {
            return;
        };
        let (owner, state, addr) = (end.owner, end.state, end.other);
        let why = "the link was cut".to_owned();
        self.leave(conn);
        match state {
            State::Up => self.give_soon(owner, Input::Disconnected(conn, why)),
            State::Dialling => self.give_soon(owner, Input::DialFailed { addr, why }),
            State::Dialled | State::Gone => {}
        }
    }

    /// An end has nothing to do with the connection any more.
    fn leave(&mut self, conn: ConnId) {
        let Some(end) = self.net.ends.get_mut(&conn) else {
            return;
        };
        end.state = State::Gone;
        if let Some(slot) = end.timeout.take() {
            self.agenda.cancel(slot);
        }
        if self.net.ends[&partner(conn)].state == State::Gone {
            for conn in [conn, partner(conn)] {
                let end = self
                    .net
                    .ends
                    .remove(&conn)
                    .expect("both ends stay till then");
                let slots = [end.due, end.timeout].into_iter().flatten();
                slots.for_each(|slot| self.agenda.cancel(slot));
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
