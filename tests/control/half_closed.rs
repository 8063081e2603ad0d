//! A client that says all it has to say, shuts down its writing side and reads on, as `nc -N` does:
//! what it has asked is answered, whichever endpoint it came through, and then the connection ends.

use crate::common::control::*;
use crate::common::running::{TEXT, all_up, begun, until};
use chainlab::lab::Lab;
use chainlab::lab::control::limits::LINE_MAX;
use chainlab::lab::control::rpc::BAD_LINE;
use chainlab::lab::drive::registry::Entry;
use serde_json::{Value, json};

/// Nobody ever finds a block here.
const HARD: &str = r#"
[chain]
retarget = "fixed"
difficulty = 1_000_000_000_000_000

[[node]]
name = "left"

[[node]]
name = "right"
connect = ["left"]
"#;

/// One client for the port, one for the Unix socket.
async fn both_ways(entry: &Entry) -> [Raw; 2] {
    let socket = entry.socket.as_ref().expect("short enough a path");
    [Raw::at(&entry.endpoint.at).await, Raw::socket(socket).await]
}

/// All lines up to the end.
async fn rest(client: &mut Raw) -> Vec<Value> {
    let mut lines = Vec::new();
    while let Some(line) = client.line().await {
        lines.push(line);
    }
    lines
}

/// Everybody asks a node for a block that will not come, and falls silent.
async fn asks_for_a_block(lab: &Lab, client: &mut Raw, entry: &Entry) {
    client.greets(&entry.endpoint).await;
    client
        .says(&call(1, "mine_now", json!({ "node": "left" })))
        .await;
    client.falls_silent().await;
    until(lab, |view| {
        let left = view.nodes[0].snapshot.as_ref();
        left.is_some_and(|seen| seen.mining.as_ref().expect("its own").now)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_answered_however_long_it_takes_and_then_the_connection_ends() {
    for way in [0, 1] {
        let (lab, entry) = open_lab(HARD).await;
        until(&lab, all_up).await;
        let mut silent = both_ways(&entry).await.into_iter().nth(way).expect("two");
        asks_for_a_block(&lab, &mut silent, &entry).await;
        let mut other = Raw::greeted(&entry.endpoint).await;
        // Its answer is what ends the wait.
        other.result("kill", json!({ "node": "left" })).await;
        let answers = rest(&mut silent).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0]["id"], 1);
        assert_eq!(kind(&answers[0]), "not_running");
        // Others go on.
        assert!(other.result("status", json!({})).await.is_array());
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_may_be_written_at_once_and_its_last_line_need_not_end() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    for mut client in both_ways(&entry).await {
        let mut requests = vec![hello(&cookie(&entry.endpoint))];
        requests.extend((1..=8).map(|id| call(id, "mine_now", json!({ "node": "wallet" }))));
        requests.extend((9..=40).map(|id| call(id, "wallets", json!({ "node": "central" }))));
        requests.push(call(41, "status", json!({})));
        let lines: Vec<String> = requests.iter().map(Value::to_string).collect();
        let written = client.writes(lines.join("\n").as_bytes()).await;
        written.expect("the door is open");
        client.falls_silent().await;
        let answers = rest(&mut client).await;
        let mut ids: Vec<_> = answers.iter().map(|line| line["id"].as_u64()).collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..=41).map(Some).collect::<Vec<_>>());
        assert!(answers.iter().all(|line| line.get("error").is_none()));
    }
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_falls_silent_after_its_hello_is_answered_and_let_go() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    for mut client in both_ways(&entry).await {
        client.says(&hello(&cookie(&entry.endpoint))).await;
        client.falls_silent().await;
        let answers = rest(&mut client).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0]["result"]["version"], 2);
    }
    // A subscription ends with what its client says.
    for mut client in both_ways(&entry).await {
        client.greets(&entry.endpoint).await;
        client.says(&call(1, "subscribe", json!({}))).await;
        client.falls_silent().await;
        let lines = rest(&mut client).await;
        assert_eq!(lines[0]["id"], 1, "{lines:?}");
    }
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_a_line_that_is_refused_is_answered_as_well() {
    let (lab, entry) = open_lab(HARD).await;
    until(&lab, all_up).await;
    let mut clumsy = Raw::greeted(&entry.endpoint).await;
    clumsy
        .says(&call(1, "mine_now", json!({ "node": "left" })))
        .await;
    let _ = clumsy.writes(&vec![b'7'; LINE_MAX + 1]).await;
    assert_eq!(error(&clumsy.hears().await).0, BAD_LINE);
    let mut other = Raw::greeted(&entry.endpoint).await;
    other.result("kill", json!({ "node": "left" })).await;
    let answer = clumsy.hears().await;
    assert_eq!((&answer["id"], kind(&answer)), (&json!(1), "not_running"));
    clumsy.is_let_go().await;
    lab.close().await.expect("it closes");
}
