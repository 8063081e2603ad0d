//! What the tasks of a lab have in common: what stays of a lab, and one round of it.

use super::course::Course;
use super::endpoints::Endpoints;
use super::home::Home;
use super::lanes::Lanes;
use super::programs::Programs;
use super::proxies::Proxies;
use super::recording::Recording;
use crate::chain::headers::Trunks;
use crate::chain::{Params, SigCache};
use crate::lab::ask::{Answer, Request, Ticket};
use crate::lab::control::{EventBus, RecentEvents, Weight};
use crate::lab::core::{Begin, Core, Input, Level, Moment, Sight};
use crate::lab::drive::Answered;
use crate::lab::drive::waiting::{Waiting, too_many};
use crate::lab::layout::Layout;
use crate::lab::observe::histogram::{Histogram, Percentiles};
use crate::live::{LabClock, Links, Port, Stopwatch};
use crate::node::io::{CommandError, Event, RefusalKind};
use crate::node::{NodeIx, Time};
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

/// What stays of a lab when it is made anew.
pub(in crate::lab::drive) struct Lasting {
    /// Where its data is, or was; nowhere if it has none of its own.
    pub(in crate::lab::drive) dir: PathBuf,
    /// The data goes with the lab.
    pub(in crate::lab::drive) is_temporary: AtomicBool,
    pub(in crate::lab::drive) layout: Layout,
    pub(in crate::lab::drive) layout_text: String,
    pub(in crate::lab::drive) params: Arc<Params>,
    pub(in crate::lab::drive) key_seed: [u8; 32],
    pub(in crate::lab::drive) seed: Option<u64>,
    /// What its payments are drawn from.
    pub(in crate::lab::drive) draws: [u8; 32],
    pub(in crate::lab::drive) openings: u64,
    pub(in crate::lab::drive) since: Time,
    pub(in crate::lab::drive) runtime: Handle,
    pub(in crate::lab::drive) clock: LabClock,
    /// Goes up when something of it may look different.
    pub(in crate::lab::drive) changes: watch::Sender<u64>,
    /// Its directory, until the lab has left it.
    pub(super) home: Mutex<Option<Home>>,
    pub(in crate::lab::drive) answered: mpsc::UnboundedSender<Answered>,
    /// What happens to nodes, for programs that listen.
    pub(in crate::lab::drive) bus: EventBus,
    /// Where they come in.
    pub(super) endpoints: Mutex<Option<Endpoints>>,
    /// The programs of others that it starts.
    pub(super) programs: Programs,
    /// Processes with nodes that were ever shown.
    pub(in crate::lab::drive) last_host: AtomicU64,
}

/// A round of a lab, from one beginning to its end: what its tasks have in common. Those of a round
/// that is over hold that round, and nothing of the next one.
pub(in crate::lab::drive) struct Round {
    pub(in crate::lab::drive) lasting: Arc<Lasting>,
    /// How often the lab was made anew before.
    pub(in crate::lab::drive) number: u32,
    /// How long the clock had gone when the nodes were up for the first time.
    up: OnceLock<Duration>,
    pub(super) links: Links,
    pub(super) sigs: Arc<SigCache>,
    pub(super) trunks: Arc<Trunks>,
    /// What decides. Nothing is waited for, nor read or written, while it is locked.
    mind: Mutex<Mind>,
    /// Held by the one that does what core says.
    pub(super) performs: Mutex<()>,
    course: Mutex<Course>,
    lanes: Mutex<Lanes>,
    /// Ports that were taken for nodes which are to start, by the nodes' names.
    listeners: Mutex<BTreeMap<String, Port>>,
    /// What lies between programs of others.
    proxies: Mutex<Proxies>,
    waiting: Mutex<Waiting<AnswerTo>>,
    /// What happened to each node last, for those who subscribe later.
    recent: Mutex<BTreeMap<NodeIx, RecentEvents>>,
    /// What was asked by hand.
    pub(super) recording: Recording,
}

/// What decides, and how long it was held at once.
struct Mind {
    core: Core,
    held: Histogram,
}

/// What decides, for as long as it is held.
pub(in crate::lab::drive) struct Held<'a> {
    mind: MutexGuard<'a, Mind>,
    since: Stopwatch,
}

impl Held<'_> {
    /// How long it was held at once, until now; `None`: never.
    pub(super) fn times(&self) -> Option<Percentiles> {
        self.mind.held.percentiles()
    }
}

impl Deref for Held<'_> {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.mind.core
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Core {
        &mut self.mind.core
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let held = self.since.elapsed();
        self.mind.held.add(held);
    }
}

/// Where an answer goes.
type AnswerTo = oneshot::Sender<Result<Answer, CommandError>>;

impl Deref for Round {
    type Target = Lasting;

    fn deref(&self) -> &Lasting {
        &self.lasting
    }
}

impl Lasting {
    /// Of a lab that has no directory and starts nothing.
    pub(in crate::lab::drive) fn around(
        layout: Layout,
        params: Arc<Params>,
        clock: LabClock,
        runtime: Handle,
        answered: mpsc::UnboundedSender<Answered>,
        draws: [u8; 32],
    ) -> Self {
        Self {
            dir: PathBuf::new(),
            is_temporary: AtomicBool::new(false),
            layout,
            layout_text: String::new(),
            params,
            key_seed: [0; 32],
            seed: None,
            draws,
            openings: 1,
            since: clock.now(),
            runtime,
            clock,
            changes: watch::Sender::new(0),
            home: Mutex::default(),
            answered,
            bus: EventBus::default(),
            endpoints: Mutex::default(),
            programs: Programs::default(),
            last_host: AtomicU64::new(0),
        }
    }

    pub(super) fn home(&self) -> MutexGuard<'_, Option<Home>> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn node_dir(&self, name: &str) -> Option<PathBuf> {
        Some(self.home().as_ref()?.node(name))
    }

    pub(in crate::lab::drive) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// A mind without nodes, for a round with this number.
    pub(in crate::lab::drive) fn core(&self, round: u32) -> Core {
        Core::new(&Begin {
            layout: &self.layout,
            since: self.since,
            draws: self.draws,
            level: Level::All,
            sight: Sight::Shown,
            round,
            plays: self.openings == 1,
        })
    }
}

impl Round {
    /// A round in which nothing has happened.
    pub(in crate::lab::drive) fn new(
        lasting: Arc<Lasting>,
        number: u32,
        core: Core,
        links: Links,
    ) -> Arc<Self> {
        Arc::new(Self {
            lasting,
            number,
            up: OnceLock::new(),
            links,
            sigs: Arc::default(),
            trunks: Arc::default(),
            mind: Mutex::new(Mind {
                core,
                held: Histogram::default(),
            }),
            performs: Mutex::default(),
            course: Mutex::default(),
            lanes: Mutex::default(),
            listeners: Mutex::default(),
            proxies: Mutex::default(),
            waiting: Mutex::default(),
            recent: Mutex::default(),
            recording: Recording::default(),
        })
    }

    /// What decides.
    pub(in crate::lab::drive) fn core(&self) -> Held<'_> {
        Held {
            // What a panic may leave half done is a line of a log.
            mind: self.mind.lock().unwrap_or_else(PoisonError::into_inner),
            since: Stopwatch::start(),
        }
    }

    pub(in crate::lab::drive) fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::lab::drive) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listeners(&self) -> MutexGuard<'_, BTreeMap<String, Port>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn proxies(&self) -> MutexGuard<'_, Proxies> {
        self.proxies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::lab::drive) fn recent(&self) -> MutexGuard<'_, BTreeMap<NodeIx, RecentEvents>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<AnswerTo>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`Lab::elapsed`](crate::lab::Lab::elapsed).
    pub(in crate::lab::drive) fn elapsed(&self) -> Duration {
        let up = self.up.get();
        up.map_or(Duration::ZERO, |up| self.clock.ran().saturating_sub(*up))
    }

    pub(in crate::lab::drive) fn moment(&self) -> Moment {
        Moment {
            at: self.clock.now(),
            ran: self.elapsed(),
        }
    }

    /// Tells core what happened, and shows what is different by that.
    pub(in crate::lab::drive) fn handle(self: &Arc<Self>, input: Input) {
        self.take_in(input);
        self.changed();
    }

    /// Tells core what happened, and does what it says. Whether the script looks different.
    pub(in crate::lab::drive) fn take_in(self: &Arc<Self>, input: Input) -> bool {
        let mut core = self.core();
        // As long as it is held here it is never changed in its place.
        let script = core.script().cloned();
        // Read under the lock: time goes on from one to the next.
        core.handle(self.moment(), input);
        let (has_begun, has_outputs) = (core.has_begun(), core.has_outputs());
        let is_news = core.script().map(Arc::as_ptr) != script.as_ref().map(Arc::as_ptr);
        drop(core);
        if has_begun {
            self.up.get_or_init(|| self.clock.ran());
        }
        if has_outputs {
            self.perform();
        }
        is_news
    }

    /// Something happened to a node, which is of this process or of another one.
    pub(in crate::lab::drive) fn happened(
        self: &Arc<Self>,
        ix: NodeIx,
        life: u64,
        name: Option<&str>,
        event: Event,
    ) {
        let event = Arc::new(event);
        let weight = Weight::of(&event);
        if weight != Weight::Plain || self.bus.is_every_message_wanted() {
            let mut recent = self.recent();
            if let Some(name) = name {
                self.bus.tell(self.number, ix, name, &event, weight);
            }
            if weight == Weight::News {
                recent.entry(ix).or_default().push(Arc::clone(&event));
            }
        }
        self.take_in(Input::Event {
            node: ix,
            life,
            event,
        });
        if weight != Weight::Plain {
            self.changed();
        }
    }

    /// Asks something; it has its place in the order of things when this returns. What comes of it is
    /// received, if it is not over before that.
    pub(in crate::lab::drive) fn ask(self: &Arc<Self>, request: Request) -> Asked {
        let (to, answer) = oneshot::channel();
        let asked = Asked {
            answer,
            _round: Arc::clone(self),
        };
        if let Err(refusal) = self.check_on() {
            let _ = to.send(Err(refusal));
            return asked;
        }
        let added = self.waiting().add(to);
        match added {
            Ok(ticket) => self.handle(Input::Request(ticket, request)),
            Err(to) => {
                let _ = to.send(Err(too_many()));
            }
        }
        asked
    }

    /// Tells the asker what came of it. What a round that is over left undone was not the request's fault.
    pub(in crate::lab::drive) fn answer(
        &self,
        ticket: Ticket,
        answer: Result<Answer, CommandError>,
    ) {
        let to = self.waiting().take(ticket);
        if let Some(to) = to {
            let answer = answer.map_err(|refusal| match refusal.kind {
                // A lab that is shown says so itself.
                RefusalKind::TakenBack => refusal,
                _ => self.check_on().err().unwrap_or(refusal),
            });
            // It may not care.
            let _ = to.send(answer);
        }
    }
}

/// Something that was asked and is not answered yet.
pub(in crate::lab::drive) struct Asked {
    answer: oneshot::Receiver<Result<Answer, CommandError>>,
    /// What is done and answered in a round ends with it.
    _round: Arc<Round>,
}

impl Asked {
    /// What came of it.
    ///
    /// # Errors
    /// The refusal, or that the lab has ended.
    pub(in crate::lab::drive) async fn answer(self) -> Result<Answer, CommandError> {
        let over = || CommandError::new(RefusalKind::NotRunning, "the lab is over");
        self.answer.await.unwrap_or_else(|_| Err(over()))
    }
}

/// That something which should hold did not.
pub(in crate::lab::drive) fn fault(words: impl std::fmt::Display) -> CommandError {
    CommandError::new(RefusalKind::Fault, words)
}

#[cfg(test)]
mod tests;
