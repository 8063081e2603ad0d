//! The terminal: taken over, and handed back whatever happens.
//!
//! It is handed back when the [`Screen`] is dropped, when the program is suspended, and before a
//! panic's words are written. A panic of another thread, which is a node's, does not end the
//! program: it goes to the log.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Bytes that are collected before they are written: a whole frame, mostly.
const BUFFER: usize = 64 * 1024;

/// Columns and lines of a terminal that does not say how many it has, as a serial line does not: those
/// of the terminals that all others imitate.
const UNSAID: (u16, u16) = (80, 24);

/// Whether the terminal is ours just now.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, taken over.
pub(super) struct Screen {
    /// Not dropped: ratatui would show a cursor that is shown by then, and complain on stderr if there
    /// is no terminal any more to show it on.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    has_mouse: bool,
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
        take(has_mouse)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, stdout()));
        let viewport = Viewport::Fixed(area_of(&backend)?);
        let options = TerminalOptions { viewport };
        Ok(Self {
            terminal: ManuallyDrop::new(Terminal::with_options(backend, options)?),
            has_mouse,
        })
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        // ratatui would do so itself, but for a terminal that says 0.
        let area = area_of(self.terminal.backend())?;
        if area != self.terminal.get_frame().area() {
            self.terminal.resize(area)?;
        }
        self.terminal.draw(draw)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Draws everything anew the next time.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        // `clear` would ask the terminal where its cursor is, and read the answer as we read keys.
        let area = area_of(self.terminal.backend())?;
        self.terminal.resize(area)
    }

    /// Columns and lines.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let area = area_of(self.terminal.backend())?;
        Ok((area.width, area.height))
    }

    /// Hands a text to the terminal's clipboard (OSC 52). Terminals that do not know how ignore it.
    ///
    /// # Errors
    /// The terminal's.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(
            self.terminal.backend_mut(),
            CopyToClipboard::to_clipboard_from(text)
        )
    }

    /// Hands the terminal back for as long as `away` takes.
    ///
    /// # Errors
    /// The terminal's, or those of `away`.
    pub(super) fn suspended(&mut self, away: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        hand_back()?;
        let went = away();
        take(self.has_mouse)?;
        self.forget()?;
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
    let (width, height) = known((size.width, size.height));
    Ok(Rect::new(0, 0, width, height))
}

/// The columns and lines that a terminal says it has, as long as it does.
pub(super) fn known((columns, lines): (u16, u16)) -> (u16, u16) {
    let or = |said: u16, unsaid| if said == 0 { unsaid } else { said };
    (or(columns, UNSAID.0), or(lines, UNSAID.1))
}

fn take(has_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    IS_TAKEN.store(true, Ordering::SeqCst);
    let mut out = stdout();
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
    let mut out = stdout();
    let written = execute!(
        out,
        DisableMouseCapture,
        DisableBracketedPaste,
        EndSynchronizedUpdate,
        LeaveAlternateScreen,
        cursor::Show
    );
    disable_raw_mode()?;
    written?;
    out.flush()
}

/// Has a panic of this thread say what it has to say on a terminal that is handed back, and that of
/// any other in the log.
fn hook_panics() {
    static IS_HOOKED: AtomicBool = AtomicBool::new(false);
    if IS_HOOKED.swap(true, Ordering::SeqCst) {
        return;
    }
    let ours = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == ours {
            let _ = hand_back();
            before(info);
        } else {
            tracing::error!("{info}");
        }
    }));
}
