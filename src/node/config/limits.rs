//! What a node takes of others.

use crate::chain::Amount;
use crate::node::fee::Rate;
use std::time::Duration;

/// Inbound connections at a time from one address, or one site of version 6, other than loopback: some
/// nodes of a machine or behind a router, and not enough to fill the seats.
pub const ADDRESS_MAX: usize = 16;

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

impl MempoolLimits {
    /// The least fee for a transaction of so many bytes. If that is more than can exist, all that
    /// can: it is not enough then.
    pub fn least_fee(&self, bytes: usize) -> Amount {
        let least = Rate::new(self.min_fee_per_kb, 1_000).fee_for(bytes);
        least.unwrap_or(Amount::MAX)
    }
}
