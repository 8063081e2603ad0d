//! What labs leave on disk: nothing, or all that they need to go on.

use crate::common::live::LATER;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, addresses, agree_on, all_up, begun, create, done, kept_in, mine,
    options, refused, scenario, start, until,
};
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Answer, LabOptions, LabView, NodeState, Request};
use chainlab::node::io::Command;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_labs_data_goes_with_it() {
    let lab = scenario();
    until(&lab, all_up).await;
    let dir = lab.data_dir().to_owned();
    assert!(dir.join("nodes/central").exists() && dir.join("lab.json").exists());
    lab.close().await.expect("it closes");
    assert!(!dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_dropped_closes_its_nodes_and_leaves_nothing() {
    // One is dropped as it runs, one while its nodes are on their way up.
    for is_up in [true, false] {
        let lab = scenario();
        if is_up {
            until(&lab, all_up).await;
        }
        let dir = lab.data_dir().to_owned();
        drop(lab);
        assert!(!dir.exists(), "running: {is_up}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_lab_goes_on_with_its_keys_chain_clock_and_nodes() {
    let dir = TempDir::new().expect("a temporary directory");
    let dir = dir.path().join("lab");
    let lab = start(kept_in(&dir)).expect("it starts");
    begun(&lab).await;
    done(&lab, Request::Node(WALLET, create("eve"))).await;
    let mut spec = NodeSpec::new("nora");
    spec.connect = vec!["central".to_owned()];
    done(&lab, Request::Add(Box::new(spec))).await;
    mine(&lab, MINER).await;
    let before = until(&lab, |view| agree_on(view, 2) && addresses(view).len() == 7).await;
    assert!(!before.is_temporary);
    let path = lab.data_dir().to_owned();

    let refused = start(kept_in(&dir)).expect_err("it runs already");
    assert_eq!(
        refused.to_string(),
        format!("{}: a lab runs here already", path.display())
    );
    assert!(refused.is_input());
    lab.close().await.expect("it closes");

    // Its own layout counts, not the one that is given with it.
    let mut again = kept_in(&dir);
    again.layout.nodes.truncate(1);
    let lab = start(again).expect("it goes on");
    assert_eq!(lab.view().since, before.since);
    assert!(lab.view().now >= before.now);
    assert!(lab.view().now.since(before.now) < Duration::from_secs(30));
    let after = until(&lab, |view| all_up(view) && agree_on(view, 2)).await;
    assert_eq!(after.nodes.len(), 4);
    assert_eq!(addresses(&after), addresses(&before));
    assert_eq!(after.tips()[0].tip, before.tips()[0].tip);
    mine(&lab, MINER).await;
    until(&lab, |view| agree_on(view, 3)).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_open_its_data_fails_alone_and_says_why() {
    let dir = TempDir::new().expect("a temporary directory");
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    lab.close().await.expect("it closes");
    let own = dir.path().join("nodes/miner");
    std::fs::rename(&own, dir.path().join("aside")).expect("nobody is there");
    std::fs::write(&own, "no directory").expect("it can be written");

    let lab = start(kept_in(dir.path())).expect("it goes on");
    let has_failed = |view: &LabView| matches!(view.nodes[2].state, NodeState::Failed(_));
    let rest_is_up = |view: &LabView| view.nodes[..2].iter().all(|node| node.state.is_up());
    let view = until(&lab, |view| has_failed(view) && rest_is_up(view)).await;
    let NodeState::Failed(why) = &view.nodes[MINER.0].state else {
        panic!("it has failed")
    };
    let said = format!("miner has failed: {why}");
    assert!(said.contains("nodes/miner"), "{said}");
    assert_eq!(
        refused(&lab, Request::Node(MINER, Command::MineNow)).await,
        said
    );
    mine(&lab, CENTRAL).await;
    until(&lab, |view| agree_on(view, 2)).await;

    std::fs::remove_file(&own).expect("it is there");
    done(&lab, Request::Restart(MINER)).await;
    until(&lab, |view| all_up(view) && agree_on(view, 2)).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_when_a_lab_was_made_cannot_be_asked_for_again() {
    let dir = TempDir::new().expect("a temporary directory");
    let seeded = |seed| LabOptions {
        seed: Some(seed),
        ..kept_in(dir.path())
    };
    let first = start(seeded(7)).expect("it starts");
    first.close().await.expect("it closes");
    let refused = start(seeded(8)).expect_err("another seed").to_string();
    let wanted = "the lab in it has its own seed, which was decided when it was made";
    assert!(refused.ends_with(wanted), "{refused}");
    let same = start(seeded(7)).expect("the same seed");
    same.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_wallets_and_another_gives_others() {
    let mut found = Vec::new();
    for seed in [Some(7), Some(7), Some(8), None] {
        let lab = start(LabOptions {
            seed,
            ..options(TEXT)
        })
        .expect("it starts");
        let view = until(&lab, |view| all_up(view) && addresses(view).len() == 6).await;
        found.push(addresses(&view));
        lab.close().await.expect("it closes");
    }
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
    assert!(!found[..3].contains(&found[3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_clock_begins_where_it_is_told_to() {
    let clock = Some(LATER);
    let lab = start(LabOptions {
        clock,
        ..options(TEXT)
    })
    .expect("it starts");
    let view = begun(&lab).await;
    assert!(view.since.since(LATER) < Duration::from_secs(5));
    let genesis = view.nodes[0]
        .snapshot
        .as_ref()
        .expect("seen")
        .recent
        .first()
        .cloned();
    let block = genesis.expect("the first block");
    assert!(block.time >= view.since.block_time(), "{block:?}");
    lab.close().await.expect("it closes");
}

/// Keeping goes by the environment, which a process has one of: so it runs in a child, see below.
const KEEPS: &str = "CHAINLAB_TEST_KEEPS";

#[tokio::test(flavor = "multi_thread")]
async fn in_a_child_a_temporary_lab_is_kept() {
    if std::env::var_os(KEEPS).is_none() {
        return;
    }
    let mut kept = Vec::new();
    for _ in 0..2 {
        let lab = scenario();
        begun(&lab).await;
        let dir = lab.data_dir().to_owned();
        let Answer::Kept(path) = done(&lab, Request::Keep).await else {
            panic!("not kept")
        };
        assert!(!dir.exists() && !lab.view().is_temporary);
        assert_eq!(
            refused(&lab, Request::Restart(CENTRAL)).await,
            "the lab is over"
        );
        lab.close().await.expect("it closes");
        kept.push(path);
    }
    for path in kept {
        let lab = start(kept_in(&path)).expect("it goes on");
        until(&lab, |view| all_up(view) && agree_on(view, 1)).await;
        lab.close().await.expect("it closes");
    }
}

#[test]
fn a_temporary_lab_can_be_kept_and_never_in_place_of_another() {
    let data = TempDir::new().expect("a temporary directory");
    let run = std::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "data::in_a_child_a_temporary_lab_is_kept"])
        .env(KEEPS, "1")
        .env("XDG_DATA_HOME", data.path())
        .output()
        .expect("it runs");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stdout)
    );
    let labs = data.path().join("chainlab/labs");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&labs)
        .expect("labs were kept")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    found.sort();
    assert_eq!(found, [labs.join("scenario"), labs.join("scenario-2")]);
}
