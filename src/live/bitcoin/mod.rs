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
mod config;
mod mine;
mod own;
mod peers;
mod shown;
mod task;
mod told;
mod wallets;

pub use config::{BitcoinConfig, Rpc};
pub use peers::{KnownPeer, Reaches, WhoIs};

use self::acts::Acts;
use self::client::Client;
use self::peers::OURS;
use self::shown::Shown;
use self::task::{Orders, Task};
use super::clock::LabClock;
use super::handle::{NodeHandle, Requests};
use super::links::Links;
use super::program::ProgramHandle;
use super::rpc::ClientError;
use super::start::EVENTS;
use super::watch::watch_node;
use crate::bitcoin::watcher::WatchConfig;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// Commands and questions that may wait for a node.
const REQUESTS: usize = 256;

/// What may wait to be told of a node's answers.
const NEWS: usize = 256;

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
        let moved = Arc::new(Notify::new());
        let acts = Acts::new(&config, Client::new(client, clock.clone()), news);
        tokio::spawn(acts.run(waiting, Arc::clone(&moved)));
        Orders { jobs, moved }
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
fn user_agent() -> String {
    format!("{OURS}{}/", env!("CARGO_PKG_VERSION"))
}
