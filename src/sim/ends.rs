//! The two ends of each connection, and what travels between them.

use super::agenda::Slot;
use crate::link::{Conditions, Fate, Fates, Link};
use crate::node::NodeIx;
use crate::node::io::ConnId;
use crate::node::message::{Kind, Message};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// Time in which a dialled address must answer.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Time in which what was sent on a connection may still leave after its end was asked for.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// The first of the ports that outbound connections come from (RFC 6335), and their number.
pub(super) const EPHEMERAL_PORTS: (u64, u64) = (49_152, 16_384);

/// What travels on a link.
#[derive(Clone)]
pub(super) enum Frame {
    Open,
    Accept,
    Refuse,
    End,
    /// Bytes of the message that follows, as far as they went ahead of it.
    Part,
    Message(Message),
    /// Bytes of a message that does not arrive.
    Lost,
    /// A message as its kind and payload.
    Encoded(Kind, Vec<u8>),
    /// A piece of what actors say to each other in a protocol of their own.
    Bytes(Bytes),
}

/// Who is connected, and what the links between them are like.
#[derive(Clone, Default)]
pub(super) struct Net {
    pub(super) ends: BTreeMap<ConnId, End>,
    pub(super) connections: u64,
    pub(super) by_addr: BTreeMap<SocketAddr, NodeIx>,
    pub(super) default: Conditions,
    pub(super) conditions: BTreeMap<(NodeIx, NodeIx), Conditions>,
    /// What is to become of the next messages.
    pub(super) fates: BTreeMap<(NodeIx, NodeIx), Fates>,
}

#[derive(Clone)]
pub(super) struct End {
    pub(super) owner: NodeIx,
    pub(super) state: State,
    /// The address of the other end, as this one knows it.
    pub(super) other: SocketAddr,
    pub(super) out: Link<Frame>,
    /// When something is due on `out`.
    pub(super) due: Option<Slot>,
    /// When the dial, or sending after a close, is given up.
    pub(super) timeout: Option<Slot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It dialled, and waits for an answer.
    Dialling,
    /// It was dialled, and does not know yet.
    Dialled,
    Up,
    Gone,
}

/// The other end of the same connection.
pub(super) fn partner(conn: ConnId) -> ConnId {
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

    /// What becomes of a message that leaves an end.
    pub(super) fn fate(&mut self, conn: ConnId, kind: Kind) -> Option<Fate> {
        if self.fates.is_empty() {
            return None;
        }
        let way = (
            self.ends.get(&conn)?.owner,
            self.ends.get(&partner(conn))?.owner,
        );
        let fates = self.fates.get_mut(&way)?;
        let fate = fates.take(kind);
        if fates.is_empty() {
            self.fates.remove(&way);
        }
        fate
    }

    pub(super) fn connections(&self) -> usize {
        self.ends.len() / 2
    }

    /// Ends of connections that a host still has to do with.
    pub(super) fn ends_of(&self, owner: NodeIx) -> Vec<ConnId> {
        let own = |end: &&End| end.owner == owner && end.state != State::Gone;
        let ends = self.ends.iter().filter(|(_, end)| own(end));
        ends.map(|(conn, _)| *conn).collect()
    }

    /// Ends whose links lead from one host to another.
    pub(super) fn ends_between(&self, from: NodeIx, to: NodeIx) -> Vec<ConnId> {
        let leads = |(conn, end): &(&ConnId, &End)| {
            end.owner == from && self.ends[&partner(**conn)].owner == to
        };
        let ends = self.ends.iter().filter(leads);
        ends.map(|(conn, _)| *conn).collect()
    }
}
