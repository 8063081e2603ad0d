//! `chainlab wallet`: wallets of nodes that run.

use super::choose::Choice;
use super::failure::Failure;
use super::group::{Group, is_down, unexpected};
use super::output::print;
use super::output::say;
use super::table::{Side, Table, print_json, show_time};
use crate::chain::Amount;
use crate::node::io::{Command, Question, RefusalKind, Reply};
use crate::node::snapshot::{COINS_MAX, HistoryEntry, PAGE_MAX};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::{IsTerminal, Read, stdin};

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab wallet new eve --node central
  chainlab wallet list
  chainlab wallet balance eve
  chainlab wallet history eve
  (umask 077; chainlab wallet export eve > eve.key)    for you alone to read
  chainlab wallet import eve --node miner < eve.key
  chainlab wallet import eve-too --of eve --node miner    the same coins twice";

/// The longest key that is read, in bytes: 64 digits, and whatever ends the line.
const SECRET_BYTES_MAX: u64 = 200;

/// Hexadecimal digits of a key.
const SECRET_DIGITS: usize = 64;

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum What {
    /// Make a wallet with a new key on a node.
    New {
        /// Its name, which no other node has a wallet of.
        name: String,
    },
    /// List the wallets of all nodes, with what they hold.
    List,
    /// Print what a wallet or an address holds in a node's chain: its unspent coins, added up.
    Balance {
        /// A wallet of any node, or an address.
        #[arg(value_name = "NAME|ADDRESS")]
        of: String,
    },
    /// List what a wallet did, newest first.
    History {
        /// The wallet.
        name: String,
        /// Entries to leave out, from the newest.
        #[arg(long, value_name = "N", default_value_t = 0)]
        skip: usize,
        /// Entries to show, at most 500.
        #[arg(long, value_name = "N", default_value_t = PAGE_MAX)]
        limit: usize,
    },
    /// Print a wallet's key, 64 hexadecimal digits. Whoever has it has the coins.
    Export {
        /// The wallet.
        name: String,
    },
    /// Make a wallet of a key, and look for its coins.
    Import {
        /// Its name, which no other node has a wallet of.
        name: String,
        /// The key, 64 hexadecimal digits; - or nothing: it is read from the input, where it stays
        /// out of the shell's history.
        secret: Option<String>,
        /// The wallet that has the key: both then hold the same coins.
        #[arg(long, value_name = "WALLET", conflicts_with = "secret")]
        of: Option<String>,
        /// The block below which nothing has paid it: a light node looks from there on.
        #[arg(long, value_name = "HEIGHT")]
        birthday: Option<u32>,
    },
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let json = options.json;
    // Before anything is connected: reading it may take as long as a person types.
    let secret = match &options.what {
        What::Import {
            secret, of: None, ..
        } => check_secret(read_secret(secret.as_deref())?)?,
        _ => String::new(),
    };
    let group = options.choice.open().await?;
    match &options.what {
        What::New { name } => {
            let name = name.clone();
            make(&group, Command::CreateWallet { name }, json).await
        }
        What::Import {
            name, of, birthday, ..
        } => {
            let name = name.clone();
            let secret = match of {
                Some(of) => export(&group, of).await?,
                None => secret,
            };
            let import = Command::ImportWallet {
                name,
                secret,
                birthday: *birthday,
            };
            make(&group, import, json).await
        }
        What::List => list(&group, json).await,
        What::Balance { of } => balance(&group, of, json).await,
        What::History { name, skip, limit } => {
            let question = Question::History {
                name: name.clone(),
                skip: *skip,
                limit: *limit,
            };
            match group.ask(&holder(&group, name).await?, &question).await? {
                Reply::History(entries) if json => print_json(&entries),
                Reply::History(entries) => print(&history(&entries)),
                other => Err(unexpected(&other)),
            }
        }
        What::Export { name } => {
            let node = holder(&group, name).await?;
            let question = Question::ExportWallet { name: name.clone() };
            match group.ask(&node, &question).await? {
                Reply::Secret(secret) if json => print_json(&json!({ "secret": secret })),
                Reply::Secret(secret) => print(&format!("{secret}\n")),
                other => Err(unexpected(&other)),
            }
        }
    }
}

/// The key that was given, or the one that comes in.
fn read_secret(given: Option<&str>) -> Result<String, Failure> {
    if let Some(given) = given.filter(|given| *given != "-") {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    let read = match stdin().is_terminal() {
        true => {
            say("Write the key, then Enter:");
            stdin().read_line(&mut text)
        }
        false => stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text),
    };
    read.map_err(|error| Failure::input(format!("the key cannot be read: {error}")))?;
    Ok(text.trim().to_owned())
}

/// Refuses what can be no key, without showing it.
fn check_secret(secret: String) -> Result<String, Failure> {
    let is_hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (is_hex, secret.chars().count()) {
        (true, SECRET_DIGITS) => Ok(secret),
        (_, 0) => Err(Failure::input("the key is missing: nothing came in")),
        (_, count) => Err(Failure::input(format!(
            "that is no key: it takes {SECRET_DIGITS} hexadecimal digits, not these {count} \
             characters"
        ))),
    }
}

/// The node of a wallet, if it runs.
async fn holder(group: &Group, name: &str) -> Result<String, Failure> {
    let wallets = group.wallets().await?;
    let held = group.holder(&wallets, name)?;
    match held.is_up {
        true => Ok(held.node.clone()),
        false => Err(is_down(&held.node, &format!("has wallet {name}"))),
    }
}

/// The key of a wallet, from the node that has it.
async fn export(group: &Group, of: &str) -> Result<String, Failure> {
    let node = holder(group, of).await?;
    let question = Question::ExportWallet {
        name: of.to_owned(),
    };
    match group.ask(&node, &question).await? {
        Reply::Secret(secret) => Ok(secret),
        other => Err(unexpected(&other)),
    }
}

async fn make(group: &Group, command: Command, json: bool) -> Result<(), Failure> {
    let node = group.node()?;
    let (Command::CreateWallet { name } | Command::ImportWallet { name, .. }) = &command else {
        unreachable!("only these make wallets");
    };
    let wallets = group.wallets().await?;
    if let Some(held) = wallets.iter().find(|held| held.wallet.name == *name) {
        let words = format!("{} has a wallet {name} already", held.node);
        return Err(Failure::refused(RefusalKind::Taken, words));
    }
    match group.command(node, &command).await? {
        Reply::Wallet(wallet) if json => print_json(&wallet),
        reply @ Reply::Wallet(_) => print(&format!("{}\n", reply.words())),
        other => Err(unexpected(&other)),
    }
}

async fn list(group: &Group, json: bool) -> Result<(), Failure> {
    let mut wallets = group.wallets().await?;
    if let Some(chosen) = group.chosen() {
        wallets.retain(|held| held.node == chosen);
    }
    if json {
        let rows = wallets
            .iter()
            .map(|held| json!({ "node": held.node, "up": held.is_up, "wallet": held.wallet }));
        return print_json(&rows.collect::<Vec<_>>());
    }
    let mut table = Table::new(&[
        ("node", Side::Left),
        ("wallet", Side::Left),
        ("address", Side::Left),
        ("balance", Side::Right),
        ("spendable", Side::Right),
    ]);
    for held in &wallets {
        let wallet = &held.wallet;
        let in_chain = wallet.confirmed.checked_add(wallet.immature);
        table.row([
            held.node.clone(),
            wallet.name.clone(),
            wallet.address.clone(),
            in_chain.unwrap_or(Amount::MAX).to_string(),
            wallet.spendable.to_string(),
        ]);
    }
    match table.is_empty() {
        true => print("no wallet is here\n"),
        false => print(&table.text()),
    }
}

async fn balance(group: &Group, of: &str, json: bool) -> Result<(), Failure> {
    let wallets = group.wallets().await?;
    let address = group.address(&wallets, of)?;
    let node = match group.chosen() {
        Some(chosen) => chosen.to_owned(),
        None => match wallets.iter().find(|held| held.wallet.address == address) {
            Some(held) if held.is_up => held.node.clone(),
            Some(held) => {
                let words = format!("{} has wallet {of}, and does not run", held.node);
                let words = format!("{words}; --node asks for another node's chain");
                return Err(Failure::refused(RefusalKind::NotRunning, words));
            }
            None => longest(group).await?,
        },
    };
    let question = Question::Coins {
        of: address.clone(),
    };
    let coins = match group.ask(&node, &question).await? {
        Reply::Coins(coins) => coins,
        other => return Err(unexpected(&other)),
    };
    if coins.len() >= COINS_MAX {
        let words = format!("{of} has {COINS_MAX} coins or more, which are not added up");
        return Err(Failure::other(words));
    }
    let sum = Amount::checked_sum(coins.iter().map(|coin| coin.amount));
    let sum = sum.ok_or_else(|| Failure::other("these coins are more than can exist"))?;
    match json {
        true => print_json(&json!({
            "of": of, "address": address, "node": node, "balance": sum, "coins": coins,
        })),
        false => print(&format!("{sum}\n")),
    }
}

/// The node with the highest chain.
async fn longest(group: &Group) -> Result<String, Failure> {
    let nodes = group.status().await?.into_iter();
    let up = nodes.filter(|status| status.state.is_up());
    let highest = up.max_by_key(|status| {
        let seen = status.snapshot.as_deref();
        seen.map_or(0, |seen| seen.tip.height)
    });
    let highest = highest.map(|status| status.node);
    highest.ok_or_else(|| Failure::refused(RefusalKind::NotRunning, "no node runs"))
}

/// What an entry is, in words.
fn what_happened(entry: &HistoryEntry) -> String {
    let to = entry.to.iter();
    let to = to.map(|(address, amount)| match entry.is_to_itself() {
        true => format!("{amount} to itself"),
        false => format!("{amount} to {address}"),
    });
    let what = match entry.reward {
        true => "reward".to_owned(),
        false if entry.to.is_empty() => "received".to_owned(),
        false => format!("paid {}", to.collect::<Vec<_>>().join(", ")),
    };
    match &entry.why {
        Some(why) => format!("{what} ({why})"),
        None => what,
    }
}

fn history(entries: &[HistoryEntry]) -> String {
    let mut table = Table::new(&[
        ("when", Side::Left),
        ("block", Side::Left),
        ("in", Side::Right),
        ("out", Side::Right),
        ("fee", Side::Right),
        ("what", Side::Left),
        ("transaction", Side::Left),
    ]);
    for entry in entries {
        let amount = |amount: Amount| match amount.is_zero() {
            true => "-".to_owned(),
            false => amount.to_string(),
        };
        let block = match entry.block {
            _ if entry.conflicted => "never".to_owned(),
            _ if entry.conflicts_with.is_some() => "loses".to_owned(),
            Some(block) => block.to_string(),
            None => "waits".to_owned(),
        };
        table.row([
            show_time(entry.at),
            block,
            amount(entry.received),
            amount(entry.spent),
            entry.fee.map_or("-".to_owned(), |fee| fee.to_string()),
            what_happened(entry),
            entry.txid.to_string(),
        ]);
    }
    match table.is_empty() {
        true => "nothing yet\n".to_owned(),
        false => table.text(),
    }
}
