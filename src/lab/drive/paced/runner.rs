//! A thread with a lab in virtual time: it goes on as fast as a clock does, and does what it is asked.
//!
//! A lab is one thread's. What others want of it they send as a [`Job`], and wait for what comes of it: no
//! lock is shared, and who waits comes next after a slice of [`SLICE`] at most. A job sees the lab as it is
//! when the job's turn comes, and what it asks for has that time.
//!
//! What is due within [`GRAIN`] is done together, so a busy lab does not wake the thread for each message.
//! Where the lab is to be by now is its [pace](super::pace).

use super::breakpoints::Breakpoints;
use super::captions::Captions;
use super::common::Common;
use super::errand::Errand;
use super::pace::Pace;
use super::recipient::Recipient;
use super::saving::{RunOptions, Saving};
use super::told::TellsTime;
use crate::lab::ask::{Answer, Request, Saved, ScriptChange, Ticket, TrafficChange};
use crate::lab::control::Weight;
use crate::lab::core::no_script;
use crate::lab::drive::history::History;
use crate::lab::drive::waiting::{WAITING_MAX, Waiting, too_many};
use crate::lab::drive::{VirtualLab, VirtualOptions};
use crate::lab::paper::units::show_clock;
use crate::lab::script::ScriptView;
use crate::lab::view::{LabView, NodeView};
use crate::live::{self, LabClock, Stopwatch};
use crate::node::io::{CommandError, RefusalKind};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

/// The longest time between two looks whether something is asked.
pub(super) const SLICE: Duration = Duration::from_millis(5);

/// The least time between two slices that nothing was asked in: a sixth of a frame.
const GRAIN: Duration = Duration::from_millis(5);

/// The least time between two frames of a screen.
const FRAME: Duration = Duration::from_millis(33);

/// The longest rest: the clock may have been told to stand still, or to go on.
const REST_MAX: Duration = Duration::from_millis(100);

/// What is done in the lab's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Runner) + Send>;

/// A lab with its past, and how its time goes.
pub(super) struct Runner {
    pub(super) history: History,
    pub(super) options: VirtualOptions,
    pub(super) clock: LabClock,
    pub(super) pace: Pace,
    pub(super) is_paused: bool,
    pub(super) errand: Option<Errand>,
    pub(super) breakpoints: Breakpoints,
    pub(super) time: TellsTime,
    pub(super) captions: Captions,
    /// The seconds that the clock showed when it was last told, and since when.
    shown: (u64, Stopwatch),
    /// Since when time waits for subscribers.
    pub(super) patience: Option<Stopwatch>,
    waiting: Waiting<Recipient>,
    /// What is asked while time is on its way through its past: it is done where time gets to.
    later: VecDeque<(Recipient, Request)>,
    /// The script as it was told of.
    script: Option<Arc<ScriptView>>,
    /// How each node looked when that was last asked, and how often it looked different before.
    pub(super) looks: Vec<(u64, NodeView)>,
    pub(super) saving: Saving,
    pub(super) common: Arc<Common>,
}

impl Runner {
    pub(super) fn new(
        lab: VirtualLab,
        options: VirtualOptions,
        clock: LabClock,
        common: Arc<Common>,
        run: RunOptions,
    ) -> Self {
        let time = &options.time;
        let mut runner = Self {
            pace: Pace::new(time.speed, lab.now(), clock.ran()),
            is_paused: time.is_paused,
            script: lab.script().cloned(),
            captions: Captions::new(lab.core().caption()),
            history: History::new(lab, time.memory),
            options,
            clock,
            errand: None,
            breakpoints: Breakpoints::default(),
            time: TellsTime::default(),
            shown: (0, Stopwatch::start()),
            patience: None,
            waiting: Waiting::default(),
            later: VecDeque::new(),
            looks: Vec::new(),
            saving: Saving::new(run.head),
            common,
        };
        runner.open();
        runner.begin_run(run.replay.as_deref(), run.save);
        runner
    }

    /// The lab, where it is.
    pub(super) fn lab(&self) -> &VirtualLab {
        self.history.lab()
    }

    /// Goes on until there is no sender of jobs any more.
    pub(super) fn run(&mut self, jobs: &Receiver<Job>) {
        loop {
            let is_there = self.go_on();
            let next = match is_there {
                true => jobs.recv_timeout(self.rest()),
                false => jobs.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
            };
            match next {
                Ok(job) => {
                    if is_there {
                        self.go_on();
                    }
                    job(self);
                    // Those that came meanwhile see the same moment, but no crowd of them stops time.
                    let since = Stopwatch::start();
                    while since.elapsed() < SLICE
                        && let Ok(job) = jobs.try_recv()
                    {
                        job(self);
                    }
                    self.tell();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.end_file(),
            }
        }
    }

    /// Does what is due by now, for a slice at most; whether that was all.
    fn go_on(&mut self) -> bool {
        let is_held = self.clock.is_paused() || self.waits_for_subscribers();
        let is_there = match self.errand.take_if(|_| !is_held) {
            _ if is_held => true,
            Some(errand) => self.go_errand(errand),
            None if self.is_paused => self.keeps_step(),
            None => self.go_at_pace(),
        };
        while !self.is_travelling()
            && let Some((recipient, request)) = self.later.pop_front()
        {
            self.request(recipient, request);
        }
        self.tell();
        is_there && (is_held || self.errand.is_none())
    }

    /// How long there is nothing to do.
    fn rest(&self) -> Duration {
        if self.patience.is_some() {
            return GRAIN;
        }
        if self.clock.is_paused() || self.is_paused {
            return REST_MAX;
        }
        let left = self.pace.until(self.lab().next(), self.clock.ran());
        left.clamp(GRAIN, REST_MAX)
    }

    /// Tells what happened, and what came of requests.
    pub(super) fn tell(&mut self) {
        let now = self.lab().now().0;
        self.common.now.store(now, Ordering::Relaxed);
        let is_answered = self.deliver();
        self.put_down();
        let has_happened = self.happened();
        self.common.logged.store(now, Ordering::Relaxed);
        let is_news = self.script.as_ref() != self.lab().script();
        if is_news {
            self.script = self.lab().script().cloned();
        }
        if is_answered || has_happened || is_news || self.has_moved_on() {
            self.common.changed();
        }
    }

    /// Whether the clock shows something else though nothing has happened: as often as a screen draws.
    fn has_moved_on(&mut self) -> bool {
        let (seconds, since) = self.shown;
        let now = self.lab().elapsed().as_secs();
        let moves = now != seconds && since.elapsed() >= FRAME;
        if moves {
            self.shown = (now, Stopwatch::start());
        }
        moves
    }

    /// Gives answers to those who wait for them; whether there are any. What a lab answers that comes the same
    /// way again was given before.
    fn deliver(&mut self) -> bool {
        let answers = self.history.lab_mut().take_answers();
        let any = !answers.is_empty();
        for (ticket, answer) in answers {
            match (self.waiting.take(ticket), answer) {
                (Some(recipient), answer) => self.answer(recipient, answer),
                (None, Err(refusal)) => self.tell_skipped(ticket, &refusal),
                (None, Ok(_)) => {}
            }
        }
        any
    }

    pub(super) fn answer(&self, recipient: Recipient, answer: Result<Answer, CommandError>) {
        recipient.give(answer, |ix| self.lab().core().name(ix));
    }

    /// Tells of events as a live lab does; whether any can be seen.
    fn happened(&mut self) -> bool {
        let events = self.history.take_events();
        if events.is_empty() || self.is_travelling() {
            return false;
        }
        let (bus, core) = (&self.common.bus, self.history.lab().core());
        let mut is_seen = false;
        for (ix, event) in events {
            let name = core.name(ix);
            self.common.logged.store(event.at.0, Ordering::Relaxed);
            tracing::info_span!("node", name = %name).in_scope(|| live::log_event(&event.kind));
            let weight = Weight::of(&event);
            if weight == Weight::Plain && !bus.is_every_message_wanted() {
                continue;
            }
            bus.tell(self.options.round, ix, name, &event, weight);
            is_seen |= weight != Weight::Plain;
        }
        is_seen
    }

    /// How often the lab was made anew.
    pub(super) fn round(&self) -> u32 {
        self.options.round
    }

    /// Begins to do what is asked.
    pub(super) fn request(&mut self, recipient: Recipient, request: Request) {
        if self.is_travelling() {
            return match self.later.len() < WAITING_MAX {
                true => self.later.push_back((recipient, request)),
                false => self.answer(recipient, Err(too_many())),
            };
        }
        let answer = match request {
            Request::Keep => Err(NOT_KEPT.into()),
            Request::Save(save) => match save.what {
                Saved::Run { with_secrets } => self.save(&save, with_secrets),
                Saved::Layout => return self.export(recipient, Some(save)),
            },
            Request::Export => return self.export(recipient, None),
            Request::Run { with_secrets } => self.run_text(with_secrets),
            Request::Script(ScriptChange::Restart) => self.begin_again(),
            Request::Time(change) => return self.change_time(recipient, change),
            Request::Ask(ix, question) => self.lab().read(ix, question),
            // Without a change it only asks.
            Request::Traffic(change) if change == TrafficChange::default() => {
                self.read_aside(Request::Traffic(change))
            }
            request => return self.command(recipient, request),
        };
        self.answer(recipient, answer);
    }

    /// What is answered to what changes nothing but how calls are numbered: a clone is asked.
    fn read_aside(&self, request: Request) -> Result<Answer, CommandError> {
        let mut aside = self.lab().clone();
        aside.request(Ticket(0), request);
        let answer = aside.take_answers().pop();
        answer.map_or_else(|| Err("there is no answer".into()), |(_, answer)| answer)
    }

    fn command(&mut self, recipient: Recipient, request: Request) {
        let ticket = match self.waiting.add(recipient) {
            Ok(ticket) => ticket,
            Err(recipient) => return self.answer(recipient, Err(too_many())),
        };
        self.history.command(ticket, request);
        self.tell_begun();
        self.deliver();
        if self.is_paused
            && let Some(recipient) = self.waiting.take(ticket)
        {
            self.answer(recipient, Ok(Answer::Done(WAITS.to_owned())));
        }
        if let Some(hit) = self.breakpoints.look_again(&self.history) {
            self.hit(&hit);
        }
        // What it changed need not be an event.
        self.common.changed();
    }

    /// Answers those who asked after this place, which time has gone back to.
    pub(super) fn take_back_requests(&mut self) {
        let words = format!(
            "taken back: the lab went to {}",
            show_clock(self.lab().elapsed())
        );
        let history = &self.history;
        let gone = self.waiting.take_those(|ticket| !history.has_given(ticket));
        for recipient in gone {
            let refusal = CommandError::new(RefusalKind::TakenBack, &words);
            self.answer(recipient, Err(refusal));
        }
    }

    /// Puts the lab as it was at its beginning in the place of this one.
    fn begin_again(&mut self) -> Result<Answer, CommandError> {
        if self.lab().script().is_none() {
            return Err(no_script());
        }
        let options = VirtualOptions {
            round: self.options.round + 1,
            ..self.options.clone()
        };
        let lab = VirtualLab::new(self.lab().core().layout(), &options);
        let lab = lab.map_err(|words| CommandError::new(RefusalKind::Fault, words))?;
        // What was not done by now never will be.
        let refusal = CommandError::new(RefusalKind::NotRunning, "the lab is being made anew");
        let errand = self.errand.take().and_then(|errand| errand.from);
        for recipient in self.waiting.take_all().chain(errand) {
            self.answer(recipient, Err(refusal.clone()));
        }
        self.clock.begin_again(lab.since());
        self.end_file();
        self.history = History::new(lab, self.options.time.memory);
        self.options = options;
        self.breakpoints.begin(&self.history);
        self.captions = Captions::new(self.lab().core().caption());
        self.anchor();
        self.looks.clear();
        self.common.changed();
        let words = "the lab is made anew, and its story begins";
        Ok(Answer::Done(words.to_owned()))
    }

    /// The lab as it is now, kept for when there is none any more. On the way to another moment it is shown as
    /// it was before.
    pub(super) fn view(&mut self) -> LabView {
        let mut view = match self.is_travelling() {
            true => self.common.last().clone(),
            false => self.lab().view(),
        };
        view.virtual_seed = Some(self.options.seed);
        view.caption = self.captions.shown(view.caption);
        view.time = Some(self.time_view());
        if !self.is_travelling() {
            self.show_compared(&mut view);
        }
        self.common.last().clone_from(&view);
        view
    }
}

/// What is said of what takes time while there is none.
const WAITS: &str = "waits: the lab is paused";

/// What is said to those who want to keep what is nowhere.
pub(super) const NOT_KEPT: &str =
    "a lab in virtual time is not on disk: the same layout, seed and keys make it again";
