//! A story on the screen: its captions and titles, what it waits for, the keys that lead it, its end,
//! and the presenter's notes.

use crate::picture::{COLOURED, PLAIN, at, draw, lines, press, scenario, screen};
use chainlab::lab::ask::{Access, ScriptChange};
use chainlab::lab::script::{Pace, ScriptView, StepState, StepView};
use chainlab::lab::{Answer, LabView, Request};
use chainlab::node::NodeIx;
use chainlab::node::io::words::Tone;
use chainlab::ui::app::frame::ScreenPlan;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::{Effect, Purpose, Seat, Stage};
use chainlab::ui::views::panes;
use std::sync::Arc;
use std::time::Duration;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

const BOTH: &str = "Both halves mine on: two tips, and neither half knows of the other's.";

const SAID: &str = "Wait until both have a block of their own. No node did anything wrong here, and still \
    the two halves tell two different stories. Ask the room: which of them is right, and who says so?";

/// A story of six steps, of which so many are done.
fn told(done: usize) -> LabView {
    let mut lab = scenario();
    let step = |what: &str, title: Option<&str>, note: Option<&str>| StepView {
        what: what.into(),
        title: title.map(Arc::from),
        note: note.map(Arc::from),
        speaker: note.map(|note| match note {
            BOTH => SAID.into(),
            _ => "Ask: who will win?".into(),
        }),
        ..StepView::default()
    };
    let mut steps = vec![
        step("note: Six nodes.", Some("One network"), Some("Six nodes.")),
        step("partition", None, None),
        step("note: Both", Some("Two tips, one wall"), Some(BOTH)),
        step("heal", None, None),
        step("expect tips == 1", None, None),
        step(
            "note: One tip again.",
            Some("More work wins"),
            Some("One tip again."),
        ),
    ];
    for (number, step) in steps.iter_mut().enumerate().take(done) {
        step.state = StepState::Done;
        step.began = Some(Duration::from_secs(number as u64 * 5));
    }
    let script = ScriptView {
        steps,
        waits_for: Some("height@lima >= 7, it is 6".to_owned()),
        planned: Some(Duration::from_secs(75)),
        ..ScriptView::default()
    };
    let note = script
        .caption()
        .and_then(|at| script.steps[at].note.clone());
    lab.caption = note;
    lab.script = Some(Arc::new(script));
    lab
}

fn change(lab: &mut LabView, change: impl FnOnce(&mut ScriptView)) {
    change(Arc::make_mut(lab.script.as_mut().expect("it has one")));
}

fn sits(lab: &LabView, size: (u16, u16), stage: Stage) -> UiState {
    let mut ui = screen(lab, size, COLOURED);
    ui.viewer.stage = stage;
    ui.update(lab, UiEvent::Changed);
    ui
}

fn own(lab: &LabView) -> UiState {
    sits(lab, (80, 24), Stage::default())
}

fn shown(lab: &LabView, ui: &UiState) -> String {
    lines(&draw(lab, ui)).join("\n")
}

/// What the message line says.
fn said(lab: &LabView, ui: &UiState) -> String {
    let shown = lines(&draw(lab, ui));
    shown[shown.len() - 2].trim().to_owned()
}

fn asks(change: ScriptChange, purpose: Purpose) -> Vec<Effect> {
    vec![Effect::Ask(Request::Script(change), purpose)]
}

#[test]
fn the_band_for_captions_has_its_lines_from_the_first_frame_to_the_last() {
    for size in SIZES.into_iter().chain([(60, 15), (100, 30)]) {
        for is_big in [false, true] {
            for view in [None].into_iter().chain(ViewId::TABS.map(Some)) {
                let plan = |lab: &LabView| {
                    let mut ui = sits(lab, size, Stage::new(Seat::Own, is_big, false));
                    match view {
                        Some(view) => ui.viewer.view = view,
                        None => drop(ui.zoom_in(lab)),
                    }
                    draw(lab, &ui);
                    let plan = ScreenPlan::new(lab, &ui.viewer);
                    let band = plan.caption.map_or(size.1 - 2, |band| band.y);
                    let panes = panes::Plan::new(lab, &ui.viewer, plan.body);
                    let parts = [
                        Some(panes.body),
                        panes.propagation,
                        panes.blocks,
                        panes.mempool,
                    ];
                    let lowest = parts.into_iter().flatten().map(|part| part.bottom()).max();
                    assert!(lowest <= Some(band), "{size:?} {view:?}");
                    let bottom = plan.caption.map_or(band, |band| band.bottom());
                    assert_eq!(bottom, size.1 - 2, "{size:?} {view:?}");
                    (plan.caption, plan.body, panes)
                };
                let first = plan(&told(0));
                assert!(first.0.is_some(), "{view:?}");
                for done in 0..=6 {
                    let mut lab = told(done);
                    assert_eq!(plan(&lab), first, "{size:?} {view:?} {done}");
                    lab.caption = Some("a note by hand".into());
                    assert_eq!(plan(&lab), first, "{size:?} {view:?} {done}");
                }
                assert_eq!(plan(&scenario()).0, None);
            }
        }
    }
}

#[test]
fn a_long_caption_is_whole_at_80_columns() {
    let mut lab = told(3);
    let long = "The half with more work wins, and the other half gives up what it found, however much \
                that was, and with it what was paid there.";
    change(&mut lab, |script| script.steps[2].note = Some(long.into()));
    lab.caption = Some(long.into());
    let text = shown(&lab, &own(&lab));
    let words: Vec<_> = text.split_whitespace().collect();
    assert!(words.join(" ").contains(long), "{text}");
}

#[test]
fn a_title_stands_in_large_letters_above_its_caption_in_bold() {
    for size in SIZES {
        let lab = told(3);
        let big = sits(&lab, size, Stage::new(Seat::Own, true, false));
        let text = lines(&draw(&lab, &big));
        let title =
            chainlab::ui::app::frame::letters::large("Two tips, one wall", 78).expect("it fits");
        let top = text.iter().position(|line| line.trim() == title[0].trim());
        let top = top.unwrap_or_else(|| panic!("no title: {text:#?}"));
        for (at, line) in title.iter().enumerate() {
            assert_eq!(text[top + at].trim_end(), format!(" {line}").trim_end());
        }
        let buffer = draw(&lab, &big);
        let bold = ratatui::style::Modifier::BOLD;
        let note = u16::try_from(top + title.len()).expect("small");
        assert!(text[top + title.len()].contains(BOTH), "{text:#?}");
        assert!(buffer[(3, note)].modifier.contains(bold));
        // What was written by hand has no title.
        let mut other = lab.clone();
        other.caption = Some("look here".into());
        assert!(!shown(&other, &big).contains(&*title[1]));
        // Without large letters it is said as well as it can be.
        let mut plain = screen(&lab, size, PLAIN);
        plain.viewer.stage = Stage::new(Seat::Own, true, false);
        let text = shown(&lab, &plain);
        assert!(
            text.is_ascii() && text.contains("T W O   T I P S ,   O N E   W A L L"),
            "{text}"
        );
        // Titles are for those who ask for them.
        let text = shown(&lab, &sits(&lab, size, Stage::default()));
        assert!(!text.contains(&*title[1]) && text.contains(BOTH), "{text}");
    }
}

#[test]
fn the_message_line_says_what_the_step_that_is_on_waits_for() {
    let mut lab = told(3);
    let ui = own(&lab);
    assert_eq!(
        said(&lab, &ui),
        "step 4 of 6, heal: waits for height@lima >= 7, it is 6   n does it now"
    );
    change(&mut lab, |script| {
        script.waits_for = Some("2 s more".to_owned())
    });
    assert_eq!(
        said(&lab, &ui),
        "step 4 of 6, heal: waits for 2 s more   n does it now"
    );
    change(&mut lab, |script| {
        script.pace = Pace::Presenter;
        script.waits_for = Some("n".to_owned());
    });
    let by_hand = "step 4 of 6, heal: waits for n   N has it go on by itself";
    assert_eq!(said(&lab, &ui), by_hand);
    change(&mut lab, |script| script.is_paused = true);
    assert_eq!(said(&lab, &ui), "step 4 of 6, heal: paused   Space goes on");
    // What is to be done is left out before what it waits for.
    let mut lab = told(3);
    change(&mut lab, |script| {
        script.steps[3].what = "heal; expect tips == 1".into();
    });
    assert_eq!(
        said(&lab, &ui),
        "step 4 of 6, heal: waits for height@lima >= 7, it is 6   n does it now"
    );
    change(&mut lab, |script| {
        script.steps[3].what = "send 1.25 from alice to carol, who has none".into();
    });
    assert_eq!(
        said(&lab, &ui),
        "step 4 of 6: waits for height@lima >= 7, it is 6   n does it now"
    );
    // A caption is not told before it is there.
    assert!(!said(&told(5), &ui).contains("One tip again"));
    // The hint comes back when all is over.
    assert!(
        said(&told(6), &ui).starts_with("try: "),
        "{}",
        said(&told(6), &ui)
    );
}

#[test]
fn a_step_that_came_late_and_one_that_failed_say_so() {
    let mut lab = told(4);
    change(&mut lab, |script| {
        script.steps[3].is_late = true;
        script.waits_for = Some("2 s more".to_owned());
    });
    let ui = own(&lab);
    let words = said(&lab, &ui);
    assert!(
        words.contains("waits for 2 s more   step 4 came late"),
        "{words}"
    );
    change(&mut lab, |script| {
        script.steps[4].is_late = true;
        script.steps[4].state = StepState::Running;
    });
    assert!(said(&lab, &ui).starts_with("step 5 of 6, late: waits for "));
    change(&mut lab, |script| {
        script.steps[4].state = StepState::Failed("not true after 10s: tips == 1: 2".into());
    });
    assert!(said(&lab, &ui).contains("not true after 10s: tips == 1: 2"));
    assert!(shown(&lab, &ui).contains("the end: step 5 has failed"));
}

#[test]
fn a_message_stands_for_some_seconds_and_then_what_is_waited_for_is_back() {
    let mut lab = told(3);
    let mut ui = own(&lab);
    ui.tell(lab.now, Tone::Good, "miner mined #13");
    assert_eq!(said(&lab, &ui), "miner mined #13");
    let due = ui.deadline(&lab).expect("it goes away");
    assert!(due.since(lab.now) <= Duration::from_secs(5));
    lab.now = due;
    ui.update(&lab, UiEvent::Changed);
    assert!(said(&lab, &ui).starts_with("step 4 of 6"));
}

#[test]
fn n_and_capital_n_lead_the_story() {
    let lab = told(3);
    let mut ui = own(&lab);
    let next = press(&lab, &mut ui, "n");
    assert_eq!(next, asks(ScriptChange::Next, Purpose::Script));
    // What comes is seen; only what does not is said.
    let done = Ok(Answer::Done("on to the next caption".to_owned()));
    ui.update(&lab, UiEvent::Answered(Purpose::Script, done));
    assert!(said(&lab, &ui).starts_with("step 4 of 6"));
    let refused = Err("the script is paused: resume it first".to_owned());
    ui.update(&lab, UiEvent::Answered(Purpose::Script, refused));
    assert_eq!(said(&lab, &ui), "the script is paused: resume it first");
    let auto = press(&lab, &mut ui, "N");
    assert_eq!(auto, asks(ScriptChange::Auto, Purpose::Tell));
    // From any view.
    let next = press(&lab, &mut ui, "v n");
    assert!(next.ends_with(&asks(ScriptChange::Next, Purpose::Script)));
}

#[test]
fn without_a_script_the_keys_of_stories_say_so() {
    let lab = scenario();
    for key in ["n", "N", "r"] {
        let mut ui = own(&lab);
        assert_eq!(press(&lab, &mut ui, key), [], "{key}");
        assert_eq!(said(&lab, &ui), "this lab has no script", "{key}");
    }
    let mut ui = own(&lab);
    press(&lab, &mut ui, ": s c r i p t Enter");
    assert_eq!(said(&lab, &ui), "this lab has no script");
}

#[test]
fn r_asks_once_while_the_story_is_under_way_and_not_at_its_end() {
    let lab = told(3);
    let mut ui = own(&lab);
    assert_eq!(press(&lab, &mut ui, "r"), []);
    assert!(shown(&lab, &ui).contains("y plays it again, Esc lets it go on"));
    assert_eq!(press(&lab, &mut ui, "Esc"), []);
    assert!(ui.dialog.is_none());
    let again = asks(ScriptChange::Restart, Purpose::Tell);
    assert_eq!(press(&lab, &mut ui, "r y"), again);
    assert!(ui.dialog.is_none());
    assert_eq!(press(&told(6), &mut ui, "r"), again);
}

#[test]
fn space_holds_the_story_on_the_presenters_screens_and_the_picture_alone_on_others() {
    let lab = told(3);
    let pause = asks(ScriptChange::Pause, Purpose::Script);
    let resume = asks(ScriptChange::Resume, Purpose::Script);
    for (seat, has_notes, pauses) in [
        (Seat::Own, false, true),
        (Seat::Guest, true, true),
        (Seat::Guest, false, false),
        (Seat::Audience, false, false),
        (Seat::Audience, true, false),
    ] {
        let mut ui = sits(&lab, (80, 24), Stage::new(seat, false, has_notes));
        let held = press(&lab, &mut ui, "Space");
        assert_eq!(held, if pauses { pause.clone() } else { Vec::new() });
        assert!(ui.held.is_some());
        let words = said(&lab, &ui);
        assert_eq!(words.contains("the script waits"), pauses, "{words}");
        let goes_on = press(&lab, &mut ui, "Space");
        assert_eq!(goes_on, if pauses { resume.clone() } else { Vec::new() });
        assert!(ui.held.is_none());
    }
    // What was paused from elsewhere goes on; a story that is over needs no pause.
    let mut paused = told(3);
    change(&mut paused, |script| script.is_paused = true);
    let mut ui = own(&paused);
    assert_eq!(press(&paused, &mut ui, "Space"), resume);
    assert!(ui.held.is_none());
    for lab in [told(6), scenario()] {
        let mut ui = own(&lab);
        assert_eq!(press(&lab, &mut ui, "Space Space"), []);
    }
}

#[test]
fn the_end_card_is_closed_by_two_keys_and_all_others_do_what_they_always_do() {
    let lab = told(6);
    let card = "the end   r plays it again   n goes on by hand";
    for (keys, is_used_up) in [
        ("n", true),
        ("Esc", true),
        ("v", false),
        ("2", false),
        ("w", false),
    ] {
        let mut ui = own(&lab);
        ui.viewer.view = ViewId::Network;
        ui.viewer.focus = NodeIx(0);
        assert!(shown(&lab, &ui).contains(card));
        press(&lab, &mut ui, keys);
        assert!(!shown(&lab, &ui).contains(card), "{keys}");
        let is_as_before = ui.viewer.view == ViewId::Network
            && ui.viewer.focus == NodeIx(0)
            && ui.dialog.is_none();
        assert_eq!(is_as_before, is_used_up, "{keys}");
    }
    let mut ui = own(&lab);
    assert_eq!(
        press(&lab, &mut ui, "r"),
        asks(ScriptChange::Restart, Purpose::Tell)
    );
    // It shows again when the story is over again.
    press(&lab, &mut ui, "Esc");
    let mut again = told(2);
    change(&mut again, |script| script.runs = 1);
    ui.update(&again, UiEvent::Changed);
    let mut over = lab.clone();
    change(&mut over, |script| script.runs = 1);
    assert!(!shown(&again, &ui).contains("the end") && shown(&over, &ui).contains(card));
}

#[test]
fn nothing_of_the_old_lab_is_left_when_the_story_begins_again() {
    let lab = told(4);
    let mut ui = own(&lab);
    press(&lab, &mut ui, "3 z");
    ui.tell(lab.now, Tone::Good, "miner mined #13");
    press(&lab, &mut ui, "s");
    let mut again = told(0);
    again.now = at(10);
    change(&mut again, |script| script.runs = 1);
    ui.update(&again, UiEvent::Changed);
    assert!(!ui.viewer.is_zoomed && ui.dialog.is_none() && ui.message.is_none());
    assert_eq!(ui.viewer.focus, NodeIx(1), "as the layout says");
    assert!(said(&again, &ui).starts_with("step 1 of 6"));
}

#[test]
fn q_asks_while_a_story_is_under_way_where_the_story_would_end() {
    let lab = told(3);
    let mut ui = own(&lab);
    assert_eq!(press(&lab, &mut ui, "q"), []);
    assert!(shown(&lab, &ui).contains("the story is under way, at step 4 of 6"));
    assert_eq!(press(&lab, &mut ui, "y"), [Effect::Leave]);
    let mut kept = lab.clone();
    kept.is_temporary = false;
    let mut ui = own(&kept);
    press(&kept, &mut ui, "q");
    assert!(!shown(&kept, &ui).contains("k keep it"));
    assert_eq!(press(&kept, &mut ui, "k"), [], "it is kept already");
    assert_eq!(press(&kept, &mut ui, "y"), [Effect::Leave]);
    assert_eq!(press(&told(6), &mut own(&told(6)), "q"), [Effect::Leave]);
    let mut guest = sits(&lab, (80, 24), Stage::new(Seat::Guest, false, true));
    assert_eq!(press(&lab, &mut guest, "q"), [Effect::Leave]);
}

#[test]
fn a_screen_for_an_audience_sends_nothing_that_changes_anything() {
    let lab = told(3);
    for entry in chainlab::ui::keymap::TABLE {
        for key in entry.keys.iter().filter(|key| **key != "1-9") {
            for (view, has_notes) in ViewId::TABS
                .map(|view| (view, false))
                .into_iter()
                .chain([(ViewId::Lab, true)])
            {
                let mut ui = sits(&lab, (80, 24), Stage::new(Seat::Audience, false, has_notes));
                ui.viewer.view = view;
                let effects = press(&lab, &mut ui, key);
                let changes = |effect: &Effect| match effect {
                    Effect::Ask(request, _) => request.access() == Access::Write,
                    _ => false,
                };
                assert!(!effects.iter().any(changes), "{key}: {effects:?}");
                if entry.changes {
                    assert_eq!(said(&lab, &ui), "this screen only looks", "{key}");
                    assert!(ui.dialog.is_none());
                }
            }
        }
    }
    // A caption comes from the palette, by no key of the table.
    let mut ui = sits(&lab, (80, 24), Stage::new(Seat::Audience, false, false));
    assert_eq!(press(&lab, &mut ui, ": n o t e Space h i Enter"), []);
    assert_eq!(said(&lab, &ui), "this screen only looks");
    assert!(!shown(&told(6), &ui).contains("plays it again"));
}

#[test]
fn colon_script_lists_the_steps_with_the_one_that_is_on_in_sight() {
    for size in SIZES {
        let mut lab = told(3);
        change(&mut lab, |script| {
            script.steps[1].is_late = true;
            script.steps[0].state = StepState::Skipped;
        });
        let mut ui = sits(&lab, size, Stage::default());
        press(&lab, &mut ui, ": s c r i p t Enter");
        let inside = crate::lint::box_is_closed(&draw(&lab, &ui), "script", "the list").join("\n");
        for words in [
            "step 4 of 6, by itself   +00:42 of 01:15 planned   1 step late",
            "✓ partition (late)",
            "· heal",
            "waits for height@lima >= 7, it is 6",
            "any key closes",
        ] {
            assert!(inside.contains(words), "{words}: {inside}");
        }
        press(&lab, &mut ui, "Down Up Home End PgUp PgDn");
        assert!(ui.dialog.is_some());
        press(&lab, &mut ui, "x");
        assert!(ui.dialog.is_none());
    }
    // Two hundred steps scroll, and follow the one that is on.
    let mut lab = told(0);
    change(&mut lab, |script| {
        let step = |number: usize| StepView {
            what: format!("mine block {number}").into(),
            state: if number <= 120 {
                StepState::Done
            } else {
                StepState::Waiting
            },
            ..StepView::default()
        };
        script.steps = (1..=200).map(step).collect();
    });
    let mut ui = own(&lab);
    press(&lab, &mut ui, ": s c r i p t Enter");
    assert!(shown(&lab, &ui).contains("· mine block 121"));
    press(&lab, &mut ui, "End");
    assert!(shown(&lab, &ui).contains("· mine block 200"));
}

#[test]
fn the_presenters_notes_say_what_is_shown_what_to_say_what_comes_and_when() {
    let mut pictures = String::new();
    for size in SIZES.into_iter().chain([(60, 15)]) {
        let lab = told(3);
        let mut ui = sits(&lab, size, Stage::new(Seat::Guest, false, true));
        let text = shown(&lab, &ui);
        pictures += &format!("{}x{}\n{text}\n\n", size.0, size.1);
        let words: Vec<_> = text.split_whitespace().collect();
        assert!(size.0 < 80 || words.join(" ").contains(SAID), "{text}");
        for words in [
            "notes",
            "step 4 of 6",
            "of 01:15 planned",
            "by itself",
            "now   Both halves mine on",
            "say   Wait until both",
            "next  More work wins: One tip again.",
            "waits for height@lima >= 7, it is 6",
            "n next   N by itself   r again",
            "q quit",
        ] {
            assert!(text.contains(words), "{size:?} {words}: {text}");
        }
        assert_eq!(
            press(&lab, &mut ui, "n"),
            asks(ScriptChange::Next, Purpose::Script)
        );
        assert_eq!(press(&lab, &mut ui, "w"), []);
        assert_eq!(said(&lab, &ui), "not here: this screen has the notes");
        press(&lab, &mut ui, "?");
        assert!(ui.dialog.is_some(), "the keys");
        let over = told(6);
        let ui = sits(&over, size, Stage::new(Seat::Guest, false, true));
        let text = shown(&over, &ui);
        assert!(text.contains("the end   r plays it again"), "{text}");
    }
    insta::assert_snapshot!("notes", pictures);
    let lab = scenario();
    let ui = sits(&lab, (80, 24), Stage::new(Seat::Guest, false, true));
    assert!(shown(&lab, &ui).contains("this lab has no script"));
}

#[test]
fn a_story_with_large_titles() {
    let mut pictures = String::new();
    for size in SIZES {
        let lab = told(3);
        let ui = sits(&lab, size, Stage::new(Seat::Own, true, false));
        pictures += &format!("{}x{}\n{}\n\n", size.0, size.1, shown(&lab, &ui));
    }
    insta::assert_snapshot!("story_big", pictures);
}

#[test]
fn help_and_palette_list_what_the_screen_takes_and_no_more() {
    let lab = told(3);
    let takes = |stage: Stage, keys: &str| {
        let mut ui = sits(&lab, (120, 36), stage);
        press(&lab, &mut ui, keys);
        shown(&lab, &ui)
    };
    let changes = ["sends coins", "kills the node", "cuts the chosen link"];
    for keys in ["?", ":"] {
        let own = takes(Stage::new(Seat::Own, false, false), keys);
        assert!(own.contains("sends coins"), "{own}");
        for has_notes in [false, true] {
            let audience = takes(Stage::new(Seat::Audience, false, has_notes), keys);
            assert!(
                !changes.iter().any(|words| audience.contains(words)),
                "{audience}"
            );
        }
        let notes = takes(Stage::new(Seat::Guest, false, true), keys);
        assert!(
            !changes.iter().any(|words| notes.contains(words)),
            "{notes}"
        );
        assert!(!notes.contains("in this view"), "{notes}");
        assert!(notes.contains("story: "), "{notes}");
    }
}
