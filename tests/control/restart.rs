//! A temporary lab that is made anew, so that its story plays again: behind the same handle, the same
//! endpoints and ports, with the same keys and genesis block, and with nothing else of what it was.

use crate::common::coins;
use crate::common::control::{Raw, call, error, opened};
use crate::common::live::soon;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, addresses, agree_on, all_up, ask, begun, confirmed, create, done,
    kept_in, mine, options, payment, refused, start, until,
};
use chainlab::lab::ask::{Bend, LinkChange, ScriptChange, TrafficChange};
use chainlab::lab::control::Client;
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::paper::network;
use chainlab::lab::script::{Pace, StepState};
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Answer, Control, Lab, LabOptions, LabView, Request};
use chainlab::link::LinkState;
use chainlab::live::{self, LabClock};
use chainlab::node::io::{Command, Question};
use chainlab::node::{Config, NodeIx};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a lab says that is just being made anew.
const ANEW: &str = "the lab is being made anew";

const HOUR: Duration = Duration::from_secs(3_600);

/// The three nodes, and a story whose captions do not come by themselves within a test.
fn text() -> String {
    let steps = ["one", "two", "three"];
    let steps = steps.map(|note| format!("\n[[step]]\nafter = \"1h\"\nnote = \"{note}\"\n"));
    format!("{TEXT}{}", steps.concat())
}

fn lab() -> Lab {
    start(LabOptions {
        control: Control::Anywhere,
        ..options(&text())
    })
    .expect("it starts")
}

async fn served() -> (Lab, Entry) {
    let lab = lab();
    begun(&lab).await;
    let entry = opened(&lab).await;
    (lab, entry)
}

fn restart() -> Request {
    Request::Script(ScriptChange::Restart)
}

fn runs(view: &LabView) -> u32 {
    view.script.as_ref().expect("a story").runs
}

fn node(name: &str) -> Request {
    let mut spec = NodeSpec::new(name);
    spec.connect = vec!["central".to_owned()];
    spec.wallets = vec![name.to_owned()];
    Request::Add(Box::new(spec))
}

fn traffic(rate: f64) -> Request {
    Request::Traffic(TrafficChange {
        on: Some(true),
        rate: Some(rate),
    })
}

fn names(view: &LabView) -> Vec<String> {
    view.nodes
        .iter()
        .map(|node| node.name.to_string())
        .collect()
}

fn addrs(view: &LabView) -> Vec<String> {
    let addr = |addr| format!("{addr:?}");
    view.nodes.iter().map(|node| addr(node.addr)).collect()
}

fn dirs(lab: &Lab) -> BTreeSet<String> {
    let dirs = fs::read_dir(lab.data_dir().join("nodes")).expect("it is there");
    let name = |dir: fs::DirEntry| dir.file_name().to_string_lossy().into_owned();
    dirs.map(|dir| name(dir.expect("readable"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_made_anew_is_what_it_was_at_its_beginning() {
    let (lab, entry) = served().await;
    let first = lab.view();
    lab.clock().not_before(first.since + HOUR);
    // All that can be changed is.
    done(&lab, node("dora")).await;
    done(&lab, Request::Node(WALLET, create("eve"))).await;
    done(
        &lab,
        Request::Node(WALLET, Command::Send(payment("alice", "bob", 1))),
    )
    .await;
    mine(&lab, MINER).await;
    mine(&lab, CENTRAL).await;
    done(&lab, traffic(20.0)).await;
    let cut = LinkChange::to_state(LinkState::Cut);
    let bend = Bend {
        from: "central".to_owned(),
        to: "wallet".to_owned(),
        is_both_ways: true,
        change: cut,
    };
    done(&lab, Request::Link(bend)).await;
    done(&lab, Request::Partition(vec![vec!["central".to_owned()]])).await;
    done(&lab, Request::Note(Some("look here".to_owned()))).await;
    done(&lab, Request::Kill(MINER)).await;
    assert_eq!(dirs(&lab).len(), 4);
    assert_eq!(opened(&lab).await.nodes.len(), 4);

    assert!(matches!(done(&lab, restart()).await, Answer::Done(_)));
    assert!(all_up(&lab.view()), "when it is answered they are up");
    let view = begun(&lab).await;
    assert_eq!(names(&view), names(&first));
    assert_eq!(addrs(&view), addrs(&first));
    assert_eq!(addresses(&view), addresses(&first));
    for wallet in ["alice", "bob"] {
        assert_eq!(confirmed(&view, wallet), coins(10));
    }
    assert_eq!((view.since, view.is_temporary), (first.since, true));
    assert!(view.now < first.since + HOUR, "its clock is set back");
    assert_eq!(
        (view.caption, view.partition, view.traffic),
        (None, None, None)
    );
    assert!(view.made_by_hand.is_empty());
    assert!(view.reorganisations.is_empty() && view.block_propagation.len() == 1);
    let is_open = |link: &chainlab::lab::view::LinkView| {
        [link.there, link.back]
            .iter()
            .all(|way| way.state == LinkState::Open)
    };
    assert!(view.links.iter().all(is_open));
    let story = view.script.expect("a story");
    let is_waiting = |step: &chainlab::lab::script::StepView| step.state == StepState::Waiting;
    assert!(story.runs == 1 && story.steps.iter().all(is_waiting));
    assert_eq!(
        dirs(&lab),
        ["central", "miner", "wallet"].map(str::to_owned).into()
    );
    assert_eq!(lab.entry(), Some(entry));
    let summary = lab.summary();
    assert!(summary.elapsed_ms < HOUR.as_secs_f64() * 1e3);

    // It is a lab as any other.
    done(&lab, node("dora")).await;
    done(&lab, Request::Node(WALLET, create("eve"))).await;
    mine(&lab, MINER).await;
    until(&lab, |view| all_up(view) && agree_on(view, 2)).await;
    let dir = lab.data_dir().to_owned();
    lab.close().await.expect("it closes");
    assert!(!dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_and_subscriptions_go_on_when_the_lab_is_made_anew() {
    let (lab, entry) = served().await;
    done(&lab, node("dora")).await;
    mine(&lab, MINER).await;
    let dora = opened(&lab).await.nodes[3].endpoint.clone();
    let mut asking = Raw::greeted(&entry.endpoint).await;
    let mut hearing = Raw::greeted(&entry.endpoint).await;
    let mut at_central = Raw::greeted(&entry.nodes[0].endpoint).await;
    let mut at_dora = Raw::greeted(&dora).await;
    let opening = hearing
        .result("subscribe", json!({ "events": "news" }))
        .await;
    assert_eq!(opening["nodes"].as_array().map(Vec::len), Some(4));
    assert_eq!(opening["lab"]["script"]["runs"], 0);
    let answer = asking.result("script_restart", json!({})).await;
    assert!(answer["done"].is_string(), "{answer}");
    // The whole says so before anything of the new lab is told.
    let mut line = hearing.hears().await;
    while line["params"]["script"]["runs"] != 1 {
        assert_ne!(line["params"]["event"]["mined"]["block"]["height"], 1);
        line = hearing.hears().await;
    }
    assert_eq!(line["method"], "lab");
    let mut told = BTreeSet::new();
    while told.len() < 3 {
        let line = hearing.hears().await;
        let node = line["params"]["node"].as_str().map(str::to_owned);
        assert_ne!(node.as_deref(), Some("dora"));
        if line["method"] == "event" && line["params"]["kind"].get("tip_changed").is_some() {
            assert_eq!(line["params"]["kind"]["tip_changed"]["tip"]["height"], 1);
            told.extend(node);
        }
    }
    begun(&lab).await;
    let about = at_central.result(
        "hello",
        json!({
            "version": 1, "cookie": crate::common::control::cookie(&entry.nodes[0].endpoint)
        }),
    );
    assert_eq!(about.await["name"], "central");
    let mined = at_central.result("mine_now", json!({})).await;
    assert_eq!(mined["mined"]["block"]["height"], 2);
    assert!(at_dora.line().await.is_none(), "its door is shut");
    // Who comes later comes in with the same cookie, by the files that are there.
    let mut late = Raw::greeted(&entry.nodes[1].endpoint).await;
    let nodes = late.result("status", json!({})).await;
    assert_eq!(nodes[0]["node"], "wallet");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_screen_makes_the_lab_anew_and_shows_it_anew() {
    let (lab, entry) = served().await;
    let far = Lab::attach(vec![entry.endpoint.clone()])
        .await
        .expect("it answers");
    let other = Lab::attach(vec![
        entry.endpoint.clone(),
        entry.nodes[0].endpoint.clone(),
    ]);
    let other = other.await.expect("it answers");
    done(&far, node("dora")).await;
    mine(&far, MINER).await;
    lab.clock().not_before(lab.view().since + HOUR);
    until(&far, |view| {
        view.now > view.since + HOUR && agree_on(view, 2)
    })
    .await;
    until(&other, |view| view.nodes.len() == 5 && agree_on(view, 2)).await;
    assert!(matches!(done(&far, restart()).await, Answer::Done(_)));
    let anew = |view: &LabView| view.nodes.len() == 3 && all_up(view) && agree_on(view, 1);
    let view = until(&far, anew).await;
    assert_eq!((runs(&view), names(&view)), (1, names(&lab.view())));
    assert!(view.now < view.since + HOUR);
    assert_eq!(view.block_propagation.len(), 1);
    until(&lab, |view| anew(view) && runs(view) == 1).await;
    // Where several are shown at once each goes on in its place.
    let heights = |view: &LabView| -> Vec<_> {
        let seen = view.nodes.iter().map(|node| node.snapshot.as_ref());
        seen.map(|seen| seen.map(|seen| seen.tip.height)).collect()
    };
    until(&other, |view| {
        heights(view) == [Some(1), Some(1), Some(1), Some(1), None]
            || heights(view) == [Some(1), Some(1), Some(1), None, Some(1)]
    })
    .await;
    mine(&far, MINER).await;
    done(&far, node("eric")).await;
    for lab in [&lab, &far] {
        until(lab, |view| {
            view.nodes.len() == 4 && all_up(view) && agree_on(view, 2)
        })
        .await;
    }
    done(&far, restart()).await;
    until(&far, |view| anew(view) && runs(view) == 2).await;
    for lab in [other, far, lab] {
        lab.close().await.expect("it closes");
    }
}

/// Files of the lab's directory that this process has open: those that are there, and those that are
/// removed already.
fn open_files(dir: &Path) -> (usize, usize) {
    let fds = fs::read_dir("/proc/self/fd").into_iter().flatten();
    let files = fds.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    let files: Vec<_> = files.filter(|file| file.starts_with(dir)).collect();
    let is_gone = |file: &&std::path::PathBuf| file.to_string_lossy().ends_with(" (deleted)");
    let gone = files.iter().filter(is_gone).count();
    (files.len() - gone, gone)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_restarts_beside_traffic_and_requests_leave_nothing_behind() {
    let text = format!("{}\n[traffic]\nrate = \"50 tx/s\"\n", text());
    let lab = start(options(&text)).expect("it starts");
    let first = begun(&lab).await;
    for run in 1..=10 {
        // No answer is waited for: some are done, some come too late.
        let mut asked = BTreeSet::new();
        for number in 0..20 {
            let name = format!("w{run}x{number}");
            asked.insert(lab.request(Request::Node(WALLET, create(&name))));
            asked.insert(lab.request(Request::Node(MINER, Command::MineNow)));
        }
        asked.insert(lab.request(node("dora")));
        asked.insert(lab.request(Request::Kill(CENTRAL)));
        let again = lab.request(restart());
        while !asked.is_empty() || runs(&lab.view()) < run {
            let (ticket, answer) = soon(lab.answer()).await;
            if ticket == again {
                answer.expect("it is made anew");
            } else {
                assert!(asked.remove(&ticket));
            }
        }
        until(&lab, |view| runs(view) == run && all_up(view)).await;
    }
    let view = begun(&lab).await;
    assert_eq!((names(&view), addrs(&view)), (names(&first), addrs(&first)));
    assert_eq!(addresses(&view), addresses(&first));
    assert_eq!(
        dirs(&lab),
        ["central", "miner", "wallet"].map(str::to_owned).into()
    );
    assert_eq!(open_files(lab.data_dir()).1, 0, "of nodes that have ended");
    until(&lab, |view| {
        view.traffic.is_some_and(|traffic| traffic.sent > 0)
    })
    .await;
    let dir = lab.data_dir().to_owned();
    lab.close().await.expect("it closes");
    assert_eq!((open_files(&dir), dir.exists()), ((0, 0), false));
}

/// On one thread: between two requests of a test nothing else of the lab goes on.
#[tokio::test]
async fn what_is_asked_of_a_lab_that_is_being_made_anew_is_refused() {
    let lab = lab();
    begun(&lab).await;
    let again = lab.request(restart());
    let late = [
        Request::Node(MINER, Command::MineNow),
        Request::Kill(CENTRAL),
        node("dora"),
        Request::Unite,
        Request::Script(ScriptChange::Next),
        restart(),
        Request::Keep,
    ];
    let late: BTreeSet<_> = late.map(|request| lab.request(request)).into();
    for _ in 0..=late.len() {
        let (ticket, answer) = soon(lab.answer()).await;
        match ticket == again {
            true => assert!(answer.is_ok(), "{answer:?}"),
            false => {
                assert!(late.contains(&ticket));
                assert_eq!(answer, Err(ANEW.to_owned()));
            }
        }
    }
    assert_eq!(runs(&begun(&lab).await), 1);
    lab.close().await.expect("it closes");
}

#[tokio::test]
async fn a_lab_that_is_closed_while_it_is_made_anew_is_closed() {
    for stays in [false, true] {
        let lab = lab();
        begun(&lab).await;
        let dir = lab.data_dir().to_owned();
        lab.request(restart());
        if stays {
            tokio::task::yield_now().await;
        }
        soon(lab.close()).await.expect("it closes");
        assert!(!dir.exists(), "nothing begins any more");
    }
    let lab = lab();
    begun(&lab).await;
    let dir = lab.data_dir().to_owned();
    done(&lab, restart()).await;
    // Its nodes are up, its chain has just begun.
    soon(lab.close()).await.expect("it closes");
    assert!(!dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_could_not_be_made_anew_says_why_and_tries_again() {
    let lab = lab();
    begun(&lab).await;
    let nodes = lab.data_dir().join("nodes");
    let away = lab.data_dir().join("away");
    fs::rename(&nodes, &away).expect("it is there");
    let why = refused(&lab, restart()).await;
    assert!(why.contains("nodes: "), "{why}");
    let said = refused(&lab, Request::Node(MINER, Command::MineNow)).await;
    assert_eq!(said, format!("the lab could not be made anew: {why}"));
    fs::rename(&away, &nodes).expect("it is there");
    done(&lab, restart()).await;
    assert_eq!(runs(&begun(&lab).await), 1);
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_temporary_lab_of_this_process_with_a_story_is_made_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    let kept = start(LabOptions {
        control: Control::Anywhere,
        layout_text: text(),
        layout: options(&text()).layout,
        ..kept_in(dir.path())
    });
    let kept = kept.expect("it starts");
    begun(&kept).await;
    let wanted = format!(
        "this lab is kept in {}: only a temporary one is made anew",
        dir.path().display()
    );
    assert_eq!(refused(&kept, restart()).await, wanted);
    let endpoint = opened(&kept).await.endpoint;
    let far = Lab::attach(vec![endpoint]).await.expect("it answers");
    assert_eq!(refused(&far, restart()).await, wanted);
    mine(&kept, MINER).await;

    let plain = start(options(TEXT)).expect("it starts");
    begun(&plain).await;
    let changes = ScriptChange::ALL.map(Request::Script);
    for change in changes {
        assert_eq!(
            refused(&plain, change).await,
            "no script is played in this lab"
        );
    }

    let (mixed, other) = served().await;
    let beside = lab();
    begun(&beside).await;
    beside
        .attach_to(other.nodes[2].endpoint.clone())
        .await
        .expect("it answers");
    assert_eq!(
        refused(&beside, restart()).await,
        "miner-2 runs in another process, and cannot be made anew"
    );
    // The other one is, and what is shown of it beside own nodes begins again with it.
    mine(&mixed, MINER).await;
    let height = |view: &LabView, height| {
        let seen = view.nodes[3].snapshot.as_ref();
        view.nodes[3].state.is_up() && seen.is_some_and(|seen| seen.tip.height == height)
    };
    until(&beside, |view| height(view, 2)).await;
    done(&mixed, restart()).await;
    until(&beside, |view| height(view, 1)).await;
    mine(&beside, NodeIx(3)).await;
    until(&mixed, |view| agree_on(view, 2)).await;
    let several = Lab::attach(vec![other.endpoint, opened(&beside).await.endpoint]).await;
    let several = several.expect("both answer");
    let said = refused(&several, restart()).await;
    assert_eq!(
        said,
        "these nodes are of several labs: lead each script in its own lab"
    );
    for lab in [several, beside, mixed, plain, far, kept] {
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_process_that_has_the_chain_is_in_the_way() {
    let (lab, entry) = served().await;
    let client = Client::connect(&entry.endpoint).await.expect("it is open");
    let params = network::read("the lab", &client.about().network_file).expect("sound");
    let seeds = live::seeds().expect("the system has randomness");
    let mut config = Config::new("solo", Arc::new(params), seeds);
    config.connect = lab.view().nodes[0].addr.into_iter().collect();
    // Alone.
    config.outbound = 0;
    let (dir, clock) = (
        tempfile::tempdir().expect("a directory"),
        LabClock::from_wall(),
    );
    let solo = live::spawn(config, dir.path(), None, clock).await;
    let solo = solo.expect("it starts");
    let peers = |count| {
        move |view: &LabView| {
            let seen = view.nodes[0].snapshot.as_ref();
            seen.is_some_and(|seen| seen.ready_peers().count() == count)
        }
    };
    until(&lab, peers(3)).await;
    assert_eq!(
        refused(&lab, restart()).await,
        "central is connected with solo, which is not of this lab, and would bring the old chain back"
    );
    solo.stop().await;
    until(&lab, peers(2)).await;
    done(&lab, restart()).await;
    assert_eq!(runs(&begun(&lab).await), 1);
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presenter_leads_the_script_from_anywhere_and_every_screen_sees_it() {
    let (lab, entry) = served().await;
    let far = Lab::attach(vec![entry.endpoint.clone()])
        .await
        .expect("it answers");
    let mut client = Raw::greeted(&entry.endpoint).await;
    let waits = |view: &LabView, what: &str| {
        let script = view.script.as_ref().expect("a story");
        let waits_for = script.waits_for.as_deref();
        waits_for.is_some_and(|words| words.ends_with(what))
    };
    let caption = |view: &LabView, text: &str| view.caption.as_deref() == Some(text);
    let script = |view: &LabView| view.script.clone().expect("a story");
    until(&far, |view| waits(view, "s more")).await;
    client.result("script_next", json!({})).await;
    for lab in [&lab, &far] {
        let view = until(lab, |view| caption(view, "one") && waits(view, "n")).await;
        assert_eq!(script(&view).pace, Pace::Presenter);
    }
    done(&far, Request::Script(ScriptChange::Next)).await;
    until(&lab, |view| caption(view, "two") && waits(view, "n")).await;
    done(&lab, Request::Script(ScriptChange::Pause)).await;
    until(&far, |view| script(view).is_paused).await;
    let (_, words) = error(&client.asks(call(7, "script_next", json!({}))).await);
    assert_eq!(words, "the script is paused: resume it first");
    client.result("script_resume", json!({})).await;
    let answer = ask(&far, Request::Script(ScriptChange::Auto)).await;
    assert_eq!(
        answer,
        Ok(Answer::Done("the script goes on by itself".to_owned()))
    );
    let view = until(&far, |view| {
        !script(view).is_paused && waits(view, "s more")
    })
    .await;
    assert_eq!(script(&view).pace, Pace::Script);
    // From the last caption on it leads to the end.
    client.result("script_next", json!({})).await;
    until(&far, |view| caption(view, "three")).await;
    client.result("script_next", json!({})).await;
    until(&far, |view| script(view).is_over()).await;
    let (_, words) = error(&client.asks(call(8, "script_next", json!({}))).await);
    assert_eq!(words, "the script is over");
    // A story that is over is played again from its first step.
    client.result("script_restart", json!({})).await;
    for lab in [&lab, &far] {
        until(lab, |view| runs(view) == 1 && waits(view, "s more")).await;
    }
    let lines = Question::Snapshot;
    done(&far, Request::Ask(CENTRAL, lines)).await;
    for lab in [far, lab] {
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_waits_for_its_presenter_does_so_again() {
    let text = format!("{}\n[script]\nmanual = true\n", text());
    let text = text.replace("after = \"1h\"\n", "");
    let lab = start(options(&text)).expect("it starts");
    let waits = |view: &LabView| {
        let script = view.script.as_ref().expect("a story");
        view.caption.as_deref() == Some("one") && script.waits_for.as_deref() == Some("n")
    };
    until(&lab, waits).await;
    done(&lab, restart()).await;
    until(&lab, |view| runs(view) == 1 && waits(view)).await;
    lab.close().await.expect("it closes");
}
