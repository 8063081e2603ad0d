//! Rough hands: a megabyte is pasted everywhere, a window changes its size all the time, and names and
//! captions have what a terminal would obey.

use crate::common::desk::{Desk, three_nodes};
use chainlab::node::foreign::is_hidden;

/// Keys that open all that text can be put into.
const FORMS: [&str; 6] = ["s", "w", "a", ":", "/", "v v v /"];

/// How many sizes are tried, unless `CHAINLAB_RESIZES` says otherwise.
const RESIZES: usize = 300;

#[allow(clippy::disallowed_methods, reason = "the length of a long run")]
fn count() -> usize {
    let said = std::env::var("CHAINLAB_RESIZES").ok();
    said.map_or(RESIZES, |text| text.parse().expect("a number"))
}

#[test]
fn a_megabyte_that_is_pasted_into_a_form_is_cut_and_shown() {
    let letters = "x".repeat(1_000_000);
    let lines = "one two\n\u{1b}[2J\u{202e}three\t\u{200b}".repeat(40_000);
    let wide = "漢🦀é".repeat(110_000);
    for form in FORMS {
        for text in [&letters, &lines, &wide] {
            let mut desk = Desk::new();
            desk.press(form).paste(text).paste(text);
            let (rows, _) = desk.lines();
            assert!(!rows.concat().contains(is_hidden), "{form}: {rows:#?}");
            desk.press("Left Backspace Home Delete End Enter Esc");
            desk.lines();
        }
    }
}

#[test]
fn a_window_that_changes_its_size_all_the_time_is_drawn_at_every_one() {
    let mut lab = three_nodes();
    lab.caption = Some("read this".into());
    let views = [
        "", "v", "v", "v", "v", "v z", "]", "]", "Esc ?", "Esc s", "Esc :", "Esc p",
    ];
    let mut desk = Desk::at(lab, (80, 24));
    for nth in 0..count() {
        // Each size is one of its own, small ones and large ones in turns.
        let columns = u16::try_from(nth * 37 % 250).expect("small");
        let lines = u16::try_from(nth * 23 % 90).expect("small");
        if nth % 25 == 0 {
            let keys = views[nth / 25 % views.len()];
            if !keys.is_empty() {
                desk.press(keys);
            }
        }
        desk.resize((columns, lines));
        if nth % 3 == 0 {
            desk.press("j");
        }
        desk.lines();
    }
}

#[test]
fn nothing_that_a_terminal_would_obey_is_drawn_wherever_it_came_from() {
    let evil = "a\u{202e}b\u{1b}[2Jc\u{200b}\u{2066}d\u{9b}e\u{feff}";
    let mut lab = three_nodes();
    lab.name = evil.into();
    lab.caption = Some(evil.into());
    for node in &mut lab.nodes {
        node.name = evil.into();
        let mut seen = node.snapshot.as_deref().expect("it is seen").clone();
        for wallet in &mut seen.wallets {
            wallet.name = evil.to_owned();
        }
        node.snapshot = Some(seen.into());
    }
    for keys in [
        "j", "v", "v v", "v v v", "v v v v", "z", "z ]", "s", "a", "/",
    ] {
        let mut desk = Desk::at(lab.clone(), (120, 36));
        desk.press(keys);
        let (rows, _) = desk.lines();
        assert!(!rows.concat().contains(is_hidden), "{keys}: {rows:#?}");
    }
}
