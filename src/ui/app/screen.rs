//! The terminal: taken over, and handed back whatever happens.
//!
//! A terminal may take no output for as long as it likes (Ctrl-S). What is drawn goes to it by a thread
//! of its own, a frame at a time, and for a terminal that does not even take the last words the
//! program waits a moment, not for ever.
//!
//! It is handed back when the [`Screen`] is dropped, when the program is suspended, and before a
//! panic's words are written. A panic of another thread, which is a node's, does not end the
//! program: it goes to the log.

use crate::live::{Output, OutputError, panic_report};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use std::io::{self, Write, stderr, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes that may wait for the terminal: some of the largest frames.
const WAITING_MAX: usize = 64 * 1024 * 1024;

/// How long a terminal that is handed back may take for the next bytes.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Columns and lines that are drawn at most: more than any screen has, and little enough memory.
const SIZE_MAX: (u16, u16) = (1_000, 500);

/// Columns and lines of a terminal that does not say how many it has, as a serial line does not: those
/// of the terminals that all others imitate.
const UNSAID: (u16, u16) = (80, 24);

/// Whether the terminal is ours just now.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// What writes to the terminal.
static TERMINAL: OnceLock<Output> = OnceLock::new();

fn terminal() -> io::Result<Paper> {
    let output = match TERMINAL.get() {
        Some(output) => output,
        None => {
            let output = Output::to(stdout(), "terminal", WAITING_MAX)?;
            TERMINAL.get_or_init(|| output)
        }
    };
    Ok(Paper {
        bytes: Vec::new(),
        output: output.clone(),
    })
}

/// Collects a frame, and leaves it to be written when it is whole.
struct Paper {
    bytes: Vec<u8>,
    output: Output,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let put = self.output.put(&self.bytes);
        self.bytes.clear();
        put.map_err(|error| match error {
            OutputError::Broken(error) => error,
            full @ OutputError::Full { .. } => io::Error::other(full),
        })
    }
}

/// The terminal, taken over.
pub(super) struct Screen {
    /// Not dropped: ratatui would show a cursor that is shown by then, and complain on stderr if there
    /// is no terminal any more to show it on.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Paper>>>,
    /// Behind the paper of the terminal.
    output: Output,
    has_mouse: bool,
    /// The next frame is drawn as if nothing were there.
    is_forgotten: bool,
    /// What the clipboard is to have, with the next frame.
    copied: Option<String>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn enter(has_mouse: bool) -> io::Result<Self> {
        // What may be coloured is our theme's decision alone. Left to itself, crossterm takes
        // NO_COLOR to mean that bold and reverse video are to be lost as well.
        force_color_output(true);
        hook_panics();
        let paper = terminal()?;
        take(has_mouse)?;
        let output = paper.output.clone();
        let backend = CrosstermBackend::new(paper);
        let viewport = Viewport::Fixed(area_of(&backend)?);
        let options = TerminalOptions { viewport };
        Ok(Self {
            terminal: ManuallyDrop::new(Terminal::with_options(backend, options)?),
            output,
            has_mouse,
            is_forgotten: false,
            copied: None,
        })
    }

    /// Whether the last frame is still on its way to the terminal. The next one waits for it.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn is_busy(&self) -> io::Result<bool> {
        match self.output.error() {
            Some(error) => Err(error),
            None => Ok(!self.output.is_settled()),
        }
    }

    /// Returns when it is not, or never will be.
    pub(super) fn written(&self) -> impl Future<Output = ()> + use<> {
        let output = self.output.clone();
        async move { output.settled().await }
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        // ratatui would do so itself, but for a terminal that says 0.
        let area = area_of(self.terminal.backend())?;
        let is_forgotten = std::mem::take(&mut self.is_forgotten);
        if is_forgotten || area != self.terminal.get_frame().area() {
            // `clear` would ask the terminal where its cursor is, and read the answer as we read keys.
            self.terminal.resize(area)?;
        }
        if let Some(text) = self.copied.take() {
            let copy = CopyToClipboard::to_clipboard_from(text);
            queue!(self.terminal.backend_mut(), copy)?;
        }
        self.terminal.draw(draw)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Draws everything anew the next time.
    pub(super) fn forget(&mut self) {
        self.is_forgotten = true;
    }

    /// Columns and lines, as the terminal says.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn said_size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.backend().size()?;
        Ok((size.width, size.height))
    }

    /// Hands a text to the terminal's clipboard (OSC 52), with the next frame. Terminals that do not
    /// know how ignore it.
    pub(super) fn copy(&mut self, text: String) {
        self.copied = Some(text);
    }

    /// Hands the terminal back for as long as `away` takes.
    ///
    /// # Errors
    /// The terminal's, or those of `away`.
    pub(super) fn suspended(&mut self, away: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        hand_back()?;
        let went = away();
        take(self.has_mouse)?;
        self.forget();
        went
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = hand_back();
    }
}

fn area_of(backend: &impl Backend<Error = io::Error>) -> io::Result<Rect> {
    let size = backend.size()?;
    let (width, height) = drawn((size.width, size.height));
    Ok(Rect::new(0, 0, width, height))
}

/// The columns and lines that are drawn on a terminal that says it has so many.
pub(super) fn drawn((columns, lines): (u16, u16)) -> (u16, u16) {
    let or = |said: u16, unsaid, max| if said == 0 { unsaid } else { said.min(max) };
    (
        or(columns, UNSAID.0, SIZE_MAX.0),
        or(lines, UNSAID.1, SIZE_MAX.1),
    )
}

/// If not all of a terminal is drawn, that, in words.
pub(super) fn undrawn((columns, lines): (u16, u16)) -> Option<String> {
    let (most_columns, most_lines) = SIZE_MAX;
    (columns > most_columns || lines > most_lines).then(|| {
        format!(
            "The terminal has {columns} columns and {lines} lines: {most_columns} and \
             {most_lines} are drawn at most"
        )
    })
}

fn take(has_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    let mut out = terminal()?;
    execute!(
        out,
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )?;
    if has_mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

fn hand_back() -> io::Result<()> {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let mut out = terminal()?;
    let written = execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        EndSynchronizedUpdate,
        LeaveAlternateScreen,
        cursor::Show
    );
    out.output.settle(LAST_WORDS);
    disable_raw_mode()?;
    written
}

/// Has a panic of this thread say what it has to say on a terminal that is handed back, and that of
/// any other in the log.
fn hook_panics() {
    static IS_HOOKED: AtomicBool = AtomicBool::new(false);
    if IS_HOOKED.swap(true, Ordering::SeqCst) {
        return;
    }
    let ours = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            let _ = hand_back();
            // A terminal that takes nothing is not waited for here either.
            if let Ok(errors) = Output::to(stderr(), "stderr", WAITING_MAX) {
                let _ = errors.put(format!("{}\n", panic_report(info)).as_bytes());
                errors.settle(LAST_WORDS);
            }
        } else {
            tracing::error!("{info}");
        }
    }));
}
