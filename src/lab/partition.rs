//! Partitions: a network that falls into groups between which nothing passes.
//!
//! Whoever splits a network names some nodes; those that nobody names make up one more group, so
//! that `a,b` alone cuts these two off from the rest. Nobody named at all halves the network, with
//! neighbours kept together. What was cut or a black hole before is remembered as it was: when the
//! network is united, just what the split has cut is as before, and what somebody changed by hand
//! in the meantime stays.

use super::names::missing;
use crate::link::LinkState;
use crate::node::NodeIx;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The answer to a network that was split already or was never: it is whole.
pub const WHOLE: &str = "the network is whole already";

/// The answer when a split is over.
pub const UNITED: &str = "the network is whole again";

/// A split that is in force. A link's end is whatever its driver knows nodes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition<End: Ord> {
    /// Who is with whom.
    pub groups: Arc<Vec<Vec<NodeIx>>>,
    /// The directions that it has cut, with what they were.
    before: BTreeMap<(End, End), LinkState>,
}

impl<End: Ord + Copy> Partition<End> {
    /// One that has cut nothing yet.
    pub fn new(groups: Vec<Vec<NodeIx>>) -> Self {
        Self {
            groups: Arc::new(groups),
            before: BTreeMap::new(),
        }
    }

    /// All directions that lead from one group into another.
    pub fn between(&self) -> impl Iterator<Item = (NodeIx, NodeIx)> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(at, group)| {
            let others = self.groups.iter().enumerate();
            let others = others.filter(move |(other, _)| *other != at);
            let others = others.flat_map(|(_, group)| group);
            others.flat_map(|to| group.iter().map(|from| (*from, *to)))
        })
    }

    /// Notes that a direction is cut now, and what it was; one that was cut anyway is not noted.
    pub fn note(&mut self, from: End, to: End, was: LinkState) {
        if was != LinkState::Cut {
            self.before.entry((from, to)).or_insert(was);
        }
    }

    /// Somebody has changed this direction by hand: it stays as it is then.
    pub fn forget(&mut self, from: End, to: End) {
        self.before.remove(&(from, to));
    }

    /// What is as it was before when the network is united.
    pub fn undone(&self) -> impl Iterator<Item = (End, End, LinkState)> {
        let before = self.before.iter();
        before.map(|((from, to), was)| (*from, *to, *was))
    }

    /// A node is new: it is with the first that it dials, or with the last group.
    pub fn admit(&mut self, new: NodeIx, dials: &[NodeIx]) {
        let groups = Arc::make_mut(&mut self.groups);
        let with = |peer: &NodeIx| groups.iter().position(|group| group.contains(peer));
        let at = dials.iter().find_map(with);
        let at = at.unwrap_or(groups.len() - 1);
        groups[at].push(new);
    }

    /// What is said of it.
    pub fn words(&self, names: &[&str]) -> String {
        format!("the network is partitioned: {}", shown(&self.groups, names))
    }
}

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

/// The two halves of a network, by these pairs of who dials whom.
///
/// # Errors
/// As [`halves`].
pub fn halved<'a>(
    names: &[&str],
    dials: impl Iterator<Item = (usize, &'a String)>,
) -> Result<Vec<Vec<NodeIx>>, String> {
    let place = |name: &str| names.iter().position(|node| *node == name);
    let links = dials.filter_map(|(from, to)| Some((from, place(to)?)));
    halves(names.len(), &links.collect())
}

/// Half of so many nodes, and the others: whoever is near to the first node by these links is with
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

    #[test]
    fn what_the_split_has_cut_is_undone_and_nothing_else() {
        let mut partition = Partition::new(vec![vec![NodeIx(0)], vec![NodeIx(1)]]);
        let ways: Vec<_> = partition.between().collect();
        assert_eq!(ways, [(NodeIx(0), NodeIx(1)), (NodeIx(1), NodeIx(0))]);
        partition.note(0, 1, LinkState::BlackHole);
        partition.note(1, 0, LinkState::Cut);
        let undone: Vec<_> = partition.undone().collect();
        assert_eq!(undone, [(0, 1, LinkState::BlackHole)]);
        partition.admit(NodeIx(2), &[NodeIx(0)]);
        partition.admit(NodeIx(3), &[]);
        assert_eq!(
            partition.words(&["a", "b", "c", "d"]),
            "the network is partitioned: a, c | b, d"
        );
        partition.forget(0, 1);
        assert_eq!(partition.undone().count(), 0);
    }
}
