//! What becomes of payments in blocks that are left behind. Invalid is only what no block of the new
//! chain can have; all else waits, with the reason, and is in a block in the end.
//!
//! `CHAINLAB_MONEY_SEEDS` says how many seeds are played; 30 by default.

#![allow(
    clippy::disallowed_methods,
    reason = "how long it takes is said by the environment"
)]

use crate::common::sim::{agree, history, import, latency, pay, until};
use crate::common::{ALICE, BOB, coins, owner};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, Params, Txid};
use chainlab::lab::drive::{VirtualLab, play};
use chainlab::lab::layout::shipped::shipped;
use chainlab::lab::layout::{Layout, read};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, EventKind, Reply};
use chainlab::node::mempool::PACKAGE_MAX;
use chainlab::sim::{self, Sim};
use std::collections::BTreeSet;
use std::time::Duration;

/// Payments only among wallets with coins of the genesis block; rewards go elsewhere, and are of no
/// consequence. The network splits for so long that rows of payments get longer than a mempool takes.
const SPLIT: &str = r#"
[chain]
block_interval = "3s"
retarget = "fixed"
subsidy = "10"

[chain.genesis]
anna = "20"
bert = "20"
cleo = "20"
dora = "20"

[link]
latency = "60ms"

[topology]
kind = "ring"

[traffic]
rate = "10 tx/s"
amount = ["0.01", "0.1"]
wallets = ["anna", "bert", "cleo", "dora"]

[[node]]
name = "north"
wallets = ["anna", "north-rewards"]
mine = { hashrate = "4 kH/s", to = "north-rewards", first = "at once" }

[[node]]
name = "east"
wallets = ["bert"]

[[node]]
name = "west"
wallets = ["cleo"]

[[node]]
name = "south"
wallets = ["dora", "south-rewards"]
mine = { hashrate = "2 kH/s", to = "south-rewards" }

[[step]]
at = "6s"
do = "partition"
groups = [["north", "east"], ["west", "south"]]

[[step]]
after = "24s"
do = "unite"
expect = "tips == 1"
within = "5min"

[[step]]
do = "traffic"
on = false

[[step]]
note = "whatever was paid is in a block"
expect = "mempool == 0"
within = "20min"
"#;

const LIMIT: Duration = Duration::from_secs(1_800);

fn seeds() -> u64 {
    let wanted = std::env::var("CHAINLAB_MONEY_SEEDS");
    wanted.map_or(30, |text| text.parse().expect("a number of seeds"))
}

/// What nodes told in all of a story.
#[derive(Default)]
struct Told {
    /// Payments in blocks that were left behind, and not in the new branch.
    undone: usize,
    held: usize,
    lost: Vec<(String, usize)>,
    sent: BTreeSet<Txid>,
}

impl Told {
    /// Whether all that was paid is in a block of the one chain that there is.
    fn is_in_blocks(&self, played: &VirtualLab) -> bool {
        let node = played.node("north").expect("it runs");
        let chain = node.chain();
        let mut left = self.sent.clone();
        for height in 0..=chain.tip().height {
            let id = chain.tree().active_at(height).expect("below the tip");
            let hash = chain.tree().entry(id).hash;
            let block = chain.body(&hash).expect("readable").expect("it is kept");
            block.txids().iter().for_each(|txid| {
                left.remove(txid);
            });
        }
        left.is_empty()
    }
}

fn hears(layout: &Layout, seed: u64) -> (VirtualLab, Told) {
    let mut told = Told::default();
    let mut played = VirtualLab::seeded(layout, seed).expect("it can be played");
    played.record_events();
    while played.elapsed() < LIMIT
        && !(played.core().steps().is_over() && told.is_in_blocks(&played))
    {
        played.go_on(LIMIT);
        for (ix, event) in played.take_events() {
            let name = played.core().name(ix);
            match &event.kind {
                EventKind::Reorganised {
                    returned,
                    held,
                    lost_count,
                    ..
                } => {
                    told.undone += returned + held + lost_count;
                    told.held += held;
                    if *lost_count > 0 {
                        told.lost.push((name.to_owned(), *lost_count));
                    }
                }
                EventKind::BecameInvalid { lost_count, .. } => {
                    told.lost.push((name.to_owned(), *lost_count));
                }
                EventKind::Sent { txid, .. } => {
                    told.sent.insert(*txid);
                }
                _ => {}
            }
        }
    }
    (played, told)
}

#[test]
fn no_payment_is_lost_where_nobody_pays_twice_with_one_coin() {
    let layout = read("split", SPLIT).unwrap_or_else(|error| panic!("{error}"));
    let (mut undone, mut held) = (0, 0);
    for seed in 0..seeds() {
        let (mut played, told) = hears(&layout, seed);
        assert_eq!(told.lost, [], "seed {seed}");
        assert_eq!(played.summary().lost, 0, "seed {seed}");
        undone += told.undone;
        held += told.held;
        assert!(told.is_in_blocks(&played), "seed {seed}: some still wait");
    }
    println!("{undone} payments were undone, {held} of them held");
    assert!(
        seeds() < 30 || undone > 1_000 && held > 100,
        "{undone}, {held}"
    );
}

/// The payments that were counted as lost at any node, in a story that is built in.
fn lost_in(name: &str) {
    let layout = shipped(name).expect("it is built in");
    let lost = (0..seeds()).map(|seed| {
        let mut played = play(&layout, seed, LIMIT).expect("it can be played");
        (seed, played.summary().lost)
    });
    let others: Vec<_> = lost.filter(|(_, lost)| *lost != 1).collect();
    assert_eq!(others, [], "seeds, and how many payments were lost");
}

#[test]
fn of_a_coin_that_is_spent_twice_one_payment_is_lost() {
    lost_in("double-spend");
}

#[test]
fn a_majority_undoes_the_one_payment_that_it_is_about() {
    lost_in("majority");
}

/// Two nodes that mine by hand, apart from each other; Alice's and Bob's keys are on the first.
fn apart() -> (Sim, NodeIx, NodeIx) {
    let coin = |who| Allocation {
        owner: owner(who),
        amount: coins(100),
    };
    let params = Params {
        genesis: vec![coin(ALICE), coin(BOB)],
        ..sim::params()
    };
    let mut sim = Sim::new(1, params);
    sim.set_default_link(latency(50));
    let mut nodes = Vec::new();
    for name in ["a", "b"] {
        let mut config = sim.config(name);
        config.mine_to = Some("rewards".to_owned());
        config.connect = nodes.iter().map(|ix: &NodeIx| sim.address(ix.0)).collect();
        nodes.push(sim.add_node(config).expect("sound parameters"));
    }
    import(&mut sim, nodes[0], "alice", ALICE);
    import(&mut sim, nodes[0], "bob", BOB);
    sim.run_for(Duration::from_secs(20));
    sim.set_link_state(nodes[0], nodes[1], LinkState::Cut);
    sim.record_events();
    (sim, nodes[0], nodes[1])
}

fn sends(sim: &mut Sim, node: NodeIx, from: &str, to: &str, amount: Amount) -> Txid {
    match pay(sim, node, from, to, amount, Amount::ZERO) {
        Ok(Reply::Sent { txid, .. }) => txid,
        other => panic!("{other:?}"),
    }
}

/// They are connected again, and follow one chain.
fn heal(sim: &mut Sim, a: NodeIx, b: NodeIx) -> Vec<EventKind> {
    sim.take_events();
    sim.set_link_state(a, b, LinkState::Open);
    let soon = Duration::from_secs(60);
    until(sim, soon, "one chain", |sim| agree(sim, &[a, b]));
    let events = sim.take_events().into_iter();
    let of_a = events.filter(|(ix, _)| *ix == a);
    of_a.map(|(_, event)| event.kind).collect()
}

fn reorganised(events: &[EventKind]) -> (usize, usize, Option<String>, Vec<Txid>) {
    let mut found = events.iter().filter_map(|event| match event {
        EventKind::Reorganised {
            returned,
            held,
            held_why,
            lost,
            ..
        } => Some((*returned, *held, held_why.clone(), lost.clone())),
        _ => None,
    });
    found.next().expect("a reorganisation")
}

#[test]
fn a_row_of_payments_that_is_too_long_waits_and_is_announced_bit_by_bit() {
    let (mut sim, a, b) = apart();
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.extend((0..10).map(|_| sends(&mut sim, a, "alice", "bob", coins(1))));
        sim.call(a, Command::MineNow).expect("a block");
    }
    (0..5).for_each(|_| {
        sim.call(b, Command::MineNow).expect("a block");
    });
    let events = heal(&mut sim, a, b);
    let why = "builds on too many that wait".to_owned();
    let held = sent.len() - PACKAGE_MAX;
    assert_eq!(reorganised(&events), (PACKAGE_MAX, held, Some(why), vec![]));
    // The wallet says so as well: they wait, and are not invalid.
    let history = history(&mut sim, a, "alice");
    for (nth, txid) in sent.iter().enumerate() {
        let entry = history.iter().find(|entry| entry.txid == *txid);
        let entry = entry.expect("it is kept");
        assert!(!entry.conflicted && entry.conflicts_with.is_none());
        assert_eq!(entry.why.is_some(), nth >= PACKAGE_MAX, "{nth}: {entry:?}");
    }
    // Two blocks of the other node bring them in.
    for _ in 0..2 {
        sim.run_for(Duration::from_secs(5));
        sim.call(b, Command::MineNow).expect("a block");
    }
    sim.run_for(Duration::from_secs(5));
    for ix in [a, b] {
        let node = sim.node(ix).expect("it runs");
        assert_eq!((node.mempool().len(), node.chain().tip().height), (0, 7));
    }
    let bob = crate::common::sim::wallets(&mut sim, a);
    let bob = bob.iter().find(|wallet| wallet.name == "bob").expect("his");
    assert_eq!(bob.confirmed, coins(140));
}

#[test]
fn what_spends_a_reward_that_is_gone_is_invalid_and_so_is_what_builds_on_it() {
    let (mut sim, a, b) = apart();
    let maturity = sim.params().maturity;
    for _ in 0..=maturity {
        sim.call(a, Command::MineNow).expect("a block");
    }
    // The reward's, what builds on it, and a bystander.
    let reward = sim.params().subsidy_at(1);
    let spent = sends(&mut sim, a, "rewards", "alice", reward);
    let fine = sends(&mut sim, a, "alice", "bob", coins(1));
    sim.call(a, Command::MineNow).expect("a block");
    let all = reward.checked_add(coins(99)).expect("small");
    let above = sends(&mut sim, a, "alice", "bob", all);
    sim.call(a, Command::MineNow).expect("a block");
    for _ in 0..maturity + 5 {
        sim.call(b, Command::MineNow).expect("a block");
    }
    let events = heal(&mut sim, a, b);
    assert_eq!(reorganised(&events), (1, 0, None, vec![spent, above]));
    let node = sim.node(a).expect("it runs");
    assert!(node.mempool().contains(&fine));
}
