//! Blocks and their headers.

use super::codec::{self, DecodeError};
use super::hash::{BlockHash, MerkleRoot, Txid, sha256d};
use super::merkle;
use super::pow::CompactTarget;
use super::tx::Tx;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::block_api::compress256;
use std::fmt;
use std::sync::OnceLock;

/// The only version of headers so far.
pub const HEADER_VERSION: u32 = 1;

/// Bytes of an encoded header.
pub const HEADER_LEN: usize = 88;

/// Below this many transactions a second thread costs more than it saves.
const PARALLEL_TXIDS_MIN: usize = 32;

/// A block's own time, in milliseconds since 1970 (UTC), as its miner claims it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct BlockTime(pub u64);

impl BlockTime {
    /// So many seconds since 1970, as headers of Bitcoin have them.
    pub const fn of_seconds(seconds: u32) -> Self {
        Self(seconds as u64 * 1_000)
    }

    /// This many ms later; stops at the end of time.
    pub const fn saturating_add_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// All of a block that is hashed directly: 88 bytes, the nonce last, so that all but the last 24
/// fill the first block of SHA-256 and a miner hashes that block once ([`Midstate`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`HEADER_VERSION`].
    pub version: u32,
    /// The parent.
    pub previous: BlockHash,
    /// Commits to the transactions; see [`merkle::commitment`].
    pub merkle_root: MerkleRoot,
    /// When the miner says it made this.
    pub time: BlockTime,
    /// The target that the hash must meet.
    pub bits: CompactTarget,
    /// Varied until it does.
    pub nonce: u64,
}

impl Header {
    /// The encoding; the same bytes that [`codec`] gives, without its detour.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&self.version.to_le_bytes());
        bytes[4..36].copy_from_slice(&self.previous.0);
        bytes[36..68].copy_from_slice(&self.merkle_root.0);
        bytes[68..76].copy_from_slice(&self.time.0.to_le_bytes());
        bytes[76..80].copy_from_slice(&self.bits.0.to_le_bytes());
        bytes[80..].copy_from_slice(&self.nonce.to_le_bytes());
        bytes
    }

    /// SHA256(SHA256(encoding)).
    pub fn hash(&self) -> BlockHash {
        BlockHash(sha256d(&self.to_bytes()))
    }

    /// Whether the hash is proof of work for the target that the header itself names. Whether it
    /// is the *right* target only the ancestors can tell.
    pub fn meets_target(&self) -> bool {
        self.bits
            .to_target()
            .is_ok_and(|target| target.is_met_by(&self.hash()))
    }
}

/// A header's hash with the first 64 bytes done in advance: two compressions a nonce instead of
/// three.
#[derive(Clone)]
pub struct Midstate {
    state: [u32; 8],
    /// The last 24 bytes with their padding; the nonce is the last 8 of the 24.
    tail: [u8; 64],
}

/// SHA-256's initial state (FIPS 180-4, 5.3.3).
const SHA256_INIT: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

impl Midstate {
    /// Of all headers that differ from `header` in their nonce only.
    pub fn new(header: &Header) -> Self {
        let bytes = header.to_bytes();
        let (head, rest) = bytes.split_at(64);
        let mut state = SHA256_INIT;
        compress256(&mut state, &[head.try_into().expect("split at 64")]);
        let mut tail = [0; 64];
        tail[..rest.len()].copy_from_slice(rest);
        pad(&mut tail, rest.len(), HEADER_LEN);
        Self { state, tail }
    }

    /// The hash of the header with this nonce.
    pub fn hash(&mut self, nonce: u64) -> BlockHash {
        self.tail[16..24].copy_from_slice(&nonce.to_le_bytes());
        let mut state = self.state;
        compress256(&mut state, &[self.tail]);
        let mut digest = [0; 64];
        write_state(&mut digest, &state);
        pad(&mut digest, 32, 32);
        state = SHA256_INIT;
        compress256(&mut state, &[digest]);
        let mut hash = [0; 32];
        write_state(&mut hash, &state);
        BlockHash(hash)
    }
}

/// SHA-256's padding behind `used` bytes of the last block of a message of `len` bytes.
fn pad(block: &mut [u8; 64], used: usize, len: usize) {
    block[used] = 0x80;
    block[56..].copy_from_slice(&(len as u64 * 8).to_be_bytes());
}

fn write_state(bytes: &mut [u8], state: &[u32; 8]) {
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(state) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
}

/// A header with its transactions. It cannot be changed, so that ids are computed once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Block {
    header: Header,
    txs: Vec<Tx>,
    #[serde(skip)]
    hash: OnceLock<BlockHash>,
    #[serde(skip)]
    txids: OnceLock<Vec<Txid>>,
}

impl Block {
    /// Puts the two together; whether they belong together is for the rules to say.
    pub fn new(header: Header, txs: Vec<Tx>) -> Self {
        Self {
            header,
            txs,
            hash: OnceLock::new(),
            txids: OnceLock::new(),
        }
    }

    /// Decodes a block of at most `max` bytes.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8], max: usize) -> Result<Self, DecodeError> {
        codec::decode(bytes, max)
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions, coinbase first.
    pub fn txs(&self) -> &[Tx] {
        &self.txs
    }

    /// The header's hash.
    pub fn hash(&self) -> BlockHash {
        *self.hash.get_or_init(|| self.header.hash())
    }

    /// The transactions' ids, in their order.
    pub fn txids(&self) -> &[Txid] {
        self.txids.get_or_init(|| {
            if self.txs.len() < PARALLEL_TXIDS_MIN {
                self.txs.iter().map(Tx::txid).collect()
            } else {
                self.txs.par_iter().map(Tx::txid).collect()
            }
        })
    }

    /// What the header should commit to.
    pub fn merkle_root(&self) -> MerkleRoot {
        merkle::commitment(self.txids())
    }

    /// Bytes of the encoded block.
    pub fn encoded_len(&self) -> usize {
        // Header, count, transactions. A test holds this against the codec.
        HEADER_LEN + 8 + self.txs.iter().map(Tx::encoded_len).sum::<usize>()
    }

    /// The parts, to build another block from.
    pub fn into_parts(self) -> (Header, Vec<Tx>) {
        (self.header, self.txs)
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header && self.txs == other.txs
    }
}

impl Eq for Block {}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("hash", &self.hash())
            .field("header", &self.header)
            .field("txs", &self.txs)
            .finish()
    }
}
