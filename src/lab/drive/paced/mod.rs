//! A lab in virtual time that goes on as fast as the clock on the wall, for people to watch and to act in.
//!
//! It has a [thread of its own](pace) and one [control endpoint](endpoint) for the whole. Nothing of it is
//! on disk but what opens that.

#![allow(
    clippy::disallowed_types,
    reason = "a lab in virtual time that is watched has a thread"
)]

mod endpoint;
mod pace;

use self::endpoint::Opened;
use self::pace::{Asker, Job, NOT_KEPT, Owed, Pace};
use super::{VirtualLab, VirtualOptions};
use crate::lab::LabError;
use crate::lab::ask::{Request, Ticket};
use crate::lab::control::{Door, EventBus, Later, Subscription};
use crate::lab::core::summary::Summary;
use crate::lab::drive::live::Control;
use crate::lab::drive::registry::Entry;
use crate::lab::drive::{Answered, Answers, Backend};
use crate::lab::layout::Layout;
use crate::lab::layout::resolve::Resolver;
use crate::lab::script::{Expr, Facts};
use crate::lab::view::{LabView, NodeState};
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::{CommandError, RefusalKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// What is said once the thread has ended.
const OVER: &str = "the lab is over";

/// What is said once it has ended by a bug.
const BUG: &str = "virtual time has a bug, and ended; the log says more";

/// A lab in virtual time, as the [handle](crate::lab::Lab) holds it.
pub(in crate::lab) struct PacedLab {
    layout: Layout,
    clock: LabClock,
    common: Arc<Common>,
    /// Jobs wait here for a slice at most, and its sender waits for it: there are no more than
    /// callers.
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    answered: mpsc::UnboundedSender<Answered>,
    runtime: Handle,
    /// Where the cookie is; empty: nowhere.
    dir: PathBuf,
    opened: Mutex<Option<Opened>>,
}

/// What the thread shows without being asked.
struct Common {
    changes: watch::Sender<u64>,
    /// What happens to nodes, for programs that listen.
    bus: EventBus,
    /// What time it is in the lab, as of the last slice.
    now: AtomicU64,
    /// When that happened of which a line is being logged.
    logged: AtomicU64,
    /// The lab as it was last looked at.
    last: Mutex<LabView>,
}

impl Common {
    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn last(&self) -> MutexGuard<'_, LabView> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is done any more.
    fn over(&self) -> CommandError {
        let nodes = &self.last().nodes;
        let words = match nodes.first().map(|node| &node.state) {
            Some(NodeState::Failed(why)) if **why == *BUG => BUG,
            _ => OVER,
        };
        CommandError::new(RefusalKind::NotRunning, words)
    }
}

/// Starts a lab in virtual time.
///
/// # Errors
/// [`LabError`]: the layout cannot be, or there is no place for its control endpoint.
pub(in crate::lab) fn start(
    layout: Layout,
    options: VirtualOptions,
    control: Control,
    runtime: Handle,
) -> Result<(Arc<PacedLab>, Answers), LabError> {
    let unsound = |problem| LabError::Unsound {
        layout: layout.name.clone(),
        problem,
    };
    let lab = VirtualLab::new(&layout, &options).map_err(unsound)?;
    let place = endpoint::place(control)?;
    let clock = LabClock::starting_at(lab.since());
    let common = Arc::new(Common {
        changes: watch::Sender::new(0),
        bus: EventBus::default(),
        now: AtomicU64::new(lab.now().0),
        logged: AtomicU64::new(lab.now().0),
        last: Mutex::new(lab.view()),
    });
    let (answered, answers) = mpsc::unbounded_channel();
    let (jobs, todo) = channel();
    let pace = Pace::new(lab, options, clock.clone(), Arc::clone(&common));
    let ending = Arc::clone(&common);
    let thread = Builder::new().name("virtual time".to_owned());
    let thread = thread.spawn(move || live(pace, &todo, &ending));
    let thread = thread.map_err(LabError::file(Path::new("a thread")))?;
    let lab = Arc::new(PacedLab {
        layout,
        clock,
        common,
        jobs: Mutex::new(Some(jobs)),
        thread: Mutex::new(Some(thread)),
        answered,
        runtime,
        dir: place.dir(),
        opened: Mutex::default(),
    });
    lab.open(place);
    Ok((lab, answers))
}

/// The thread's whole life. A bug ends the lab, not those who wait for it.
fn live(mut pace: Pace, jobs: &Receiver<Job>, common: &Common) {
    if catch_unwind(AssertUnwindSafe(|| pace.run(jobs))).is_err() {
        let why: Arc<str> = BUG.into();
        for node in &mut common.last().nodes {
            node.state = NodeState::Failed(Arc::clone(&why));
        }
    }
    // Those who wait are told when this goes, and so are those whose jobs come too late.
    drop(pace);
    common.changed();
}

impl PacedLab {
    /// Has something done in the lab's thread, and waits for it: a slice at most. `None`: the thread has
    /// ended.
    fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Pace) -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = sync_channel(1);
        let sent = self.send(Box::new(move |pace| {
            let _ = done.send(job(pace));
        }));
        if sent { result.recv().ok() } else { None }
    }

    fn send(&self, job: Job) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }

    /// Ends the thread, and waits for that: for a slice.
    fn end(&self) {
        // Without anything to show, no endpoint opens any more.
        let jobs = self
            .jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(jobs);
        self.shut();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = { thread }.take();
        if let Some(thread) = thread {
            // Its bugs were told.
            let _ = thread.join();
        }
    }
}

impl Backend for PacedLab {
    fn view(&self) -> LabView {
        let view = self.with(|pace| pace.view());
        view.unwrap_or_else(|| self.common.last().clone())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.common.changes.subscribe()
    }

    fn request(self: Arc<Self>, ticket: Ticket, request: Request) {
        let owed = Owed::new(ticket, self.answered.clone(), Arc::clone(&self.common));
        // One that is not sent is dropped, and so refused.
        self.send(Box::new(move |pace| {
            pace.request(Asker::Screen(owed), request);
        }));
    }

    fn clock(&self) -> &LabClock {
        &self.clock
    }

    fn now(&self) -> Time {
        Time(self.common.now.load(Ordering::Relaxed))
    }

    fn log_time(&self) -> Box<dyn Fn() -> Time + Send + Sync> {
        let common = Arc::clone(&self.common);
        Box::new(move || Time(common.logged.load(Ordering::Relaxed)))
    }

    fn elapsed(&self) -> Duration {
        let elapsed = self.with(|pace| pace.lab.elapsed());
        elapsed.unwrap_or_default()
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn data_dir(&self) -> &Path {
        &self.dir
    }

    fn entry(&self) -> Option<Entry> {
        let opened = self.opened();
        opened.as_ref().map(|opened| opened.entry.clone())
    }

    fn hear(&self) -> Subscription {
        self.common.bus.listen()
    }

    fn summary(&self) -> Summary {
        let summary = self.with(|pace| pace.lab.summary());
        summary.expect("it is asked before the lab is closed")
    }

    fn check(&self, expr: &Expr) -> Result<(), String> {
        let cast = Resolver::at_the_end(&self.layout);
        expr.check(cast.nodes(), cast.wallets())
    }

    fn facts_for<'a>(&'a self, expr: &'a Expr) -> Later<'a, Facts> {
        let expr = expr.clone();
        let facts = self.with(move |pace| pace.lab.facts_for(&expr));
        Box::pin(async move { facts.expect("it is asked before the lab is closed") })
    }

    fn attach_to(self: Arc<Self>, _: Door) -> Later<'static, Result<(), LabError>> {
        Box::pin(async { Err(LabError::CannotWait) })
    }

    fn keep(&self) -> Later<'_, Result<PathBuf, CommandError>> {
        Box::pin(async { Err(NOT_KEPT.into()) })
    }

    fn close(&self) -> Later<'_, Result<(), LabError>> {
        Box::pin(async {
            self.end();
            Ok(())
        })
    }

    fn close_and_stay(&self) -> Later<'_, Result<(), LabError>> {
        self.close()
    }

    fn abandon(&self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Lab;
    use crate::lab::layout::{read, shipped};
    use crate::node::NodeIx;
    use crate::node::io::Command;

    #[tokio::test]
    async fn a_bug_in_virtual_time_ends_the_lab_and_leaves_no_asker_waiting() {
        let text = shipped::text("scenario").expect("shipped");
        let layout = read("scenario", text).expect("sound");
        let started = start(
            layout,
            VirtualOptions::default(),
            Control::Off,
            Handle::current(),
        );
        let (paced, answers) = started.expect("it starts");
        let lab = Lab::of(Arc::clone(&paced) as Arc<_>, answers);
        assert!(lab.view().nodes.iter().all(|node| node.state.is_up()));
        // What waits for a block waits when the bug comes, too.
        assert!(paced.with(|_| -> () { panic!("a bug") }).is_none());
        let ticket = lab.request(Request::Node(NodeIx(0), Command::MineNow));
        let (answered, answer) = lab.answer().await;
        assert_eq!((answered, answer), (ticket, Err(BUG.to_owned())));
        let failed = NodeState::Failed(BUG.into());
        assert!(lab.view().nodes.iter().all(|node| node.state == failed));
        lab.close().await.expect("closes");
    }
}
