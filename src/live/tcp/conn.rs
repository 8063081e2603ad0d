//! One connection: the thread's end of it, and the task that reads and writes.
//!
//! While nothing is queued, the thread writes short messages to the socket itself, without waiting
//! for it: waking a task for each would take most of the time of a block's way to the next node.
//! Everything else goes through the queue, and once something is in it all that follows does.
//!
//! A connection that the node ends is first written out, for [`LINGER`] at most, so that its last
//! words arrive.

use crate::chain::codec::MAX_LEN;
use crate::live::inbox::{Ended, Inbox};
use crate::live::run::Entry;
use crate::live::wire::{AHEAD_BYTES, Frames};
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::Message;
use bytes::BytesMut;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

/// How long the end of a connection may take.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes queued on one connection at which it is ended: the node stops at a quarter of this, but
/// for what it owes an answer to. The largest message fits above it.
pub(super) const UNSENT_MAX: usize = 8_000_000 + MAX_LEN;

/// The longest message that the node's thread writes itself, in bytes: encoding more than that
/// would hold it up.
const DIRECT_BYTES: usize = 16 * 1024;

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
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// The thread's end of a connection. Dropped, the connection ends as [`LINGER`] says.
pub(in crate::live) struct Conn {
    queue: mpsc::UnboundedSender<Leaves>,
    flow: Arc<Flow>,
    closing: CancellationToken,
    /// The task's, which ends it.
    stream: Weak<TcpStream>,
    frames: Frames,
}

/// What is queued.
enum Leaves {
    Message(Message),
    /// The end of a frame whose beginning has left.
    Rest(Vec<u8>),
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
    /// Sends a message, at once or as soon as those before it have left. `false`: far too much
    /// waits already, the other end does not read.
    pub(in crate::live) fn send(&self, message: Message) -> bool {
        let len = message.wire_len();
        let queued = self.flow.queued.load(Ordering::Acquire);
        let leaves = if queued == 0 && len <= DIRECT_BYTES {
            let mut bytes = Vec::with_capacity(len);
            self.frames.append(&message, &mut bytes);
            let written = self.write_now(&bytes);
            if written == len {
                return true;
            }
            Leaves::Rest(bytes.split_off(written))
        } else {
            Leaves::Message(message)
        };
        let len = match &leaves {
            Leaves::Message(_) => len,
            Leaves::Rest(bytes) => bytes.len(),
        };
        self.flow.queued.fetch_add(len, Ordering::Relaxed);
        // A task that is gone says so itself.
        let _ = self.queue.send(leaves);
        queued + len <= UNSENT_MAX
    }

    /// Writes what the socket takes at once, and counts it. Errors are for the task to find.
    fn write_now(&self, bytes: &[u8]) -> usize {
        let stream = self.stream.upgrade();
        let written = stream.map(|stream| stream.try_write(bytes));
        let written = written.and_then(Result::ok).unwrap_or(0);
        self.flow.count_written(written);
        written
    }

    /// Bytes that have left since this was last asked.
    pub(in crate::live) fn take_sent(&self) -> u64 {
        if self.flow.unsaid.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.flow.unsaid.swap(0, Ordering::Relaxed)
    }
}

impl Flow {
    fn count_written(&self, bytes: usize) {
        self.unsaid.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// A connection's whole life, in a task of its own.
///
/// # Errors
/// The node has ended, and there is nobody to tell.
pub(super) async fn run(
    stream: TcpStream,
    (conn, addr, direction): (ConnId, SocketAddr, Direction),
    inbox: &Inbox<Entry>,
    frames: Frames,
) -> Result<(), Ended> {
    // Half of all messages are answers that somebody waits for. Without this a few are late.
    let _ = stream.set_nodelay(true);
    let (sender, queue) = mpsc::unbounded_channel();
    let (flow, closing) = (Arc::<Flow>::default(), CancellationToken::new());
    let stream = Arc::new(stream);
    let handle = Conn {
        queue: sender,
        flow: Arc::clone(&flow),
        closing: closing.clone(),
        stream: Arc::downgrade(&stream),
        frames: frames.clone(),
    };
    let opened = Entry::Opened {
        conn,
        direction,
        addr,
        handle,
    };
    inbox.push(opened, 0).await?;
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
        frames,
        buffer: Vec::new(),
        written: 0,
        quiet: 0,
    };
    let why = tokio::select! {
        why = arriving.read_all(&stream) => Some(why?),
        written = leaving.write_all(&stream) => written.err().map(|error| error.to_string()),
        () = closing.cancelled() => None,
    };
    if let Some(why) = why {
        let gone = Entry::Input(Input::Disconnected(conn, why));
        return inbox.push(gone, 0).await;
    }
    let last_words = async {
        leaving.write_all(&stream).await?;
        let stream = Arc::into_inner(stream);
        hear_out(stream.expect("the thread's end is gone")).await
    };
    // However far that comes, the connection ends then.
    let _ = timeout(LINGER, last_words).await;
    Ok(())
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
    async fn read_all(&mut self, stream: &TcpStream) -> Result<String, Ended> {
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
            match read(stream, &mut self.buffer).await {
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
    queue: mpsc::UnboundedReceiver<Leaves>,
    flow: Arc<Flow>,
    inbox: &'a Inbox<Entry>,
    frames: Frames,
    /// Frames on their way, and how much of them has left.
    buffer: Vec<u8>,
    written: usize,
    /// Bytes that have left since the node was last woken to hear of it.
    quiet: usize,
}

impl Leaving<'_> {
    /// Writes what is queued until the node drops its end; goes on where it was if it was
    /// interrupted. A link's conditions belong between the queue and the frames.
    async fn write_all(&mut self, stream: &TcpStream) -> io::Result<()> {
        loop {
            while self.written < self.buffer.len() {
                let written = write(stream, &self.buffer[self.written..]).await?;
                self.count(written);
            }
            self.buffer.clear();
            self.buffer.shrink_to(BUFFER_BYTES);
            self.written = 0;
            let Some(leaves) = self.queue.recv().await else {
                return Ok(());
            };
            self.append(leaves);
            while self.buffer.len() < WRITE_BYTES
                && let Ok(leaves) = self.queue.try_recv()
            {
                self.append(leaves);
            }
        }
    }

    fn append(&mut self, leaves: Leaves) {
        match leaves {
            Leaves::Message(message) => self.frames.append(&message, &mut self.buffer),
            Leaves::Rest(bytes) => self.buffer.extend_from_slice(&bytes),
        }
    }

    fn count(&mut self, written: usize) {
        self.written += written;
        self.flow.count_written(written);
        // Whoever sees that nothing is queued may write: everything before must have left.
        self.flow.queued.fetch_sub(written, Ordering::Release);
        self.quiet += written;
        if self.quiet >= SAID_BYTES {
            self.quiet = 0;
            self.inbox.poke();
        }
    }
}

/// Reads what has come, at least a byte; 0: there is no more.
async fn read(stream: &TcpStream, buffer: &mut BytesMut) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read_buf(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

/// Writes what the socket takes, at least a byte.
async fn write(stream: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    loop {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            written => return written,
        }
    }
}

/// Says that there is no more, and reads what nobody wants until the other end has closed, so that
/// the last bytes arrive: closing a socket on which something unread came in would take them back.
async fn hear_out(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
