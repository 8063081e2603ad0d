//! `chainlab mine`: miners of nodes that run.

use super::choose::Choice;
use super::group::{Group, unexpected};
use super::table::print_json;
use super::{Failure, print};
use crate::lab::units::parse_rate;
use crate::live::reply_words;
use crate::node::io::{Command, Reply};
use crate::node::mining::MiningMode;
use clap::{Args, Subcommand};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab mine now                       one block, at full speed
  chainlab mine now --blocks 5 --node miner
  chainlab mine on --node miner --to rewards --hashrate '14 kH/s'
  chainlab mine on --node miner --txs 2   only while two payments wait
  chainlab mine off --node miner

Without --node: the only node, or the only one that mines.";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON: a list of answers.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// Start the miner.
    On {
        /// How fast, as in 500, 14k, '1.5 MH/s'.
        #[arg(long, value_name = "RATE", value_parser = parse_rate)]
        hashrate: Option<f64>,
        /// The wallet of the node that rewards go to.
        #[arg(long, value_name = "WALLET")]
        to: Option<String>,
        /// Mine only while so many payments wait.
        #[arg(long, value_name = "N", value_parser = at_least_one)]
        txs: Option<usize>,
    },
    /// Stop the miner.
    Off,
    /// Mine blocks at full speed, and print each.
    Now {
        /// How many, at most 1000.
        #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1_000))]
        blocks: u16,
        /// The wallet of the node that rewards go to.
        #[arg(long, value_name = "WALLET")]
        to: Option<String>,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("a whole number is wanted here".to_owned()),
    }
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let node = miner(&group).await?;
    let mut commands = Vec::new();
    match &options.what {
        What::On { hashrate, to, txs } => {
            commands.extend(to.clone().map(|wallet| Command::MineTo { wallet }));
            commands.extend(hashrate.map(Command::SetHashrate));
            commands.push(Command::Mine(txs.map_or(MiningMode::On, MiningMode::OnTx)));
        }
        What::Off => commands.push(Command::Mine(MiningMode::Off)),
        What::Now { blocks, to } => {
            commands.extend(to.clone().map(|wallet| Command::MineTo { wallet }));
            commands.extend(std::iter::repeat_n(Command::MineNow, usize::from(*blocks)));
        }
    }
    let mut replies = Vec::new();
    for command in commands {
        let reply = group.command(&node, &command).await?;
        match options.json {
            true => replies.push(reply),
            false => print(&format!("{}\n", reply_words(&reply)))?,
        }
    }
    match options.json {
        true => print_json(&replies),
        false => Ok(()),
    }
}

/// Mines a block now.
pub(super) async fn mine_now(group: &Group, node: &str) -> Result<Reply, Failure> {
    match group.command(node, &Command::MineNow).await? {
        reply @ Reply::Mined { .. } => Ok(reply),
        other => Err(unexpected(&other)),
    }
}

/// The node of `--node`, the only one, or the only one that mines.
async fn miner(group: &Group) -> Result<String, Failure> {
    if group.chosen().is_some() || group.nodes().count() == 1 {
        return group.node().map(ToOwned::to_owned);
    }
    let nodes = group.status().await?.into_iter();
    let mines = nodes.filter(|status| {
        let seen = status.snapshot.as_deref();
        let mode = seen.map(|seen| seen.mining.mode);
        status.state.is_up() && mode.is_some_and(|mode| mode != MiningMode::Off)
    });
    match <[_; 1]>::try_from(mines.collect::<Vec<_>>()) {
        Ok([only]) => Ok(only.node),
        Err(_) => Err(group.node_needed()),
    }
}
