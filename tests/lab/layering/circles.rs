//! Circles: files that all reach each other by arrows.

use super::house::Arrow;
use super::source::Module;
use std::collections::{BTreeMap, BTreeSet};

/// The circles of two and more, the largest first.
pub fn circles<'a>(arrows: impl Iterator<Item = &'a Arrow>) -> Vec<BTreeSet<&'a Module>> {
    let mut uses: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for arrow in arrows {
        uses.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = uses
        .keys()
        .map(|from| (*from, reached(from, &uses)))
        .collect();
    let mut circles = BTreeSet::new();
    for (file, reaches) in &reached {
        let back = |other: &&&Module| reached.get(**other).is_some_and(|of| of.contains(file));
        let circle: BTreeSet<&Module> = reaches.iter().filter(back).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

fn reached<'a>(
    from: &'a Module,
    uses: &BTreeMap<&'a Module, BTreeSet<&'a Module>>,
) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for next in uses.get(file).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}
