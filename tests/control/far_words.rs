//! Doors of other processes that say what no lab of ours would: words with orders to a terminal, lines
//! that look like ours, names of others, and numbers and lists beyond all bounds.

use crate::common::control::*;
use crate::common::desk::Desk;
use crate::common::fake_door::{self, FakeEndpoint};
use crate::common::live::soon;
use crate::common::running::{refused, until};
use chainlab::chain::{BlockHash, Txid};
use chainlab::lab::ask::Ability;
use chainlab::lab::control::{Client, EndpointKind, NodeEvent};
use chainlab::lab::view::NodeStatus;
use chainlab::lab::{Lab, LabView, Request};
use chainlab::node::io::{Command, ConnId, Direction, Event, EventKind, PeerLabel};
use chainlab::node::store::BlockId;
use chainlab::node::{Time, foreign};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// What an honest lab says, for others to bend.
struct Honest {
    about: Value,
    opening: Value,
    links: Value,
}

impl Honest {
    async fn new() -> Self {
        let (lab, entry) = open_lab(BUSY).await;
        let has_all = |view: &LabView| {
            let mut seen = view.nodes.iter().filter_map(|node| node.snapshot.as_ref());
            let is_well_on = |seen: &chainlab::node::NodeSnapshot| {
                seen.tip.height > 2 && seen.ready_peers().count() > 0
            };
            seen.clone().count() == 3 && seen.all(|seen| is_well_on(seen))
        };
        until(&lab, has_all).await;
        let mut client = Raw::greeted(&entry.endpoint).await;
        let about = client.result("hello", json!({})).await;
        let links = client.result("links", json!({})).await;
        let wish = json!({ "events": "all", "interval": "1h" });
        let mut opening = client.result("subscribe", wish).await;
        for status in opening["nodes"].as_array_mut().expect("a list") {
            let recent = status["snapshot"]["recent"].as_array_mut();
            recent.expect("a list").truncate(2);
        }
        assert_eq!(about["kind"], json!(EndpointKind::Lab));
        drop(client);
        lab.close().await.expect("it closes");
        Self {
            about,
            opening,
            links,
        }
    }

    fn node(&self, at: usize) -> Value {
        self.opening["nodes"][at].clone()
    }

    /// An endpoint that says all this.
    async fn endpoint(self) -> FakeEndpoint {
        fake_door::open(move |method| match method {
            "hello" => Ok(self.about.clone()),
            "subscribe" => Ok(self.opening.clone()),
            "status" => Ok(self.opening["nodes"].clone()),
            "links" => Ok(self.links.clone()),
            _ => Err(json!({ "code": -32_000, "message": FORGED })),
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_of_a_door_cannot_do_is_a_short_line_of_what_can_be_seen() {
    let mut honest = Honest::new().await;
    for status in honest.opening["nodes"].as_array().expect("a list") {
        assert_eq!(status.get("cannot"), None, "it can do everything");
    }
    honest.opening["nodes"][1]["cannot"] = json!({
        "mine": format!("it\nlooks\u{1b} only{}", "w".repeat(10_000)),
        "send": "\u{2066} ",
        "kill": " ",
        "fly": "it has no wings",
    });
    honest.opening["nodes"][2]["cannot"] = json!(null);
    let able = honest.node(2);
    let endpoint = honest.endpoint().await;
    let far = soon(Lab::attach(vec![endpoint.endpoint.clone()])).await;
    let far = far.expect("it answers");
    let view = far.view();
    let wallet = view.named("wallet").expect("it is shown");
    let can = &view.node(wallet).expect("it is there").can;
    let taken: Vec<_> = can.taken().map(|(ability, _)| ability).collect();
    assert_eq!(taken, [Ability::Mine, Ability::Send]);
    let why = can.lacks(Ability::Mine).expect("it cannot");
    assert!(why.starts_with("it looks\u{fffd} onlywww"), "{why}");
    assert_eq!(why.chars().count(), 256);
    let miner = view.named("miner").expect("it is shown");
    assert!(view.node(miner).expect("it is there").can.is_all());
    let mine = Request::Node(wallet, Command::MineNow);
    assert_eq!(refused(&far, mine).await, **why);
    // It may change, as all that is said of a node.
    let mut now = able.clone();
    now["node"] = json!("wallet");
    now["cannot"] = json!({ "kill": "no" });
    let view = says(&endpoint, &far, 1, vec![notice("node", &now)]).await;
    let taken = view.node(wallet).expect("it is there").can.taken();
    assert_eq!(taken.map(|(of, _)| of).collect::<Vec<_>>(), [Ability::Kill]);
    far.close().await.expect("it closes");
}

const FORGED: &str = "no\nchainlab: all is well\r\u{1b}[2J\u{202e}\u{2066}x\u{85}\u{200b}";

fn notice(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
}

/// Says something, and waits until the screen has heard it.
async fn says(endpoint: &FakeEndpoint, far: &Lab, number: usize, notices: Vec<String>) -> LabView {
    let heard = format!("notice {number}");
    let last = notice("lab", &json!({ "caption": heard, "script": null }));
    for line in notices.into_iter().chain([last]) {
        endpoint.tells.send(line).expect("the door is open");
    }
    until(far, |view| view.caption.as_deref() == Some(&heard)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_a_door_is_one_line_of_what_can_be_seen() {
    let endpoint = Honest::new().await.endpoint().await;
    let client = soon(Client::connect(&endpoint.endpoint))
        .await
        .expect("it answers");
    let refused = soon(client.call("send", serde_json::Map::new())).await;
    let said = refused.expect_err("it refuses").to_string();
    assert_eq!(
        said,
        "no chainlab: all is well \u{fffd}[2J\u{fffd}\u{fffd}x\u{fffd}\u{fffd}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_captions_of_a_door_are_ours_to_show() {
    let mut honest = Honest::new().await;
    honest.about["name"] = json!(format!("a lab\n{}", "w".repeat(10_000)));
    honest.opening["lab"]["caption"] = json!("read \u{202e}this\nnow");
    let nodes = &mut honest.opening["nodes"];
    nodes[0]["node"] = json!("two words");
    nodes[1]["snapshot"]["peers"][0]["name"] = json!("mined #7 ..abcd with 1 payment");
    nodes[1]["snapshot"]["peers"][0]["user_agent"] = json!("\u{9b}2J".repeat(400));
    let mut wallet = nodes[1]["snapshot"]["wallets"][0].clone();
    wallet["name"] = json!("mined #7 ..abcd with 1 payment");
    let wallets = nodes[1]["snapshot"]["wallets"].as_array_mut();
    let wallets = wallets.expect("a list");
    let honest_wallets = wallets.len();
    wallets.push(wallet);
    let endpoint = honest.endpoint().await;
    let far = soon(Lab::attach(vec![endpoint.endpoint.clone()])).await;
    let far = far.expect("it answers");
    let view = far.view();
    assert_eq!(view.name.chars().count(), 64);
    assert!(!view.name.contains(foreign::is_hidden));
    assert_eq!(view.caption.as_deref(), Some("read \u{fffd}this now"));
    let names: Vec<_> = view.nodes.iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["wallet", "miner"], "no node is called so");
    let seen = view.nodes[0].snapshot.as_ref().expect("it was shown");
    assert_eq!(seen.peers[0].name, r#"peer "mined #7 ..abcd with 1 ..""#);
    assert!(seen.peers[0].user_agent.chars().count() <= 200);
    assert_eq!(seen.wallets.len(), honest_wallets, "no wallet is called so");
    for picture in pictures(&view) {
        assert!(!picture.contains(foreign::is_hidden), "{picture}");
    }
    far.close().await.expect("it closes");
}

/// What the screen shows of it, in all views.
fn pictures(view: &LabView) -> Vec<String> {
    let keys = [
        "",
        "v",
        "v v",
        "v v v",
        "v v v v",
        "z",
        "z ]",
        "z ] ]",
        "z ] ] ]",
        "z ] ] ] ]",
    ];
    let pictures = keys.into_iter().map(|keys| {
        let mut desk = Desk::at(view.clone(), (140, 40));
        if !keys.is_empty() {
            desk.press(keys);
        }
        desk.press("j Tab k");
        desk.lines().0.concat()
    });
    pictures.collect()
}

/// Places of all numbers in it.
fn numbers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at),
        Value::Array(list) => {
            for (nth, entry) in list.iter().enumerate() {
                numbers(entry, format!("{at}/{nth}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                numbers(field, format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// The largest that may stand at each of its numbers, as far as the whole is still readable.
fn extremes<T: serde::de::DeserializeOwned>(honest: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    numbers(honest, String::new(), &mut places);
    let largest = [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(1e300),
    ];
    let extreme = |place: String| {
        let bent = |number: &Value| {
            let mut bent = honest.clone();
            *bent.pointer_mut(&place)? = number.clone();
            serde_json::from_value::<T>(bent).ok()
        };
        let found = largest.iter().find(|number| bent(number).is_some())?;
        Some((place.clone(), found.clone()))
    };
    places.into_iter().filter_map(extreme).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_says_the_largest_numbers_everywhere_is_shown_and_does_no_harm() {
    let mut honest = Honest::new().await;
    honest.about["now"] = json!(u64::MAX);
    honest.about["since"] = json!(0);
    let status = honest.node(1);
    let endpoint = honest.endpoint().await;
    let far = soon(Lab::attach(vec![endpoint.endpoint.clone()])).await;
    let far = far.expect("it answers");
    // It goes on: at the end of time everything is due for ever, and the screen would be drawn anew
    // without a pause.
    let at = far.view().now;
    assert!(at < Time(1 << 54), "{at:?}");
    soon(async {
        while far.view().now <= at {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (mut number, mut all) = (0, status.clone());
    for (place, extreme) in extremes::<NodeStatus>(&status) {
        let mut bent = status.clone();
        for told in [&mut bent, &mut all] {
            *told.pointer_mut(&place).expect("it was there") = extreme.clone();
        }
        number += 1;
        let view = says(&endpoint, &far, number, vec![notice("node", &bent)]).await;
        pictures(&view);
    }
    assert!(number > 20, "{number} numbers");
    let view = says(&endpoint, &far, number + 1, vec![notice("node", &all)]).await;
    pictures(&view);
    assert!(far.view().now < Time(1 << 54));
    far.close().await.expect("it closes");
}

fn events() -> Vec<EventKind> {
    let peer = PeerLabel {
        conn: ConnId(1),
        name: "two words".into(),
    };
    let id = BlockId {
        height: 3,
        hash: BlockHash([7; 32]),
    };
    let lost = vec![Txid([7; 32])];
    let addr = SocketAddr::from(([127, 0, 0, 1], 1));
    vec![
        EventKind::TipChanged {
            tip: id,
            blocks: 1,
            txs: 1,
            from: Some(peer.clone()),
        },
        EventKind::Reorganised {
            fork: id,
            old: id,
            new: id,
            depth: 1,
            returned: 1,
            confirmed: 1,
            held: 1,
            held_why: Some("no room".to_owned()),
            lost: lost.clone(),
            lost_count: 1,
        },
        EventKind::BecameInvalid {
            lost: lost.clone(),
            lost_count: 1,
        },
        EventKind::BecameInvalid {
            lost,
            lost_count: 1,
        },
        EventKind::Withheld {
            block: id,
            count: 1,
        },
        EventKind::Released { tip: id, blocks: 1 },
        EventKind::GaveUp { blocks: 1 },
        EventKind::ClockSkew {
            peer: peer.clone(),
            ahead_ms: 1,
        },
        EventKind::PeerUp {
            peer: peer.clone(),
            addr,
            direction: Direction::Inbound,
        },
        EventKind::MessageReceived {
            peer,
            command: "tx".to_owned(),
            bytes: 1,
            item: None,
            summary: chainlab::node::message::MessageSummary::Items {
                count: 1,
                first: Vec::new(),
            },
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_door_with_the_largest_numbers_and_names_of_no_peer_are_told_as_such() {
    let endpoint = Honest::new().await.endpoint().await;
    let far = soon(Lab::attach(vec![endpoint.endpoint.clone()])).await;
    let far = far.expect("it answers");
    let mut number = 0;
    for kind in events() {
        let event = Arc::new(Event { at: Time(1), kind });
        let told = NodeEvent {
            node: "wallet".to_owned(),
            event,
        };
        let honest = serde_json::to_value(&told).expect("plain data");
        let mut all = honest.clone();
        for (place, extreme) in extremes::<NodeEvent>(&honest) {
            let mut bent = honest.clone();
            for told in [&mut bent, &mut all] {
                *told.pointer_mut(&place).expect("it was there") = extreme.clone();
            }
            number += 1;
            says(&endpoint, &far, number, vec![notice("event", &bent)]).await;
        }
        number += 1;
        let twice = vec![notice("event", &all), notice("event", &all)];
        let view = says(&endpoint, &far, number, twice).await;
        for line in crate::common::running::log(&view, chainlab::node::NodeIx(1)) {
            assert!(!line.starts_with("two words"), "{line}");
        }
        pictures(&view);
    }
    far.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_without_end_are_cut_and_lines_without_end_end_the_connection() {
    let honest = Honest::new().await;
    let mut status = honest.node(1);
    let snapshot = &mut status["snapshot"];
    for list in ["recent", "peers", "wallets"] {
        let first = snapshot[list][0].clone();
        snapshot[list] = Value::Array(vec![first; 30_000]);
    }
    let endpoint = honest.endpoint().await;
    let far = soon(Lab::attach(vec![endpoint.endpoint.clone()])).await;
    let far = far.expect("it answers");
    let nobody = json!({ "node": "a", "state": "up", "addr": null, "snapshot": null });
    let crowd = (0..400).map(|nth| {
        let mut one = nobody.clone();
        one["node"] = json!(format!("n{nth}"));
        notice("node", &one)
    });
    let told = crowd.chain([notice("node", &status)]).collect();
    let view = says(&endpoint, &far, 1, told).await;
    assert!(view.nodes.len() <= chainlab::lab::layout::NODES_MAX);
    let seen = view.nodes[1].snapshot.as_ref().expect("it was shown");
    let lists = [seen.recent.len(), seen.peers.len(), seen.wallets.len()];
    assert_eq!(lists, [32, 1_000, 1_000]);
    let groups = json!(vec![vec!["wallet"; 15_000]; 2]);
    let split = json!({ "caption": "split", "script": null, "partition": groups });
    let told = vec![notice("lab", &split)];
    says(&endpoint, &far, 2, told).await;
    let endless = format!(
        "{{\"method\":\"node\",\"params\":[{}0]}}",
        "0,".repeat(2_500_000)
    );
    endpoint.tells.send(endless).expect("the door is open");
    let gone = |view: &LabView| {
        let state = &view.nodes[0].state;
        *state == chainlab::lab::NodeState::Gone
    };
    until(&far, gone).await;
    far.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused_by_its_name() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut client = Raw::greeted(&entry.endpoint).await;
    for addr in [
        "0.0.0.0:1",
        "127.0.0.1:0",
        "[::]:3000",
        "255.255.255.255:1",
        "224.0.0.1:9",
    ] {
        let params = json!({ "node": "miner", "addr": addr });
        let (code, words) = client.refused(call(1, "add_peer", params)).await;
        assert_eq!(code, chainlab::lab::control::rpc::BAD_PARAMS);
        assert!(
            words.starts_with(&format!("addr: {addr} cannot be a peer")),
            "{words}"
        );
    }
    goes_on(&lab, &entry).await;
}
