//! A block that is on its way when a node dies is everywhere once the rest have it: on the screen of
//! the lab and on one that is attached, in the summary, and in virtual time alike.

use crate::common::control::open_lab;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, agree_on, begun, done, mine, options, start, until,
};
use crate::deadlines::headless;
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::drive::play;
use chainlab::lab::layout::read;
use chainlab::lab::view::Propagation;
use chainlab::lab::{Lab, LabView, Request};
use chainlab::link::LinkState;
use chainlab::node::BlockId;
use chainlab::node::config::{Release, Strategy};
use chainlab::node::io::Command;
use serde_json::Value;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

/// What the wallet's node is not told it cannot tell.
const DEAD_END: &str = r#"
[[step]]
when = "height == 1"
do = "black_hole"
from = "central"
to = "wallet"

[[step]]
do = "mine_now"
node = "miner"
expect = "height@central == 2 and height@wallet == 1"

[[step]]
do = "kill"
node = "wallet"
expect = "height == 2 and tips == 1"
"#;

/// And then it comes back.
const LATE: &str = r#"
[[step]]
do = "heal"

[[step]]
do = "restart"
node = "wallet"
expect = "height@wallet == 2"
"#;

fn hole() -> Request {
    Request::Link(Bend {
        from: "central".to_owned(),
        to: "wallet".to_owned(),
        is_both_ways: true,
        change: LinkChange::to_state(LinkState::BlackHole),
    })
}

fn way_of(view: &LabView, block: BlockId) -> Option<&Propagation> {
    view.block_propagation.iter().find(|way| way.id == block)
}

fn is_everywhere(view: &LabView, block: BlockId) -> bool {
    way_of(view, block).is_some_and(|way| way.all().is_some())
}

/// Blocks that got everywhere, as the screen counts them, and as the summary does.
fn counted(lab: &Lab) -> [Option<u64>; 2] {
    let all = lab.view().networks[0].block_times.all;
    let summary = serde_json::to_value(lab.summary()).expect("plain data");
    let blocks = summary["propagation"]["blocks"].as_u64();
    [all.map(|all| all.count), blocks]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_on_its_way_when_a_node_dies_is_everywhere_once_the_rest_have_it() {
    let (lab, entry) = open_lab(TEXT).await;
    let first = begun(&lab).await;
    until(&lab, |view| is_everywhere(view, first.tips()[0].tip)).await;
    let far = Lab::attach(vec![entry.endpoint.clone()]).await;
    let far = far.expect("it is there");
    done(&lab, hole()).await;
    let tip = mine(&lab, MINER).await;
    let half_way = |view: &LabView| {
        let way = way_of(view, tip);
        way.is_some_and(|way| way.arrivals.len() == 2 && way.all().is_none())
    };
    until(&lab, half_way).await;
    until(&far, half_way).await;
    assert_eq!(counted(&lab), [Some(1); 2]);

    done(&lab, Request::Kill(WALLET)).await;
    let view = until(&lab, |view| is_everywhere(view, tip)).await;
    let way = way_of(&view, tip).expect("it was just there").clone();
    assert_eq!(way.expected, [CENTRAL, MINER]);
    assert_eq!(way.all(), way.arrival(CENTRAL));
    assert_eq!(counted(&lab), [Some(2); 2]);
    until(&far, |view| is_everywhere(view, tip)).await;
    // A screen that comes later sees the same.
    let later = Lab::attach(vec![entry.endpoint]).await;
    let later = later.expect("it is there");
    until(&later, |view| is_everywhere(view, tip)).await;

    // It comes back, and is late.
    done(&lab, Request::HealAll).await;
    done(&lab, Request::Restart(WALLET)).await;
    let view = until(&lab, |view| agree_on(view, 2)).await;
    assert_eq!(way_of(&view, tip), Some(&way));
    assert_eq!(counted(&lab), [Some(2); 2]);
    for lab in [later, far, lab] {
        lab.close().await.expect("it closes");
    }
}

#[test]
fn it_is_so_in_virtual_time_and_in_json() {
    let text = format!("{TEXT}{DEAD_END}");
    for text in [text.clone(), format!("{text}{LATE}")] {
        let layout = read("lab.toml", &text).expect("a layout");
        let mut played = play(&layout, 7, Duration::from_secs(600)).expect("it can be played");
        assert_eq!(played.core().steps().failure(), None);
        assert_eq!(played.summary().propagation.blocks, 2);
    }
    let dir = TempDir::new().expect("a directory");
    fs::write(dir.path().join("dead-end.toml"), &text).expect("room on disk");
    for args in [&["--json"][..], &["--json", "--virtual"]] {
        let output = headless(dir.path(), "dead-end.toml", args);
        let said = String::from_utf8(output.stdout).expect("JSON");
        let last = said.lines().last().expect("a summary");
        let last: Value = serde_json::from_str(last).expect("JSON");
        let blocks = &last["summary"]["propagation"]["blocks"];
        assert_eq!(blocks, 2, "{last}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withheld_gets_everywhere_from_when_it_is_released() {
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    let release = Strategy::Selfish(Release::default());
    done(&lab, Request::Node(MINER, Command::SetStrategy(release))).await;
    mine(&lab, MINER).await;
    let tip = mine(&lab, MINER).await;
    let before = lab.clock().now();
    done(&lab, Request::Node(MINER, Command::Release)).await;
    let view = until(&lab, |view| {
        agree_on(view, 3)
            && view
                .block_propagation
                .iter()
                .take(2)
                .all(|way| way.all().is_some())
    })
    .await;
    assert_eq!(view.block_propagation[0].id, tip);
    for way in &view.block_propagation[..2] {
        assert!(
            way.is_own && way.origin == MINER && way.at >= before,
            "{way:?}"
        );
    }
    until(&lab, |_| counted(&lab) == [Some(3); 2]).await;
    lab.close().await.expect("it closes");
}
