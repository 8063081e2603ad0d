//! A lab in virtual time, as those hold it who want something of it.

use super::common::Common;
use super::runner::{Job, Runner};
use crate::lab::control::Server;
use crate::lab::drive::Answered;
use crate::lab::drive::directories::private::Scratch;
use crate::lab::drive::registry::{Entry, Registered};
use crate::lab::layout::Layout;
use crate::lab::view::LabView;
use crate::live::LabClock;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// A lab in virtual time, as the [handle](crate::lab::Lab) holds it.
pub(in crate::lab) struct PacedLab {
    pub(super) layout: Layout,
    pub(super) clock: LabClock,
    pub(super) common: Arc<Common>,
    /// Jobs wait here for a slice at most, and its sender waits for it: there are no more than
    /// callers.
    pub(super) jobs: Mutex<Option<Sender<Job>>>,
    pub(super) thread: Mutex<Option<JoinHandle<()>>>,
    pub(super) answered: mpsc::UnboundedSender<Answered>,
    pub(super) runtime: Handle,
    /// Where the cookie is; empty: nowhere.
    pub(super) dir: PathBuf,
    pub(super) opened: Mutex<Option<Opened>>,
}

/// The endpoint, open until this is dropped.
pub(super) struct Opened {
    pub(super) entry: Entry,
    /// Dropped in this order: the sockets are in the directory of what is registered.
    pub(super) _server: Server,
    pub(super) _registered: Registered,
    pub(super) _dir: Scratch,
}

impl PacedLab {
    /// Has something done in the lab's thread, and waits for it: a slice at most. `None`: the thread has
    /// ended.
    pub(super) fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Runner) -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = sync_channel(1);
        let sent = self.send(Box::new(move |runner| {
            let _ = done.send(job(runner));
        }));
        if sent { result.recv().ok() } else { None }
    }

    pub(super) fn send(&self, job: Job) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }

    /// Ends the thread, and waits for that: for a slice.
    pub(super) fn end(&self) {
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

    /// Shuts the endpoint.
    pub(super) fn shut(&self) {
        // Taken out first: what goes with it may want to look here.
        let opened = self.opened().take();
        drop(opened);
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lab as it is, or was at its end.
    pub(super) fn seen(&self) -> LabView {
        let view = self.with(|runner| runner.view());
        view.unwrap_or_else(|| self.common.last().clone())
    }
}
