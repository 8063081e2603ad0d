//! Labs with links, and with messages on their way, made by hand.

#![allow(dead_code, reason = "each test file uses its own part")]

use crate::picture::{at, block, change, crowd, scenario, txid};
use chainlab::lab::observe::transcript::{Listener, Party};
use chainlab::lab::view::{LabView, LinkView};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::NodeIx;
use chainlab::node::io::{ConnId, Event, EventKind, PeerLabel};
use chainlab::node::message::{Item, MessageSummary};
use std::sync::Arc;
use std::time::Duration;

/// An open link of this latency, with a connection.
pub fn link(ends: (usize, usize), ms: u64) -> LinkView {
    let like = Conditions::latency(Duration::from_millis(ms));
    LinkView {
        ends: (NodeIx(ends.0), NodeIx(ends.1)),
        there: like,
        back: like,
        is_connected: true,
        has_met: true,
        dials: (true, false),
    }
}

/// Sets the state of a link, both ways.
pub fn set(lab: &mut LabView, ends: (usize, usize), state: LinkState) {
    with(lab, ends, |link| {
        (link.there.state, link.back.state) = (state, state);
        link.is_connected = state == LinkState::Open;
    });
}

/// Changes a link.
pub fn with(lab: &mut LabView, ends: (usize, usize), change: impl FnOnce(&mut LinkView)) {
    let ends = (NodeIx(ends.0), NodeIx(ends.1));
    let links = Arc::make_mut(&mut lab.links);
    let link = links.iter_mut().find(|link| link.ends == ends);
    change(link.expect("there is such a link"));
}

/// The scenario, with its two links.
pub fn linked_scenario() -> LabView {
    let mut lab = scenario();
    lab.links = Arc::new(vec![link((0, 1), 80), link((0, 2), 80)]);
    lab
}

/// So many nodes in a ring.
pub fn ring(count: usize) -> LabView {
    let mut lab = crowd(u16::try_from(count).expect("few"));
    let ends = (0..count).map(|at| (at, (at + 1) % count));
    let ends = ends.map(|(a, b)| (a.min(b), a.max(b)));
    let mut links: Vec<_> = ends.map(|ends| link(ends, 80)).collect();
    links.sort_by_key(|link| link.ends);
    lab.links = Arc::new(links);
    lab
}

/// So many nodes, each linked with some by a rule.
pub fn web(count: usize) -> LabView {
    let mut lab = ring(count);
    let more = (0..count).filter(|at| at + 5 < count && at % 2 == 0);
    let more = more.map(|at| link((at, at + 5), 80));
    let links = Arc::make_mut(&mut lab.links);
    links.extend(more);
    links.sort_by_key(|link| link.ends);
    lab
}

/// A ring of eight: a link is cut, one is slow, one loses something, a node is down, and a block
/// and a payment are on their way.
pub fn busy_ring() -> LabView {
    let mut lab = ring(8);
    lab.name = "ring".into();
    set(&mut lab, (2, 3), LinkState::Cut);
    with(&mut lab, (5, 6), |link| {
        link.there.latency = Duration::from_millis(400);
    });
    with(&mut lab, (4, 5), |link| link.back.loss = 0.05);
    lab.transcript = talk(&[
        Said::block((0, 1), 42_200, Some(42_206)),
        Said::tx((0, 7), 42_260, None),
    ]);
    change(&mut lab.nodes[0], |node| node.tip = block(13, 0));
    lab
}

/// A shipped layout as a lab that runs: its nodes, and a link for everyone that a node dials.
pub fn shipped(name: &str) -> LabView {
    let layout = chainlab::lab::layout::shipped(name).expect("it is shipped");
    let count = layout.nodes.len();
    let mut lab = ring(count);
    lab.name = name.into();
    let place = |name: &str| layout.nodes.iter().position(|node| node.name == name);
    let mut links = std::collections::BTreeMap::new();
    for (at, spec) in layout.nodes.iter().enumerate() {
        lab.nodes[at].name = spec.name.as_str().into();
        change(&mut lab.nodes[at], |node| node.name.clone_from(&spec.name));
        for to in spec.connect.iter().filter_map(|to| place(to)) {
            let ends = (at.min(to), at.max(to));
            let like = |from: usize, to: usize| {
                let (from, to) = (&layout.nodes[from].name, &layout.nodes[to].name);
                let pair = layout.pairs.iter();
                let mut pair = pair.filter(|pair| pair.from == *from && pair.to == *to);
                pair.next_back().map_or(layout.link, |pair| pair.conditions)
            };
            let mut link = link(ends, 0);
            (link.there, link.back) = (like(ends.0, ends.1), like(ends.1, ends.0));
            links.insert(ends, link);
        }
    }
    lab.links = Arc::new(links.into_values().collect());
    lab
}

/// A message.
pub struct Said {
    pub ends: (usize, usize),
    pub command: &'static str,
    pub item: Option<Item>,
    /// In ms.
    pub sent: u64,
    pub received: Option<u64>,
}

impl Said {
    pub fn block(ends: (usize, usize), sent: u64, received: Option<u64>) -> Self {
        Self {
            ends,
            command: "block",
            item: Some(Item::Block(block(13, 0).hash)),
            sent,
            received,
        }
    }

    pub fn tx(ends: (usize, usize), sent: u64, received: Option<u64>) -> Self {
        Self {
            ends,
            command: "tx",
            item: Some(Item::Tx(txid(9))),
            sent,
            received,
        }
    }
}

/// What was said, in this order.
pub fn talk(all: &[Said]) -> chainlab::lab::observe::transcript::Transcript {
    let mut listener = Listener::default();
    for said in all {
        let (from, to) = (NodeIx(said.ends.0), NodeIx(said.ends.1));
        let mut hear = |node: NodeIx, other: NodeIx, ms: u64, was_sent: bool| {
            let peer = PeerLabel {
                conn: ConnId(1),
                name: "peer".into(),
            };
            let (command, bytes, item) = (said.command.to_owned(), 300, said.item);
            let summary = MessageSummary::Nothing;
            let kind = match was_sent {
                true => EventKind::MessageSent {
                    peer,
                    command,
                    bytes,
                    item,
                    summary,
                },
                false => EventKind::MessageReceived {
                    peer,
                    command,
                    bytes,
                    item,
                    summary,
                },
            };
            let event = Arc::new(Event { at: at(ms), kind });
            listener.hear(node, &event, |_| Party::Node(other));
        };
        hear(from, to, said.sent, true);
        if let Some(received) = said.received {
            hear(to, from, received, false);
        }
    }
    listener.transcript()
}
