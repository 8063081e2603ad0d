//! What two nodes must have in common to be of one network.
//!
//! The genesis block is computed from the parameters and carries their hash in its coinbase, so
//! two networks that differ in any rule differ in their genesis hash, and the handshake tells
//! them apart.

use super::address::Address;
use super::amount::Amount;
use super::asert::{STEP_CAP_INTERVALS, Schedule};
use super::block::{Block, BlockTime, HEADER_VERSION, Header};
use super::codec;
use super::hash::{BlockHash, KeyHash, sha256d};
use super::merkle;
use super::pow::{CompactTarget, Target};
use super::tx::{Tx, TxOut};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Block sizes that a network may choose from, in bytes.
pub const BLOCK_BYTES_RANGE: std::ops::RangeInclusive<u32> = 1_000..=4_000_000;

/// Longest block interval, in ms: a day.
const INTERVAL_MS_MAX: u64 = 86_400_000;

/// Longest half-life, in intervals: Bitcoin Cash uses 288.
const HALF_LIFE_INTERVALS_MAX: u32 = 10_000;

/// Most allocations that a genesis block makes; each is an output of its one transaction.
pub const GENESIS_ALLOCATIONS_MAX: usize = 10_000;

/// Latest genesis time: the year 5138. Leaves room above for every sum of times.
const GENESIS_TIME_MAX: BlockTime = BlockTime(100_000_000_000_000);

/// How the target follows the hash rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retarget {
    /// Not at all: every block has the genesis target.
    Fixed,
    /// Block by block; see [`asert`](super::asert).
    Asert,
}

/// Coins that exist from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Whose.
    pub owner: KeyHash,
    /// How much; not nothing.
    pub amount: Amount,
}

/// The parameters of a network. Change one and it is another network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Time of the genesis block.
    pub genesis_time: BlockTime,
    /// Wanted time between blocks, in ms.
    pub block_interval_ms: u64,
    /// How the target is set.
    pub retarget: Retarget,
    /// ASERT: being this many intervals behind schedule doubles the target. The default is 5: when the
    /// hash rate has grown tenfold, the interval is back within 20 % after 30 blocks, which takes 41 with
    /// 8. The price is that the first block after a pause is expected after 0.29 intervals, not 0.46.
    pub half_life_intervals: u32,
    /// Target of the genesis block, and under [`Retarget::Fixed`] of all.
    pub genesis_bits: CompactTarget,
    /// The easiest target that is ever allowed.
    pub limit_bits: CompactTarget,
    /// What a block may create before any halving.
    pub subsidy: Amount,
    /// Blocks between halvings.
    pub halving_interval: u32,
    /// A coinbase of height h can be spent from height h + maturity on.
    pub maturity: u32,
    /// Largest encoded block, in bytes.
    pub max_block_bytes: u32,
    /// How far a block's time may be ahead of the clock that judges it, in ms.
    pub future_drift_ms: u64,
    /// First byte of every address; decides its first letter.
    pub address_version: u8,
    /// Coins of the genesis block.
    pub genesis: Vec<Allocation>,
}

/// A parameter is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}")]
pub struct ParamsError {
    /// The field's name.
    pub key: &'static str,
    /// What is wrong, with the range.
    pub problem: String,
}

impl Default for Params {
    /// A lab that ticks every five seconds on about 14 kH/s and starts without coins.
    fn default() -> Self {
        Self {
            genesis_time: BlockTime(1_767_225_600_000), // 2026-01-01T00:00:00Z
            block_interval_ms: 5_000,
            retarget: Retarget::Asert,
            half_life_intervals: 5,
            genesis_bits: Target::from_expected_hashes(70_000).to_compact(),
            limit_bits: CompactTarget(0x207f_ffff),
            subsidy: Amount::from_coins(10).expect("ten coins are an amount"),
            halving_interval: 210_000,
            maturity: 1,
            max_block_bytes: 1_000_000,
            future_drift_ms: 10_000,
            address_version: 0,
            genesis: Vec::new(),
        }
    }
}

impl Params {
    /// Checks every field, and that all coins that can ever exist are an [`Amount`].
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ParamsError> {
        self.validate_ranges()?;
        let limit = target_of("limit_bits", self.limit_bits)?;
        let genesis = target_of("genesis_bits", self.genesis_bits)?;
        if genesis > limit {
            let problem = "easier than limit_bits allows".to_owned();
            return Err(refuse("genesis_bits", problem));
        }
        self.validate_supply()
    }

    fn validate_ranges(&self) -> Result<(), ParamsError> {
        let within = |key, value: u64, min: u64, max: u64| {
            if (min..=max).contains(&value) {
                return Ok(());
            }
            Err(refuse(
                key,
                format!("{value} is not between {min} and {max}"),
            ))
        };
        within("genesis_time", self.genesis_time.0, 0, GENESIS_TIME_MAX.0)?;
        within(
            "block_interval_ms",
            self.block_interval_ms,
            1,
            INTERVAL_MS_MAX,
        )?;
        within(
            "half_life_intervals",
            self.half_life_intervals.into(),
            1,
            HALF_LIFE_INTERVALS_MAX.into(),
        )?;
        within(
            "halving_interval",
            self.halving_interval.into(),
            1,
            u32::MAX.into(),
        )?;
        within("maturity", self.maturity.into(), 1, 1_000_000)?;
        let (min, max) = (*BLOCK_BYTES_RANGE.start(), *BLOCK_BYTES_RANGE.end());
        within(
            "max_block_bytes",
            self.max_block_bytes.into(),
            min.into(),
            max.into(),
        )?;
        // A block that may claim to come from beyond the cap could hide the cap's effect.
        let cap = self.block_interval_ms * STEP_CAP_INTERVALS;
        within("future_drift_ms", self.future_drift_ms, 0, cap - 1)
    }

    fn validate_supply(&self) -> Result<(), ParamsError> {
        if self.genesis.len() > GENESIS_ALLOCATIONS_MAX {
            let problem = format!("more than {GENESIS_ALLOCATIONS_MAX} allocations");
            return Err(refuse("genesis", problem));
        }
        if self.genesis.iter().any(|given| given.amount.is_zero()) {
            return Err(refuse("genesis", "an allocation of nothing".to_owned()));
        }
        let allocated = self
            .genesis
            .iter()
            .map(|given| u128::from(given.amount.units()));
        let mut total: u128 = allocated.sum();
        for halvings in 0..64 {
            let subsidy = self.subsidy.halved(halvings).units();
            total += u128::from(subsidy) * u128::from(self.halving_interval);
        }
        if total > u128::from(Amount::MAX.units()) {
            let problem = format!(
                "with this subsidy and halving_interval more than {} coins would come to exist",
                Amount::MAX
            );
            return Err(refuse("subsidy", problem));
        }
        Ok(())
    }

    /// What a block at `height` may create: the subsidy, halved every
    /// [`halving_interval`](Self::halving_interval) blocks, and nothing after 64 halvings.
    pub fn subsidy_at(&self, height: u32) -> Amount {
        self.subsidy
            .halved(u64::from(height / self.halving_interval))
    }

    /// The easiest target allowed. Only for parameters that [`Params::validate`] accepts.
    pub fn limit(&self) -> Target {
        self.limit_bits.to_target().expect("validated")
    }

    /// The target of the block after one at `height`, whose difficulty clock
    /// ([`Clock`](super::asert::Clock)) shows `clock_ms`.
    pub fn next_bits(&self, height: u32, clock_ms: i64) -> CompactTarget {
        match self.retarget {
            Retarget::Fixed => self.genesis_bits,
            Retarget::Asert => {
                // The anchor is the genesis block, and its parent is taken to be on schedule.
                let since_parent = i128::from(clock_ms) + i128::from(self.block_interval_ms);
                super::asert::next_target(&self.schedule(), since_parent, height.into())
                    .to_compact()
            }
        }
    }

    /// Where ASERT starts, and how it corrects. Only for parameters that [`Params::validate`]
    /// accepts.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            anchor: self.genesis_bits.to_target().expect("validated"),
            limit: self.limit(),
            interval: self.block_interval_ms,
            half_life: self.block_interval_ms * u64::from(self.half_life_intervals),
        }
    }

    /// The hash of all parameters; the genesis block commits to it.
    pub fn digest(&self) -> [u8; 32] {
        sha256d(&codec::encode(self))
    }

    /// Block 0. It needs no proof of work: everybody computes it.
    pub fn genesis_block(&self) -> Block {
        let outputs = self
            .genesis
            .iter()
            .map(|given| TxOut {
                amount: given.amount,
                owner: given.owner,
            })
            .collect();
        let mut tag = [0; 64];
        tag[..32].copy_from_slice(&self.digest());
        let coinbase = Tx::coinbase(0, outputs, tag);
        let header = Header {
            version: HEADER_VERSION,
            previous: BlockHash::ZERO,
            merkle_root: merkle::commitment(&[coinbase.txid()]),
            time: self.genesis_time,
            bits: self.genesis_bits,
            nonce: 0,
        };
        Block::new(header, vec![coinbase])
    }

    /// The address of `owner` on this network.
    pub fn address(&self, owner: KeyHash) -> Address {
        Address {
            version: self.address_version,
            owner,
        }
    }
}

fn refuse(key: &'static str, problem: String) -> ParamsError {
    ParamsError { key, problem }
}

fn target_of(key: &'static str, bits: CompactTarget) -> Result<Target, ParamsError> {
    let target = bits.to_target().map_err(|e| refuse(key, e.to_string()))?;
    if target.to_u256().is_zero() {
        return Err(refuse(key, "a target of zero is met by no hash".to_owned()));
    }
    if target.to_compact() != bits {
        let problem = format!("{:#010x} is not the shortest form of its target", bits.0);
        return Err(refuse(key, problem));
    }
    Ok(target)
}
