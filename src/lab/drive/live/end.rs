//! How a lab ends.

use super::course::Course;
use super::round::{Round, fault};
use crate::lab::core::{End, Input, Node};
use crate::lab::drive::LabError;
use crate::live::{NodeHandle, Stopwatch, threads};
use crate::node::NodeIx;
use crate::node::io::CommandError;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// How long a lab that is closed waits for its nodes: a disk may have much to take.
const CLOSE_MAX: Duration = Duration::from_secs(60);

/// How long a lab that is dropped waits for its nodes: they close within milliseconds, but a disk
/// may be busy.
const DROP_MAX: Duration = Duration::from_secs(10);

/// Time between two looks meanwhile.
const DROP_LOOK: Duration = Duration::from_millis(2);

impl Round {
    /// Stops all nodes, also those that are on their way up, and waits for them.
    ///
    /// # Errors
    /// [`LabError::NotClosed`].
    pub(super) async fn stop_all(self: &Arc<Self>) -> Result<(), LabError> {
        self.stop_within(CLOSE_MAX).await
    }

    pub(super) async fn stop_within(self: &Arc<Self>, limit: Duration) -> Result<(), LabError> {
        let mut changes = self.changes.subscribe();
        let stopped = async { while self.ask_all_to_stop() && changes.changed().await.is_ok() {} };
        let stopped = timeout(limit, stopped).await;
        let state = |node: &Node| format!("{} ({})", node.name(), node.state());
        stopped.map_err(|_| LabError::NotClosed {
            nodes: {
                let core = self.core();
                let busy = core.nodes().iter().filter(|node| node.is_busy());
                busy.filter(|node| node.host().is_none())
                    .map(state)
                    .collect()
            },
            waited: limit,
        })
    }

    /// Leaves the directory as it should be left.
    pub(super) fn leave(&self) -> Result<(), LabError> {
        self.close_endpoints();
        let Some(home) = self.home().take() else {
            return Ok(());
        };
        // Those that were just being opened; from here on none are.
        self.close_endpoints();
        let saved = match home.is_temporary() {
            true => Ok(()),
            false => self.save_into(&home),
        };
        home.leave().and(saved)
    }

    /// Leaves the directory with all that is in it.
    pub(super) fn stay(&self) -> Result<(), LabError> {
        self.close_endpoints();
        let home = self.home().take();
        home.map_or(Ok(()), |home| self.save_into(&home))
    }

    /// Keeps a temporary lab.
    pub(super) async fn keep(self: &Arc<Self>) -> Result<PathBuf, CommandError> {
        if !self.is_temporary.load(Ordering::Relaxed) {
            return Err("this lab is kept already, where it is".into());
        }
        {
            let mut course = self.course();
            if *course == Course::Clearing {
                return Err(course.words().unwrap_or_default().into());
            }
            *course = Course::Over;
        }
        self.closing();
        self.close_endpoints();
        self.stop_all().await.map_err(fault)?;
        let mut place = self.home();
        let home = place.take().ok_or("the lab is over")?;
        if let Err(error) = self.save_into(&home) {
            *place = Some(home);
            return Err(fault(error));
        }
        match home.keep(&self.layout.name) {
            Ok(path) => {
                drop(place);
                self.is_temporary.store(false, Ordering::Relaxed);
                self.changed();
                Ok(path)
            }
            Err((home, error)) => {
                *place = Some(home);
                Err(fault(error))
            }
        }
    }

    /// For what cannot wait otherwise: no task, maybe in the midst of a panic.
    pub(super) fn drop_all(self: &Arc<Self>) {
        self.close_endpoints();
        let since = Stopwatch::start();
        let mut ending = Vec::new();
        while self.ask_all_to_stop() {
            let handles = self.handles();
            let has_ended = |handle: &Arc<NodeHandle>| handle.has_ended();
            if !handles.is_empty() {
                ending = handles;
            }
            let is_starting = self.is_starting();
            let is_done = !is_starting && ending.iter().all(has_ended);
            if is_done || since.elapsed() > DROP_MAX {
                break;
            }
            threads::rest(DROP_LOOK);
        }
        if let Err(error) = self.leave() {
            tracing::error!("{error}");
        }
    }

    /// Lets nothing start any more and has everything stop that runs; whether anything still does.
    fn ask_all_to_stop(self: &Arc<Self>) -> bool {
        let is_news = self.course().end();
        if is_news {
            self.closing();
        }
        let is_busy = self.is_busy();
        self.handles()
            .iter()
            .for_each(|handle| handle.ask_to_stop());
        is_busy
    }

    /// Core is told that the round is over.
    pub(super) fn closing(self: &Arc<Self>) {
        let why = self.course().words().unwrap_or_default();
        self.handle(Input::Closing(why.into()));
    }

    /// Whether a node of this process is on its way up.
    pub(super) fn is_starting(&self) -> bool {
        self.core().is_starting()
    }

    /// Whether one runs, or is on its way up or down.
    fn is_busy(&self) -> bool {
        let core = self.core();
        let mut own = core.nodes().iter().filter(|node| node.host().is_none());
        own.any(Node::is_busy)
    }

    fn handles(&self) -> Vec<Arc<NodeHandle>> {
        let running = self.lanes();
        let running = running.nodes.values();
        running.map(|running| Arc::clone(&running.handle)).collect()
    }

    /// Returns when nothing starts any more.
    pub(in crate::lab::drive) async fn over(&self) {
        let mut changes = self.changes.subscribe();
        while !self.course().is_over() && changes.changed().await.is_ok() {}
    }
}

/// What a task does for a node's life. If it ends by a panic, so has that life: without it the node
/// would be on its way for ever, and so would those who wait for that.
pub(super) struct Duty {
    pub(super) round: Arc<Round>,
    pub(super) ix: NodeIx,
    pub(super) life: u64,
    /// What the task does, as in `opens`.
    pub(super) what: &'static str,
}

impl Drop for Duty {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let why = format!("a bug in the task that {} it; the log says more", self.what);
        let (node, life, end) = (self.ix, self.life, End::Failed(why.into()));
        self.round.lanes().nodes.remove(&node);
        self.round.handle(Input::Ended { node, life, end });
    }
}

#[cfg(test)]
mod tests;
