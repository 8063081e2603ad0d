//! Seats: how many connections there may be, and who has one.
//!
//! A connection that others open stands first on one of [`HANDSHAKING_MAX`] seats. When these are taken
//! one that has said nothing is turned out ([`evict::to_turn_out`]), so that silent ones keep no
//! other out. With a complete handshake it takes one of the seats that the configuration gives, and if
//! there is none it takes that of another one ([`evict::to_evict`]), or is told that there is none.
//!
//! An address has [`ADDRESS_MAX`] seats of both kinds at most. Loopback has all of them but some
//! ([`far_seats`]): a whole lab is there, and so may be who attacks it, so among those of loopback
//! eviction alone decides.

use super::evict::{self, Candidate, Handshaking, Origin, Seat};
use super::peer::Peer;
use super::table::Peers;
use crate::node::config::ADDRESS_MAX;
use crate::node::io::{CloseReason, ConnId, Direction};
use crate::node::time::Time;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Inbound connections at a time that have not shaken hands: half a lab that starts at one moment. A
/// handshake takes a round trip or two.
pub const HANDSHAKING_MAX: usize = 64;

/// One of so many inbound seats is for peers that are not on this machine.
const FAR_SHARE: usize = 16;

/// Seats for which a connection from loopback is never taken: a flood from this machine keeps out
/// none from elsewhere.
pub fn far_seats(inbound_max: usize) -> usize {
    inbound_max / FAR_SHARE
}

impl Peers {
    /// Takes a new connection, on which `nonce` is going to be sent. Returns the one that is to be
    /// turned out for it, if there has to be one.
    ///
    /// # Errors
    /// Why it is to be ended at once.
    pub fn connected(
        &mut self,
        (conn, addr, direction): (ConnId, SocketAddr, Direction),
        nonce: u64,
        now: Time,
    ) -> Result<Option<ConnId>, CloseReason> {
        if self.is_banned(addr.ip(), now) {
            return Err(CloseReason::Banned);
        }
        let turned_out = match direction {
            Direction::Inbound => self.waiting_seat(addr.ip())?,
            Direction::Outbound => None,
        };
        let peer = Peer::new((conn, addr, direction), nonce, now);
        self.peers.insert(conn, peer);
        Ok(turned_out)
    }

    /// Who makes room for one more that has not shaken hands.
    fn waiting_seat(&self, ip: IpAddr) -> Result<Option<ConnId>, CloseReason> {
        let origin = Origin::of(ip);
        let of_address = self
            .inbound()
            .filter(|(_, peer)| peer.origin.is_same_address(&origin));
        if !origin.is_loopback() && of_address.count() >= ADDRESS_MAX {
            return Err(CloseReason::AddressFull);
        }
        let waiting = self.inbound().filter(|(_, peer)| !peer.is_ready());
        let waiting: Vec<Handshaking> = waiting
            .map(|(conn, peer)| Handshaking {
                seat: peer.seat(conn),
                has_spoken: peer.handshake.claimed().is_some(),
            })
            .collect();
        if waiting.len() < HANDSHAKING_MAX {
            return Ok(None);
        }
        Ok(evict::to_turn_out(waiting))
    }

    /// A handshake is complete: who makes room for that peer, if all seats are taken.
    ///
    /// # Errors
    /// None does, and the peer is to be ended.
    pub fn seated(&self, conn: ConnId, now: Time) -> Result<Option<ConnId>, CloseReason> {
        let newcomer = self.peers.get(&conn);
        let Some(newcomer) = newcomer.filter(|peer| peer.direction == Direction::Inbound) else {
            return Ok(None);
        };
        let others = || {
            let seated = self.inbound().filter(|(_, peer)| peer.is_ready());
            seated.filter(|(other, _)| *other != conn)
        };
        let near = || others().filter(|(_, peer)| peer.origin.is_loopback());
        let near_max = self.inbound_max - far_seats(self.inbound_max);
        let candidates: Vec<Candidate> =
            if newcomer.origin.is_loopback() && near().count() >= near_max {
                near().map(|one| self.candidate(one)).collect()
            } else if others().count() >= self.inbound_max {
                others().map(|one| self.candidate(one)).collect()
            } else {
                return Ok(None);
            };
        let victim = evict::to_evict(candidates, now);
        victim.map(Some).ok_or(CloseReason::Full)
    }

    fn inbound(&self) -> impl Iterator<Item = (ConnId, &Peer)> {
        let inbound = |(_, peer): &(ConnId, &Peer)| peer.direction == Direction::Inbound;
        self.iter().filter(inbound)
    }

    fn candidate(&self, (conn, peer): (ConnId, &Peer)) -> Candidate {
        Candidate {
            seat: peer.seat(conn),
            luck: self.luck_of(&peer.origin),
            round_trip: peer.fastest,
            brought_block: peer.brought_block,
            brought_tx: peer.brought_tx,
        }
    }

    /// What a group of addresses is worth here.
    fn luck_of(&self, origin: &Origin) -> u64 {
        let digest = Sha256::new()
            .chain_update(self.group_secret.to_le_bytes())
            .chain_update(origin.group_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let (first, _) = digest.split_first_chunk().expect("32 bytes");
        u64::from_le_bytes(*first)
    }

    /// A peer was the first to bring a block.
    pub fn brought_block(&mut self, conn: ConnId, now: Time) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.brought_block = Some(now);
        }
    }

    /// A peer was the first to bring a transaction, and it was taken.
    pub fn brought_tx(&mut self, conn: ConnId, now: Time) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.brought_tx = Some(now);
        }
    }
}

impl Peer {
    fn seat(&self, conn: ConnId) -> Seat {
        Seat {
            conn,
            origin: self.origin,
            since: self.since,
        }
    }

    /// Notes how long an answer took.
    pub(super) fn answered_in(&mut self, time: Duration) {
        self.round_trip = Some(time);
        self.fastest = Some(self.fastest.map_or(time, |fastest| fastest.min(time)));
    }
}
