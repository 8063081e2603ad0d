//! A lab at run time: real nodes side by side in this process, on one clock and one table of links.
//!
//! [`Lab::start`] takes the ports and makes the directories, and is back before any node runs; the
//! nodes open in the background, all at once. From then on three things go on beside each other,
//! and none waits for another:
//!
//! ```text
//! a task for each node ──► Model ──► Lab::view       what is seen, whenever somebody looks
//! Lab::request ──► a task ──► node ──► Lab::answer   what is asked, and what came of it
//! a task ──► lab.json                                what is to be there after a crash
//! ```
//!
//! A temporary lab can be made anew behind the same handle: see [`rounds`].
//!
//! However a lab ends, its databases are closed: [`Lab::close`] waits for them, and so does, for a
//! while, whoever drops the lab, be it by a panic.

mod adopt;
mod ask;
mod attach;
mod door;
mod doors;
mod end;
mod first;
mod follow;
mod forward;
mod hand;
mod home;
mod kept;
mod links;
mod model;
mod nodes;
mod observe;
mod open;
mod outcome;
mod rounds;
mod saved;
mod script;
mod shared;
mod telling;
mod topology;
mod traffic;

pub use adopt::Adoption;
pub(in crate::lab) use door::{Edition, LabDoor, Refusal};
pub use doors::Control;
pub use outcome::{Heard, Hearing};
pub use saved::Kept;
pub(in crate::lab) use telling::{Listening, Told, WantsMessages};

use super::ask::{Answer, Request, Ticket};
use super::control::Door;
use super::control::registry::Entry;
use super::error::LabError;
use super::layout::Layout;
use super::view::LabView;
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::CommandError;
use rounds::Rounds;
use shared::{Lasting, Shared, Standing};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// How a lab is to be.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Its layout. A lab that was kept has its own.
    pub layout: Layout,
    /// The layout's text, for a lab that is kept to be made of again.
    pub layout_text: String,
    /// Somebody asked for just this layout: a lab that was kept with another one is refused.
    pub is_layout_chosen: bool,
    /// Where its data stays; `None`: nowhere, it goes with the lab.
    pub data_dir: Option<PathBuf>,
    /// The same keys, hence addresses, for the same number; `None`: keys that nobody can guess.
    pub seed: Option<u64>,
    /// Where the lab clock begins; `None`: at the wall clock's time.
    pub clock: Option<Time>,
    /// Whether and where other programs can control it.
    pub control: Control,
}

/// What came of a request.
type Answered = (Ticket, Result<Answer, String>);

/// A running lab. It should be [closed](Self::close).
pub struct Lab {
    lasting: Arc<Lasting>,
    rounds: Arc<Rounds>,
    answers: tokio::sync::Mutex<mpsc::UnboundedReceiver<Answered>>,
    last_ticket: AtomicU64,
}

impl Lab {
    /// Starts a lab, or goes on with the one that is kept in the data directory. Ports are taken
    /// and directories made when this returns; nodes start in the background.
    ///
    /// # Errors
    /// [`LabError`]; then there is no lab, and nothing is left of it.
    pub fn start(options: LabOptions, runtime: Handle) -> Result<Self, LabError> {
        open::open(options, runtime)
    }

    /// Makes a lab around one node that runs already, in this process.
    ///
    /// # Errors
    /// [`LabError`]: it cannot be controlled where it was asked for.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn adopt(adoption: Adoption) -> Result<Self, LabError> {
        adopt::adopt(adoption, Handle::current())
    }

    /// Makes a lab of what runs in other processes. There is a door at least. Closing this lab
    /// leaves them running.
    ///
    /// # Errors
    /// [`LabError::Attach`], the first that does not answer.
    ///
    /// # Panics
    /// Without a door, or outside a runtime.
    pub async fn attach(doors: Vec<Door>) -> Result<Self, LabError> {
        attach::attach(doors, Handle::current()).await
    }

    /// Shows what runs behind another door as well.
    ///
    /// # Errors
    /// [`LabError::Attach`]: nobody answers there.
    pub async fn attach_to(&self, door: Door) -> Result<(), LabError> {
        attach::attach_to(&self.rounds, door).await
    }

    fn of(rounds: Arc<Rounds>, answers: mpsc::UnboundedReceiver<Answered>) -> Self {
        Self {
            lasting: Arc::clone(&rounds.now().lasting),
            rounds,
            answers: tokio::sync::Mutex::new(answers),
            last_ticket: AtomicU64::new(0),
        }
    }

    /// The lab as it is now. Waits for nobody.
    pub fn view(&self) -> LabView {
        let shared = self.rounds.now();
        let now = shared.clock.now();
        let chain = &shared.layout.chain;
        let transcript = shared.overheard().transcript();
        let mut model = shared.lock();
        LabView {
            name: shared.layout.name.as_str().into(),
            now,
            since: shared.since,
            wall_offset_us: wall_offset_us(now),
            nodes: model.node_views(),
            headline: model.headline(now),
            chips: Arc::clone(&model.chips),
            journeys: model.propagation.show(),
            tx_journeys: model.tx_propagation.show(),
            block_times: model.propagation.percentiles(),
            tx_times: model.tx_propagation.percentiles(),
            reorganisations: model.stats.newest(),
            links: model.links(&shared.links),
            transcript,
            block_interval: Duration::from_millis(shared.params.block_interval_ms),
            fee: chain.proposed_fee(),
            is_temporary: model.is_temporary,
            made_by_hand: model.made_by_hand,
            caption: model.caption.clone(),
            script: model.script.clone(),
            partition: model.groups(),
            traffic: model.traffic_view(),
        }
    }

    /// A number that goes up whenever the view may have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.lasting.changes.subscribe()
    }

    /// Asks something of the lab. The answer comes by [`Lab::answer`]. What is asked of a node
    /// reaches it in the order in which it was asked.
    pub fn request(&self, request: Request) -> Ticket {
        let ticket = Ticket(self.last_ticket.fetch_add(1, Ordering::Relaxed) + 1);
        let work = self.rounds.begin(&self.rounds.now(), request);
        let answered = self.lasting.answered.clone();
        self.lasting.runtime.spawn(async move {
            // Whoever asks may not care.
            let answer = work.await.map_err(|refusal| refusal.words);
            let _ = answered.send((ticket, answer));
        });
        ticket
    }

    /// The next answer to a request, in words if it could not be done.
    pub async fn answer(&self) -> (Ticket, Result<Answer, String>) {
        let answer = self.answers.lock().await.recv().await;
        answer.expect("the lab holds a sender")
    }

    /// The clock of all nodes.
    pub fn clock(&self) -> &LabClock {
        &self.lasting.clock
    }

    /// How long it has gone on, from the moment when all of its nodes were up: not while it stood
    /// still, and whether or not its clock was set.
    pub fn elapsed(&self) -> Duration {
        self.rounds.now().elapsed()
    }

    /// How long it had gone on when it was `at` on its clock, a short while ago.
    pub fn elapsed_at(&self, at: Time) -> Duration {
        let ago = self.lasting.clock.now().since(at);
        self.elapsed().saturating_sub(ago)
    }

    /// What it was made of.
    pub fn layout(&self) -> &Layout {
        &self.lasting.layout
    }

    /// Where its data is. Once it was kept, the data is where the answer said.
    pub fn data_dir(&self) -> &Path {
        &self.lasting.dir
    }

    /// Where other programs can control it and each of its nodes; `None`: nowhere, or not yet.
    /// [`Lab::changes`] tells when that changes.
    pub fn entry(&self) -> Option<Entry> {
        self.rounds.now().open_entry()
    }

    /// Keeps a temporary lab: stops every node and moves its data to a place where it stays.
    ///
    /// # Errors
    /// In words, why it is not kept; it is where it was then.
    pub async fn keep(&self) -> Result<PathBuf, CommandError> {
        self.rounds.now().keep().await
    }

    /// Stops all nodes and waits for them. A temporary lab's data is removed, another's is put down
    /// as it is.
    ///
    /// # Errors
    /// A node does not end, or the data cannot be written, or not be removed.
    pub async fn close(self) -> Result<(), LabError> {
        let last = self.rounds.last();
        last.close_doors();
        if let Err(error) = last.stop_all().await {
            // A node may still write there.
            last.stay()?;
            return Err(error);
        }
        last.leave()
    }

    /// As [`Self::close`], but a temporary lab's data stays where it is, until another lab starts and
    /// sweeps it up.
    ///
    /// # Errors
    /// As there.
    pub async fn close_and_stay(self) -> Result<(), LabError> {
        let last = self.rounds.last();
        last.close_doors();
        let stopped = last.stop_all().await;
        last.stay().and(stopped)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.rounds.last().drop_all();
    }
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab")
            .field("layout", &self.lasting.layout.name)
            .field("data_dir", &self.lasting.dir)
            .finish_non_exhaustive()
    }
}

/// How much later the lab clock is than the wall clock, in microseconds.
#[allow(clippy::disallowed_methods, reason = "this is a view of both clocks")]
fn wall_offset_us(now: Time) -> i64 {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall = i128::try_from(wall.unwrap_or_default().as_micros()).unwrap_or_default();
    i64::try_from(i128::from(now.0) - wall).unwrap_or_default()
}
