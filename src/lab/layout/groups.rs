//! The groups that a network falls into by a partition.
//!
//! A partition names some nodes; those that it does not name make up one more group, so that `a,b`
//! alone cuts these two off from the rest. Without any name the network is halved, with neighbours
//! kept together.

use crate::lab::paper::names::missing;
use crate::node::NodeIx;
use std::collections::{BTreeSet, VecDeque};

/// Groups in a line: `a, b | c`.
pub fn shown(groups: &[Vec<NodeIx>], names: &[&str]) -> String {
    let name = |ix: &NodeIx| names.get(ix.0).copied().unwrap_or("?");
    let groups = groups.iter().map(|group| {
        let group: Vec<_> = group.iter().map(name).collect();
        group.join(", ")
    });
    groups.collect::<Vec<_>>().join(" | ")
}

/// The groups that a network falls into when these are named: of their nodes each is in one, and
/// those that are in none make up one more.
///
/// # Errors
/// In words: there is no such node, it is there twice, or there is only one group.
pub fn groups(names: &[&str], named: &[Vec<String>]) -> Result<Vec<Vec<NodeIx>>, String> {
    let mut left: BTreeSet<NodeIx> = (0..names.len()).map(NodeIx).collect();
    let mut groups = Vec::new();
    for group in named {
        let mut found = Vec::new();
        for name in group {
            let at = names.iter().position(|node| node == name);
            let at = at.ok_or_else(|| missing("node", name, names.iter().copied()))?;
            if !left.remove(&NodeIx(at)) {
                return Err(format!(
                    "{name} is there twice, and can be in one group only"
                ));
            }
            found.push(NodeIx(at));
        }
        if found.is_empty() {
            return Err("a group without a node is none".to_owned());
        }
        groups.push(found);
    }
    if !left.is_empty() {
        groups.push(left.into_iter().collect());
    }
    match groups.len() {
        0 | 1 if names.len() < 2 => Err("a network of one node cannot be partitioned".to_owned()),
        0 | 1 => Err("all nodes are in one group: name two, or leave some nodes out".to_owned()),
        _ => Ok(groups),
    }
}

/// The two halves of each of these networks, by these pairs of who dials whom: the first halves make one
/// group, and the others the other one.
///
/// # Errors
/// As [`halves`].
pub fn halved<'a>(
    names: &[&str],
    dials: impl Iterator<Item = (usize, &'a String)>,
    networks: &[Vec<NodeIx>],
) -> Result<Vec<Vec<NodeIx>>, String> {
    let place = |name: &str| names.iter().position(|node| *node == name);
    let links = dials.filter_map(|(from, to)| Some((from, place(to)?)));
    halves_of_each(names.len(), &links.collect(), networks)
}

/// As [`halved`]; a network of one node is in the smaller group.
///
/// # Errors
/// As [`halves`].
pub fn halves_of_each(
    count: usize,
    links: &BTreeSet<(usize, usize)>,
    networks: &[Vec<NodeIx>],
) -> Result<Vec<Vec<NodeIx>>, String> {
    if networks.len() < 2 {
        return halves(count, links);
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for network in networks {
        let place = |ix: usize| network.iter().position(|node| node.0 == ix);
        let inside = links
            .iter()
            .filter_map(|(a, b)| Some((place(*a)?, place(*b)?)));
        let of = |half: &[NodeIx]| half.iter().map(|at| network[at.0]).collect::<Vec<_>>();
        match halves(network.len(), &inside.collect()).as_deref() {
            Ok([one, other]) => {
                first.extend(of(one));
                second.extend(of(other));
            }
            _ if second.len() < first.len() => second.extend(network),
            _ => first.extend(network),
        }
    }
    first.sort_unstable();
    second.sort_unstable();
    Ok(vec![first, second])
}

/// Half of so many nodes, and the others: what is near to the first node by these links is with
/// it, in the order in which a message would reach them.
///
/// # Errors
/// In words: there are too few.
pub fn halves(count: usize, links: &BTreeSet<(usize, usize)>) -> Result<Vec<Vec<NodeIx>>, String> {
    if count < 2 {
        return Err("a network of one node cannot be partitioned".to_owned());
    }
    let (mut reached, mut is_reached) = (Vec::new(), vec![false; count]);
    for start in 0..count {
        let mut next = VecDeque::from([start]);
        while let Some(at) = next.pop_front() {
            if std::mem::replace(&mut is_reached[at], true) {
                continue;
            }
            reached.push(at);
            let linked =
                |other: &usize| links.contains(&(at, *other)) || links.contains(&(*other, at));
            next.extend(
                (0..count)
                    .filter(linked)
                    .filter(|other| !is_reached[*other]),
            );
        }
    }
    let mut first: Vec<_> = reached.drain(..count.div_ceil(2)).map(NodeIx).collect();
    let mut second: Vec<_> = reached.into_iter().map(NodeIx).collect();
    first.sort_unstable();
    second.sort_unstable();
    Ok(vec![first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<Vec<String>> {
        let group = |group: &str| group.split(',').map(str::to_owned).collect();
        text.split(' ').map(group).collect()
    }

    fn split(names: &[&str], text: &str) -> Result<String, String> {
        groups(names, &named(text)).map(|groups| shown(&groups, names))
    }

    #[test]
    fn those_that_nobody_names_are_one_more_group() {
        let four = ["a", "b", "c", "d"];
        assert_eq!(split(&four, "b,a c,d"), Ok("b, a | c, d".to_owned()));
        assert_eq!(split(&four, "c"), Ok("c | a, b, d".to_owned()));
        assert_eq!(split(&four, "a b"), Ok("a | b | c, d".to_owned()));
    }

    #[test]
    fn groups_that_are_none_are_refused_in_words() {
        let said = |names, text| split(names, text).expect_err(text);
        let four = &["amber", "bravo", "c", "d"];
        assert_eq!(
            said(four, "amber brav"),
            "there is no node \"brav\"; did you mean \"bravo\"?"
        );
        assert_eq!(
            said(four, "amber,bravo c,amber"),
            "amber is there twice, and can be in one group only"
        );
        assert_eq!(
            said(four, "amber,bravo,c,d"),
            "all nodes are in one group: name two, or leave some nodes out"
        );
        assert_eq!(
            said(&["a"], "a"),
            "a network of one node cannot be partitioned"
        );
    }

    #[test]
    fn each_network_is_halved_and_single_nodes_go_where_there_are_fewer() {
        let names = ["a", "b", "x", "y", "z", "one", "two"];
        let network = |nodes: &[usize]| nodes.iter().copied().map(NodeIx).collect::<Vec<_>>();
        let networks = [
            network(&[0, 1]),
            network(&[2, 3, 4]),
            network(&[5]),
            network(&[6]),
        ];
        let z = "z".to_owned();
        let groups = halved(&names, [(2, &z)].into_iter(), &networks).expect("enough");
        assert_eq!(shown(&groups, &names), "a, x, z, two | b, y, one");
    }

    #[test]
    fn halves_keep_neighbours_together() {
        // Two pairs, of which the nodes stand in turn.
        let pairs = BTreeSet::from([(0, 2), (3, 1)]);
        let two = |a, b| vec![NodeIx(a), NodeIx(b)];
        assert_eq!(halves(4, &pairs), Ok(vec![two(0, 2), two(1, 3)]));
        assert_eq!(halves(4, &BTreeSet::new()), Ok(vec![two(0, 1), two(2, 3)]));
        let of_three = halves(3, &BTreeSet::new()).expect("enough");
        assert_eq!(of_three, [two(0, 1), vec![NodeIx(2)]]);
        assert!(halves(1, &BTreeSet::new()).is_err());
    }
}
