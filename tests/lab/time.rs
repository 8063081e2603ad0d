//! Time in your hands: a lab in virtual time that is paused, stepped through, and gone back in.

use crate::common::live::soon;
use crate::common::running::{CENTRAL, MINER, TEXT, WALLET, done, refused, until};
use chainlab::chain::Amount;
use chainlab::lab::ask::{TimeChange, When};
use chainlab::lab::drive::{Level, VirtualOptions};
use chainlab::lab::layout::{read, shipped};
use chainlab::lab::script::StepState;
use chainlab::lab::spec::{Captions, OpeningTime, Speed};
use chainlab::lab::view::headline::Chains;
use chainlab::lab::view::{Mark, MarkKind, TimeView};
use chainlab::lab::{Answer, Control, Lab, LabView, Layout, Request};
use chainlab::node::Time;
use chainlab::node::io::{Command, Payment, Question, Reply};
use chainlab::node::message::Kind;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// A layout whose time stands still at first.
fn held(text: &str) -> Layout {
    let mut layout = read("scenario", text).expect("it is sound");
    layout.time.is_paused = true;
    layout
}

/// As [`held`], with a miner that goes on by itself.
fn held_mining() -> Layout {
    held(&TEXT.replace("mode = \"off\"", "mode = \"on\""))
}

fn start(layout: Layout) -> Lab {
    let options = VirtualOptions {
        seed: 7,
        level: Level::All,
        time: OpeningTime::from(&layout.time),
        ..VirtualOptions::default()
    };
    let lab = Lab::start_virtual(layout, options, Control::Off, Handle::current());
    lab.expect("it starts")
}

fn time(lab: &Lab) -> TimeView {
    lab.view().time.expect("it is in virtual time")
}

fn at(seconds: u64) -> TimeChange {
    TimeChange::Go(When::At(Duration::from_secs(seconds)))
}

/// Has time changed, and says what was said of it.
async fn change(lab: &Lab, change: TimeChange) -> String {
    match done(lab, Request::Time(change)).await {
        Answer::Done(words) => words,
        other => panic!("no words: {other:?}"),
    }
}

async fn cannot(lab: &Lab, change: TimeChange) -> String {
    refused(lab, Request::Time(change)).await
}

fn heights(view: &LabView) -> Vec<u32> {
    view.running().map(|(_, node)| node.tip.height).collect()
}

/// Steps until this is said.
async fn step_to(lab: &Lab, what: &str) -> String {
    for _ in 0..1_000 {
        let words = change(lab, TimeChange::Step).await;
        if words.contains(what) {
            return words;
        }
    }
    panic!("{what:?} never came");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_on_its_way_can_be_stopped_gone_back_from_and_cut_off() {
    let lab = start(held(TEXT));
    change(&lab, at(3)).await;
    done(&lab, Request::Node(CENTRAL, Command::MineNow)).await;
    // It is found when time goes on.
    let found = step_to(&lab, "central found block").await;
    let sent = step_to(&lab, "central -> miner block").await;
    assert!(sent.contains("sent"), "{sent}");
    let view = lab.view();
    // What is done here is done at the end of this instant.
    let flying = |view: &LabView| {
        let later = |way: Option<(Time, Time)>| way.is_some_and(|(_, arrives)| arrives > view.now);
        let mut flying = view.in_flight.iter();
        flying.any(|flight| flight.kind == Kind::Block && flight.to == MINER && later(flight.way))
    };
    assert!(flying(&view), "{:?}", view.in_flight);
    let height = view.nodes[MINER.0]
        .snapshot
        .as_ref()
        .expect("up")
        .tip
        .height;
    let told = view
        .time
        .as_ref()
        .and_then(|time| time.told.clone())
        .expect("it is said");
    assert_eq!((told.node, told.other), (Some(CENTRAL), Some(MINER)));
    let arrived = step_to(&lab, "central -> miner block").await;
    assert!(!arrived.contains("sent"), "{arrived}");
    let stands = |view: &LabView| {
        view.nodes[MINER.0]
            .snapshot
            .as_ref()
            .expect("up")
            .tip
            .height
    };
    assert_eq!(stands(&lab.view()), height + 1);
    // Back to where it is still on its way.
    while !flying(&lab.view()) {
        change(&lab, TimeChange::Back).await;
    }
    assert_eq!(stands(&lab.view()), height);
    let alone = vec![vec!["miner".to_owned()]];
    done(&lab, Request::Partition(alone)).await;
    change(&lab, at(9)).await;
    let view = lab.view();
    assert!(heights(&view)[CENTRAL.0] > height, "{found}");
    assert_eq!(stands(&view), height, "it never arrives");
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_on_and_back_stop_at_the_same_things() {
    let lab = start(held(TEXT));
    change(&lab, at(2)).await;
    let mut said = Vec::new();
    for _ in 0..30 {
        said.push(change(&lab, TimeChange::Step).await);
    }
    let there = lab.view();
    said.pop();
    while let Some(words) = said.pop() {
        assert_eq!(change(&lab, TimeChange::Back).await, words);
    }
    for _ in 0..29 {
        change(&lab, TimeChange::Step).await;
    }
    let again = lab.view();
    assert_eq!((again.now, &again.nodes), (there.now, &there.nodes));
    assert_eq!(again.in_flight, there.in_flight);
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breakpoint_stops_at_the_very_event() {
    let mut layout = shipped("partition").expect("it is built in");
    layout.time.speed = Speed::Max;
    layout.time.is_paused = true;
    let lab = start(layout);
    // Of any node: what is said of none in particular has to hold on all.
    let expr = "not reorg_depth == 0";
    change(&lab, TimeChange::PauseWhen(Some(expr.to_owned()))).await;
    assert_eq!(*time(&lab).breakpoints, [expr]);
    change(&lab, TimeChange::Resume).await;
    until(&lab, |view| {
        view.time.as_ref().is_some_and(|time| time.is_paused)
    })
    .await;
    let view = lab.view();
    let [only] = &view.reorganisations[..] else {
        panic!("{:?}", view.reorganisations);
    };
    assert_eq!(only.at, view.now, "no later than it happened");
    let told = view.time.and_then(|time| time.told).expect("it is said");
    assert!(told.words.contains(expr), "{}", told.words);
    // Of the same moment nothing more has been done: the next thing is still to come.
    change(&lab, TimeChange::PauseWhen(None)).await;
    assert!(time(&lab).breakpoints.is_empty());
    let kinds: Vec<_> = time(&lab).marks.iter().map(|mark| mark.kind).collect();
    for kind in [
        MarkKind::Block,
        MarkKind::Cut,
        MarkKind::Heal,
        MarkKind::Fork,
        MarkKind::Caption,
        MarkKind::Reorganisation,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is not among {kinds:?}");
    }
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_after_the_moment_that_time_goes_back_to_is_taken_back() {
    let lab = start(held(TEXT));
    change(&lab, at(20)).await;
    change(&lab, TimeChange::Speed(Speed::Over(100))).await;
    change(&lab, TimeChange::Resume).await;
    let ticket = lab.request(Request::Node(CENTRAL, Command::MineNow));
    // It takes longer than that.
    lab.request(Request::Time(at(10)));
    let answers = [lab.answer().await, lab.answer().await];
    let (_, answer) = answers
        .iter()
        .find(|(of, _)| *of == ticket)
        .expect("it is answered");
    assert_eq!(
        answer,
        &Err("taken back: the lab went to +00:10".to_owned())
    );
    assert_eq!(time(&lab).at, Duration::from_secs(10));
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_lab_takes_commands_and_answers_what_takes_no_time() {
    let lab = start(held(TEXT));
    change(&lab, at(5)).await;
    let before = lab.view();
    let answer = done(&lab, Request::Node(CENTRAL, Command::MineNow)).await;
    assert_eq!(answer, Answer::Done("waits: the lab is paused".to_owned()));
    let wallet = Command::CreateWallet {
        name: "eve".to_owned(),
    };
    let made = done(&lab, Request::Node(MINER, wallet)).await;
    assert!(matches!(made, Answer::Node(MINER, _)), "{made:?}");
    let read = done(&lab, Request::Ask(MINER, Question::Wallets)).await;
    assert!(format!("{read:?}").contains("eve"), "{read:?}");
    let after = lab.view();
    assert_eq!((after.now, heights(&after)), (before.now, heights(&before)));
    change(&lab, at(40)).await;
    assert!(heights(&lab.view())[CENTRAL.0] > heights(&before)[CENTRAL.0]);
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn acting_in_the_past_begins_a_timeline_and_what_cannot_be_done_in_it_is_named() {
    let lab = start(held(TEXT));
    change(&lab, at(10)).await;
    done(&lab, Request::Kill(MINER)).await;
    change(&lab, at(20)).await;
    change(&lab, at(5)).await;
    done(&lab, Request::Kill(MINER)).await;
    let view = time(&lab);
    assert_eq!(view.newest, Duration::from_secs(5));
    let words = &view.told.as_ref().expect("it is said").words;
    assert!(
        words.ends_with("timeline B begins, from A, 1 command is given again"),
        "{words}"
    );
    let shown: Vec<_> = view.timelines.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "A  to +00:20  1 by hand",
            "B  from A at +00:05, to +00:05  2 by hand"
        ]
    );
    change(&lab, TimeChange::Resume).await;
    let words = loop {
        let told = time(&lab).told.expect("it is said");
        if told.words.contains("is skipped") {
            break told.words;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(
        words.contains("kill miner, given at +00:10, is skipped: "),
        "{words}"
    );
    change(&lab, TimeChange::Switch("A".parse().expect("a name"))).await;
    assert!(lab.view().nodes[MINER.0].state.is_up() == (time(&lab).at < Duration::from_secs(10)));
    let refusal = cannot(&lab, TimeChange::Switch("D".parse().expect("a name"))).await;
    assert_eq!(refusal, "there is no timeline D; there is A, B");
    change(&lab, TimeChange::DropTimeline("B".parse().expect("a name"))).await;
    assert_eq!(time(&lab).timelines, []);
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_taken_back() {
    let lab = start(held(TEXT));
    change(&lab, at(10)).await;
    done(&lab, Request::Kill(MINER)).await;
    change(&lab, at(12)).await;
    change(&lab, TimeChange::Undo).await;
    assert!(lab.view().nodes[MINER.0].state.is_up());
    assert_eq!(time(&lab).at, Duration::from_secs(10));
    // A mark on is where it was done, and one back is before it again.
    change(&lab, TimeChange::Step).await;
    change(&lab, at(20)).await;
    assert!(
        lab.view().nodes[MINER.0].state.is_up(),
        "time went on without it"
    );
    assert_eq!(
        cannot(&lab, TimeChange::Undo).await,
        "nothing was done by hand before this"
    );
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_lead_on_and_back_and_past_the_last_one_is_the_newest_moment() {
    let lab = start(held_mining());
    change(&lab, at(60)).await;
    let marks = time(&lab).marks;
    let mut moments: Vec<_> = marks.iter().map(|mark| mark.at).collect();
    moments.dedup();
    assert!(moments.len() >= 3, "{marks:?}");
    for moment in moments.iter().rev() {
        change(&lab, TimeChange::PreviousMark).await;
        assert_eq!(time(&lab).at, *moment);
    }
    change(&lab, TimeChange::PreviousMark).await;
    assert_eq!(
        cannot(&lab, TimeChange::PreviousMark).await,
        "this is the beginning"
    );
    for moment in moments {
        change(&lab, TimeChange::NextMark).await;
        assert_eq!(time(&lab).at, moment);
    }
    change(&lab, TimeChange::NextMark).await;
    assert_eq!(time(&lab).at, Duration::from_secs(60));
    let words = cannot(&lab, TimeChange::NextMark).await;
    assert!(words.starts_with("this is the newest moment"), "{words}");
    change(&lab, TimeChange::Go(When::Block(3))).await;
    assert!(heights(&lab.view()).contains(&3));
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn until_goes_on_at_full_speed_and_says_when_it_cannot_come_true() {
    let mut layout = held_mining();
    layout.time.limit = Some(Duration::from_secs(600));
    let lab = start(layout);
    change(&lab, TimeChange::Until("height@central >= 4".to_owned())).await;
    let view = lab.view();
    let marks = time(&lab).marks;
    let last = marks
        .iter()
        .rfind(|mark| mark.kind == MarkKind::Block)
        .expect("one was found");
    assert_eq!(last.block.map(|block| block.height), Some(4));
    assert_eq!(heights(&view)[CENTRAL.0], 4);
    let words = cannot(&lab, TimeChange::Until("height@nowhere > 1".to_owned())).await;
    assert!(words.starts_with("expr: there is no node"), "{words}");
    let words = cannot(
        &lab,
        TimeChange::Until("height@central >= 100000".to_owned()),
    )
    .await;
    assert!(words.contains("not before the limit"), "{words}");
    assert_eq!(time(&lab).at, Duration::from_secs(600));
    let words = cannot(&lab, at(601)).await;
    assert!(words.contains("no further than +10:00"), "{words}");
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_on_its_way_is_asked_for_where_time_stands() {
    let lab = start(held(TEXT));
    change(&lab, at(30)).await;
    let payment = Payment {
        from: "alice".to_owned(),
        to: "carol".to_owned(),
        amount: Amount::from_units(1_000_000).expect("little"),
        fee: None,
    };
    let sent = done(&lab, Request::Node(WALLET, Command::Send(payment))).await;
    assert!(format!("{sent:?}").contains("Sent"), "{sent:?}");
    step_to(&lab, "inv").await;
    assert!(!lab.view().in_flight.is_empty());
    lab.close().await.expect("closes");
}

/// A block on its way is no fork, at whichever moment one looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_on_its_way_is_no_fork() {
    let lab = start(held_mining());
    for _ in 0..60 {
        change(&lab, TimeChange::Step).await;
        let chains = lab.view().headline.chains;
        assert!(!matches!(chains, Chains::Fork { .. }), "{chains:?}");
    }
    change(&lab, at(60)).await;
    let marks = time(&lab).marks;
    let is_fork = |mark: &Mark| matches!(mark.kind, MarkKind::Fork | MarkKind::Joined);
    assert!(marks.len() > 3 && !marks.iter().any(is_fork), "{marks:?}");
    lab.close().await.expect("closes");
}

/// As with a key that is held down.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_on_the_way_back_is_done_where_that_ends() {
    let lab = start(held(TEXT));
    change(&lab, at(2)).await;
    let mut said = Vec::new();
    for _ in 0..20 {
        said.push(change(&lab, TimeChange::Step).await);
    }
    let asked: Vec<_> = (0..12)
        .map(|_| lab.request(Request::Time(TimeChange::Back)))
        .collect();
    let read = lab.request(Request::Ask(CENTRAL, Question::Snapshot));
    let before = said.iter().rev().skip(1);
    for (ticket, words) in asked.iter().zip(before) {
        let (of, answer) = soon(lab.answer()).await;
        assert_eq!((of, answer), (*ticket, Ok(Answer::Done(words.clone()))));
    }
    let (of, answer) = soon(lab.answer()).await;
    let Ok(Answer::Node(CENTRAL, Reply::Snapshot(snapshot))) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!((of, snapshot.at), (read, lab.view().now));
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_ends_the_way_to_somewhere_and_a_breakpoint_does() {
    let lab = start(held_mining());
    let until = lab.request(Request::Time(TimeChange::Until(
        "height >= 1000000".to_owned(),
    )));
    let resumed = lab.request(Request::Time(TimeChange::Resume));
    let (of, answer) = soon(lab.answer()).await;
    let words = answer.expect_err("it never came true");
    assert!(of == until && words.contains("broken off"), "{words}");
    assert_eq!(soon(lab.answer()).await.0, resumed);
    assert!(!time(&lab).is_paused && time(&lab).on_its_way.is_none());
    change(&lab, TimeChange::Pause).await;
    let height = heights(&lab.view())[CENTRAL.0] + 2;
    let expr = format!("height@central >= {height}");
    change(&lab, TimeChange::PauseWhen(Some(expr.clone()))).await;
    let words = cannot(&lab, TimeChange::Until("height >= 1000000".to_owned())).await;
    assert_eq!(words, format!("{expr}: paused"));
    assert_eq!(heights(&lab.view())[CENTRAL.0], height);
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_moment_is_where_it_was_left() {
    let lab = start(held_mining());
    change(&lab, at(120)).await;
    let newest = lab.view();
    change(&lab, at(30)).await;
    change(&lab, at(120)).await;
    let again = lab.view();
    assert_eq!((&again.nodes, again.now), (&newest.nodes, newest.now));
    assert_eq!(time(&lab).newest, time(&lab).at);
    lab.close().await.expect("closes");
}

/// A lab with captions a second apart, a hundred times as fast as the clock.
fn told_fast(captions: Captions) -> Lab {
    let steps =
        ["one", "two"].map(|note| format!("\n[[step]]\nafter = \"1s\"\nnote = \"{note}\"\n"));
    let mut layout = held(&format!("{TEXT}{}", steps.concat()));
    layout.time.captions = captions;
    layout.time.speed = Speed::Times(100);
    start(layout)
}

async fn until_caption(lab: &Lab, caption: &str) -> Instant {
    until(lab, |view| view.caption.as_deref() == Some(caption)).await;
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_waits_shows_each_caption_for_a_second_and_stands_still_meanwhile() {
    let lab = told_fast(Captions::Wait);
    change(&lab, TimeChange::Resume).await;
    let one = until_caption(&lab, "one").await;
    let two = until_caption(&lab, "two").await;
    // It may have been there a little before it was seen.
    assert!(two - one > Duration::from_millis(800), "{:?}", two - one);
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_time_stands_still_the_caption_is_that_of_its_moment() {
    let lab = told_fast(Captions::Wait);
    change(&lab, TimeChange::Resume).await;
    until_caption(&lab, "one").await;
    // The next one has come, and waits for its readers.
    until(&lab, |view| {
        let script = view.script.as_ref().expect("a story");
        script.steps[1].state != StepState::Waiting
    })
    .await;
    change(&lab, TimeChange::Pause).await;
    assert_eq!(lab.view().caption.as_deref(), Some("two"));
    lab.close().await.expect("closes");
}

/// Before a peer has said who it is.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_called_by_their_names_from_the_first_message_on() {
    let lab = start(held(TEXT));
    for _ in 0..12 {
        let words = change(&lab, TimeChange::Step).await;
        assert!(!words.contains("10.0.0."), "{words}");
    }
    lab.close().await.expect("closes");
}
