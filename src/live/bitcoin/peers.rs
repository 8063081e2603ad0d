//! Who the peers of a node are: between two nodes of a lab there is a proxy, so that each sees an address
//! that is not the other's.

use crate::bitcoin::rpc::Peer;
use crate::live::NOWHERE;
use crate::node::io::Direction;
use crate::node::message::Role;
use crate::node::snapshot::PeerInfo;
use crate::node::{ConnId, Time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How the user agent of our watchers begins.
pub(super) const OURS: &str = "/chainlab:";

/// A node that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPeer {
    /// Its name.
    pub name: Arc<str>,
    /// Where it listens.
    pub place: SocketAddr,
    /// Whether both have heard the other's `verack`, as far as can be seen.
    pub has_shaken_hands: bool,
}

/// Who is behind an address, for the nodes of a lab: of the end of a proxy, of which a node thinks that it
/// is its peer, the node at the other end.
pub type WhoIs = Arc<dyn Fn(SocketAddr) -> Option<KnownPeer> + Send + Sync>;

/// Where a node is to dial to reach what listens here; `None`: nowhere.
pub type Reaches = Arc<dyn Fn(SocketAddr) -> Option<SocketAddr> + Send + Sync>;

/// A node's peers, but for those that only watch it for the lab.
pub(super) fn infos(peers: &[Peer], who: &WhoIs, now: Time) -> Vec<PeerInfo> {
    let others = peers.iter().filter(|peer| !peer.agent.starts_with(OURS));
    (0..)
        .zip(others)
        .map(|(conn, peer)| info(conn, peer, who, now))
        .collect()
}

fn info(conn: u64, peer: &Peer, who: &WhoIs, now: Time) -> PeerInfo {
    let known = peer.socket.and_then(|addr| who(addr));
    let listen = match &known {
        Some(known) => Some(known.place),
        None => peer.socket.filter(|_| !peer.is_inbound),
    };
    let has_shaken_hands = known.as_ref().is_none_or(|known| known.has_shaken_hands);
    let name = known.map_or_else(|| peer.address.clone(), |known| known.name.to_string());
    PeerInfo {
        conn: ConnId(conn),
        name,
        addr: peer.socket.unwrap_or(NOWHERE),
        listen,
        direction: match peer.is_inbound {
            true => Direction::Inbound,
            false => Direction::Outbound,
        },
        ready: has_shaken_hands && !peer.agent.is_empty(),
        role: Role::Full,
        user_agent: peer.agent.clone(),
        height: 0,
        round_trip: peer.ping,
        clock_ahead_ms: None,
        since: peer.connected_for.map_or(now, |time| before(now, time)),
        received_bytes: 0,
        sent_bytes: 0,
        unsent_bytes: 0,
        blocks_in_flight: 0,
        score: 0,
        watches: 0,
    }
}

fn before(now: Time, time: Duration) -> Time {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Time(now.0.saturating_sub(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_behind_a_proxy_is_ready_once_both_have_said_verack() {
        let at = SocketAddr::from(([127, 0, 0, 1], 5_000));
        let peer = Peer {
            address: at.to_string(),
            socket: Some(at),
            is_inbound: true,
            agent: "/bcoin/".to_owned(),
            ping: None,
            connected_for: None,
        };
        for has_shaken_hands in [false, true] {
            let who: WhoIs = Arc::new(move |_| {
                Some(KnownPeer {
                    name: "birch".into(),
                    place: NOWHERE,
                    has_shaken_hands,
                })
            });
            let infos = infos(std::slice::from_ref(&peer), &who, Time(1));
            assert_eq!(infos[0].ready, has_shaken_hands);
        }
        let stranger: WhoIs = Arc::new(|_| None);
        assert!(infos(&[peer], &stranger, Time(1))[0].ready);
    }
}
