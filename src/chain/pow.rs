//! Targets, their compact form, and work.
//!
//! A block hash, read as a little-endian number, must not be above the target. Work is how many
//! hashes that takes on average: 2^256 / (target + 1).

use super::hash::BlockHash;
use primitive_types::U256;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A target in the 4-byte form that headers carry ("bits"): one byte of exponent, three of
/// mantissa, the mantissa's top bit a sign that is never set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactTarget(pub u32);

/// Why a compact form names no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CompactError {
    /// The sign bit is set on a number that is not zero.
    #[error("the compact target is negative")]
    Negative,
    /// More than 256 bits.
    #[error("the compact target is above 256 bits")]
    Overflow,
}

/// The highest hash that still counts as proof of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(U256);

/// Expected number of hashes; of a block, or of a chain up to one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work(U256);

const MANTISSA_BITS: u32 = 0x007f_ffff;
const SIGN_BIT: u32 = 0x0080_0000;

impl CompactTarget {
    /// The target that this stands for. It can be zero, which no hash meets.
    ///
    /// # Errors
    /// [`CompactError`], for exactly the values that Bitcoin Core refuses.
    pub fn to_target(self) -> Result<Target, CompactError> {
        let size = usize::from(self.0.to_be_bytes()[0]);
        let mut mantissa = U256::from(self.0 & MANTISSA_BITS);
        if size <= 3 {
            mantissa >>= 8 * (3 - size);
        }
        if mantissa.is_zero() {
            return Ok(Target(mantissa));
        }
        if self.0 & SIGN_BIT != 0 {
            return Err(CompactError::Negative);
        }
        let shift = 8 * size.saturating_sub(3);
        if mantissa.bits() + shift > 256 {
            return Err(CompactError::Overflow);
        }
        Ok(Target(mantissa << shift))
    }
}

impl Target {
    /// The easiest target there is: every hash meets it.
    pub const MAX: Self = Self(U256::MAX);

    /// A target from a number.
    pub const fn from_u256(number: U256) -> Self {
        Self(number)
    }

    /// As a number.
    pub const fn to_u256(self) -> U256 {
        self.0
    }

    /// The target that takes `hashes` hashes on average, at least one.
    pub fn from_expected_hashes(hashes: u64) -> Self {
        Self(U256::MAX / U256::from(hashes.max(1)))
    }

    /// The compact form, rounded down to what its 23 bits can hold.
    pub fn to_compact(self) -> CompactTarget {
        let mut size = self.0.bits().div_ceil(8);
        let mut mantissa = if size <= 3 {
            self.0.low_u32() << (8 * (3 - size))
        } else {
            (self.0 >> (8 * (size - 3))).low_u32()
        };
        // The top bit is the sign: a number that would set it moves one byte down.
        if mantissa & SIGN_BIT != 0 {
            mantissa >>= 8;
            size += 1;
        }
        let size = u32::try_from(size).expect("at most 33 bytes");
        CompactTarget((size << 24) | mantissa)
    }

    /// Whether `hash` is proof of work for this target.
    pub fn is_met_by(self, hash: &BlockHash) -> bool {
        U256::from_little_endian(&hash.0) <= self.0
    }

    /// Expected hashes to meet this target.
    pub fn work(self) -> Work {
        // 2^256 does not fit; 2^256 / (t + 1) = (2^256 - t - 1) / (t + 1) + 1 does, as in Bitcoin
        // Core. Only for t + 1 = 2^256 is the divisor itself too large: then one hash suffices.
        match self.0.checked_add(U256::one()) {
            Some(divisor) => Work((!self.0 / divisor).saturating_add(U256::one())),
            None => Work(U256::one()),
        }
    }
}

impl Work {
    /// None done.
    pub const ZERO: Self = Self(U256::zero());

    /// The sum. It stops at 2^256 - 1, which no chain of real hashes comes near.
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This, `times` times over; stops at 2^256 - 1.
    pub fn saturating_mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(U256::from(times)))
    }

    /// As a number of hashes.
    pub const fn to_u256(self) -> U256 {
        self.0
    }

    /// As a number of hashes, to sixteen digits: for people, not for comparisons.
    pub fn to_f64(self) -> f64 {
        let words = self.0.0.iter().rev();
        words.fold(0.0, |sum, word| {
            sum * 18_446_744_073_709_551_616.0 + *word as f64
        })
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Work({})", self.0)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
