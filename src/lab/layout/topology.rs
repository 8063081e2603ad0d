//! Who dials whom, by a rule.
//!
//! Nodes are numbered from 0 on. A link has one end that dials, the later node: no node dials one
//! that is started after it, and no two dial each other.

use crate::node::random::Random;
use std::collections::BTreeSet;

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Each knows the next, and the last the first.
    Ring,
    /// Each knows the next.
    Line,
    /// All nodes know one, and no other.
    Star {
        /// That one.
        center: usize,
    },
    /// Everybody knows everybody.
    Mesh,
    /// A ring in an order that is drawn, which makes sure that no node is cut off, and more links
    /// between pairs that are drawn, until there are so many that a node has `degree` on average.
    Random {
        /// Links of a node, on average; the ring makes it at least 2.
        degree: usize,
        /// What everything is drawn from.
        seed: u64,
    },
}

/// A link: the node that dials, and the one that is dialled.
pub type Dial = (usize, usize);

impl Topology {
    /// The links between so many nodes. Each pair is there at most once.
    pub fn links(self, nodes: usize) -> BTreeSet<Dial> {
        match self {
            Self::Ring => ring(&Vec::from_iter(0..nodes)),
            Self::Line => (1..nodes).map(|node| (node, node - 1)).collect(),
            Self::Star { center } => (0..nodes).filter_map(|node| dial(node, center)).collect(),
            Self::Mesh => pairs(nodes).collect(),
            Self::Random { degree, seed } => random(nodes, degree, seed),
        }
    }
}

fn dial(a: usize, b: usize) -> Option<Dial> {
    (a != b).then(|| (a.max(b), a.min(b)))
}

/// All links that there can be.
fn pairs(nodes: usize) -> impl Iterator<Item = Dial> {
    (0..nodes).flat_map(|later| (0..later).map(move |earlier| (later, earlier)))
}

fn ring(order: &[usize]) -> BTreeSet<Dial> {
    let next = order.iter().cycle().skip(1);
    let links = order.iter().zip(next).map(|(a, b)| dial(*a, *b));
    links.flatten().collect()
}

fn random(nodes: usize, degree: usize, seed: u64) -> BTreeSet<Dial> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = Random::new(&bytes);

    let mut order = Vec::from_iter(0..nodes);
    random.draw(&mut order, nodes);
    let mut links = ring(&order);

    // Every link has two ends.
    let wanted = nodes.saturating_mul(degree) / 2;
    let mut left: Vec<Dial> = pairs(nodes).filter(|pair| !links.contains(pair)).collect();
    random.draw(&mut left, wanted.saturating_sub(links.len()));
    links.extend(left);
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::layout::NODES_MAX;

    /// Nodes that can be reached from the first.
    fn reached(links: &BTreeSet<Dial>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([0]);
        loop {
            let before = reached.len();
            for (a, b) in links {
                if reached.contains(a) || reached.contains(b) {
                    reached.extend([*a, *b]);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }

    fn all_kinds(nodes: usize) -> Vec<Topology> {
        let random = |degree, seed| Topology::Random { degree, seed };
        vec![
            Topology::Ring,
            Topology::Line,
            Topology::Mesh,
            Topology::Star { center: 0 },
            Topology::Star { center: nodes - 1 },
            Topology::Star { center: nodes / 2 },
            random(2, 1),
            random(4, 1),
            random(4, u64::MAX),
            random(NODES_MAX, 7),
        ]
    }

    #[test]
    fn whatever_the_kind_and_the_number_everybody_is_reached_and_the_later_node_dials() {
        for nodes in 1..=NODES_MAX {
            for kind in all_kinds(nodes) {
                let links = kind.links(nodes);
                assert_eq!(reached(&links).len(), nodes, "{kind:?} of {nodes}");
                for (dials, dialled) in &links {
                    assert!(dials > dialled && *dials < nodes, "{kind:?} of {nodes}");
                }
            }
        }
    }

    fn links(kind: Topology, nodes: usize) -> Vec<Dial> {
        kind.links(nodes).into_iter().collect()
    }

    #[test]
    fn the_kinds_are_what_they_are_called() {
        assert_eq!(links(Topology::Ring, 4), [(1, 0), (2, 1), (3, 0), (3, 2)]);
        assert_eq!(links(Topology::Line, 4), [(1, 0), (2, 1), (3, 2)]);
        let star = Topology::Star { center: 2 };
        assert_eq!(links(star, 4), [(2, 0), (2, 1), (3, 2)]);
        assert_eq!(
            links(Topology::Mesh, 4),
            [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
        );
        assert_eq!(Topology::Mesh.links(128).len(), 128 * 127 / 2);
        for kind in all_kinds(1) {
            assert_eq!(links(kind, 1), []);
        }
        for kind in all_kinds(2) {
            assert_eq!(links(kind, 2), [(1, 0)]);
        }
    }

    #[test]
    fn a_random_net_has_the_links_it_was_asked_for_and_nobody_hangs_by_one() {
        for nodes in 3..=NODES_MAX {
            for degree in [2, 3, 4, 8, 127] {
                let links = Topology::Random { degree, seed: 3 }.links(nodes);
                let possible = nodes * (nodes - 1) / 2;
                assert_eq!(links.len(), (nodes * degree / 2).min(possible));
                for node in 0..nodes {
                    let mine = links.iter().filter(|(a, b)| *a == node || *b == node);
                    assert!(mine.count() >= 2, "{node} of {nodes}");
                }
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_net_again_and_another_seed_another() {
        let net = |seed| Topology::Random { degree: 4, seed }.links(24);
        assert_eq!(net(1), net(1));
        let nets: BTreeSet<_> = (0..20).map(net).collect();
        assert_eq!(nets.len(), 20);
    }
}
