//! `chainlab node`: one node in a terminal, until Ctrl-C.

use super::control::ControlOptions;
use super::failure::Failure;
use super::files::read_file;
use super::log::{self, Format, Of};
use super::output::say;
use super::runtime::{block_on, unless_signalled_again};
use crate::chain::Params;
use crate::lab::drive::directories::places;
use crate::lab::paper::names::parse_node_name;
use crate::lab::paper::units::parse_rate;
use crate::lab::paper::{document, network};
use crate::lab::{Adoption, Control, Lab};
use crate::live::{self, End, LabClock, Signals, stored_params};
use crate::node::addrbook::check_addr;
use crate::node::config::MiningMode;
use crate::node::message::Role;
use crate::node::{Config, LightWay, NodeKind};
use clap::{Args, ValueEnum};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab node --name central --port 3000 --wallet alice
  chainlab node --name miner --port 3001 --connect 127.0.0.1:3000 --mine rewards
  chainlab node --name bob --port 3002 --network my-network.toml
  chainlab node --name phone --port 3003 --connect 127.0.0.1:3000 --light

RUST_LOG says how much is logged, as in RUST_LOG=debug.";

/// How a light node learns what concerns its wallets.
#[derive(Clone, Copy, ValueEnum)]
enum Light {
    /// By the filters of blocks; no peer is told an address.
    Filter,
    /// By proofs of full nodes, two of which are told its addresses.
    Address,
}

#[derive(Args)]
pub(super) struct Options {
    /// What people call the node: letters, digits, and any of - _ .
    #[arg(long, value_parser = parse_node_name)]
    name: String,
    /// The port to listen on; 0: any that is free.
    #[arg(long)]
    port: u16,
    /// The address to listen at; 0.0.0.0: all of this machine's.
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// A node to stay connected to; can be given several times.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_addr)]
    connect: Vec<SocketAddr>,
    /// Where the chain and the wallets are kept [default: chainlab/nodes/NAME in the user's data
    /// directory].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Mine, for this wallet of the node; it is made if it is not there.
    #[arg(long, value_name = "WALLET", value_parser = parse_node_name)]
    mine: Option<String>,
    /// How fast to mine, as in 500, 14k, '1.5 MH/s' [default: 14 kH/s].
    #[arg(long, value_name = "RATE", value_parser = parse_rate, requires = "mine")]
    hashrate: Option<f64>,
    /// A wallet to make if it is not there; can be given several times.
    #[arg(long = "wallet", value_name = "NAME", value_parser = parse_node_name)]
    wallets: Vec<String>,
    /// Keep headers alone, and of blocks what concerns its wallets [default: found by filters].
    #[arg(long, value_name = "WAY", value_enum, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "filter", conflicts_with_all = ["mine", "hashrate"])]
    light: Option<Light>,
    /// The network to be on, as `chainlab network show` prints it [default: the one in the data
    /// directory, or chainlab's own].
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    /// How the log looks: sentences for people, or a JSON object a line.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log_format: Format,
    #[command(flatten)]
    control: ControlOptions,
}

pub(super) fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    let wanted = "write HOST:PORT, as in 127.0.0.1:3000";
    if !text.contains(':') {
        return Err(format!("the port is missing: {wanted}"));
    }
    let found = text.to_socket_addrs();
    let found: Vec<_> = found
        .map_err(|error| format!("{error}: {wanted}"))?
        .collect();
    // Of a name with both, the kind that nodes listen at by default.
    let v4 = found.iter().find(|addr| addr.is_ipv4());
    let addr = v4.or(found.first()).ok_or("no such host")?;
    check_addr(*addr).map_err(|error| error.to_string())?;
    Ok(*addr)
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let control = options.control.control();
    control.check()?;
    log::start("info", Of::OneNode, options.log_format);
    if let Err(error) = live::raise_open_files() {
        tracing::warn!("the number of open files stays as it is: {error}");
    }
    let data_dir = match &options.data_dir {
        Some(dir) => dir.clone(),
        None => default_dir(&options.name)?,
    };
    let params = choose_network(options.network.as_deref(), &data_dir)?;
    let config = configure(&options, params)?;
    let at = SocketAddr::new(options.bind, options.port);
    block_on(serve(config, &data_dir, at, control, options.log_format))
}

fn default_dir(name: &str) -> Result<PathBuf, Failure> {
    let data = places::data();
    let data = data.ok_or_else(|| Failure::input("--data-dir is needed: there is no HOME"))?;
    Ok(data.join("nodes").join(name))
}

/// The network that the file describes; without a file, the one whose chain is there already.
fn choose_network(file: Option<&Path>, data_dir: &Path) -> Result<Params, Failure> {
    let stored = stored_params(data_dir)?;
    let Some(file) = file else {
        return Ok(stored.unwrap_or_default());
    };
    let text = read_file(file, document::FILE_BYTES_MAX)?;
    let name = file.display().to_string();
    let params = network::read(&name, &text).map_err(Failure::input)?;
    let now = LabClock::from_wall().now().block_time();
    network::check_begun(&name, &text, &params, now).map_err(Failure::input)?;
    match stored {
        Some(stored) if stored != params => Err(Failure::input(format!(
            "{} holds the chain of network {}, and {} describes network {}",
            data_dir.display(),
            stored.genesis_block().hash(),
            file.display(),
            params.genesis_block().hash(),
        ))),
        _ => Ok(params),
    }
}

fn configure(options: &Options, params: Params) -> Result<Config, Failure> {
    let seeds = live::seeds().map_err(Failure::other)?;
    let mut config = Config::new(&options.name, Arc::new(params), seeds);
    config.connect.clone_from(&options.connect);
    config.wallets.clone_from(&options.wallets);
    match options.light {
        None => {}
        Some(Light::Filter) => config.kind = NodeKind::Light(LightWay::Filter),
        Some(Light::Address) => config.kind = NodeKind::Light(LightWay::Address),
    }
    if let Some(wallet) = &options.mine {
        (config.role, config.mining) = (Role::Miner, MiningMode::On);
        config.mine_to = Some(wallet.clone());
        if !config.wallets.contains(wallet) {
            config.wallets.push(wallet.clone());
        }
    }
    if config.mine_to.is_none() {
        config.mine_to = config.wallets.first().cloned();
    }
    if let Some(rate) = options.hashrate {
        config.hashrate = rate;
    }
    Ok(config)
}

async fn serve(
    config: Config,
    data_dir: &Path,
    at: SocketAddr,
    control: Control,
    log_format: Format,
) -> Result<(), Failure> {
    // From here on a signal waits until the node can be closed.
    let signals = Signals::new();
    let mut signals = signals.map_err(|error| Failure::other(format!("no signals: {error}")))?;
    let listener = TcpListener::bind(at).await;
    let listener =
        listener.map_err(|error| Failure::other(format!("cannot listen at {at}: {error}")))?;
    let (name, params) = (config.name.clone(), Arc::clone(&config.params));
    let network = params.genesis_block().hash();
    // Its peers are elsewhere.
    let clock = LabClock::from_wall().of_the_world();
    let node = live::spawn(config, data_dir, Some(listener), clock.clone()).await?;
    let node = Arc::new(node);
    let addr = node.addr().expect("it was given a listener");
    let adoption = Adoption {
        node: Arc::clone(&node),
        params,
        clock,
        data_dir: std::path::absolute(data_dir).map_err(Failure::other)?,
        control,
    };
    let lab = Lab::adopt(adoption)?;
    // Only now: what waits for this line can control the node.
    let log = tracing::info_span!("node", %name);
    log.in_scope(|| {
        tracing::info!("{name} listens at {addr}, on network {network}");
        tracing::info!("its chain and wallets are in {}", data_dir.display());
    });
    let end = tokio::select! {
        end = node.ended() => end,
        signal = signals.next() => {
            tracing::info!("{signal}: stopping");
            unless_signalled_again(&mut signals, node.stop()).await
        }
    };
    // Its cookie and its sockets go with it.
    unless_signalled_again(&mut signals, lab.close()).await?;
    ended(end, &name, log_format, &log)
}

/// Says how the node has ended.
fn ended(end: End, name: &str, log_format: Format, log: &tracing::Span) -> Result<(), Failure> {
    match end {
        End::Stopped => {
            let words = format!("{name} has stopped; all it had is on disk");
            match log_format {
                Format::Plain => say(&words),
                Format::Json => log.in_scope(|| tracing::info!("{words}")),
            }
            Ok(())
        }
        end => Err(Failure::other(end)),
    }
}
