//! Transactions that wait for a block.

use crate::chain::Amount;
use std::time::Duration;

/// What a mempool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// Bytes of all transactions together.
    pub bytes_max: usize,
    /// The least fee for 1 000 bytes; may be nothing.
    pub min_fee_per_kb: Amount,
    /// How long a transaction may wait.
    pub expiry: Duration,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self {
            bytes_max: 16_000_000,
            min_fee_per_kb: Amount::ZERO,
            expiry: Duration::from_secs(72 * 3_600),
        }
    }
}
