//! Somebody among the blocks of a lab: walks down to the first one, looks for one, opens it, and
//! hears of reorganisations.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "one test measures how long drawing takes"
)]

use crate::blocks_desk::Desk;
use crate::picture::{COLOURED, arrival, at, block, draw, lines, screen, txid};
use chainlab::chain::Txid;
use chainlab::lab::view::{NodeState, Propagation, Reorganisation};
use chainlab::node::NodeIx;
use chainlab::node::io::Question;
use chainlab::node::io::words::Tone;

use chainlab::ui::app::UiEvent;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

fn hash(height: u32, branch: u8) -> String {
    block(height, branch).hash.to_string()
}

#[test]
fn the_whole_chain_can_be_walked_through_page_by_page() {
    let mut desk = Desk::new(1_000);
    let mut seen = BTreeSet::new();
    for _ in 0..100 {
        let text = desk.text();
        let short = |height: &u32| text.contains(&block(*height, 0).hash.short());
        seen.extend((0..=1_000).filter(short));
        desk.press("PgDn");
        desk.answers();
    }
    assert_eq!(seen.len(), 1_001);
    assert_eq!(desk.copies(), hash(0, 0));
    desk.press("g");
    assert_eq!(desk.copies(), hash(1_000, 0));
}

#[test]
fn the_first_block_of_a_long_chain_is_a_key_and_a_page_away() {
    let mut desk = Desk::new(10_000);
    desk.answers();
    desk.press("G");
    assert_eq!(desk.waiting.len(), 1, "one page at a time");
    assert!(desk.text().contains("on its way"), "{}", desk.text());
    desk.press("k k j j");
    desk.changed();
    assert_eq!(desk.waiting.len(), 1, "and not asked twice");
    desk.answers();
    assert_eq!(desk.copies(), hash(0, 0));
    assert!(desk.text().contains("10001 of 10001"), "{}", desk.text());
    assert!(desk.text().contains("genesis"), "{}", desk.text());
}

#[test]
fn the_chosen_block_stays_chosen_when_new_ones_come_unless_it_is_the_newest() {
    let mut desk = Desk::new(50);
    assert_eq!(desk.copies(), hash(50, 0));
    (0..3).for_each(|node| desk.stand(node, 0, 51));
    desk.changed();
    assert_eq!(desk.copies(), hash(51, 0));
    desk.press("j j");
    (0..3).for_each(|node| desk.stand(node, 0, 55));
    desk.changed();
    assert_eq!(desk.copies(), hash(49, 0));
}

#[test]
fn a_block_is_found_by_its_height_or_either_end_of_its_hash() {
    let mut desk = Desk::new(2_000);
    desk.answers();
    for text in ["#120", "120"] {
        desk.press("g");
        desk.seek(text);
        assert!(desk.ui.dialog.is_none());
        desk.answers();
        assert_eq!(desk.copies(), hash(120, 0));
    }
    let wanted = hash(1_990, 0);
    desk.seek(&wanted[56..]);
    assert_eq!(desk.copies(), wanted);
    desk.press("g");
    desk.seek(&wanted[..20]);
    assert_eq!(desk.copies(), wanted);
}

#[test]
fn what_is_not_found_is_said_in_words() {
    let mut desk = Desk::new(40);
    desk.answers();
    for (text, said) in [
        ("#41", "no block #41: the highest is #40"),
        ("xyz", "\"xyz\" is no height, and no end of a hash"),
        ("abcdef99", "no hash seen here begins or ends with abcdef99"),
        ("999999", "the highest block is #40"),
    ] {
        desk.seek(text);
        assert!(desk.text().contains(said), "{}", desk.text());
        desk.press("Esc");
        assert_eq!(desk.copies(), hash(40, 0), "nothing moved");
    }
    let whole = "ab".repeat(32);
    desk.seek(&whole);
    let asked: Vec<_> = desk
        .waiting
        .drain(..)
        .map(|(node, question, _)| (node, question))
        .collect();
    let hash = whole.parse().expect("a hash");
    assert_eq!(
        asked,
        [(NodeIx(0), Question::Block { hash })],
        "a node may know it"
    );
}

#[test]
fn a_block_is_opened_on_a_node_that_has_it() {
    let mut desk = Desk::new(9);
    desk.fork = 9;
    desk.stand(0, 1, 13);
    desk.stand(1, 2, 12);
    desk.stand(2, 2, 12);
    desk.changed();
    assert!(desk.text().contains("relay1 relay2"), "{}", desk.text());
    desk.seek(&hash(12, 2)[56..]);
    desk.press("Enter");
    let (node, question, purpose) = desk.waiting.remove(0);
    let wanted = block(12, 2).hash;
    assert_eq!(
        (node, question),
        (NodeIx(1), Question::Block { hash: wanted })
    );
    assert!(desk.text().contains("on its way"), "{}", desk.text());
    // It was left by all, and the node does not keep it.
    let why = "no such block here".to_owned();
    desk.tell(UiEvent::Answered(purpose, Err(why.clone())));
    assert!(desk.text().contains(&why), "{}", desk.text());
    desk.press("Esc");
    assert!(desk.text().contains("nodes at this tip"), "{}", desk.text());
    assert_eq!(desk.copies(), wanted.to_string(), "the same one is chosen");
    desk.press("Esc");
    assert!(
        !desk.text().contains("nodes at this tip"),
        "and back to the lab"
    );
}

#[test]
fn a_block_that_lost_is_dim_and_asked_of_those_who_had_it() {
    let mut desk = Desk::new(9);
    desk.fork = 9;
    desk.stand(0, 1, 13);
    desk.stand(1, 1, 13);
    desk.stand(2, 2, 12);
    desk.changed();
    desk.stand(2, 1, 13);
    desk.changed();
    let text = desk.text();
    assert!(text.contains("lost: no node has it on its chain"), "{text}");
    desk.seek(&hash(11, 2)[56..]);
    desk.press("Enter");
    let hash = block(11, 2).hash;
    assert_eq!(desk.waiting[0].0, NodeIx(2));
    assert_eq!(desk.waiting[0].1, Question::Block { hash });
}

#[test]
fn another_node_is_asked_when_the_one_that_was_asked_goes_down() {
    let mut desk = Desk::new(500);
    assert_eq!(desk.waiting.remove(0).0, NodeIx(0), "the focused one");
    desk.lab.nodes[0].state = NodeState::Down;
    desk.changed();
    assert_eq!(desk.waiting.len(), 1);
    assert_eq!(desk.waiting[0].0, NodeIx(1));
    desk.answers();
    assert!(desk.text().contains("relay0 (down)"), "{}", desk.text());
}

#[test]
fn what_is_on_its_way_is_filtered_opened_and_copied() {
    let mut desk = Desk::new(12);
    let way = |number: u8| Propagation::<Txid> {
        id: txid(number),
        origin: NodeIx(2),
        is_own: true,
        at: at(1_000),
        expected: vec![NodeIx(1), NodeIx(2)],
        arrivals: vec![
            arrival(2, Duration::ZERO, None),
            arrival(1, Duration::from_millis(80), Some(2)),
        ],
    };
    desk.lab.tx_propagation = Arc::new(vec![way(1), way(2), way(3)]);
    desk.press("[");
    assert_eq!(desk.copies(), txid(1).to_string());
    desk.press("j");
    desk.lab.tx_propagation = Arc::new(vec![way(9), way(1), way(2), way(3)]);
    desk.changed();
    assert_eq!(
        desk.copies(),
        txid(2).to_string(),
        "the same one stays chosen"
    );
    let end: Vec<String> = txid(3).short().chars().map(String::from).collect();
    desk.press(&format!("/ {} Enter", end.join(" ")));
    assert_eq!(desk.copies(), txid(3).to_string());
    desk.press("Enter");
    let (node, question, _) = desk.waiting.remove(0);
    assert_eq!(node, NodeIx(2), "the first that has it");
    assert_eq!(question, Question::Tx { txid: txid(3) });
    desk.press("Esc Esc");
    assert!(
        desk.text().contains("transaction "),
        "the filter went first"
    );
}

fn reorganisation(node: usize, ms: u64, depth: usize) -> Reorganisation {
    Reorganisation {
        node: NodeIx(node),
        at: at(ms),
        fork: block(9, 0),
        old: block(12, 2),
        new: block(12, 1),
        depth,
        returned: 0,
        held: 0,
        held_why: None,
        lost: Vec::new(),
        lost_count: 0,
    }
}

#[test]
fn a_deep_reorganisation_is_told_once_whatever_is_looked_at() {
    let mut desk = Desk::new(12);
    desk.press("v v v");
    desk.lab.now = at(42_000);
    desk.lab.reorganisations = Arc::new(vec![reorganisation(1, 41_900, 3)]);
    desk.changed();
    assert_eq!(desk.message(), "reorg 3 deep at relay1: #12 won over #12");
    // Another one comes to the same branch when it is a block higher already.
    let mut second = reorganisation(2, 42_100, 3);
    second.new = block(13, 1);
    let both = vec![second, reorganisation(1, 41_900, 3)];
    desk.lab.reorganisations = Arc::new(both);
    desk.changed();
    assert_eq!(
        desk.message(),
        "reorg 3 deep at relay1, relay2: #13 won over #12"
    );
    // Something else was said since: a third node is no news.
    desk.ui.tell(at(42_300), Tone::Good, "sent 1 to dave");
    let mut all = desk.lab.reorganisations.to_vec();
    all.insert(0, reorganisation(0, 42_200, 3));
    desk.lab.reorganisations = Arc::new(all);
    desk.changed();
    assert_eq!(desk.message(), "sent 1 to dave");
}

#[test]
fn a_shallow_reorganisation_and_one_from_before_are_no_news() {
    let mut desk = Desk::new(12);
    desk.lab.reorganisations = Arc::new(vec![reorganisation(1, 41_900, 1)]);
    desk.changed();
    assert_eq!(desk.message(), "");
    let text = desk.text();
    assert!(text.contains("reorganisation 1 deep at +00:41"), "{text}");
    desk.lab.now = at(62_000);
    assert!(
        !desk.text().contains("reorganisation"),
        "it was news for a while"
    );
    let mut lab = desk.lab.clone();
    lab.reorganisations = Arc::new(vec![reorganisation(1, 61_900, 5)]);
    let ui = screen(&lab, (80, 24), COLOURED);
    assert_eq!(ui.message, None, "it was so when the screen opened");
}

#[test]
fn a_click_chooses_a_block_and_another_one_a_tab() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut desk = Desk::new(12);
    let click = |desk: &mut Desk, column, row| {
        desk.tell(UiEvent::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    };
    let row_of = |desk: &Desk, what: &str| {
        let shown = lines(&draw(&desk.lab, &desk.ui));
        let row = shown.iter().position(|line| line.contains(what));
        u16::try_from(row.expect("it is shown")).expect("a screen")
    };
    let row = row_of(&desk, &block(9, 0).hash.short());
    click(&mut desk, 30, row);
    assert_eq!(desk.copies(), hash(9, 0));
    click(&mut desk, 30, row);
    assert_eq!(
        desk.waiting.remove(0).1,
        Question::Block {
            hash: block(9, 0).hash
        }
    );
    desk.press("Esc");
    let row = row_of(&desk, "On their way");
    click(&mut desk, 12, row);
    assert!(desk.text().contains("none yet") || desk.text().contains("first at"));
}
