//! Time that stands still and goes back in a lab in virtual time, as programs and far screens see it.

use crate::common::control::{Raw, call, cookie, error, hello, kind, open_lab, opened};
use crate::common::running::{CENTRAL, MINER, TEXT, agree_on, ask, begun, done, mine, until};
use chainlab::lab::ask::{TimeChange, When};
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::drive::{Level, VirtualOptions};
use chainlab::lab::paper::units::show_duration;
use chainlab::lab::spec::{OpeningTime, Speed};
use chainlab::lab::view::TimeView;
use chainlab::lab::{Answer, Control, Lab, LabView, Request, layout};
use chainlab::node::io::Command;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::runtime::Handle;

/// A lab in virtual time that stands still after its first block.
async fn held(time: OpeningTime) -> (Lab, Entry) {
    let options = VirtualOptions {
        seed: 7,
        level: Level::All,
        time,
        ..VirtualOptions::default()
    };
    let layout = layout::read("scenario", TEXT).expect("it is sound");
    let lab = Lab::start_virtual(layout, options, Control::Anywhere, Handle::current());
    let lab = lab.expect("it starts");
    let entry = opened(&lab).await;
    begun(&lab).await;
    done(&lab, Request::Time(TimeChange::Pause)).await;
    (lab, entry)
}

async fn far(entry: &Entry) -> Lab {
    let far = Lab::attach(vec![entry.endpoint.clone()]).await;
    far.expect("it answers")
}

fn time(view: &LabView) -> &TimeView {
    view.time.as_ref().expect("its time is held")
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).expect("a short time")
}

fn go(to: Duration) -> Request {
    Request::Time(TimeChange::Go(When::At(to)))
}

/// Has a block found, and time stand still after it.
async fn another_block(lab: &Lab) {
    let then = time(&lab.view()).at;
    done(lab, Request::Time(TimeChange::Resume)).await;
    // A command at the moment that the lab stood at would be of that moment.
    until(lab, |view| time(view).at > then).await;
    mine(lab, CENTRAL).await;
    until(lab, |view| agree_on(view, 2)).await;
    done(lab, Request::Time(TimeChange::Pause)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn version_1_is_spoken_where_time_goes_by_itself_and_refused_where_it_may_go_back() {
    let first = |entry: &Entry| {
        let cookie = cookie(&entry.endpoint);
        call(0, "hello", json!({ "version": 1, "cookie": cookie }))
    };
    let (live, entry) = open_lab(TEXT).await;
    for (greeting, version) in [(first(&entry), 1), (hello(&cookie(&entry.endpoint)), 2)] {
        let mut client = Raw::at(&entry.endpoint.at).await;
        let about = client.asks(greeting).await;
        assert_eq!(about["result"]["version"], json!(version), "{about}");
        assert_eq!(client.result("time", json!({})).await, Value::Null);
        let waits = call(2, "subscribe", json!({ "wait": true }));
        let (_, words) = client.refused(waits).await;
        assert!(
            words.starts_with("wait: time waits in a lab in virtual"),
            "{words}"
        );
        let (_, words) = client.refused(call(3, "time_pause", json!({}))).await;
        assert!(
            words.starts_with("time of a live lab goes by itself"),
            "{words}"
        );
    }
    live.close().await.expect("closes");
    let (lab, entry) = held(OpeningTime::default()).await;
    let mut client = Raw::at(&entry.endpoint.at).await;
    let (_, words) = client.refused(first(&entry)).await;
    assert!(
        words.starts_with("version: this lab is in virtual time, which may go back"),
        "{words}"
    );
    assert!(
        words.contains("version 2, which tells by a notice time"),
        "{words}"
    );
    client.is_let_go().await;
    let mut client = Raw::greeted(&entry.endpoint).await;
    let told = client.result("time", json!({})).await;
    assert_eq!(told["paused"], json!(true), "{told}");
    assert_eq!(told["marks"][0]["kind"], json!("block"), "{told}");
    lab.close().await.expect("closes");
}

/// The next notice of a kind, and those that came before it.
async fn next(client: &mut Raw, method: &str) -> (Value, Vec<Value>) {
    let mut before = Vec::new();
    loop {
        let mut line = client.hears().await;
        match line["method"] == method {
            true => return (line["params"].take(), before),
            false => before.push(line),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_told_how_time_goes_and_how_all_is_when_it_went_back() {
    let (lab, entry) = held(OpeningTime::default()).await;
    let mut client = Raw::greeted(&entry.endpoint).await;
    let wish = json!({ "events": "all", "interval": "1h" });
    let opening = client.result("subscribe", wish).await;
    assert_eq!(opening["time"]["paused"], json!(true), "{opening}");
    assert_eq!(opening["time"]["leaps"], json!(0));
    assert_eq!(opening["time"].get("marks"), None, "they are asked for");
    let then = time(&lab.view()).at;
    another_block(&lab).await;
    loop {
        let (told, _) = next(&mut client, "time").await;
        if told["paused"] == json!(true) && told["marked"].as_u64() > Some(1) {
            break;
        }
    }
    done(&lab, go(then)).await;
    let told = loop {
        let (told, _) = next(&mut client, "time").await;
        if told["leaps"] == json!(1) {
            break told;
        }
    };
    assert_eq!(
        (&told["at"], &told["paused"]),
        (&json!(show_duration(then)), &json!(true))
    );
    let (opening, between) = next(&mut client, "opening").await;
    assert!(
        between.is_empty(),
        "nothing of the time that was left: {between:?}"
    );
    assert_eq!(opening["time"], told);
    let heights = opening["nodes"].as_array().expect("nodes").iter();
    let heights: Vec<_> = heights
        .map(|node| &node["snapshot"]["tip"]["height"])
        .collect();
    assert_eq!(heights, [&json!(1); 3], "the second block is not found yet");
    let since = lab.view().since.0;
    let events = opening["events"].as_array().expect("events");
    let late = events
        .iter()
        .find(|event| event["at"].as_u64() > Some(since + micros(then)));
    assert_eq!(late, None, "none is of later");
    // What happens from here on is told.
    let is_down = |line: &Value| line["method"] == "node" && line["params"]["state"] == "down";
    let wish = json!({ "events": "none", "interval": "20ms" });
    client.result("subscribe", wish).await;
    done(&lab, Request::Kill(MINER)).await;
    while !is_down(&client.hears().await) {}
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_programs_about_time_are_answered_with_the_kind_of_their_refusal() {
    let limited = OpeningTime {
        limit: Some(Duration::from_secs(20)),
        ..OpeningTime::default()
    };
    let (lab, entry) = held(limited).await;
    let mut client = Raw::greeted(&entry.endpoint).await;
    let until = |expr: &str| call(2, "time_until", json!({ "expr": expr }));
    let answer = client.asks(until("height >= 9")).await;
    assert_eq!(kind(&answer), "unmet", "{answer}");
    let answer = client.asks(until("height@nora >= 9")).await;
    assert_eq!(kind(&answer), "invalid", "{answer}");
    let (_, words) = error(&answer);
    assert!(
        words.starts_with("expr: ") && words.contains("nora"),
        "{words}"
    );
    let answer = client.asks(until("height >=")).await;
    assert_eq!(kind(&answer), "invalid", "{answer}");
    let answer = client.result("time_go", json!({ "to": "+00:01" })).await;
    assert!(answer["done"].is_string(), "{answer}");
    let answer = client.result("mine_now", json!({ "node": "miner" })).await;
    assert_eq!(answer, json!({ "done": "waits: the lab is paused" }));
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_screen_has_the_time_of_its_lab_and_goes_back_with_it() {
    let (lab, entry) = held(OpeningTime::default()).await;
    let then = time(&lab.view()).at;
    another_block(&lab).await;
    let (one, other) = (far(&entry).await, far(&entry).await);
    let here = time(&lab.view()).clone();
    for far in [&one, &other] {
        let view = until(far, |view| agree_on(view, 2) && view.time.is_some()).await;
        let there = time(&view);
        assert_eq!(
            (there.at, there.newest, there.is_paused),
            (here.at, here.newest, true)
        );
        assert_eq!(
            view.now,
            view.since + here.at,
            "its clock is that of the lab"
        );
        until(far, |view| time(view).marks == here.marks).await;
    }
    // Time is sent back from one of them.
    let answer = ask(&one, go(then)).await.expect("it can be done");
    assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    let is_back = |view: &LabView| {
        let time = view.time.as_ref();
        agree_on(view, 1) && time.is_some_and(|time| time.at == then)
    };
    for (lab, is_elsewhere) in [(&lab, true), (&one, false), (&other, true)] {
        let view = until(lab, is_back).await;
        let told = time(&view).told.as_ref().expect("it is said who moved it");
        assert_eq!(told.is_elsewhere, is_elsewhere, "{told:?}");
        assert_eq!(time(&view).newest, here.newest);
        assert_eq!(view.now, view.since + time(&view).at);
        let is_gone = view.blocks.heights().all(|height| *height < 2);
        assert!(is_gone, "the other block is not found yet");
    }
    for far in [&one, &other] {
        until(far, |view| view.blocks.heights().any(|height| *height == 1)).await;
    }
    // And on again, at another speed, from the other.
    done(&other, Request::Time(TimeChange::Speed(Speed::Times(100)))).await;
    done(&other, Request::Time(TimeChange::Resume)).await;
    let later = Duration::from_secs(30);
    // A lab in which nothing happens tells of no change: the far ones ask how late it is.
    for far in [&one, &other] {
        until(far, |view| {
            let time = time(view);
            !time.is_paused && time.speed == Speed::Times(100) && time.at > later
        })
        .await;
    }
    done(&lab, Request::Time(TimeChange::Pause)).await;
    let here = time(&lab.view()).at;
    for far in [&one, &other] {
        until(far, |view| time(view).is_paused && time(view).at == here).await;
    }
    one.close().await.expect("closes");
    other.close().await.expect("closes");
    // What is asked of a lab that stands still.
    let answer = done(&lab, Request::Node(MINER, Command::MineNow)).await;
    assert_eq!(answer, Answer::Done("waits: the lab is paused".to_owned()));
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_the_time_of_a_live_lab_from_afar_is_refused_in_words() {
    let (live, entry) = open_lab(TEXT).await;
    begun(&live).await;
    let far = far(&entry).await;
    for lab in [&live, &far] {
        let refusal = ask(lab, Request::Time(TimeChange::Step)).await;
        let words = refusal.expect_err("it goes by itself");
        assert!(
            words.starts_with("time of a live lab goes by itself"),
            "{words}"
        );
        assert_eq!(lab.view().time, None);
    }
    far.close().await.expect("closes");
    live.close().await.expect("closes");
}
