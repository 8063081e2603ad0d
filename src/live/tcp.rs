//! A node's sockets: accepting, dialling, and one task for each connection.
//!
//! A connection's task reads frames and brings them to the node's thread, which it waits for when
//! that is behind; and it writes what the thread has queued, and counts what really left. So
//! nothing here ever blocks the node: a peer that does not read only fills its own queue, and the
//! node or, far above its limit, the driver ends that connection.
//!
//! ```text
//! socket -> frames -> (link) -> inbox -> the node's thread
//! socket <- frames <- (link) <- queue <- the node's thread
//! ```
//!
//! A connection that the node ends is first written out, for [`LINGER`] at most, so that its last
//! words arrive.

use super::inbox::{Ended, Inbox};
use super::run::Entry;
use super::wire::{AHEAD_BYTES, Frames};
use crate::chain::codec::MAX_LEN;
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::Message;
use bytes::BytesMut;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

/// Connections of a node, whoever dialled: twice what it wants by itself. The node refuses
/// politely, above its own limits; this one is for a flood, which is not even answered.
const OPEN_MAX: usize = 256;

/// How long a dialled address may take to answer.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the end of a connection may take.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes queued on one connection at which it is ended: the node stops at a quarter of this, but
/// for what it owes an answer to. The largest message fits above it.
const UNSENT_MAX: usize = 8_000_000 + MAX_LEN;

/// Bytes written in one go, if so many wait.
const WRITE_BYTES: usize = 64 * 1024;

/// Bytes written until the node is woken to hear of it. Less than that waits until something else
/// wakes it: it changes nothing.
const SAID_BYTES: usize = 64 * 1024;

/// What a buffer has at first. There are two for each connection, and most messages are short.
const BUFFER_BYTES: usize = 4 * 1024;

/// The least room for a read: below that there would be many small ones.
const READ_BYTES: usize = 1024;

/// The shortest time between two signs of life of an incomplete message.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait after a failure to accept, which tends to last: no more files, no memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The sockets of one node. Clones are the same.
#[derive(Clone)]
pub(super) struct Net(Arc<Shared>);

struct Shared {
    inbox: Arc<Inbox<Entry>>,
    /// As new; each direction of each connection has its own.
    frames: Frames,
    last_conn: AtomicU64,
    room: Arc<Semaphore>,
    /// Ends everything at once.
    dead: CancellationToken,
    runtime: Handle,
}

/// The thread's end of a connection. Dropped, the connection ends as [`LINGER`] says.
pub(super) struct Conn {
    queue: mpsc::UnboundedSender<Message>,
    flow: Arc<Flow>,
    closing: CancellationToken,
}

/// What both ends count.
#[derive(Default)]
struct Flow {
    /// Bytes handed over and not written yet.
    queued: AtomicUsize,
    /// Bytes written that the node has not heard of yet.
    unsaid: AtomicU64,
}

impl Conn {
    /// Queues a message. `false`: far too much waits already, the other end does not read.
    pub(super) fn send(&self, message: Message) -> bool {
        let len = message.wire_len();
        let queued = self.flow.queued.fetch_add(len, Ordering::Relaxed);
        // A task that is gone says so itself.
        let _ = self.queue.send(message);
        queued + len <= UNSENT_MAX
    }

    /// Bytes that have left since this was last asked.
    pub(super) fn take_sent(&self) -> u64 {
        if self.flow.unsaid.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.flow.unsaid.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

impl Net {
    /// Sockets that bring what they hear to `inbox`. Runs on the runtime it is made in.
    pub(super) fn new(inbox: Arc<Inbox<Entry>>, frames: Frames, runtime: Handle) -> Self {
        Self(Arc::new(Shared {
            inbox,
            frames,
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
        match Arc::clone(&self.0.room).try_acquire_owned() {
            Ok(permit) => self.serve(stream, addr, Direction::Inbound, permit),
            Err(_) => tracing::debug!("refused {addr}: {OPEN_MAX} connections are open"),
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
        let conn = ConnId(self.0.last_conn.fetch_add(1, Ordering::Relaxed) + 1);
        let net = self.clone();
        self.spawn(async move {
            let _permit = permit;
            // The node may end while this waits; then there is nobody to tell.
            let _ = net.run_connection(stream, conn, addr, direction).await;
        });
    }

    async fn run_connection(
        &self,
        stream: TcpStream,
        conn: ConnId,
        addr: SocketAddr,
        direction: Direction,
    ) -> Result<(), Ended> {
        let Shared { inbox, frames, .. } = &*self.0;
        // Half of all messages are answers that somebody waits for. Without this a few are late.
        let _ = stream.set_nodelay(true);
        let (sender, queue) = mpsc::unbounded_channel();
        let (flow, closing) = (Arc::<Flow>::default(), CancellationToken::new());
        let handle = Conn {
            queue: sender,
            flow: Arc::clone(&flow),
            closing: closing.clone(),
        };
        let opened = Entry::Opened {
            conn,
            direction,
            addr,
            handle,
        };
        inbox.push(opened, 0).await?;
        let (mut reader, writer) = stream.into_split();
        let mut arriving = Arriving {
            conn,
            inbox,
            frames: frames.clone(),
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
        };
        let mut leaving = Leaving {
            queue,
            flow,
            inbox,
            frames: frames.clone(),
            writer,
        };
        let writing = async move { leaving.write_all().await };
        tokio::pin!(writing);
        let mut is_written = false;
        let why = tokio::select! {
            why = arriving.read_all(&mut reader) => Some(why?),
            written = &mut writing => {
                is_written = true;
                written.err().map(|error| error.to_string())
            }
            () = closing.cancelled() => None,
        };
        if let Some(why) = why {
            let gone = Entry::Input(Input::Disconnected(conn, why));
            return inbox.push(gone, 0).await;
        }
        let last_words = async {
            if is_written || writing.await.is_ok() {
                hear_out(&mut reader).await;
            }
        };
        // However far that came, the connection ends now.
        let _ = timeout(LINGER, last_words).await;
        Ok(())
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

/// The direction that comes in.
struct Arriving<'a> {
    conn: ConnId,
    inbox: &'a Inbox<Entry>,
    frames: Frames,
    buffer: BytesMut,
}

impl Arriving<'_> {
    /// Brings messages to the node until the connection is gone, and says why it is. A link's
    /// conditions belong between the frames and the inbox.
    async fn read_all(&mut self, reader: &mut OwnedReadHalf) -> Result<String, Ended> {
        let mut said = Instant::now();
        loop {
            match self.frames.decode(&mut self.buffer) {
                Ok(Some((message, len))) => {
                    let received = Entry::Input(Input::Received(self.conn, message));
                    self.inbox.push(received, len).await?;
                    continue;
                }
                Ok(None) => {}
                Err(error) => return self.give_up(error.to_string()).await,
            }
            if self.frames.is_amid_frame() && said.elapsed() >= PROGRESS_INTERVAL {
                said = Instant::now();
                let progress = Entry::Input(Input::Progress(self.conn));
                self.inbox.push(progress, 0).await?;
            }
            if self.buffer.capacity() - self.buffer.len() < READ_BYTES {
                self.buffer.reserve(BUFFER_BYTES);
            }
            match reader.read_buf(&mut self.buffer).await {
                Ok(0) => return Ok("the other end closed the connection".to_owned()),
                Ok(_) => {}
                Err(error) => return Ok(error.to_string()),
            }
            debug_assert!(self.buffer.len() <= 2 * (MAX_LEN + AHEAD_BYTES));
        }
    }

    /// Tells the node of a bad frame. It answers by ending the connection, and if it does not the
    /// driver does.
    async fn give_up(&self, why: String) -> Result<String, Ended> {
        let bad = Entry::Input(Input::BadFrame(self.conn, why.clone()));
        self.inbox.push(bad, 0).await?;
        sleep(LINGER).await;
        Ok(why)
    }
}

/// The direction that goes out.
struct Leaving<'a> {
    queue: mpsc::UnboundedReceiver<Message>,
    flow: Arc<Flow>,
    inbox: &'a Inbox<Entry>,
    frames: Frames,
    writer: OwnedWriteHalf,
}

impl Leaving<'_> {
    /// Writes what is queued until the node drops its end, and then says that there is no more. A link's conditions belong between the
    /// queue and the frames.
    async fn write_all(&mut self) -> io::Result<()> {
        let mut buffer = Vec::new();
        let mut quiet = 0;
        while let Some(message) = self.queue.recv().await {
            self.frames.append(&message, &mut buffer);
            drop(message);
            while buffer.len() < WRITE_BYTES
                && let Ok(message) = self.queue.try_recv()
            {
                self.frames.append(&message, &mut buffer);
            }
            let mut rest = buffer.as_slice();
            while !rest.is_empty() {
                let written = self.writer.write(rest).await?;
                rest = &rest[written..];
                self.flow.queued.fetch_sub(written, Ordering::Relaxed);
                self.flow
                    .unsaid
                    .fetch_add(written as u64, Ordering::Relaxed);
                quiet += written;
                if quiet >= SAID_BYTES {
                    quiet = 0;
                    self.inbox.poke();
                }
            }
            buffer.clear();
            buffer.shrink_to(BUFFER_BYTES);
        }
        self.writer.shutdown().await
    }
}

/// Reads what nobody wants until the other end has closed, so that the last bytes written arrive:
/// closing a socket on which something unread came in would take them back.
async fn hear_out(reader: &mut OwnedReadHalf) {
    let mut unread = [0; 1024];
    while reader.read(&mut unread).await.is_ok_and(|len| len > 0) {}
}
