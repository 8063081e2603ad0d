//! What the thread of a lab in virtual time shows without being asked.

use crate::lab::control::EventBus;
use crate::lab::view::{LabView, NodeState};
use crate::node::io::{CommandError, RefusalKind};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What is said once the thread has ended.
const OVER: &str = "the lab is over";

/// What is said once it has ended by a bug.
pub(super) const BUG: &str = "virtual time has a bug, and ended; the log says more";

/// What the thread shows without being asked.
pub(super) struct Common {
    pub(super) changes: watch::Sender<u64>,
    /// What happens to nodes, for programs that listen.
    pub(super) bus: EventBus,
    /// What time it is in the lab, as of the last slice.
    pub(super) now: AtomicU64,
    /// When that happened of which a line is being logged.
    pub(super) logged: AtomicU64,
    /// The lab as it was last looked at.
    pub(super) last: Mutex<LabView>,
}

impl Common {
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn last(&self) -> MutexGuard<'_, LabView> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is done any more.
    pub(super) fn over(&self) -> CommandError {
        let nodes = &self.last().nodes;
        let words = match nodes.first().map(|node| &node.state) {
            Some(NodeState::Failed(why)) if **why == *BUG => BUG,
            _ => OVER,
        };
        CommandError::new(RefusalKind::NotRunning, words)
    }
}
