//! What the tasks of a lab have in common: what stays of a lab, and one round of it.

use super::doors::Doors;
use super::home::Home;
use super::model::Model;
use super::observe::Overheard;
use super::script::Playing;
use crate::chain::{Params, SigCache};
use crate::lab::control::EventBus;
use crate::lab::handle::Answered;
use crate::lab::layout::Layout;
use crate::live::{LabClock, Links};
use crate::node::Time;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// What a lab has to do with its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It starts them, in a directory of its own.
    Own,
    /// It looks after one that other code has started in this process.
    Adopted,
    /// It shows those that run in other processes.
    Attached,
}

/// What stays of a lab when it is made anew.
pub(super) struct Lasting {
    pub(super) standing: Standing,
    /// Where its data is, or was; nowhere if it is attached.
    pub(super) dir: PathBuf,
    pub(super) layout: Layout,
    pub(super) layout_text: String,
    pub(super) params: Arc<Params>,
    pub(super) key_seed: [u8; 32],
    pub(super) seed: Option<u64>,
    pub(super) openings: u64,
    pub(super) since: Time,
    pub(super) runtime: Handle,
    pub(super) clock: LabClock,
    /// Goes up when the model changes.
    pub(super) changes: watch::Sender<u64>,
    /// Its directory, until the lab has left it.
    pub(super) home: Mutex<Option<Home>>,
    pub(super) answered: mpsc::UnboundedSender<Answered>,
    /// What happens to nodes, for programs that listen.
    pub(super) bus: EventBus,
    /// Where they come in.
    pub(super) doors: Mutex<Option<Doors>>,
}

/// A round of a lab, from one beginning to its end: what its tasks have in common. Those of a round
/// that is over hold that round, and nothing of the next one.
pub(super) struct Shared {
    pub(super) lasting: Arc<Lasting>,
    /// How often the lab was made anew before.
    pub(super) round: u32,
    /// How long the clock had gone when the nodes were up for the first time.
    pub(super) up: OnceLock<Duration>,
    pub(super) links: Links,
    pub(super) sigs: Arc<SigCache>,
    pub(super) model: Mutex<Model>,
    /// What nodes say to each other.
    pub(super) overheard: Mutex<Overheard>,
    /// The script that is played.
    pub(super) playing: Option<Playing>,
}

impl Deref for Shared {
    type Target = Lasting;

    fn deref(&self) -> &Lasting {
        &self.lasting
    }
}

impl Lasting {
    /// Of a lab that has no directory and starts nothing.
    pub(super) fn around(
        standing: Standing,
        layout: Layout,
        params: Arc<Params>,
        clock: LabClock,
        runtime: Handle,
        answered: mpsc::UnboundedSender<Answered>,
    ) -> Self {
        Self {
            standing,
            dir: PathBuf::new(),
            layout,
            layout_text: String::new(),
            params,
            key_seed: [0; 32],
            seed: None,
            openings: 1,
            since: clock.now(),
            runtime,
            clock,
            changes: watch::Sender::new(0),
            home: Mutex::default(),
            answered,
            bus: EventBus::default(),
            doors: Mutex::default(),
        }
    }

    pub(super) fn home(&self) -> MutexGuard<'_, Option<Home>> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn node_dir(&self, name: &str) -> Option<PathBuf> {
        Some(self.home().as_ref()?.node(name))
    }

    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl Shared {
    /// A round in which nothing has happened, of a lab that starts no nodes.
    pub(super) fn around(lasting: Arc<Lasting>, round: u32) -> Self {
        Self {
            up: OnceLock::from(lasting.clock.ran()),
            lasting,
            round,
            links: Links::default(),
            sigs: Arc::default(),
            model: Mutex::default(),
            overheard: Mutex::default(),
            playing: None,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Model> {
        // What a panic may leave half done is a line of a log.
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn overheard(&self) -> MutexGuard<'_, Overheard> {
        // A panic leaves a message half noted at worst.
        self.overheard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`Lab::elapsed`](crate::lab::Lab::elapsed).
    pub(super) fn elapsed(&self) -> Duration {
        let up = self.up.get();
        up.map_or(Duration::ZERO, |up| self.clock.ran().saturating_sub(*up))
    }

    /// Time begins to count once no node is on its way up any more.
    pub(super) fn note_up(&self) {
        if !self.lock().is_starting() {
            self.up.get_or_init(|| self.clock.ran());
        }
    }

    /// Changes what is known, and wakes what waits for changes.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Model) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed();
        result
    }
}
