//! Who could not be reached: told of once, and again when that is for another reason.

use super::EventKind;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Addresses that are remembered because they could not be reached: as many as a node knows of.
const UNREACHED_MAX: usize = 1_000;

/// Addresses that could not be reached, and why not when that was last told.
#[derive(Clone, Debug, Default)]
pub struct Unreached(BTreeMap<SocketAddr, String>);

impl Unreached {
    /// Whether an event says something new: that an address cannot be reached, or comes to no
    /// handshake, is news the first time and when it is for another reason. Everything else is news.
    pub fn is_news(&mut self, event: &EventKind) -> bool {
        match event {
            EventKind::DialFailed { addr, why } => self.failed(*addr, why),
            EventKind::PeerDown { peer, addr, why } if peer.is_unknown(*addr) => {
                self.failed(*addr, why)
            }
            _ => true,
        }
    }

    /// A node was reached at these addresses, by either end.
    pub fn reached(&mut self, is_there: impl Fn(SocketAddr) -> bool) {
        self.0.retain(|addr, _| !is_there(*addr));
    }

    fn failed(&mut self, addr: SocketAddr, why: &str) -> bool {
        if self.0.len() >= UNREACHED_MAX && !self.0.contains_key(&addr) {
            self.0.pop_first();
        }
        self.0.insert(addr, why.to_owned()).as_deref() != Some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_reached_are_remembered_within_bounds() {
        let mut unreached = Unreached::default();
        for port in 1..3_000 {
            let why = "refused".to_owned();
            let addr = SocketAddr::from(([127, 0, 0, 1], port));
            assert!(unreached.is_news(&EventKind::DialFailed { addr, why }));
            assert!(unreached.0.len() <= UNREACHED_MAX);
        }
    }
}
