//! Layouts that somebody mangled: each is read or refused at a place that it has, and whatever is
//! read makes a lab.

use chainlab::chain::BlockTime;
use chainlab::lab::layout::shipped::SHIPPED;
use chainlab::lab::layout::{Layout, NODES_MAX, read};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What is put in the place of a part of a line.
const SCRAPS: [&str; 16] = [
    "",
    "0",
    "-1",
    "1e999",
    "nan",
    "\"\"",
    "\"central\"",
    "[]",
    "{}",
    "true",
    "\"5s\"",
    "\"on-tx\"",
    "[\"alice\"]",
    "99999999999999999999",
    "\"\\u0000\"",
    "[[node]]\nname = \"x\"\n",
];

/// What holds of every layout that was read.
fn is_sound(lab: &Layout) {
    let names: BTreeSet<_> = lab.nodes.iter().map(|node| node.name.as_str()).collect();
    assert!((1..=NODES_MAX).contains(&lab.nodes.len()));
    assert_eq!(names.len(), lab.nodes.len());
    for node in &lab.nodes {
        let dialled: BTreeSet<_> = node.connect.iter().map(String::as_str).collect();
        assert_eq!(dialled.len(), node.connect.len(), "{}", node.name);
        assert!(dialled.is_subset(&names) && !dialled.contains(node.name.as_str()));
        let to = node.mine.to.as_ref();
        assert!(to.is_none_or(|to| node.wallets.contains(to)));
    }
    let wallets: Vec<_> = lab.nodes.iter().flat_map(|node| &node.wallets).collect();
    assert_eq!(BTreeSet::from_iter(&wallets).len(), wallets.len());
    assert!(
        lab.chain
            .genesis
            .iter()
            .all(|(name, _)| wallets.contains(&name))
    );
    assert_eq!(lab.link.validate(), Ok(()));
    let start = BlockTime(1_800_000_000_000);
    assert_eq!(lab.params(&[1; 32], start).validate(), Ok(()));
}

fn judge(text: &str) {
    match read("lab.toml", text) {
        Ok(lab) => is_sound(&lab),
        Err(error) => {
            let line = text
                .split('\n')
                .nth(error.line - 1)
                .expect("a line of the text");
            let columns = line.chars().count() + 1;
            assert!((1..=columns).contains(&error.column), "{error}\n{text}");
            assert!(!error.problem.contains('\n'), "{error}");
        }
    }
}

proptest! {
    #[test]
    fn a_value_of_another_kind_or_none_is_read_or_refused(
        which in 0..SHIPPED.len(),
        line in any::<prop::sample::Index>(),
        scrap in prop::sample::select(&SCRAPS[..]),
    ) {
        let mut lines: Vec<_> = SHIPPED[which].1.lines().map(str::to_owned).collect();
        let line = line.get_mut(&mut lines);
        *line = match line.split_once('=') {
            Some((key, _)) => format!("{key}= {scrap}"),
            None => scrap.to_owned(),
        };
        judge(&lines.join("\n"));
    }

    #[test]
    fn lines_that_are_lost_or_moved_are_read_or_refused(
        which in 0..SHIPPED.len(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        is_lost: bool,
    ) {
        let mut lines: Vec<_> = SHIPPED[which].1.lines().collect();
        let line = lines.remove(from.index(lines.len()));
        if !is_lost {
            lines.insert(to.index(lines.len()), line);
        }
        judge(&lines.join("\n"));
    }

    #[test]
    fn letters_that_are_lost_or_slipped_in_are_read_or_refused(
        which in 0..SHIPPED.len(),
        at in any::<prop::sample::Index>(),
        letter: Option<char>,
    ) {
        let mut letters: Vec<_> = SHIPPED[which].1.chars().collect();
        let at = at.index(letters.len());
        letters.splice(at..=at, letter);
        judge(&String::from_iter(letters));
    }
}

#[test]
fn every_built_in_layout_is_sound() {
    for (name, text) in SHIPPED {
        is_sound(&read(name, text).expect("readable"));
    }
}
