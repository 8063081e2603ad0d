//! Noise that strangers make at the port of a node: those who listen at an endpoint, and the pane, go on to see
//! what the lab itself does.

use crate::common::control::{Raw, open_lab};
use crate::common::hostile::really::Attackers;
use crate::common::hostile::{Attack, Behaviour};
use crate::common::params;
use crate::common::running::{CENTRAL, MINER, TEXT, agree_on, begun, mine, until};
use chainlab::lab::LabView;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Connections at a time, and how many there were before anything is looked at: far more than a node's
/// events that are remembered.
const CONNECTIONS: usize = 30;
const VISITS: usize = 2_000;

/// Events by their kinds.
fn kinds(events: &Value) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for event in events.as_array().expect("a list") {
        if event["node"] != "central" {
            continue;
        }
        let kind = event["kind"].as_object().expect("an object");
        let kind = kind.keys().next().expect("one").clone();
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

fn pane(view: &LabView) -> Vec<String> {
    let lines = view.nodes[CENTRAL.0].log_lines();
    lines.map(|line| format!("{:?}", line.pieces)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_at_the_port_empties_neither_the_events_nor_the_pane() {
    let (lab, entry) = open_lab(TEXT).await;
    let view = begun(&lab).await;
    let addr = view.nodes[CENTRAL.0].addr.expect("it listens");
    let before = pane(&view);
    let attack = Attack::of(Behaviour::Junk, CONNECTIONS).renewed();
    // Junk is junk on any network.
    let crowd = Attackers::new(addr, &params(), attack);
    tokio::task::block_in_place(|| crowd.until_opened(VISITS));
    let mut client = Raw::greeted(&entry.endpoint).await;
    let opening = client.result("subscribe", json!({})).await;
    let kinds = kinds(&opening["events"]);
    assert!(kinds.contains_key("tip_changed"), "{kinds:?}");
    assert_eq!(kinds["peer_up"], 2, "{kinds:?}");
    assert!(kinds["strangers"] <= 5, "{kinds:?}");
    assert!(kinds["peer_down"] <= 30, "{kinds:?}");
    // What happens now is told, and nothing was missed for the noise.
    mine(&lab, MINER).await;
    loop {
        let line = client.hears().await;
        assert_ne!(line["method"], "missed");
        let event = &line["params"];
        if event["node"] == "central" && event["kind"]["tip_changed"].is_object() {
            break;
        }
    }
    let view = until(&lab, |view| agree_on(view, 2)).await;
    drop(crowd);
    let after = pane(&view);
    for line in &before {
        assert!(after.contains(line), "{line} is gone: {after:#?}");
    }
    assert!(after.len() < before.len() + 30, "{after:#?}");
    lab.close().await.expect("it closes");
}
