//! `chainlab send`: a payment from a wallet of any node to any wallet or address.

use super::choose::Choice;
use super::group::{Group, is_down, unexpected};
use super::mine::mine_now;
use super::table::print_json;
use super::{Failure, print};
use crate::chain::{Amount, Txid};
use crate::lab::paper::units::{parse_duration, show_duration};
use crate::node::BlockId;
use crate::node::io::{Command, Payment, Question, Reply};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab send --from alice --to bob --amount 1
  chainlab send --from alice --to 1JFN5FWkEKSCKqTS6RoQUNkSEHj82rRR5d --amount 2
  chainlab send --from alice --to bob --amount 1 --mine    in a block at once
  chainlab send --from alice --to bob --amount 1 --wait confirmed";

/// How often a payment is looked for in the chain.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(super) struct Options {
    /// The wallet that pays, of any node.
    #[arg(long, value_name = "WALLET")]
    from: String,
    /// An address, or a wallet of any node.
    #[arg(long, value_name = "WALLET|ADDRESS")]
    to: String,
    /// How much arrives.
    #[arg(long, allow_hyphen_values = true)]
    amount: Amount,
    /// What the miner gets [default: what the network proposes].
    #[arg(long, allow_hyphen_values = true)]
    fee: Option<Amount>,
    /// Wait until this has happened.
    #[arg(long, value_enum, value_name = "WHAT")]
    wait: Option<Wait>,
    /// How long to wait.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    timeout: Duration,
    /// Mine a block at the sender's node, as -mine in the tutorials.
    #[arg(long)]
    mine: bool,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON: one object.
    #[arg(long)]
    pub(super) json: bool,
}

/// What can be waited for.
#[derive(Clone, Copy, ValueEnum)]
enum Wait {
    /// The payment is in a block of the sender's node.
    Confirmed,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let (node, reply, txid) = pay(&group, options).await?;
    if !options.json {
        print(&format!("{txid}\n{}\n", words(&reply, &options.to)))?;
    }
    let mut mined = None;
    if options.mine {
        let reply = mine_now(&group, &node).await?;
        if !options.json {
            print(&format!("{}\n", reply.words()))?;
        }
        mined = Some(reply);
    }
    let mut confirmed = None;
    if let Some(Wait::Confirmed) = options.wait {
        confirmed = Some(confirm(&group, &node, txid, options.timeout).await);
    }
    let block = confirmed.as_ref().and_then(|found| found.as_ref().ok());
    match (options.json, block) {
        // Also if it is in no block in time: the payment is made.
        (true, block) => print_json(&json!({
            "node": node, "sent": reply, "mined": mined, "confirmed": block,
        }))?,
        (false, Some(block)) => print(&format!("in {block}\n"))?,
        (false, None) => {}
    }
    match confirmed {
        // What there is to print is printed: its kind would be a second object.
        Some(Err(failure)) => Err(Failure {
            kind: None,
            ..failure
        }),
        _ => Ok(()),
    }
}

/// Pays from the node that has the wallet.
async fn pay(group: &Group, options: &Options) -> Result<(String, Reply, Txid), Failure> {
    let wallets = group.wallets().await?;
    let held = group.holder(&wallets, &options.from)?;
    let address = group.address(&wallets, &options.to)?;
    if let Some(chosen) = group.chosen().filter(|chosen| *chosen != held.node) {
        let words = format!(
            "wallet {} is of {}, not of {chosen}",
            options.from, held.node
        );
        return Err(Failure::input(words));
    }
    if !held.is_up {
        let what = format!("has wallet {}", options.from);
        return Err(is_down(&held.node, &what));
    }
    let payment = Payment {
        from: options.from.clone(),
        to: address,
        amount: options.amount,
        fee: options.fee,
    };
    let reply = group.command(&held.node, &Command::Send(payment)).await?;
    match reply {
        Reply::Sent { txid, .. } => Ok((held.node.clone(), reply, txid)),
        other => Err(unexpected(&other)),
    }
}

/// What was done, with the name that was asked for in place of its address.
fn words(reply: &Reply, to: &str) -> String {
    let mut shown = reply.clone();
    if let Reply::Sent { plan, .. } = &mut shown {
        plan.payment.to = to.to_owned();
    }
    shown.words()
}

/// Waits until a transaction is in a block of the node's chain.
async fn confirm(
    group: &Group,
    node: &str,
    txid: Txid,
    limit: Duration,
) -> Result<BlockId, Failure> {
    let until = Instant::now() + limit;
    loop {
        if let Reply::Tx(detail) = group.ask(node, &Question::Tx { txid }).await?
            && let Some(block) = detail.block
        {
            return Ok(block);
        }
        if Instant::now() >= until {
            return Err(Failure::other(format!(
                "{txid} is in no block of {node} after {}: it waits for a miner",
                show_duration(limit)
            )));
        }
        sleep(LOOK_EVERY).await;
    }
}
