//! Peers that people and programs add, drop and ban.

use super::has::HasConns;
use super::life::ConnLife;
use crate::node::io::{CloseReason, CommandError, RefusalKind, Reply};
use crate::node::peers::Peer;
use crate::node::time::{ClockOff, Time};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The longest ban that can be asked for.
const BAN_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

type Answer = Result<Reply, CommandError>;

impl<N: HasConns> ConnCommands for N {}

/// What a node does about its peers when it is asked to.
pub(in crate::node) trait ConnCommands: HasConns + ConnLife {
    /// Keeps a connection to this address.
    ///
    /// # Errors
    /// Why not, in words.
    fn add_peer(&mut self, addr: SocketAddr, now: Time) -> Answer {
        let invalid = |words| Err(CommandError::new(RefusalKind::Invalid, words));
        let conns = self.conns_mut();
        if Some(addr) == conns.config.listen {
            return invalid(format!("{addr} cannot be a peer of this node"));
        }
        if let Err(error) = conns.book.keep(addr, now) {
            return invalid(error.to_string());
        }
        conns.is_dial_due = true;
        conns.unwritten(now);
        let name = &conns.config.name;
        Ok(Reply::Done(format!("{name} stays connected to {addr}")))
    }

    /// Its clock is so far off from now on.
    fn set_clock(&mut self, ahead_ms: i64) -> Reply {
        let conns = self.conns_mut();
        conns.clock = ClockOff { ahead_ms };
        let name = &conns.config.name;
        let by = Duration::from_millis(ahead_ms.unsigned_abs());
        Reply::Done(match ahead_ms {
            0 => format!("the clock of {name} is right"),
            1.. => format!("the clock of {name} is {by:?} ahead"),
            _ => format!("the clock of {name} is {by:?} behind"),
        })
    }

    /// Ends the connections with this address, and does not dial it again.
    ///
    /// # Errors
    /// Why not, in words.
    fn drop_peer(&mut self, addr: SocketAddr, now: Time) -> Answer {
        let conns = self.conns();
        let is_it = |peer: &Peer| peer.addr == addr || peer.listen() == Some(addr);
        let found = conns.peers.iter().filter(|(_, peer)| is_it(peer));
        let found: Vec<_> = found.map(|(conn, _)| conn).collect();
        let name = conns.config.name.clone();
        if found.is_empty() && !conns.book.contains(&addr) {
            let words = format!("{addr} is no peer of {name}");
            return Err(CommandError::new(RefusalKind::NoSuchPeer, words));
        }
        for conn in found {
            self.end(conn, CloseReason::Asked, now);
        }
        let conns = self.conns_mut();
        conns.book.drop_addr(addr);
        conns.is_dial_due = true;
        conns.unwritten(now);
        Ok(Reply::Done(format!("{name} left {addr}")))
    }

    /// Takes no connection from or to this IP for a time.
    ///
    /// # Errors
    /// None.
    fn ban(&mut self, ip: IpAddr, time: Duration, now: Time) -> Answer {
        let time = time.min(BAN_MAX);
        let peers = &mut self.conns_mut().peers;
        peers.ban(ip, now + time);
        let is_it = |addr: SocketAddr| addr.ip().to_canonical() == ip.to_canonical();
        let found = peers.iter().filter(|(_, peer)| is_it(peer.addr));
        let found: Vec<_> = found.map(|(conn, _)| conn).collect();
        for conn in found {
            self.end(conn, CloseReason::Banned, now);
        }
        let seconds = time.as_secs();
        Ok(Reply::Done(format!("{ip} is banned for {seconds} s")))
    }

    /// Lifts a ban.
    ///
    /// # Errors
    /// There was none.
    fn unban(&mut self, ip: IpAddr) -> Answer {
        match self.conns_mut().peers.unban(ip) {
            true => Ok(Reply::Done(format!("{ip} is no longer banned"))),
            false => Err(format!("{ip} was not banned").into()),
        }
    }
}
