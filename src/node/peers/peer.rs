//! One connection: how it begins, and what is due on it.

use super::evict::Origin;
use super::{HANDSHAKE_MAX, IDLE_MAX, PONG_MAX, Peer, Skew};
use crate::chain::key::PublicKey;
use crate::node::handshake::Handshake;
use crate::node::io::{ConnId, Direction, PeerLabel};
use crate::node::time::Time;
use std::net::SocketAddr;
use std::sync::Arc;

impl Peer {
    /// One that has said nothing yet, on a connection on which `nonce` is sent.
    pub(super) fn new(
        (conn, addr, direction): (ConnId, SocketAddr, Direction),
        nonce: u64,
        now: Time,
    ) -> Self {
        let name = Arc::from(addr.to_string());
        Self {
            label: PeerLabel { conn, name },
            addr,
            direction,
            since: now,
            version: None,
            unsent: 0,
            rejected: None,
            predecessor: None,
            is_untold: false,
            origin: Origin::of(addr.ip()),
            handshake: Handshake::new(nonce),
            their_nonce: 0,
            last_byte: now,
            ping: None,
            ping_due: None,
            round_trip: None,
            fastest: None,
            brought_block: None,
            brought_tx: None,
            clock: Skew::NONE,
            received: 0,
            sent: 0,
            score: 0,
        }
    }

    /// Whether the handshake is complete.
    pub fn is_ready(&self) -> bool {
        self.version.is_some()
    }

    /// Where it says that it listens: its own port, at the address that the connection shows.
    pub fn listen(&self) -> Option<SocketAddr> {
        let listen = self.version.as_ref()?.listen?;
        (listen.port() != 0).then(|| SocketAddr::new(self.addr.ip(), listen.port()))
    }

    /// The key of the node, proven or only shown so far.
    pub(super) fn id(&self) -> Option<&PublicKey> {
        let proven = self.version.as_ref().map(|version| &version.id);
        proven.or(self.handshake.claimed())
    }

    pub(super) fn idle_since(&self) -> Time {
        self.last_byte
    }

    pub(super) fn deadline(&self) -> Time {
        let mut deadline = self.idle_since() + IDLE_MAX;
        if !self.is_ready() {
            deadline = deadline.min(self.since + HANDSHAKE_MAX);
        }
        if let Some((_, asked)) = self.ping {
            deadline = deadline.min(asked + PONG_MAX);
        }
        self.ping_due.map_or(deadline, |due| deadline.min(due))
    }

    pub(super) fn overdue(&self, now: Time) -> Option<&'static str> {
        let pong_missing = |(_, asked): (u64, Time)| now - asked >= PONG_MAX;
        if now - self.idle_since() >= IDLE_MAX {
            Some("no byte moved for 20 s")
        } else if !self.is_ready() && now - self.since >= HANDSHAKE_MAX {
            Some("no handshake within 20 s")
        } else if self.ping.is_some_and(pong_missing) {
            Some("no pong for 1 200 s")
        } else {
            None
        }
    }
}
