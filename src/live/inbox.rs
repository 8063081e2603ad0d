//! What waits for a node's thread: a queue that many fill, bounded in bytes.
//!
//! A task that brings something from outside waits, without blocking a thread, until there is room; so
//! a socket is not read while the node is behind, and its peer's TCP slows down. Room is handed out
//! in the order in which it was asked for: a peer that floods takes turns with the others. What the
//! node's own machinery has to say (stop, a solved block) is little, and never waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Bytes of messages that may wait: what a node handles in a fraction of a second. In memory a
/// hostile message can be seven times as large ([`MAX_GROWTH`](crate::chain::codec::MAX_GROWTH)).
const INBOX_BYTES: usize = 2 * 1024 * 1024;

/// What the smallest thing counts for, which bounds their number to 8 192.
const ENTRY_BYTES: usize = 256;

/// The node has ended; nothing is taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the node has ended")]
pub(super) struct Ended;

/// The queue.
pub(super) struct Inbox<T> {
    queue: Mutex<Queue<T>>,
    /// Something has come.
    ready: Condvar,
    /// Bytes that are free.
    room: Semaphore,
}

struct Queue<T> {
    /// What waits, with the room that it takes.
    entries: VecDeque<(T, usize)>,
    /// The thread is to look up, though nothing is in the queue.
    is_poked: bool,
    /// The thread sleeps.
    is_waiting: bool,
    /// Nothing is taken any more.
    is_closed: bool,
}

impl<T> Inbox<T> {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                entries: VecDeque::new(),
                is_poked: false,
                is_waiting: false,
                is_closed: false,
            }),
            ready: Condvar::new(),
            room: Semaphore::new(INBOX_BYTES),
        }
    }

    /// Adds something of `bytes` bytes once there is room for it. What is larger than the whole
    /// queue waits until it is alone.
    pub(super) async fn push(&self, entry: T, bytes: usize) -> Result<(), Ended> {
        let room = bytes.clamp(ENTRY_BYTES, INBOX_BYTES);
        let permits = u32::try_from(room).expect("at most INBOX_BYTES");
        let permit = self.room.acquire_many(permits).await.map_err(|_| Ended)?;
        permit.forget();
        self.enqueue(|queue| queue.entries.push_back((entry, room)))
    }

    /// Adds something of the node's own, ahead of all that waits; if the node has ended it is gone.
    pub(super) fn push_first(&self, entry: T) {
        let _ = self.enqueue(|queue| queue.entries.push_front((entry, 0)));
    }

    /// Has the thread look up.
    pub(super) fn poke(&self) {
        let _ = self.enqueue(|queue| queue.is_poked = true);
    }

    /// Takes all that waits, if need be after a sleep until something comes, it is poked, or
    /// `timeout` is over.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Batch<'_, T> {
        let mut queue = self.lock();
        if queue.entries.is_empty() && !queue.is_poked && timeout != Some(Duration::ZERO) {
            queue.is_waiting = true;
            queue = match timeout {
                Some(timeout) => {
                    let woken = self.ready.wait_timeout(queue, timeout);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let woken = self.ready.wait(queue);
                    woken.unwrap_or_else(PoisonError::into_inner)
                }
            };
            queue.is_waiting = false;
        }
        queue.is_poked = false;
        Batch {
            entries: std::mem::take(&mut queue.entries),
            inbox: self,
        }
    }

    /// Takes nothing any more, and lets everybody go who waits for room.
    pub(super) fn close(&self) {
        self.room.close();
        let mut queue = self.lock();
        queue.is_closed = true;
        let entries = std::mem::take(&mut queue.entries);
        // What it held may have something to say as it goes.
        drop(queue);
        drop(entries);
    }

    fn enqueue(&self, change: impl FnOnce(&mut Queue<T>)) -> Result<(), Ended> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Err(Ended);
        }
        change(&mut queue);
        let is_waiting = queue.is_waiting;
        drop(queue);
        if is_waiting {
            self.ready.notify_one();
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // No panic can leave it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread took. The room of each entry is free again once it is taken from here.
pub(super) struct Batch<'a, T> {
    entries: VecDeque<(T, usize)>,
    inbox: &'a Inbox<T>,
}

impl<T> Iterator for Batch<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let (entry, room) = self.entries.pop_front()?;
        self.inbox.room.add_permits(room);
        Some(entry)
    }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(50);

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        let runtime = Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(work)
    }

    #[test]
    fn what_comes_is_taken_in_order_and_the_node_s_own_first() {
        let inbox = Inbox::new();
        block_on(async {
            inbox.push(1, 10).await.expect("open");
            inbox.push(2, 10).await.expect("open");
        });
        inbox.push_first(0);
        assert_eq!(inbox.wait(None).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(inbox.wait(Some(Duration::ZERO)).count(), 0);
    }

    #[test]
    fn a_full_one_makes_senders_wait_until_there_is_room() {
        let inbox = Inbox::new();
        block_on(async {
            for _ in 0..4 {
                inbox.push('x', INBOX_BYTES / 4).await.expect("open");
            }
            assert!(timeout(SOON, inbox.push('y', 1)).await.is_err());
            // The node's own never waits.
            inbox.push_first('!');
            let mut batch = inbox.wait(None);
            assert_eq!((batch.next(), batch.next()), (Some('!'), Some('x')));
            let pushed = timeout(SOON, inbox.push('y', 1)).await;
            assert_eq!(pushed, Ok(Ok(())));
        });
    }

    #[test]
    fn small_things_are_bounded_in_number_and_one_that_is_too_large_goes_alone() {
        let inbox = Inbox::new();
        block_on(async {
            for _ in 0..INBOX_BYTES / ENTRY_BYTES {
                inbox.push(0, 1).await.expect("open");
            }
            assert!(timeout(SOON, inbox.push(0, 1)).await.is_err());
            assert_eq!(inbox.wait(None).count(), INBOX_BYTES / ENTRY_BYTES);
            let large = timeout(SOON, inbox.push(1, 100 * INBOX_BYTES)).await;
            assert_eq!(large, Ok(Ok(())));
            assert!(timeout(SOON, inbox.push(0, 1)).await.is_err());
        });
    }

    #[test]
    fn a_sleeping_thread_is_woken_by_what_comes_by_a_poke_and_by_time() {
        let inbox = Arc::new(Inbox::<u8>::new());
        let started = Instant::now();
        assert_eq!(inbox.wait(Some(SOON)).count(), 0);
        assert!(started.elapsed() >= SOON);
        let sleeper = |inbox: Arc<Inbox<u8>>| thread::spawn(move || inbox.wait(None).count());
        for (wake, taken) in [(true, 1), (false, 0)] {
            let thread = sleeper(Arc::clone(&inbox));
            thread::sleep(SOON);
            if wake {
                inbox.push_first(7);
            } else {
                inbox.poke();
            }
            assert_eq!(thread.join().expect("no panic"), taken);
        }
    }

    #[test]
    fn a_closed_one_takes_nothing_and_frees_what_waits() {
        let inbox = Inbox::new();
        block_on(async {
            inbox.push(0, INBOX_BYTES).await.expect("open");
            let (waiting, ()) = tokio::join!(inbox.push(1, 1), async { inbox.close() });
            assert_eq!(waiting, Err(Ended));
            assert_eq!(inbox.push(1, 1).await, Err(Ended));
        });
        inbox.push_first(2);
        assert_eq!(inbox.wait(Some(Duration::ZERO)).count(), 0);
    }
}
