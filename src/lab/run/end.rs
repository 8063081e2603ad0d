//! How a lab ends.

#![allow(
    clippy::disallowed_methods,
    reason = "a drop can only wait by sleeping"
)]

use super::Shared;
use super::ask::fault;
use super::error::LabError;
use super::model::Model;
use crate::lab::view::NodeState;
use crate::live::NodeHandle;
use crate::node::io::CommandError;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a lab that is dropped waits for its nodes: they close within milliseconds, but a disk
/// may be busy.
const DROP_MAX: Duration = Duration::from_secs(10);

/// Time between two looks meanwhile.
const DROP_LOOK: Duration = Duration::from_millis(2);

impl Shared {
    /// Stops all nodes, also those that are on their way up, and waits for them.
    pub(super) async fn stop_all(&self) {
        let mut changes = self.changes.subscribe();
        while self.ask_all_to_stop() {
            if changes.changed().await.is_err() {
                return;
            }
        }
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

    /// Keeps a temporary lab.
    pub(super) async fn keep(&self) -> Result<PathBuf, CommandError> {
        if !self.lock().is_temporary {
            return Err("this lab is kept already, where it is".into());
        }
        self.close_doors();
        self.stop_all().await;
        let mut place = self.home();
        let home = place.take().ok_or("the lab is over")?;
        if let Err(error) = self.save_into(&home) {
            *place = Some(home);
            return Err(fault(error));
        }
        match home.keep(&self.layout.name) {
            Ok(path) => {
                drop(place);
                self.change(|model| model.is_temporary = false);
                Ok(path)
            }
            Err((home, error)) => {
                *place = Some(home);
                Err(fault(error))
            }
        }
    }

    /// For whoever cannot wait otherwise: not a task, maybe in the midst of a panic.
    pub(super) fn drop_all(&self) {
        self.close_doors();
        let since = Instant::now();
        let mut ending = Vec::new();
        while self.ask_all_to_stop() {
            let handles = self.handles();
            let has_ended = |handle: &Arc<NodeHandle>| handle.has_ended();
            if !handles.is_empty() {
                ending = handles;
            }
            let is_starting = self
                .lock()
                .nodes
                .iter()
                .any(|node| node.state == NodeState::Starting);
            let is_done = !is_starting && ending.iter().all(has_ended);
            if is_done || since.elapsed() > DROP_MAX {
                break;
            }
            thread::sleep(DROP_LOOK);
        }
        if let Err(error) = self.leave() {
            tracing::error!("{error}");
        }
    }

    /// Lets nothing start any more and has everything stop that runs; whether anything still does.
    fn ask_all_to_stop(&self) -> bool {
        let was_over = std::mem::replace(&mut self.lock().is_over, true);
        if !was_over {
            self.changed();
        }
        let mut model = self.lock();
        model.stopping();
        let is_busy = model.is_busy();
        drop(model);
        self.handles()
            .iter()
            .for_each(|handle| handle.ask_to_stop());
        is_busy
    }

    fn handles(&self) -> Vec<Arc<NodeHandle>> {
        let model = self.lock();
        model
            .nodes
            .iter()
            .filter_map(|node| node.handle.as_ref()?.own())
            .collect()
    }
}

impl Model {
    fn stopping(&mut self) {
        for node in &mut self.nodes {
            if node.host.is_some() {
                // Those of other processes go on without being looked at.
                node.ended(NodeState::Down);
            } else if node.state.is_up() {
                node.state = NodeState::Stopping;
            }
        }
    }
}
