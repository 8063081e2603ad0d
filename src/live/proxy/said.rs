//! What a message says that passes, for those who look at it.

use crate::bitcoin::header::Header;
use crate::bitcoin::passing::PassedMessage;
use crate::bitcoin::tx::Transaction;
use crate::bitcoin::wire::{
    FRAME_HEADER_LEN, Frame, InvItem, InvKind, Message, NodeAddr, NodeHost,
};
use crate::chain::block::BlockTime;
use crate::chain::{BlockHash, Txid};
use crate::node::message::summary::{FIRST_MAX, HeaderSummary, VersionSummary};
use crate::node::message::{Item, MessageSummary, Role, Text};
use bytes::Bytes;
use std::net::SocketAddr;

/// What it is about, and what it says.
pub(super) type Said = (Option<Item>, MessageSummary);

/// Of a message that has passed in one piece, these bytes. A longer one passes in several, and is not kept.
pub(super) fn said(message: &PassedMessage, bytes: &Bytes) -> Said {
    if bytes.len() != message.bytes || bytes.len() < FRAME_HEADER_LEN {
        return Said::default();
    }
    let frame = Frame {
        command: message.command,
        payload: bytes.slice(FRAME_HEADER_LEN..),
    };
    // What cannot be read is the receiver's to judge.
    Message::read(&frame).map_or_else(|_| Said::default(), |message| of(&message))
}

fn of(message: &Message) -> Said {
    match message {
        Message::Version(version) => {
            let summary = VersionSummary {
                user_agent: text(&version.user_agent),
                protocol: version.protocol,
                height: u32::try_from(version.height).unwrap_or(0),
                role: Role::Full,
                listen: None,
                nonce: version.nonce,
                services: None,
                wants_txs: true,
            };
            (None, MessageSummary::Version(Box::new(summary)))
        }
        Message::Ping(number) | Message::Pong(number) => (None, MessageSummary::Nonce(*number)),
        Message::Inv(items) | Message::GetData(items) | Message::NotFound(items) => of_items(items),
        Message::GetHeaders(locator) => {
            let summary = MessageSummary::Locator {
                count: locator.hashes.len(),
                first: locator.hashes.first().copied(),
                stop: Some(locator.stop).filter(|stop| *stop != BlockHash::ZERO),
            };
            (None, summary)
        }
        Message::Headers(headers) => of_headers(headers),
        Message::Block(block) => of_block(block.header(), block.len()),
        Message::CmpctBlock(block) => {
            of_block(&block.header, block.short_ids.len() + block.prefilled.len())
        }
        Message::GetBlockTxn(request) => about(request.block),
        Message::BlockTxn(txs) => about(txs.block),
        Message::Tx(tx) => of_tx(tx),
        Message::Addr(addrs) | Message::AddrV2(addrs) => of_addrs(addrs),
        Message::Reject(reject) => {
            let summary = MessageSummary::Reject {
                command: text(&reject.message),
                item: None,
                why: text(&reject.reason),
            };
            (None, summary)
        }
        _ => Said::default(),
    }
}

fn text(bytes: &[u8]) -> Text {
    Text::new(&String::from_utf8_lossy(bytes))
}

fn about(block: BlockHash) -> Said {
    (Some(Item::Block(block)), MessageSummary::Nothing)
}

fn of_items(items: &[InvItem]) -> Said {
    let first: Vec<Item> = items.iter().filter_map(item).take(FIRST_MAX).collect();
    let only = first.first().copied().filter(|_| items.len() == 1);
    let count = items.len();
    (only, MessageSummary::Items { count, first })
}

fn item(item: &InvItem) -> Option<Item> {
    match item.kind {
        // By whichever of its ids.
        InvKind::Tx | InvKind::Wtx | InvKind::WitnessTx => Some(Item::Tx(Txid(item.hash))),
        InvKind::Block | InvKind::CmpctBlock | InvKind::WitnessBlock => {
            Some(Item::Block(BlockHash(item.hash)))
        }
        InvKind::Other(_) => None,
    }
}

fn of_headers(headers: &[Header]) -> Said {
    let only = headers.first().filter(|_| headers.len() == 1);
    let summary = MessageSummary::Headers {
        count: headers.len(),
        first: headers.first().map(of_header),
        last: headers.last().filter(|_| headers.len() > 1).map(of_header),
    };
    (only.map(|header| Item::Block(header.hash())), summary)
}

fn of_header(header: &Header) -> HeaderSummary {
    HeaderSummary {
        previous: header.previous,
        time: BlockTime::of_seconds(header.time),
        bits: header.bits.0,
    }
}

fn of_block(header: &Header, txs: usize) -> Said {
    let summary = MessageSummary::Block {
        header: of_header(header),
        nonce: u64::from(header.nonce),
        txs,
    };
    (Some(Item::Block(header.hash())), summary)
}

fn of_tx(tx: &Transaction) -> Said {
    let opened = tx.open();
    let end = tx.bytes().last_chunk();
    let summary = MessageSummary::Tx {
        inputs: opened.inputs.len(),
        outputs: opened.outputs.len(),
        amount: opened.paid(),
        lock_time: end.map_or(0, |bytes| u32::from_le_bytes(*bytes)),
    };
    (Some(Item::Tx(tx.txid())), summary)
}

fn of_addrs(addrs: &[NodeAddr]) -> Said {
    let on_internet = addrs.iter().filter_map(|addr| match addr.host {
        NodeHost::Ip(ip) => Some(SocketAddr::new(ip, addr.port)),
        NodeHost::Other { .. } => None,
    });
    let summary = MessageSummary::Addrs {
        count: addrs.len(),
        first: on_internet.take(FIRST_MAX).collect(),
    };
    (None, summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::wire::{CommandName, Kind};
    use crate::bitcoin::{Network, passing::Passing, passing::PieceKind};

    /// As it passes.
    fn passes(message: &Message) -> Said {
        let mut passing = Passing::new(Network::Regtest);
        passing.push(&message.to_frame().to_bytes(Network::Regtest.params().magic));
        let piece = passing.next_piece().expect("it is all there");
        let PieceKind::Message(message) = piece.kind else {
            panic!("it is a message");
        };
        said(&message, &piece.bytes)
    }

    #[test]
    fn what_passes_is_told_with_what_it_is_about() {
        assert_eq!(passes(&Message::Ping(7)), (None, MessageSummary::Nonce(7)));
        let one = |kind| InvItem {
            kind,
            hash: [9; 32],
        };
        let tx = Item::Tx(Txid([9; 32]));
        let summary = MessageSummary::Items {
            count: 1,
            first: vec![tx],
        };
        let inv = Message::Inv(vec![one(InvKind::WitnessTx)]);
        assert_eq!(passes(&inv), (Some(tx), summary));
        let genesis = Network::Regtest.params().genesis();
        let (item, summary) = passes(&Message::Headers(vec![genesis]));
        assert_eq!(item, Some(Item::Block(genesis.hash())));
        assert!(matches!(summary, MessageSummary::Headers { count: 1, .. }));
    }

    #[test]
    fn what_cannot_be_read_is_no_more_than_its_kind() {
        let name = Kind::Tx.name();
        let message = PassedMessage {
            command: CommandName::new(name),
            bytes: FRAME_HEADER_LEN + 3,
        };
        let bytes = Bytes::from(vec![0xff; FRAME_HEADER_LEN + 3]);
        assert_eq!(said(&message, &bytes), Said::default());
        assert_eq!(said(&message, &bytes.slice(..5)), Said::default());
    }
}
