//! One connection: the thread's end of it, and the task that reads and writes.
//!
//! While nothing is queued, the thread writes short messages to the socket itself, without waiting
//! for it: waking a task for each would take most of the time of a block's way to the next node.
//! Everything else goes through the queue, and once something is in it all that follows does. So
//! does everything on a link that is bent ([`Bend`]).
//!
//! A connection that the node ends is first written out, for [`LINGER`] at most, so that its last
//! words arrive.

mod arriving;
mod leaving;

use super::Lingering;
use super::bend::{Bend, Place};
use crate::chain::codec::MAX_LEN;
use crate::live::inbox::{Ended, Inbox};
use crate::live::run::Entry;
use crate::live::wire::Frames;
use crate::node::io::{ConnId, Direction, Input};
use crate::node::message::Message;
use arriving::Arriving;
use bytes::BytesMut;
use leaving::Leaving;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
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

/// The least room for a read: below that there would be many small ones.
const READ_BYTES: usize = 1024;

/// Reads of what nobody wants before a connection is ended in a hurry.
const UNREAD_MAX: usize = 64;

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
    /// Bytes that have left and that the node has not heard of yet.
    unsaid: AtomicU64,
    /// The thread must not write by itself.
    is_bent: AtomicBool,
}

impl Conn {
    /// Sends a message, at once or as soon as those before it have left. `false`: far too much
    /// waits already, the other end does not read.
    pub(in crate::live) fn send(&self, message: Message) -> bool {
        let len = message.wire_len();
        let queued = self.flow.queued.load(Ordering::Acquire);
        let is_direct = queued == 0 && !self.flow.is_bent.load(Ordering::Acquire);
        let leaves = if is_direct && len <= DIRECT_BYTES {
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
        self.flow.count_left(written as u64);
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
    fn count_left(&self, bytes: u64) {
        self.unsaid.fetch_add(bytes, Ordering::Relaxed);
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
    (inbox, frames): (&Inbox<Entry>, Frames),
    place: Place,
    (unseen, lingering): (Option<OwnedSemaphorePermit>, &Lingering),
) -> Result<(), Ended> {
    // Half of all messages are answers that somebody waits for. Without this a few are late.
    let _ = stream.set_nodelay(true);
    let (sender, queue) = mpsc::unbounded_channel();
    let (flow, closing) = (Arc::<Flow>::default(), CancellationToken::new());
    // Who dialled knows whom, and bends the link for both.
    let peer = (direction == Direction::Outbound).then_some(addr);
    let pair = peer.map(|peer| (place.own, peer));
    let bend = Bend::new(pair, place.clone(), place.seed ^ (2 * conn.0));
    let mut arriving = Arriving::new((conn, addr, peer), (inbox, frames.clone()), place);
    let io = (inbox, frames.clone());
    let mut leaving = Leaving::new(queue, Arc::clone(&flow), io, bend);
    let stream = Arc::new(stream);
    let handle = Conn {
        queue: sender,
        flow,
        closing: closing.clone(),
        stream: Arc::downgrade(&stream),
        frames,
    };
    let opened = Entry::Opened {
        conn,
        direction,
        addr,
        handle,
        unseen,
    };
    inbox.push(opened, 0).await?;
    let why = tokio::select! {
        why = arriving.read_all(&stream) => Some(why?),
        written = leaving.write_all(&stream) => written.err().map(|error| error.to_string()),
        () = closing.cancelled() => None,
    };
    if let Some(why) = why {
        let gone = Entry::Input(Input::Disconnected(conn, why));
        return inbox.push(gone, 0).await;
    }
    // However far the last words come, the connection ends then, or when too many others have ended since.
    let (late, too_many) = (leaving.lateness(), lingering.enter());
    let mut stream = Arc::into_inner(stream).expect("the thread's end is gone");
    let last_words = async {
        leaving.write_all(&stream).await?;
        hear_out(&mut stream).await
    };
    tokio::select! {
        _ = timeout(LINGER + late, last_words) => {}
        () = too_many.cancelled() => drop_unread(&stream),
    }
    Ok(())
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
async fn hear_out(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// Reads what has come so far: as with [`hear_out`], but without waiting.
fn drop_unread(stream: &TcpStream) {
    let mut unread = [0; 1024];
    let mut left = UNREAD_MAX;
    while left > 0 && stream.try_read(&mut unread).is_ok_and(|read| read > 0) {
        left -= 1;
    }
}
