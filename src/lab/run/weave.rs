//! Which nodes of a lab are linked, and how: as the screen shows it.
//!
//! A link is there while both nodes are connected. When the connection ends it does not vanish, or
//! nobody could heal what was cut: it is shown as long as something keeps it shut, and always if the
//! layout asks for it. Connections that a node found by itself and gave up are gone.

use super::hand::Host;
use super::model::{Model, Node};
use crate::lab::control::LinkStatus;
use crate::lab::view::LinkView;
use crate::link::Conditions;
use crate::live::Links;
use crate::node::NodeIx;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

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
    /// What other processes say of the links of their nodes, each way, process by process. It is
    /// shown and does nothing: what holds for nodes of this process is in its own table.
    told: Vec<(Weak<Host>, Told)>,
}

/// What is said of links, each way.
type Told = BTreeMap<(NodeIx, NodeIx), Conditions>;

impl Weave {
    /// What is said of a link; until somebody says something, it is like any.
    fn told(&self, from: NodeIx, to: NodeIx) -> Conditions {
        let mut told = self.told.iter();
        let found = told.find_map(|(_, told)| told.get(&(from, to)));
        found.copied().unwrap_or_default()
    }

    /// Some node has other peers than before.
    pub(super) fn peers_changed(&mut self) {
        self.is_stale = true;
    }
}

impl Model {
    /// Puts down what a process says of its links, in place of what it said before.
    pub(super) fn links_told(&mut self, host: &Arc<Host>, told: Vec<LinkStatus>) {
        let far = || {
            (0..)
                .map(NodeIx)
                .zip(&self.nodes)
                .filter(|(_, node)| node.host.is_some())
        };
        let named = |(ix, node): (NodeIx, &Node)| (node.spec.name.clone(), ix);
        let its: BTreeMap<_, _> = far()
            .filter(|(_, node)| node.is_of(host))
            .map(named)
            .collect();
        // A node that is alone in its process has its links with those of others.
        let mut all: BTreeMap<_, _> = far().map(named).collect();
        all.extend(its.clone());
        let told = told.into_iter().filter_map(|link| {
            let ends = (*its.get(&link.from)?, *all.get(&link.to)?);
            Some((ends, link.conditions))
        });
        let told: Told = told.collect();
        let is_its = |(known, _): &(Weak<Host>, Told)| known.as_ptr() == Arc::as_ptr(host);
        self.weave.is_stale = true;
        self.weave
            .told
            .retain(|(known, _)| known.strong_count() > 0);
        match self.weave.told.iter_mut().find(|entry| is_its(entry)) {
            Some((_, old)) => *old = told,
            None => self.weave.told.push((Arc::downgrade(host), told)),
        }
    }

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
            let shown = shown(&self.nodes, &connected, &self.weave, table);
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
    weave: &Weave,
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
    let all = connected.iter().chain(&weave.met).chain(&wanted);
    let all: BTreeSet<_> = all.copied().collect();
    let views = all.into_iter().filter_map(|ends| {
        let way = |from: NodeIx, to: NodeIx| {
            let (one, other) = (&nodes[from.0], &nodes[to.0]);
            match one.host.is_some() && other.host.is_some() {
                true => weave.told(from, to),
                false => table.get(one.addr, other.addr),
            }
        };
        let link = LinkView {
            ends,
            there: way(ends.0, ends.1),
            back: way(ends.1, ends.0),
            is_connected: connected.contains(&ends),
        };
        let is_kept = link.is_connected || !link.is_wholly_open() || wanted.contains(&ends);
        is_kept.then_some(link)
    });
    views.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::control::{Cookie, Door, Place};
    use crate::lab::spec::NodeSpec;
    use crate::link::LinkState;
    use std::net::SocketAddr;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn host(port: u16) -> Arc<Host> {
        Arc::new(Host::new(Door {
            at: Place::Tcp(at(port)),
            cookie: Cookie::Text("secret".to_owned()),
        }))
    }

    fn node(name: &str, port: u16, dials: &str, host: Option<&Arc<Host>>) -> Node {
        let mut spec = NodeSpec::new(name);
        spec.connect = vec![dials.to_owned()];
        let mut node = Node::new(spec, at(port));
        node.host = host.cloned();
        node
    }

    fn cut(from: &str, to: &str) -> LinkStatus {
        LinkStatus {
            from: from.to_owned(),
            to: to.to_owned(),
            conditions: Conditions::default().in_state(LinkState::Cut),
        }
    }

    #[test]
    fn what_another_process_says_of_links_is_shown_and_bends_nothing_here() {
        let (one, other) = (host(1), host(2));
        // Two of this process, and two of another that claims to have them at the same addresses.
        let mut model = Model {
            nodes: vec![
                node("a", 3_000, "b", None),
                node("b", 3_001, "a", None),
                node("x", 3_000, "y", Some(&one)),
                node("y", 3_001, "x", Some(&one)),
            ],
            ..Model::default()
        };
        let table = Links::default();
        let states = |model: &mut Model| {
            let links = model.links(&table);
            let ends = |link: &LinkView| (link.there.state, link.back.state);
            links.iter().map(ends).collect::<Vec<_>>()
        };
        let (open, shut) = (LinkState::Open, LinkState::Cut);
        model.links_told(&one, vec![cut("x", "y"), cut("a", "b"), cut("x", "nobody")]);
        assert_eq!(states(&mut model), [(open, open), (shut, open)]);
        assert!(table.all().is_empty());
        // It says all of it each time; and nobody speaks for another's nodes.
        model.links_told(&one, Vec::new());
        model.links_told(&other, vec![cut("x", "y")]);
        assert_eq!(states(&mut model), [(open, open); 2]);
    }
}
