//! How parameters of methods are read.

use super::check_note;
use crate::lab::control::order::Order;
use crate::lab::control::params::{BadParam, Params, bad, required};
use crate::lab::names::parse_node_name;
use crate::lab::request::{Bend, LinkChange, TrafficChange};
use crate::lab::spec::{MineSpec, NodeSpec};
use crate::lab::traffic::{check_tx_rate, parse_tx_rate};
use crate::lab::units::{parse_bandwidth, parse_duration, parse_preset, parse_rate};
use crate::link::LinkState;
use crate::node::addrbook::check_addr;
use crate::node::io::{Command, Payment, Question};
use crate::node::mining::MiningMode;
use crate::node::private::{Release, Strategy};
use crate::node::snapshot::PAGE_MAX;
use std::net::SocketAddr;

/// The wallet that a method is about.
pub(super) fn name(params: &mut Params) -> Result<String, BadParam> {
    required("name", params.text("name", "eve")?)
}

pub(super) fn node(params: &mut Params) -> Result<Option<String>, BadParam> {
    params.text("node", "central")
}

pub(super) fn payment(params: &mut Params) -> Result<Payment, BadParam> {
    Ok(Payment {
        from: required("from", params.text("from", "alice")?)?,
        to: required("to", params.text("to", "bob")?)?,
        amount: required("amount", params.amount("amount")?)?,
        fee: params.amount("fee")?,
    })
}

pub(super) fn mode(params: &mut Params) -> Result<Command, BadParam> {
    let mode = params.text("mode", "on")?;
    let txs = params.number("txs")?;
    let mode = match (mode.as_deref(), txs) {
        (Some("on-tx"), txs) => MiningMode::OnTx(txs.unwrap_or(1)),
        (_, Some(_)) => return Err(bad("txs", "goes with mode \"on-tx\" only")),
        (None | Some("on"), None) => MiningMode::On,
        (Some("off"), None) => MiningMode::Off,
        (Some(other), None) => {
            return Err(bad(
                "mode",
                format!("{other:?} is none of \"on\", \"off\", \"on-tx\""),
            ));
        }
    };
    Ok(Command::Mine(mode))
}

pub(super) fn strategy(params: &mut Params) -> Result<Command, BadParam> {
    let strategy = params.text("strategy", "withhold")?;
    let release = params.read("release", "depth 6", str::parse::<Release>)?;
    let strategy = match (required("strategy", strategy)?.as_str(), release) {
        ("withhold", release) => Strategy::Withhold(release.unwrap_or_default()),
        ("honest", None) => Strategy::Honest,
        ("honest", Some(_)) => {
            return Err(bad("release", "goes with strategy \"withhold\" only"));
        }
        (other, _) => {
            let problem = format!("{other:?} is none of \"honest\", \"withhold\"");
            return Err(bad("strategy", problem));
        }
    };
    Ok(Command::SetStrategy(strategy))
}

pub(super) fn limit(params: &mut Params) -> Result<usize, BadParam> {
    Ok(params.number("limit")?.unwrap_or(PAGE_MAX))
}

pub(super) fn peer(params: &mut Params) -> Result<SocketAddr, BadParam> {
    let addr = addr(params)?;
    check_addr(addr).map_err(|error| bad("addr", error))?;
    Ok(addr)
}

pub(super) fn addr(params: &mut Params) -> Result<SocketAddr, BadParam> {
    required("addr", params.parsed("addr", "127.0.0.1:3000")?)
}

pub(super) fn block(params: &mut Params) -> Result<Question, BadParam> {
    let hash = params.parsed("hash", "0f3a...")?;
    let height = params.number("height")?;
    match (hash, height) {
        (Some(hash), None) => Ok(Question::Block { hash }),
        (None, Some(height)) => Ok(Question::BlockAt { height }),
        (None, None) => Err(bad("hash", "is missing, and height as well")),
        (Some(_), Some(_)) => Err(bad("height", "hash says which block already")),
    }
}

pub(super) fn add_node(params: &mut Params) -> Result<Order, BadParam> {
    let name = required("name", params.read("name", "eve", parse_node_name)?)?;
    let mut spec = NodeSpec::new(&name);
    spec.connect = params.texts("connect")?;
    spec.wallets = params.texts("wallets")?;
    let mine = params.read("mine", "on", |text| match text {
        "on" => Ok(MiningMode::On),
        "off" => Ok(MiningMode::Off),
        "on-tx" => Ok(MiningMode::OnTx(1)),
        other => Err(format!("{other:?} is none of \"on\", \"off\", \"on-tx\"")),
    })?;
    let hashrate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
    let usual = MineSpec::default();
    spec.mine = MineSpec {
        mode: mine.unwrap_or(usual.mode),
        hashrate: hashrate.unwrap_or(usual.hashrate),
        ..usual
    };
    Ok(Order::Add(Box::new(spec)))
}

pub(super) fn set_link(params: &mut Params) -> Result<Order, BadParam> {
    let preset = params.read("preset", "dsl", parse_preset)?;
    let like = preset.map(LinkChange::to_preset).unwrap_or_default();
    let latency = params.read("latency", "80ms", parse_duration)?;
    let jitter = params.read("jitter", "20ms", parse_duration)?;
    let bandwidth = params.read("bandwidth", "1 MB/s", |text| match text {
        "unlimited" => Ok(None),
        text => parse_bandwidth(text).map(Some),
    })?;
    let loss = params.quantity("loss", "0.1", str::parse::<f64>)?;
    let change = LinkChange {
        latency: latency.or(like.latency),
        jitter: jitter.or(like.jitter),
        bandwidth: bandwidth.or(like.bandwidth),
        loss: loss.or(like.loss),
        state: params.read("state", "cut", |text| match text {
            "open" => Ok(LinkState::Open),
            "cut" => Ok(LinkState::Cut),
            "black-hole" => Ok(LinkState::BlackHole),
            other => Err(format!(
                "{other:?} is none of \"open\", \"cut\", \"black-hole\""
            )),
        })?,
    };
    let order = ends(params, change)?;
    if change == LinkChange::default() {
        return Err(bad(
            "latency",
            "is missing, and so is everything else that could change",
        ));
    }
    let sound = change.apply(crate::link::Conditions::default()).validate();
    sound.map_err(|error| bad(error.key, error.problem))?;
    Ok(order)
}

pub(super) fn ends(params: &mut Params, change: LinkChange) -> Result<Order, BadParam> {
    let from = required("from", params.text("from", "central")?)?;
    let to = required("to", params.text("to", "miner")?)?;
    let is_one_way = params.flag("one_way")?.unwrap_or(false);
    if from == to {
        return Err(bad(
            "to",
            format!("a link is between two nodes, and {from} is one"),
        ));
    }
    Ok(Order::Link(Bend {
        from,
        to,
        is_both_ways: !is_one_way,
        change,
    }))
}

pub(super) fn heal(params: &mut Params) -> Result<Order, BadParam> {
    let has_ends = params.has("from") || params.has("to") || params.has("one_way");
    if has_ends {
        return ends(params, LinkChange::to_state(LinkState::Open));
    }
    // So that a wrong key is told what there is.
    for key in ["from", "to", "one_way"] {
        params.text(key, "central")?;
    }
    Ok(Order::HealAll)
}

pub(super) fn traffic(params: &mut Params) -> Result<Order, BadParam> {
    let on = params.flag("on")?;
    let rate = params.quantity("rate", "2 tx/s", parse_tx_rate)?;
    let rate = rate.map(check_tx_rate).transpose();
    let rate = rate.map_err(|error| bad("rate", error))?;
    Ok(Order::Traffic(TrafficChange { on, rate }))
}

pub(super) fn note(params: &mut Params) -> Result<Order, BadParam> {
    let text = params.read("text", "the miner is gone", check_note)?;
    Ok(Order::Note(text.filter(|text| !text.is_empty())))
}
