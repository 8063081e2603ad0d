//! One connection: how it begins, and what is due on it.

use super::evict::Origin;
use super::skew::Skew;
use crate::chain::key::PublicKey;
use crate::node::handshake::Handshake;
use crate::node::io::{ConnId, Direction, PeerLabel};
use crate::node::message::{Text, Version};
use crate::node::time::Time;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often a peer is pinged.
pub const PING_INTERVAL: Duration = Duration::from_secs(10);

/// A line on which no byte moved for so long is given up: two pings went unanswered.
pub const IDLE_MAX: Duration = Duration::from_secs(20);

/// A pong may wait behind megabytes on a slow line, in either direction, but not for ever: as in
/// Bitcoin Core.
pub const PONG_MAX: Duration = Duration::from_secs(1_200);

/// From the connection to a complete handshake.
pub const HANDSHAKE_MAX: Duration = Duration::from_secs(20);

/// One connection.
#[derive(Clone)]
pub struct Peer {
    /// Its number, and what who is there is called: see [`Neighbours`](super::Neighbours).
    pub label: PeerLabel,
    /// The other end.
    pub addr: SocketAddr,
    /// Who dialled.
    pub direction: Direction,
    /// Since when.
    pub since: Time,
    /// What the other said of itself; there once the handshake is complete.
    pub version: Option<Box<Version>>,
    /// Bytes handed to the driver that have not left yet.
    pub unsent: u64,
    /// The last `reject` that it sent: why it is going to hang up.
    pub rejected: Option<Text>,
    /// The connection with the same node that it takes the place of. That one was lost if this one
    /// does not come to a handshake.
    pub predecessor: Option<Predecessor>,
    /// That it came was only counted, or it is counted by now: what becomes of it is not told of.
    pub is_untold: bool,
    /// Where it comes from, as seats are counted.
    pub(super) origin: Origin,
    pub(super) handshake: Handshake,
    pub(super) their_nonce: u64,
    pub(super) last_byte: Time,
    pub(super) ping: Option<(u64, Time)>,
    pub(super) ping_due: Option<Time>,
    pub(super) round_trip: Option<Duration>,
    /// The shortest round trip so far.
    pub(super) fastest: Option<Duration>,
    /// When it was last the first to bring a block, and a transaction that was taken.
    pub(super) brought_block: Option<Time>,
    pub(super) brought_tx: Option<Time>,
    pub(super) clock: Skew,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) score: u32,
}

/// A connection that its other end has closed while another with the same node was beginning.
#[derive(Clone, Debug)]
pub struct Predecessor {
    /// Its number, and the name of who was there.
    pub label: PeerLabel,
    /// The other end.
    pub addr: SocketAddr,
    /// Who dialled.
    pub direction: Direction,
    /// How it ended.
    pub why: String,
}

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
