//! Labs as they run: real nodes in this process, on real sockets and disks.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

mod common;

use chainlab::chain::Amount;
use chainlab::lab::layout::{self, NodeSpec};
use chainlab::lab::view::Piece;
use chainlab::lab::{Answer, Lab, LabError, LabOptions, LabView, NodeIx, NodeState, Request};
use chainlab::node::BlockId;
use chainlab::node::io::{Command, Payment, Reply};
use chainlab::node::mining::MiningMode;
use common::coins;
use common::live::soon;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Handle;

const CENTRAL: NodeIx = NodeIx(0);
const WALLET: NodeIx = NodeIx(1);
const MINER: NodeIx = NodeIx(2);

/// The three nodes of the tutorials, at any ports. Blocks come when a test asks for them, but for
/// the first.
const TEXT: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"
difficulty = "auto"
maturity = 1

[chain.genesis]
founder = "10"
alice = "10"
bob = "10"

[link]
latency = "5ms"

[[node]]
name = "central"
wallets = ["founder"]

[[node]]
name = "wallet"
connect = ["central"]
wallets = ["alice", "bob", "carol", "dave"]

[[node]]
name = "miner"
connect = ["central"]
wallets = ["rewards"]
mine = { mode = "off", hashrate = "1 kH/s", to = "rewards", first = "at once" }
"#;

fn options(text: &str) -> LabOptions {
    LabOptions {
        layout: layout::read("scenario", text).expect("it is sound"),
        layout_text: text.to_owned(),
        data_dir: None,
        seed: None,
        clock: None,
    }
}

fn start(options: LabOptions) -> Result<Lab, LabError> {
    Lab::start(options, Handle::current())
}

fn scenario() -> Lab {
    start(options(TEXT)).expect("it starts")
}

fn kept_in(dir: &Path) -> LabOptions {
    LabOptions {
        data_dir: Some(dir.to_owned()),
        ..options(TEXT)
    }
}

/// The first view with what the test waits for.
async fn until(lab: &Lab, wanted: impl Fn(&LabView) -> bool) -> LabView {
    let mut changes = lab.changes();
    let found = tokio::time::timeout(common::live::PATIENCE, async {
        loop {
            let view = lab.view();
            if wanted(&view) {
                return view;
            }
            changes.changed().await.expect("the lab is there");
        }
    });
    match found.await {
        Ok(view) => view,
        Err(_) => panic!("not in time: {:#?}", lab.view()),
    }
}

fn all_up(view: &LabView) -> bool {
    view.nodes.iter().all(|node| node.state.is_up())
}

fn agree_on(view: &LabView, height: u32) -> bool {
    let tips = view.tips();
    let running = view.nodes.iter().filter(|node| node.state.is_up()).count();
    tips.len() == 1 && tips[0].tip.height == height && tips[0].nodes.len() == running
}

/// The lab with everybody at the first block.
async fn begun(lab: &Lab) -> LabView {
    until(lab, |view| all_up(view) && agree_on(view, 1)).await
}

async fn ask(lab: &Lab, request: Request) -> Result<Answer, String> {
    let asked = lab.request(request);
    let (ticket, answer) = soon(lab.answer()).await;
    assert_eq!(ticket, asked);
    answer
}

async fn done(lab: &Lab, request: Request) -> Answer {
    ask(lab, request).await.expect("it can be done")
}

async fn refused(lab: &Lab, request: Request) -> String {
    ask(lab, request).await.expect_err("it cannot be done")
}

async fn mine(lab: &Lab, node: NodeIx) -> BlockId {
    match done(lab, Request::Node(node, Command::MineNow)).await {
        Answer::Node(ix, Reply::Mined { block, .. }) if ix == node => block,
        other => panic!("{other:?}"),
    }
}

fn payment(from: &str, to: &str, amount: u64) -> Payment {
    Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount: coins(amount),
        fee: Amount::ZERO,
    }
}

fn create(name: &str) -> Command {
    let name = name.to_owned();
    Command::CreateWallet { name }
}

fn confirmed(view: &LabView, wallet: &str) -> Amount {
    let found = view.wallets().find(|(_, found)| found.name == wallet);
    found.expect("somebody has it").1.confirmed
}

fn addresses(view: &LabView) -> Vec<(String, String)> {
    let wallets = view.wallets();
    let named = wallets.map(|(_, wallet)| (wallet.name.clone(), wallet.address.clone()));
    named.collect()
}

fn log(view: &LabView, node: NodeIx) -> Vec<String> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Block(id) => format!("#{}", id.height),
        Piece::Tx(_) => "tx".to_owned(),
    };
    let lines = view.nodes[node.0].log.iter();
    lines
        .map(|line| line.pieces.iter().map(piece).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_comes_up_and_its_first_block_reaches_everybody() {
    let lab = scenario();
    let view = begun(&lab).await;
    assert_eq!(&*view.name, "scenario");
    assert!(view.is_temporary);
    assert!(log(&view, MINER).contains(&"mined #1  0 txs  10 coins".to_owned()));
    let view = until(&lab, |view| {
        view.journeys
            .first()
            .is_some_and(|journey| journey.all().is_some())
    })
    .await;
    let journey = &view.journeys[0];
    assert_eq!((journey.origin, journey.is_mined), (MINER, true));
    let way: Vec<_> = journey.arrivals.iter().map(|(ix, _)| *ix).collect();
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
    let plan = Command::PlanSend(payment("alice", "founder", 3));
    match done(&lab, Request::Node(WALLET, plan)).await {
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
    assert_eq!(view.made_by_hand, 1);
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
        "miner is down: K starts it again"
    );
    assert_eq!(
        refused(&lab, Request::Kill(MINER)).await,
        "miner is down: K starts it again"
    );
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
        all_up(view) && seen.is_some_and(|seen| seen.mining.height.is_some())
    })
    .await;
    let seen = view.nodes[MINER.0].snapshot.as_ref().expect("just seen");
    assert_eq!(
        (seen.mining.mode, seen.mining.hashrate),
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
        seen.is_some_and(|seen| seen.mining.hashrate == 50.0)
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
            r#"there is no wallet "alice", and no other"#,
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
    assert_eq!(lab.view().made_by_hand, 1);
    lab.close().await.expect("it closes");
}

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
    let clock = Some(common::live::LATER);
    let lab = start(LabOptions {
        clock,
        ..options(TEXT)
    })
    .expect("it starts");
    let view = begun(&lab).await;
    assert!(view.since.since(common::live::LATER) < Duration::from_secs(5));
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
        .args(["--exact", "in_a_child_a_temporary_lab_is_kept"])
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
