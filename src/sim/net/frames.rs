//! What travels on the links, and what is due on them: see the drawing in [`net`](super).

use crate::link::{Conditions, Fate, Refused};
use crate::node::NodeIx;
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::{FRAME_HEADER_LEN, Message};
use crate::sim::agenda::Due;
use crate::sim::ends::{End, Frame, State, partner};
use crate::sim::world::Sim;
use bytes::Bytes;
use std::time::Duration;

impl Sim {
    pub(in crate::sim) fn send(&mut self, ix: NodeIx, conn: ConnId, message: Message) {
        let Some(end) = self.net.ends.get(&conn) else {
            return;
        };
        if end.owner != ix || end.state != State::Up {
            return;
        }
        match self.net.fate(conn, message.kind()) {
            None => self.put_message(ix, conn, message, Duration::ZERO),
            Some(Fate::Delay(held)) => self.put_message(ix, conn, message, held),
            Some(Fate::Drop) => {
                let bytes = message.wire_len();
                self.put_pieces(conn, bytes, Frame::Lost, Duration::ZERO);
            }
            Some(Fate::Repeat) => {
                self.put_message(ix, conn, message.clone(), Duration::ZERO);
                self.put_message(ix, conn, message, Duration::ZERO);
            }
        }
    }

    fn put_message(&mut self, ix: NodeIx, conn: ConnId, message: Message, held: Duration) {
        let bytes = message.wire_len();
        let frame = self.frame(ix, message);
        self.put_pieces(conn, bytes, frame, held);
    }

    /// Puts a message on a link, in pieces as they leave; the last arrives so much later.
    fn put_pieces(&mut self, conn: ConnId, mut bytes: usize, last: Frame, held: Duration) {
        let Some(piece) = self.net.ends.get(&conn).map(|end| end.out.piece()) else {
            return;
        };
        let is_lost = matches!(last, Frame::Lost);
        while bytes > piece {
            let part = if is_lost { Frame::Lost } else { Frame::Part };
            self.put(conn, piece, part);
            bytes -= piece;
        }
        self.put_late(conn, bytes, last, held);
    }

    /// Puts bytes of an actor on a link, in pieces as they would leave.
    pub(in crate::sim) fn send_bytes(&mut self, ix: NodeIx, conn: ConnId, mut bytes: Bytes) {
        let Some(end) = self.net.ends.get(&conn) else {
            return;
        };
        if end.owner != ix || end.state != State::Up {
            return;
        }
        let piece = end.out.piece();
        while !bytes.is_empty() {
            let part = bytes.split_to(piece.min(bytes.len()));
            self.put(conn, part.len(), Frame::Bytes(part));
        }
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
            (Frame::Bytes(bytes), State::Up) => self.give_bytes(owner, conn, &bytes),
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
    pub(super) fn put(&mut self, conn: ConnId, bytes: usize, frame: Frame) {
        self.put_late(conn, bytes, frame, Duration::ZERO);
    }

    fn put_late(&mut self, conn: ConnId, bytes: usize, frame: Frame, held: Duration) {
        let now = self.now();
        let Some(end) = self.net.ends.get_mut(&conn) else {
            return;
        };
        match end.out.push_late(now, bytes, frame, held) {
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

    pub(super) fn end(&mut self, conn: ConnId) -> &mut End {
        let end = self.net.ends.get_mut(&conn);
        end.expect("what is due for an end goes with it")
    }
}
