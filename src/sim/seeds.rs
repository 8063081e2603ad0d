//! Seeds that follow from the one.

use crate::node::NodeIx;
use sha2::{Digest, Sha256};

/// 32 bytes that follow from a seed and what they are for.
pub(super) fn derived(seed: u64, purpose: &str, ix: NodeIx, start: u32) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"chainlab sim ");
    hasher.update(seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    hasher.update(ix.to_bytes());
    hasher.update(start.to_le_bytes());
    hasher.finalize().into()
}
