//! What a lab without a screen tells: lines for people, or JSON.

use super::super::table::offset;
use super::super::{Failure, print};
use crate::lab::control::NodeEvent;
use crate::lab::script::{ScriptView, StepState};
use crate::lab::summary::Summary;
use crate::lab::{LabView, NodeState};
use crate::live;
use crate::node::io::EventKind;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Where it goes.
pub(super) struct Report {
    is_json: bool,
}

impl Report {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    /// Something happened to a node, when the lab had gone on for so long.
    pub(super) fn event(&self, elapsed: Duration, event: &NodeEvent) -> Result<(), Failure> {
        let kind = &event.event.kind;
        if is_message(kind) {
            return Ok(());
        }
        if self.is_json {
            return print(&format!("{}\n", json!(event)));
        }
        if is_chatter(kind) {
            return Ok(());
        }
        let words = live::words(kind);
        self.line(elapsed, &event.node, &words)
    }

    /// Events came faster than they could be told.
    pub(super) fn missed(&self, events: u64) -> Result<(), Failure> {
        match self.is_json {
            true => print(&format!("{}\n", json!({ "missed": events }))),
            false => print(&format!("{events} events were too fast to be told\n")),
        }
    }

    /// Tells of steps that are not as they were.
    pub(super) fn steps(
        &self,
        elapsed: Duration,
        script: &Arc<ScriptView>,
        shown: &mut Option<Arc<ScriptView>>,
    ) -> Result<(), Failure> {
        if self.is_json || shown.as_ref() == Some(script) {
            return Ok(());
        }
        let count = script.steps.len();
        for (at, step) in script.steps.iter().enumerate() {
            let before = shown.as_ref().map(|shown| &shown.steps[at].state);
            if before.unwrap_or(&StepState::Waiting) == &step.state {
                continue;
            }
            let words = match &step.state {
                StepState::Failed(why) => format!("{}: failed: {why}", step.title),
                state => format!("{}: {}", step.title, state.name()),
            };
            self.line(elapsed, &format!("step {} of {count}", at + 1), &words)?;
        }
        *shown = Some(Arc::clone(script));
        Ok(())
    }

    /// Tells of nodes that do not run any more, or run again.
    pub(super) fn states(
        &self,
        elapsed: Duration,
        view: &LabView,
        shown: &mut Vec<NodeState>,
    ) -> Result<(), Failure> {
        if self.is_json {
            return Ok(());
        }
        shown.resize(view.nodes.len(), NodeState::Starting);
        for (node, before) in view.nodes.iter().zip(shown) {
            if node.state == *before {
                continue;
            }
            before.clone_from(&node.state);
            let words = match &node.state {
                NodeState::Starting | NodeState::Stopping => continue,
                NodeState::Failed(why) => format!("failed: {why}"),
                state => state.to_string(),
            };
            self.line(elapsed, &node.name, &words)?;
        }
        Ok(())
    }

    /// What it came to.
    pub(super) fn end(&self, summary: &Summary) -> Result<(), Failure> {
        match self.is_json {
            true => print(&format!("{}\n", json!({ "summary": summary }))),
            false => print(&summary.to_string()),
        }
    }

    fn line(&self, at: Duration, who: &str, words: &str) -> Result<(), Failure> {
        print(&format!("{} {who}  {words}\n", offset(at)))
    }
}

fn is_message(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. }
    )
}

/// What people do not wait for.
fn is_chatter(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::DialFailed { .. } | EventKind::TxRefused { .. } | EventKind::BlockWaits { .. }
    )
}
