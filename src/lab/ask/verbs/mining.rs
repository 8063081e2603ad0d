//! Miners, and what they do with what they find.

use super::row::{Verb, command, needs, takes};
use crate::lab::ask::params::{BadParam, Params, bad, required};
use crate::lab::paper::units::parse_rate;
use crate::node::config::{MiningMode, Release, Strategy};
use crate::node::io::Command;

pub(super) const VERBS: &[Verb] = &[
    command(
        "mine",
        &[
            takes(
                "mode",
                "\"on\", \"off\", or \"on-tx\": while transactions wait [on]",
            ),
            takes("txs", "with on-tx: how many must wait [1]"),
        ],
        "starts or stops the miner",
        mode,
    ),
    command(
        "set_hashrate",
        &[needs("hashrate", "in H/s, as in 14000 or \"14 kH/s\"")],
        "changes how fast the miner is",
        |params| {
            let rate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
            Ok(Command::SetHashrate(required("hashrate", rate)?))
        },
    ),
    command(
        "mine_to",
        &[needs("wallet", "a wallet of the node")],
        "changes the wallet that rewards go to",
        |params| {
            let wallet = required("wallet", params.text("wallet", "rewards")?)?;
            Ok(Command::MineTo { wallet })
        },
    ),
    command(
        "mine_now",
        &[],
        "mines one block at full speed; answers when it is found",
        |_| Ok(Command::MineNow),
    ),
    command(
        "set_strategy",
        &[
            needs(
                "strategy",
                "\"honest\", or \"withhold\": blocks and payments stay private",
            ),
            takes(
                "release",
                "with withhold: \"asked\", \"depth 6\", \"lead 2\" [asked]",
            ),
        ],
        "changes what the miner does with the blocks that it finds",
        strategy,
    ),
    command(
        "release",
        &[],
        "announces the blocks and payments that a node withholds",
        |_| Ok(Command::Release),
    ),
];

fn mode(params: &mut Params) -> Result<Command, BadParam> {
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

fn strategy(params: &mut Params) -> Result<Command, BadParam> {
    let strategy = params.text("strategy", "withhold")?;
    let release = params.read("release", "depth 6", str::parse::<Release>)?;
    let strategy = match (required("strategy", strategy)?.as_str(), release) {
        ("withhold", release) => Strategy::Selfish(release.unwrap_or_default()),
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
