//! Regions of a network: nodes whose names differ by their number alone, as `eu1` and `eu2`.
//!
//! The names are all that counts, in the order of the nodes: the same lab always has the same
//! regions, whatever its links are just now.

use super::groups::halves_of_each;
use crate::node::NodeIx;
use std::collections::BTreeSet;

/// Most regions of which all ways to divide them are tried: 2 to the 11th.
const DIVIDED_MAX: usize = 12;

/// Nodes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// What their names have in common.
    pub name: String,
    /// Which, by their numbers.
    pub nodes: Vec<NodeIx>,
}

/// The regions of nodes with these names, in the order of their first nodes. A node that no other
/// one is like is a region by itself. None at all, if fewer than two of them have more nodes than
/// one, or most nodes are alone: then the names say nothing of regions.
pub fn regions<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    let mut count = 0;
    for (at, name) in names.enumerate() {
        count += 1;
        let name = prefix(name);
        match regions.iter_mut().find(|region| region.name == name) {
            Some(region) => region.nodes.push(NodeIx(at)),
            None => regions.push(Region {
                name: name.to_owned(),
                nodes: vec![NodeIx(at)],
            }),
        }
    }
    let crowds = regions.iter().filter(|region| region.nodes.len() > 1);
    let in_crowds: usize = crowds.clone().map(|region| region.nodes.len()).sum();
    match crowds.count() >= 2 && 2 * in_crowds >= count {
        true => regions,
        false => Vec::new(),
    }
}

/// A name without the number at its end.
fn prefix(name: &str) -> &str {
    let without = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let without = without.trim_end_matches(['-', '_', '.']);
    if without.is_empty() { name } else { without }
}

/// Two groups of nodes that a partition is proposed between: whole regions, as equal as can be, and
/// of all such divisions the one that cuts the fewest of these links. Where regions do not make
/// two groups of which each has a third of the nodes at least, or there are several networks, halves of
/// each.
///
/// # Errors
/// There are too few.
pub fn proposed_groups<'a>(
    names: impl ExactSizeIterator<Item = &'a str>,
    links: &BTreeSet<(usize, usize)>,
    networks: &[Vec<NodeIx>],
) -> Result<Vec<Vec<NodeIx>>, String> {
    let count = names.len();
    let regions = regions(names);
    let along = divided(&regions, count, links).filter(|_| networks.len() < 2);
    along.map_or_else(|| halves_of_each(count, links, networks), Ok)
}

/// Along the regions, if that is balanced. The first node is in the first group.
fn divided(
    regions: &[Region],
    count: usize,
    links: &BTreeSet<(usize, usize)>,
) -> Option<Vec<Vec<NodeIx>>> {
    let others = regions.len().checked_sub(1)?;
    if others == 0 || others >= DIVIDED_MAX {
        return None;
    }
    let mut region_of = vec![0; count];
    for (at, region) in regions.iter().enumerate() {
        for node in &region.nodes {
            region_of[node.0] = at;
        }
    }
    // A bit for each region but the first: it is in the second group.
    let is_second = |mask: usize, region: usize| region > 0 && mask >> (region - 1) & 1 == 1;
    let judged = (1..1_usize << others).map(|mask| {
        let second = (0..regions.len()).filter(|region| is_second(mask, *region));
        let second: usize = second.map(|region| regions[region].nodes.len()).sum();
        let smaller = second.min(count - second);
        let cut = links
            .iter()
            .filter(|(a, b)| is_second(mask, region_of[*a]) != is_second(mask, region_of[*b]));
        (std::cmp::Reverse(smaller), cut.count(), mask)
    });
    let (std::cmp::Reverse(smaller), _, mask) = judged.min()?;
    if 3 * smaller < count {
        return None;
    }
    let (second, first) = (0..count)
        .map(NodeIx)
        .partition(|node| is_second(mask, region_of[node.0]));
    Some(vec![first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Vec<(String, usize)> {
        let regions = regions(names.iter().copied());
        let shown = regions
            .into_iter()
            .map(|region| (region.name, region.nodes.len()));
        shown.collect()
    }

    #[test]
    fn nodes_that_differ_by_their_number_are_a_region() {
        let names = ["eu1", "na1", "eu2", "hub", "na-2", "na_03", "7"];
        let regions = shown(&names);
        let wanted = [("eu", 2), ("na", 3), ("hub", 1), ("7", 1)];
        let wanted = wanted.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(regions, wanted);
    }

    #[test]
    fn names_without_regions_have_none() {
        assert_eq!(shown(&["central", "wallet", "miner"]), []);
        assert_eq!(shown(&["relay1", "relay2", "relay3"]), []);
        assert_eq!(
            shown(&["a1", "a2", "b1", "b2", "c", "d", "e", "f", "g"]),
            []
        );
        assert_eq!(shown(&[]), []);
    }

    #[test]
    fn a_partition_is_proposed_along_regions_where_few_links_are() {
        let names = ["eu1", "eu2", "na1", "na2", "ap1", "ap2", "sa1", "sa2"];
        let node = |name: &str| names.iter().position(|other| *other == name).expect(name);
        let links = [
            ("eu1", "ap1"),
            ("eu2", "ap2"),
            ("na1", "sa1"),
            ("na2", "sa2"),
            ("eu1", "na1"),
        ];
        let links = links.map(|(a, b)| (node(a).min(node(b)), node(a).max(node(b))));
        let groups = proposed_groups(names.iter().copied(), &links.into_iter().collect(), &[]);
        let group = |nodes: &[usize]| nodes.iter().copied().map(NodeIx).collect::<Vec<_>>();
        assert_eq!(groups, Ok(vec![group(&[0, 1, 4, 5]), group(&[2, 3, 6, 7])]));
    }

    #[test]
    fn where_regions_are_not_balanced_there_are_halves() {
        let names = [
            "m1", "m2", "relay1", "relay2", "relay3", "relay4", "relay5", "relay6",
        ];
        let links = BTreeSet::new();
        let groups = proposed_groups(names.iter().copied(), &links, &[]);
        assert_eq!(groups, halves_of_each(8, &links, &[]));
        assert!(proposed_groups(["a"].into_iter(), &links, &[]).is_err());
    }
}
