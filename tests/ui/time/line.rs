//! The timeline: what it shows, where it stands, and where a click on it leads.

use super::scene::{SIZES, go, mark, ms, paused, running, shown, time, timeline};
use crate::picture::{COLOURED, PLAIN, crowd, screen};
use chainlab::lab::ask::{TimeChange, When};
use chainlab::lab::view::{MarkKind, TimeView};
use chainlab::lab::{LabView, Request};
use chainlab::ui::app::UiEvent;
use chainlab::ui::app::frame::ScreenPlan;
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::{Effect, Purpose};
use chainlab::ui::views::panes;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::sync::Arc;

/// A run of 100 s with one thing of each kind, ten seconds apart; it is back at 65 s.
fn marked() -> LabView {
    let mut lab = paused();
    let kinds = [
        MarkKind::Block,
        MarkKind::Caption,
        MarkKind::Joined,
        MarkKind::Fork,
        MarkKind::Heal,
        MarkKind::Restart,
        MarkKind::Kill,
        MarkKind::Cut,
        MarkKind::Reorganisation,
        MarkKind::Hand,
    ];
    let marks = (0..).zip(kinds).map(|(nth, kind)| mark(nth * 10_000, kind));
    time(&mut lab).marks = Arc::new(marks.collect());
    time(&mut lab).newest = ms(100_000);
    time(&mut lab).at = ms(100_000);
    go(&mut lab, 65_000);
    lab
}

fn line(lab: &LabView, size: (u16, u16)) -> String {
    timeline(lab, &screen(lab, size, COLOURED)).expect("there is one")
}

/// What stands between the ends of the line.
fn track(line: &str) -> Vec<char> {
    let letters = line.chars().skip_while(|c| !"├|".contains(*c)).skip(1);
    letters.take_while(|c| !"┤|".contains(*c)).collect()
}

#[test]
fn it_shows_the_run_with_its_marks_where_we_are_and_what_comes_after() {
    for size in SIZES {
        let line = line(&marked(), size);
        assert!(line.starts_with(" +00:00 ├o"), "{line}");
        assert!(line.contains("┤ +01:40"), "{line}");
        let track: String = track(&line).into_iter().collect();
        let (past, future) = track.split_once('▼').expect("we are somewhere");
        let signs = |part: &str| part.replace(['─', '┄'], "");
        assert_eq!(signs(past), "o\"┴┬+SK", "{line}");
        assert_eq!(signs(future), "xR>", "{line}");
        assert!(!past.contains('┄') && !future.contains('─'), "{line}");
        let place = past.chars().count() as f64 / (track.chars().count() - 1) as f64;
        assert!((place - 0.65).abs() < 0.03, "{place}: {line}");
    }
}

#[test]
fn a_legend_says_what_signs_mean_as_far_as_there_is_room() {
    let at_80 = line(&marked(), (80, 24));
    assert!(at_80.ends_with("o block  x cut  > by hand"), "{at_80}");
    let at_120 = line(&marked(), (120, 36));
    let legend = "o block  x cut  > by hand  R reorg  + heal";
    assert!(at_120.ends_with(legend), "{at_120}");
    let at_200 = line(&marked(), (200, 60));
    for words in ["┬ fork", "┴ joined", "K kill", "S start", "\" caption"] {
        assert!(at_200.contains(words), "{words}: {at_200}");
    }
    for (size, least) in [
        ((60, 24), 20),
        ((80, 24), 30),
        ((120, 36), 50),
        ((200, 60), 90),
    ] {
        let columns = track(&line(&marked(), size)).len();
        assert!(columns >= least, "{columns} at {size:?}");
    }
}

#[test]
fn while_it_goes_we_are_at_its_end() {
    for size in SIZES {
        let line = line(&running(), size);
        assert!(line.contains("─▼┤ +00:42") && !line.contains('┄'), "{line}");
    }
    let mut young = running();
    time(&mut young).at = ms(0);
    time(&mut young).newest = ms(0);
    assert!(line(&young, (80, 24)).starts_with(" +00:00 ├▼┄"));
}

#[test]
fn where_several_things_fall_on_one_column_the_one_that_says_most_is_shown() {
    let mut lab = marked();
    let marks = [
        mark(20_000, MarkKind::Block),
        mark(20_001, MarkKind::Cut),
        mark(20_002, MarkKind::Caption),
        mark(50_000, MarkKind::Hand),
        mark(50_001, MarkKind::Reorganisation),
    ];
    time(&mut lab).marks = Arc::new(marks.to_vec());
    let track: String = track(&line(&lab, (120, 36))).into_iter().collect();
    assert_eq!(track.replace(['─', '┄', '▼'], ""), "x>");
}

#[test]
fn a_poor_terminal_has_it_in_ascii() {
    let ui = screen(&marked(), (80, 24), PLAIN);
    let line = timeline(&marked(), &ui).expect("there is one");
    assert!(line.is_ascii(), "{line}");
    let track: String = line.split('|').nth(1).expect("two ends").to_owned();
    assert_eq!(track.replace(['-', '.'], ""), "o\"JY+SKVxR>");
}

/// What a click there asks.
fn click(lab: &LabView, size: (u16, u16), column: u16) -> Vec<Effect> {
    let mut ui = screen(lab, size, COLOURED);
    let row = size.1 - 3;
    let mouse = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column,
        row,
        modifiers: KeyModifiers::NONE,
    };
    ui.update(lab, UiEvent::Mouse(mouse))
}

fn goes(at_ms: u64) -> Vec<Effect> {
    let change = TimeChange::Go(When::At(ms(at_ms)));
    vec![Effect::Ask(Request::Time(change), Purpose::Time)]
}

#[test]
fn a_click_goes_to_what_is_shown_there_or_to_the_moment_of_the_column() {
    let lab = marked();
    for size in SIZES {
        let line = line(&lab, size);
        let place = |sign: char| {
            let at = line.chars().position(|c| c == sign).expect("a sign");
            u16::try_from(at).expect("a column")
        };
        assert_eq!(click(&lab, size, place('x')), goes(70_000), "{size:?}");
        assert_eq!(click(&lab, size, place('R')), goes(80_000), "{size:?}");
        assert_eq!(click(&lab, size, place('├') + 1), goes(0), "{size:?}");
        assert_eq!(click(&lab, size, place('┤') - 1), goes(100_000), "{size:?}");
        let columns = u64::try_from(track(&line).len()).expect("few") - 1;
        let at = click(&lab, size, place('├') + 1 + 2);
        let Some(Effect::Ask(Request::Time(TimeChange::Go(When::At(at))), _)) = at.first() else {
            panic!("{at:?}");
        };
        let wanted = 100_000 * 2 / columns;
        assert!(at.as_millis().abs_diff(u128::from(wanted)) <= 1, "{at:?}");
        for beside in [2, place('├'), place('┤'), place('┤') + 3] {
            assert_eq!(click(&lab, size, beside), [], "{size:?} {beside}");
        }
    }
}

#[test]
fn it_stands_above_the_message_line_in_every_view_and_only_in_virtual_time() {
    for size in SIZES {
        for view in ViewId::TABS {
            let mut ui = screen(&marked(), size, COLOURED);
            ui.viewer.view = view;
            let plan = ScreenPlan::new(&marked(), &ui.viewer);
            let line = plan.timeline.expect("there is room");
            assert_eq!((line.y, line.height), (size.1 - 3, 1));
            assert_eq!(plan.body.bottom(), line.y);
            assert!(timeline(&marked(), &ui).is_some(), "{view:?}");
            let mut live = marked();
            live.time = None;
            let plan = ScreenPlan::new(&live, &ui.viewer);
            assert_eq!((plan.timeline, plan.body.bottom()), (None, size.1 - 2));
        }
    }
}

#[test]
fn it_goes_before_a_node_or_a_figure_does() {
    let (mut with, mut without) = (0, 0);
    for count in 1..=32 {
        for size in [
            (60, 15),
            (60, 20),
            (80, 24),
            (100, 30),
            (120, 36),
            (200, 60),
        ] {
            let live = crowd(count);
            let mut lab = live.clone();
            lab.time = Some(TimeView::default());
            let ui = screen(&lab, size, COLOURED);
            let plan = ScreenPlan::new(&lab, &ui.viewer);
            match plan.timeline {
                Some(_) => with += 1,
                None => without += 1,
            }
            for view in ViewId::TABS {
                let mut ui = screen(&lab, size, COLOURED);
                ui.viewer.view = view;
                let before = shown(&live, &ui);
                let after = shown(&lab, &ui);
                // A graph stays a graph, and its figures stay.
                for words in ["┄┄┄┄ not connected", "  1  2  3", "height "] {
                    let has = |rows: &[String]| rows.join("\n").contains(words);
                    assert_eq!(
                        has(&before),
                        has(&after),
                        "{words} in {view:?}: {count} nodes at {size:?}"
                    );
                }
            }
            let form = |lab: &LabView| {
                let plan = ScreenPlan::new(lab, &ui.viewer);
                let panes = panes::Plan::new(lab, &ui.viewer, plan.body);
                let boxes = [panes.propagation, panes.blocks, panes.mempool];
                (panes.form, panes.page, boxes.map(|area| area.is_some()))
            };
            assert_eq!(form(&lab), form(&live), "{count} nodes at {size:?}");
        }
    }
    assert!(
        with > 100 && without > 20,
        "{with} with it, {without} without"
    );
    let small = screen(&running(), (60, 15), COLOURED);
    assert!(timeline(&running(), &small).is_none());
}

#[test]
fn no_mark_breaks_a_screen_however_odd_it_is() {
    let mut lab = marked();
    let late = mark(1_000_000, MarkKind::Cut);
    time(&mut lab).marks = Arc::new(vec![late; 5_000]);
    for width in [60, 61, 72, 80, 300] {
        let ui = screen(&lab, (width, 24), COLOURED);
        for line in shown(&lab, &ui) {
            assert!(line.chars().count() <= usize::from(width), "{line}");
        }
    }
}
