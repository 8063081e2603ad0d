//! How a node begins, and how its thread ends.

use super::bend::Place;
use super::clock::LabClock;
use super::disk::{DiskStore, OpenDiskError};
use super::end::{End, panic_words};
use super::entry::Entry;
use super::handle::{NodeHandle, Requests};
use super::inbox::Inbox;
use super::links::Links;
use super::log::NodeLog;
use super::miner::Miner;
use super::run::{Runner, Snapshots};
use super::tcp::Net;
use super::threads;
use super::wire::Frames;
use crate::chain::BlockTime;
use crate::chain::hash::sha256d;
use crate::node::chainstate::OpenError;
use crate::node::io::{Event, Input};
use crate::node::{Config, Machine, Time};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot, watch};
use tokio::task::JoinHandle;

/// Events that a slow receiver may be behind, as [`NodeHandle::events`] says.
pub(super) const EVENTS: usize = 1_024;

/// Where a node listens that does not, or of which that is not known; in a table of links no other
/// node has it.
pub const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Its data directory cannot be opened.
    #[error(transparent)]
    Disk(#[from] OpenDiskError),
    /// Its chain cannot be opened.
    #[error(transparent)]
    Chain(#[from] OpenError),
    /// The system has no thread or no socket to give.
    #[error("the node cannot start: {0}")]
    System(#[from] io::Error),
    /// A bug; it said this.
    #[error("the node has a bug, and did not start: {0}")]
    Panicked(String),
}

impl StartError {
    /// The node's thread has ended, and has not said that the node runs.
    fn from_end(end: Option<&End>) -> Self {
        Self::Panicked(end.map_or_else(String::new, ToString::to_string))
    }
}

/// Starts a node on its directory, which is made if it is not there, and waits until it runs. It
/// listens at `listener`, if there is one, and says so to others. Several can start at once.
///
/// # Errors
/// [`StartError`]. Nothing that was there before is changed then.
///
/// # Panics
/// Outside a runtime.
pub async fn spawn(
    config: Config,
    data_dir: &Path,
    listener: Option<TcpListener>,
    clock: LabClock,
) -> Result<NodeHandle, StartError> {
    spawn_on(Links::default(), config, data_dir, listener, clock).await
}

/// As [`spawn`], with links that the node shares with others.
///
/// # Errors
/// As there.
///
/// # Panics
/// As there.
pub async fn spawn_on(
    links: Links,
    mut config: Config,
    data_dir: &Path,
    listener: Option<TcpListener>,
    clock: LabClock,
) -> Result<NodeHandle, StartError> {
    let addr = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    config.listen = addr;
    let (name, runtime) = (config.name.clone(), Handle::current());
    let place = Place {
        own: addr.unwrap_or(NOWHERE),
        links: links.clone(),
        clock: clock.clone(),
        seed: link_seed(&config.seeds.run),
    };
    let own = place.own;
    let inbox = Arc::new(Inbox::new());
    let (ready, readied) = oneshot::channel();
    let (ending, ended) = watch::channel(None);
    let birth = Birth {
        config,
        data_dir: data_dir.to_owned(),
        listener,
        clock,
        place,
        inbox: Arc::clone(&inbox),
        runtime: runtime.clone(),
    };
    threads::spawn(&name, move || {
        let end = birth.live(ready);
        ending.send_replace(Some(end));
    })?;
    let started = readied.await;
    let born = started.unwrap_or_else(|_| Err(StartError::from_end(ended.borrow().as_ref())))?;
    Ok(NodeHandle {
        name,
        addr,
        inbox: Requests::Thread(inbox),
        last_request: AtomicU64::new(0),
        snapshots: born.snapshots,
        events: born.events.resubscribe(),
        all_events: Mutex::new(Some(born.events)),
        ended,
        runtime,
        place: own,
        links,
    })
}

/// What links draw jitter and losses from. It tells nothing about the seed that it follows from.
fn link_seed(run: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = sha256d(&[&run[..], b"links"].concat());
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// What a handle needs of a node that runs.
struct Born {
    snapshots: watch::Receiver<Arc<crate::node::snapshot::NodeSnapshot>>,
    events: broadcast::Receiver<Event>,
}

type Ready = oneshot::Sender<Result<Born, StartError>>;

/// What a node begins with.
struct Birth {
    config: Config,
    data_dir: PathBuf,
    listener: Option<TcpListener>,
    clock: LabClock,
    place: Place,
    inbox: Arc<Inbox<Entry>>,
    runtime: Handle,
}

impl Birth {
    /// A node's whole life, on its own thread. What it held is free when this returns.
    fn live(self, ready: Ready) -> End {
        let span = tracing::info_span!("node", name = %self.config.name);
        let _within = span.enter();
        let inbox = Arc::clone(&self.inbox);
        let end = catch_unwind(AssertUnwindSafe(|| self.run(ready)));
        inbox.close();
        let end = end.unwrap_or_else(|panic| End::Panicked(panic_words(&*panic)));
        match &end {
            End::Halted(_) | End::Panicked(_) => tracing::error!("{end}"),
            End::Stopped | End::Killed | End::Ended(_) => tracing::debug!("{end}"),
        }
        end
    }

    fn run(mut self, ready: Ready) -> End {
        let (listener, runtime) = (self.listener.take(), self.runtime.clone());
        let (mut runner, born) = match self.open() {
            Ok(opened) => opened,
            Err(error) => {
                let _ = ready.send(Err(error));
                return End::Stopped;
            }
        };
        let listening = listener.map(|listener| Listening {
            task: runner.net.listen(listener),
            runtime,
        });
        // If the caller does not wait any more, the inbox will be told to stop.
        let end = match ready.send(Ok(born)) {
            Ok(()) => runner.run().unwrap_or_else(End::Halted),
            Err(_) => End::Stopped,
        };
        drop(listening);
        end
    }

    fn open(self) -> Result<(Runner<DiskStore>, Born), StartError> {
        let store = DiskStore::open(&self.data_dir)?;
        let (name, params) = (self.config.name.clone(), Arc::clone(&self.config.params));
        let node = Machine::open(self.config, store, self.clock.now())?;
        let first = node.snapshot(self.clock.now());
        // On an earlier clock the rules would refuse its own tip.
        let earliest = first.tip_time.0.saturating_sub(params.future_drift_ms);
        let earliest = Time::from_block(BlockTime(earliest));
        self.clock.not_before(earliest);
        let id = node.peers().us().id;
        self.clock.join(&name, id);
        let frames = Frames::new(params, node.network());
        let net = Net::new(Arc::clone(&self.inbox), frames, self.place, self.runtime);
        let inbox = Arc::clone(&self.inbox);
        let found = move |found| match found {
            Ok(block) => inbox.push_first(Entry::Input(Input::Solved(block))),
            Err(bug) => inbox.push_first(Entry::HelperDied(format!("its miner: {bug}"))),
        };
        let miner = Miner::new(&name, self.clock.clone(), found);
        let (events, receiver) = broadcast::channel(EVENTS);
        let log = NodeLog::open(&first);
        let snapshots = Snapshots::new(first);
        let born = Born {
            snapshots: snapshots.subscribe(),
            events: receiver,
        };
        let runner = Runner {
            node,
            id,
            leapt: self.clock.read().leapt,
            joined: 0,
            peer_changes: 0,
            clock: self.clock,
            inbox: self.inbox,
            net,
            miner,
            events,
            snapshots,
            log,
            conns: BTreeMap::new(),
            answers: BTreeMap::new(),
            own: VecDeque::new(),
        };
        Ok((runner, born))
    }
}

/// The task that takes connections. The port is free once this is dropped, also by a panic.
struct Listening {
    task: JoinHandle<()>,
    runtime: Handle,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        // Being aborted is the only way in which it ends.
        let _ = self.runtime.block_on(&mut self.task);
    }
}
