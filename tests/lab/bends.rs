//! Links of a lab that runs, bent while blocks and messages are on them: what was asked for is what
//! the screen measures, what is cut passes nothing, and however the network was bent, once it is
//! whole again all nodes are on the branch with most work. `CHAINLAB_BENDS_SECONDS` says how long it
//! is bent at random; a few seconds by default.

use crate::common::live::is_about;
use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, agree_on, all_up, ask, begun, done, mine, options, payment,
    start, until,
};
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::layout::read;
use chainlab::lab::observe::transcript::Spoken;
use chainlab::lab::{Lab, LabView, Request};
use chainlab::link::{LinkState, PRESETS};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::Command;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::{Duration, Instant};

const A: NodeIx = NodeIx(0);
const B: NodeIx = NodeIx(1);

/// Two who are connected. Blocks come when a test asks for them, but for the first.
const PAIR: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"

[[node]]
name = "a"
mine = { mode = "off", hashrate = "1 kH/s", first = "at once" }

[[node]]
name = "b"
connect = ["a"]
"#;

/// Five who are all connected, two of whom mine as fast as they bend.
const FIVE: &str = r#"
[chain]
block_interval = "400ms"
retarget = "fixed"

[topology]
kind = "mesh"

[[node]]
name = "a"
mine = { hashrate = "10 kH/s", first = "at once" }

[[node]]
name = "b"

[[node]]
name = "c"
mine = { hashrate = "10 kH/s" }

[[node]]
name = "d"

[[node]]
name = "e"
"#;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn link(from: &str, to: &str, is_both_ways: bool, change: LinkChange) -> Request {
    Request::Link(Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways,
        change,
    })
}

fn slow(latency: Duration) -> LinkChange {
    LinkChange {
        latency: Some(latency),
        ..LinkChange::default()
    }
}

/// What one said to the other since then, oldest first.
fn said(view: &LabView, ends: (NodeIx, NodeIx), since: chainlab::node::Time) -> Vec<&Spoken> {
    let fits = |said: &&Spoken| {
        (said.from.node(), said.to.node()) == (Some(ends.0), Some(ends.1)) && said.at() >= since
    };
    let mut all: Vec<_> = view.transcript.newest().filter(fits).collect();
    all.reverse();
    all
}

/// The times that a command takes from one to the other, sorted, over some blocks.
async fn measured(lab: &Lab, ends: (NodeIx, NodeIx), command: &str) -> Vec<Duration> {
    let since = lab.clock().now();
    for _ in 0..7 {
        let tip = mine(lab, A).await;
        until(lab, |view| agree_on(view, tip.height)).await;
    }
    let view = lab.view();
    let all = said(&view, ends, since);
    let all = all.iter().filter(|said| said.command() == command);
    let mut times: Vec<_> = all.filter_map(|said| said.took()).collect();
    times.sort();
    assert!(times.len() >= 7, "{command}: {times:?}");
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_a_link_takes_as_long_as_was_asked_and_a_change_holds_at_once() {
    let lab = start(options(PAIR)).expect("it starts");
    begun(&lab).await;
    done(&lab, link("a", "b", false, slow(ms(90)))).await;
    done(&lab, link("b", "a", false, slow(ms(25)))).await;
    is_about(&measured(&lab, (A, B), "block").await, ms(90));
    is_about(&measured(&lab, (B, A), "getdata").await, ms(25));
    done(&lab, link("a", "b", true, slow(ms(40)))).await;
    is_about(&measured(&lab, (A, B), "inv").await, ms(40));
    let view = lab.view();
    let [shown] = &view.links[..] else {
        panic!("one link: {:?}", view.links);
    };
    assert!(shown.is_connected && shown.is_open());
    assert_eq!((shown.there.latency, shown.back.latency), (ms(40), ms(40)));
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_a_cut_and_a_black_hole_one_way_only_swallows_that_way() {
    let lab = start(options(PAIR)).expect("it starts");
    begun(&lab).await;
    let hole = LinkChange::to_state(LinkState::BlackHole);
    done(&lab, link("a", "b", false, hole)).await;
    let since = lab.clock().now();
    mine(&lab, A).await;
    mine(&lab, B).await;
    until(&lab, |view| !said(view, (B, A), since).is_empty()).await;
    until(&lab, |view| {
        said(view, (B, A), since)
            .iter()
            .any(|said| said.received.is_some())
    })
    .await;
    let view = lab.view();
    let swallowed = said(&view, (A, B), since);
    assert!(!swallowed.is_empty(), "a does not know");
    assert!(swallowed.iter().all(|said| said.received.is_none()));
    until(&lab, |view| view.tips().len() == 2).await;

    done(
        &lab,
        link("a", "b", true, LinkChange::to_state(LinkState::Cut)),
    )
    .await;
    until(&lab, |view| {
        view.links.iter().all(|link| !link.is_connected)
    })
    .await;
    let since = lab.clock().now();
    let tip = mine(&lab, A).await;
    let is_seen = |view: &LabView| {
        let seen = view.nodes[A.0].snapshot.as_ref();
        seen.is_some_and(|seen| seen.tip == tip)
    };
    let view = until(&lab, is_seen).await;
    let [shown] = &view.links[..] else {
        panic!("what is cut is still shown: {:?}", view.links);
    };
    assert!(!shown.is_open());
    let passed = |ends| {
        said(&view, ends, since)
            .iter()
            .any(|said| said.received.is_some())
    };
    assert!(!passed((A, B)) && !passed((B, A)));
    let lost = view.transcript.newest().filter(|said| said.is_lost).count();
    assert!(lost > 0, "what was in the hole is lost with the connection");

    done(&lab, Request::HealAll).await;
    until(&lab, |view| all_up(view) && agree_on(view, 3)).await;
    lab.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_told_whom_is_known_of_every_block_and_payment() {
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    let tip = mine(&lab, MINER).await;
    let whole = |view: &LabView| {
        let newest = view.block_propagation.first();
        newest.is_some_and(|way| way.id == tip && way.all().is_some())
    };
    let view = until(&lab, whole).await;
    let told: Vec<_> = view.block_propagation[0]
        .arrivals
        .iter()
        .map(|there| (there.node, there.from))
        .collect();
    let way = [
        (MINER, None),
        (CENTRAL, Some(MINER)),
        (WALLET, Some(CENTRAL)),
    ];
    assert_eq!(told, way);
    let paid = Command::Send(payment("alice", "founder", 1));
    done(&lab, Request::Node(WALLET, paid)).await;
    let view = until(&lab, |view| {
        view.tx_propagation
            .first()
            .is_some_and(|way| way.all().is_some())
    })
    .await;
    let told = view.tx_propagation[0].arrivals.iter();
    let told: Vec<_> = told.map(|there| (there.node, there.from)).collect();
    let way = [
        (WALLET, None),
        (CENTRAL, Some(WALLET)),
        (MINER, Some(CENTRAL)),
    ];
    assert_eq!(told, way);
    assert_eq!(view.networks[0].tx_times.all.map(|all| all.count), Some(1));
    lab.close().await.expect("it closes");
}

fn seconds() -> u64 {
    let wanted = std::env::var("CHAINLAB_BENDS_SECONDS");
    wanted.map_or(5, |text| text.parse().expect("a number of seconds"))
}

/// Something that bends the network, drawn.
fn drawn(random: &mut ChaCha8Rng) -> Request {
    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
    let mut draw = |below: u64| usize::try_from(random.next_u64() % below).expect("small");
    let from = draw(5);
    let to = (from + 1 + draw(4)) % 5;
    let change = match draw(6) {
        0 => LinkChange::to_state(LinkState::Cut),
        1 => LinkChange::to_state(LinkState::BlackHole),
        2 | 3 => LinkChange::to_state(LinkState::Open),
        4 => slow(ms(draw(400) as u64)),
        _ => {
            let preset = &PRESETS[draw(PRESETS.len() as u64)].conditions;
            LinkChange {
                latency: Some(preset.latency),
                jitter: Some(preset.jitter),
                bandwidth: Some(preset.bandwidth),
                loss: Some(preset.loss),
                ..LinkChange::default()
            }
        }
    };
    match draw(10) {
        0 => {
            let group = NAMES.iter().filter(|_| draw(2) == 0);
            let group: Vec<_> = group.map(|name| (*name).to_owned()).collect();
            Request::Partition(vec![group])
        }
        1 => Request::Unite,
        2 => Request::HealAll,
        _ => link(NAMES[from], NAMES[to], draw(2) == 0, change),
    }
}

fn work(view: &LabView) -> u128 {
    let work = view
        .running()
        .map(|(_, node)| node.work.as_ref().expect("it is known").parse::<u128>());
    work.map(|work| work.expect("a number"))
        .max()
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn however_it_was_bent_the_network_settles_on_most_work_once_it_is_whole() {
    let seed = 6;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let lab = start(options(FIVE)).expect("it starts");
    until(&lab, |view| {
        all_up(view) && view.tips().iter().all(|tip| tip.tip.height > 0)
    })
    .await;
    let until_then = Instant::now() + Duration::from_secs(seconds());
    let (mut bends, mut forks, mut most) = (0, 0, 0);
    while Instant::now() < until_then {
        // One group of all is no split, and a split that is none cannot be healed: refused.
        bends += usize::from(ask(&lab, drawn(&mut random)).await.is_ok());
        tokio::time::sleep(ms(random.next_u64() % 200)).await;
        let view = lab.view();
        forks += usize::from(view.tips().len() > 1);
        most = work(&view).max(most);
    }
    assert!(bends > 10 && forks > 0, "{bends} bends, {forks} forks");
    for miner in [NodeIx(0), NodeIx(2)] {
        done(&lab, Request::Node(miner, Command::Mine(MiningMode::Off))).await;
    }
    done(&lab, Request::HealAll).await;
    // Two that were found at the same moment are a tie until there is another.
    let settled = async {
        loop {
            mine(&lab, A).await;
            let found = |view: &LabView| all_up(view) && view.tips().len() == 1;
            let waited = tokio::time::timeout(Duration::from_secs(20), until(&lab, found)).await;
            if let Ok(view) = waited {
                return view;
            }
        }
    };
    let limit = Duration::from_secs(60);
    let view = tokio::time::timeout(limit, settled)
        .await
        .expect("it settles");
    assert!(work(&view) >= most, "{} after {most}", work(&view));
    lab.close().await.expect("it closes");
}

#[test]
fn a_group_of_names_stands_for_all_links_between_two_groups() {
    let text = "[[link.pair]]\nbetween = [\"eu*\", \"na*\"]\nlatency = \"120ms\"\n\
                [[link.pair]]\nbetween = [\"eu*\", \"eu*\"]\nlatency = \"12ms\"\n\
                [[node]]\nname = \"eu\"\ncount = 3\n[[node]]\nname = \"na\"\ncount = 2\n";
    let layout = read("lab.toml", text).expect("a layout");
    let slow = layout
        .pairs
        .iter()
        .filter(|pair| pair.conditions.latency == ms(120));
    assert_eq!((slow.count(), layout.pairs.len()), (12, 18));
    let refused = |text: &str| read("lab.toml", text).expect_err("refused").to_string();
    let nobody = refused(&text.replace("\"na*\"", "\"sa*\""));
    assert!(
        nobody.contains("no node's name begins with \"sa\""),
        "{nobody}"
    );
    let twice = refused(&format!(
        "{text}[[link.pair]]\nfrom = \"na*\"\nto = \"eu2\"\n"
    ));
    assert!(
        twice.contains("the way from na1 to eu2 is described twice"),
        "{twice}"
    );
    let alone = refused(&text.replace("[\"eu*\", \"eu*\"]", "[\"na1*\", \"na1\"]"));
    assert!(alone.contains("has no link to itself"), "{alone}");
}
