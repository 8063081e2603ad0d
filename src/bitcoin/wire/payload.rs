//! What messages say, and how.

use super::addr::NodeAddr;
use super::compact::{BlockTxn, BlockTxnRequest, CompactBlock};
use super::frame::{CommandName, Frame};
use super::kind::{ADDR_MAX, HEADERS_MAX, INV_MAX, Kind, LOCATOR_MAX};
use super::reader::{PayloadError, Reader, put_bytes, put_compact, put_list};
use super::version::Version;
use crate::bitcoin::block::Block;
use crate::bitcoin::header::{HEADER_LEN, Header};
use crate::bitcoin::tx::Transaction;
use crate::chain::BlockHash;
use bytes::Bytes;
use std::fmt;
use thiserror::Error;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The first of both sides.
    Version(Box<Version>),
    /// Answers it: from here on all else may come.
    Verack,
    /// Asks for a [`Message::Pong`] with the same number, BIP 31.
    Ping(u64),
    /// Answers a ping.
    Pong(u64),
    /// Asks for new blocks as `headers` and not as `inv`, BIP 130.
    SendHeaders,
    /// Takes blocks in short, BIP 152.
    SendCmpct {
        /// Whether unasked, before they are checked.
        announce: bool,
        /// 1: short ids of txids, 2: of wtxids.
        version: u64,
    },
    /// Takes transactions by their wtxid, BIP 339.
    WtxidRelay,
    /// Takes `addrv2`, BIP 155.
    SendAddrV2,
    /// Wants no transactions below this fee, in satoshi a thousand virtual bytes, BIP 133.
    FeeFilter(u64),
    /// Asks for addresses of nodes.
    GetAddr,
    /// Addresses of nodes.
    Addr(Vec<NodeAddr>),
    /// The same, of all networks.
    AddrV2(Vec<NodeAddr>),
    /// The sender has these.
    Inv(Vec<InvItem>),
    /// Asks for these.
    GetData(Vec<InvItem>),
    /// What was asked for and is not there.
    NotFound(Vec<InvItem>),
    /// Asks for the headers that follow.
    GetHeaders(Locator),
    /// Headers.
    Headers(Vec<Header>),
    /// A block.
    Block(Block),
    /// A transaction.
    Tx(Transaction),
    /// A block in short.
    CmpctBlock(Box<CompactBlock>),
    /// Asks for transactions of such a block.
    GetBlockTxn(BlockTxnRequest),
    /// Has them.
    BlockTxn(BlockTxn),
    /// Asks for an `inv` of what waits, BIP 35.
    Mempool,
    /// Something was refused, BIP 61.
    Reject(Reject),
    /// Any other.
    Unknown {
        /// What it is.
        command: CommandName,
        /// What it says.
        payload: Bytes,
    },
}

/// What an [`InvItem`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvKind {
    /// A transaction by its txid.
    Tx,
    /// A block.
    Block,
    /// A block in short.
    CmpctBlock,
    /// A transaction by its wtxid, BIP 339.
    Wtx,
    /// A transaction by its txid, with its witnesses, BIP 144.
    WitnessTx,
    /// A block with its witnesses.
    WitnessBlock,
    /// Something else.
    Other(u32),
}

/// The numbers of the wire.
const INV_KINDS: [(u32, InvKind); 6] = [
    (1, InvKind::Tx),
    (2, InvKind::Block),
    (4, InvKind::CmpctBlock),
    (5, InvKind::Wtx),
    (0x4000_0001, InvKind::WitnessTx),
    (0x4000_0002, InvKind::WitnessBlock),
];

/// Something by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvItem {
    /// What it is.
    pub kind: InvKind,
    /// Its hash or id.
    pub hash: [u8; 32],
}

/// Where the sender's chain is: hashes from its tip back, further apart the older.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locator {
    /// The newest form of the protocol that it speaks.
    pub protocol: u32,
    /// Newest first.
    pub hashes: Vec<BlockHash>,
    /// The last one that is wanted; zeros: as many as fit.
    pub stop: BlockHash,
}

/// A `reject`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// What kind of message was refused.
    pub message: Bytes,
    /// Why, as a number.
    pub code: u8,
    /// Why, in words. Any bytes.
    pub reason: Bytes,
    /// The hash of what was refused, where it has one.
    pub hash: Option<[u8; 32]>,
}

/// Why a frame is no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}: {error}")]
pub struct MessageError {
    /// What it was to be.
    pub kind: Kind,
    /// What is wrong.
    pub error: PayloadError,
}

impl Message {
    /// Looks into a frame. What follows a message in its payload is passed over, as nodes do: later
    /// versions may have more to say.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn read(frame: &Frame) -> Result<Self, MessageError> {
        let Some(kind) = Kind::from_name(frame.command.as_str()) else {
            return Ok(Self::Unknown {
                command: frame.command,
                payload: frame.payload.clone(),
            });
        };
        let mut reader = Reader::new(frame.payload.clone());
        Self::read_kind(kind, &mut reader).map_err(|error| MessageError { kind, error })
    }

    fn read_kind(kind: Kind, reader: &mut Reader) -> Result<Self, PayloadError> {
        let inv = |r: &mut Reader| r.list("items", INV_MAX, InvItem::read);
        Ok(match kind {
            Kind::Version => Self::Version(Box::new(Version::read(reader)?)),
            Kind::Verack => Self::Verack,
            Kind::Ping => Self::Ping(reader.u64("the number")?),
            Kind::Pong => Self::Pong(reader.u64("the number")?),
            Kind::SendHeaders => Self::SendHeaders,
            Kind::SendCmpct => Self::SendCmpct {
                announce: read_flag(reader)?,
                version: reader.u64("the version")?,
            },
            Kind::WtxidRelay => Self::WtxidRelay,
            Kind::SendAddrV2 => Self::SendAddrV2,
            Kind::FeeFilter => Self::FeeFilter(reader.u64("the fee")?),
            Kind::GetAddr => Self::GetAddr,
            Kind::Addr => Self::Addr(reader.list("addresses", ADDR_MAX, NodeAddr::read)?),
            Kind::AddrV2 => Self::AddrV2(reader.list("addresses", ADDR_MAX, NodeAddr::read_v2)?),
            Kind::Inv => Self::Inv(inv(reader)?),
            Kind::GetData => Self::GetData(inv(reader)?),
            Kind::NotFound => Self::NotFound(inv(reader)?),
            Kind::GetHeaders => Self::GetHeaders(Locator::read(reader)?),
            Kind::Headers => Self::Headers(reader.list("headers", HEADERS_MAX, read_header)?),
            Kind::Block => Self::Block(read_block(reader)?),
            Kind::Tx => Self::Tx(read_tx(reader)?),
            Kind::CmpctBlock => Self::CmpctBlock(Box::new(CompactBlock::read(reader)?)),
            Kind::GetBlockTxn => Self::GetBlockTxn(BlockTxnRequest::read(reader)?),
            Kind::BlockTxn => Self::BlockTxn(BlockTxn::read(reader)?),
            Kind::Mempool => Self::Mempool,
            Kind::Reject => Self::Reject(Reject::read(reader)?),
        })
    }

    /// As a frame.
    pub fn to_frame(&self) -> Frame {
        Frame {
            command: self.command(),
            payload: self.payload(),
        }
    }

    /// What it is, on the wire.
    pub fn command(&self) -> CommandName {
        match (self.kind(), self) {
            (Some(kind), _) => CommandName::new(kind.name()),
            (None, Self::Unknown { command, .. }) => *command,
            (None, _) => unreachable!("all others are known"),
        }
    }

    /// What it is; `None`: it is not known here.
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Version(_) => Kind::Version,
            Self::Verack => Kind::Verack,
            Self::Ping(_) => Kind::Ping,
            Self::Pong(_) => Kind::Pong,
            Self::SendHeaders => Kind::SendHeaders,
            Self::SendCmpct { .. } => Kind::SendCmpct,
            Self::WtxidRelay => Kind::WtxidRelay,
            Self::SendAddrV2 => Kind::SendAddrV2,
            Self::FeeFilter(_) => Kind::FeeFilter,
            Self::GetAddr => Kind::GetAddr,
            Self::Addr(_) => Kind::Addr,
            Self::AddrV2(_) => Kind::AddrV2,
            Self::Inv(_) => Kind::Inv,
            Self::GetData(_) => Kind::GetData,
            Self::NotFound(_) => Kind::NotFound,
            Self::GetHeaders(_) => Kind::GetHeaders,
            Self::Headers(_) => Kind::Headers,
            Self::Block(_) => Kind::Block,
            Self::Tx(_) => Kind::Tx,
            Self::CmpctBlock(_) => Kind::CmpctBlock,
            Self::GetBlockTxn(_) => Kind::GetBlockTxn,
            Self::BlockTxn(_) => Kind::BlockTxn,
            Self::Mempool => Kind::Mempool,
            Self::Reject(_) => Kind::Reject,
            Self::Unknown { .. } => return None,
        })
    }

    fn payload(&self) -> Bytes {
        let mut to = Vec::new();
        match self {
            Self::Version(version) => version.put(&mut to),
            Self::Verack
            | Self::SendHeaders
            | Self::WtxidRelay
            | Self::SendAddrV2
            | Self::GetAddr
            | Self::Mempool => {}
            Self::Ping(number) | Self::Pong(number) | Self::FeeFilter(number) => {
                to.extend_from_slice(&number.to_le_bytes());
            }
            Self::SendCmpct { announce, version } => {
                to.push((*announce).into());
                to.extend_from_slice(&version.to_le_bytes());
            }
            Self::Addr(addrs) => put_list(addrs, &mut to, NodeAddr::put),
            Self::AddrV2(addrs) => put_list(addrs, &mut to, NodeAddr::put_v2),
            Self::Inv(items) | Self::GetData(items) | Self::NotFound(items) => {
                put_list(items, &mut to, InvItem::put);
            }
            Self::GetHeaders(locator) => locator.put(&mut to),
            Self::Headers(headers) => put_list(headers, &mut to, put_header),
            Self::Block(block) => return block.bytes().clone(),
            Self::Tx(tx) => return tx.bytes().clone(),
            Self::CmpctBlock(block) => block.put(&mut to),
            Self::GetBlockTxn(request) => request.put(&mut to),
            Self::BlockTxn(txs) => txs.put(&mut to),
            Self::Reject(reject) => reject.put(&mut to),
            Self::Unknown { payload, .. } => return payload.clone(),
        }
        to.into()
    }
}

impl InvItem {
    fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let number = reader.u32("what an item is")?;
        let known = INV_KINDS.iter().find(|(of, _)| *of == number);
        Ok(Self {
            kind: known.map_or(InvKind::Other(number), |(_, kind)| *kind),
            hash: reader.array("an item's hash")?,
        })
    }

    fn put(&self, to: &mut Vec<u8>) {
        let known = INV_KINDS.iter().find(|(_, kind)| *kind == self.kind);
        let number = match (known, self.kind) {
            (Some((number, _)), _) => *number,
            (None, InvKind::Other(number)) => number,
            (None, _) => unreachable!("the table has all others"),
        };
        to.extend_from_slice(&number.to_le_bytes());
        to.extend_from_slice(&self.hash);
    }
}

impl Locator {
    fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        let hash = |r: &mut Reader| Ok(BlockHash(r.array("a hash")?));
        Ok(Self {
            protocol: reader.u32("the protocol's version")?,
            hashes: reader.list("hashes", LOCATOR_MAX, hash)?,
            stop: hash(reader)?,
        })
    }

    fn put(&self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.protocol.to_le_bytes());
        put_list(&self.hashes, to, |hash, to| to.extend_from_slice(&hash.0));
        to.extend_from_slice(&self.stop.0);
    }
}

impl Reject {
    fn read(reader: &mut Reader) -> Result<Self, PayloadError> {
        Ok(Self {
            message: reader.bytes("bytes of a name", 12)?,
            code: reader.u8("the code")?,
            reason: reader.bytes("bytes of the reason", 111)?,
            hash: match reader.is_empty() {
                true => None,
                false => Some(reader.array("the hash")?),
            },
        })
    }

    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(&self.message, to);
        to.push(self.code);
        put_bytes(&self.reason, to);
        self.hash.iter().for_each(|hash| to.extend_from_slice(hash));
    }
}

fn read_flag(reader: &mut Reader) -> Result<bool, PayloadError> {
    let what = "whether to announce";
    match reader.u8(what)? {
        flag @ 0..=1 => Ok(flag == 1),
        got => Err(PayloadError::Value {
            what,
            got: got.into(),
        }),
    }
}

fn read_header(reader: &mut Reader) -> Result<Header, PayloadError> {
    let header = Header::from_bytes(&reader.array::<HEADER_LEN>("a header")?);
    // Always none: they would follow.
    reader.compact("transactions")?;
    Ok(header)
}

fn put_header(header: &Header, to: &mut Vec<u8>) {
    to.extend_from_slice(&header.to_bytes());
    put_compact(0, to);
}

fn read_block(reader: &mut Reader) -> Result<Block, PayloadError> {
    let rest = reader.rest().clone();
    Block::new(rest).map_err(PayloadError::Transaction)
}

/// The transaction that comes next.
pub(super) fn read_tx(reader: &mut Reader) -> Result<Transaction, PayloadError> {
    let tx = Transaction::first_of(reader.rest()).map_err(PayloadError::Transaction)?;
    reader.take(tx.bytes().len(), "a transaction")?;
    Ok(tx)
}

impl fmt::Display for InvKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tx | Self::WitnessTx => f.pad("transaction"),
            Self::Wtx => f.pad("transaction by wtxid"),
            Self::Block | Self::WitnessBlock => f.pad("block"),
            Self::CmpctBlock => f.pad("compact block"),
            Self::Other(number) => write!(f, "item {number:#x}"),
        }
    }
}

#[cfg(test)]
mod tests;
