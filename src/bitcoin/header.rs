//! Block headers: 80 bytes, whose hash is the block's.

use super::network::NetworkParams;
use crate::chain::hash::{BlockHash, MerkleRoot, sha256d};
use crate::chain::pow::{CompactTarget, Work};

/// Bytes of a header.
pub const HEADER_LEN: usize = 80;

/// What a block commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which rules the miner goes by; bits of it are votes, BIP 9.
    pub version: i32,
    /// The block before.
    pub previous: BlockHash,
    /// Root of the tree of its transactions' ids.
    pub merkle_root: MerkleRoot,
    /// When it was made, as its miner says, in seconds since 1970.
    pub time: u32,
    /// What its hash must not be above.
    pub bits: CompactTarget,
    /// What its miner tried.
    pub nonce: u32,
}

impl Header {
    /// From its bytes.
    pub fn from_bytes(bytes: &[u8; HEADER_LEN]) -> Self {
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let hash = |at: usize| {
            let mut hash = [0; 32];
            hash.copy_from_slice(&bytes[at..at + 32]);
            hash
        };
        Self {
            version: number(0).cast_signed(),
            previous: BlockHash(hash(4)),
            merkle_root: MerkleRoot(hash(36)),
            time: number(68),
            bits: CompactTarget(number(72)),
            nonce: number(76),
        }
    }

    /// As its bytes.
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&self.version.to_le_bytes());
        bytes[4..36].copy_from_slice(&self.previous.0);
        bytes[36..68].copy_from_slice(&self.merkle_root.0);
        bytes[68..72].copy_from_slice(&self.time.to_le_bytes());
        bytes[72..76].copy_from_slice(&self.bits.0.to_le_bytes());
        bytes[76..].copy_from_slice(&self.nonce.to_le_bytes());
        bytes
    }

    /// The block's hash.
    pub fn hash(&self) -> BlockHash {
        BlockHash(sha256d(&self.to_bytes()))
    }

    /// Hashes that it takes on average to find such a header; none if its target is no target. Means
    /// something only of one that [meets its target](Self::meets_target).
    pub fn work(&self) -> Work {
        self.bits
            .to_target()
            .map_or(Work::ZERO, |target| target.work())
    }

    /// Whether its hash is proof of the work that it says, and that is not less than the network's
    /// least.
    pub fn meets_target(&self, params: &NetworkParams) -> bool {
        let easiest = params.easiest.to_target().expect("the table has targets");
        self.bits
            .to_target()
            .is_ok_and(|target| target <= easiest && target.is_met_by(&self.hash()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::Network;

    #[test]
    fn a_header_is_read_as_it_is_written() {
        let header = Network::Testnet4.params().genesis();
        assert_eq!(Header::from_bytes(&header.to_bytes()), header);
    }

    #[test]
    fn a_header_without_work_or_with_too_little_is_none() {
        let mainnet = Network::Mainnet.params();
        let mut header = mainnet.genesis();
        header.nonce += 1;
        assert!(!header.meets_target(mainnet), "another nonce");
        let regtest = Network::Regtest.params().genesis();
        assert!(
            !regtest.meets_target(mainnet),
            "easier than the network's easiest"
        );
        header.bits = CompactTarget(0x0492_3456);
        assert!(!header.meets_target(mainnet), "a negative target");
        assert_eq!(header.work(), Work::ZERO);
    }
}
