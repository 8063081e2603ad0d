//! Network files: the parameters of a network, with the coins that exist from the start. Whoever
//! has the same file is on the same network.
//!
//! ```toml
//! [chain]
//! block_interval = "5s"
//! retarget = "asert"
//! subsidy = "10"
//!
//! [[chain.genesis]]
//! address = "1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d"
//! amount = "10"
//! ```
//!
//! What is not said is as in [`Params::default`].

use super::document::{FileError, Section};
use super::units::{UnitError, parse_duration, show_about, show_duration};
use crate::chain::address::Address;
use crate::chain::params::{Allocation, BLOCK_BYTES_RANGE, ParamsError, Retarget};
use crate::chain::pow::Target;
use crate::chain::{Amount, BlockTime, CompactTarget, Params};
use std::time::Duration;

/// Reads a network file.
///
/// # Errors
/// [`FileError`], the first thing that is wrong.
pub fn read(file: &str, text: &str) -> Result<Params, FileError> {
    let mut document = Section::parse(file, text)?;
    let Some(mut chain) = document.section("chain")? else {
        document.finish()?;
        return Ok(Params::default());
    };
    document.finish()?;
    let mut params = read_rules(&mut chain)?;
    set(&mut params.genesis_time, read_genesis_time(&mut chain)?);
    set(&mut params.genesis_bits, read_difficulty(&mut chain, None)?);
    for mut row in chain.sections("genesis")? {
        params.genesis.push(read_allocation(&mut row, &params)?);
        row.finish()?;
    }
    params.validate().map_err(|error| place(&chain, &error))?;
    chain.finish()?;
    Ok(params)
}

/// Reads all of `[chain]` but what makes the genesis block (its time, its difficulty, its coins),
/// without judging it.
///
/// # Errors
/// [`FileError`].
pub fn read_rules(chain: &mut Section<'_>) -> Result<Params, FileError> {
    let mut params = Params::default();
    let interval = chain.text("block_interval", "5s", whole_ms)?;
    set(&mut params.block_interval_ms, interval);
    // A default that any interval can have: see the rule in `Params::validate`.
    let drift = params.block_interval_ms.saturating_mul(2);
    params.future_drift_ms = params.future_drift_ms.min(drift);
    set(
        &mut params.retarget,
        chain.text("retarget", "asert", retarget)?,
    );
    let half_life = chain.number("half_life", 1..=u32::MAX)?;
    set(&mut params.half_life_intervals, half_life);
    let limit = chain.text("limit_bits", "0x207fffff", compact)?;
    set(&mut params.limit_bits, limit);
    set(
        &mut params.subsidy,
        chain.text("subsidy", "10", str::parse)?,
    );
    let halving = chain.number("halving_interval", 1..=u32::MAX)?;
    set(&mut params.halving_interval, halving);
    set(
        &mut params.maturity,
        chain.number("maturity", 1..=u32::MAX)?,
    );
    let bytes = chain.number("max_block_bytes", BLOCK_BYTES_RANGE)?;
    set(&mut params.max_block_bytes, bytes);
    let drift = chain.text("future_drift", "10s", whole_ms)?;
    set(&mut params.future_drift_ms, drift);
    let version = chain.number("address_version", 0..=u8::MAX)?;
    set(&mut params.address_version, version);
    Ok(params)
}

/// Reads when the chain begins, if the file says.
///
/// # Errors
/// [`FileError`].
pub fn read_genesis_time(chain: &mut Section<'_>) -> Result<Option<BlockTime>, FileError> {
    let ms = chain.number("genesis_time_ms", 0..=u64::MAX)?;
    Ok(ms.map(BlockTime))
}

/// Makes sure that a chain of these parameters has begun by `now`, as far as its rules can tell: a
/// genesis block may be as far ahead as any other. `text` is the file, of a network or a layout, that
/// they were read from. A time that the file does not name is not judged.
///
/// # Errors
/// [`FileError`], with the place of `genesis_time_ms`.
pub fn check_begun(
    file: &str,
    text: &str,
    params: &Params,
    now: BlockTime,
) -> Result<(), FileError> {
    let drift = params.future_drift_ms;
    if params.genesis_time <= now.saturating_add_ms(drift) {
        return Ok(());
    }
    let mut document = Section::parse(file, text)?;
    let Some(mut chain) = document.section("chain")? else {
        return Ok(());
    };
    if read_genesis_time(&mut chain)?.is_none() {
        return Ok(());
    }
    let ahead = show_about(Duration::from_millis(params.genesis_time.0 - now.0));
    let allowed = show_duration(Duration::from_millis(drift));
    let problem = format!("{ahead} ahead of the clock, and future_drift allows {allowed}");
    Err(chain.error_at("genesis_time_ms", problem))
}

/// Reads how difficult the beginning is, if the file says. Where there is a word for leaving it
/// open, it can stand for the number.
///
/// # Errors
/// [`FileError`].
pub fn read_difficulty(
    chain: &mut Section<'_>,
    open: Option<&str>,
) -> Result<Option<CompactTarget>, FileError> {
    let bits = chain.text("genesis_bits", "0x1f00ffff", compact)?;
    let hashes = chain.take("difficulty");
    if bits.is_some() && hashes.is_some() {
        let problem = "genesis_bits says the same: leave out one of them";
        return Err(chain.error_at("difficulty", problem));
    }
    let hashes = match (hashes, open) {
        (Some(value), Some(word)) => value.number_or(1..=u64::MAX, word)?,
        (Some(value), None) => Some(value.number(1..=u64::MAX)?),
        (None, _) => None,
    };
    Ok(bits.or(hashes.map(|hashes| Target::from_expected_hashes(hashes).to_compact())))
}

fn read_allocation(row: &mut Section<'_>, params: &Params) -> Result<Allocation, FileError> {
    let example = "1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d";
    let version = params.address_version;
    let address = row.text("address", example, |text| Address::parse(text, version))?;
    let amount: Option<Amount> = row.text("amount", "10", str::parse)?;
    let address = address.ok_or_else(|| row.error_at("address", "is missing"))?;
    let amount = amount.ok_or_else(|| row.error_at("amount", "is missing"))?;
    Ok(Allocation {
        owner: address.owner,
        amount,
    })
}

/// Sets what is not left as it is.
pub(in crate::lab) fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn whole_ms(text: &str) -> Result<u64, UnitError> {
    let duration = parse_duration(text)?;
    match u64::try_from(duration.as_millis()) {
        Ok(ms) if Duration::from_millis(ms) == duration => Ok(ms),
        _ => Err(UnitError::TooFine {
            text: text.to_owned(),
            unit: "millisecond",
        }),
    }
}

fn retarget(text: &str) -> Result<Retarget, String> {
    match text {
        "fixed" => Ok(Retarget::Fixed),
        "asert" => Ok(Retarget::Asert),
        _ => Err(format!("{text:?} is neither \"asert\" nor \"fixed\"")),
    }
}

fn compact(text: &str) -> Result<CompactTarget, String> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 8);
    let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bits = digits.filter(is_hex);
    let bits = bits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    bits.map(CompactTarget)
        .ok_or_else(|| format!("{text:?} is not 0x and eight hexadecimal digits"))
}

/// Where in the file a parameter that is out of range was set.
pub(in crate::lab) fn place(chain: &Section<'_>, error: &ParamsError) -> FileError {
    let key = match error.key {
        "genesis_time" => "genesis_time_ms",
        "block_interval_ms" => "block_interval",
        "half_life_intervals" => "half_life",
        "future_drift_ms" => "future_drift",
        "genesis_bits" if chain.had("difficulty") => "difficulty",
        key => key,
    };
    let unit = if error.key.ends_with("_ms") {
        " (ms)"
    } else {
        ""
    };
    chain.error_at(key, format!("{}{unit}", error.problem))
}

/// Writes the network file from which [`read`] makes these parameters.
pub fn write(params: &Params) -> String {
    let network = params.genesis_block().hash();
    let ms = |ms| show_duration(Duration::from_millis(ms));
    let retarget = match params.retarget {
        Retarget::Fixed => "fixed",
        Retarget::Asert => "asert",
    };
    let mut text = format!(
        "\
# The network {network}, named after its genesis block.
[chain]
genesis_time_ms = {}  # since 1970 (UTC)
block_interval = \"{}\"
retarget = \"{retarget}\"
half_life = {}  # block intervals
genesis_bits = \"{:#010x}\"
limit_bits = \"{:#010x}\"
subsidy = \"{}\"
halving_interval = {}  # blocks
maturity = {}  # blocks
max_block_bytes = {}
future_drift = \"{}\"
address_version = {}
",
        params.genesis_time.0,
        ms(params.block_interval_ms),
        params.half_life_intervals,
        params.genesis_bits.0,
        params.limit_bits.0,
        params.subsidy,
        params.halving_interval,
        params.maturity,
        params.max_block_bytes,
        ms(params.future_drift_ms),
        params.address_version,
    );
    for given in &params.genesis {
        let (address, amount) = (params.address(given.owner), given.amount);
        let row = format!("\n[[chain.genesis]]\naddress = \"{address}\"\namount = \"{amount}\"\n");
        text.push_str(&row);
    }
    text
}

#[cfg(test)]
mod tests;
