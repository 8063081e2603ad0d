//! Compact filters of blocks, BIPs 157 and 158: what a node that keeps headers alone reads to know which blocks
//! concern its wallets, and tells no peer whose they are.
//!
//! A block's filter is a [`CodedSet`] of 20-byte strings: the owner of each output, and the hash of the key of
//! each input that spends something. In Bitcoin an input does not say whose coin it spends, so filters there take
//! the scripts of the spent outputs from elsewhere. Here inputs carry their keys: with the body alone it can be
//! computed, so a peer that sends another one is found out by fetching one block.
//!
//! Filters are no part of what headers commit to. So they have a chain of their own: a [`FilterHeader`] commits to
//! a filter and to the filter header before it, from zeros before the genesis block on. Where two peers' filter
//! headers first differ, one of them lied about that very block.

mod bits;
mod set;

pub use set::{CodedSet, CodedSetError, M, P, key_of, longest};

use super::block::Block;
use super::hash::{BlockHash, FilterHash, FilterHeader, KeyHash, sha256d};
use super::params::{BLOCK_BYTES_RANGE, GENESIS_ALLOCATIONS_MAX, Params};
use super::tx::Tx;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The fewest bytes of a block that bring its filter an element: an output, of amount and owner. An input has more.
const OUTPUT_LEN: u32 = 8 + 20;

/// The most elements that a filter can have: a block of the largest size that a network may choose, all outputs.
pub const ELEMENTS_MAX: u32 = *BLOCK_BYTES_RANGE.end() / OUTPUT_LEN;

/// The most bytes of a filter, on any network: 384 kB.
pub const FILTER_BYTES_MAX: u64 = longest(ELEMENTS_MAX);

// A genesis block may be larger than the blocks after it, but not so large.
const _: () = assert!(GENESIS_ALLOCATIONS_MAX < ELEMENTS_MAX as usize);

/// The most bytes of a filter of this network: by its largest block, or by its genesis block, which may be larger.
pub fn filter_bytes_max(params: &Params) -> u64 {
    let genesis = u32::try_from(params.genesis.len()).unwrap_or(ELEMENTS_MAX);
    longest((params.max_block_bytes / OUTPUT_LEN).max(genesis))
}

/// Whom a block pays, and whose coins it spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFilter(CodedSet);

impl BlockFilter {
    /// The filter of this block.
    pub fn of(block: &Block) -> Self {
        let parties = block.txs().iter().flat_map(Tx::parties);
        Self::of_parties(&block.hash(), parties)
    }

    /// The filter of a block of this hash that has these parties.
    pub fn of_parties(block: &BlockHash, parties: impl Iterator<Item = KeyHash>) -> Self {
        Self(CodedSet::new(block, parties.map(|owner| owner.0)))
    }

    /// Takes a filter from outside. That it is well-formed does not say that it is the block's: its filter header
    /// does, if that one is.
    ///
    /// # Errors
    /// [`CodedSetError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodedSetError> {
        CodedSet::from_bytes(bytes, ELEMENTS_MAX).map(Self)
    }

    /// As it is sent and hashed.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// How many owners are in it.
    pub const fn len(&self) -> u32 {
        self.0.len()
    }

    /// Whether the block pays nothing and spends nothing, as a genesis block without coins.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a filter header commits to it with.
    pub fn hash(&self) -> FilterHash {
        FilterHash(sha256d(self.bytes()))
    }

    /// The filter header of the block, given its parent's.
    pub fn header(&self, previous: FilterHeader) -> FilterHeader {
        previous.then(self.hash())
    }

    /// Whether the block, which this is the filter of, pays one of these owners or spends a coin of one: never
    /// `false` if it does; `true` without reason once in [`M`] owners asked for.
    pub fn matches_any(&self, block: &BlockHash, owners: &[KeyHash]) -> bool {
        self.0
            .matches_any(block, owners.iter().map(|owner| owner.0))
    }
}

impl FilterHeader {
    /// The filter header of the next block, whose filter has this hash: SHA256(SHA256(hash ‖ this)), BIP 157.
    pub fn then(self, filter: FilterHash) -> Self {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&filter.0);
        bytes[32..].copy_from_slice(&self.0);
        Self(sha256d(&bytes))
    }
}

impl Serialize for BlockFilter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.bytes())
    }
}

impl<'de> Deserialize<'de> for BlockFilter {
    /// Only what [`BlockFilter::from_bytes`] takes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
