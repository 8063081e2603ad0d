//! The one table of messages that are known, with what each may have at most.

use super::frame::PAYLOAD_MAX;
use crate::node::message::kinds;

/// Entries of one `inv`, `getdata` or `notfound`.
pub const INV_MAX: usize = 50_000;

/// Headers of one `headers`.
pub const HEADERS_MAX: usize = 2_000;

/// Addresses of one `addr` or `addrv2`.
pub const ADDR_MAX: usize = 1_000;

/// Hashes of a locator.
pub const LOCATOR_MAX: usize = 101;

/// Bytes of a user agent.
pub const USER_AGENT_MAX: usize = 256;

/// Bytes of an address in `addrv2`, BIP 155.
pub const ADDR_BYTES_MAX: usize = 512;

/// Transactions of a block: each has ten bytes at least, and a body a million without its witnesses.
pub const BLOCK_TXS_MAX: usize = 100_000;

kinds! {
    Version "version",
    Verack "verack",
    Ping "ping",
    Pong "pong",
    SendHeaders "sendheaders",
    SendCmpct "sendcmpct",
    WtxidRelay "wtxidrelay",
    SendAddrV2 "sendaddrv2",
    FeeFilter "feefilter",
    GetAddr "getaddr",
    Addr "addr",
    AddrV2 "addrv2",
    Inv "inv",
    GetData "getdata",
    NotFound "notfound",
    GetHeaders "getheaders",
    Headers "headers",
    Block "block",
    Tx "tx",
    CmpctBlock "cmpctblock",
    GetBlockTxn "getblocktxn",
    BlockTxn "blocktxn",
    Mempool "mempool",
    Reject "reject",
}

impl Kind {
    /// The longest payload that it can have, in bytes. Later versions may add fields to those that
    /// have few.
    pub const fn max_len(self) -> usize {
        match self {
            Self::Version => 1_024,
            Self::Verack
            | Self::SendHeaders
            | Self::WtxidRelay
            | Self::SendAddrV2
            | Self::GetAddr
            | Self::Mempool => 64,
            Self::Ping | Self::Pong | Self::FeeFilter => 8,
            Self::SendCmpct => 9,
            Self::Addr => 9 + ADDR_MAX * 30,
            Self::AddrV2 => 9 + ADDR_MAX * (4 + 9 + 1 + 3 + ADDR_BYTES_MAX + 2),
            Self::Inv | Self::GetData | Self::NotFound => 9 + INV_MAX * 36,
            Self::GetHeaders => 4 + 9 + LOCATOR_MAX * 32 + 32,
            Self::Headers => 9 + HEADERS_MAX * 81,
            Self::GetBlockTxn => 32 + 9 + BLOCK_TXS_MAX * 3,
            Self::Reject => 512,
            Self::Block | Self::Tx | Self::CmpctBlock | Self::BlockTxn => PAYLOAD_MAX,
        }
    }
}
