//! The thread's end of a connection.
//!
//! While nothing is queued, the thread writes short messages to the socket itself, without waiting
//! for it: waking a task for each would take most of the time of a block's way to the next node.
//! Everything else goes through the queue, and once something is in it all that follows does. So
//! does everything on a link that is bent.

use super::wire::Frames;
use crate::chain::codec::MAX_LEN;
use crate::node::message::Message;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Bytes queued on one connection at which it is ended: the node stops at a quarter of this, but
/// for what it owes an answer to. The largest message fits above it.
pub(super) const UNSENT_MAX: usize = 8_000_000 + MAX_LEN;

/// The longest message that the node's thread writes itself, in bytes: encoding more than that
/// would hold it up.
const DIRECT_BYTES: usize = 16 * 1024;

/// The thread's end of a connection. Dropped, the connection ends as [`tcp`](super::tcp) says.
pub(super) struct Conn {
    pub(super) queue: mpsc::UnboundedSender<Leaves>,
    pub(super) flow: Arc<Flow>,
    pub(super) closing: CancellationToken,
    /// The task's, which ends it.
    pub(super) stream: Weak<TcpStream>,
    pub(super) frames: Frames,
}

/// What is queued.
pub(super) enum Leaves {
    Message(Message),
    /// The end of a frame whose beginning has left.
    Rest(Vec<u8>),
}

/// What both ends count.
#[derive(Default)]
pub(super) struct Flow {
    /// Bytes handed over and not written yet.
    pub(super) queued: AtomicUsize,
    /// Bytes that have left and that the node has not heard of yet.
    pub(super) unsaid: AtomicU64,
    /// The thread must not write by itself.
    pub(super) is_bent: AtomicBool,
}

impl Conn {
    /// Sends a message, at once or as soon as those before it have left. `false`: far too much
    /// waits already, the other end does not read.
    pub(super) fn send(&self, message: Message) -> bool {
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
    pub(super) fn take_sent(&self) -> u64 {
        if self.flow.unsaid.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.flow.unsaid.swap(0, Ordering::Relaxed)
    }
}

impl Flow {
    pub(super) fn count_left(&self, bytes: u64) {
        self.unsaid.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
