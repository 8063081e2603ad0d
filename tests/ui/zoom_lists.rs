//! Lists of one node that are longer than a screen or a snapshot: they are asked for page by page,
//! shown when they come, and never shown when they are out of date.

use crate::zoom_paper::{Paper, hash, history_id, waiting_id};
use crate::zoom_view::{Desk, Lab};
use std::time::Duration;

#[test]
fn the_whole_chain_can_be_walked_through_page_by_page() {
    let mut desk = Desk::new(Paper::new(1_000));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..110 {
        let text = desk.text();
        seen.extend((0..=1_000).filter(|height| text.contains(&hash(0, *height).short())));
        desk.press("PgDn");
        desk.answers();
    }
    assert_eq!(seen.len(), 1_001);
    desk.press("Home");
    assert_eq!(desk.copies(), hash(0, 1_000).to_string());
    desk.press("End");
    desk.answers();
    assert_eq!(desk.copies(), hash(0, 0).to_string());
    assert!(desk.text().contains("genesis"));
}

#[test]
fn blocks_that_are_not_there_yet_say_so() {
    let mut desk = Desk::new(Paper::new(1_000));
    desk.press("End");
    assert_eq!(desk.waiting.len(), 1);
    let text = desk.text();
    assert!(text.contains("on its way"), "{text}");
    desk.refresh();
    assert_eq!(desk.waiting.len(), 1, "not asked twice");
    desk.answers();
    assert!(!desk.text().contains("on its way"));
}

#[test]
fn a_reorganisation_leaves_no_block_of_the_old_branch_on_the_screen() {
    let mut desk = Desk::new(Paper::new(300));
    // Down to where no snapshot reaches.
    (0..15).for_each(|_| desk.press("PgDn"));
    desk.answers();
    let shown = |text: &str, branch| {
        let mut heights = 101..=260;
        heights.find(|height| text.contains(&hash(branch, *height).short()))
    };
    let height = shown(&desk.text(), 0);
    assert!(height.is_some(), "{}", desk.text());
    desk.lab.fork(100, 1, 301);
    desk.refresh();
    let old = |text: &str| (101..=300).any(|height| text.contains(&hash(0, height).short()));
    assert!(!old(&desk.text()), "{}", desk.text());
    desk.answers();
    let text = desk.text();
    assert!(!old(&text), "{text}");
    assert_eq!(shown(&text, 1), height);
}

#[test]
fn a_page_of_the_old_branch_that_comes_late_is_not_shown() {
    let mut desk = Desk::new(Paper::new(600));
    desk.press("End");
    let (node, question, purpose) = desk.waiting.remove(0);
    let late = desk.lab.ask(node, question);
    desk.lab.fork(0, 1, 601);
    desk.refresh();
    desk.bring(node, purpose, late);
    let old = |text: &str| (1..=600).any(|height| text.contains(&hash(0, height).short()));
    assert!(!old(&desk.text()), "{}", desk.text());
    desk.answers();
    let text = desk.text();
    assert!(!old(&text) && !text.contains("on its way"), "{text}");
}

#[test]
fn the_chosen_block_stays_chosen_when_new_ones_come_unless_it_is_the_newest() {
    let mut desk = Desk::new(Paper::new(50));
    assert_eq!(desk.copies(), hash(0, 50).to_string());
    desk.lab.grow(0, 51);
    desk.refresh();
    assert_eq!(desk.copies(), hash(0, 51).to_string());
    desk.press("Down Down");
    desk.lab.grow(0, 55);
    desk.refresh();
    assert_eq!(desk.copies(), hash(0, 49).to_string());
    // A chain that got shorter: the last that there is.
    desk.press("End");
    desk.answers();
    desk.press("Up");
    desk.lab.fork(0, 1, 0);
    desk.refresh();
    assert_eq!(desk.copies(), hash(0, 0).to_string());
}

#[test]
fn a_filter_finds_blocks_by_either_end_of_their_hash_in_all_of_the_chain() {
    let mut desk = Desk::new(Paper::new(2_000));
    desk.press("/");
    assert!(desk.ui.dialog.is_some());
    desk.ui.dialog = None;
    let wanted = hash(0, 77).to_string();
    desk.filter(&wanted[wanted.len() - 8..]);
    let text = desk.text();
    assert!(
        text.contains("filter: ") && text.contains("1 of 1"),
        "{text}"
    );
    assert_eq!(desk.copies(), wanted);
    desk.filter(&wanted[..10]);
    assert!(desk.text().contains("1 of 2001"), "all begin alike");
    desk.filter("nowhere");
    assert!(desk.text().contains("nothing here has \"nowhere\" in it"));
    desk.press("Esc");
    assert!(desk.ui.viewer.is_zoomed && !desk.text().contains("filter: "));
}

#[test]
fn what_a_node_refuses_is_said_in_the_place_of_the_list_and_asked_again_later() {
    let mut lab = Paper::new(500);
    lab.refuses = Some("the database is read by somebody else".to_owned());
    let mut desk = Desk::new(lab);
    desk.press("End");
    desk.refresh();
    desk.answers();
    let text = desk.text();
    assert!(
        text.contains("the database is read by somebody else"),
        "{text}"
    );
    desk.refresh();
    assert!(desk.waiting.is_empty(), "not at once");
    desk.lab.refuses = None;
    desk.lab.now = desk.lab.now + Duration::from_secs(3);
    desk.refresh();
    desk.answers();
    let text = desk.text();
    assert!(text.contains(&hash(0, 0).short()), "{text}");
    // A block that cannot be had.
    desk.press("Enter");
    desk.answers();
    assert!(desk.text().contains("not asked before"));
}

#[test]
fn more_of_the_mempool_than_a_snapshot_shows_is_asked_for_once_a_second_at_most() {
    let mut lab = Paper::new(3);
    lab.waiting = 300;
    let mut desk = Desk::new(lab);
    desk.press("]");
    assert_eq!(desk.waiting.len(), 1);
    desk.answers();
    desk.press("End");
    assert!(desk.text().contains("300 of 300"), "{}", desk.text());
    assert_eq!(desk.copies(), waiting_id(299).to_string());
    desk.lab.waiting = 299;
    desk.refresh();
    assert!(desk.waiting.is_empty(), "not at once");
    desk.lab.now = desk.lab.now + Duration::from_secs(1);
    desk.refresh();
    desk.answers();
    assert!(desk.text().contains("299 of 299"), "{}", desk.text());
    assert_eq!(desk.copies(), waiting_id(298).to_string());
}

#[test]
fn a_long_history_is_read_page_by_page_and_anew_when_a_block_comes() {
    let mut lab = Paper::new(3);
    lab.history = 250;
    let mut desk = Desk::new(lab);
    desk.press("] ] ] Enter");
    desk.answers();
    for _ in 0..40 {
        desk.press("PgDn");
        desk.answers();
    }
    assert!(desk.text().contains("250 of 250"), "{}", desk.text());
    assert_eq!(desk.copies(), history_id(0).to_string());
    desk.lab.history = 251;
    desk.lab.grow(0, 4);
    desk.refresh();
    assert!(
        desk.text().contains("250 of 250"),
        "the old one until all of the new one is there"
    );
    desk.answers();
    assert!(desk.text().contains("251 of 251"), "{}", desk.text());
    assert_eq!(desk.copies(), history_id(0).to_string());
    desk.press("Home");
    assert_eq!(desk.copies(), history_id(250).to_string());
}

#[test]
fn a_node_that_catches_up_shows_how_far_it_is_and_how_long_it_takes() {
    let mut lab = Paper::new(250);
    lab.target = Some(1_000);
    let mut desk = Desk::new(lab);
    let line = desk.figure("syncing", (80, 24));
    assert!(line.starts_with("250 of 1000  "), "{line}");
    assert!(
        line.contains("50 blocks/s") && line.contains("~15 s left"),
        "{line}"
    );
    assert_eq!(line.matches('▇').count(), line.matches('░').count() / 3);
    assert!(desk.figure("syncing", (60, 15)).starts_with("250 of 1000"));
}

#[test]
fn a_lab_without_a_snapshot_or_a_wallet_says_so() {
    let mut lab = Paper::new(0);
    lab.is_unseen = true;
    let mut desk = Desk::new(lab);
    for words in [
        "no block was seen yet",
        "nothing waits",
        "nobody is connected",
        "no wallets",
    ] {
        assert!(desk.text().contains(words), "{words}: {}", desk.text());
        desk.press("]");
    }
    assert!(desk.text().contains("nothing happened yet"));
    assert!(desk.text().contains("paper was not seen yet"));
}

#[test]
fn once_a_node_is_left_no_more_is_asked_of_it() {
    // Where one page of the chain ends and the next begins, both are wanted, one after the other.
    for pages in 0..24 {
        let mut desk = Desk::new(Paper::new(600));
        desk.press("End");
        (0..pages).for_each(|_| desk.press("Up Up Up Up Up Up Up"));
        let asked = std::mem::take(&mut desk.waiting);
        desk.press("Esc");
        for (node, question, purpose) in asked {
            let late = desk.lab.ask(node, question);
            desk.bring(node, purpose, late);
        }
        assert!(desk.waiting.is_empty(), "{pages}: {:?}", desk.waiting);
    }
}
