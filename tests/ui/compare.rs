//! Two timelines beside each other on the screen, and the list of them.

use crate::common::desk::{Desk, three_nodes};
use chainlab::chain::BlockHash;
use chainlab::lab::ask::{TimeChange, TimelineId};
use chainlab::lab::view::headline::Chains;
use chainlab::lab::view::{
    ComparedNode, Comparison, Different, FirstDifference, Mark, MarkKind, NodeBrief, OriginView,
    TimeView, TimelineView,
};
use chainlab::lab::{LabView, Request};
use chainlab::node::BlockId;
use std::sync::Arc;
use std::time::Duration;

fn name(letter: &str) -> TimelineId {
    letter.parse().expect("a name")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn timelines() -> [TimelineView; 2] {
    let one = TimelineView {
        name: name("A"),
        origin: None,
        newest: seconds(185),
        commands: 2,
        is_shown: false,
    };
    let origin = OriginView {
        of: name("A"),
        at: seconds(80),
    };
    let other = TimelineView {
        name: name("B"),
        origin: Some(origin),
        newest: seconds(130),
        is_shown: true,
        ..one.clone()
    };
    [one, other]
}

fn brief(height: u32, mempool: usize) -> Option<NodeBrief> {
    let hash = BlockHash([u8::try_from(height).expect("low"); 32]);
    Some(NodeBrief {
        is_up: true,
        tip: BlockId { height, hash },
        mempool,
        wallets: vec![("bella".to_owned(), "10".parse().expect("an amount"))],
    })
}

/// Two of three nodes are the same in both.
fn compared() -> LabView {
    let mut lab = three_nodes();
    let names: Vec<_> = lab
        .nodes
        .iter()
        .map(|node| Arc::clone(&node.name))
        .collect();
    let nodes = names.iter().enumerate().map(|(nth, name)| ComparedNode {
        name: Arc::clone(name),
        sides: [brief(14, 0), brief(if nth == 2 { 12 } else { 14 }, 0)],
    });
    let different = Different {
        at: Duration::from_millis(81_411),
        node: Arc::clone(&names[2]),
        happened_in: name("A"),
        words: "block #7 from central".into(),
        other: name("B"),
        later: None,
        looked_to: seconds(130),
    };
    let mark = Mark {
        at: seconds(60),
        kind: MarkKind::Cut,
        block: None,
        node: None,
    };
    let branches = 2;
    lab.time = Some(TimeView {
        at: seconds(130),
        newest: seconds(130),
        is_paused: true,
        timelines: timelines().to_vec(),
        ..TimeView::default()
    });
    lab.compared = Some(Arc::new(Comparison {
        at: seconds(130),
        sides: timelines(),
        nodes: nodes.collect(),
        chains: [Chains::NoneRuns, Chains::Fork { branches }],
        marks: [Arc::new(vec![mark]), Arc::new(vec![mark])],
        first: FirstDifference::Found(Box::new(different)),
    }));
    lab
}

fn rows(size: (u16, u16)) -> Vec<String> {
    Desk::at(compared(), size).lines().0
}

fn row<'a>(rows: &'a [String], words: &str) -> &'a str {
    let found = rows.iter().find(|row| row.contains(words));
    found.unwrap_or_else(|| panic!("no {words:?} in {rows:#?}"))
}

#[test]
fn what_differs_is_marked_and_what_was_first_different_is_said() {
    for size in [(120, 36), (200, 60)] {
        let rows = rows(size);
        row(&rows, "compare A with B at +02:10");
        row(&rows, "whose keys act (B)");
        let words = "first difference: +01:21.411 at miner. In A: block #7 from central; in B not by +02:10";
        row(&rows, words);
        assert!(!row(&rows, " central ").contains('#'), "{rows:#?}");
        let miner = row(&rows, " 3 miner");
        assert!(miner.contains(" # "), "{miner}");
        assert!(row(&rows, "chains").contains(" # "));
        for (name, end) in [(" A ", "+03:05"), (" B ", "+02:10")] {
            let line = rows.iter().find(|row| row.starts_with(name));
            assert!(
                line.is_some_and(|line| line.trim_end().ends_with(end)),
                "{rows:#?}"
            );
        }
    }
}

#[test]
fn on_a_small_screen_only_lines_that_differ_are_shown() {
    let rows = rows((80, 24));
    row(&rows, " 3 miner");
    row(&rows, "chains");
    let same = rows.iter().find(|row| row.contains("1 central"));
    assert_eq!(same, None, "{rows:#?}");
}

#[test]
fn left_and_right_choose_whose_keys_act_and_esc_ends_it() {
    let asked = |keys: &str| {
        let mut desk = Desk::at(compared(), (120, 36));
        desk.press(keys);
        match desk.effects.is_empty() {
            true => None,
            false => Some(desk.asked().0),
        }
    };
    let time = |change| Some(Request::Time(change));
    assert_eq!(asked("Left"), time(TimeChange::Switch(name("A"))));
    assert_eq!(asked("Right"), None);
    assert_eq!(asked("Esc"), time(TimeChange::Compare(None)));
}

#[test]
fn the_list_of_timelines_shows_drops_and_compares_the_chosen_one() {
    let asked = |keys: &str| {
        let mut desk = Desk::at(compared(), (120, 36));
        desk.press(":").type_("timelines").press("Enter");
        let lines = desk.dialog().join("\n");
        assert!(lines.contains("A  to +03:05  2 by hand"), "{lines}");
        assert!(
            lines.contains("> B  from A at +01:20, to +02:10"),
            "{lines}"
        );
        desk.press(keys);
        desk.asked().0
    };
    let time = Request::Time;
    assert_eq!(asked("Up Enter"), time(TimeChange::Switch(name("A"))));
    assert_eq!(asked("Up d"), time(TimeChange::DropTimeline(name("A"))));
    assert_eq!(asked("Up c"), time(TimeChange::Compare(Some(name("A")))));
}
