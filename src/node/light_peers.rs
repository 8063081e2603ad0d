//! What light peers have searched here, and are told of.

use super::conns::ConnTalk;
use super::serve::{Shown, UNSENT_MAX};
use super::snapshot::PeerInfo;
use super::{ConnId, Node, Store, StoreFault, Time};
use crate::chain::Txid;

impl<S: Store> Node<S> {
    /// Searches for peers that wait for it, as far as there is time for that.
    pub(super) fn prove(&mut self, now: Time) -> Result<(), StoreFault> {
        // Ends: each turn takes something off what is wanted.
        while let Some(conn) = self.prover.next(now, |conn| self.takes(conn)) {
            let shown = Shown {
                chain: &self.chain,
                mempool: &self.mempool,
                private: &self.private_chain,
                attack: self.attack.as_ref(),
            };
            let turn = self.prover.turn(conn, shown, now, &mut self.conns.out)?;
            self.relay.tell_of(conn, &turn.found, &mut self.conns.out);
        }
        Ok(())
    }

    /// Whether a peer is to be sent more.
    pub(super) fn takes(&self, conn: ConnId) -> bool {
        let peer = self.conns.peers.get(conn);
        peer.is_some_and(|peer| peer.unsent < UNSENT_MAX)
    }

    /// Announces a transaction that waits here: to those who want to hear of all, and to those whose addresses it
    /// pays or spends from.
    pub(super) fn announce_tx(&mut self, txid: Txid) {
        self.relay.announce_tx(txid, &mut self.conns.out);
        let Some(entry) = self.mempool.get(&txid) else {
            return;
        };
        if self
            .attack
            .as_ref()
            .is_some_and(|attack| attack.hides(&entry.tx, None))
        {
            return;
        }
        for conn in self.prover.concerned(&entry.tx) {
            self.relay.tell_of(conn, &[txid], &mut self.conns.out);
        }
    }

    /// Who is connected, as a screen shows it, with the addresses that each has named.
    pub(super) fn peers_shown(&self) -> Vec<PeerInfo> {
        let mut infos = self.peer_infos();
        for info in &mut infos {
            info.watches = self.prover.watched(info.conn);
        }
        infos
    }
}
