//! Addresses that are not let in for a time.

use crate::node::time::Time;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// How long a ban lasts.
pub const BAN: Duration = Duration::from_secs(600);

/// Bans kept at a time; the one that ends first gives way.
pub const BANS_MAX: usize = 1_000;

/// Until when each is banned. One of version 4 is the same if it is written as one of version 6, as it is
/// by a socket that listens to both.
#[derive(Clone, Debug, Default)]
pub(super) struct Bans(BTreeMap<IpAddr, Time>);

impl Bans {
    pub(super) fn add(&mut self, ip: IpAddr, until: Time) {
        let ip = ip.to_canonical();
        if self.0.len() >= BANS_MAX && !self.0.contains_key(&ip) {
            let first = self.0.iter().min_by_key(|(_, until)| **until);
            if let Some(ip) = first.map(|(ip, _)| *ip) {
                self.0.remove(&ip);
            }
        }
        self.0.insert(ip, until);
    }

    /// Whether it was there.
    pub(super) fn lift(&mut self, ip: IpAddr) -> bool {
        self.0.remove(&ip.to_canonical()).is_some()
    }

    pub(super) fn has(&self, ip: IpAddr, now: Time) -> bool {
        let until = self.0.get(&ip.to_canonical());
        until.is_some_and(|until| *until > now)
    }

    pub(super) fn tick(&mut self, now: Time) {
        self.0.retain(|_, until| *until > now);
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.0.values().min().copied()
    }
}
