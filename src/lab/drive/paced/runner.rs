//! A thread with a lab in virtual time: it goes on as fast as a clock does, and does what it is asked.
//!
//! A lab is one thread's. What others want of it they send as a [`Job`], and wait for what comes of it: no
//! lock is shared, and who waits comes next after a slice of [`SLICE`] at most. A job sees the lab as it is
//! when the job's turn comes, and what it asks for has that time.
//!
//! What is due within [`GRAIN`] is done together, so a busy lab does not wake the thread for each message.
//! A machine that is too slow for its lab falls behind the clock. It works that off as long as it is no
//! more than [`BEHIND_MAX`]; what is more is lost, and the lab goes on later rather than in leaps.

use super::common::Common;
use crate::lab::ask::{Answer, Request, ScriptChange, Ticket};
use crate::lab::control::{Edition, RecentEvents, Weight};
use crate::lab::core::no_script;
use crate::lab::drive::waiting::{Waiting, too_many};
use crate::lab::drive::{Answered, VirtualLab, VirtualOptions};
use crate::lab::script::ScriptView;
use crate::lab::view::{LabView, NodeStatus, NodeView};
use crate::live::{self, LabClock, Stopwatch};
use crate::node::io::{CommandError, RefusalKind};
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The longest time between two looks whether something is asked.
const SLICE: Duration = Duration::from_millis(5);

/// The least time between two slices that nothing was asked in: a sixth of a frame.
const GRAIN: Duration = Duration::from_millis(5);

/// The longest rest: the clock may have been told to stand still, or to go on.
const REST_MAX: Duration = Duration::from_millis(100);

/// How far a lab may fall behind its clock and catch up.
const BEHIND_MAX: Duration = Duration::from_secs(1);

/// What is done in the lab's thread.
pub(super) type Job = Box<dyn FnOnce(&mut Runner) + Send>;

/// Who waits for an answer.
pub(super) enum Recipient {
    /// The lab's own screen.
    Screen(Owed),
    /// A program, which is told the answer with the names in it.
    Program(oneshot::Sender<Result<serde_json::Value, CommandError>>),
}

/// An answer that the lab's own screen gets, whatever becomes of its request: one that goes with the thread
/// that was to see to it is refused.
pub(super) struct Owed {
    ticket: Ticket,
    /// None: it was given.
    to: Option<mpsc::UnboundedSender<Answered>>,
    common: Arc<Common>,
}

impl Owed {
    pub(super) const fn new(
        ticket: Ticket,
        to: mpsc::UnboundedSender<Answered>,
        common: Arc<Common>,
    ) -> Self {
        Self {
            ticket,
            to: Some(to),
            common,
        }
    }

    fn give(&mut self, answer: Result<Answer, CommandError>) {
        if let Some(to) = self.to.take() {
            // The screen may be gone.
            let _ = to.send((self.ticket, answer.map_err(|refusal| refusal.words)));
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if self.to.is_some() {
            let over = self.common.over();
            self.give(Err(over));
        }
    }
}

/// A lab, and how far it is to be.
pub(super) struct Runner {
    pub(super) lab: VirtualLab,
    options: VirtualOptions,
    clock: LabClock,
    /// What time it was in the lab when the clock had run for so long.
    zero: (Time, Duration),
    waiting: Waiting<Recipient>,
    /// The script as it was told of.
    script: Option<Arc<ScriptView>>,
    /// What happened to each node last.
    pub(super) recent: Vec<RecentEvents>,
    /// How each node looked when that was last asked, and how often it looked different before.
    looks: Vec<(u64, NodeView)>,
    common: Arc<Common>,
}

impl Runner {
    pub(super) fn new(
        mut lab: VirtualLab,
        options: VirtualOptions,
        clock: LabClock,
        common: Arc<Common>,
    ) -> Self {
        lab.record_events();
        Self {
            zero: (lab.now(), clock.ran()),
            script: lab.script().cloned(),
            lab,
            options,
            clock,
            waiting: Waiting::default(),
            recent: Vec::new(),
            looks: Vec::new(),
            common,
        }
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
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does what is due by now, for a slice at most; whether that was all.
    fn go_on(&mut self) -> bool {
        let due = self.due();
        let since = Stopwatch::start();
        let is_there = self.lab.run_until(due, || since.elapsed() < SLICE);
        let behind = due.since(self.lab.now());
        if behind > BEHIND_MAX {
            self.zero.1 += behind.saturating_sub(BEHIND_MAX);
        }
        self.tell();
        is_there
    }

    /// How late it is to be in the lab.
    fn due(&self) -> Time {
        let (at, ran) = self.zero;
        at + self.clock.ran().saturating_sub(ran)
    }

    /// How long there is nothing to do.
    fn rest(&self) -> Duration {
        if self.clock.is_paused() {
            return REST_MAX;
        }
        let left = self.lab.next().since(self.due());
        left.clamp(GRAIN, REST_MAX)
    }

    /// Tells what happened, and what came of requests.
    fn tell(&mut self) {
        let now = self.lab.now().0;
        self.common.now.store(now, Ordering::Relaxed);
        let is_answered = self.deliver();
        let has_happened = self.happened();
        self.common.logged.store(now, Ordering::Relaxed);
        let is_news = self.script.as_ref() != self.lab.script();
        if is_news {
            self.script = self.lab.script().cloned();
        }
        if is_answered || has_happened || is_news {
            self.common.changed();
        }
    }

    /// Gives answers to those who wait for them; whether there are any.
    fn deliver(&mut self) -> bool {
        let answers = self.lab.take_answers();
        let any = !answers.is_empty();
        for (ticket, answer) in answers {
            if let Some(recipient) = self.waiting.take(ticket) {
                self.answer(recipient, answer);
            }
        }
        any
    }

    fn answer(&self, recipient: Recipient, answer: Result<Answer, CommandError>) {
        match recipient {
            Recipient::Screen(mut owed) => owed.give(answer),
            Recipient::Program(program) => {
                // It may be gone.
                let _ =
                    program.send(answer.map(|answer| answer.shown(|ix| self.lab.core().name(ix))));
            }
        }
    }

    /// Tells of events as a live lab does; whether any can be seen.
    fn happened(&mut self) -> bool {
        let events = self.lab.take_events();
        if events.is_empty() {
            return false;
        }
        let (bus, core) = (&self.common.bus, self.lab.core());
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
            if weight == Weight::News {
                if self.recent.len() <= ix.0 {
                    self.recent.resize_with(ix.0 + 1, RecentEvents::default);
                }
                self.recent[ix.0].push(event);
            }
        }
        is_seen
    }

    /// How often the lab was made anew.
    pub(super) fn round(&self) -> u32 {
        self.options.round
    }

    /// Begins to do what is asked.
    pub(super) fn request(&mut self, recipient: Recipient, request: Request) {
        let answer = match request {
            Request::Keep => Err(NOT_KEPT.into()),
            Request::Script(ScriptChange::Restart) => self.begin_again(),
            request => match self.waiting.add(recipient) {
                Ok(ticket) => return self.begin(ticket, request),
                Err(recipient) => return self.answer(recipient, Err(too_many())),
            },
        };
        self.answer(recipient, answer);
    }

    fn begin(&mut self, ticket: Ticket, request: Request) {
        self.lab.request(ticket, request);
        // What it changed need not be an event.
        self.deliver();
        self.common.changed();
    }

    /// Puts the lab as it was at its beginning in the place of this one.
    fn begin_again(&mut self) -> Result<Answer, CommandError> {
        if self.lab.script().is_none() {
            return Err(no_script());
        }
        let options = VirtualOptions {
            round: self.options.round + 1,
            ..self.options.clone()
        };
        let lab = VirtualLab::new(self.lab.core().layout(), &options);
        let lab = lab.map_err(|words| CommandError::new(RefusalKind::Fault, words))?;
        // What was not done by now never will be.
        let refusal = CommandError::new(RefusalKind::NotRunning, "the lab is being made anew");
        for recipient in self.waiting.take_all() {
            self.answer(recipient, Err(refusal.clone()));
        }
        self.clock.begin_again(lab.since());
        (self.lab, self.options) = (lab, options);
        self.lab.record_events();
        self.zero = (self.lab.now(), self.clock.ran());
        self.recent.clear();
        self.looks.clear();
        self.common.changed();
        let words = "the lab is made anew, and its story begins";
        Ok(Answer::Done(words.to_owned()))
    }

    /// The lab as it is now, kept for when there is none any more.
    pub(super) fn view(&self) -> LabView {
        let mut view = self.lab.view();
        view.virtual_seed = Some(self.options.seed);
        self.common.last().clone_from(&view);
        view
    }

    /// The nodes, each with what is different when it looks different.
    pub(super) fn editions(&mut self) -> Vec<(NodeIx, Edition)> {
        for (ix, node) in self.view().nodes.into_iter().enumerate() {
            match self.looks.get_mut(ix) {
                None => self.looks.push((0, node)),
                Some((edition, shown)) if !is_same(shown, &node) => {
                    (*edition, *shown) = (*edition + 1, node);
                }
                Some(_) => {}
            }
        }
        let looks = (0..).map(NodeIx).zip(&self.looks);
        looks.map(|(ix, look)| (ix, self.edition(look))).collect()
    }

    /// As [`Runner::editions`], of one node as it looked then.
    pub(super) fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)> {
        let look = self.looks.get(ix.0)?;
        Some((self.edition(look), look.1.status()))
    }

    fn edition(&self, (edition, node): &(u64, NodeView)) -> Edition {
        Edition {
            round: self.options.round,
            life: *edition,
            state: node.state.clone(),
            seen: None,
        }
    }
}

/// What is said to those who want to keep what is nowhere.
pub(super) const NOT_KEPT: &str =
    "a lab in virtual time is not on disk: the same layout, seed and keys make it again";

/// Whether a node looks the same but for when it was looked at.
fn is_same(one: &NodeView, other: &NodeView) -> bool {
    let (Some(before), Some(after)) = (&one.snapshot, &other.snapshot) else {
        return (&one.state, &one.snapshot) == (&other.state, &other.snapshot);
    };
    if Arc::ptr_eq(before, after) {
        return one.state == other.state;
    }
    let mut before = crate::node::snapshot::NodeSnapshot::clone(before);
    before.at = after.at;
    one.state == other.state && before == **after
}
