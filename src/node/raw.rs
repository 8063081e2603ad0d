//! Blocks and transactions that are given to a node as bytes, valid or bent, as if it had asked a peer for them:
//! what becomes of them, and of the peer, is what the rules say.

use super::conns::ConnLife;
use super::io::{CloseReason, CommandError, ConnId, RawKind, RefusalKind, Reply};
use super::message::{Item, Kind, Message};
use super::{Node, Store, StoreFault, Time};
use crate::chain::{Block, Tx};
use std::sync::Arc;

type Answer = Result<Reply, CommandError>;

impl<S: Store> Node<S> {
    /// Takes bytes as of a peer.
    pub(super) fn send_raw(
        &mut self,
        from: &str,
        (kind, hex): (RawKind, &str),
        now: Time,
    ) -> Result<Answer, StoreFault> {
        let kind = match kind {
            RawKind::Block => Kind::Block,
            RawKind::Tx => Kind::Tx,
        };
        let (conn, payload) = match self.read_raw(from, kind, hex) {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let params = Arc::clone(self.chain.params());
        let outcome = match Message::decode(kind, &payload, &params) {
            Ok(Message::Block(block)) => self.raw_block(conn, &block, now)?,
            Ok(Message::Tx(tx)) => self.raw_tx(conn, tx, now)?,
            Ok(_) => unreachable!("of a block or a transaction"),
            Err(error) => {
                let words = error.to_string();
                self.close_conn(conn, CloseReason::BadFrame(words.clone()), now);
                format!("no {kind}: {words}")
            }
        };
        Ok(Ok(Reply::Done(outcome)))
    }

    /// The peer that is meant, and the bytes.
    fn read_raw(
        &self,
        from: &str,
        kind: Kind,
        hex: &str,
    ) -> Result<(ConnId, Vec<u8>), CommandError> {
        let invalid = |words: String| CommandError::new(RefusalKind::Invalid, words);
        let most = kind.max_len(self.chain.params());
        if hex.len() / 2 > most {
            return Err(invalid(format!("hex: a {kind} has at most {most} bytes")));
        }
        let payload = parse_hex(hex);
        let payload = payload.ok_or_else(|| invalid(format!("hex: {NO_HEX}")))?;
        let mut ready = self.conns.peers.ready();
        let is_meant =
            |peer: &super::peers::Peer| *peer.label.name == *from || peer.addr.to_string() == from;
        let found = ready.find(|(_, peer)| is_meant(peer));
        let (conn, _) = found.ok_or_else(|| {
            let words = format!("{from} is no peer of {}", self.conns.config.name);
            CommandError::new(RefusalKind::NoSuchPeer, words)
        })?;
        Ok((conn, payload))
    }

    fn raw_block(
        &mut self,
        conn: ConnId,
        block: &Arc<Block>,
        now: Time,
    ) -> Result<String, StoreFault> {
        let hash = block.hash();
        let was_known = self.chain.tree().find(&hash).is_some();
        self.relay.has(conn, Item::Block(hash));
        self.deliver(conn, block, now)?;
        self.deliver_orphans(now)?;
        self.tell_if_level(conn);
        let is_known = self.chain.tree().find(&hash).is_some();
        let outcome = match (was_known, is_known) {
            (true, _) => "was known",
            (false, true) => "is taken",
            (false, false) => "is not taken",
        };
        Ok(format!("block ..{} {outcome}", hash.short()))
    }

    fn raw_tx(&mut self, conn: ConnId, tx: Arc<Tx>, now: Time) -> Result<String, StoreFault> {
        let txid = tx.txid();
        let offered = self.take_tx(Some(conn), tx, now)?;
        let outcome = match offered {
            Ok(()) => "is taken".to_owned(),
            Err(error) => format!("is not taken: {error}"),
        };
        Ok(format!("transaction {} {outcome}", txid.short()))
    }
}

/// What is wrong with a text that is no hexadecimal.
pub const NO_HEX: &str = "two hexadecimal digits for each byte are wanted, at least one";

/// Bytes of their digits; `None`: they are none.
pub fn parse_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = hex.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_digits_are_bytes() {
        assert_eq!(parse_hex("00fFa1"), Some(vec![0, 255, 161]));
        for none in ["", "0", "000", "0g", "0x00", "+1", "ü"] {
            assert_eq!(parse_hex(none), None, "{none:?}");
        }
    }
}
