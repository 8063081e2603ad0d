//! How a lab ends.

use super::round::{Round, fault};
use super::rounds::Course;
use crate::lab::LabError;
use crate::lab::core::{End, Input, Node};
use crate::live::{NodeHandle, Stopwatch, threads};
use crate::node::NodeIx;
use crate::node::io::CommandError;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
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
        self.close_doors();
        let Some(home) = self.home().take() else {
            return Ok(());
        };
        // Those that were just being opened; from here on none are.
        self.close_doors();
        let saved = match home.is_temporary() {
            true => Ok(()),
            false => self.save_into(&home),
        };
        home.leave().and(saved)
    }

    /// Leaves the directory with all that is in it.
    pub(super) fn stay(&self) -> Result<(), LabError> {
        self.close_doors();
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
        self.close_doors();
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

    /// For whoever cannot wait otherwise: not a task, maybe in the midst of a panic.
    pub(super) fn drop_all(self: &Arc<Self>) {
        self.close_doors();
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
        let hands = self.lanes();
        let hands = hands.nodes.values();
        hands.map(|hand| Arc::clone(&hand.handle)).collect()
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
        if !thread::panicking() {
            return;
        }
        let why = format!("a bug in the task that {} it; the log says more", self.what);
        let (node, life, end) = (self.ix, self.life, End::Failed(why.into()));
        self.round.lanes().nodes.remove(&node);
        self.round.handle(Input::Ended { node, life, end });
    }
}

#[cfg(test)]
mod tests {
    use super::super::open::tests::lab as open;
    use super::super::rounds::Rounds;
    use super::*;
    use crate::lab::layout::shipped;
    use crate::lab::{Lab, NodeState, Request};
    use tokio::runtime::Builder;

    /// A lab whose first node is down.
    async fn lab() -> (Arc<Rounds>, Lab) {
        let (rounds, lab) = open(shipped::text("scenario").expect("shipped"));
        let mut changes = lab.changes();
        while rounds.round().is_starting() {
            changes.changed().await.expect("the lab goes on");
        }
        lab.request(Request::Kill(NodeIx(0)));
        let (_, killed) = lab.answer().await;
        killed.expect("it ran");
        (rounds, lab)
    }

    /// Another life of that node begins, which no task sees to.
    fn begin(round: &Round) -> u64 {
        let mut core = round.core();
        core.start(NodeIx(0));
        while core.poll().is_some() {}
        core.nodes()[0].life()
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        runtime.block_on(test);
    }

    #[test]
    fn a_node_whose_task_has_a_bug_has_failed_and_the_lab_closes() {
        run(async {
            let (rounds, lab) = lab().await;
            let round = rounds.round();
            let opening = tokio::spawn(async move {
                let (ix, what) = (NodeIx(0), "opens");
                let life = begin(&round);
                let _duty = Duty {
                    round,
                    ix,
                    life,
                    what,
                };
                panic!("a bug");
            });
            assert!(opening.await.is_err_and(|error| error.is_panic()));
            let state = lab.view().nodes[0].state.clone();
            let NodeState::Failed(why) = &state else {
                panic!("{state:?}");
            };
            assert_eq!(&**why, "a bug in the task that opens it; the log says more");
            lab.close().await.expect("closes");
        });
    }

    #[test]
    fn closing_does_not_wait_for_ever_and_says_for_what_it_waited() {
        run(async {
            let (rounds, lab) = lab().await;
            let life = begin(&rounds.round());
            let stopped = rounds.round().stop_within(Duration::from_millis(1)).await;
            let words = stopped.expect_err("it never opens").to_string();
            assert!(words.contains("central (starting)"), "{words}");
            let (node, end) = (NodeIx(0), End::Stopped);
            rounds.round().handle(Input::Ended { node, life, end });
            lab.close().await.expect("closes");
        });
    }
}
