//! What clients can make a lab hold who do not behave, counted by the allocator.

use crate::common::control::*;
use crate::common::running::{MINER, TEXT, begun, mine};
use crate::{MEMORY, TURN};
use chainlab::lab::drive::registry::Entry;

use serde_json::{Value, json};
use std::net::TcpStream;

const MB: usize = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_who_say_nothing_cost_next_to_nothing() {
    let _turn = TURN.lock().await;
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let chainlab::lab::control::EndpointAddr::Tcp(addr) = entry.endpoint.at else {
        panic!("a port")
    };
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    // The system's own sockets, which take nothing of this memory.
    let mut silent = Vec::with_capacity(1_000);
    let connecting = tokio::task::spawn_blocking(move || {
        silent.extend((0..1_000).map(|_| TcpStream::connect(addr).expect("a door")));
        silent
    });
    let silent = connecting.await.expect("no panic");
    let mut guest = Raw::greeted(&entry.endpoint).await;
    assert!(guest.result("status", json!({})).await.is_array());
    let (peak, after) = (MEMORY.peak_usage(), MEMORY.current_usage());
    println!(
        "1 000 silent connections: {} bytes at the most, {} of them left",
        peak.saturating_sub(before),
        after.saturating_sub(before)
    );
    assert!(peak.saturating_sub(before) < 4 * MB);
    drop(silent);
}

/// A subscriber who reads all that comes, until it has heard of so many blocks found.
async fn hears_of(mut client: Raw, blocks: u64) {
    let mut mined = 0;
    while mined < blocks {
        let line = client.hears().await;
        assert_ne!(line["method"], "missed");
        if line["params"]["kind"].get("mined").is_some() {
            mined += 1;
        }
    }
}

async fn subscribed(entry: &Entry, socket: bool) -> (Raw, Value) {
    let mut client = match (&entry.socket, socket) {
        (Some(path), true) => {
            // It holds less on its way than TCP does.
            let mut client = Raw::socket(path).await;
            client.greets(&entry.endpoint).await;
            client
        }
        _ => Raw::greeted(&entry.endpoint).await,
    };
    let all = json!({ "events": "all", "interval": "20ms" });
    let opening = client.result("subscribe", all).await;
    (client, opening)
}

/// What the lab holds more after so many blocks, at the most.
async fn growth(lab: &chainlab::lab::Lab, blocks: u64) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    for _ in 0..blocks {
        mine(lab, MINER).await;
    }
    MEMORY.peak_usage().saturating_sub(before)
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_subscriber_who_does_not_read_nothing_is_kept_and_it_misses_what_is_old() {
    const BLOCKS: u64 = 250;
    let _turn = TURN.lock().await;
    let (lab, entry) = open_lab(&TEXT.replace("1 kH/s", "10 H/s")).await;
    begun(&lab).await;
    let attentive = subscribed(&entry, false).await.0;
    let attentive = tokio::spawn(hears_of(attentive, 2 * BLOCKS));
    let usual = growth(&lab, BLOCKS).await;
    let (mut deaf, _) = subscribed(&entry, true).await;
    let with_deaf = growth(&lab, BLOCKS).await;
    println!(
        "{BLOCKS} blocks: {usual} bytes more at the most, and {with_deaf} with a subscriber who \
         does not read"
    );
    assert!(with_deaf < usual + 4 * MB, "{with_deaf} after {usual}");
    let heard = crate::common::live::soon(attentive).await;
    heard.expect("it heard of every block, and missed nothing");

    let tip = 1 + 2 * BLOCKS;
    let (mut missed, mut newest) = (0, 0);
    while newest < tip {
        let line = deaf.hears().await;
        match line["method"].as_str() {
            Some("missed") => missed += line["params"]["events"].as_u64().expect("a count"),
            Some("node") if line["params"]["node"] == "miner" => {
                let height = &line["params"]["snapshot"]["tip"]["height"];
                newest = height.as_u64().expect("a height");
            }
            _ => {}
        }
    }
    // Lines about nodes may come before the one that says how many events were missed.
    while missed == 0 {
        let line = deaf.hears().await;
        if line["method"] == "missed" {
            missed = line["params"]["events"].as_u64().expect("a count");
        }
    }
    println!("when it began to read it had missed {missed} events");
    assert_eq!(
        mine(&lab, MINER).await.height,
        u32::try_from(tip + 1).expect("few")
    );
}
