//! A node of a Bitcoin network as a node of a lab.
//!
//! It is a program of others, watched from outside. What shows of it is told as events and snapshots of a
//! node, and what a node is told to do is done by its JSON-RPC, if that is known: so a lab need not know
//! which kind of node it has before it.
//!
//! ```text
//!   watcher ──► told, shown ──► events, snapshots of a NodeHandle
//!   program ──► its lines ───┘
//!   commands, questions ──► acts, answers ──► JSON-RPC
//! ```

mod acts;
mod answers;
mod client;
mod mine;
mod peers;
mod shown;
mod task;
mod told;
mod wallets;

pub use peers::{KnownPeer, WhoIs};

use self::acts::Acts;
use self::client::Client;
use self::shown::Shown;
use self::task::Task;
use super::clock::LabClock;
use super::handle::{NodeHandle, Requests};
use super::links::Links;
use super::program::ProgramHandle;
use super::rpc::{ClientError, Login, RpcClient};
use super::start::EVENTS;
use super::watch::watch_node;
use crate::bitcoin::Network;
use crate::bitcoin::watcher::WatchConfig;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};

/// Commands and questions that may wait for a node.
const REQUESTS: usize = 256;

/// What may wait to be told of a node's answers.
const NEWS: usize = 256;

/// Which node it is, and how it is seen.
pub struct BitcoinConfig {
    /// Its name in the lab.
    pub name: String,
    /// Its network.
    pub network: Network,
    /// Where it is watched.
    pub addr: SocketAddr,
    /// Where its peers reach it, by which links know it.
    pub place: SocketAddr,
    /// How it is asked; `None`: not at all.
    pub rpc: Option<Rpc>,
    /// It is asked what waits also where it does not offer that.
    pub mempool: bool,
    /// The lab may have it do things though it is on a test network.
    pub act: bool,
    /// The wallets that the lab holds on its chain, by name.
    pub wallets: Vec<String>,
    /// What their keys follow from.
    pub key_seed: [u8; 32],
    /// Blocks that it is to find at once, if its chain has none.
    pub first_blocks: u16,
    /// Who its peers are.
    pub who: WhoIs,
    /// The lab has started it, and it is to dial nothing but what the lab has put between its nodes.
    pub is_started: bool,
    /// What connections and pings are drawn from.
    pub seed: [u8; 32],
}

/// How a node is asked by JSON-RPC.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// Where.
    pub at: SocketAddr,
    /// Where bcoin's wallet is, if that is not two ports above.
    pub wallet: Option<SocketAddr>,
    /// What opens it.
    pub login: Login,
}

impl Rpc {
    fn client(&self) -> Result<RpcClient, ClientError> {
        let client = RpcClient::new(self.at, self.login.clone())?;
        match self.wallet {
            Some(wallet) => client.with_wallet(wallet),
            None => Ok(client),
        }
    }
}

/// Begins to watch a node, which is the program if there is one, and ends with it.
///
/// # Errors
/// Its JSON-RPC is not on this machine.
///
/// # Panics
/// Outside a runtime.
pub fn open_bitcoin(
    config: BitcoinConfig,
    program: Option<ProgramHandle>,
    links: Links,
    clock: LabClock,
) -> Result<NodeHandle, ClientError> {
    let rpc = |rpc: &Rpc| rpc.client();
    let (watching, acting) = (
        config.rpc.as_ref().map(rpc).transpose()?,
        config.rpc.as_ref().map(rpc).transpose()?,
    );
    let watch_config = WatchConfig {
        network: config.network,
        addr: config.addr,
        user_agent: user_agent(),
        mempool: config.mempool,
        rpc: false,
        seed: config.seed,
    };
    let watched = watch_node(watch_config, clock.clone(), watching);
    let (news, from_acts) = mpsc::channel(NEWS);
    let acts = acting.map(|client| {
        let (jobs, waiting) = mpsc::channel(REQUESTS);
        let acts = Acts::new(&config, Client::new(client, clock.clone()), news);
        tokio::spawn(acts.run(waiting));
        jobs
    });
    let shown = Shown::new(&config);
    let first = shown.snapshot(&watched.snapshots.borrow(), clock.now());
    let (picture, snapshots) = watch::channel(first);
    let (events, receiver) = broadcast::channel(EVENTS);
    let (requests, urgent, inbox) = Requests::of_task(REQUESTS);
    let (ending, ended) = watch::channel(None);
    let handle = NodeHandle {
        name: config.name.clone(),
        addr: Some(config.place),
        inbox,
        last_request: AtomicU64::new(0),
        snapshots,
        events: receiver.resubscribe(),
        all_events: Mutex::new(Some(receiver)),
        ended,
        runtime: Handle::current(),
        place: config.place,
        links,
    };
    let task = Task::new(shown, clock, events, picture, acts);
    tokio::spawn(async move {
        let end = task
            .run(watched, program, (requests, urgent), from_acts)
            .await;
        ending.send_replace(Some(end));
    });
    Ok(handle)
}

/// What nodes are told that this is, BIP 14.
pub(super) fn user_agent() -> String {
    format!("{OURS}{}/", env!("CARGO_PKG_VERSION"))
}

/// How that begins.
const OURS: &str = "/chainlab:";
