//! The port and the dials of a node.

use super::conn;
use super::lingering::Lingering;
use crate::live::bend::Place;
use crate::live::entry::Entry;
use crate::live::failures::{ACCEPT_PAUSE, Failures};
use crate::live::inbox::Inbox;
use crate::live::wire::Frames;
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

/// Connections that were accepted and that the node has not seen yet. More are not accepted: they wait
/// where the system keeps them. Which of all connections are kept is the node's to say, so none is
/// refused here.
pub(super) const UNSEEN_MAX: usize = 64;

/// Connections that this node has dialled: more than a lab has nodes. Those that others open do not
/// count, so that a flood at the port keeps this node from no other.
const DIALLED_MAX: usize = 256;

/// How long a dialled address may take to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// The sockets of one node. Clones are the same.
#[derive(Clone)]
pub(in crate::live) struct Net(pub(super) Arc<Sockets>);

pub(super) struct Sockets {
    inbox: Arc<Inbox<Entry>>,
    /// As new; each direction of each connection has its own.
    frames: Frames,
    place: Place,
    last_conn: AtomicU64,
    unseen: Arc<Semaphore>,
    dialled: Arc<Semaphore>,
    pub(super) lingering: Lingering,
    /// Ends everything at once.
    dead: CancellationToken,
    runtime: Handle,
}

impl Net {
    /// Sockets that bring what they hear to `inbox`, over the links of `place`.
    pub(in crate::live) fn new(
        inbox: Arc<Inbox<Entry>>,
        frames: Frames,
        place: Place,
        runtime: Handle,
    ) -> Self {
        Self(Arc::new(Sockets {
            inbox,
            frames,
            place,
            last_conn: AtomicU64::new(0),
            unseen: Arc::new(Semaphore::new(UNSEEN_MAX)),
            dialled: Arc::new(Semaphore::new(DIALLED_MAX)),
            lingering: Lingering::default(),
            dead: CancellationToken::new(),
            runtime,
        }))
    }

    /// Takes connections, as fast as the node looks at them, until the task is aborted.
    pub(in crate::live) fn listen(&self, listener: TcpListener) -> JoinHandle<()> {
        let net = self.clone();
        self.0.runtime.spawn(async move {
            let mut failures = Failures::default();
            loop {
                let unseen = Arc::clone(&net.0.unseen).acquire_owned().await;
                let unseen = unseen.expect("it is never closed");
                match listener.accept().await {
                    Ok((stream, addr)) => net.serve(stream, addr, Ticket::Unseen(unseen)),
                    Err(error) => {
                        failures.tell(&error);
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        })
    }

    /// Connects to `addr`, and tells the node how that went.
    pub(in crate::live) fn dial(&self, addr: SocketAddr) {
        let net = self.clone();
        self.spawn(async move {
            match net.connect(addr).await {
                Ok((stream, permit)) => net.serve(stream, addr, Ticket::Dialled(permit)),
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
        let permit = Arc::clone(&self.0.dialled).try_acquire_owned();
        let full = |_| format!("{DIALLED_MAX} connections are dialled already");
        let permit = permit.map_err(full)?;
        match timeout(DIAL_TIMEOUT, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => Ok((stream, permit)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer in {} s", DIAL_TIMEOUT.as_secs())),
        }
    }

    fn serve(&self, stream: TcpStream, addr: SocketAddr, ticket: Ticket) {
        let id = ConnId(self.0.last_conn.fetch_add(1, Ordering::Relaxed) + 1);
        let net = self.clone();
        self.spawn(async move {
            let (direction, unseen, _dialled) = match ticket {
                Ticket::Unseen(permit) => (Direction::Inbound, Some(permit), None),
                Ticket::Dialled(permit) => (Direction::Outbound, None, Some(permit)),
            };
            let Sockets {
                inbox,
                frames,
                place,
                lingering,
                ..
            } = &*net.0;
            let (who, io) = ((id, addr, direction), (&**inbox, frames.clone()));
            // The node may end while this waits; then there is nothing to tell.
            let _ = conn::run(stream, who, io, place.clone(), (unseen, lingering)).await;
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
    pub(in crate::live) fn kill(&self) {
        self.0.dead.cancel();
    }
}

/// What a connection holds, and whose it is.
enum Ticket {
    /// It was accepted, and the node has not seen it yet.
    Unseen(OwnedSemaphorePermit),
    /// This node dialled it.
    Dialled(OwnedSemaphorePermit),
}
