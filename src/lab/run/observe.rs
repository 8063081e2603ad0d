//! Watches a node for as long as it lives: what happens to it, what it looks like, how it ends.

use super::Shared;
use super::end::Duty;
use super::model::{KnownTo, Model, Node, met_by};
use crate::lab::control::Weight;
use crate::lab::observe::stats::Traffic;
use crate::lab::observe::transcript::{Listener, Party, Transcript};
use crate::lab::view::NodeState;
use crate::live::{End, NodeHandle};
use crate::node::io::words::Tone;
use crate::node::io::{Event, EventKind};
use crate::node::{NodeIx, Time};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Watches a node that has just started until it has ended.
pub(super) async fn watch(duty: Duty, node: Arc<NodeHandle>) {
    let Duty {
        shared, ix, life, ..
    } = &duty;
    let (ix, life) = (*ix, *life);
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
                Err(RecvError::Lagged(missed)) => {
                    traffic.miss(missed);
                    shared.overheard().listener.missed(ix);
                }
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
    drain(shared, ix, life, &traffic, &mut events);
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
            Err(TryRecvError::Lagged(missed)) => {
                traffic.miss(missed);
                shared.overheard().listener.missed(ix);
            }
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

/// What nodes say to each other, and who is who among those whom they name.
#[derive(Default)]
pub(super) struct Overheard {
    listener: Listener,
    /// Nodes of the lab, by what another one calls them, once they have said their names: at most as
    /// many as there are pairs of nodes.
    named: BTreeMap<(NodeIx, Arc<str>), NodeIx>,
}

impl Overheard {
    /// What was said so far.
    pub(super) fn transcript(&self) -> Transcript {
        self.listener.transcript()
    }

    /// A node that runs elsewhere does not run, or not within sight.
    pub(super) fn left(&mut self, node: NodeIx, at: Time) {
        self.listener.left(node, at);
    }
}

impl Shared {
    pub(super) fn happened(&self, ix: NodeIx, life: u64, event: Event) {
        let event = Arc::new(event);
        self.overhear(ix, &event);
        // Between nodes that know each other a plain message takes no other lock, unless a subscriber
        // wants to hear of all.
        let weight = Weight::of(&event);
        if weight == Weight::Plain && !self.bus.is_every_message_wanted() {
            return;
        }
        let mut model = self.lock();
        let Some(node) = model.alive(ix, life) else {
            return;
        };
        if node.host.is_none() {
            self.bus.tell(self.round, ix, &node.name, &event, weight);
        }
        if weight == Weight::Plain {
            return;
        }
        if weight == Weight::News {
            node.recent.push(Arc::clone(&event));
        }
        let is_seen = model.happened(ix, life, &event);
        drop(model);
        if is_seen {
            self.changed();
        }
    }

    fn overhear(&self, ix: NodeIx, event: &Arc<Event>) {
        let Some(name) = peer_of(&event.kind) else {
            return;
        };
        let known = self.overheard().named.get(&(ix, Arc::clone(name))).copied();
        // The model's lock is never waited for while the other one is held.
        let found = known.or_else(|| who(&self.lock().nodes, ix, name));
        let mut overheard = self.overheard();
        // An address may be another node's later, and can be written in many ways.
        if let (Some(found), None, Err(_)) = (found, known, name.parse::<SocketAddr>()) {
            overheard.named.insert((ix, Arc::clone(name)), found);
        }
        let party = |name: &Arc<str>| match found {
            Some(found) => Party::Node(found),
            None => Party::Stranger(Arc::clone(name)),
        };
        overheard.listener.hear(ix, event, party);
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
            let state = match end {
                End::Stopped => NodeState::Down,
                End::Killed => {
                    node.say(now, Tone::Bad, "killed");
                    NodeState::Down
                }
                End::Halted(_) | End::Panicked(_) => {
                    let words = end.to_string();
                    node.say(now, Tone::Bad, words.as_str());
                    NodeState::Failed(words.into())
                }
            };
            model.ended(ix, state);
        });
        self.overheard().listener.left(ix, now);
    }
}

impl Model {
    /// Notes what happened to a node; whether anybody can see that.
    fn happened(&mut self, ix: NodeIx, life: u64, event: &Arc<Event>) -> bool {
        let Some(node) = self.alive(ix, life) else {
            return false;
        };
        match &event.kind {
            EventKind::TipChanged { tip, .. } => {
                node.moved(*tip, event.at, true);
                self.hear(*tip);
            }
            EventKind::Mined { block, .. }
            | EventKind::Withheld { block, .. }
            | EventKind::Reorganised { new: block, .. }
            | EventKind::Released { tip: block, .. } => self.hear(*block),
            _ => {}
        }
        let line = self.tell_of(ix, event);
        self.stats.happened(ix, event);
        let travels = self.propagates(ix, event);
        line || travels
    }

    /// Notes that a block or a transaction has come to a node, if one has; whether that is so.
    fn propagates(&mut self, ix: NodeIx, event: &Event) -> bool {
        let nodes = &self.nodes;
        let who = |name: &str| who(nodes, ix, name);
        let up = || up(nodes);
        let is_of_block = self.propagation.happened(ix, event, who, up);
        is_of_block || self.tx_propagation.happened(ix, event, who, up)
    }

    /// Whether it makes a line of the node's log.
    fn tell_of(&mut self, ix: NodeIx, event: &Arc<Event>) -> bool {
        if event.kind.is_message() {
            return false;
        }
        let mut log = std::mem::take(&mut self.nodes[ix.0].log);
        let makes_line = log.hear(event, &KnownTo(self, ix));
        self.nodes[ix.0].log = log;
        makes_line
    }
}

/// The nodes that run.
fn up(nodes: &[Node]) -> Vec<NodeIx> {
    let nodes = nodes.iter().enumerate();
    let up = nodes.filter(|(_, node)| node.state.is_up());
    up.map(|(ix, _)| NodeIx(ix)).collect()
}

/// The node that another one calls this: by its name, or until they have met by its address.
fn who(all: &[Node], caller: NodeIx, name: &str) -> Option<NodeIx> {
    met_by(all, caller, |node| node.spec.name == name).or_else(|| {
        let addr: SocketAddr = name.parse().ok()?;
        met_by(all, caller, |node| node.addr == addr)
    })
}

/// Whoever is at the other end of a message, or of a connection that has ended.
fn peer_of(event: &EventKind) -> Option<&Arc<str>> {
    match event {
        EventKind::MessageSent { peer, .. }
        | EventKind::MessageReceived { peer, .. }
        | EventKind::PeerDown { peer, .. } => Some(&peer.name),
        _ => None,
    }
}
