//! Which nodes are linked, and how, as this lab's own table and other processes say it.

use super::hand::Host;
use super::model::{Model, Node};
use crate::lab::control::LinkStatus;
use crate::lab::observe::topology::Member;
use crate::lab::view::LinkView;
use crate::live::Links;
use crate::node::NodeIx;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Model {
    /// Puts down what a process says of its links, in place of what it said before. It is shown and
    /// does nothing: what holds for nodes of this process is in its own table.
    pub(super) fn links_told(&mut self, host: &Arc<Host>, told: Vec<LinkStatus>) {
        let nodes = &self.nodes;
        let far = || {
            let nodes = (0..).map(NodeIx).zip(nodes);
            nodes.filter(|(_, node)| node.host.is_some())
        };
        let named = |(ix, node): (NodeIx, &Node)| (node.spec.name.clone(), ix);
        let its = far().filter(|(_, node)| node.is_of(host));
        let its: BTreeMap<_, _> = its.map(named).collect();
        // A node that is alone in its process has its links with those of others.
        let mut all: BTreeMap<_, _> = far().map(named).collect();
        all.extend(its.clone());
        let told = told.into_iter().filter_map(|link| {
            let ends = (*its.get(&link.from)?, *all.get(&link.to)?);
            Some((ends, link.conditions))
        });
        self.topology.told(|ix| nodes[ix.0].is_of(host), told);
    }

    /// All links between nodes of the lab.
    pub(super) fn links(&mut self, table: &Links) -> Arc<Vec<LinkView>> {
        let nodes = &self.nodes;
        let members = nodes.iter().map(|node| Member {
            name: &node.name,
            addr: Some(node.addr),
            process: node.process(),
            is_up: node.state.is_up(),
            dials: &node.spec.connect,
            snapshot: node.snapshot.as_deref(),
        });
        let way = |from: NodeIx, to: NodeIx| {
            let (one, other) = (&nodes[from.0], &nodes[to.0]);
            let is_far = one.host.is_some() && other.host.is_some();
            (!is_far).then(|| table.get(one.addr, other.addr))
        };
        self.topology.links(members, table.edition(), way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::control::{Cookie, Door, Place};
    use crate::lab::spec::NodeSpec;
    use crate::link::{Conditions, LinkState};
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
