//! A lab in virtual time, as the [handle](crate::lab::Lab) holds it: how it starts, and what it is asked.

use super::common::{BUG, Common};
use super::lab::PacedLab;
use super::recipient::{Owed, Recipient};
use super::runner::{Job, NOT_KEPT, Runner};
use super::saving::RunOptions;
use super::serve;
use crate::lab::ask::{Request, Ticket};
use crate::lab::control::{Endpoint, EventBus, Later, Subscription};
use crate::lab::core::summary::Summary;
use crate::lab::drive::backend::{Answers, Backend};
use crate::lab::drive::endpoint::Control;
use crate::lab::drive::error::LabError;
use crate::lab::drive::registry::Entry;
use crate::lab::drive::{VirtualLab, VirtualOptions};
use crate::lab::layout::Layout;
use crate::lab::layout::resolve::Resolver;
use crate::lab::script::{Expr, Facts};
use crate::lab::view::{LabView, NodeState};
use crate::live::{LabClock, threads};
use crate::node::Time;
use crate::node::io::CommandError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// Starts a lab in virtual time.
///
/// # Errors
/// [`LabError`]: the layout cannot be, or there is no place for its control endpoint.
pub(in crate::lab) fn start(
    layout: Layout,
    options: VirtualOptions,
    run: RunOptions,
    control: Control,
    runtime: Handle,
) -> Result<(Arc<PacedLab>, Answers), LabError> {
    let unsound = |problem| LabError::Unsound {
        layout: layout.name.clone(),
        problem,
    };
    let lab = VirtualLab::new(&layout, &options).map_err(unsound)?;
    let place = serve::place(control)?;
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
    let runner = Runner::new(lab, options, clock.clone(), Arc::clone(&common), run);
    let ending = Arc::clone(&common);
    let thread = threads::spawn("virtual time", move || live(runner, &todo, &ending));
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
fn live(mut runner: Runner, jobs: &Receiver<Job>, common: &Common) {
    if catch_unwind(AssertUnwindSafe(|| runner.run(jobs))).is_err() {
        let why: Arc<str> = BUG.into();
        for node in &mut common.last().nodes {
            node.state = NodeState::Failed(Arc::clone(&why));
        }
    }
    // Those who wait are told when this goes, and so are those whose jobs come too late.
    drop(runner);
    common.changed();
}

impl Backend for PacedLab {
    fn view(&self) -> LabView {
        self.seen()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.common.changes.subscribe()
    }

    fn request(self: Arc<Self>, ticket: Ticket, request: Request) {
        let owed = Owed::new(ticket, self.answered.clone(), Arc::clone(&self.common));
        // One that is not sent is dropped, and so refused.
        self.send(Box::new(move |runner| {
            runner.request(Recipient::Screen(owed), request);
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
        let elapsed = self.with(|runner| runner.lab().elapsed());
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
        let summary = self.with(|runner| runner.history.lab_mut().summary());
        summary.expect("it is asked before the lab is closed")
    }

    fn check(&self, expr: &Expr) -> Result<(), String> {
        let resolver = Resolver::at_the_end(&self.layout);
        expr.check(&resolver.names())
    }

    fn facts_for<'a>(&'a self, expr: &'a Expr) -> Later<'a, Facts> {
        let expr = expr.clone();
        let facts = self.with(move |runner| runner.history.lab_mut().facts_for(&expr));
        Box::pin(async move { facts.expect("it is asked before the lab is closed") })
    }

    fn attach_to(self: Arc<Self>, _: Endpoint) -> Later<'static, Result<(), LabError>> {
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
mod tests;
