//! A lab that is kept comes back with its links, its split and its traffic as they were when it was
//! left.

use crate::common::control::open_lab;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, agree_on, all_up, begun, done, kept_in, mine, options, start,
    until,
};
use chainlab::lab::ask::{Bend, LinkChange, TrafficChange};
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Lab, LabOptions, LabView, Request};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::NodeIx;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn bend(from: &str, to: &str, is_both_ways: bool, change: LinkChange) -> Request {
    Request::Link(Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways,
        change,
    })
}

/// What a link is like, each way, and whether there is a connection.
fn link(view: &LabView, one: NodeIx, other: NodeIx) -> Option<(Conditions, Conditions, bool)> {
    let ends = (one.min(other), one.max(other));
    let found = view.links.iter().find(|link| link.ends == ends)?;
    Some((*found.from(one), *found.from(other), found.is_connected))
}

fn is_joined(view: &LabView, one: NodeIx, other: NodeIx) -> bool {
    link(view, one, other).is_some_and(|(.., is_connected)| is_connected)
}

/// It is left, and opened again.
async fn again(lab: Lab, dir: &Path) -> Lab {
    lab.close().await.expect("it closes");
    start(kept_in(dir)).expect("it goes on")
}

fn slow(ms: u64) -> LinkChange {
    LinkChange {
        latency: Some(Duration::from_millis(ms)),
        loss: Some(0.25),
        bandwidth: Some(Some(100_000)),
        ..LinkChange::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_as_slow_and_as_cut_as_they_were_wherever_their_nodes_listen_now() {
    let dir = TempDir::new().expect("a temporary directory");
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    done(&lab, bend("central", "wallet", false, slow(30))).await;
    let cut = LinkChange::to_state(LinkState::Cut);
    done(&lab, bend("central", "miner", true, cut)).await;
    let hole = LinkChange::to_state(LinkState::BlackHole);
    done(&lab, bend("wallet", "miner", false, hole)).await;
    // Somebody from elsewhere, who has no name here.
    done(&lab, bend("central", "127.0.0.1:9", false, cut)).await;
    let ends = |view: &LabView| {
        [(CENTRAL, WALLET), (CENTRAL, MINER), (WALLET, MINER)]
            .map(|(one, other)| link(view, one, other).map(|(there, back, _)| (there, back)))
    };
    let before = until(&lab, |view| !is_joined(view, CENTRAL, MINER)).await;
    let port = before.nodes[MINER.0].addr.expect("it listens").port();
    let [Some((there, back)), ..] = ends(&before) else {
        panic!("it is shown");
    };
    assert_eq!(
        (there.latency.as_millis(), back.latency.as_millis()),
        (30, 5)
    );
    lab.close().await.expect("it closes");

    // Its port is another's now.
    let _taken = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let lab = start(kept_in(dir.path())).expect("it goes on");
    let after = until(&lab, |view| {
        all_up(view) && is_joined(view, CENTRAL, WALLET)
    })
    .await;
    assert_ne!(after.nodes[MINER.0].addr, before.nodes[MINER.0].addr);
    assert_eq!(ends(&after), ends(&before));
    assert!(!is_joined(&after, CENTRAL, MINER));
    let text = fs::read_to_string(dir.path().join("lab.json")).expect("it is there");
    assert!(text.contains("127.0.0.1:9"), "{text}");
    // What was set back to what the layout says stays so, too.
    done(&lab, Request::HealAll).await;
    done(
        &lab,
        bend(
            "central",
            "wallet",
            false,
            LinkChange {
                latency: Some(Duration::from_millis(5)),
                loss: Some(0.0),
                bandwidth: Some(None),
                ..LinkChange::default()
            },
        ),
    )
    .await;
    let lab = again(lab, dir.path()).await;
    let view = until(&lab, |view| is_joined(view, CENTRAL, MINER)).await;
    let usual = Conditions::latency(Duration::from_millis(5));
    let (there, back, _) = link(&view, CENTRAL, WALLET).expect("it is shown");
    assert_eq!((there, back), (usual, usual));
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_is_in_force_again_and_uniting_undoes_just_what_it_cut() {
    let dir = TempDir::new().expect("a temporary directory");
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    let hole = LinkChange::to_state(LinkState::BlackHole);
    done(&lab, bend("miner", "central", false, hole)).await;
    let split = Request::Partition(vec![vec!["miner".to_owned()]]);
    done(&lab, split).await;
    let groups = lab.view().partition.expect("it is split");
    let lab = again(lab, dir.path()).await;
    assert_eq!(lab.view().partition.as_ref(), Some(&groups));
    until(&lab, all_up).await;
    mine(&lab, CENTRAL).await;
    let view = until(&lab, |view| {
        view.nodes[WALLET.0]
            .snapshot
            .as_ref()
            .is_some_and(|seen| seen.tip.height == 2)
    })
    .await;
    let apart = view.nodes[MINER.0].snapshot.as_ref().expect("it runs");
    assert_eq!(apart.tip.height, 1);
    done(&lab, Request::Unite).await;
    let view = lab.view();
    assert_eq!(view.partition, None);
    let (there, back, _) = link(&view, MINER, CENTRAL).expect("it is shown");
    assert_eq!(
        (there.state, back.state),
        (LinkState::BlackHole, LinkState::Open)
    );
    done(&lab, Request::HealAll).await;
    until(&lab, |view| agree_on(view, 2)).await;
    // A network that is whole stays whole.
    let lab = again(lab, dir.path()).await;
    assert_eq!(lab.view().partition, None);
    until(&lab, |view| is_joined(view, CENTRAL, MINER)).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn traffic_goes_on_as_it_was_and_stays_off_where_it_was_switched_off() {
    let traffic = |view: &LabView| view.traffic.map(|traffic| (traffic.is_on, traffic.rate));
    for (section, change, wanted) in [
        ("", (Some(true), Some(40.0)), Some((true, 40.0))),
        (
            "[traffic]\nrate = \"20 tx/s\"\n",
            (Some(false), None),
            Some((false, 20.0)),
        ),
        (
            "[traffic]\nrate = \"20 tx/s\"\n",
            (None, Some(50.0)),
            Some((true, 50.0)),
        ),
        ("", (None, None), None),
    ] {
        let dir = TempDir::new().expect("a temporary directory");
        let text = format!("{TEXT}\n{section}");
        let kept = || LabOptions {
            data_dir: Some(dir.path().to_owned()),
            ..options(&text)
        };
        let lab = start(kept()).expect("it starts");
        begun(&lab).await;
        let (on, rate) = change;
        done(&lab, Request::Traffic(TrafficChange { on, rate })).await;
        lab.close().await.expect("it closes");
        let lab = start(kept()).expect("it goes on");
        assert_eq!(traffic(&lab.view()), wanted, "{section}");
        if wanted.is_some_and(|(is_on, _)| is_on) {
            until(&lab, |view| {
                view.traffic.is_some_and(|traffic| traffic.sent > 0)
            })
            .await;
        }
        lab.close().await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_is_put_down_before_the_lab_is_left() {
    let dir = TempDir::new().expect("a temporary directory");
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    done(&lab, bend("central", "wallet", true, slow(33))).await;
    // As it would be found after a crash: within a second or so.
    let is_there = || {
        let text = fs::read_to_string(dir.path().join("lab.json")).expect("it is there");
        text.contains("\"33ms\"")
    };
    let look = async {
        while !is_there() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(8), look).await;
    found.expect("sooner than the clock is put down");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_whose_node_dials_one_of_another_process_goes_on_without_that_one() {
    let dir = TempDir::new().expect("a temporary directory");
    let (elsewhere, entry) = open_lab("[[node]]\nname = \"distant\"\n").await;
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    lab.attach_to(entry.endpoint).await.expect("it answers");
    until(&lab, |view| view.nodes.len() == 4).await;
    let mut spec = NodeSpec::new("near");
    spec.connect = vec!["distant".to_owned(), "central".to_owned()];
    done(&lab, Request::Add(Box::new(spec))).await;
    done(&lab, bend("near", "central", false, slow(33))).await;
    lab.close().await.expect("it closes");

    let lab = start(kept_in(dir.path())).expect("it goes on");
    let names: Vec<_> = lab
        .view()
        .nodes
        .iter()
        .map(|node| node.name.to_string())
        .collect();
    assert_eq!(names, ["central", "wallet", "miner", "near"]);
    let view = until(&lab, |view| is_joined(view, CENTRAL, NodeIx(3))).await;
    let (there, ..) = link(&view, NodeIx(3), CENTRAL).expect("it is shown");
    assert_eq!(there.latency.as_millis(), 33);
    lab.close().await.expect("it closes");
    elsewhere.close().await.expect("it closes");
}

/// `lab.json`, changed.
fn rewrite(dir: &Path, change: impl FnOnce(&mut Value)) {
    let path = dir.join("lab.json");
    let text = fs::read(&path).expect("it is there");
    let mut value = serde_json::from_slice(&text).expect("JSON");
    change(&mut value);
    fs::write(&path, value.to_string()).expect("room on disk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_was_kept_without_its_links_has_those_of_its_layout() {
    let dir = TempDir::new().expect("a temporary directory");
    let text =
        format!("{TEXT}\n[[link.pair]]\nfrom = \"central\"\nto = \"miner\"\nlatency = \"40ms\"\n");
    let kept = || LabOptions {
        data_dir: Some(dir.path().to_owned()),
        ..options(&text)
    };
    let lab = start(kept()).expect("it starts");
    begun(&lab).await;
    let cut = LinkChange::to_state(LinkState::Cut);
    done(&lab, bend("central", "wallet", true, cut)).await;
    lab.close().await.expect("it closes");
    rewrite(dir.path(), |saved| {
        let saved = saved.as_object_mut().expect("an object");
        assert!(saved.remove("links").is_some());
        assert!(saved.contains_key("traffic"));
        saved.remove("traffic");
    });
    let lab = start(kept()).expect("it goes on");
    let view = until(&lab, |view| is_joined(view, CENTRAL, WALLET)).await;
    let (there, back, _) = link(&view, CENTRAL, MINER).expect("it is shown");
    assert_eq!(
        (there.latency.as_millis(), back.latency.as_millis()),
        (40, 5)
    );
    assert_eq!(view.traffic, None);
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_make_no_sense_are_refused_by_name_and_left_alone() {
    let dir = TempDir::new().expect("a temporary directory");
    let lab = start(kept_in(dir.path())).expect("it starts");
    begun(&lab).await;
    done(&lab, bend("central", "wallet", true, slow(30))).await;
    done(&lab, Request::Partition(Vec::new())).await;
    done(
        &lab,
        Request::Traffic(TrafficChange {
            on: Some(true),
            rate: None,
        }),
    )
    .await;
    lab.close().await.expect("it closes");
    let path = dir.path().join("lab.json");
    let whole = fs::read_to_string(&path).expect("it is there");
    for (at, value, problem) in [
        (
            "/links/set/0/from",
            Value::from("nora"),
            "links.set[0].from: there is no node \"nora\"",
        ),
        ("/links/set/0/loss", Value::from(7), "this is no lab: "),
        (
            "/links/partition/groups/0/0",
            Value::from("nora"),
            "links.partition.groups: there is no node \"nora\"",
        ),
        (
            "/traffic/rate",
            Value::from(-1),
            "traffic.rate: -1 is not between 0.01 and 1000 tx/s",
        ),
    ] {
        fs::write(&path, &whole).expect("room on disk");
        rewrite(dir.path(), |saved| {
            *saved.pointer_mut(at).expect(at) = value
        });
        let broken = fs::read_to_string(&path).expect("it is there");
        let said = start(kept_in(dir.path())).expect_err(at).to_string();
        let wanted = format!("{}: {problem}", path.display());
        assert!(said.starts_with(&wanted), "{said}");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), broken);
    }
}
