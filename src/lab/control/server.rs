//! An endpoint that is open: a TCP port and a Unix socket, a cookie, and those who came in.
//!
//! Who has said `hello` has a seat among many, and keeps it. Before that a connection has one of few,
//! so that a thousand of them keep no client out, and can be turned out of it. What a flood of them can do
//! to a client:
//!
//! - *Connections that say nothing* have [`SILENT_MAX`](super::limits::SILENT_MAX) seats, of which the oldest is given up. Between
//!   two connections that are taken, what has come in gets its turn to be looked at, so a client loses
//!   its seat only if about as many come between its connecting and the look at its first bytes, which
//!   it sends at once.
//! - *Connections that send a byte*, or a line a byte at a time, or a wrong cookie, have other seats,
//!   [`UNGREETED_MAX`](super::limits::UNGREETED_MAX). A client needs none of these: its `hello` comes in one piece, and is judged as
//!   soon as it is read, without a pause in which it could be turned out.
//! - The TCP port and the Unix socket have seats of their own: to the socket only its user comes.
//! - A client of ours that was turned out before it was answered tries again
//!   ([`Client::connect`](super::Client::connect)).

use super::conn;
use super::controlled::Controlled;
use super::cookie::Issued;
use super::data::{Cookie, Endpoint, EndpointAddr};
use super::guests::{Context, Socket};
use super::limits::CLIENTS_MAX;
use crate::live::Port;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, io};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An endpoint that can be opened: its port is taken.
pub(in crate::lab) struct Bound {
    tcp: Port,
    addr: SocketAddr,
    unix: Option<PathBuf>,
}

/// An endpoint that is open, until this is dropped.
pub(in crate::lab) struct Server {
    addr: SocketAddr,
    unix: Option<PathBuf>,
    cookie: PathBuf,
    accepting: Vec<JoinHandle<()>>,
    ctx: Arc<Context>,
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
    /// Opens an endpoint; the cookie's file is written into `dir`.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::lab) fn open(
        bound: Bound,
        endpoint: Arc<dyn Controlled>,
        dir: &Path,
        runtime: &Handle,
    ) -> io::Result<Self> {
        let _within = runtime.enter();
        let ctx = Arc::new(Context {
            endpoint,
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
    pub(in crate::lab) fn endpoint(&self) -> Endpoint {
        Endpoint {
            at: EndpointAddr::Tcp(self.addr),
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
                // Answers are small, and a caller waits for each.
                let _ = stream.set_nodelay(true);
                let_in(&ctx, Socket::Tcp, stream).await;
            }
            Err(error) => pause(&error).await,
        }
    }
}

async fn accept_unix(listener: UnixListener, ctx: Arc<Context>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => let_in(&ctx, Socket::Unix, stream).await,
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &io::Error) {
    tracing::warn!("a connection to the control port could not be taken: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn let_in(
    ctx: &Arc<Context>,
    socket: Socket,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
) {
    ctx.seat(socket, |number| {
        let ctx = Arc::clone(ctx);
        let task = tokio::spawn(async move {
            conn::serve(stream, &ctx, number).await;
            ctx.left(number);
        });
        task.abort_handle()
    });
    // Those that wait to be run get their turn. With several threads that is likely to be before
    // the next is let in, and no more.
    tokio::task::yield_now().await;
}
