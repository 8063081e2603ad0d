//! That a block or a transaction has come to a node, as the node's events tell it.

use crate::chain::{BlockHash, Txid};
use crate::node::io::{Event, EventKind, PeerLabel};
use crate::node::message::{Item, Kind};
use crate::node::{NodeIx, Time};

/// That a node has something.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<K> {
    /// Which node.
    pub node: NodeIx,
    /// Since when.
    pub at: Time,
    /// What it has.
    pub what: K,
    /// A block's height, if the node knows it.
    pub height: Option<u32>,
    /// The node has found or made it itself.
    pub is_own: bool,
    /// The node that it came from, as far as that is known.
    pub from: Option<NodeIx>,
}

/// What an event says of that.
struct Report<'a, K> {
    what: K,
    height: Option<u32>,
    is_own: bool,
    from: Option<&'a PeerLabel>,
}

/// Whether an event tells that a block has come to a node.
pub fn is_of_block(event: &EventKind) -> bool {
    seen_block(event).is_some()
}

/// As [`is_of_block`], of a transaction.
pub fn is_of_tx(event: &EventKind) -> bool {
    seen_tx(event).is_some()
}

/// The block that came to a node, if one did. `who` is the node that this one calls by a name.
pub(super) fn block(
    node: NodeIx,
    event: &Event,
    who: impl FnOnce(&str) -> Option<NodeIx>,
) -> Option<Arrived<BlockHash>> {
    Some(seen_block(&event.kind)?.at(node, event.at, who))
}

/// As [`block`], of a transaction.
pub(super) fn tx(
    node: NodeIx,
    event: &Event,
    who: impl FnOnce(&str) -> Option<NodeIx>,
) -> Option<Arrived<Txid>> {
    Some(seen_tx(&event.kind)?.at(node, event.at, who))
}

impl<K> Report<'_, K> {
    fn at(self, node: NodeIx, at: Time, who: impl FnOnce(&str) -> Option<NodeIx>) -> Arrived<K> {
        Arrived {
            node,
            at,
            what: self.what,
            height: self.height,
            is_own: self.is_own,
            from: self.from.and_then(|peer| who(&peer.name)),
        }
    }
}

fn seen_block(event: &EventKind) -> Option<Report<'_, BlockHash>> {
    Some(match event {
        EventKind::Mined { block, .. } => Report {
            what: block.hash,
            height: Some(block.height),
            is_own: true,
            from: None,
        },
        EventKind::TipChanged { tip, from, .. } => Report {
            what: tip.hash,
            height: Some(tip.height),
            is_own: false,
            from: from.as_ref(),
        },
        // What it tells others of it has; that may be before it is part of its chain.
        EventKind::BlockSeen { block, .. } => Report {
            what: block.hash,
            height: Some(block.height),
            is_own: false,
            from: None,
        },
        EventKind::MessageReceived {
            command,
            item: Some(Item::Block(hash)),
            peer,
            ..
        } if command == Kind::Block.name() => Report {
            what: *hash,
            height: None,
            is_own: false,
            from: Some(peer),
        },
        _ => return None,
    })
}

fn seen_tx(event: &EventKind) -> Option<Report<'_, Txid>> {
    let (what, from, is_told) = match event {
        EventKind::TxAccepted { txid, from } => (*txid, from.as_ref(), from.is_some()),
        EventKind::TxSeen { txid, .. } => (*txid, None, true),
        EventKind::MessageReceived {
            command,
            item: Some(Item::Tx(txid)),
            peer,
            ..
        } if command == Kind::Tx.name() => (*txid, Some(peer), true),
        _ => return None,
    };
    Some(Report {
        what,
        height: None,
        is_own: !is_told,
        from,
    })
}
