//! Messages, and their encodings.

use super::filters::{FILTER_HEADERS_MAX, FILTERS_MAX, FilterHeaders, FilterRange, Filters};
use super::kind::{ADDR_MAX, HEADERS_MAX, INV_MAX, Kind, LOCATOR_MAX};
use super::proofs::{FeeRates, ProofQuery, Proofs, WATCH_MAX};
use super::text::Text;
use super::version::Version;
use crate::chain::codec::{self, DecodeError};
use crate::chain::key::Signature;
use crate::chain::{Block, BlockHash, Header, KeyHash, Params, Tx, Txid};
use crate::node::time::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;

/// Bytes of a frame before its payload.
pub const FRAME_HEADER_LEN: usize = 24;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The first message of both sides.
    Version(Box<Version>),
    /// The second: signs the other's challenge, see [`handshake`](crate::node::handshake).
    Verack(Signature),
    /// Asks for a [`Message::Pong`] with the same number.
    Ping(u64),
    /// Answers a ping, with what time it is for the sender: who asked compares the clocks.
    Pong(u64, Time),
    /// Asks for addresses of nodes.
    GetAddr,
    /// Addresses where nodes listen.
    Addr(Vec<SocketAddr>),
    /// The sender has these.
    Inv(Vec<Item>),
    /// Asks for these.
    GetData(Vec<Item>),
    /// What was asked for and is not here.
    NotFound(Vec<Item>),
    /// Asks for the headers that follow.
    GetHeaders(Locator),
    /// Headers, each building on the one before.
    Headers(Vec<Header>),
    /// Asks for an inv of the blocks that follow.
    GetBlocks(Locator),
    /// A block.
    Block(Arc<Block>),
    /// A transaction.
    Tx(Arc<Tx>),
    /// Something that the other sent was refused.
    Reject(Box<Reject>),
    /// Asks what the filters of these blocks hash to: [`FILTER_HEADERS_MAX`] at most.
    GetCFHeaders(FilterRange),
    /// That. Who has not all of them says `notfound` of the last block.
    CFHeaders(Box<FilterHeaders>),
    /// Asks for the filters of these blocks: [`FILTERS_MAX`] at most.
    GetCFilters(FilterRange),
    /// The first of them, as many as fit into a message. Who has not all says `notfound` of the last block.
    CFilters(Box<Filters>),
    /// Asks for transactions that pay these or spend from them, in blocks and waiting: [`WATCH_MAX`] of a peer at
    /// most, over all that it says.
    Watch(Vec<KeyHash>),
    /// Asks for those of these blocks.
    GetProofs(ProofQuery),
    /// The first of them, as many as fit into a message, with where the rest begins. Who has not all of these blocks
    /// says `notfound` of the last.
    Proofs(Box<Proofs>),
    /// What the sender's mempool asks for.
    FeeFilter(FeeRates),
}

/// Something that is announced, asked for, and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A transaction.
    Tx(Txid),
    /// A block.
    Block(BlockHash),
}

/// Where a chain is, and where the answer may stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locator {
    /// Hashes from the tip downwards, ever sparser.
    pub have: Vec<BlockHash>,
    /// The last one that is wanted; zeros: as many as there are.
    pub stop: BlockHash,
}

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Command of the message that was refused.
    pub command: Text,
    /// What it was about, if it was about something with a hash.
    pub item: Option<Item>,
    /// Why, in words.
    pub why: Text,
}

/// Why a payload is not a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// The payload is not an encoding of such a message.
    #[error("{kind}: {why}")]
    Payload {
        /// What it was to be.
        kind: Kind,
        /// What about it.
        why: DecodeError,
    },
    /// More entries than one message may have.
    #[error("{kind}: {count} entries, {max} are allowed")]
    TooMany {
        /// What it is.
        kind: Kind,
        /// Entries.
        count: usize,
        /// Entries allowed.
        max: usize,
    },
}

impl Message {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Version(_) => Kind::Version,
            Self::Verack(_) => Kind::Verack,
            Self::Ping(_) => Kind::Ping,
            Self::Pong(..) => Kind::Pong,
            Self::GetAddr => Kind::GetAddr,
            Self::Addr(_) => Kind::Addr,
            Self::Inv(_) => Kind::Inv,
            Self::GetData(_) => Kind::GetData,
            Self::NotFound(_) => Kind::NotFound,
            Self::GetHeaders(_) => Kind::GetHeaders,
            Self::Headers(_) => Kind::Headers,
            Self::GetBlocks(_) => Kind::GetBlocks,
            Self::Block(_) => Kind::Block,
            Self::Tx(_) => Kind::Tx,
            Self::Reject(_) => Kind::Reject,
            Self::GetCFHeaders(_) => Kind::GetCFHeaders,
            Self::CFHeaders(_) => Kind::CFHeaders,
            Self::GetCFilters(_) => Kind::GetCFilters,
            Self::CFilters(_) => Kind::CFilters,
            Self::Watch(_) => Kind::Watch,
            Self::GetProofs(_) => Kind::GetProofs,
            Self::Proofs(_) => Kind::Proofs,
            Self::FeeFilter(_) => Kind::FeeFilter,
        }
    }

    /// Its command.
    pub fn command(&self) -> &'static str {
        self.kind().name()
    }

    /// Appends the payload's encoding.
    pub fn encode_into(&self, sink: &mut Vec<u8>) {
        match self {
            Self::Version(version) => version.encode_into(sink),
            Self::Verack(signature) => codec::encode_into(signature, sink),
            Self::Ping(number) => codec::encode_into(number, sink),
            Self::Pong(number, time) => codec::encode_into(&(number, time), sink),
            Self::GetAddr => {}
            Self::Addr(addrs) => codec::encode_into(addrs, sink),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                codec::encode_into(items, sink);
            }
            Self::GetHeaders(locator) | Self::GetBlocks(locator) => {
                codec::encode_into(locator, sink);
            }
            Self::Headers(headers) => codec::encode_into(headers, sink),
            Self::Block(block) => codec::encode_into(&**block, sink),
            Self::Tx(tx) => codec::encode_into(&**tx, sink),
            Self::Reject(reject) => codec::encode_into(&**reject, sink),
            Self::GetCFHeaders(range) | Self::GetCFilters(range) => codec::encode_into(range, sink),
            Self::CFHeaders(headers) => codec::encode_into(&**headers, sink),
            Self::CFilters(filters) => filters.encode_into(sink),
            Self::Watch(owners) => codec::encode_into(owners, sink),
            Self::GetProofs(query) => codec::encode_into(query, sink),
            Self::Proofs(proofs) => codec::encode_into(&**proofs, sink),
            Self::FeeFilter(rates) => codec::encode_into(rates, sink),
        }
    }

    /// Bytes of the whole frame.
    pub fn wire_len(&self) -> usize {
        let list = |len: usize, each: usize| 8 + len * each;
        let payload = match self {
            Self::Version(version) => version.len(),
            Self::Verack(_) => 64,
            Self::Ping(_) => 8,
            Self::Pong(..) => 16,
            Self::GetAddr => 0,
            Self::Addr(addrs) => codec::encoded_len(addrs),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                list(items.len(), 36)
            }
            Self::GetHeaders(locator) | Self::GetBlocks(locator) => {
                list(locator.have.len() + 1, 32)
            }
            Self::Headers(headers) => list(headers.len(), 88),
            Self::Block(block) => block.encoded_len(),
            Self::Tx(tx) => tx.encoded_len(),
            Self::Reject(reject) => codec::encoded_len(&**reject),
            Self::GetCFHeaders(_) | Self::GetCFilters(_) => 36,
            Self::CFHeaders(headers) => 36 + 32 + list(headers.hashes.len(), 32),
            Self::CFilters(filters) => filters.len(),
            Self::Watch(owners) => list(owners.len(), 20),
            Self::GetProofs(_) => 40,
            Self::Proofs(proofs) => proofs.len(),
            Self::FeeFilter(_) => 16,
        };
        FRAME_HEADER_LEN + payload
    }

    /// The message of this kind with this payload, on a network with these parameters.
    ///
    /// # Errors
    /// [`MessageError`]; the bytes came from outside, so every kind can happen.
    pub fn decode(kind: Kind, payload: &[u8], params: &Params) -> Result<Self, MessageError> {
        let message = decode_payload(kind, payload, kind.max_len(params))
            .map_err(|why| MessageError::Payload { kind, why })?;
        match message.entries() {
            Some((count, max)) if count > max => Err(MessageError::TooMany { kind, count, max }),
            _ => Ok(message),
        }
    }

    /// Of a list: its entries, and how many it may have.
    fn entries(&self) -> Option<(usize, usize)> {
        match self {
            Self::Addr(addrs) => Some((addrs.len(), ADDR_MAX)),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                Some((items.len(), INV_MAX))
            }
            Self::GetHeaders(locator) | Self::GetBlocks(locator) => {
                Some((locator.have.len(), LOCATOR_MAX))
            }
            Self::Headers(headers) => Some((headers.len(), HEADERS_MAX)),
            Self::CFHeaders(headers) => Some((headers.hashes.len(), FILTER_HEADERS_MAX)),
            Self::CFilters(filters) => Some((filters.filters.len(), FILTERS_MAX)),
            Self::Watch(owners) => Some((owners.len(), WATCH_MAX)),
            Self::Version(_)
            | Self::Verack(_)
            | Self::Ping(_)
            | Self::Pong(..)
            | Self::GetAddr
            | Self::Block(_)
            | Self::Tx(_)
            | Self::Reject(_)
            | Self::GetCFHeaders(_)
            | Self::GetCFilters(_)
            | Self::GetProofs(_)
            | Self::Proofs(_)
            | Self::FeeFilter(_) => None,
        }
    }

    /// What it is about, if it carries or names just one thing with a hash.
    pub fn item(&self) -> Option<Item> {
        match self {
            Self::Block(block) => Some(Item::Block(block.hash())),
            Self::Tx(tx) => Some(Item::Tx(tx.txid())),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => match &items[..] {
                [item] => Some(*item),
                _ => None,
            },
            Self::Reject(reject) => reject.item,
            _ => None,
        }
    }
}

fn decode_payload(kind: Kind, payload: &[u8], max: usize) -> Result<Message, DecodeError> {
    Ok(match kind {
        Kind::Version => Message::Version(Box::new(Version::decode(payload, max)?)),
        Kind::Verack => Message::Verack(codec::decode(payload, max)?),
        Kind::Ping => Message::Ping(codec::decode(payload, max)?),
        Kind::Pong => {
            let (number, time) = codec::decode(payload, max)?;
            Message::Pong(number, time)
        }
        Kind::GetAddr => codec::decode::<()>(payload, max).map(|()| Message::GetAddr)?,
        Kind::Addr => Message::Addr(codec::decode(payload, max)?),
        Kind::Inv => Message::Inv(codec::decode(payload, max)?),
        Kind::GetData => Message::GetData(codec::decode(payload, max)?),
        Kind::NotFound => Message::NotFound(codec::decode(payload, max)?),
        Kind::GetHeaders => Message::GetHeaders(codec::decode(payload, max)?),
        Kind::Headers => Message::Headers(codec::decode(payload, max)?),
        Kind::GetBlocks => Message::GetBlocks(codec::decode(payload, max)?),
        Kind::Block => Message::Block(Arc::new(Block::decode(payload, max)?)),
        Kind::Tx => Message::Tx(Arc::new(codec::decode(payload, max)?)),
        Kind::Reject => Message::Reject(Box::new(codec::decode(payload, max)?)),
        Kind::GetCFHeaders => Message::GetCFHeaders(codec::decode(payload, max)?),
        Kind::CFHeaders => Message::CFHeaders(Box::new(codec::decode(payload, max)?)),
        Kind::GetCFilters => Message::GetCFilters(codec::decode(payload, max)?),
        Kind::CFilters => Message::CFilters(Box::new(Filters::decode(payload, max)?)),
        Kind::Watch => Message::Watch(codec::decode(payload, max)?),
        Kind::GetProofs => Message::GetProofs(codec::decode(payload, max)?),
        Kind::Proofs => Message::Proofs(Box::new(codec::decode(payload, max)?)),
        Kind::FeeFilter => Message::FeeFilter(codec::decode(payload, max)?),
    })
}

impl fmt::Display for Item {
    /// As the screen shows it: `tx ..93ab0c11`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tx(txid) => write!(f, "tx ..{}", txid.short()),
            Self::Block(hash) => write!(f, "block ..{}", hash.short()),
        }
    }
}
