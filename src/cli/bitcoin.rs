//! `chainlab bitcoin`: watches a Bitcoin node from a terminal, as the tutorial's program does.

use super::failure::Failure;
use super::node::parse_addr;
use super::output::say;
use super::runtime::block_on;
use super::table::{missed, offset, put_line};
use crate::bitcoin::Network;
use crate::bitcoin::watcher::{WatchConfig, WatchEvent, WatchEventKind};
use crate::live::rpc::{Login, RpcClient};
use crate::live::{LabClock, WatchNews, seeds, watch_node};
use crate::node::Time;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab bitcoin 127.0.0.1:18444                a node of regtest here
  chainlab bitcoin 127.0.0.1:48444 --messages     bcoin's port; messages as well
  chainlab bitcoin 127.0.0.1:18444 --json | jq .kind
  chainlab bitcoin 127.0.0.1:18444 --rpc 127.0.0.1:18443 --cookie FILE

The node needs no settings. What waits in its mempool is asked for if it offers
that: service bit 4, in Bitcoin Core -peerbloomfilters=1.";

#[derive(Args)]
pub(super) struct Options {
    /// Where the node listens for peers.
    #[arg(value_name = "HOST:PORT", value_parser = parse_addr)]
    addr: SocketAddr,
    /// Its network: mainnet, testnet3, testnet4, signet, regtest or simnet [default: the one whose
    /// usual port it is].
    #[arg(long, value_name = "NETWORK")]
    network: Option<Network>,
    /// Where the node listens for JSON-RPC, on this machine: then it is asked as well which block is its
    /// tip, what waits, and what is gone.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_addr)]
    rpc: Option<SocketAddr>,
    /// The file with its name and password, which Bitcoin Core writes when it starts.
    #[arg(long, value_name = "FILE", requires = "rpc", conflicts_with = "user")]
    cookie: Option<PathBuf>,
    /// The name for JSON-RPC; bcoin takes any.
    #[arg(long, value_name = "NAME", requires_all = ["rpc", "password_file"])]
    user: Option<String>,
    /// The file whose first line is the password.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Ask what waits also where the node does not offer it: most then hang up.
    #[arg(long)]
    mempool: bool,
    /// Each message both ways as well.
    #[arg(long)]
    messages: bool,
    /// Print JSON, an object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let network = network_of(options.network, options.addr)?;
    if !options.addr.ip().is_loopback() {
        let (addr, ours) = (options.addr, user_agent());
        say(&format!(
            "{addr} is not on this machine: it will see this machine's address, and that it is {ours}"
        ));
    }
    let config = WatchConfig {
        network,
        addr: options.addr,
        user_agent: user_agent(),
        mempool: options.mempool,
        rpc: false,
        seed: seeds().map_err(Failure::other)?.run,
    };
    let client = client(options)?;
    block_on(watch(config, client, options))
}

/// How the node is asked by JSON-RPC.
fn client(options: &Options) -> Result<Option<RpcClient>, Failure> {
    let Some(at) = options.rpc else {
        return Ok(None);
    };
    let login = match (&options.cookie, &options.user, &options.password_file) {
        (Some(cookie), ..) => Login::Cookie(cookie.clone()),
        (None, Some(user), Some(password_file)) => Login::User {
            user: user.clone(),
            password_file: password_file.clone(),
        },
        _ => {
            let words = "--rpc needs --cookie FILE, or --user NAME with --password-file FILE";
            return Err(Failure::input(words));
        }
    };
    RpcClient::new(at, login).map(Some).map_err(Failure::input)
}

/// The network that was said, or the one whose usual port it is.
pub(super) fn network_of(said: Option<Network>, addr: SocketAddr) -> Result<Network, Failure> {
    let port = addr.port();
    let network = said.or_else(|| Network::of_port(port));
    network.ok_or_else(|| {
        let words = format!("--network is needed: {port} is no network's usual port");
        Failure::input(words)
    })
}

fn user_agent() -> String {
    format!("/chainlab:{}/", env!("CARGO_PKG_VERSION"))
}

async fn watch(
    config: WatchConfig,
    rpc: Option<RpcClient>,
    options: &Options,
) -> Result<(), Failure> {
    let clock = LabClock::from_wall().of_the_world();
    let since = clock.now();
    let mut watched = watch_node(config, clock, rpc);
    while let Some(news) = watched.events.recv().await {
        let Some(line) = line_of(&news, since, options) else {
            continue;
        };
        if !put_line(&line)? {
            return Ok(());
        }
    }
    Err(Failure::other(
        "the watcher has ended by a fault of its own",
    ))
}

/// What is printed of news, if it is wanted.
fn line_of(news: &WatchNews, since: Time, options: &Options) -> Option<String> {
    match news {
        WatchNews::Event(event) if is_left_out(event, options) => None,
        WatchNews::Event(event) if options.json => {
            Some(serde_json::to_string(event).expect("plain data"))
        }
        WatchNews::Event(event) => {
            let at = offset(event.at.since(since));
            Some(format!("{at} {}", event.kind.words()))
        }
        WatchNews::Missed(count) => Some(missed(*count, options.json)),
    }
}

fn is_left_out(event: &WatchEvent, options: &Options) -> bool {
    matches!(event.kind, WatchEventKind::Message { .. }) && !options.messages
}
