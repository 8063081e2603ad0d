//! That a node has a block or a transaction, as its events tell it.

use crate::chain::{BlockHash, Txid};
use crate::node::io::{EventKind, PeerLabel};
use crate::node::message::Item;

/// The commands of messages that bring something.
const BLOCK: &str = "block";
const TX: &str = "tx";

/// What an event says of something that travels.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a, K> {
    /// Which.
    pub what: K,
    /// A block's height, if the node knows it.
    pub height: Option<u32>,
    /// It was found or made there.
    pub is_own: bool,
    /// The peer that it came from.
    pub from: Option<&'a PeerLabel>,
}

/// What an event says of a block's way.
pub fn block(event: &EventKind) -> Option<Seen<'_, BlockHash>> {
    Some(match event {
        EventKind::Mined { block, .. } => Seen {
            what: block.hash,
            height: Some(block.height),
            is_own: true,
            from: None,
        },
        EventKind::TipChanged { tip, from, .. } => Seen {
            what: tip.hash,
            height: Some(tip.height),
            is_own: false,
            from: from.as_ref(),
        },
        EventKind::MessageReceived {
            command,
            item: Some(Item::Block(hash)),
            peer,
            ..
        } if command == BLOCK => Seen {
            what: *hash,
            height: None,
            is_own: false,
            from: Some(peer),
        },
        _ => return None,
    })
}

/// What an event says of a transaction's way.
pub fn tx(event: &EventKind) -> Option<Seen<'_, Txid>> {
    let (what, from) = match event {
        EventKind::TxAccepted { txid, from } => (*txid, from.as_ref()),
        EventKind::MessageReceived {
            command,
            item: Some(Item::Tx(txid)),
            peer,
            ..
        } if command == TX => (*txid, Some(peer)),
        _ => return None,
    };
    Some(Seen {
        what,
        height: None,
        is_own: from.is_none(),
        from,
    })
}
