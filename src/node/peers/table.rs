//! The table of all peers.

use super::bans::{BAN, Bans};
use super::names::TakenNames;
use super::peer::{PING_INTERVAL, Peer};
use super::skew::Skew;
use crate::chain::key::{PublicKey, Signature};
use crate::node::handshake::{self, HandshakeError, Identity, Rival};
use crate::node::io::{CloseReason, ConnId, PeerLabel};
use crate::node::message::{Role, Version};
use crate::node::snapshot::PeerInfo;
use crate::node::time::{Time, earlier};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Points at which a connection ends.
pub const SCORE_MAX: u32 = 100;

/// Everybody who is connected.
#[derive(Clone)]
pub struct Peers {
    pub(super) us: Identity,
    pub(super) names: TakenNames,
    /// Inbound peers through their handshake.
    pub(super) inbound_max: usize,
    /// Which groups of addresses are lucky here, strangers do not know.
    pub(super) group_secret: u64,
    /// How often a peer came to a handshake or was gone after it.
    pub(super) changes: u64,
    /// Clocks that differ by more are told of.
    pub(super) skew_max: Duration,
    pub(super) peers: BTreeMap<ConnId, Peer>,
    pub(super) bans: Bans,
    /// Bytes that came in, also from peers that are gone.
    pub(super) received: u64,
}

/// What is due for peers as time goes by.
#[derive(Debug, Default)]
pub struct Due {
    /// Pings to send.
    pub pings: Vec<(ConnId, u64)>,
    /// Connections to end.
    pub overdue: Vec<(ConnId, &'static str)>,
}

impl Peers {
    /// No peers yet, on a network on which a block may be so far ahead of a clock. `group_secret` is drawn
    /// for each run.
    pub fn new(
        us: Identity,
        inbound_max: usize,
        future_drift: Duration,
        group_secret: u64,
    ) -> Self {
        Self {
            us,
            names: TakenNames::default(),
            inbound_max,
            group_secret,
            changes: 0,
            skew_max: Skew::most(future_drift),
            peers: BTreeMap::new(),
            bans: Bans::default(),
            received: 0,
        }
    }

    /// Who we are.
    pub fn us(&self) -> &Identity {
        &self.us
    }

    /// A peer.
    pub fn get(&self, conn: ConnId) -> Option<&Peer> {
        self.peers.get(&conn)
    }

    /// A peer, to be changed.
    pub fn get_mut(&mut self, conn: ConnId) -> Option<&mut Peer> {
        self.peers.get_mut(&conn)
    }

    /// Everybody, by connection.
    pub fn iter(&self) -> impl Iterator<Item = (ConnId, &Peer)> {
        self.peers.iter().map(|(conn, peer)| (*conn, peer))
    }

    /// Everybody with a complete handshake.
    pub fn ready(&self) -> impl Iterator<Item = (ConnId, &Peer)> {
        self.iter().filter(|(_, peer)| peer.is_ready())
    }

    /// The label of a connection, for events.
    pub fn label(&self, conn: ConnId) -> Option<PeerLabel> {
        self.peers.get(&conn).map(|peer| peer.label.clone())
    }

    /// Takes a `version`; returns the `verack` to send.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn received_version(
        &mut self,
        conn: ConnId,
        version: Box<Version>,
    ) -> Result<Option<Signature>, HandshakeError> {
        let nonces: Vec<u64> = self.peers.values().map(|p| p.handshake.nonce).collect();
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(None);
        };
        if peer.is_ready() {
            return Err(HandshakeError::SecondVersion);
        }
        peer.their_nonce = version.nonce;
        let is_ours = |nonce| nonces.contains(&nonce);
        let theirs = peer
            .handshake
            .received_version(version, &self.us, is_ours)?;
        Ok(Some(self.us.prove(theirs)))
    }

    /// Takes a `verack`, which completes the handshake. Returns a connection to end because this
    /// one, or that, is the second with the same node.
    ///
    /// # Errors
    /// [`HandshakeError`].
    pub fn received_verack(
        &mut self,
        conn: ConnId,
        signature: &Signature,
        now: Time,
    ) -> Result<Option<ConnId>, HandshakeError> {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Ok(None);
        };
        let version = peer.handshake.received_verack(signature, &self.us)?;
        let name = self.name_for(&version);
        let id = version.id;
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.label.name = name;
            peer.version = Some(version);
            peer.ping_due = Some(now);
        }
        self.changes += 1;
        Ok(self.rival_of(conn, id))
    }

    /// Another connection with the same node.
    pub fn same_node(&self, conn: ConnId) -> Option<ConnId> {
        let id = self.peers.get(&conn)?.version.as_ref()?.id;
        let same = |peer: &Peer| peer.version.as_ref().is_some_and(|v| v.id == id);
        let mut others = self.ready();
        others
            .find(|(other, peer)| *other != conn && same(peer))
            .map(|(other, _)| other)
    }

    fn rival_of(&self, conn: ConnId, id: PublicKey) -> Option<ConnId> {
        let other = self.same_node(conn)?;
        let old = self.peers.get(&other)?;
        let rival = |peer: &Peer| Rival {
            direction: peer.direction,
            our_nonce: peer.handshake.nonce,
            their_nonce: peer.their_nonce,
        };
        let new = rival(self.peers.get(&conn)?);
        let keeps_new = handshake::is_kept(new, rival(old), self.us.id, id);
        Some(if keeps_new { other } else { conn })
    }

    /// Bytes came in; with a message if there are any.
    pub fn received_bytes(&mut self, conn: ConnId, bytes: u64, now: Time) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.last_byte = now;
            peer.received += bytes;
            self.received += bytes;
        }
    }

    /// Bytes that came in since the node started, also from peers that are gone.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes have left.
    pub fn sent_bytes(&mut self, conn: ConnId, bytes: u64, now: Time) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.last_byte = now;
            peer.unsent = peer.unsent.saturating_sub(bytes);
            peer.sent += bytes;
        }
    }

    /// Takes a pong, which says what time it was for the peer. One that was not asked for means
    /// nothing. Returns the difference of the clocks if it has become too large, or is not any more.
    pub fn received_pong(
        &mut self,
        conn: ConnId,
        (nonce, theirs): (u64, Time),
        now: Time,
    ) -> Option<Skew> {
        let peer = self.peers.get_mut(&conn)?;
        let (_, asked) = peer.ping.take_if(|(asked, _)| *asked == nonce)?;
        peer.answered_in(now - asked);
        peer.ping_due = Some(now + PING_INTERVAL);
        let skew = Skew::beyond(self.skew_max, theirs, asked, now);
        let was_told = peer.clock.is_any();
        peer.clock = skew;
        (was_told != skew.is_any()).then_some(skew)
    }

    /// Nothing could come in for so long: no peer is to blame for that silence. A pong that is on its way
    /// says nothing about clocks.
    pub fn stood_still(&mut self, time: Duration, now: Time) {
        for peer in self.peers.values_mut() {
            peer.last_byte = peer.last_byte + time;
            if !peer.is_ready() {
                peer.since = peer.since + time;
            } else if peer.ping.take().is_some() {
                peer.ping_due = Some(now);
            }
        }
    }

    /// What is due; `nonce` draws numbers for pings.
    pub fn tick(&mut self, now: Time, mut nonce: impl FnMut() -> u64) -> Due {
        let mut due = Due::default();
        for (conn, peer) in &mut self.peers {
            if let Some(why) = peer.overdue(now) {
                due.overdue.push((*conn, why));
            } else if peer.ping_due.is_some_and(|at| at <= now) {
                let number = nonce();
                peer.ping = Some((number, now));
                // The next one waits for the answer to this.
                peer.ping_due = None;
                due.pings.push((*conn, number));
            }
        }
        self.bans.tick(now);
        due
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let peers = self.peers.values().map(Peer::deadline).min();
        earlier(peers, self.bans.deadline())
    }

    /// Adds to a peer's score. Returns why its connection is to end, if it is.
    pub fn punish(
        &mut self,
        conn: ConnId,
        points: u32,
        why: &str,
        now: Time,
    ) -> Option<CloseReason> {
        let peer = self.peers.get_mut(&conn)?;
        peer.score = peer.score.saturating_add(points);
        if peer.score < SCORE_MAX {
            return None;
        }
        let ip = peer.addr.ip().to_canonical();
        if !ip.is_loopback() {
            self.ban(ip, now + BAN);
        }
        Some(CloseReason::Misbehaved(why.to_owned()))
    }

    /// Bans an IP.
    pub fn ban(&mut self, ip: IpAddr, until: Time) {
        self.bans.add(ip, until);
    }

    /// Lifts a ban. Whether there was one.
    pub fn unban(&mut self, ip: IpAddr) -> bool {
        self.bans.lift(ip)
    }

    /// Whether an IP is banned.
    pub fn is_banned(&self, ip: IpAddr, now: Time) -> bool {
        self.bans.has(ip, now)
    }

    /// Forgets a connection.
    pub fn remove(&mut self, conn: ConnId) -> Option<Peer> {
        let gone = self.peers.remove(&conn)?;
        self.changes += u64::from(gone.is_ready());
        Some(gone)
    }

    /// A number that is another one whenever a handshake was completed, or a peer is gone that had.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// A peer as a screen shows it, without what other managers know of it.
    pub fn info(&self, conn: ConnId) -> Option<PeerInfo> {
        let peer = self.peers.get(&conn)?;
        let version = peer.version.as_deref();
        Some(PeerInfo {
            conn,
            name: peer.label.name.to_string(),
            addr: peer.addr,
            listen: peer.listen(),
            direction: peer.direction,
            ready: peer.is_ready(),
            role: version.map_or(Role::Full, |v| v.role),
            user_agent: version.map_or(String::new(), |v| v.user_agent.to_string()),
            height: version.map_or(0, |v| v.height),
            round_trip: peer.round_trip,
            clock_ahead_ms: peer.clock.is_any().then(|| peer.clock.ahead_ms()),
            since: peer.since,
            received_bytes: peer.received,
            sent_bytes: peer.sent,
            unsent_bytes: peer.unsent,
            blocks_in_flight: 0,
            score: peer.score,
            watches: 0,
        })
    }
}
