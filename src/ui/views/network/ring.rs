//! In which order nodes stand around the picture: neighbours near each other.
//!
//! The order follows from how many nodes there are and who is linked with whom, and from nothing
//! else: not from who is connected just now. It is looked for by small changes, a node put
//! elsewhere or a stretch turned round, for as long as links become shorter; from the order of
//! numbers and from the order in which a walk along the links meets the nodes, of which the better
//! one wins. No chance is involved, so the same network always looks the same.

use std::collections::BTreeSet;

/// Most nodes that are drawn as a graph; of more a table tells more.
pub const DRAWN_MAX: usize = 32;

/// Times that all small changes are tried.
const PASSES: usize = 8;

/// Least nodes around one that knows all others for it to stand in the middle.
const SPOKES: usize = 4;

/// Both ends of a link.
type Edge = (usize, usize);

/// Nodes around the picture, clockwise from the top, and perhaps one in the middle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// Who stands in the middle.
    pub hub: Option<usize>,
    /// The others.
    pub order: Vec<usize>,
}

impl Ring {
    /// Of so many nodes with these links.
    pub fn new(count: usize, links: &BTreeSet<Edge>) -> Self {
        if count > DRAWN_MAX {
            // They are lines of a table.
            return Self {
                hub: None,
                order: (0..count).collect(),
            };
        }
        if let Some(hub) = hub(count, links) {
            return Self {
                hub: Some(hub),
                order: (0..count).filter(|node| *node != hub).collect(),
            };
        }
        Self {
            hub: None,
            order: around(count, links),
        }
    }

    /// As many nodes as wide as [`Ring::new`] has them, in no order that means anything: enough to know
    /// whether they have room.
    pub fn in_no_order(count: usize, links: &BTreeSet<Edge>) -> Self {
        let hub = hub(count, links).filter(|_| count <= DRAWN_MAX);
        Self {
            hub,
            order: (0..count).filter(|node| Some(*node) != hub).collect(),
        }
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.order.len() + usize::from(self.hub.is_some())
    }

    /// The same without a node in the middle.
    pub fn without_hub(&self) -> Self {
        Self {
            hub: None,
            order: self.hub.into_iter().chain(self.order.clone()).collect(),
        }
    }
}

/// The node that every link leads to, if there is one that knows all others.
fn hub(count: usize, links: &BTreeSet<Edge>) -> Option<usize> {
    if count <= SPOKES || links.len() != count - 1 {
        return None;
    }
    let at_all = |node: &usize| links.iter().all(|(a, b)| a == node || b == node);
    (0..count).find(at_all)
}

fn around(count: usize, links: &BTreeSet<Edge>) -> Vec<usize> {
    let by_number = shortened((0..count).collect(), links);
    let by_walk = shortened(walk(count, links), links);
    let mut order = match length(&by_walk, links) < length(&by_number, links) {
        true => by_walk,
        false => by_number,
    };
    // The first node at the top, and of its neighbours the lower one to the right.
    if let Some(first) = order.iter().position(|node| *node == 0) {
        order.rotate_left(first);
    }
    if count > 2 && order[count - 1] < order[1] {
        order[1..].reverse();
    }
    order
}

/// The nodes as a walk meets them that goes on from each to a neighbour that was not met yet.
fn walk(count: usize, links: &BTreeSet<Edge>) -> Vec<usize> {
    let mut met = Vec::new();
    for start in 0..count {
        let mut next = vec![start];
        while let Some(at) = next.pop() {
            if met.contains(&at) {
                continue;
            }
            met.push(at);
            let linked =
                |other: &usize| links.contains(&(at, *other)) || links.contains(&(*other, at));
            next.extend((0..count).rev().filter(linked));
        }
    }
    met
}

/// The order after all small changes that make links shorter.
fn shortened(mut order: Vec<usize>, links: &BTreeSet<Edge>) -> Vec<usize> {
    let changes: [fn(&mut [usize]); 3] = [
        |part| part.reverse(),
        |part| part.rotate_left(1),
        |part| part.rotate_right(1),
    ];
    let mut best = length(&order, links);
    for _ in 0..PASSES {
        let before = best;
        for from in 0..order.len() {
            for to in from + 1..order.len() {
                for change in changes {
                    let mut other = order.clone();
                    change(&mut other[from..=to]);
                    let now = length(&other, links);
                    if now < best {
                        (order, best) = (other, now);
                    }
                }
            }
        }
        if best == before {
            break;
        }
    }
    order
}

/// How far all linked nodes are from each other, in places around the picture.
fn length(order: &[usize], links: &BTreeSet<Edge>) -> usize {
    let mut place = vec![0; order.len()];
    for (at, node) in order.iter().enumerate() {
        place[*node] = at;
    }
    let far = |(a, b): &Edge| {
        let apart = place[*a].abs_diff(place[*b]);
        apart.min(order.len() - apart)
    };
    links.iter().map(far).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(pairs: &[Edge]) -> BTreeSet<Edge> {
        pairs.iter().copied().collect()
    }

    #[test]
    fn a_ring_is_a_ring_whatever_the_numbers_of_its_nodes() {
        // 0 4 1 5 2 6 3 7, and round.
        let order = [0, 4, 1, 5, 2, 6, 3, 7];
        let pairs = order.iter().zip(order.iter().cycle().skip(1));
        let pairs: BTreeSet<_> = pairs.map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        let ring = Ring::new(8, &pairs);
        assert_eq!(ring.order, order);
        assert_eq!(length(&ring.order, &pairs), 8);
    }

    #[test]
    fn two_crowds_with_one_link_between_them_stand_apart() {
        let odd_and_even = links(&[(0, 2), (0, 4), (2, 4), (1, 3), (1, 5), (3, 5), (4, 5)]);
        let ring = Ring::new(6, &odd_and_even);
        let kinds: Vec<_> = ring.order.iter().map(|node| node % 2).collect();
        let changes = kinds.iter().zip(kinds.iter().cycle().skip(1));
        assert_eq!(changes.filter(|(a, b)| a != b).count(), 2, "{ring:?}");
    }

    #[test]
    fn the_node_that_all_know_stands_in_the_middle_unless_others_are_linked_too() {
        let mut star = links(&[(0, 2), (1, 2), (2, 3), (2, 4)]);
        assert_eq!(Ring::new(5, &star).hub, Some(2));
        assert_eq!(Ring::new(5, &star).order, [0, 1, 3, 4]);
        assert_eq!(Ring::new(5, &star).without_hub().count(), 5);
        star.insert((0, 1));
        assert_eq!(Ring::new(5, &star).hub, None);
        assert_eq!(Ring::new(3, &links(&[(0, 1), (0, 2)])).hub, None);
    }

    #[test]
    fn without_links_nodes_stand_by_their_numbers() {
        for count in 0..=DRAWN_MAX + 1 {
            let ring = Ring::new(count, &BTreeSet::new());
            assert!(ring.order.iter().copied().eq(0..count));
            assert_eq!(ring.count(), count);
        }
    }
}
