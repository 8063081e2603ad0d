//! Which nodes of a lab are linked, and how: as the screen shows it.
//!
//! A link is there while both nodes are connected. When the connection ends it does not vanish, or
//! what was cut could be healed by none: it is shown as long as something keeps it shut, and always if the
//! layout asks for it. Connections that a node found by itself and gave up are gone.

use crate::link::{Conditions, LinkState};
use crate::node::NodeIx;
use crate::node::snapshot::NodeSnapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// Two nodes, in either order, or one way between them.
type Pair = (NodeIx, NodeIx);

/// A node, as far as its links go.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it listens; `None`: nowhere yet.
    pub addr: Option<SocketAddr>,
    /// The process that it runs in, by any number. Labs in virtual time all have the same addresses: who
    /// is at one is in the caller's process first of all.
    pub process: u64,
    /// Whether it runs.
    pub is_up: bool,
    /// Names of the nodes that it is to dial.
    pub dials: &'a [String],
    /// How it was last seen, with its peers.
    pub snapshot: Option<&'a NodeSnapshot>,
}

/// A link between two nodes of the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// Its ends, the lower number first.
    pub ends: (NodeIx, NodeIx),
    /// What it is like from the first to the second.
    pub there: Conditions,
    /// What it is like from the second to the first.
    pub back: Conditions,
    /// There is a connection.
    pub is_connected: bool,
    /// There was one before.
    pub has_met: bool,
    /// Which of its ends was told to connect to the other when it was made.
    pub dials: (bool, bool),
}

impl LinkView {
    /// Whether anything can pass, in any direction.
    pub fn is_open(&self) -> bool {
        self.there.state == LinkState::Open || self.back.state == LinkState::Open
    }

    /// Whether one of its ends was told to connect to the other when it was made: such a link is shown from
    /// the beginning to the end.
    pub fn is_wanted(&self) -> bool {
        self.dials.0 || self.dials.1
    }

    /// Whether neither direction is cut or a black hole.
    pub fn is_wholly_open(&self) -> bool {
        (self.there.state, self.back.state) == (LinkState::Open, LinkState::Open)
    }

    /// What it is like from one of its ends to the other.
    pub fn from(&self, end: NodeIx) -> &Conditions {
        match end == self.ends.0 {
            true => &self.there,
            false => &self.back,
        }
    }
}

/// What is remembered of the links of a lab.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Nodes that were connected at any time.
    met: BTreeSet<Pair>,
    /// What is said of links of which there is no table here, each way.
    told: BTreeMap<Pair, Conditions>,
    edition: u64,
}

impl Topology {
    /// A number that goes up when nodes meet for the first time, or something is told.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Two nodes are connected.
    pub fn met(&mut self, one: NodeIx, other: NodeIx) {
        let is_news = one != other && self.met.insert(pair(one, other));
        self.edition += u64::from(is_news);
    }

    /// All links between these nodes, which are numbered from 0 on, as they are now. `table` says what it
    /// is like from one to another; of what it knows nothing of, what is said of it holds, and until
    /// something is it is like any link.
    pub fn shown<'a>(
        &self,
        nodes: impl Iterator<Item = Member<'a>>,
        table: impl Fn(NodeIx, NodeIx) -> Option<Conditions>,
    ) -> Vec<LinkView> {
        let nodes: Vec<_> = nodes.collect();
        let connected = connected(&nodes);
        let way = |from, to| {
            let told = || self.told.get(&(from, to)).copied();
            table(from, to).or_else(told).unwrap_or_default()
        };
        let met = self.met.union(&connected).copied().collect();
        shown(&connected, &met, &dialled(&nodes), way)
    }

    /// Puts down what is said of the ways that begin at nodes of which `is_its` holds, in place of what
    /// was said of these before.
    pub fn told(
        &mut self,
        is_its: impl Fn(NodeIx) -> bool,
        told: impl IntoIterator<Item = (Pair, Conditions)>,
    ) {
        self.told.retain(|(from, _), _| !is_its(*from));
        let its = told.into_iter().filter(|((from, _), _)| is_its(*from));
        self.told.extend(its);
        self.edition += 1;
    }
}

/// Both, the lower number first.
fn pair(one: NodeIx, other: NodeIx) -> Pair {
    (one.min(other), one.max(other))
}

fn numbered<'a>(nodes: &'a [Member<'a>]) -> impl Iterator<Item = (NodeIx, &'a Member<'a>)> {
    (0..).map(NodeIx).zip(nodes)
}

fn connected(nodes: &[Member<'_>]) -> BTreeSet<Pair> {
    // The first who says to be there is.
    let mut first = BTreeMap::new();
    for (ix, node) in numbered(nodes) {
        let Some(addr) = node.addr else { continue };
        for process in [Some(node.process), None] {
            first.entry((process, addr)).or_insert(ix);
        }
    }
    let at = &|caller: &Member<'_>, addr| {
        let near = first.get(&(Some(caller.process), addr));
        near.or_else(|| first.get(&(None, addr))).copied()
    };
    let running = numbered(nodes).filter(|(_, node)| node.is_up);
    let seen = running.filter_map(|(ix, node)| Some((ix, node, node.snapshot?)));
    let pairs = seen.flat_map(|(ix, node, snapshot)| {
        let peers = snapshot
            .ready_peers()
            .filter_map(move |peer| at(node, peer.listen?));
        peers.map(move |peer| pair(ix, peer))
    });
    let is_up = |ix: NodeIx| nodes[ix.0].is_up;
    pairs
        .filter(|(one, other)| is_up(*one) && is_up(*other) && one != other)
        .collect()
}

/// Those that the layout asks for: who is to dial whom.
fn dialled(nodes: &[Member<'_>]) -> BTreeSet<Pair> {
    let by_name: BTreeMap<_, _> = numbered(nodes).map(|(ix, node)| (node.name, ix)).collect();
    let dialled = numbered(nodes).flat_map(|(ix, node)| {
        let dials = node.dials.iter();
        let dialled = dials.filter_map(|name| by_name.get(name.as_str()));
        dialled.map(move |other| (ix, *other))
    });
    dialled.filter(|(one, other)| one != other).collect()
}

fn shown(
    connected: &BTreeSet<Pair>,
    met: &BTreeSet<Pair>,
    dialled: &BTreeSet<Pair>,
    way: impl Fn(NodeIx, NodeIx) -> Conditions,
) -> Vec<LinkView> {
    // Who is connected has met.
    let wanted = dialled.iter().map(|(one, other)| pair(*one, *other));
    let all: BTreeSet<_> = met.iter().copied().chain(wanted).collect();
    let views = all.into_iter().filter_map(|ends| {
        let link = LinkView {
            ends,
            there: way(ends.0, ends.1),
            back: way(ends.1, ends.0),
            is_connected: connected.contains(&ends),
            has_met: met.contains(&ends),
            dials: (dialled.contains(&ends), dialled.contains(&(ends.1, ends.0))),
        };
        let is_kept = link.is_connected || !link.is_wholly_open() || link.is_wanted();
        is_kept.then_some(link)
    });
    views.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkState;

    fn cut() -> Conditions {
        Conditions::default().in_state(LinkState::Cut)
    }

    /// Nodes that are to dial the one before them.
    fn nodes(names: &[String]) -> impl Iterator<Item = Member<'_>> {
        (3_000..)
            .zip(names)
            .enumerate()
            .map(|(ix, (port, name))| Member {
                name,
                addr: Some(SocketAddr::from(([127, 0, 0, 1], port))),
                process: 0,
                is_up: true,
                dials: &names[ix.saturating_sub(1)..ix],
                snapshot: None,
            })
    }

    #[test]
    fn a_table_holds_before_what_is_said_and_of_a_way_only_its_own_end_says_it() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let (a, b, c) = (NodeIx(0), NodeIx(1), NodeIx(2));
        let table = |from, to| (from == a || to == a).then(Conditions::default);
        let mut topology = Topology::default();
        let states = |topology: &Topology| {
            let links = topology.shown(nodes(&names), table);
            let ends = |link: &LinkView| (link.there.state, link.back.state);
            links.iter().map(ends).collect::<Vec<_>>()
        };
        let (open, shut) = (LinkState::Open, LinkState::Cut);
        topology.told(
            |ix| ix == b,
            [((b, a), cut()), ((b, c), cut()), ((c, b), cut())],
        );
        assert_eq!(states(&topology), [(open, open), (shut, open)]);
        // It says all of it each time.
        topology.told(|ix| ix == c, []);
        assert_eq!(states(&topology), [(open, open), (shut, open)]);
        topology.told(|ix| ix == b, []);
        assert_eq!(states(&topology), [(open, open); 2]);
    }
}
