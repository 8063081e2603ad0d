//! A door that is open: a TCP port and a Unix socket, a cookie, and those who came in.
//!
//! Who has said `hello` has a seat among many, and keeps it. Before that a connection has one of few,
//! so that a thousand of them keep nobody out, and can be turned out of it. What a flood of them can do
//! to a client:
//!
//! - *Connections that say nothing* have [`SILENT_MAX`] seats, of which the oldest is given up. Between
//!   two connections that are taken, what has come in gets its turn to be looked at, so a client loses
//!   its seat only if about as many come between its connecting and the look at its first bytes, which
//!   it sends at once.
//! - *Connections that send a byte*, or a line a byte at a time, or a wrong cookie, have other seats,
//!   [`UNGREETED_MAX`]. A client needs none of these: its `hello` comes in one piece, and is judged as
//!   soon as it is read, without a pause in which it could be turned out.
//! - The TCP port and the Unix socket have seats of their own: to the socket only its user comes.
//! - A client of ours that was turned out before it was answered tries again
//!   ([`Client::connect`](super::Client::connect)).

use super::conn;
use super::controlled::Controlled;
use super::cookie::Issued;
use super::data::{Cookie, Door, Place};
use super::limits::{CLIENTS_MAX, SILENT_MAX, UNGREETED_MAX};
use super::lines::StatusLines;
use crate::live::Port;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinHandle};

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A door that can be opened: its port is taken.
pub(in crate::lab) struct Bound {
    tcp: Port,
    addr: SocketAddr,
    unix: Option<PathBuf>,
}

/// A door that is open, until this is dropped.
pub(in crate::lab) struct Server {
    addr: SocketAddr,
    unix: Option<PathBuf>,
    cookie: PathBuf,
    accepting: Vec<JoinHandle<()>>,
    ctx: Arc<Context>,
}

/// What the connections of a door have in common.
pub(super) struct Context {
    pub(super) door: Arc<dyn Controlled>,
    pub(super) cookie: Issued,
    pub(super) lines: Arc<StatusLines>,
    pub(super) seats: Arc<Semaphore>,
    guests: Mutex<Guests>,
}

/// Connections of a door.
#[derive(Default)]
struct Guests {
    /// Those that have not said `hello`, by the socket that they came to.
    ungreeted: BTreeMap<Socket, Ungreeted>,
    /// All others, to end them with the door.
    greeted: Vec<Guest>,
    last: u64,
    is_over: bool,
}

/// Which of a door's sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Socket {
    Tcp,
    Unix,
}

type Guest = (u64, AbortHandle);

/// Connections that have not said `hello`, oldest first.
#[derive(Default)]
struct Ungreeted {
    /// Nothing has come from them.
    silent: VecDeque<Guest>,
    /// Something has, and no `hello`.
    others: VecDeque<Guest>,
}

impl Ungreeted {
    fn take(&mut self, number: u64) -> Option<Guest> {
        let take = |guests: &mut VecDeque<Guest>| {
            let at = guests.iter().position(|(other, _)| *other == number)?;
            guests.remove(at)
        };
        take(&mut self.silent).or_else(|| take(&mut self.others))
    }
}

/// Gives a seat to one more. If all are taken the oldest of the others loses its own.
fn seat(guests: &mut VecDeque<Guest>, max: usize, guest: Guest) {
    while guests.len() >= max {
        if let Some((_, oldest)) = guests.pop_front() {
            oldest.abort();
        }
    }
    guests.push_back(guest);
}

impl Bound {
    /// Takes a port; 0: any.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::lab) fn new(at: SocketAddr) -> io::Result<Self> {
        let tcp = Port::take(at)?;
        let addr = tcp.local_addr()?;
        let unix = None;
        Ok(Self { tcp, addr, unix })
    }

    /// With a Unix socket as well, at this path.
    pub(in crate::lab) fn with_socket(self, path: Option<PathBuf>) -> Self {
        Self { unix: path, ..self }
    }
}

impl Server {
    /// Opens a door; the cookie's file is written into `dir`.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::lab) fn open(
        bound: Bound,
        door: Arc<dyn Controlled>,
        dir: &Path,
        runtime: &Handle,
    ) -> io::Result<Self> {
        let _within = runtime.enter();
        let ctx = Arc::new(Context {
            door,
            cookie: Issued::new(dir)?,
            lines: Arc::default(),
            seats: Arc::new(Semaphore::new(CLIENTS_MAX)),
            guests: Mutex::default(),
        });
        let tcp = bound.tcp.listen()?;
        let unix = bound.unix.as_ref().map(UnixListener::bind).transpose()?;
        let mut accepting = vec![runtime.spawn(accept_tcp(tcp, Arc::clone(&ctx)))];
        if let Some(unix) = unix {
            accepting.push(runtime.spawn(accept_unix(unix, Arc::clone(&ctx))));
        }
        Ok(Self {
            addr: bound.addr,
            unix: bound.unix,
            cookie: ctx.cookie.path().to_owned(),
            accepting,
            ctx,
        })
    }

    /// How to come in.
    pub(in crate::lab) fn door(&self) -> Door {
        Door {
            at: Place::Tcp(self.addr),
            cookie: Cookie::File(self.cookie.clone()),
        }
    }

    /// The Unix socket.
    pub(in crate::lab) fn socket(&self) -> Option<PathBuf> {
        self.unix.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.iter().for_each(JoinHandle::abort);
        self.ctx.end();
        if let Some(path) = &self.unix {
            let _ = fs::remove_file(path);
        }
    }
}

async fn accept_tcp(listener: TcpListener, ctx: Arc<Context>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small, and somebody waits for each.
                let _ = stream.set_nodelay(true);
                ctx.seat(Socket::Tcp, stream).await;
            }
            Err(error) => pause(&error).await,
        }
    }
}

async fn accept_unix(listener: UnixListener, ctx: Arc<Context>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => ctx.seat(Socket::Unix, stream).await,
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &io::Error) {
    tracing::warn!("a connection to the control port could not be taken: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

impl Context {
    async fn seat(
        self: &Arc<Self>,
        socket: Socket,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
    ) {
        if let Some(mut guests) = self.guests() {
            guests.last += 1;
            let number = guests.last;
            let ctx = Arc::clone(self);
            let task = tokio::spawn(async move {
                conn::serve(stream, &ctx, number).await;
                ctx.left(number);
            });
            let guest = (number, task.abort_handle());
            let ungreeted = guests.ungreeted.entry(socket).or_default();
            seat(&mut ungreeted.silent, SILENT_MAX, guest);
        }
        // Those that wait to be run get their turn. With several threads that is likely to be before
        // the next is let in, and no more.
        tokio::task::yield_now().await;
    }

    /// All connections; `None`: the door is shut.
    fn guests(&self) -> Option<MutexGuard<'_, Guests>> {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        (!guests.is_over).then_some(guests)
    }

    /// Something has come from a connection, which may be its `hello` or not.
    pub(super) fn spoke(&self, number: u64) {
        let Some(mut guests) = self.guests() else {
            return;
        };
        for ungreeted in guests.ungreeted.values_mut() {
            if let Some(guest) = ungreeted.take(number) {
                seat(&mut ungreeted.others, UNGREETED_MAX, guest);
            }
        }
    }

    /// A connection has said `hello`.
    pub(super) fn greeted(&self, number: u64) {
        if let Some(mut guests) = self.guests() {
            let mut ungreeted = guests.ungreeted.values_mut();
            let guest = ungreeted.find_map(|ungreeted| ungreeted.take(number));
            guests.greeted.extend(guest);
        }
    }

    fn left(&self, number: u64) {
        if let Some(mut guests) = self.guests() {
            guests.ungreeted.values_mut().for_each(|ungreeted| {
                ungreeted.take(number);
            });
            guests.greeted.retain(|(other, _)| *other != number);
        }
    }

    fn end(&self) {
        let Some(mut guests) = self.guests() else {
            return;
        };
        guests.is_over = true;
        let ungreeted = std::mem::take(&mut guests.ungreeted).into_values();
        let ungreeted = ungreeted.flat_map(|ungreeted| [ungreeted.silent, ungreeted.others]);
        let greeted = guests.greeted.drain(..);
        let all = ungreeted.flatten().chain(greeted);
        all.for_each(|(_, task)| task.abort());
    }
}
