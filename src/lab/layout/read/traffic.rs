//! `[traffic]`: payments that a lab makes by itself.

use super::nodes::Nodes;
use crate::chain::Amount;
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::document::{FileError, Section, Value};
use crate::lab::paper::units::{check_tx_rate, parse_tx_rate};
use crate::lab::spec::{ChainSpec, TrafficSpec};

/// What a range of amounts looks like.
const RANGE: &str = r#"["0.01", "0.5"]"#;

/// Reads the section; the wallets that take part are of some node.
pub(super) fn read(
    mut section: Section<'_>,
    nodes: &Nodes<'_>,
    chain: &ChainSpec,
) -> Result<TrafficSpec, FileError> {
    let usual = TrafficSpec::usual(chain.proposed_fee());
    let rate = section.take("rate").map(read_rate).transpose()?;
    let amount = section.take("amount").map(read_amount).transpose()?;
    let fee = section.text("fee", "0.001", str::parse::<Amount>)?;
    let wallets = section.texts("wallets", r#"["alice", "bob"]"#)?;
    let is_on = section.flag("on")?;
    section.finish()?;
    if wallets.as_ref().is_some_and(|wallets| wallets.len() == 1) {
        let problem = "one wallet has nobody to pay: name two at least, or leave this out for all";
        return Err(section.error_at("wallets", problem));
    }
    let has_real = nodes.specs.iter().any(|node| node.bitcoin.is_some());
    if has_real && nodes.own_wallets().next().is_none() {
        let problem = "payments are between wallets of chainlab's own nodes, and there are none";
        return Err(section.error_at("traffic", problem));
    }
    for (name, place) in wallets.iter().flatten() {
        let owned = check_wallet(name, nodes, chain);
        owned.map_err(|problem| place.error(problem))?;
    }
    let wallets = wallets.map(|named| named.into_iter().map(|(name, _)| name).collect());
    // Where others have wallets too, all are those of chainlab's own nodes.
    let all = || nodes.own_wallets().map(str::to_owned).collect();
    Ok(TrafficSpec {
        rate: rate.unwrap_or(usual.rate),
        amount: amount.unwrap_or(usual.amount),
        fee: fee.unwrap_or(usual.fee),
        wallets: wallets.unwrap_or_else(|| if has_real { all() } else { Vec::new() }),
        is_on: is_on.unwrap_or(true),
    })
}

/// A miner has a wallet for its rewards, also where none is named.
fn check_wallet(name: &str, nodes: &Nodes<'_>, chain: &ChainSpec) -> Result<(), String> {
    let own = nodes.specs.iter().filter(|node| node.bitcoin.is_none());
    let own: Vec<_> = own.cloned().collect();
    let resolver = Resolver::new(&own, chain.params.address_version);
    match resolver.wallets().any(|wallet| wallet == name) {
        true => Ok(()),
        false => nodes.check_own_wallet(name),
    }
}

/// A number, or a text with its unit.
fn read_rate(value: Value<'_>) -> Result<f64, FileError> {
    match value.to_json()?.as_f64() {
        Some(number) => check_tx_rate(number).map_err(|problem| value.place().error(problem)),
        None => value.text("2 tx/s", parse_tx_rate),
    }
}

/// One amount, or the least and the most.
fn read_amount(value: Value<'_>) -> Result<(Amount, Amount), FileError> {
    if value.to_json()?.is_string() {
        let amount = value.text("0.1", above_nothing)?;
        return Ok((amount, amount));
    }
    let place = value.place().clone();
    let Ok([least, most]) = <[_; 2]>::try_from(value.texts(RANGE)?) else {
        let problem = format!("the least and the most are wanted here, as in {RANGE}");
        return Err(place.error(problem));
    };
    let read = |(text, place): &(String, _)| -> Result<Amount, FileError> {
        let place: &crate::lab::paper::document::Position<'_> = place;
        above_nothing(text).map_err(|problem| place.error(problem))
    };
    let amounts = (read(&least)?, read(&most)?);
    match amounts.0 <= amounts.1 {
        true => Ok(amounts),
        false => Err(place.error(format!("{} is more than {}", amounts.0, amounts.1))),
    }
}

fn above_nothing(text: &str) -> Result<Amount, String> {
    let amount: Amount = text.parse().map_err(|error| format!("{error}"))?;
    match amount.is_zero() {
        true => Err("nothing cannot be paid".to_owned()),
        false => Ok(amount),
    }
}
