//! What a lab without a screen tells: lines for people, or JSON.
//!
//! Nothing of it is dropped, and the lab does not wait for its reader: what is not read waits, up to a
//! limit.

use super::super::failure::Failure;
use super::super::table::offset;
use crate::lab::control::NodeEvent;
use crate::lab::core::summary::Summary;
use crate::lab::script::{ScriptView, StepState};
use crate::lab::{LabView, NodeState};
use crate::live::{Output, OutputError};
use crate::node::foreign::plain;
use crate::node::io::EventKind;
use serde_json::json;
use std::io::{ErrorKind, stdout};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Bytes that may wait for their reader: minutes of a busy lab.
const UNREAD_MAX: usize = 64 * 1024 * 1024;

/// How long a live run waits at its end while nothing is read.
const LAST_READ: Duration = Duration::from_secs(10);

/// Time between two looks whether a run that waits for something is to end.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// Where it goes.
pub(super) struct Report {
    is_json: bool,
    out: Output,
    reader: Reader,
}

/// What the run does once [`UNREAD_MAX`] is not read.
pub(super) enum Reader {
    /// It goes on by the clock, so it ends.
    MayBeLate,
    /// It waits, until so many signals asked for its end: one.
    WaitedFor(watch::Receiver<u32>),
}

impl Report {
    pub(super) fn new(is_json: bool, reader: Reader) -> Result<Self, Failure> {
        let out = Output::to(stdout(), "stdout", UNREAD_MAX);
        let out = out.map_err(|error| Failure::other(format!("no output: {error}")))?;
        Ok(Self::on(out, is_json, reader))
    }

    fn on(out: Output, is_json: bool, reader: Reader) -> Self {
        Self {
            is_json,
            out,
            reader,
        }
    }

    /// Something happened to a node, when the lab had gone on for so long.
    pub(super) fn event(&self, elapsed: Duration, event: &NodeEvent) -> Result<(), Failure> {
        let kind = &event.event.kind;
        if is_message(kind) {
            return Ok(());
        }
        if self.is_json {
            return self.put(&format!("{}\n", json!(event)));
        }
        if is_chatter(kind) {
            return Ok(());
        }
        let words = kind.words();
        self.line(elapsed, &event.node, &words)
    }

    /// Events came faster than they could be told.
    pub(super) fn missed(&self, events: u64) -> Result<(), Failure> {
        match self.is_json {
            true => self.put(&format!("{}\n", json!({ "missed": events }))),
            false => self.put(&format!("{events} events were too fast to be told\n")),
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
        if shown
            .as_ref()
            .is_some_and(|shown| shown.runs != script.runs)
        {
            self.line(
                elapsed,
                "script",
                "begins again, in a lab that is made anew",
            )?;
            *shown = None;
        }
        let count = script.steps.len();
        for (at, step) in script.steps.iter().enumerate() {
            let before = shown.as_ref().map(|shown| &shown.steps[at].state);
            if before.unwrap_or(&StepState::Waiting) == &step.state {
                continue;
            }
            let words = match &step.state {
                StepState::Failed(why) => format!("{}: failed: {why}", step.what),
                StepState::Running if step.is_late => format!("{}: running, late", step.what),
                state => format!("{}: {}", step.what, state.name()),
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

    /// Whether it is for programs.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Tells what it came to. Waits for that to be read, unless it is `cut_short`.
    pub(super) async fn end(
        &self,
        last: &str,
        cut_short: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        self.put(last)?;
        let is_waited_for = matches!(self.reader, Reader::WaitedFor(_));
        tokio::pin!(cut_short);
        loop {
            let waiting = self.out.waiting();
            let is_read = tokio::select! {
                biased;
                () = self.out.settled() => return Ok(()),
                () = &mut cut_short => false,
                () = sleep(LAST_READ), if !is_waited_for => self.out.waiting() < waiting,
            };
            if !is_read {
                return Err(unread(self.out.waiting()));
            }
        }
    }

    fn line(&self, at: Duration, who: &str, words: &str) -> Result<(), Failure> {
        self.put(&format!("{} {who}  {words}\n", offset(at)))
    }

    /// Waits until what was told is read, as long as some of it is.
    pub(super) fn settle(&self) {
        self.out.settle(LOOK);
    }

    /// Tells lines as they are.
    pub(super) fn put(&self, text: &str) -> Result<(), Failure> {
        loop {
            let waiting = match self.out.put(plain(text).as_bytes()) {
                Ok(()) => return Ok(()),
                Err(OutputError::Full { waiting }) => waiting,
                // A reader that has gone is no failure.
                Err(OutputError::Broken(error)) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(());
                }
                Err(OutputError::Broken(error)) => return Err(Failure::other(error)),
            };
            match &self.reader {
                Reader::WaitedFor(signals) if *signals.borrow() == 0 => {
                    self.out.wait_for_room(LOOK);
                }
                _ => return Err(unread(waiting)),
            }
        }
    }
}

/// What a run came to, as it is told.
pub(super) fn told(summary: &Summary, is_json: bool) -> String {
    match is_json {
        true => format!("{}\n", json!({ "summary": summary })),
        false => summary.to_string(),
    }
}

/// What there is to say on stderr.
fn unread(bytes: usize) -> Failure {
    let kb = bytes.div_ceil(1_000);
    Failure::other(format!("its output is not read: {kb} kB wait"))
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

#[cfg(test)]
mod tests;
