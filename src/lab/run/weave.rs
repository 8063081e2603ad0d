//! Which nodes of a lab are linked, and how: as the screen shows it.
//!
//! A link is there while both nodes are connected. When the connection ends it does not vanish, or
//! nobody could heal what was cut: it is shown as long as something keeps it shut, and always if the
//! layout asks for it. Connections that a node found by itself and gave up are gone.

use super::model::{Model, Node};
use crate::lab::view::{LinkView, NodeIx};
use crate::link::LinkState;
use crate::live::Links;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The links as they were shown last.
#[derive(Default)]
pub(super) struct Weave {
    shown: Arc<Vec<LinkView>>,
    /// Some node's peers are others than they were.
    is_stale: bool,
    /// The table of links, and who ran, when this was last looked at.
    edition: Option<u64>,
    up: Vec<bool>,
    /// Nodes that were connected at any time.
    met: BTreeSet<(NodeIx, NodeIx)>,
}

impl Weave {
    /// Some node has other peers than before.
    pub(super) fn peers_changed(&mut self) {
        self.is_stale = true;
    }
}

impl Model {
    /// All links between nodes of the lab.
    pub(super) fn links(&mut self, table: &Links) -> Arc<Vec<LinkView>> {
        let up = || self.nodes.iter().map(|node| node.state.is_up());
        let edition = Some(table.edition());
        let is_fresh = self.weave.edition == edition && up().eq(self.weave.up.iter().copied());
        if !is_fresh || self.weave.is_stale {
            self.weave.up = up().collect();
            (self.weave.edition, self.weave.is_stale) = (edition, false);
            let connected = connected(&self.nodes);
            self.weave.met.extend(&connected);
            let shown = shown(&self.nodes, &connected, &self.weave.met, table);
            self.weave.shown = Arc::new(shown);
        }
        Arc::clone(&self.weave.shown)
    }
}

/// Both, the lower number first.
fn pair(one: NodeIx, other: NodeIx) -> (NodeIx, NodeIx) {
    (one.min(other), one.max(other))
}

fn connected(nodes: &[Node]) -> BTreeSet<(NodeIx, NodeIx)> {
    let at: BTreeMap<_, _> = (0..)
        .map(NodeIx)
        .zip(nodes)
        .map(|(ix, node)| (node.addr, ix))
        .collect();
    let running = (0..)
        .map(NodeIx)
        .zip(nodes)
        .filter(|(_, node)| node.state.is_up());
    let seen = running.filter_map(|(ix, node)| Some((ix, node.snapshot.as_ref()?)));
    let pairs = seen.flat_map(|(ix, snapshot)| {
        let peers = snapshot
            .ready_peers()
            .filter_map(|peer| at.get(&peer.listen?));
        peers.map(move |peer| pair(ix, *peer))
    });
    let is_up = |ix: NodeIx| nodes[ix.0].state.is_up();
    pairs
        .filter(|(one, other)| is_up(*one) && is_up(*other) && one != other)
        .collect()
}

fn shown(
    nodes: &[Node],
    connected: &BTreeSet<(NodeIx, NodeIx)>,
    met: &BTreeSet<(NodeIx, NodeIx)>,
    table: &Links,
) -> Vec<LinkView> {
    let by_name: BTreeMap<_, _> = (0..)
        .map(NodeIx)
        .zip(nodes)
        .map(|(ix, node)| (&*node.name, ix))
        .collect();
    let wanted = (0..).map(NodeIx).zip(nodes).flat_map(|(ix, node)| {
        let dialled = node
            .spec
            .connect
            .iter()
            .filter_map(|name| by_name.get(name.as_str()));
        dialled.map(move |other| pair(ix, *other))
    });
    let wanted: BTreeSet<_> = wanted.filter(|(one, other)| one != other).collect();
    let all = connected.iter().chain(met).chain(&wanted);
    let all: BTreeSet<_> = all.copied().collect();
    let views = all.into_iter().filter_map(|ends| {
        let (one, other) = (nodes[ends.0.0].addr, nodes[ends.1.0].addr);
        let (there, back) = (table.get(one, other), table.get(other, one));
        let is_connected = connected.contains(&ends);
        let is_shut = [there, back].iter().any(|way| way.state != LinkState::Open);
        (is_connected || is_shut || wanted.contains(&ends)).then_some(LinkView {
            ends,
            there,
            back,
            is_connected,
        })
    });
    views.collect()
}
