//! A door that is open: a TCP port and a Unix socket, a cookie, and those who came in.
//!
//! Whoever has not said `hello` yet costs a seat among few: when they are taken the oldest of those
//! guests goes, so that a thousand silent connections keep nobody out. Whoever has said it has a
//! seat among many, and keeps it.

use super::conn;
use super::cookie::Issued;
use super::data::{Cookie, Door, Place};
use super::limits::{CLIENTS_MAX, UNGREETED_MAX};
use super::lines::StatusLines;
use crate::lab::run::LabDoor;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
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
    tcp: std::net::TcpListener,
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
    pub(super) door: LabDoor,
    pub(super) cookie: Issued,
    pub(super) lines: Arc<StatusLines>,
    pub(super) seats: Arc<Semaphore>,
    guests: Mutex<Guests>,
}

/// Connections of a door.
#[derive(Default)]
struct Guests {
    /// Those that have not said `hello`, oldest first.
    ungreeted: VecDeque<(u64, AbortHandle)>,
    /// All others, to end them with the door.
    greeted: Vec<(u64, AbortHandle)>,
    last: u64,
    is_over: bool,
}

impl Bound {
    /// Takes a port; 0: any.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::lab) fn new(at: SocketAddr) -> io::Result<Self> {
        let tcp = std::net::TcpListener::bind(at)?;
        tcp.set_nonblocking(true)?;
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
        door: LabDoor,
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
        let tcp = TcpListener::from_std(bound.tcp)?;
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
                ctx.seat(stream);
            }
            Err(error) => pause(&error).await,
        }
    }
}

async fn accept_unix(listener: UnixListener, ctx: Arc<Context>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => ctx.seat(stream),
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &io::Error) {
    tracing::warn!("a connection to the control port could not be taken: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

impl Context {
    fn seat(self: &Arc<Self>, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if guests.is_over {
            return;
        }
        while guests.ungreeted.len() >= UNGREETED_MAX {
            if let Some((_, oldest)) = guests.ungreeted.pop_front() {
                oldest.abort();
            }
        }
        guests.last += 1;
        let number = guests.last;
        let ctx = Arc::clone(self);
        let task = tokio::spawn(async move {
            conn::serve(stream, &ctx, number).await;
            ctx.left(number);
        });
        guests.ungreeted.push_back((number, task.abort_handle()));
    }

    /// A connection has said `hello`.
    pub(super) fn greeted(&self, number: u64) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let found = guests
            .ungreeted
            .iter()
            .position(|(other, _)| *other == number);
        if let Some(guest) = found.and_then(|at| guests.ungreeted.remove(at)) {
            guests.greeted.push(guest);
        }
    }

    fn left(&self, number: u64) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.ungreeted.retain(|(other, _)| *other != number);
        guests.greeted.retain(|(other, _)| *other != number);
    }

    fn end(&self) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        guests.is_over = true;
        let Guests {
            ungreeted, greeted, ..
        } = &mut *guests;
        ungreeted
            .drain(..)
            .chain(greeted.drain(..))
            .for_each(|(_, task)| task.abort());
    }
}
