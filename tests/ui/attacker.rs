//! The pane of an attacker's node says that it is one.

use crate::picture::{COLOURED, change, draw, lines, scenario, screen};
use chainlab::node::snapshot::AttackInfo;

#[test]
fn an_attackers_node_is_told_from_honest_ones_at_a_glance() {
    let mut lab = scenario();
    let has_badge = |row: &String| row.contains("ATTACKER");
    for size in [(80, 24), (120, 36), (200, 60)] {
        let shown = lines(&draw(&lab, &screen(&lab, size, COLOURED)));
        assert!(!shown.iter().any(has_badge), "{shown:#?}");
    }
    change(&mut lab.nodes[2], |node| {
        node.attack = Some(Box::new(AttackInfo::default()));
    });
    for size in [(80, 24), (120, 36), (200, 60)] {
        let shown = lines(&draw(&lab, &screen(&lab, size, COLOURED)));
        let titles: Vec<_> = shown.iter().filter(|row| has_badge(row)).collect();
        assert_eq!(titles.len(), 1, "{shown:#?}");
        assert!(titles[0].contains("3 miner"), "{titles:?}");
    }
}
