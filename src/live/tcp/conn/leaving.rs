//! The direction that goes out: what the node's thread has queued, as bytes for the socket.

use super::socket::{self, BUFFER_BYTES};
use crate::link::Fate;
use crate::live::bend::Bend;
use crate::live::conn::{Flow, Leaves};
use crate::live::entry::Entry;
use crate::live::inbox::Inbox;
use crate::live::wire::Frames;
use crate::node::message::Message;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Bytes written in one go, if so many wait.
const WRITE_BYTES: usize = 64 * 1024;

/// Bytes written until the node is woken to hear of it. Less than that waits until something else
/// wakes it: it changes nothing.
const SAID_BYTES: usize = 64 * 1024;

pub(super) struct Leaving<'a> {
    queue: mpsc::UnboundedReceiver<Leaves>,
    flow: Arc<Flow>,
    inbox: &'a Inbox<Entry>,
    frames: Frames,
    /// Pieces of frames pass it, if it is bent.
    bend: Bend<Vec<u8>>,
    /// Frames on their way, and how much of them has left.
    buffer: Vec<u8>,
    written: usize,
    /// The buffer came through the link: as far as the node is concerned it left long ago.
    is_said: bool,
    /// Bytes that have left since the node was last woken to hear of it.
    quiet: usize,
    /// The thread's end of the queue is gone.
    is_over: bool,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(
        queue: mpsc::UnboundedReceiver<Leaves>,
        flow: Arc<Flow>,
        (inbox, frames): (&'a Inbox<Entry>, Frames),
        bend: Bend<Vec<u8>>,
    ) -> Self {
        flow.is_bent.store(bend.is_bent(), Ordering::Release);
        Self {
            queue,
            flow,
            inbox,
            frames,
            bend,
            buffer: Vec::new(),
            written: 0,
            is_said: false,
            quiet: 0,
            is_over: false,
        }
    }

    /// Writes what is queued until the node drops its end and all has left; goes on where it was if
    /// it was interrupted.
    pub(super) async fn write_all(&mut self, stream: &TcpStream) -> io::Result<()> {
        loop {
            while self.written < self.buffer.len() {
                let written = socket::write(stream, &self.buffer[self.written..]).await?;
                self.count_written(written);
            }
            self.buffer.clear();
            self.buffer.shrink_to(BUFFER_BYTES);
            self.written = 0;
            self.take_arrived();
            if !self.buffer.is_empty() {
                continue;
            }
            if self.is_over && self.bend.is_empty() {
                return Ok(());
            }
            tokio::select! {
                leaves = self.queue.recv(), if !self.is_over && self.bend.has_room() => {
                    match leaves {
                        Some(leaves) => self.take_queued(leaves),
                        None => self.is_over = true,
                    }
                }
                () = self.bend.moves() => {
                    self.flow.is_bent.store(self.bend.is_bent(), Ordering::Release);
                }
            }
        }
    }

    /// How much longer than on a straight link the last bytes take, once they have left.
    pub(super) fn lateness(&self) -> Duration {
        self.bend.lateness()
    }

    /// What has passed the link is next to be written.
    fn take_arrived(&mut self) {
        while self.buffer.len() < WRITE_BYTES
            && let Some(bytes) = self.bend.pop()
        {
            self.buffer.extend_from_slice(&bytes);
        }
        self.is_said = !self.buffer.is_empty();
        self.flow
            .is_bent
            .store(self.bend.is_bent(), Ordering::Release);
        let left = self.bend.take_left();
        if left > 0 {
            self.flow.count_left(left);
            self.wake(usize::try_from(left).unwrap_or(usize::MAX));
        }
    }

    /// What is queued enters the link, or is next to be written.
    fn take_queued(&mut self, first: Leaves) {
        let mut next = Some(first);
        while let Some(leaves) = next {
            match leaves {
                Leaves::Message(message) => match self.bend.fate(message.kind()) {
                    None => self.frames.append(&message, &mut self.buffer),
                    Some(fate) => self.meddle(&message, fate),
                },
                Leaves::Rest(bytes) => self.buffer.extend_from_slice(&bytes),
            }
            let is_full = self.buffer.len() >= WRITE_BYTES || self.bend.is_bent();
            next = if is_full {
                None
            } else {
                self.queue.try_recv().ok()
            };
        }
        if self.bend.is_bent() {
            self.enter_link(Duration::ZERO);
        }
    }

    /// What is in the buffer enters the link; the last of it arrives so much later.
    fn enter_link(&mut self, held: Duration) {
        let bytes = std::mem::take(&mut self.buffer);
        let mut pieces = bytes.chunks(self.bend.piece()).peekable();
        while let Some(piece) = pieces.next() {
            let held = if pieces.peek().is_none() {
                held
            } else {
                Duration::ZERO
            };
            self.bend.push_late(piece.len(), piece.to_vec(), held);
        }
    }

    /// A message enters the link behind all before it, and something becomes of it.
    fn meddle(&mut self, message: &Message, fate: Fate) {
        self.enter_link(Duration::ZERO);
        self.frames.append(message, &mut self.buffer);
        let len = self.buffer.len();
        match fate {
            Fate::Delay(held) => self.enter_link(held),
            Fate::Drop => {
                self.buffer.clear();
                self.bend.push(len, Vec::new());
                // It is never written.
                self.flow.queued.fetch_sub(len, Ordering::Release);
            }
            Fate::Repeat => {
                self.buffer.extend_from_within(..);
                self.flow.queued.fetch_add(len, Ordering::Relaxed);
                self.enter_link(Duration::ZERO);
            }
        }
    }

    fn count_written(&mut self, written: usize) {
        self.written += written;
        if !self.is_said {
            self.flow.count_left(written as u64);
        }
        // Where nothing is queued the thread may write: everything before must have left.
        self.flow.queued.fetch_sub(written, Ordering::Release);
        if !self.is_said {
            self.wake(written);
        }
    }

    /// Wakes the node to hear of what has left, now and then.
    fn wake(&mut self, left: usize) {
        self.quiet = self.quiet.saturating_add(left);
        if self.quiet >= SAID_BYTES {
            self.quiet = 0;
            self.inbox.poke();
        }
    }
}
