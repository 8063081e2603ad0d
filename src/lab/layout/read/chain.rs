//! What a layout says of its chain.

use super::nodes::Nodes;
use crate::chain::params::{Allocation, ParamsError};
use crate::chain::pow::Target;
use crate::chain::{Amount, CompactTarget, KeyHash, Params};
use crate::lab::paper::document::{FileError, Section};
use crate::lab::paper::network;
use crate::lab::spec::ChainSpec;
use crate::node::config::MiningMode;
use std::time::Duration;

pub(super) fn read(chain: &mut Section<'_>, nodes: &Nodes<'_>) -> Result<ChainSpec, FileError> {
    let mut params = network::read_rules(chain)?;
    let genesis_time = network::read_genesis_time(chain)?;
    network::set(&mut params.genesis_time, genesis_time);
    let bits = network::read_difficulty(chain, Some("auto"))?;
    let bits = bits.or_else(|| fitting(&params, nodes));
    network::set(&mut params.genesis_bits, bits);
    let fee = chain.text("fee", "0.001", str::parse)?;
    let min_fee_per_kb = chain.text("min_fee_per_kb", "0.001", str::parse)?;
    let max_fee = chain.text("max_fee", "0.001", str::parse)?;
    let confirmed_after = chain.number("confirmed_after", 1..=1_000_000)?;
    let genesis = match chain.section("genesis")? {
        Some(rows) => read_genesis(rows, nodes)?,
        None => Vec::new(),
    };
    chain.finish()?;
    validate(&params, &genesis).map_err(|error| network::place(chain, &error))?;
    Ok(ChainSpec {
        params,
        genesis_time,
        genesis,
        fee: fee.unwrap_or_default(),
        min_fee_per_kb: min_fee_per_kb.unwrap_or_default(),
        max_fee,
        confirmed_after: confirmed_after.unwrap_or(1),
    })
}

/// The target at which these nodes find a block in each interval; the easiest there is if none
/// mines. `None`: the limit is none, which the parameters' own check puts in words.
fn fitting(params: &Params, nodes: &Nodes<'_>) -> Option<CompactTarget> {
    let limit = params.limit_bits.to_target().ok()?;
    let mines = nodes.specs.iter().map(|node| &node.mine);
    let mines = mines.filter(|mine| mine.mode != MiningMode::Off);
    let rate: f64 = mines.map(|mine| mine.hashrate).sum();
    let interval = Duration::from_millis(params.block_interval_ms);
    let target = Target::from_expected_hashes(whole(rate * interval.as_secs_f64()));
    Some(target.min(limit).to_compact())
}

/// Rounded, and held within the type.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "this conversion stops at both ends, which is what is wanted"
)]
fn whole(hashes: f64) -> u64 {
    hashes.round() as u64
}

fn read_genesis(rows: Section<'_>, nodes: &Nodes<'_>) -> Result<Vec<(String, Amount)>, FileError> {
    let mut genesis = Vec::new();
    for (wallet, place, amount) in rows.into_rows() {
        let owned = nodes.check_own_wallet(&wallet);
        owned.map_err(|problem| place.error(problem))?;
        let amount = amount.text("10", |text| match text.parse() {
            Ok(Amount::ZERO) => Err("an allocation of nothing".to_owned()),
            Ok(amount) => Ok(amount),
            Err(error) => Err(error.to_string()),
        })?;
        genesis.push((wallet, amount));
    }
    Ok(genesis)
}

/// Judges the parameters as they will be. Who owns what makes no difference to that.
fn validate(params: &Params, genesis: &[(String, Amount)]) -> Result<(), ParamsError> {
    let owner = KeyHash([0; 20]);
    let allocation = |(_, amount): &(String, _)| Allocation {
        owner,
        amount: *amount,
    };
    let genesis = genesis.iter().map(allocation).collect();
    let params = Params {
        genesis,
        ..params.clone()
    };
    params.validate()
}
