//! What of a book is asked for on every input, so that the book is not walked for it.

use super::entry::{KnownAddr, State};
use crate::node::ids::ConnId;
use crate::node::time::Time;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Entries by their state. An entry is taken out before it is changed, and put in after.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Not dialled or connected, by when they may be: those to keep.
    kept: BTreeSet<(Time, SocketAddr)>,
    /// The same: those learnt.
    learnt: BTreeSet<(Time, SocketAddr)>,
    by_conn: BTreeSet<(ConnId, SocketAddr)>,
    /// Learnt addresses that are being dialled.
    pub(super) dialling: usize,
    /// Learnt addresses that are connected.
    pub(super) connected: usize,
}

impl Index {
    pub(super) fn insert(&mut self, addr: SocketAddr, entry: &KnownAddr) {
        let learnt = usize::from(!entry.is_kept);
        match entry.state {
            State::Idle => drop(self.idle_mut(entry.is_kept).insert((entry.next_try, addr))),
            State::Dialling => self.dialling += learnt,
            State::Connected(conn) => {
                self.connected += learnt;
                self.by_conn.insert((conn, addr));
            }
        }
    }

    pub(super) fn remove(&mut self, addr: SocketAddr, entry: &KnownAddr) {
        let learnt = usize::from(!entry.is_kept);
        match entry.state {
            State::Idle => drop(self.idle_mut(entry.is_kept).remove(&(entry.next_try, addr))),
            State::Dialling => self.dialling -= learnt,
            State::Connected(conn) => {
                self.connected -= learnt;
                self.by_conn.remove(&(conn, addr));
            }
        }
    }

    fn idle_mut(&mut self, is_kept: bool) -> &mut BTreeSet<(Time, SocketAddr)> {
        match is_kept {
            true => &mut self.kept,
            false => &mut self.learnt,
        }
    }

    fn idle(&self, is_kept: bool) -> &BTreeSet<(Time, SocketAddr)> {
        match is_kept {
            true => &self.kept,
            false => &self.learnt,
        }
    }

    /// Those that may be dialled now, by their addresses.
    pub(super) fn due(&self, is_kept: bool, now: Time) -> Vec<SocketAddr> {
        let due = self.idle(is_kept).iter().take_while(|(at, _)| *at <= now);
        let mut due: Vec<SocketAddr> = due.map(|(_, addr)| *addr).collect();
        due.sort_unstable();
        due
    }

    /// When the first of them may be dialled.
    pub(super) fn first(&self, is_kept: bool) -> Option<Time> {
        self.idle(is_kept).first().map(|(at, _)| *at)
    }

    /// What a connection stands for.
    pub(super) fn connected_by(&self, conn: ConnId) -> Vec<SocketAddr> {
        let first = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
        let from = self.by_conn.range((conn, first)..);
        let of_conn = from.take_while(|(of, _)| *of == conn);
        of_conn.map(|(_, addr)| *addr).collect()
    }
}
