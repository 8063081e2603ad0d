//! What nodes say to each other.
//!
//! A frame on the wire is magic ‖ command ‖ length ‖ checksum ‖ payload (see
//! [`live::wire`](crate) for the bytes); this is the payload, by command. Names and meanings are
//! Bitcoin's; the encoding is that of [`codec`].
//!
//! | command | says |
//! |---|---|
//! | `version`, `verack` | who I am; and the proof of it, see [`handshake`](super::handshake) |
//! | `ping`, `pong` | a number, and the same number back with the time on the sender's clock |
//! | `getaddr`, `addr` | where do you know nodes; there |
//! | `inv` | I have these |
//! | `getdata` | send me these; answered by `block`, `tx` and `notfound` |
//! | `getheaders`, `headers` | what follows after the first of these that you have; those |
//! | `getblocks` | the same, answered by an `inv` of blocks |
//! | `reject` | what you sent was refused, and why, in words |

pub mod gist;
mod text;

pub use gist::Gist;
pub use text::{TEXT_MAX, Text};

use crate::chain::codec::{self, DecodeError};
use crate::chain::key::{PublicKey, Signature};
use crate::chain::rules::max_block_len;
use crate::chain::{Block, BlockHash, Header, Params, Tx, Txid};
use crate::node::Time;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use thiserror::Error;

/// Bytes of a frame before its payload.
pub const FRAME_HEADER_LEN: usize = 24;

/// Entries of one `inv`, `getdata` or `notfound`.
pub const INV_MAX: usize = 2_000;

/// Headers of one `headers`, as in Bitcoin.
pub const HEADERS_MAX: usize = 2_000;

/// Hashes of an `inv` that answers `getblocks`, as in Bitcoin.
pub const GETBLOCKS_MAX: usize = 500;

/// Addresses of one `addr`, as in Bitcoin.
pub const ADDR_MAX: usize = 1_000;

/// Hashes of a locator: it grows with the logarithm of the height, so no honest one is longer.
pub const LOCATOR_MAX: usize = 101;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The first message of both sides.
    Version(Box<Version>),
    /// The second: signs the other's challenge, see [`handshake`](super::handshake).
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
}

/// Who a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// [`PROTOCOL`](super::handshake::PROTOCOL).
    pub protocol: u32,
    /// The genesis hash, which names the network.
    pub network: BlockHash,
    /// A number that was never used before: who gets it back is talking to itself.
    pub nonce: u64,
    /// The key that names this run of the node; its owner proves it in the `verack`.
    pub id: PublicKey,
    /// Where the node can be reached. Only the port is believed: the address is the connection's.
    pub listen: Option<SocketAddr>,
    /// Height of the tip.
    pub height: u32,
    /// What the node is there for.
    pub role: Role,
    /// Program and version, with the node's name, as BIP 14 has it: `/chainlab:0.1.0(central)/`.
    pub user_agent: Text,
}

/// What a node is there for. A label: every node checks and relays everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps the chain and relays.
    #[default]
    Full,
    /// Also mines.
    Miner,
    /// Also holds wallets that people send from.
    Wallet,
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
    /// No such command.
    #[error("unknown message {0:?}")]
    UnknownCommand(String),
    /// The payload is not an encoding of such a message.
    #[error("{command}: {why}")]
    Payload {
        /// The command.
        command: &'static str,
        /// What about it.
        why: DecodeError,
    },
    /// More entries than one message may have.
    #[error("{command}: {count} entries, {max} are allowed")]
    TooMany {
        /// The command.
        command: &'static str,
        /// Entries.
        count: usize,
        /// Entries allowed.
        max: usize,
    },
}

/// Every command, with the longest payload that it may have on a network, in bytes.
pub(crate) fn commands(params: &Params) -> [(&'static str, usize); 15] {
    let block = max_block_len(params);
    [
        ("version", 512),
        ("verack", 64),
        ("ping", 8),
        ("pong", 16),
        ("getaddr", 0),
        ("addr", 8 + ADDR_MAX * 22),
        ("inv", 8 + INV_MAX * 36),
        ("getdata", 8 + INV_MAX * 36),
        ("notfound", 8 + INV_MAX * 36),
        ("getheaders", 8 + (LOCATOR_MAX + 1) * 32),
        ("headers", 8 + HEADERS_MAX * 88),
        ("getblocks", 8 + (LOCATOR_MAX + 1) * 32),
        ("block", block),
        ("tx", block),
        ("reject", 512),
    ]
}

/// The longest payload of a command, in bytes; `None`: there is no such command.
pub fn max_payload_len(command: &str, params: &Params) -> Option<usize> {
    let found = commands(params)
        .into_iter()
        .find(|(name, _)| *name == command);
    found.map(|(_, max)| max)
}

impl Message {
    /// Its command.
    pub fn command(&self) -> &'static str {
        match self {
            Self::Version(_) => "version",
            Self::Verack(_) => "verack",
            Self::Ping(_) => "ping",
            Self::Pong(..) => "pong",
            Self::GetAddr => "getaddr",
            Self::Addr(_) => "addr",
            Self::Inv(_) => "inv",
            Self::GetData(_) => "getdata",
            Self::NotFound(_) => "notfound",
            Self::GetHeaders(_) => "getheaders",
            Self::Headers(_) => "headers",
            Self::GetBlocks(_) => "getblocks",
            Self::Block(_) => "block",
            Self::Tx(_) => "tx",
            Self::Reject(_) => "reject",
        }
    }

    /// Appends the payload's encoding.
    pub fn encode_into(&self, sink: &mut Vec<u8>) {
        match self {
            Self::Version(version) => codec::encode_into(&**version, sink),
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
        }
    }

    /// Bytes of the whole frame.
    pub fn wire_len(&self) -> usize {
        let list = |len: usize, each: usize| 8 + len * each;
        let payload = match self {
            Self::Version(version) => codec::encoded_len(&**version),
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
        };
        FRAME_HEADER_LEN + payload
    }

    /// The message of this command with this payload, on a network with these parameters.
    ///
    /// # Errors
    /// [`MessageError`]; the bytes came from outside, so every kind can happen.
    pub fn decode(command: &str, payload: &[u8], params: &Params) -> Result<Self, MessageError> {
        let known = commands(params)
            .into_iter()
            .find(|(name, _)| *name == command);
        let Some((command, max)) = known else {
            let shown = Text::new(command).as_str().to_owned();
            return Err(MessageError::UnknownCommand(shown));
        };
        let message = decode_known(command, payload, max)
            .map_err(|why| MessageError::Payload { command, why })?;
        let (count, max) = match &message {
            Self::Addr(addrs) => (addrs.len(), ADDR_MAX),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                (items.len(), INV_MAX)
            }
            Self::GetHeaders(locator) | Self::GetBlocks(locator) => {
                (locator.have.len(), LOCATOR_MAX)
            }
            Self::Headers(headers) => (headers.len(), HEADERS_MAX),
            _ => (0, 0),
        };
        if count > max {
            return Err(MessageError::TooMany {
                command,
                count,
                max,
            });
        }
        Ok(message)
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

fn decode_known(command: &str, payload: &[u8], max: usize) -> Result<Message, DecodeError> {
    fn list<T: serde::de::DeserializeOwned>(
        payload: &[u8],
        max: usize,
    ) -> Result<Vec<T>, DecodeError> {
        codec::decode(payload, max)
    }
    Ok(match command {
        "version" => Message::Version(Box::new(codec::decode(payload, max)?)),
        "verack" => Message::Verack(codec::decode(payload, max)?),
        "ping" => Message::Ping(codec::decode(payload, max)?),
        "pong" => {
            let (number, time) = codec::decode(payload, max)?;
            Message::Pong(number, time)
        }
        "getaddr" => codec::decode::<()>(payload, max).map(|()| Message::GetAddr)?,
        "addr" => Message::Addr(list(payload, max)?),
        "inv" => Message::Inv(list(payload, max)?),
        "getdata" => Message::GetData(list(payload, max)?),
        "notfound" => Message::NotFound(list(payload, max)?),
        "getheaders" => Message::GetHeaders(codec::decode(payload, max)?),
        "headers" => Message::Headers(list(payload, max)?),
        "getblocks" => Message::GetBlocks(codec::decode(payload, max)?),
        "block" => Message::Block(Arc::new(Block::decode(payload, max)?)),
        "tx" => Message::Tx(Arc::new(codec::decode(payload, max)?)),
        _ => Message::Reject(Box::new(codec::decode(payload, max)?)),
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
