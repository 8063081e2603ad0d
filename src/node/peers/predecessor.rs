//! Of two connections with the same node one is ended, by both ends. Who hears last sees only that the
//! other end has closed a connection, and must not take that for a loss.

use super::peer::Predecessor;
use super::table::Peers;
use crate::node::ids::ConnId;

impl Peers {
    /// The other end has closed a connection. Whether that is no loss, as there is another with the
    /// same node: of two the other end may have heard of earlier, and have closed the one that is not
    /// to stay. If that other one is only beginning, it has a [`Predecessor`] from now on.
    pub fn is_replaced(&mut self, conn: ConnId, why: &str) -> bool {
        let Some(ended) = self.peers.get(&conn) else {
            return false;
        };
        let Some(id) = ended.id() else {
            return false;
        };
        let others = self.peers.iter().filter(|(other, _)| **other != conn);
        let mut same = others.filter(|(_, peer)| peer.id() == Some(id));
        let Some(other) = same.next().map(|(other, _)| *other) else {
            return false;
        };
        let predecessor = ended.is_ready().then(|| Predecessor {
            label: ended.label.clone(),
            addr: ended.addr,
            direction: ended.direction,
            why: why.to_owned(),
        });
        let predecessor = predecessor.or(ended.predecessor.clone());
        if let Some(other) = self.peers.get_mut(&other).filter(|other| !other.is_ready()) {
            other.predecessor = predecessor;
        }
        true
    }
}
