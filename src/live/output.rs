//! Output that may block: a terminal under Ctrl-S, a pipe that is not read, a disk that hangs.
//!
//! What keeps time, hears signals or holds a node never writes to such a thing. It leaves its bytes
//! here, and a thread of the output's own writes them. That thread can be left behind: it holds
//! nothing that others wait for, and ends with the process.
//!
//! How much may wait is bounded. What is beyond that is refused ([`Output::put`]), or dropped and
//! counted ([`Output::put_line`]), as its owner wants.

#![allow(
    clippy::disallowed_methods,
    reason = "it has a thread of its own, and waits"
)]

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
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
struct Owned(Arc<Shared>);

struct Shared {
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
        Self::start(File::from(target.as_fd().try_clone_to_owned()?), name, max)
    }

    fn start(mut target: impl Write + Send + 'static, name: &str, max: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            max,
            state: Mutex::default(),
            moved: Condvar::new(),
            settled: Notify::new(),
        });
        let writing = Arc::clone(&shared);
        let thread = thread::Builder::new().name(name.to_owned());
        thread.spawn(move || writing.run(&mut target))?;
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

impl Shared {
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
        let (mut left, mut since) = (state.left, Instant::now());
        while !is_done(&state) {
            let Some(rest) = patience.checked_sub(since.elapsed()) else {
                return false;
            };
            let waited = self.moved.wait_timeout(state, rest);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.left != left {
                (left, since) = (state.left, Instant::now());
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
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(BUSY_PAUSE),
                Err(error) => return Err(error),
            }
        }
        target.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(20);

    /// Something that is read when the test wants, a byte after the other.
    struct Pipe(SyncSender<u8>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let sent = self.0.send(bytes[0]);
            sent.map(|()| 1).map_err(|_| ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pipe(max: usize) -> (Output, Receiver<u8>) {
        let (sender, receiver) = sync_channel(0);
        let output = Output::start(Pipe(sender), "a pipe", max).expect("a thread");
        (output, receiver)
    }

    fn note(count: u64) -> String {
        format!("({count} lines)\n")
    }

    fn read(receiver: &Receiver<u8>, count: usize) -> String {
        let bytes = (0..count).map(|_| receiver.recv_timeout(LONG).expect("written"));
        String::from_utf8(bytes.collect()).expect("text")
    }

    #[test]
    fn what_is_put_is_written_in_order_and_then_nothing_waits() {
        let (output, receiver) = pipe(100);
        output.put(b"one ").expect("room");
        output.put(b"two").expect("room");
        assert!(!output.is_settled());
        assert!(!output.settle(SHORT), "it is not read");
        assert_eq!(read(&receiver, 7), "one two");
        assert!(output.settle(LONG));
    }

    #[test]
    fn nothing_is_taken_beyond_the_room_until_it_is_read() {
        let (output, receiver) = pipe(10);
        output.put(b"0123456").expect("room");
        let refused = output.put(b"789a").expect_err("no room");
        assert!(matches!(refused, OutputError::Full { .. }), "{refused}");
        assert_eq!(read(&receiver, 7), "0123456");
        assert!(output.wait_for_room(LONG) && output.settle(LONG));
        output.put(&[b'x'; 20]).expect("it is alone");
        assert_eq!(read(&receiver, 20), "x".repeat(20));
    }

    #[test]
    fn lines_beyond_the_room_are_dropped_and_counted_where_they_are_missing() {
        let (output, receiver) = pipe(10);
        for line in ["one\n", "two\n", "three\n", "4\n"] {
            output.put_line(line, note);
        }
        assert_eq!(read(&receiver, 8), "one\ntwo\n");
        assert!(output.settle(LONG));
        output.put_line("5\n", note);
        assert_eq!(read(&receiver, 12), "(2 lines)\n5\n");
        assert!(output.settle(LONG));
        output.put_line("0123456789", note);
        output.put_line("6\n", note);
        output.note_dropped(note);
        assert_eq!(read(&receiver, 20), "0123456789(1 lines)\n");
    }

    #[test]
    fn once_it_breaks_nothing_waits_and_what_is_put_is_told_why() {
        let (output, receiver) = pipe(100);
        output.put(b"one").expect("room");
        drop(receiver);
        assert!(output.settle(LONG));
        let told = output.put(b"two").expect_err("it is gone");
        let OutputError::Broken(error) = told else {
            panic!("{told}");
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        output.put_line("three\n", note);
        assert!(output.is_settled());
    }

    #[test]
    fn waiting_goes_on_as_long_as_it_is_read() {
        // Much more than a pipe holds, in as many reads as it has pages.
        const ALL: usize = 4 * 1024 * 1024;
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let output = Output::to(writer, "a pipe", ALL).expect("a thread");
        output.put(&vec![b'x'; ALL]).expect("room");
        let begun = Instant::now();
        let reading = thread::spawn(move || {
            let mut page = [0; 4 * 1024];
            for _ in 0..ALL / page.len() {
                thread::sleep(Duration::from_millis(1));
                reader.read_exact(&mut page).expect("written");
            }
            reader
        });
        let patience = Duration::from_millis(500);
        assert!(output.settle(patience), "it is read all the time");
        assert!(begun.elapsed() > patience, "the whole takes longer");
        reading.join().expect("it reads");
    }
}
