//! A lab as screens, shells and tests hold it, whatever runs behind it.
//!
//! What is behind it is a [`Backend`]: [real nodes](super::drive::live), each with a thread and a database, or
//! [virtual time](super::drive) at the pace of the clock on the wall.

use super::ask::{Answer, Request, Ticket};
use super::control::{Endpoint, NodeEvent, Subscription};
use super::core::summary::Summary;
use super::drive::registry::Entry;
use super::drive::{
    self, Adoption, Answers, Backend, Control, LabError, LabOptions, RunOptions, VirtualOptions,
};
use super::layout::Layout;
use super::observe::histogram::Percentiles;
use super::script::{Expr, Facts};
use super::view::LabView;
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::CommandError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

/// A running lab. It should be [closed](Self::close).
pub struct Lab {
    behind: Arc<dyn Backend>,
    answers: tokio::sync::Mutex<Answers>,
    last_ticket: AtomicU64,
}

impl Lab {
    /// Starts a lab, or goes on with the one that is kept in the data directory. Ports are taken
    /// and directories made when this returns; nodes start in the background.
    ///
    /// # Errors
    /// [`LabError`]; then there is no lab, and nothing is left of it.
    pub fn start(options: LabOptions, runtime: Handle) -> Result<Self, LabError> {
        drive::live::open(options, runtime).map(|(rounds, answers)| Self::of(rounds, answers))
    }

    /// Starts a lab in virtual time, which goes on as fast as the clock on the wall. Its nodes run when
    /// this returns.
    ///
    /// # Errors
    /// [`LabError`]: the layout cannot be, or there is no place for its control endpoint.
    pub fn start_virtual(
        layout: Layout,
        options: VirtualOptions,
        control: Control,
        runtime: Handle,
    ) -> Result<Self, LabError> {
        Self::start_run(layout, options, RunOptions::default(), control, runtime)
    }

    /// As [`Lab::start_virtual`], of a run that is saved, or was before.
    ///
    /// # Errors
    /// As there.
    pub fn start_run(
        layout: Layout,
        options: VirtualOptions,
        run: RunOptions,
        control: Control,
        runtime: Handle,
    ) -> Result<Self, LabError> {
        let started = drive::paced::start(layout, options, run, control, runtime);
        started.map(|(paced, answers)| Self::of(paced, answers))
    }

    /// Makes a lab around one node that runs already, in this process.
    ///
    /// # Errors
    /// [`LabError`]: it cannot be controlled where it was asked for.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn adopt(adoption: Adoption) -> Result<Self, LabError> {
        let adopted = drive::live::adopt(adoption, Handle::current());
        adopted.map(|(rounds, answers)| Self::of(rounds, answers))
    }

    /// Makes a lab of what runs in other processes. At least one endpoint is given. Closing this lab
    /// leaves them running.
    ///
    /// # Errors
    /// [`LabError::Attach`], the first that does not answer.
    ///
    /// # Panics
    /// Without an endpoint, or outside a runtime.
    pub async fn attach(endpoints: Vec<Endpoint>) -> Result<Self, LabError> {
        let (rounds, answers) = drive::attached::attach(endpoints, Handle::current()).await?;
        Ok(Self::of(rounds, answers))
    }

    /// Shows what runs behind another endpoint as well.
    ///
    /// # Errors
    /// [`LabError::Attach`]: there is no answer; or this lab has none but its own nodes.
    pub async fn attach_to(&self, endpoint: Endpoint) -> Result<(), LabError> {
        Arc::clone(&self.behind).attach_to(endpoint).await
    }

    pub(in crate::lab) fn of(behind: Arc<dyn Backend>, answers: Answers) -> Self {
        Self {
            behind,
            answers: tokio::sync::Mutex::new(answers),
            last_ticket: AtomicU64::new(0),
        }
    }

    /// The lab as it is now.
    pub fn view(&self) -> LabView {
        self.behind.view()
    }

    /// A number that goes up whenever the view may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.behind.changes()
    }

    /// Asks something of the lab. The answer comes by [`Lab::answer`]. What is asked of a node
    /// reaches it in the order in which it was asked.
    pub fn request(&self, request: Request) -> Ticket {
        let ticket = Ticket(self.last_ticket.fetch_add(1, Ordering::Relaxed) + 1);
        Arc::clone(&self.behind).request(ticket, request);
        ticket
    }

    /// The next answer to a request, in words if it could not be done.
    pub async fn answer(&self) -> (Ticket, Result<Answer, String>) {
        let answer = self.answers.lock().await.recv().await;
        answer.expect("the lab holds a sender")
    }

    /// The clock of all nodes; in virtual time the one that sets their pace.
    pub fn clock(&self) -> &LabClock {
        self.behind.clock()
    }

    /// What time lines of the log have that come at the moment when this is called.
    pub fn log_time(&self) -> Box<dyn Fn() -> Time + Send + Sync> {
        self.behind.log_time()
    }

    /// How long it has gone on, from the moment when all of its nodes were up: not while it stood
    /// still, and whether or not its clock was set.
    pub fn elapsed(&self) -> Duration {
        self.behind.elapsed()
    }

    /// How long it had gone on when it was `at` on its clock, a short while ago.
    pub fn elapsed_at(&self, at: Time) -> Duration {
        let ago = self.behind.now().since(at);
        self.elapsed().saturating_sub(ago)
    }

    /// What it was made of.
    pub fn layout(&self) -> &Layout {
        self.behind.layout()
    }

    /// Where its data is. Once it was kept, the data is where the answer said. Of a lab in virtual time
    /// there is only what opens its control endpoint.
    pub fn data_dir(&self) -> &Path {
        self.behind.data_dir()
    }

    /// Where other programs can control it and each of its nodes; `None`: nowhere, or not yet.
    /// [`Lab::changes`] tells when that changes.
    pub fn entry(&self) -> Option<Entry> {
        self.behind.entry()
    }

    /// What happens from now on.
    pub fn hear(&self) -> Hearing {
        Hearing(self.behind.hear())
    }

    /// How long what decides in the lab was held at once, by one task or another: meanwhile the others
    /// waited. `None`: nothing waits for it, as in virtual time.
    pub fn held(&self) -> Option<Percentiles> {
        self.behind.held()
    }

    /// What the run adds up to so far.
    pub fn summary(&self) -> Summary {
        self.behind.summary()
    }

    /// Makes sure that all nodes and wallets that an expression names are there, or will be when
    /// the script is played.
    ///
    /// # Errors
    /// In words, the first that is not.
    pub fn check(&self, expr: &Expr) -> Result<(), String> {
        self.behind.check(expr)
    }

    /// What an expression is judged by, as things are now. Nodes are asked for balances that are not
    /// known otherwise.
    pub async fn facts_for(&self, expr: &Expr) -> Facts {
        self.behind.facts_for(expr).await
    }

    /// Keeps a temporary lab: stops every node and moves its data to a place where it stays.
    ///
    /// # Errors
    /// In words, why it is not kept; it is where it was then.
    pub async fn keep(&self) -> Result<PathBuf, CommandError> {
        self.behind.keep().await
    }

    /// Stops all nodes and waits for them. A temporary lab's data is removed, another's is put down
    /// as it is.
    ///
    /// # Errors
    /// A node does not end, or the data cannot be written, or not be removed.
    pub async fn close(self) -> Result<(), LabError> {
        self.behind.close().await
    }

    /// As [`Self::close`], but a temporary lab's data stays where it is, until another lab starts and
    /// sweeps it up.
    ///
    /// # Errors
    /// As there.
    pub async fn close_and_stay(self) -> Result<(), LabError> {
        self.behind.close_and_stay().await
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.behind.abandon();
    }
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab")
            .field("layout", &self.layout().name)
            .field("data_dir", &self.data_dir())
            .finish_non_exhaustive()
    }
}

/// What happens to the nodes of a lab, from when it was made on. Messages are left out.
#[derive(Debug)]
pub struct Hearing(Subscription);

/// Something that was heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Something happened.
    Event(NodeEvent),
    /// So many events came faster than they were taken.
    Missed(u64),
}

impl Hearing {
    /// The next thing that happens; `None`: nothing will any more.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.0.next().await {
                Ok(told) if told.is_message => {}
                Ok(told) => return Some(Heard::Event(told.event.clone())),
                Err(RecvError::Lagged(missed)) => return Some(Heard::Missed(missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// What has happened already; `None`: all was heard.
    pub fn try_next(&mut self) -> Option<Heard> {
        loop {
            match self.0.try_next() {
                Ok(told) if told.is_message => {}
                Ok(told) => return Some(Heard::Event(told.event.clone())),
                Err(TryRecvError::Lagged(missed)) => return Some(Heard::Missed(missed)),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }
}
