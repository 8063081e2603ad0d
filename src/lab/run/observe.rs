//! Watches a node for as long as it lives: what happens to it, what it looks like, how it ends.

use super::Shared;
use super::journeys::Sighting;
use super::model::{Model, Node};
use crate::lab::tally::Traffic;
use crate::lab::view::{NodeIx, NodeState, Tone};
use crate::live::{End, NodeHandle};
use crate::node::io::{Event, EventKind};
use crate::node::message::Item;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// The command of a message with a block.
const BLOCK: &str = "block";

/// Watches a node that has just started until it has ended.
pub(super) async fn watch(shared: Arc<Shared>, ix: NodeIx, life: u64, node: Arc<NodeHandle>) {
    let mut events = node.events();
    let mut snapshots = node.snapshots();
    let mut is_shown = false;
    let traffic = shared.lock().node(ix).map(|node| Arc::clone(&node.traffic));
    let traffic = traffic.expect("nodes are never removed");
    let end = loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => {
                    traffic.count(&event);
                    shared.happened(ix, life, event);
                }
                // Snapshots tell how things are in any case.
                Err(RecvError::Lagged(missed)) => traffic.miss(missed),
                Err(RecvError::Closed) => break node.ended().await,
            },
            changed = snapshots.changed(), if !is_shown => match changed {
                Ok(()) => {
                    let snapshot = Arc::clone(&snapshots.borrow_and_update());
                    shared.change(|model| model.seen(ix, life, snapshot));
                }
                // The node's thread is about to end.
                Err(_) => is_shown = true,
            },
            end = node.ended() => break end,
        }
    };
    drain(&shared, ix, life, &traffic, &mut events);
    drop(node);
    shared.ended(ix, life, &end);
}

/// What it still had to say.
fn drain(
    shared: &Shared,
    ix: NodeIx,
    life: u64,
    traffic: &Traffic,
    events: &mut broadcast::Receiver<Event>,
) {
    loop {
        match events.try_recv() {
            Ok(event) => {
                traffic.count(&event);
                shared.happened(ix, life, event);
            }
            Err(TryRecvError::Lagged(missed)) => traffic.miss(missed),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

impl Shared {
    pub(super) fn happened(&self, ix: NodeIx, life: u64, event: Event) {
        let sighting = sighting(ix, &event);
        // Most events are messages without a block, of which nothing is to be seen: they take no
        // lock, unless somebody wants to hear of all.
        let is_plain = is_message(&event) && sighting.is_none();
        if is_plain && !self.telling.is_every_message_wanted() {
            return;
        }
        let event = Arc::new(event);
        let mut model = self.lock();
        let Some(node) = model.alive(ix, life) else {
            return;
        };
        if node.host.is_none() {
            self.telling.tell(ix, &node.name, &event, is_plain);
        }
        if is_plain {
            return;
        }
        node.recent.push(Arc::clone(&event));
        let is_seen = model.happened(ix, life, &event, sighting);
        drop(model);
        if is_seen {
            self.changed();
        }
    }

    /// A node does not run any more.
    pub(super) fn ended(&self, ix: NodeIx, life: u64, end: &End) {
        let now = self.clock.now();
        self.change(|model| {
            // Whoever killed it may have said so before.
            let running = |node: &&mut Node| node.handle.is_some();
            let Some(node) = model.alive(ix, life).filter(running) else {
                return;
            };
            match end {
                End::Stopped => node.ended(NodeState::Down),
                End::Killed => {
                    node.say(now, Tone::Bad, "killed");
                    node.ended(NodeState::Down);
                }
                End::Halted(_) | End::Panicked(_) => {
                    let words = end.to_string();
                    node.say(now, Tone::Bad, words.as_str());
                    node.ended(NodeState::Failed(words.into()));
                }
            }
            model.tally.left(ix.0);
        });
    }
}

impl Model {
    /// Notes what happened to a node; whether anybody can see that.
    fn happened(
        &mut self,
        ix: NodeIx,
        life: u64,
        event: &Event,
        sighting: Option<Sighting>,
    ) -> bool {
        let Some(node) = self.alive(ix, life) else {
            return false;
        };
        match &event.kind {
            EventKind::TipChanged { tip, .. } => node.moved(*tip, event.at, true),
            EventKind::Reorganised { depth, .. } => node.reorganised = Some((event.at, *depth)),
            _ => {}
        }
        let line = self.tell_of(ix, event);
        let nodes = &self.nodes;
        self.tally.happened(ix.0, event, || {
            up(nodes).into_iter().map(|ix| ix.0).collect()
        });
        if let Some(sighting) = sighting {
            let Self {
                journeys, nodes, ..
            } = self;
            journeys.saw(sighting, || up(nodes));
        }
        line || sighting.is_some()
    }

    fn tell_of(&mut self, ix: NodeIx, event: &Event) -> bool {
        if is_message(event) {
            return false;
        }
        let mut story = std::mem::take(&mut self.nodes[ix.0].story);
        let line = story.line(&self.nodes[ix.0].name, event, self);
        let node = &mut self.nodes[ix.0];
        node.story = story;
        line.map(|line| node.tell(line)).is_some()
    }
}

fn is_message(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. }
    )
}

/// The nodes that run.
fn up(nodes: &[Node]) -> Vec<NodeIx> {
    let nodes = nodes.iter().enumerate();
    let up = nodes.filter(|(_, node)| node.state.is_up());
    up.map(|(ix, _)| NodeIx(ix)).collect()
}

/// What an event says of a block's way.
fn sighting(node: NodeIx, event: &Event) -> Option<Sighting> {
    let (hash, height, is_mined) = match &event.kind {
        EventKind::Mined { block, .. } => (block.hash, Some(block.height), true),
        EventKind::TipChanged { tip, .. } => (tip.hash, Some(tip.height), false),
        EventKind::MessageReceived {
            command,
            item: Some(Item::Block(hash)),
            ..
        } if command == BLOCK => (*hash, None, false),
        _ => return None,
    };
    Some(Sighting {
        node,
        at: event.at,
        hash,
        height,
        is_mined,
    })
}
