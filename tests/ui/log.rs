//! The log of the lab: what happened to its nodes, by level and name, in every kind of lab.

use crate::common::desk::Desk;
use crate::common::lab_view::log;
use crate::picture::scenario;
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::observe::node_log::LogLine;
use chainlab::node::Time;
use chainlab::node::io::words::Tone;
use std::time::Duration;

fn at(second: u64) -> Time {
    scenario().since + Duration::from_secs(second)
}

/// The first hundred seconds of two nodes, a line each: every tenth is a warning.
fn busy() -> Desk {
    let mut lab = scenario();
    lab.now = at(200);
    for (ix, node) in lab.nodes.iter_mut().take(2).enumerate() {
        let line = |second: u64| {
            let tone = match second % 10 {
                0 => Tone::Warn,
                _ => Tone::Plain,
            };
            LogLine::plain(at(second), tone, format!("line {second} of {ix}."))
        };
        node.log = log((0..100).map(line));
    }
    lab.nodes[2].log = log([]);
    let mut desk = Desk::at(lab, (100, 30));
    desk.press("V");
    desk
}

fn text(desk: &Desk) -> String {
    desk.lines().0.join("\n")
}

fn shows(desk: &Desk, words: &str) {
    let text = text(desk);
    assert!(text.contains(words), "no {words:?} in {text}");
}

fn lines(desk: &Desk) -> Vec<String> {
    let (rows, _) = desk.lines();
    rows.into_iter()
        .filter(|row| row.contains(" line "))
        .collect()
}

#[test]
fn lines_of_all_nodes_follow_each_other_by_their_times_and_the_newest_is_below() {
    let desk = busy();
    let seen = lines(&desk);
    assert!(seen.len() > 10, "{seen:#?}");
    let last: Vec<_> = seen.iter().rev().take(3).collect();
    for (row, words) in last.into_iter().zip(["99 of 1.", "99 of 0.", "98 of 1."]) {
        assert!(row.contains(words), "{seen:#?}");
    }
}

#[test]
fn a_line_that_is_looked_at_stays_while_more_happens_until_the_end_is_followed_again() {
    let mut desk = busy();
    desk.press("Up Up Up");
    let before = lines(&desk);
    assert!(
        before.last().expect("some").contains("98 of 0."),
        "{before:#?}"
    );
    shows(&desk, "scrolled");
    let more = (0..120)
        .map(|second| LogLine::plain(at(second), Tone::Plain, format!("line {second} of 0.")));
    desk.lab.nodes[0].log = log(more);
    assert!(lines(&desk).last().expect("some").contains("98 of 0."));
    desk.press("G");
    assert!(lines(&desk).last().expect("some").contains("119 of 0."));
    desk.press("g");
    assert!(lines(&desk)[0].contains("line 0 of 0."));
}

#[test]
fn a_level_and_a_name_say_what_is_shown() {
    let mut desk = busy();
    desk.press("L L L");
    let warnings = lines(&desk);
    let is_warning = |row: &String| row.contains("0 of ");
    assert!(
        warnings.len() > 10 && warnings.iter().all(is_warning),
        "{warnings:#?}"
    );
    desk.press("/").type_("cent").press("Enter");
    shows(&desk, "of nodes with \"cent\"");
    let of_central = lines(&desk);
    assert!(!of_central.is_empty() && of_central.iter().all(|row| row.contains("of 0.")));
    desk.press("Esc");
    assert_eq!(lines(&desk), warnings, "Escape drops the filter first");
    desk.press("Esc");
    shows(&desk, "block propagation");
}

/// A lab that has no process's log at all shows what happens in it as well.
#[test]
fn a_lab_in_virtual_time_has_a_log_down_to_its_messages() {
    let layout = shipped("scenario").expect("it is built in");
    let options = VirtualOptions {
        seed: 5,
        level: Level::All,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&layout, &options).expect("it can be played");
    lab.run_until(lab.since() + Duration::from_secs(20), || true);
    let mut desk = Desk::at(lab.view(), (120, 60));
    desk.press("V");
    shows(&desk, "mined #1 ");
    let text = text(&desk);
    assert!(!text.contains(" says "), "{text}");
    desk.press("L L");
    shows(&desk, "log, trace and above");
    shows(&desk, " says ping");
}
