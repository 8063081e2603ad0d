//! The proxies between the programs of a lab, one for each of those that a node dials. They are of one round:
//! its links are theirs. The next round has others, at the same ports.

use crate::live::Port;
use crate::live::proxy::{ProxyConn, ProxyHandle, ProxyNews};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::sync::mpsc;

/// A node that dials, and the one that it reaches by that.
pub(super) type Way = (String, String);

/// Ports of proxies that do not listen yet.
pub(super) type ProxyPorts = BTreeMap<Way, Port>;

/// Proxies that run. Dropped, they are gone with all their connections.
#[derive(Default)]
pub(super) struct Proxies(pub(super) BTreeMap<Way, ProxyHandle>);

impl Proxies {
    /// The link of a connection that ends at a node, by the address as which that node sees its peer:
    /// there is a proxy behind it. Whether both ends know each other. `None`: it has come another way.
    pub(super) fn behind(&self, peer: SocketAddr) -> Option<(&Way, bool)> {
        self.0.iter().find_map(|(way, proxy)| {
            let conns = proxy.conns.borrow();
            let conn = conns.values().find(|conn| conn.local == Some(peer))?;
            Some((way, conn.is_up()))
        })
    }

    /// The link that a node dials at this address, and whether it is connected over it. `None`: no proxy is
    /// there.
    pub(super) fn dialled(&self, peer: SocketAddr) -> Option<(&Way, bool)> {
        let found = self.0.iter().find(|(_, proxy)| proxy.addr == peer);
        let is_up = |proxy: &ProxyHandle| proxy.conns.borrow().values().any(ProxyConn::is_up);
        found.map(|(way, proxy)| (way, is_up(proxy)))
    }

    /// What each of them tells, once.
    pub(super) fn take_events(&mut self) -> Vec<(Way, mpsc::Receiver<ProxyNews>)> {
        let taken = self.0.iter_mut().map(|(way, proxy)| {
            // A channel that is closed stays behind.
            let (_, none) = mpsc::channel(1);
            (way.clone(), std::mem::replace(&mut proxy.events, none))
        });
        taken.collect()
    }
}
