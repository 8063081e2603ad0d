//! A node's sockets: accepting, dialling, and one task for each connection.
//!
//! A connection's task reads frames and brings them to the node's thread, which it waits for when
//! that is behind; and it writes what the thread has queued, and counts what really left. So
//! nothing here ever blocks the node: a peer that does not read only fills its own queue, and the
//! node or, far above its limit, the driver ends that connection.
//!
//! ```text
//! socket -> frames -> (link) ---> inbox -> the node's thread
//! socket <- (link) <- frames <--- queue <- the node's thread
//! ```
//!
//! The links are there at the end that dialled, and only while they are bent: see
//! [`Links`](super::Links).

mod bend;
mod conn;

pub(in crate::live) use bend::Place;
pub(in crate::live) use conn::Conn;

use super::inbox::Inbox;
use super::run::Entry;
use super::wire::Frames;
use crate::node::io::{ConnId, Direction, Input};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Connections of a node, whoever dialled: twice what it wants by itself. The node refuses
/// politely, above its own limits; this one is for a flood, which is not even answered.
const OPEN_MAX: usize = 256;

/// Of these, so many are for dials alone: whoever floods the port does not keep this node from going
/// to others. More than it dials at a time, and keeps, unless it is told to.
const DIALS_KEPT: usize = 32;

/// How long a dialled address may take to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait after a failure to accept, which tends to last: no more files, no memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The sockets of one node. Clones are the same.
#[derive(Clone)]
pub(super) struct Net(Arc<Shared>);

struct Shared {
    inbox: Arc<Inbox<Entry>>,
    /// As new; each direction of each connection has its own.
    frames: Frames,
    place: Place,
    last_conn: AtomicU64,
    room: Arc<Semaphore>,
    /// Ends everything at once.
    dead: CancellationToken,
    runtime: Handle,
}

impl Net {
    /// Sockets that bring what they hear to `inbox`, over the links of `place`.
    pub(super) fn new(
        inbox: Arc<Inbox<Entry>>,
        frames: Frames,
        place: Place,
        runtime: Handle,
    ) -> Self {
        Self(Arc::new(Shared {
            inbox,
            frames,
            place,
            last_conn: AtomicU64::new(0),
            room: Arc::new(Semaphore::new(OPEN_MAX)),
            dead: CancellationToken::new(),
            runtime,
        }))
    }

    /// Takes connections, until the task is aborted.
    pub(super) fn listen(&self, listener: TcpListener) -> JoinHandle<()> {
        let net = self.clone();
        self.0.runtime.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, addr)) => net.accepted(stream, addr),
                    Err(error) => {
                        tracing::warn!("cannot accept a connection: {error}");
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        })
    }

    fn accepted(&self, stream: TcpStream, addr: SocketAddr) {
        let room = &self.0.room;
        let permit = Arc::clone(room).try_acquire_owned();
        match permit
            .ok()
            .filter(|_| room.available_permits() >= DIALS_KEPT)
        {
            Some(permit) => self.serve(stream, addr, Direction::Inbound, permit),
            None => tracing::debug!("refused {addr}: too many connections are open"),
        }
    }

    /// Connects to `addr`, and tells the node how that went.
    pub(super) fn dial(&self, addr: SocketAddr) {
        let net = self.clone();
        self.spawn(async move {
            match net.connect(addr).await {
                Ok((stream, permit)) => net.serve(stream, addr, Direction::Outbound, permit),
                Err(why) => {
                    let input = Input::DialFailed { addr, why };
                    let _ = net.0.inbox.push(Entry::Input(input), 0).await;
                }
            }
        });
    }

    async fn connect(&self, addr: SocketAddr) -> Result<(TcpStream, OwnedSemaphorePermit), String> {
        if self.0.place.is_cut_from(addr) {
            return Err("the link is cut".to_owned());
        }
        let permit = Arc::clone(&self.0.room).try_acquire_owned();
        let permit = permit.map_err(|_| format!("{OPEN_MAX} connections are open already"))?;
        match timeout(DIAL_TIMEOUT, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => Ok((stream, permit)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer in {} s", DIAL_TIMEOUT.as_secs())),
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        addr: SocketAddr,
        direction: Direction,
        permit: OwnedSemaphorePermit,
    ) {
        let id = ConnId(self.0.last_conn.fetch_add(1, Ordering::Relaxed) + 1);
        let net = self.clone();
        self.spawn(async move {
            let _permit = permit;
            let Shared {
                inbox,
                frames,
                place,
                ..
            } = &*net.0;
            let (who, io) = ((id, addr, direction), (&**inbox, frames.clone()));
            // The node may end while this waits; then there is nobody to tell.
            let _ = conn::run(stream, who, io, place.clone()).await;
        });
    }

    /// Runs a task that ends when the node does.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let dead = self.0.dead.clone();
        self.0.runtime.spawn(async move {
            tokio::select! {
                () = dead.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Ends every task at once, in the middle of whatever it does.
    pub(super) fn kill(&self) {
        self.0.dead.cancel();
    }
}

#[cfg(test)]
mod tests;
