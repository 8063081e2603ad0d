//! What happens to the nodes of a lab, on its way to whoever listens.

use crate::lab::control::NodeEvent;
use crate::lab::control::limits::{BEHIND_MAX, RECENT_MAX};
use crate::lab::view::NodeIx;
use crate::node::Time;
use crate::node::io::Event;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::broadcast;

/// Where a lab tells what happens to its nodes.
pub(super) struct Telling {
    sender: broadcast::Sender<Arc<Told>>,
    /// Subscribers who want every message.
    want_messages: Arc<AtomicUsize>,
}

/// An event on its way to subscribers, who share one line of it.
pub(in crate::lab) struct Told {
    /// Which node's.
    pub(in crate::lab) ix: NodeIx,
    /// A message that brings no block: only for those who want all.
    pub(in crate::lab) is_message: bool,
    /// The event, with the node's name.
    pub(in crate::lab) event: NodeEvent,
    line: OnceLock<Arc<str>>,
}

/// What happened last to a node.
#[derive(Default)]
pub(super) struct Recent(VecDeque<Arc<Event>>);

/// Whoever holds it wants every message.
pub(in crate::lab) struct WantsMessages(Arc<AtomicUsize>);

impl Default for Telling {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BEHIND_MAX),
            want_messages: Arc::default(),
        }
    }
}

impl Telling {
    /// Whether anybody wants to hear of a message that brings no block.
    pub(super) fn is_every_message_wanted(&self) -> bool {
        self.want_messages.load(Ordering::Relaxed) > 0
    }

    /// What is told from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Told>> {
        self.sender.subscribe()
    }

    /// From now on every message is told, as long as this is held.
    pub(super) fn want_messages(&self) -> WantsMessages {
        self.want_messages.fetch_add(1, Ordering::Relaxed);
        WantsMessages(Arc::clone(&self.want_messages))
    }

    /// Tells whoever listens.
    pub(super) fn tell(&self, ix: NodeIx, name: &str, event: &Arc<Event>, is_message: bool) {
        if self.sender.receiver_count() == 0 {
            return;
        }
        let told = Told {
            ix,
            is_message,
            event: NodeEvent {
                node: name.to_owned(),
                event: Arc::clone(event),
            },
            line: OnceLock::new(),
        };
        // Nobody need listen.
        let _ = self.sender.send(Arc::new(told));
    }
}

impl Told {
    /// The line that tells of it, made once for all.
    pub(in crate::lab) fn line(&self, make: impl FnOnce(&NodeEvent) -> String) -> Arc<str> {
        Arc::clone(self.line.get_or_init(|| make(&self.event).into()))
    }
}

impl Recent {
    /// When something happened last.
    pub(super) fn last(&self) -> Option<Time> {
        self.0.back().map(|event| event.at)
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.0.iter()
    }

    pub(super) fn push(&mut self, event: Arc<Event>) {
        if self.0.len() >= RECENT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }
}

impl Drop for WantsMessages {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
