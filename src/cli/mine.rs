//! `chainlab mine`: miners of nodes that run.

use super::choose::Choice;
use super::failure::Failure;
use super::group::{Group, unexpected};
use super::output::print;
use super::output::say;
use super::table::print_json;
use crate::lab::paper::units::{parse_rate, show_about, show_rate};
use crate::node::config::MiningMode;
use crate::node::config::{Release, Strategy};
use crate::node::io::{Command, Reply};
use crate::node::snapshot::MiningInfo;
use clap::{Args, Subcommand, ValueEnum};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab mine now                       one block, at full speed
  chainlab mine now --blocks 5 --node miner
  chainlab mine on --node miner --to rewards --hashrate '14 kH/s'
  chainlab mine on --node miner --txs 2   only while two payments wait
  chainlab mine off --node miner
  chainlab mine strategy withhold --release 'depth 6' --node miner
  chainlab mine release --node miner      announce what it withholds

Without --node: the only node, or the only one that mines (release: withholds).";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON: a list of answers.
    #[arg(long, global = true)]
    pub(super) json: bool,
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
    /// Choose whether a miner announces what it finds.
    Strategy {
        /// Announce blocks at once, or keep them and payments private.
        #[arg(value_enum)]
        strategy: StrategyName,
        /// When withheld blocks are released: asked, 'depth 6', 'lead 2' [default: asked]
        #[arg(long, value_name = "WHEN")]
        release: Option<Release>,
    },
    /// Announce what a miner withholds.
    Release,
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StrategyName {
    /// Announce what it finds at once.
    Honest,
    /// Keep blocks and payments private until they are released.
    Withhold,
}

impl StrategyName {
    fn with(self, release: Option<Release>) -> Result<Strategy, Failure> {
        match (self, release) {
            (Self::Withhold, release) => Ok(Strategy::Selfish(release.unwrap_or_default())),
            (Self::Honest, None) => Ok(Strategy::Honest),
            (Self::Honest, Some(_)) => Err(Failure::input("--release goes with withhold only")),
        }
    }
}

impl What {
    /// What the node is told, one after the other.
    fn commands(&self) -> Result<Vec<Command>, Failure> {
        let mut commands = Vec::new();
        match self {
            Self::On { hashrate, to, txs } => {
                commands.extend(to.clone().map(|wallet| Command::MineTo { wallet }));
                commands.extend(hashrate.map(Command::SetHashrate));
                commands.push(Command::Mine(txs.map_or(MiningMode::On, MiningMode::OnTx)));
            }
            Self::Off => commands.push(Command::Mine(MiningMode::Off)),
            Self::Strategy { strategy, release } => {
                commands.push(Command::SetStrategy(strategy.with(*release)?));
            }
            Self::Release => commands.push(Command::Release),
            Self::Now { blocks, to } => {
                commands.extend(to.clone().map(|wallet| Command::MineTo { wallet }));
                commands.extend(std::iter::repeat_n(Command::MineNow, usize::from(*blocks)));
            }
        }
        Ok(commands)
    }
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
    let node = match options.what {
        What::Release => the_one(&group, |mining| mining.strategy != Strategy::Honest).await?,
        _ => the_one(&group, |mining| mining.mode != MiningMode::Off).await?,
    };
    let commands = options.what.commands()?;
    let is_by_hand = matches!(options.what, What::Now { .. });
    let before = if is_by_hand {
        mining(&group, &node).await?
    } else {
        None
    };
    let mut replies = Vec::new();
    let last = commands.len().saturating_sub(1);
    for (at, command) in commands.iter().enumerate() {
        let reply = group.command(&node, command).await?;
        match (options.json, &options.what) {
            (true, _) => replies.push(reply),
            // The last answer says for which wallet; how fast is added to it.
            (false, What::On { .. }) if at < last => {}
            (false, What::On { hashrate, .. }) => {
                let rate = hashrate.map(|rate| format!(", with {}", show_rate(rate)));
                let words = reply.words() + &rate.unwrap_or_default();
                print(&format!("{words}\n"))?;
            }
            (false, _) => print(&format!("{}\n", reply.words()))?,
        }
    }
    if let Some(before) = before
        && let Some(after) = mining(&group, &node).await?
        && let Some(words) = harder(&before, &after)
    {
        say(&words);
    }
    match options.json {
        true => print_json(&replies),
        false => Ok(()),
    }
}

/// How things are with the miner of a node.
async fn mining(group: &Group, node: &str) -> Result<Option<MiningInfo>, Failure> {
    let nodes = group.status().await?.into_iter();
    let mut found = nodes.filter(|status| status.node == node);
    let seen = found.next().and_then(|status| status.snapshot);
    Ok(seen.and_then(|seen| seen.mining.clone()))
}

/// What blocks by hand have done to the difficulty, if that is much: there is not always room for
/// their times to be an interval apart.
fn harder(before: &MiningInfo, after: &MiningInfo) -> Option<String> {
    let times = after.expected_hashes / before.expected_hashes;
    if times < 2.0 {
        return None;
    }
    let rate = show_rate(after.hashrate);
    let next = match after.expected_time() {
        Some(time) => format!("{} on average", show_about(time)),
        None => "for ever".to_owned(),
    };
    Some(format!(
        "the difficulty is {times:.1} times what it was: at {rate} the next block takes {next}"
    ))
}

/// Mines a block now.
pub(super) async fn mine_now(group: &Group, node: &str) -> Result<Reply, Failure> {
    match group.command(node, &Command::MineNow).await? {
        // It waits, where time stands still.
        reply @ (Reply::Mined { .. } | Reply::Done(_)) => Ok(reply),
        other => Err(unexpected(&other)),
    }
}

/// The node of `--node`, the only one, or the only one whose miner is like this.
async fn the_one(group: &Group, is_it: impl Fn(&MiningInfo) -> bool) -> Result<String, Failure> {
    if group.chosen().is_some() || group.nodes().count() == 1 {
        return group.node().map(ToOwned::to_owned);
    }
    let nodes = group.status().await?.into_iter();
    let mines = nodes.filter(|status| {
        let seen = status.snapshot.as_deref();
        let mining = seen.and_then(|seen| seen.mining.as_ref());
        status.state.is_up() && mining.is_some_and(&is_it)
    });
    match <[_; 1]>::try_from(mines.collect::<Vec<_>>()) {
        Ok([only]) => Ok(only.node),
        Err(_) => Err(group.node_needed()),
    }
}
