//! Watches a node for as long as it lives: what happens to it, what it looks like, how it ends.

use super::end::Duty;
use super::round::Round;
use crate::lab::core::{self, Input};
use crate::live::{End, NodeHandle};
use crate::node::NodeIx;
use crate::node::io::Event;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Watches a node that has just started until it has ended.
pub(super) async fn watch(duty: Duty, node: Arc<NodeHandle>) {
    let Duty {
        round, ix, life, ..
    } = &duty;
    let (ix, life) = (*ix, *life);
    let mut events = node.all_events();
    let mut snapshots = node.snapshots();
    let mut is_shown = false;
    let missed = |events| {
        // How things are is shown in any case.
        round.handle(Input::Missed { node: ix, events });
    };
    let end = loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => round.happened(ix, life, Some(node.name()), event),
                Err(RecvError::Lagged(more)) => missed(more),
                Err(RecvError::Closed) => break node.ended().await,
            },
            changed = snapshots.changed(), if !is_shown => match changed {
                Ok(()) => {
                    let snapshot = Arc::clone(&snapshots.borrow_and_update());
                    round.handle(Input::Shown { node: ix, life, snapshot });
                }
                // The node's thread is about to end.
                Err(_) => is_shown = true,
            },
            end = node.ended() => break end,
        }
    };
    drain(round, ix, life, node.name(), &mut events);
    drop(node);
    round.ended_life(ix, life, &end);
}

/// What it still had to say.
fn drain(
    round: &Arc<Round>,
    ix: NodeIx,
    life: u64,
    name: &str,
    events: &mut broadcast::Receiver<Event>,
) {
    loop {
        match events.try_recv() {
            Ok(event) => round.happened(ix, life, Some(name), event),
            Err(TryRecvError::Lagged(events)) => round.handle(Input::Missed { node: ix, events }),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

impl Round {
    /// A node does not run any more.
    fn ended_life(self: &Arc<Self>, node: NodeIx, life: u64, end: &End) {
        self.lanes().nodes.remove(&node);
        let end = match end {
            End::Stopped => core::End::Stopped,
            End::Killed => core::End::Killed,
            End::Halted(_) | End::Panicked(_) | End::Ended(_) => {
                core::End::Failed(end.to_string().into())
            }
        };
        self.handle(Input::Ended { node, life, end });
    }
}
