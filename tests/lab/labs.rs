//! Labs as they run: real nodes in this process, on real sockets and disks.

use crate::common::coins;
use crate::common::live::soon;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, agree_on, all_up, begun, confirmed, create, done, log, mine,
    options, payment, refused, scenario, start, until,
};
use chainlab::lab::spec::NodeSpec;
use chainlab::lab::{Answer, NodeState, Request};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, Question, Reply};
use std::net::TcpListener;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_comes_up_and_its_first_block_reaches_everybody() {
    let lab = scenario();
    let view = begun(&lab).await;
    assert_eq!(&*view.name, "scenario");
    assert!(view.is_temporary);
    assert!(log(&view, MINER).contains(&"mined #1  0 tx".to_owned()));
    let view = until(&lab, |view| {
        view.block_propagation
            .first()
            .is_some_and(|journey| journey.all().is_some())
    })
    .await;
    let journey = &view.block_propagation[0];
    assert_eq!((journey.origin, journey.is_own), (MINER, true));
    let way: Vec<_> = journey.arrivals.iter().map(|there| there.node).collect();
    assert_eq!(way, [MINER, CENTRAL, WALLET]);
    // Two links lie between them.
    assert!(
        journey.all() >= Some(Duration::from_millis(10)),
        "{journey:?}"
    );
    assert!(log(&view, WALLET).contains(&"connected to central".to_owned()));
    assert!(log(&view, WALLET).contains(&"block #1 from central".to_owned()));
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_goes_to_a_wallet_of_another_node_by_its_name() {
    let lab = scenario();
    begun(&lab).await;
    let plan = Question::PlanSend(payment("alice", "founder", 3));
    match done(&lab, Request::Ask(WALLET, plan)).await {
        Answer::Node(WALLET, Reply::Plan(plan)) => {
            let view = lab.view();
            assert_eq!(view.wallet_of(&plan.address), Some((CENTRAL, "founder")));
        }
        other => panic!("{other:?}"),
    }
    let send = Command::Send(payment("alice", "founder", 3));
    done(&lab, Request::Node(WALLET, send)).await;
    until(&lab, |view| {
        let mut running = view.running();
        running.all(|(_, snapshot)| snapshot.mempool.count == 1)
    })
    .await;
    mine(&lab, MINER).await;
    let view = until(&lab, |view| {
        agree_on(view, 2) && confirmed(view, "founder") == coins(13)
    })
    .await;
    assert_eq!(confirmed(&view, "alice"), coins(7));
    let made = view.made_by_hand;
    assert_eq!((made.wallets, made.payments), (0, 1));
    assert!(log(&view, WALLET).contains(&"sent 3 to founder  tx".to_owned()));
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_catches_up_when_it_is_started_again() {
    let lab = scenario();
    let before = begun(&lab).await;
    assert_eq!(
        done(&lab, Request::Kill(MINER)).await,
        Answer::Killed(MINER)
    );
    assert_eq!(lab.view().nodes[MINER.0].state, NodeState::Down);
    assert_eq!(
        refused(&lab, Request::Node(MINER, Command::MineNow)).await,
        "miner is down"
    );
    assert_eq!(refused(&lab, Request::Kill(MINER)).await, "miner is down");
    mine(&lab, WALLET).await;
    until(&lab, |view| agree_on(view, 2)).await;
    assert_eq!(
        done(&lab, Request::Restart(MINER)).await,
        Answer::Restarted(MINER)
    );
    let view = until(&lab, |view| all_up(view) && agree_on(view, 2)).await;
    assert_eq!(view.nodes[MINER.0].addr, before.nodes[MINER.0].addr);
    let said = log(&view, MINER);
    for line in ["killed", "started again", "connected to central"] {
        assert!(said.iter().any(|said| said == line), "{line} in {said:?}");
    }
    assert_eq!(said.iter().filter(|said| *said == "killed").count(), 1);
    assert_eq!(
        refused(&lab, Request::Restart(MINER)).await,
        "miner runs already"
    );
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miner_goes_on_after_a_crash_as_it_was_told_to() {
    let lab = scenario();
    begun(&lab).await;
    for command in [Command::SetHashrate(0.25), Command::Mine(MiningMode::On)] {
        done(&lab, Request::Node(MINER, command)).await;
    }
    done(&lab, Request::Kill(MINER)).await;
    done(&lab, Request::Restart(MINER)).await;
    let view = until(&lab, |view| {
        let seen = view.nodes[MINER.0].snapshot.as_ref();
        all_up(view)
            && seen.is_some_and(|seen| seen.mining.as_ref().expect("its own").height.is_some())
    })
    .await;
    let seen = view.nodes[MINER.0].snapshot.as_ref().expect("just seen");
    assert_eq!(
        (
            seen.mining.as_ref().expect("its own").mode,
            seen.mining.as_ref().expect("its own").hashrate
        ),
        (MiningMode::On, 0.25)
    );
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_a_node_reaches_it_in_order() {
    let lab = scenario();
    until(&lab, all_up).await;
    for step in 1..=50 {
        lab.request(Request::Node(MINER, Command::SetHashrate(f64::from(step))));
    }
    for _ in 1..=50 {
        soon(lab.answer()).await.1.expect("it can be done");
    }
    until(&lab, |view| {
        let seen = view.nodes[MINER.0].snapshot.as_ref();
        seen.is_some_and(|seen| seen.mining.as_ref().expect("its own").hashrate == 50.0)
    })
    .await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_added_and_catches_up() {
    let lab = scenario();
    begun(&lab).await;
    let mut spec = NodeSpec::new("nora");
    spec.connect = vec!["wallet".to_owned()];
    spec.wallets = vec!["eve".to_owned()];
    let added = done(&lab, Request::Add(Box::new(spec.clone()))).await;
    assert_eq!(added, Answer::Added(NodeIx(3)));
    let view = until(&lab, |view| all_up(view) && agree_on(view, 1)).await;
    assert_eq!(view.nodes.len(), 4);
    assert_eq!(view.named("nora"), Some(NodeIx(3)));

    let add = |change: &dyn Fn(&mut NodeSpec)| {
        let mut spec = NodeSpec::new("otto");
        change(&mut spec);
        Request::Add(Box::new(spec))
    };
    let cases: [(Request, &str); 6] = [
        (
            Request::Add(Box::new(spec)),
            r#"there is a node "nora" already"#,
        ),
        (
            add(&|spec| spec.name = "a b".to_owned()),
            "a name has letters, digits, and - _ . but not - or . first",
        ),
        (
            add(&|spec| spec.connect = vec!["centrl".to_owned()]),
            r#"there is no node "centrl"; did you mean "central"?"#,
        ),
        (
            add(&|spec| spec.wallets = vec!["alice".to_owned()]),
            r#"wallet has a wallet "alice" already: names are unique in a lab"#,
        ),
        (
            add(&|spec| spec.mine.to = Some("alice".to_owned())),
            r#"on this node there is no wallet "alice", and no other"#,
        ),
        (
            add(&|spec| spec.mine.hashrate = 0.0),
            "a hash rate is between 0.001 and 1000000000000000 H/s, not 0",
        ),
    ];
    for (request, why) in cases {
        assert_eq!(refused(&lab, request).await, why);
    }
    assert_eq!(lab.view().nodes.len(), 4);
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_cannot_have_wallets_of_one_name() {
    let lab = scenario();
    until(&lab, all_up).await;
    let why = r#"wallet has a wallet "alice" already: names are unique in a lab"#;
    assert_eq!(
        refused(&lab, Request::Node(CENTRAL, create("alice"))).await,
        why
    );
    // Not even if both ask at once.
    let asked = [CENTRAL, MINER].map(|node| lab.request(Request::Node(node, create("eve"))));
    for _ in asked {
        let (ticket, answer) = soon(lab.answer()).await;
        assert_eq!(answer.is_ok(), ticket == asked[0], "{answer:?}");
    }
    // A name that came to nothing is free again.
    let bad = refused(&lab, Request::Node(MINER, create("no name"))).await;
    assert_ne!(
        bad,
        refused(&lab, Request::Node(MINER, create("eve"))).await
    );
    assert_eq!(
        refused(&lab, Request::Node(CENTRAL, create("no name"))).await,
        bad
    );
    let made = lab.view().made_by_hand;
    assert_eq!((made.wallets, made.payments), (1, 0));
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_go_elsewhere_if_their_port_is_taken_unless_they_insist() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let mut wanted = options(TEXT);
    wanted.layout.nodes[0].port = Some(port);
    let lab = start(wanted.clone()).expect("it starts elsewhere");
    let view = begun(&lab).await;
    assert_ne!(view.nodes[0].addr.expect("it listens").port(), port);
    lab.close().await.expect("it closes");

    wanted.layout.nodes[0].port_required = true;
    let refused = start(wanted).expect_err("the port is taken");
    assert!(refused.is_input());
    let said = refused.to_string();
    assert!(
        said.starts_with(&format!("node central: port {port}: ")),
        "{said}"
    );
}
