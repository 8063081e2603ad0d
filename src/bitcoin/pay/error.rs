//! What can be wrong with a payment.

use super::{COINS_MAX, FeeRate, INPUTS_MAX, SCRIPT_LEN_MAX};
use crate::chain::Amount;
use thiserror::Error;

/// Why a payment cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PayError {
    /// More than all that there is.
    #[error("there are never more than {COINS_MAX} coins")]
    TooMuch,
    /// Nodes would not pass it on.
    #[error("{amount} is dust: nodes pass on no payment to such a script below {least}")]
    Dust {
        /// What was to be paid.
        amount: Amount,
        /// The least that is no dust there.
        least: Amount,
    },
    /// The coins do not hold enough.
    #[error("there are coins of {have}, and it takes {amount} and a fee of {fee}")]
    Insufficient {
        /// What all of them hold.
        have: Amount,
        /// What was to be paid.
        amount: Amount,
        /// The fee with all of them.
        fee: Amount,
    },
    /// They hold enough, but are too small for one transaction.
    #[error(
        "it takes more than {INPUTS_MAX} coins, and a transaction of so many is passed on by no node: pay less"
    )]
    TooManyCoins,
    /// No one could spend it.
    #[error("a script has at most {SCRIPT_LEN_MAX} bytes, this one has {0}")]
    ScriptLength(usize),
    /// A fee that nodes take for a mistake.
    #[error("a fee of {fee} for {bytes} bytes would be taken for a mistake: {most} is the most")]
    Fee {
        /// What the miner was to get.
        fee: Amount,
        /// The size of the transaction at most.
        bytes: u64,
        /// What [`FeeRate::MAX`] makes of that.
        most: Amount,
    },
    /// A fee rate that nodes take for a mistake.
    #[error("a fee rate is at most {} a kilobyte", FeeRate::MAX.per_kvbyte())]
    FeeRate,
}
