//! Payments that a lab makes by itself: as they are drawn, in virtual time, and in a lab that runs.

use crate::common::control::{Socket, open_lab};
use crate::common::running::{TEXT, agree_on, begun, done, mine, options, start, until};
use chainlab::chain::Amount;
use chainlab::lab::control::{Endpoint, EndpointAddr};
use chainlab::lab::core::traffic::{Balance, Generator, seed};
use chainlab::lab::drive::{VirtualLab, play};
use chainlab::lab::layout::read;
use chainlab::lab::script::StepState;
use chainlab::lab::spec::TrafficSpec;
use chainlab::lab::{Answer, Lab, LabView, NodeState, Request, TrafficChange, TrafficView};
use chainlab::node::NodeIx;
use chainlab::node::io::{EventKind, Question};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

fn coins(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn with(traffic: &str) -> String {
    format!("{TEXT}\n{traffic}")
}

const FAST: &str = "[traffic]\nrate = \"20 tx/s\"\namount = [\"0.01\", \"0.5\"]\n";

fn spec(rate: f64) -> TrafficSpec {
    TrafficSpec {
        rate,
        is_on: true,
        ..TrafficSpec::usual(coins("0.001"))
    }
}

#[test]
fn payments_are_as_many_as_wanted_and_come_at_random() {
    for rate in [0.01, 2.0, 1_000.0] {
        let mut generator = Generator::new(spec(rate), seed(7, 1));
        let waits: Vec<_> = (0..4_000).map(|_| generator.wait().as_secs_f64()).collect();
        let mean = waits.iter().sum::<f64>() / 4_000.0;
        assert!((mean * rate - 1.0).abs() < 0.1, "{mean} at {rate}");
        // Of raindrops, e to the -1 wait longer than the mean.
        let long = waits.iter().filter(|wait| **wait > 1.0 / rate).count();
        assert!((1_300..1_650).contains(&long), "{long} at {rate}");
    }
}

#[test]
fn no_wallet_is_asked_for_more_than_it_can_spend_and_none_pays_itself() {
    let mut generator = Generator::new(spec(1.0), seed(7, 1));
    let mut held = BTreeMap::from([
        ("alice", coins("1")),
        ("bob", coins("0.05")),
        ("carol", Amount::ZERO),
    ]);
    let before = Amount::checked_sum(held.values().copied()).expect("a few");
    let mut paid = 0;
    let mut fees = Amount::ZERO;
    for _ in 0..2_000 {
        let balances = held.iter().zip(0..).map(|((name, spendable), ix)| Balance {
            name,
            node: NodeIx(ix),
            spendable: *spendable,
        });
        let balances: Vec<_> = balances.collect();
        let Some((node, payment)) = generator.pick(&balances) else {
            continue;
        };
        assert_ne!(payment.from, payment.to);
        assert_eq!(balances[node.0].name, payment.from);
        assert!((coins("0.01")..=coins("0.1")).contains(&payment.amount));
        let fee = payment.fee.expect("traffic says its fee");
        let needs = payment.amount.checked_add(fee).expect("a few");
        let payer = held.get_mut(payment.from.as_str()).expect("one of them");
        *payer = payer.checked_sub(needs).expect("never overdrawn");
        let payee = held.get_mut(payment.to.as_str()).expect("one of them");
        *payee = payee.checked_add(payment.amount).expect("a few");
        fees = fees.checked_add(fee).expect("a few");
        paid += 1;
    }
    let after = Amount::checked_sum(held.values().copied().chain([fees]));
    assert_eq!(after, Some(before));
    assert!(paid > 300, "{paid}");
    let failed = generator.view().failed;
    assert_eq!(failed, 2_000 - paid, "what nobody can pay is counted");
    assert!(failed > 0, "at last fees have eaten it all");
}

/// Payments that were sent, with who paid whom how much.
type Paid = Vec<(String, String, String)>;

fn played(text: &str, seed: u64, time: Duration) -> (TrafficView, Paid, VirtualLab) {
    let layout = read("lab.toml", text).expect("a layout");
    let mut lab = VirtualLab::seeded(&layout, seed).expect("it can be played");
    lab.record_events();
    let mut paid = Vec::new();
    while lab.elapsed() < time {
        lab.go_on(time);
        for (_, event) in lab.take_events() {
            if let EventKind::Sent {
                from, to, amount, ..
            } = &event.kind
            {
                paid.push((from.clone(), to.clone(), amount.to_string()));
            }
        }
    }
    let traffic = lab.core().traffic().expect("there is some");
    (traffic, paid, lab)
}

const STEADY: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[chain.genesis]
alice = "1000"
bob = "1000"

[traffic]
rate = 2
amount = "0.1"

[[node]]
name = "miner"
wallets = ["alice", "rewards"]
mine = { hashrate = "1 kH/s", to = "rewards" }

[[node]]
name = "other"
connect = ["miner"]
wallets = ["bob", "carol"]
"#;

#[test]
fn in_virtual_time_the_rate_is_kept_and_the_same_seed_makes_the_same_payments() {
    let time = Duration::from_secs(600);
    let (traffic, paid, _) = played(STEADY, 7, time);
    let all = traffic.sent + traffic.failed;
    assert!((1_080..=1_320).contains(&all), "{traffic:?}");
    assert!(traffic.sent > 900, "{traffic:?}");
    assert_eq!(u64::try_from(paid.len()).expect("few"), traffic.sent);
    assert_eq!((traffic.is_on, traffic.rate), (true, 2.0));
    let time = Duration::from_secs(60);
    let (again, same, _) = played(STEADY, 7, time);
    assert_eq!(same[..], paid[..same.len()]);
    assert_eq!(played(STEADY, 7, time).0, again);
    let (_, others, _) = played(STEADY, 8, time);
    assert_ne!(same, others);
}

#[test]
fn in_virtual_time_a_script_switches_it_on_and_off() {
    let steps = r#"
[[step]]
when = "height >= 1"
do = "traffic"
on = true
rate = "10 tx/s"
expect = "mempool >= 5"
[[step]]
do = "traffic"
on = false
[[step]]
do = "mine_now"
node = "miner"
expect = "mempool == 0"
within = "1min"
"#;
    let layout = read("lab.toml", &format!("{TEXT}{steps}")).expect("a layout");
    let titles: Vec<_> = layout.steps.iter().map(|step| step.what()).collect();
    assert_eq!(
        titles[0],
        "start the traffic at 10 tx/s; expect mempool >= 5"
    );
    assert_eq!(titles[1], "stop the traffic");
    assert_eq!(
        VirtualLab::seeded(&layout, 7)
            .expect("it can")
            .core()
            .traffic(),
        None
    );
    let played = play(&layout, 7, Duration::from_secs(100)).expect("it can be played");
    for step in &played.core().steps().steps {
        assert_eq!(step.state, StepState::Done, "{}", step.what);
    }
    let traffic = played.core().traffic().expect("somebody wanted it");
    assert!(!traffic.is_on && traffic.sent >= 5, "{traffic:?}");
}

async fn traffic(lab: &Lab, on: Option<bool>, rate: Option<f64>) -> String {
    let change = TrafficChange { on, rate };
    match done(lab, Request::Traffic(change)).await {
        Answer::Done(words) => words,
        other => panic!("{other:?}"),
    }
}

fn sent(view: &LabView) -> u64 {
    view.traffic.map_or(0, |traffic| traffic.sent)
}

/// All coins of all wallets.
fn all_coins(view: &LabView) -> Amount {
    let held = view.wallets().map(|(_, wallet)| {
        let held = wallet.confirmed.checked_add(wallet.immature);
        held.expect("there are not so many")
    });
    Amount::checked_sum(held).expect("there are not so many")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_makes_payments_from_its_start_until_somebody_stops_them() {
    let lab = start(options(&with(FAST))).expect("it starts");
    begun(&lab).await;
    until(&lab, |view| sent(view) >= 10).await;
    assert_eq!(traffic(&lab, Some(false), None).await, "traffic is off");
    let view = lab.view();
    let one_more = sent(&view) + 1;
    assert!(view.made_by_hand.is_empty(), "the lab made them");
    // Until the last of them has come to the node that mines.
    let mut blocks = 1;
    let waits = |view: &LabView| {
        let seen = view.nodes.iter().flat_map(|node| &node.snapshot);
        seen.clone().any(|seen| seen.mempool.count > 0)
    };
    while blocks < 3 || waits(&lab.view()) {
        mine(&lab, NodeIx(blocks % 3)).await;
        blocks += 1;
        let height = u32::try_from(blocks).expect("few");
        until(&lab, |view| agree_on(view, height)).await;
    }
    let view = lab.view();
    assert!(sent(&view) <= one_more, "one was on its way at most");
    // Each block makes 10 coins, and there were 30 from the beginning.
    let all = coins(&(30 + 10 * blocks).to_string());
    assert_eq!(all_coins(&view), all, "none came, none went");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn traffic_is_switched_on_where_no_layout_wants_it_and_rests_with_the_clock() {
    let lab = start(options(TEXT)).expect("it starts");
    let view = begun(&lab).await;
    assert_eq!(view.traffic, None);
    assert_eq!(traffic(&lab, None, None).await, "traffic is off");
    assert_eq!(lab.view().traffic, None, "a question is no wish");
    let said = traffic(&lab, Some(true), Some(50.0)).await;
    assert_eq!(said, "traffic is on: 50 tx/s");
    until(&lab, |view| sent(view) >= 5).await;
    lab.clock().pause();
    // Behind what was on its way, as a node does one thing after the other.
    for node in 0..3 {
        done(&lab, Request::Ask(NodeIx(node), Question::Peers)).await;
    }
    let standing = sent(&lab.view());
    // As long as ten payments would take.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(200) {
        done(&lab, Request::Ask(NodeIx(0), Question::Peers)).await;
    }
    assert_eq!(
        sent(&lab.view()),
        standing,
        "nobody pays while it stands still"
    );
    lab.clock().resume();
    until(&lab, |view| sent(view) > standing).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn wallets_of_a_node_that_is_down_do_not_take_part() {
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    // alice and bob are there; founder and rewards are left.
    done(&lab, Request::Kill(NodeIx(1))).await;
    traffic(&lab, Some(true), Some(100.0)).await;
    let view = until(&lab, |view| sent(view) >= 5).await;
    let shown = view.nodes[0].snapshot.as_ref().expect("it runs");
    assert!(shown.wallets.iter().all(|wallet| wallet.name == "founder"));
    done(&lab, Request::Kill(NodeIx(2))).await;
    let before = sent(&lab.view());
    let failed = |view: &LabView| view.traffic.map_or(0, |traffic| traffic.failed);
    let failures = failed(&lab.view());
    // founder has nobody to pay.
    let view = until(&lab, |view| failed(view) >= failures + 10).await;
    assert!(sent(&view) <= before + 1);
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_node_starts_again_the_others_go_on_paying() {
    let lab = start(options(&with(FAST))).expect("it starts");
    let view = begun(&lab).await;
    let at = view.nodes[2].addr.expect("it listens");
    done(&lab, Request::Kill(NodeIx(2))).await;
    // It tries for two seconds to get its port back.
    let taken = TcpListener::bind(at).await.expect("the port is free");
    lab.request(Request::Restart(NodeIx(2)));
    let before = sent(&lab.view());
    let starts = |view: &LabView| view.nodes[2].state == NodeState::Starting;
    let view = until(&lab, |view| sent(view) >= before + 8 || !starts(view)).await;
    assert!(starts(&view), "{:?}", view.traffic);
    drop(taken);
    lab.close().await.expect("it closes");
}

/// An endpoint before another one, through which nothing comes any more as soon as it is hung.
async fn may_hang(endpoint: &Endpoint, hung: &watch::Sender<bool>) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = EndpointAddr::Tcp(listener.local_addr().expect("it is bound"));
    let (behind, hung) = (endpoint.at.clone(), hung.subscribe());
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (behind, mut hung) = (behind.clone(), hung.clone());
            tokio::spawn(async move {
                let mut far: Box<dyn Socket> = match &behind {
                    EndpointAddr::Tcp(addr) => {
                        Box::new(TcpStream::connect(addr).await.expect("it is open"))
                    }
                    EndpointAddr::Unix(path) => {
                        Box::new(UnixStream::connect(path).await.expect("it is open"))
                    }
                };
                let hangs = async {
                    drop(hung.wait_for(|hung| *hung).await);
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    () = hangs => std::future::pending().await,
                }
            });
        }
    });
    let cookie = endpoint.cookie.clone();
    Endpoint { at, cookie }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_answer_stops_nobody_else_from_paying() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let hung = watch::Sender::new(false);
    let mut endpoints: Vec<_> = entry
        .nodes
        .iter()
        .map(|node| node.endpoint.clone())
        .collect();
    endpoints[1] = may_hang(&endpoints[1], &hung).await;
    let far = Lab::attach(endpoints).await.expect("they answer");
    traffic(&far, Some(true), Some(20.0)).await;
    until(&far, |view| sent(view) >= 3).await;
    hung.send_replace(true);
    // Of those who can pay two thirds are there.
    let before = sent(&far.view());
    until(&far, |view| sent(view) >= before + 30).await;
    far.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_attached_starts_and_sees_the_traffic_of_the_lab() {
    let (lab, entry) = open_lab(TEXT).await;
    begun(&lab).await;
    let far = Lab::attach(vec![entry.endpoint]).await.expect("it answers");
    let said = traffic(&far, Some(true), Some(20.0)).await;
    assert_eq!(said, "traffic is on: 20 tx/s");
    until(&far, |view| sent(view) >= 5).await;
    assert!(lab.view().traffic.is_some_and(|traffic| traffic.is_on));
    traffic(&far, Some(false), None).await;
    until(&far, |view| {
        view.traffic.is_some_and(|traffic| !traffic.is_on)
    })
    .await;
    far.close().await.expect("it closes");
    // Nodes that run alone make none: whoever shows them all asks them to pay.
    let endpoints = lab.entry().expect("it is open").nodes;
    let endpoints = endpoints.iter().map(|node| node.endpoint.clone()).collect();
    let far = Lab::attach(endpoints).await.expect("they answer");
    traffic(&far, Some(true), Some(20.0)).await;
    until(&far, |view| sent(view) >= 3).await;
    far.close().await.expect("it closes");
    lab.close().await.expect("it closes");
}

/// What is said of a section, with the line and column in it.
fn complaint(section: &str) -> String {
    let error = read("lab.toml", &with(section)).expect_err(section);
    let line = error.line - TEXT.matches('\n').count() - 1;
    format!("{line}:{}: {}", error.column, error.problem)
}

#[test]
fn a_bad_section_is_refused_at_its_place() {
    for (line, said) in [
        (
            "rate = \"fast\"",
            "2:8: rate: \"fast\" is no rate: write payments a second, as in \"2 tx/s\"",
        ),
        ("rate = 0", "2:8: rate: 0 is not between 0.01 and 1000 tx/s"),
        (
            "rate = \"1001 tx/s\"",
            "2:8: rate: 1001 is not between 0.01 and 1000 tx/s",
        ),
        (
            "rate = true",
            "2:8: rate: a text in quotes, as in \"2 tx/s\", is wanted here, not a value of type boolean",
        ),
        (
            "amount = [\"0.5\", \"0.1\"]",
            "2:10: amount: 0.5 is more than 0.1",
        ),
        (
            "amount = [\"0.5\"]",
            "2:10: amount: the least and the most are wanted here, as in [\"0.01\", \"0.5\"]",
        ),
        ("amount = \"0\"", "2:10: amount: nothing cannot be paid"),
        (
            "wallets = [\"alice\", \"bbo\"]",
            "2:21: wallets: there is no wallet \"bbo\"; did you mean \"bob\"?",
        ),
        (
            "wallets = [\"alice\"]",
            "2:1: wallets: one wallet has nobody to pay: name two at least, or leave this out for all",
        ),
        (
            "ammount = \"1\"",
            "2:1: unknown key \"ammount\"; did you mean \"amount\"?",
        ),
    ] {
        assert_eq!(complaint(&format!("[traffic]\n{line}")), said);
    }
    let step = "[[step]]\ndo = \"traffic\"\nrate = \"0.001\"";
    assert_eq!(
        complaint(step),
        "3:8: rate: 0.001 is not between 0.01 and 1000 tx/s"
    );
}
