//! What is asked of time: by keys, by commands, by a click.

use super::scene::{SIZES, paused, running, said, shown, time};
use crate::common::desk::{Desk, three_nodes};
use crate::picture::{COLOURED, press, scenario, screen};
use chainlab::lab::ask::{TimeChange, When};
use chainlab::lab::script::{ScriptView, StepView};
use chainlab::lab::spec::Speed;
use chainlab::lab::view::TimeView;
use chainlab::lab::{Answer, LabView, Request};
use chainlab::ui::app::UiEvent;
use chainlab::ui::viewer::{Effect, Purpose, Seat, Stage};
use std::sync::Arc;
use std::time::Duration;

/// Every key with what it asks.
fn keys() -> [(&'static str, TimeChange); 9] {
    [
        ("Space", TimeChange::Toggle),
        (".", TimeChange::Step),
        (",", TimeChange::Back),
        (")", TimeChange::NextMark),
        ("(", TimeChange::PreviousMark),
        (">", TimeChange::Faster),
        ("<", TimeChange::Slower),
        ("Backspace", TimeChange::Speed(Speed::Times(1))),
        ("u", TimeChange::Undo),
    ]
}

fn asks(change: TimeChange) -> Vec<Effect> {
    vec![Effect::Ask(Request::Time(change), Purpose::Time)]
}

/// A story that is being told.
fn with_story(mut lab: LabView) -> LabView {
    let script = ScriptView {
        steps: vec![StepView::default()],
        ..ScriptView::default()
    };
    lab.script = Some(Arc::new(script));
    lab
}

#[test]
fn each_key_asks_what_it_is_for_in_every_view_and_holds_no_picture() {
    for lab in [running(), paused()] {
        for way in ["1", "v", "v v", "v v v", "V", "z"] {
            for (key, change) in keys() {
                let mut ui = screen(&lab, (120, 36), COLOURED);
                press(&lab, &mut ui, way);
                assert_eq!(press(&lab, &mut ui, key), asks(change), "{way} {key}");
                assert!(ui.held.is_none() && ui.dialog.is_none());
            }
        }
    }
}

#[test]
fn while_time_stands_still_commands_are_given_as_ever() {
    let lab = paused();
    let mut ui = screen(&lab, (120, 36), COLOURED);
    let effects = press(&lab, &mut ui, "K");
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Ask(Request::Kill(_), Purpose::Tell)]
        ),
        "{effects:?}"
    );
    press(&lab, &mut ui, "s");
    assert!(ui.dialog.is_some());
}

#[test]
fn in_a_live_lab_space_holds_the_picture_and_the_lab_says_what_the_others_need() {
    let lab = scenario();
    for (key, change) in keys().into_iter().skip(1) {
        let mut ui = screen(&lab, (80, 24), COLOURED);
        assert_eq!(press(&lab, &mut ui, key), asks(change), "{key}");
        let why = "time of a live lab goes by itself: this needs chainlab run --virtual";
        let refused = UiEvent::Answered(Purpose::Time, Err(why.to_owned()));
        ui.update(&lab, refused);
        assert_eq!(said(&lab, &ui), why);
    }
    let mut ui = screen(&lab, (80, 24), COLOURED);
    assert_eq!(press(&lab, &mut ui, "Space"), []);
    assert!(ui.held.is_some());
}

#[test]
fn what_a_move_comes_to_is_seen_and_not_told() {
    let lab = running();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, ">");
    let done = Ok(Answer::Done("the time goes at 2".to_owned()));
    ui.update(&lab, UiEvent::Answered(Purpose::Time, done));
    assert_eq!(ui.message, None);
}

#[test]
fn in_forms_and_filters_these_keys_are_letters() {
    let mut lab = three_nodes();
    lab.time = Some(TimeView::default());
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("w").type_(".,()<>u ").press("Backspace");
    assert!(desk.effects.is_empty(), "{:?}", desk.effects);
    let typed = desk.dialog().join(" ");
    assert!(typed.contains(".,()<>u"), "{typed}");
    desk.press("Esc v v v /").type_("(u.>");
    assert!(desk.effects.is_empty(), "{:?}", desk.effects);
    assert!(desk.dialog().join(" ").contains("(u.>"));
}

#[test]
fn on_a_presenters_screen_space_stops_time_and_leaves_the_script_alone() {
    for (seat, has_notes) in [
        (Seat::Own, false),
        (Seat::Guest, true),
        (Seat::Guest, false),
    ] {
        let lab = with_story(running());
        let mut ui = screen(&lab, (80, 24), COLOURED);
        ui.viewer.stage = Stage::new(seat, false, has_notes);
        assert_eq!(press(&lab, &mut ui, "Space"), asks(TimeChange::Toggle));
        assert_eq!(press(&lab, &mut ui, "."), asks(TimeChange::Step));
        assert!(ui.held.is_none());
        let footer = shown(&lab, &ui).pop().expect("a screen");
        assert!(footer.contains("Space pause"), "{footer}");
    }
}

#[test]
fn a_screen_that_only_looks_moves_no_time() {
    let lab = running();
    for (key, _) in keys() {
        let mut ui = screen(&lab, (80, 24), COLOURED);
        ui.viewer.stage = Stage::new(Seat::Audience, false, false);
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(said(&lab, &ui), "this screen only looks", "{key}");
        assert!(ui.held.is_none());
    }
}

#[test]
fn the_footer_names_the_keys_and_nothing_in_it_moves_when_time_stops() {
    for size in SIZES.into_iter().chain([(60, 15)]) {
        for way in ["1", "v", "v v", "v v v", "V", "z"] {
            let footer = |lab: &LabView| {
                let mut ui = screen(lab, size, COLOURED);
                press(lab, &mut ui, way);
                shown(lab, &ui).pop().expect("a screen")
            };
            let (runs, stands) = (footer(&running()), footer(&paused()));
            assert!(runs.contains("Space pause "), "{size:?} {way} {runs}");
            assert!(stands.contains("Space resume"), "{size:?} {way} {stands}");
            let (pause, resume) = (runs.replace("pause ", ""), stands.replace("resume", ""));
            assert_eq!(pause, resume, "{size:?} {way}");
            if size.0 >= 120 {
                assert!(runs.contains(". event"), "{size:?} {way} {runs}");
                assert!(runs.contains(") mark"), "{size:?} {way} {runs}");
            }
            let live = footer(&scenario());
            assert!(
                !live.contains("event") && !live.contains(") mark"),
                "{live}"
            );
        }
    }
}

/// A lab of three in virtual time, and the palette with this in it.
fn typed(text: &str) -> Desk {
    let mut lab = three_nodes();
    lab.time = Some(TimeView::default());
    let mut desk = Desk::at(lab, (80, 24));
    desk.press(":").type_(text);
    desk
}

#[test]
fn commands_of_the_palette_move_in_time() {
    let expr = || "reorg_depth >= 1".to_owned();
    for (text, change) in [
        (
            "go +01:23",
            TimeChange::Go(When::At(Duration::from_secs(83))),
        ),
        ("go #7", TimeChange::Go(When::Block(7))),
        ("until reorg_depth >= 1", TimeChange::Until(expr())),
        ("speed 1/10", TimeChange::Speed(Speed::Over(10))),
        ("speed max", TimeChange::Speed(Speed::Max)),
    ] {
        let mut desk = typed(text);
        desk.press("Enter");
        assert_eq!(desk.asked(), (Request::Time(change), Purpose::Time));
        assert!(desk.ui.dialog.is_none(), "{text}");
    }
    for (text, change) in [
        ("pause when reorg_depth >= 1", Some(expr())),
        ("pause when", None),
    ] {
        let mut desk = typed(text);
        desk.press("Enter");
        let change = TimeChange::PauseWhen(change);
        assert_eq!(desk.asked(), (Request::Time(change), Purpose::Tell));
    }
    // By a part of its name; its words are still to come.
    let mut desk = typed("unti");
    desk.press("Enter").type_("tips == 1").press("Enter");
    let until = TimeChange::Until("tips == 1".to_owned());
    assert_eq!(desk.asked(), (Request::Time(until), Purpose::Time));
    let mut desk = typed("next-mark");
    desk.press("Enter");
    assert_eq!(
        desk.asked(),
        (Request::Time(TimeChange::NextMark), Purpose::Time)
    );
}

#[test]
fn bad_input_is_answered_in_words_and_the_palette_stays() {
    for (text, words) in [
        ("go soon", "a time since the beginning is wanted"),
        ("go ", "a time since the beginning is wanted"),
        ("go #x", "the height of a block is wanted after #"),
        ("speed 200", "a speed is a number from 1 to 100"),
        ("until ", "nothing"),
        ("pause when height@", "height@"),
    ] {
        let mut desk = typed(text);
        desk.press("Enter");
        assert!(desk.effects.is_empty(), "{text}");
        let before = desk.dialog();
        if text.starts_with("until") || text.starts_with("pause") {
            assert!(before.len() > 3, "{text}");
        } else {
            assert!(before.join(" ").contains(words), "{text}: {before:#?}");
        }
        desk.type_("x");
        let after = desk.dialog().join(" ");
        assert!(
            !after.contains(words) || words == "height@",
            "{text}: {after}"
        );
    }
}

#[test]
fn what_time_stops_at_is_shown_where_it_is_changed() {
    let mut desk = typed("pause when");
    assert!(!desk.dialog().join(" ").contains("set:"));
    let set = vec!["reorg_depth >= 1".to_owned(), "tips == 2".to_owned()];
    desk.lab.time.as_mut().expect("virtual").breakpoints = Arc::new(set);
    let shown = desk.dialog().join(" ");
    assert!(shown.contains("set: reorg_depth >= 1"), "{shown}");
    assert!(shown.contains("set: tips == 2"), "{shown}");
    desk.press("Esc :").type_("go 5s");
    assert!(!desk.dialog().join(" ").contains("set:"));
    let mut set = paused();
    time(&mut set).breakpoints = Arc::new(vec!["tips == 2".to_owned()]);
    assert_eq!(set.time.expect("virtual").breakpoints.len(), 1);
}

#[test]
fn help_and_palette_list_keys_and_commands_of_time_where_it_is_virtual() {
    let help = |lab: &LabView, size| {
        let mut desk = Desk::at(lab.clone(), size);
        desk.press("?");
        let mut all = desk.dialog().join(" ");
        for _ in 0..10 {
            desk.press("PgDn");
            all += &desk.dialog().join(" ");
        }
        all
    };
    let live = three_nodes();
    let mut lab = live.clone();
    lab.time = Some(TimeView::default());
    let words = [
        ". , on to the next thing told, back to the last",
        ") ( on to the next mark",
        "> < go faster, slower",
        "Backspace goes as fast as on the wall",
        "u back to just before the last command by hand",
        ":go to a moment",
        ":until at full speed until it holds",
        ":pause when stops when it begins to hold",
        ":speed time goes so fast",
        "Space stops time; again: goes on",
    ];
    for size in [(80, 24), (120, 36), (200, 60)] {
        let all = help(&lab, size);
        let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in words {
            assert!(all.contains(words), "{words} at {size:?}: {all}");
        }
        let none = help(&live, size);
        assert!(!none.contains("Backspace goes") && !none.contains(":until"));
    }
    let found = |lab: &LabView, text: &str| {
        let mut desk = Desk::at(lab.clone(), (80, 24));
        desk.press(":").type_(text);
        desk.dialog().join(" ")
    };
    for (text, name) in [("time-st", "time-step"), ("unti", "until EXPR")] {
        assert!(found(&lab, text).contains(name), "{text}");
        assert!(!found(&live, text).contains(name), "{text}");
    }
}
