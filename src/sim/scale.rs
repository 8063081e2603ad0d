//! How much work a block really costs, and how much it is said to cost.

use crate::chain::{Params, Target};

/// Hashes that a block really costs, on average, at the target of [`params`].
pub const REAL_HASHES: u64 = 256;

/// Hashes that the default network's block costs at its start: 14 kH/s for 5 s.
const DEFAULT_HASHES: f64 = 70_000.0;

/// Nominal hashes that one real hash stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(pub(super) f64);

/// The default network, with blocks that are cheap to solve; its nominal difficulty is that of the
/// default network under the default [`Scale`].
pub fn params() -> Params {
    Params {
        genesis_bits: Target::from_expected_hashes(REAL_HASHES).to_compact(),
        ..Params::default()
    }
}

impl Scale {
    /// The scale at which a block of [`params`] takes so many nominal hashes, more than none.
    pub fn block_takes(nominal: f64) -> Self {
        Self(nominal / REAL_HASHES as f64)
    }
}

impl Default for Scale {
    /// 14 kH/s find a block of [`params`] in 5 s.
    fn default() -> Self {
        Self::block_takes(DEFAULT_HASHES)
    }
}
