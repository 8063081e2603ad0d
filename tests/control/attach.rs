//! Labs of nodes that run elsewhere: the same views, the same requests, whoever started the nodes.

use crate::common::coins;
use crate::common::control::Raw;
use crate::common::live::soon;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, agree_on, all_up, begun, confirmed, create, done, log, mine,
    options, payment, refused, start, until,
};
use chainlab::lab::ask::{Ability, Bend, LinkChange};
use chainlab::lab::control::{Endpoint, EndpointKind};
use chainlab::lab::drive::registry::Entry;
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Answer, Control, Lab, LabOptions, LabView, NodeState, Request};
use chainlab::link::LinkState;
use chainlab::live::{self, LabClock};
use chainlab::node::io::{Command, Question, Reply};
use chainlab::node::{Config, NodeIx};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A lab that others can attach to, and where.
pub async fn served() -> (Lab, Entry) {
    let lab = start(LabOptions {
        control: Control::Anywhere,
        ..options(TEXT)
    });
    let lab = lab.expect("it starts");
    begun(&lab).await;
    let entry = entry(&lab).await;
    (lab, entry)
}

async fn entry(lab: &Lab) -> Entry {
    let mut changes = lab.changes();
    let open = async {
        loop {
            if let Some(entry) = lab.entry() {
                return entry;
            }
            changes.changed().await.expect("the lab is there");
        }
    };
    soon(open).await
}

/// Payments that wait at a node.
fn waiting(view: &LabView, node: NodeIx) -> usize {
    let seen = view.nodes[node.0].snapshot.as_ref();
    seen.map_or(0, |seen| seen.mempool.count)
}

pub async fn attach(endpoints: Vec<Endpoint>) -> Lab {
    Lab::attach(endpoints).await.expect("somebody answers")
}

/// A node's name and state, its height, and its wallets with what they hold.
type Shown = (String, NodeState, Option<u32>, Vec<(String, String)>);

/// What a view shows that must be the same wherever it is looked at.
fn shown(view: &LabView) -> Vec<Shown> {
    let nodes = view.nodes.iter().map(|node| {
        let seen = node.snapshot.as_deref();
        let wallets = seen.iter().flat_map(|seen| &seen.wallets);
        let wallets = wallets.map(|wallet| (wallet.name.clone(), wallet.confirmed.to_string()));
        let height = seen.map(|seen| seen.tip.height);
        (
            node.name.to_string(),
            node.state.clone(),
            height,
            wallets.collect(),
        )
    });
    nodes.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_lab_shows_what_the_lab_itself_shows() {
    let (lab, entry) = served().await;
    assert_eq!(
        (entry.kind, entry.name.as_str()),
        (EndpointKind::Lab, "scenario")
    );
    done(
        &lab,
        Request::Node(WALLET, Command::Send(payment("alice", "carol", 1))),
    )
    .await;
    until(&lab, |view| waiting(view, CENTRAL) == 1).await;
    mine(&lab, CENTRAL).await;
    let own = until(&lab, |view| agree_on(view, 2)).await;
    let far = attach(vec![entry.endpoint.clone()]).await;
    let view = far.view();
    assert_eq!(
        shown(&view),
        shown(&own),
        "at once, before anything else happens"
    );
    assert_eq!((&*view.name, view.is_temporary), ("scenario", false));
    assert_eq!(view.block_interval, own.block_interval);
    let miners: Vec<_> = view
        .block_propagation
        .iter()
        .map(|journey| (journey.id, journey.origin))
        .collect();
    let theirs: Vec<_> = own
        .block_propagation
        .iter()
        .map(|journey| (journey.id, journey.origin))
        .collect();
    assert_eq!(miners, theirs, "blocks that were on their way before");
    for ix in [CENTRAL, WALLET, MINER] {
        let told = log(&view, ix);
        let last = log(&own, ix);
        assert_eq!(told, last, "lines of {ix:?}");
    }
    mine(&lab, MINER).await;
    let (own, view) = (
        until(&lab, |view| agree_on(view, 3)).await,
        until(&far, |view| agree_on(view, 3)).await,
    );
    assert_eq!(shown(&view), shown(&own));
    far.close().await.expect("it closes");
    mine(&lab, MINER).await;
    until(&lab, |view| all_up(view) && agree_on(view, 4)).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_attached_can_do_all_that_the_lab_can() {
    let (lab, entry) = served().await;
    let far = attach(vec![entry.endpoint]).await;
    done(
        &far,
        Request::Node(WALLET, Command::Send(payment("bob", "founder", 2))),
    )
    .await;
    until(&far, |view| waiting(view, MINER) == 1).await;
    done(&far, Request::Node(MINER, create("eve"))).await;
    let said = refused(&far, Request::Node(CENTRAL, create("eve"))).await;
    assert!(
        said.contains("miner has a wallet \"eve\" already"),
        "{said}"
    );
    mine(&far, MINER).await;
    let view = until(&far, |view| agree_on(view, 2)).await;
    assert_eq!(confirmed(&view, "founder"), coins(12));

    assert_eq!(
        done(&far, Request::Kill(MINER)).await,
        Answer::Killed(MINER)
    );
    until(&far, |view| view.nodes[MINER.0].state == NodeState::Down).await;
    until(&lab, |view| view.nodes[MINER.0].state == NodeState::Down).await;
    let said = refused(&far, Request::Node(MINER, Command::MineNow)).await;
    assert_eq!(said, "miner is down");
    mine(&far, CENTRAL).await;
    assert_eq!(
        done(&far, Request::Restart(MINER)).await,
        Answer::Restarted(MINER)
    );
    let view = until(&far, |view| all_up(view) && agree_on(view, 3)).await;
    let told = log(&view, MINER);
    assert!(told.contains(&"went down".to_owned()), "{told:?}");
    assert!(told.contains(&"started again".to_owned()), "{told:?}");

    let mut spec = NodeSpec::new("dora");
    spec.connect = vec!["central".to_owned()];
    spec.wallets = vec!["dora".to_owned()];
    assert_eq!(
        done(&far, Request::Add(Box::new(spec))).await,
        Answer::Added(NodeIx(3))
    );
    until(&lab, |view| {
        all_up(view) && agree_on(view, 3) && view.nodes.len() == 4
    })
    .await;
    until(&far, |view| {
        all_up(view) && agree_on(view, 3) && view.nodes.len() == 4
    })
    .await;

    let cut = Request::Link(Bend {
        from: "central".to_owned(),
        to: "miner".to_owned(),
        is_both_ways: true,
        change: LinkChange::to_state(LinkState::Cut),
    });
    let said = done(&far, cut).await;
    assert_eq!(
        said,
        Answer::Done("the link between central and miner is cut".to_owned())
    );
    let alone = |view: &LabView| {
        let seen = view.nodes[MINER.0].snapshot.as_ref();
        seen.is_some_and(|seen| seen.ready_peers().count() == 0)
    };
    until(&lab, alone).await;
    until(&far, alone).await;
    mine(&far, MINER).await;
    until(&far, |view| view.tips().len() == 2).await;
    let said = done(&far, Request::HealAll).await;
    assert_eq!(said, Answer::Done("every link is open".to_owned()));
    until(&far, |view| agree_on(view, 4)).await;

    done(&far, Request::Note(Some("look here".to_owned()))).await;
    until(&lab, |view| view.caption.as_deref() == Some("look here")).await;
    until(&far, |view| view.caption.as_deref() == Some("look here")).await;
    assert!(refused(&far, Request::Keep).await.contains("run elsewhere"));
    far.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_labs_and_a_single_node_can_be_looked_at_together() {
    let (one, first) = served().await;
    let (two, second) = served().await;
    let far = attach(vec![first.endpoint, second.nodes[0].endpoint.clone()]).await;
    let view = far.view();
    let names: Vec<_> = view.nodes.iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["central", "wallet", "miner", "central-2"]);
    mine(&two, MINER).await;
    until(&far, |view| {
        let heights = view
            .nodes
            .iter()
            .map(|node| node.snapshot.as_ref().map(|seen| seen.tip.height));
        heights.eq([Some(1), Some(1), Some(1), Some(2)])
    })
    .await;
    mine(&far, NodeIx(3)).await;
    until(&two, |view| agree_on(view, 3)).await;
    let again = attach(vec![second.endpoint]).await;
    until(&again, |view| agree_on(view, 3)).await;
    for lab in [again, far, one, two] {
        lab.close().await.expect("it closes");
    }
}

/// A node of its own, adopted by a lab that others can attach to.
async fn alone(dir: &Path, port: u16, control: Control) -> (Arc<live::NodeHandle>, Lab) {
    let params = Arc::new(chainlab::chain::Params::default());
    let seeds = live::seeds().expect("the system has randomness");
    let mut config = Config::new("solo", Arc::clone(&params), seeds);
    config.wallets = vec!["solo".to_owned()];
    let clock = LabClock::from_wall();
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("it is free");
    let node = live::spawn(config, dir, Some(listener), clock.clone()).await;
    let node = Arc::new(node.expect("it starts"));
    let lab = Lab::adopt(chainlab::lab::Adoption {
        node: Arc::clone(&node),
        params,
        clock,
        data_dir: dir.to_owned(),
        control,
    });
    (node, lab.expect("it can be controlled"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_goes_away_is_down_and_comes_back_when_it_returns() {
    let dir = tempfile::tempdir().expect("a directory");
    let (node, lab) = alone(dir.path(), 0, Control::Anywhere).await;
    let endpoint = entry(&lab).await.endpoint;
    let chainlab::lab::control::EndpointAddr::Tcp(control) = endpoint.at else {
        panic!("a TCP port")
    };
    let far = attach(vec![endpoint]).await;
    mine(&far, CENTRAL).await;
    until(&far, |view| agree_on(view, 1)).await;
    let said = refused(&far, Request::Restart(CENTRAL)).await;
    assert_eq!(said, "start it again where it was started");
    // Its own process says so as well.
    let mut client = Raw::greeted(&entry(&lab).await.endpoint).await;
    let status = client.result("status", json!({})).await;
    let why = far.view().nodes[0].can.lacks(Ability::Restart).cloned();
    assert_eq!(status[0]["cannot"], json!({ "restart": why.as_deref() }));
    assert_eq!(why.as_deref(), Some(&*said));
    drop(client);

    node.kill().await;
    drop(lab);
    let view = until(&far, |view| view.nodes[0].state == NodeState::Gone).await;
    assert!(view.nodes[0].snapshot.is_some(), "how it looked last");
    assert_eq!(
        refused(&far, Request::Node(CENTRAL, Command::MineNow)).await,
        "solo runs elsewhere, and does not answer"
    );

    let here = Control::At {
        addr: control,
        allows_remote: false,
    };
    let port = node.addr().expect("it listened").port();
    let (node, lab) = alone(dir.path(), port, here).await;
    until(&far, |view| agree_on(view, 1)).await;
    mine(&far, CENTRAL).await;
    let view = until(&far, |view| agree_on(view, 2)).await;
    let told = log(&view, CENTRAL);
    assert!(
        told.contains(&"does not answer any more".to_owned()),
        "{told:?}"
    );
    assert_eq!(
        told.iter().filter(|line| line.contains("mined #1")).count(),
        1,
        "{told:?}"
    );

    assert_eq!(
        done(&far, Request::Kill(CENTRAL)).await,
        Answer::Killed(CENTRAL)
    );
    soon(node.ended()).await;
    far.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spawned_lab_shows_nodes_of_others_beside_its_own() {
    let (other, entry) = served().await;
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    lab.attach_to(entry.nodes[2].endpoint.clone())
        .await
        .expect("it answers");
    let view = lab.view();
    assert_eq!(&*view.nodes[3].name, "miner-2");
    assert_eq!(mine(&lab, NodeIx(3)).await.height, 2);
    until(&other, |view| agree_on(view, 2)).await;
    match done(&lab, Request::Ask(NodeIx(3), Question::Wallets)).await {
        Answer::Node(_, Reply::Wallets(wallets)) => assert_eq!(wallets[0].name, "rewards"),
        other => panic!("{other:?}"),
    }
    lab.close().await.expect("it closes");
    mine(&other, MINER).await;
    until(&other, |view| agree_on(view, 3)).await;
    other.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_closed_while_a_node_starts_is_closed() {
    for wait in [0, 1, 5, 20] {
        let (lab, entry) = served().await;
        let far = attach(vec![entry.endpoint]).await;
        done(&far, Request::Kill(MINER)).await;
        far.request(Request::Restart(MINER));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        soon(lab.close()).await.expect("it closes");
        soon(far.close()).await.expect("it closes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_port_of_a_node_that_went_away_is_told_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (node, lab) = alone(dir.path(), 0, Control::Anywhere).await;
    let endpoint = entry(&lab).await.endpoint;
    let chainlab::lab::control::EndpointAddr::Tcp(control) = endpoint.at else {
        panic!("a TCP port")
    };
    let far = attach(vec![endpoint]).await;
    node.stop().await;
    lab.close().await.expect("it closes");
    until(&far, |view| view.nodes[0].state == NodeState::Gone).await;
    let thief = TcpListener::bind(control).await.expect("it is free");
    let port = node.addr().expect("it listened").port();
    let (node, lab) = alone(dir.path(), port, Control::Anywhere).await;
    until(&far, |view| view.nodes[0].state.is_up()).await;
    let nobody = tokio::time::timeout(Duration::from_millis(500), thief.accept()).await;
    assert!(
        nobody.is_err(),
        "somebody came, and would have told the cookie"
    );
    far.close().await.expect("it closes");
    node.stop().await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_said_at_once() {
    let (lab, entry) = served().await;
    let endpoint = entry.endpoint.clone();
    lab.close().await.expect("it closes");
    let refused = soon(Lab::attach(vec![endpoint.clone()]))
        .await
        .expect_err("it is closed");
    let said = refused.to_string();
    assert!(said.contains("the cookie cannot be read"), "{said}");
    let endpoint = Endpoint {
        cookie: chainlab::lab::control::Cookie::Text("x".to_owned()),
        ..endpoint
    };
    let refused = soon(Lab::attach(vec![endpoint]))
        .await
        .expect_err("it is closed");
    assert!(refused.to_string().contains("does not answer"), "{refused}");
}
