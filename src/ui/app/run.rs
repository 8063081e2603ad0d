//! The loop around the screen: waits, takes in all that has come, and draws.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "frames have an interval, and the terminal has a thread"
)]

use super::frame;
use super::screen::{self, Screen};
use super::state::UiState;
use super::update::UiEvent;
use crate::lab::spec::Lines;
use crate::lab::{Answer, Lab, LabView, Ticket};
use crate::live::{HANGUP, Signals};
use crate::node::Time;
use crate::node::io::words::Tone;
use crate::ui::keymap::Keymap;
use crate::ui::theme::Theme;
use crate::ui::viewer::{Effect, Purpose, Stage};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, MouseEvent};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{io, thread};
use thiserror::Error;
use tokio::sync::mpsc;

/// The least time between two frames that follow from no key: 30 a second.
const FRAME: Duration = Duration::from_micros(1_000_000 / 30);

/// Keys that may wait while a frame is drawn.
const KEYS: usize = 1_024;

/// How the screen is to be.
pub struct UiOptions {
    /// How everything looks.
    pub theme: Theme,
    /// What keys do.
    pub keymap: Keymap,
    /// Something to be said on the message line when it opens.
    pub notice: Option<String>,
    /// The mouse is listened to.
    pub has_mouse: bool,
    /// Lines of the network are of braille, whatever the layout says.
    pub braille: bool,
    /// Keys are shown as they are pressed.
    pub shows_keys: bool,
    /// How a story is told.
    pub stage: Stage,
}

/// What there is to say when all is over.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Farewell {
    /// The lab was kept, here.
    pub kept: Option<PathBuf>,
}

/// Why the screen ends early.
#[derive(Debug, Error)]
pub enum UiError {
    /// The terminal was closed: there is nothing to show anything on.
    #[error("the terminal was closed")]
    Closed,
    /// The terminal failed.
    #[error("the terminal fails: {0}")]
    Terminal(io::Error),
    /// The system has no thread to give.
    #[error("no thread that reads keys: {0}")]
    Thread(io::Error),
    /// A bug: keys are not read any more.
    #[error("the thread that reads keys has a bug, and ended")]
    KeysDied,
}

impl From<io::Error> for UiError {
    /// What the terminal says to a reader or writer when it is gone is not a failure of its own.
    fn from(error: io::Error) -> Self {
        use rustix::io::Errno;
        match Errno::from_io_error(&error) {
            Some(Errno::IO | Errno::NXIO | Errno::PIPE | Errno::NOTTY) => Self::Closed,
            _ => Self::Terminal(error),
        }
    }
}

/// Shows a lab until it is left. The lab goes on running; closing it is the caller's.
///
/// # Errors
/// [`UiError`]. The terminal is as before in any case.
pub async fn run(
    lab: &Lab,
    options: UiOptions,
    signals: &mut Signals,
) -> Result<Farewell, UiError> {
    let mut host = Host {
        lab,
        screen: Screen::enter(options.has_mouse)?,
        pending: BTreeMap::new(),
        begun: Instant::now(),
        is_over: false,
    };
    let said = host.screen.said_size()?;
    let mut ui = begun(lab, options, said);
    let mut keys = listen().map_err(UiError::Thread)?;
    let mut changes = lab.changes();
    let mut frames = Frames::default();
    while !host.is_over {
        host.draw_if_due(&mut ui, &mut frames)?;
        let is_busy = host.screen.is_busy()?;
        let written = host.screen.written();
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                HANGUP => return Err(UiError::Closed),
                _ => break,
            },
            event = keys.recv() => {
                // What has come together was pressed at one and the same picture.
                let view = lab.view();
                host.take(&mut ui, &view, event.ok_or(UiError::KeysDied)??)?;
                while let Ok(event) = keys.try_recv() {
                    host.take(&mut ui, &view, event?)?;
                }
                frames.at_once();
            }
            (ticket, answer) = lab.answer() => {
                host.answered(&mut ui, ticket, answer)?;
                frames.at_once();
            }
            // A terminal that takes nothing is waited for here, and everything else goes on.
            () = written, if is_busy => {}
            () = tokio::time::sleep(frames.wait()), if !is_busy => {}
            changed = changes.changed() => {
                if changed.is_err() { break }
                frames.soon();
            }
        }
    }
    Ok(Farewell { kept: ui.kept })
}

/// What a screen of a terminal that says it is of this size begins with.
fn begun(lab: &Lab, options: UiOptions, said: (u16, u16)) -> UiState {
    let mut spec = lab.layout().view.clone();
    if options.braille {
        spec.lines = Lines::Braille;
    }
    let mut ui = UiState::new(options.theme, options.keymap, spec, screen::drawn(said));
    ui.shows_keys = options.shows_keys;
    ui.viewer.stage = options.stage;
    let view = lab.view();
    ui.begin(&view);
    if let Some(words) = options.notice {
        ui.tell(view.now, Tone::Warn, words);
    }
    tell_size(&mut ui, &view, said);
    ui
}

/// When the next frame is due. The time that it takes to draw one, and to wake up for it, is part of
/// the time between two.
struct Frames {
    /// When the last one was begun.
    begun: Instant,
    /// When it should have been: what is a little late does not make the next one late.
    meant: Instant,
    due: Instant,
}

impl Default for Frames {
    /// The first one is due.
    fn default() -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            meant: now,
            due: now,
        }
    }
}

impl Frames {
    /// One is about to be drawn.
    fn begin(&mut self) {
        self.begun = Instant::now();
        let late = self.begun.saturating_duration_since(self.due);
        self.meant = if late < FRAME { self.due } else { self.begun };
    }

    /// It was drawn, and is right for so long from its beginning on if nothing happens.
    fn drawn(&mut self, right_for: Duration) {
        self.due = (self.begun + right_for).max(self.meant + FRAME);
    }

    /// Something was done by hand.
    fn at_once(&mut self) {
        self.due = self.due.min(Instant::now());
    }

    /// Something else has changed.
    fn soon(&mut self) {
        self.due = self.due.min(self.meant + FRAME);
    }

    fn wait(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    fn is_due(&self) -> bool {
        self.wait().is_zero()
    }
}

/// Everything that the state's effects act on.
struct Host<'a> {
    lab: &'a Lab,
    screen: Screen,
    /// Why things were asked.
    pending: BTreeMap<Ticket, Purpose>,
    begun: Instant,
    is_over: bool,
}

impl Host<'_> {
    /// Draws a frame if one is due, and the terminal takes it.
    fn draw_if_due(&mut self, ui: &mut UiState, frames: &mut Frames) -> io::Result<()> {
        if !frames.is_due() || self.screen.is_busy()? {
            return Ok(());
        }
        frames.begin();
        let view = self.lab.view();
        self.update(ui, &view, UiEvent::Changed)?;
        self.screen.draw(|to| frame::draw(to, &view, ui))?;
        frames.drawn(ui.stays_right(&view));
        Ok(())
    }

    /// Takes something from the terminal.
    fn take(&mut self, ui: &mut UiState, view: &LabView, event: Event) -> io::Result<()> {
        panic_if_asked(&event, "screen");
        let event = match event {
            // Terminals that tell of a key's release are asked for nothing else.
            Event::Key(key) if key.kind == KeyEventKind::Release => return Ok(()),
            Event::Key(key) => UiEvent::Key(key.into()),
            Event::Mouse(mouse) => UiEvent::Mouse(within(mouse)),
            Event::Paste(text) => UiEvent::Paste(text),
            Event::Resize(width, height) => {
                tell_size(ui, view, (width, height));
                let (width, height) = screen::drawn((width, height));
                // Terminals cut off what does not fit, and sizes that come and go between two
                // frames leave no other trace.
                self.screen.forget();
                UiEvent::Resized(width, height)
            }
            Event::FocusGained | Event::FocusLost => return Ok(()),
        };
        self.update(ui, view, event)
    }

    fn answered(
        &mut self,
        ui: &mut UiState,
        ticket: Ticket,
        answer: Result<Answer, String>,
    ) -> io::Result<()> {
        let Some(purpose) = self.pending.remove(&ticket) else {
            return Ok(());
        };
        let view = self.lab.view();
        self.update(ui, &view, UiEvent::Answered(purpose, answer))
    }

    fn update(&mut self, ui: &mut UiState, view: &LabView, event: UiEvent) -> io::Result<()> {
        ui.clock = Time::default() + self.begun.elapsed();
        // What is looked at is what is asked about.
        let held = ui.held.clone();
        let effects = ui.update(held.as_deref().unwrap_or(view), event);
        effects.into_iter().try_for_each(|effect| self.act(effect))
    }

    fn act(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask(request, purpose) => {
                let ticket = self.lab.request(request);
                self.pending.insert(ticket, purpose);
                Ok(())
            }
            Effect::Forget => {
                let is_kept = |_: &Ticket, why: &mut Purpose| !matches!(why, Purpose::Fetch(..));
                self.pending.retain(is_kept);
                Ok(())
            }
            Effect::Copy(text) => {
                self.screen.copy(text);
                Ok(())
            }
            Effect::Redraw => {
                self.screen.forget();
                Ok(())
            }
            Effect::Suspend => self.suspend(),
            Effect::Leave => {
                self.is_over = true;
                Ok(())
            }
        }
    }

    /// Stops the whole process, as the shell's job control expects, with the lab's time.
    fn suspend(&mut self) -> io::Result<()> {
        use rustix::process::{Signal, getpid, kill_process};
        let clock = self.lab.clock();
        let was_paused = clock.is_paused();
        clock.pause();
        let went = self
            .screen
            .suspended(|| Ok(kill_process(getpid(), Signal::TSTP)?));
        if !was_paused {
            clock.resume();
        }
        went
    }
}

/// Says so if not all of a terminal of this size is drawn.
fn tell_size(ui: &mut UiState, view: &LabView, said: (u16, u16)) {
    if let Some(words) = screen::undrawn(said) {
        ui.tell(view.now, Tone::Warn, words);
    }
}

/// What a bug does to the terminal and the databases can only be seen by having one: a test asks for
/// it on one of the screen's threads, by a variable that only debug builds look at, and F12.
fn panic_if_asked(event: &Event, thread: &str) {
    let is_asked = |key: &KeyEvent| {
        let is_asked = cfg!(debug_assertions) && key.code == KeyCode::F(12);
        is_asked && std::env::var_os("CHAINLAB_PANIC").is_some_and(|at| at == *thread)
    };
    assert!(
        !event.as_key_event().is_some_and(|key| is_asked(&key)),
        "a bug, as CHAINLAB_PANIC asked for"
    );
}

/// Terminals that count from 0 send columns and lines that crossterm takes for those before the first.
fn within(mut mouse: MouseEvent) -> MouseEvent {
    for place in [&mut mouse.column, &mut mouse.row] {
        if *place == u16::MAX {
            *place = 0;
        }
    }
    mouse
}

/// Reads the terminal on a thread of its own, for as long as that can be read.
fn listen() -> io::Result<mpsc::Receiver<io::Result<Event>>> {
    let (sender, receiver) = mpsc::channel(KEYS);
    let reader = thread::Builder::new().name("keys".to_owned());
    reader.spawn(move || {
        loop {
            let event = crossterm::event::read();
            if let Ok(event) = &event {
                panic_if_asked(event, "keys");
            }
            let is_over = event.is_err();
            if sender.blocking_send(event).is_err() || is_over {
                break;
            }
        }
    })?;
    Ok(receiver)
}
