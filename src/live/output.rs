//! Output that may block: a terminal under Ctrl-S, a pipe that is not read, a disk that hangs.
//!
//! What keeps time, hears signals or holds a node never writes to such a thing. It leaves its bytes
//! here, and a thread of the output's own writes them. That thread can be left behind: it holds
//! nothing that others wait for, and ends with the process.
//!
//! How much may wait is bounded. What is beyond that is refused ([`Output::put`]), or dropped and
//! counted ([`Output::put_line`]), as its owner wants.

use super::files;
use super::stopwatch::Stopwatch;
use super::threads;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;

/// Time between two tries to write to what is full and does not block.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Bytes of memory that are kept for what comes next.
const CHUNK: usize = 64 * 1024;

/// Bytes that are written at once. A pipe takes so many as a whole (`PIPE_BUF`), and a larger write
/// returns only when all of it is read: a reader would show too late.
const PIECE: usize = 4 * 1024;

/// Something to write to that may block. Clones are the same.
#[derive(Clone)]
pub struct Output(Arc<Owned>);

/// Why bytes are not taken.
#[derive(Debug, Error)]
pub enum OutputError {
    /// Too many wait already.
    #[error("it is not read: {waiting} bytes wait")]
    Full {
        /// Those that wait.
        waiting: usize,
    },
    /// It cannot be written to any more.
    #[error(transparent)]
    Broken(io::Error),
}

/// What ends the thread, once the last clone is gone and all is written.
struct Owned(Arc<Writer>);

struct Writer {
    /// Bytes that may wait.
    max: usize,
    state: Mutex<State>,
    /// Something has come, or has left.
    moved: Condvar,
    /// Nothing waits any more, or it never will leave.
    settled: Notify,
}

#[derive(Default)]
struct State {
    /// What the thread has not taken yet.
    queue: Vec<u8>,
    /// Of what it has taken, the bytes that have not left.
    leaving: usize,
    /// Bytes that have left, ever: by these it shows that it is read.
    left: u64,
    /// Lines that were dropped and not told of.
    dropped: u64,
    /// Once one was dropped, all are until half of the room is free, not every second one.
    is_dropping: bool,
    /// The error that it failed with: its kind, and the system's number.
    broken: Option<(ErrorKind, Option<i32>)>,
    is_over: bool,
}

impl State {
    fn waiting(&self) -> usize {
        self.queue.len() + self.leaving
    }

    fn is_settled(&self) -> bool {
        self.waiting() == 0 || self.broken.is_some()
    }

    fn error(&self) -> Option<io::Error> {
        let (kind, code) = self.broken?;
        Some(code.map_or_else(|| kind.into(), io::Error::from_raw_os_error))
    }
}

/// What a panic has to say, for a hook that must not wait for stderr: with the way to it, if
/// `RUST_BACKTRACE` asks for that.
pub fn panic_report(info: &PanicHookInfo<'_>) -> String {
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => format!("{info}\n{trace}"),
        _ => info.to_string(),
    }
}

impl Output {
    /// Writes to this from now on, on a thread of that name. At most `max` bytes wait.
    ///
    /// # Errors
    /// The system has no thread or no descriptor to give.
    pub fn to(target: impl AsFd, name: &str, max: usize) -> io::Result<Self> {
        // A descriptor of its own: what std has for it is locked while it is written to.
        let target = files::opened(target.as_fd().try_clone_to_owned()?);
        Self::start(target, name, max)
    }

    fn start(mut target: impl Write + Send + 'static, name: &str, max: usize) -> io::Result<Self> {
        let shared = Arc::new(Writer {
            max,
            state: Mutex::default(),
            moved: Condvar::new(),
            settled: Notify::new(),
        });
        let writing = Arc::clone(&shared);
        threads::spawn(name, move || writing.run(&mut target))?;
        Ok(Self(Arc::new(Owned(shared))))
    }

    /// Leaves bytes to be written. Does not wait.
    ///
    /// # Errors
    /// [`OutputError`]; then none of them are.
    pub fn put(&self, bytes: &[u8]) -> Result<(), OutputError> {
        let shared = &self.0.0;
        let mut state = shared.lock();
        if let Some(error) = state.error() {
            return Err(OutputError::Broken(error));
        }
        let waiting = state.waiting();
        // What is too large for the whole room is taken when there is nothing else in it.
        if waiting > 0 && waiting + bytes.len() > shared.max {
            return Err(OutputError::Full { waiting });
        }
        shared.push(&mut state, bytes);
        Ok(())
    }

    /// Leaves a line to be written, or drops it if too much waits. What waits longest is kept, and
    /// where lines are missing stands what `note` makes of their number. Does not wait.
    pub fn put_line(&self, line: &str, note: impl FnOnce(u64) -> String) {
        let shared = &self.0.0;
        let mut state = shared.lock();
        let room = match state.is_dropping {
            true => shared.max / 2,
            false => shared.max,
        };
        state.is_dropping = state.waiting() + line.len() > room;
        if state.is_dropping {
            state.dropped += 1;
            return;
        }
        shared.note_dropped(&mut state, note);
        shared.push(&mut state, line.as_bytes());
    }

    /// If lines were dropped at the end, leaves a note of that to be written.
    pub fn note_dropped(&self, note: impl FnOnce(u64) -> String) {
        self.0.0.note_dropped(&mut self.0.0.lock(), note);
    }

    /// Why it cannot be written to any more, if so.
    pub fn error(&self) -> Option<io::Error> {
        self.0.0.lock().error()
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.0.0.lock().waiting()
    }

    /// Whether nothing waits, or it never will leave.
    pub fn is_settled(&self) -> bool {
        self.0.0.lock().is_settled()
    }

    /// Returns when nothing waits, or it never will leave.
    pub async fn settled(&self) {
        let shared = &self.0.0;
        loop {
            let settled = shared.settled.notified();
            if self.is_settled() {
                return;
            }
            settled.await;
        }
    }

    /// Waits until nothing waits, or it never will leave, as long as bytes leave: no longer than
    /// `patience` for the next. Whether that came.
    pub fn settle(&self, patience: Duration) -> bool {
        self.0.0.wait(patience, State::is_settled)
    }

    /// Waits until there is room for a piece of the usual size, for that long at most. Whether there is.
    pub fn wait_for_room(&self, patience: Duration) -> bool {
        let half = self.0.0.max / 2;
        let has_room = |state: &State| state.waiting() <= half || state.broken.is_some();
        self.0.0.wait(patience, has_room)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.moved.notify_all();
    }
}

impl Writer {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, state: &mut State, bytes: &[u8]) {
        if state.broken.is_none() {
            state.queue.extend_from_slice(bytes);
            self.moved.notify_all();
        }
    }

    fn note_dropped(&self, state: &mut State, note: impl FnOnce(u64) -> String) {
        if let dropped @ 1.. = std::mem::take(&mut state.dropped) {
            self.push(state, note(dropped).as_bytes());
        }
    }

    fn wait(&self, patience: Duration, is_done: impl Fn(&State) -> bool) -> bool {
        let mut state = self.lock();
        let (mut left, mut since) = (state.left, Stopwatch::start());
        while !is_done(&state) {
            let Some(rest) = patience.checked_sub(since.elapsed()) else {
                return false;
            };
            let waited = self.moved.wait_timeout(state, rest);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.left != left {
                (left, since) = (state.left, Stopwatch::start());
            }
        }
        true
    }

    /// The thread.
    fn run(&self, target: &mut impl Write) {
        let mut chunk = Vec::new();
        let mut state = self.lock();
        loop {
            if state.queue.is_empty() {
                self.settled.notify_waiters();
                self.moved.notify_all();
                if state.is_over {
                    return;
                }
                let woken = self.moved.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            std::mem::swap(&mut chunk, &mut state.queue);
            state.leaving = chunk.len();
            drop(state);
            let written = self.write(target, &chunk);
            state = self.lock();
            state.leaving = 0;
            if let Err(error) = written {
                state.broken = Some((error.kind(), error.raw_os_error()));
                state.queue = Vec::new();
            }
            // What was large once need not stay so.
            chunk.clear();
            chunk.shrink_to(CHUNK);
        }
    }

    fn write(&self, target: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match target.write(&bytes[..bytes.len().min(PIECE)]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    bytes = &bytes[count..];
                    let mut state = self.lock();
                    state.leaving = bytes.len();
                    state.left += count as u64;
                    self.moved.notify_all();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A program that shares it may have told it not to block.
                Err(error) if error.kind() == ErrorKind::WouldBlock => threads::rest(BUSY_PAUSE),
                Err(error) => return Err(error),
            }
        }
        target.flush()
    }
}

#[cfg(test)]
mod tests;
