//! A lab in virtual time behind its one control endpoint, as programs and far screens find it.

use crate::common::control::{Raw, call, error, opened};
use crate::common::running::{
    CENTRAL, MINER, TEXT, agree_on, all_up, ask, begun, done, mine, refused, until,
};
use chainlab::lab::ask::{ScriptChange, TrafficChange};
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::drive::{Level, VirtualOptions};
use chainlab::lab::{Answer, Control, Lab, LabView, Request, layout};
use chainlab::node::io::Command;
use serde_json::{Value, json};
use tokio::runtime::Handle;

/// The three nodes, with a story whose captions do not come by themselves within a test.
fn story() -> String {
    let steps = ["one", "two"];
    let steps = steps.map(|note| format!("\n[[step]]\nafter = \"1h\"\nnote = \"{note}\"\n"));
    format!("{TEXT}{}", steps.concat())
}

fn start(text: &str) -> Lab {
    let options = VirtualOptions {
        seed: 7,
        level: Level::All,
        ..VirtualOptions::default()
    };
    let layout = layout::read("scenario", text).expect("it is sound");
    let lab = Lab::start_virtual(layout, options, Control::Anywhere, Handle::current());
    lab.expect("it starts")
}

async fn served(text: &str) -> (Lab, Entry) {
    let lab = start(text);
    begun(&lab).await;
    let entry = opened(&lab).await;
    (lab, entry)
}

fn runs(view: &LabView) -> u32 {
    view.script.as_ref().expect("a story").runs
}

fn has_no_port(view: &LabView) -> bool {
    view.nodes.iter().all(|node| node.addr.is_none())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_in_virtual_time_is_held_like_any_other() {
    let (lab, _) = served(TEXT).await;
    let view = lab.view();
    assert_eq!((view.virtual_seed, view.is_temporary), (Some(7), true));
    assert!(all_up(&view) && has_no_port(&view));
    let block = mine(&lab, CENTRAL).await;
    assert_eq!(block.height, 2);
    until(&lab, |view| agree_on(view, 2)).await;
    assert_eq!(
        done(&lab, Request::Kill(MINER)).await,
        Answer::Killed(MINER)
    );
    assert!(!lab.view().nodes[MINER.0].state.is_up(), "it took no time");
    let words = refused(&lab, Request::Node(MINER, Command::MineNow)).await;
    assert_eq!(words, "miner is down");
    assert_eq!(
        done(&lab, Request::Restart(MINER)).await,
        Answer::Restarted(MINER)
    );
    assert!(all_up(&lab.view()), "it took no time");
    let words = refused(&lab, Request::Keep).await;
    assert!(
        words.starts_with("a lab in virtual time is not on disk"),
        "{words}"
    );
    let words = refused(&lab, Request::Script(ScriptChange::Restart)).await;
    assert_eq!(words, "no script is played in this lab");
    let dir = lab.data_dir().to_owned();
    assert!(dir.exists());
    lab.close().await.expect("closes");
    assert!(!dir.exists(), "nothing is left of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_one_endpoint_answers_every_method_and_its_nodes_have_none() {
    let (lab, entry) = served(TEXT).await;
    assert!(entry.nodes.is_empty());
    let mut client = Raw::greeted(&entry.endpoint).await;
    let status = client.result("status", json!({})).await;
    let addrs = status.as_array().expect("nodes").iter();
    assert!(addrs.map(|node| &node["addr"]).all(Value::is_null));
    let links = client.result("links", json!({})).await;
    assert_eq!(links.as_array().map(Vec::len), Some(4), "{links}");
    let opening = client.result("subscribe", json!({ "events": "all" })).await;
    let mined = |event: &Value| !event["kind"]["mined"].is_null();
    assert!(
        opening["events"]
            .as_array()
            .expect("events")
            .iter()
            .any(mined)
    );
    for (method, params) in [
        ("wallets", json!({ "node": "wallet" })),
        ("mine_now", json!({ "node": "central" })),
        (
            "send",
            json!({ "from": "alice", "to": "carol", "amount": "1" }),
        ),
        ("kill", json!({ "node": "miner" })),
        ("restart", json!({ "node": "miner" })),
        ("partition", json!({ "groups": [["miner"]] })),
        ("unite", json!({})),
        ("note", json!({ "text": "look here" })),
        ("traffic", json!({ "on": true, "rate": 1.0 })),
    ] {
        client.result(method, params).await;
    }
    let unknown = call(2, "kill", json!({ "node": "dora" }));
    let (_, words) = client.refused(unknown).await;
    assert!(words.contains("there is no node \"dora\""), "{words}");
    let (_, words) = error(&client.asks(call(3, "keep", json!({}))).await);
    assert!(
        words.contains("is not on disk") || words.contains("no method"),
        "{words}"
    );
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_begins_anew_and_a_far_screen_shows_it() {
    let (lab, entry) = served(&story()).await;
    let far = Lab::attach(vec![entry.endpoint.clone()])
        .await
        .expect("it answers");
    let view = until(&far, |view| all_up(view) && agree_on(view, 1)).await;
    assert!(has_no_port(&view));
    until(&far, |view| {
        view.links.iter().filter(|link| link.is_connected).count() == 2
    })
    .await;
    mine(&far, CENTRAL).await;
    until(&far, |view| agree_on(view, 2)).await;
    let traffic = TrafficChange {
        on: Some(true),
        rate: Some(0.1),
    };
    done(&far, Request::Traffic(traffic)).await;
    done(&far, Request::Script(ScriptChange::Restart)).await;
    for lab in [&lab, &far] {
        let view = until(lab, |view| {
            view.script.is_some() && runs(view) == 1 && all_up(view) && agree_on(view, 1)
        })
        .await;
        assert_eq!(view.traffic, None);
    }
    // It is the same lab again.
    let again = ask(&lab, Request::Script(ScriptChange::Next)).await;
    assert!(again.is_ok(), "{again:?}");
    far.close().await.expect("closes");
    lab.close().await.expect("closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_labs_in_virtual_time_on_one_screen_have_the_same_addresses_and_no_link_between_them() {
    let ((one, its), (other, theirs)) = (served(TEXT).await, served(TEXT).await);
    let endpoints = vec![its.endpoint, theirs.endpoint];
    let both = Lab::attach(endpoints).await.expect("they answer");
    let links = |view: &LabView| -> Vec<_> {
        let links = view.links.iter().filter(|link| link.is_connected);
        links.map(|link| (link.ends.0.0, link.ends.1.0)).collect()
    };
    until(&both, |view| {
        view.nodes.len() == 6 && all_up(view) && links(view).len() == 4
    })
    .await;
    let view = both.view();
    let crossing = links(&view)
        .into_iter()
        .filter(|(from, to)| (*from < 3) != (*to < 3));
    assert_eq!(crossing.count(), 0, "{:?}", view.links);
    both.close().await.expect("closes");
    one.close().await.expect("closes");
    other.close().await.expect("closes");
}
