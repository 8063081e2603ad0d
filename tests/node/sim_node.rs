//! Nodes in virtual time: that miners keep their pace, that what a store holds survives a crash, and
//! that one seed has one history.

use crate::common::sim::{agree, latency, tip, until};
use chainlab::chain::Params;
use chainlab::chain::params::Retarget;
use chainlab::link::LinkState;
use chainlab::node::config::MiningMode;
use chainlab::node::{Config, NodeIx, Store};
use chainlab::sim::{self, Sim};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The default network, whose difficulty stays as it is.
fn fixed() -> Params {
    Params {
        retarget: Retarget::Fixed,
        ..sim::params()
    }
}

fn miner(sim: &Sim, name: &str, hashrate: f64) -> Config {
    let mut config = sim.config(name);
    config.mining = MiningMode::On;
    config.hashrate = hashrate;
    config.wallets = vec!["till".to_owned()];
    config
}

fn add(sim: &mut Sim, config: Config) -> NodeIx {
    sim.add_node(config).expect("sound parameters")
}

/// A node that keeps connections to these.
fn add_knowing(sim: &mut Sim, name: &str, known: &[NodeIx]) -> NodeIx {
    let mut config = sim.config(name);
    config.connect = known.iter().map(|ix| sim.address(ix.0)).collect();
    config.outbound = 0;
    add(sim, config)
}

fn height(sim: &Sim, ix: NodeIx) -> u32 {
    sim.node(ix).expect("it runs").chain().tip().height
}

fn peers(sim: &Sim, ix: NodeIx) -> usize {
    let snapshot = sim.node(ix).expect("it runs").snapshot(sim.now());
    snapshot.peers.iter().filter(|peer| peer.ready).count()
}

#[test]
fn a_miner_keeps_the_pace_that_its_hash_rate_says() {
    for (hashrate, expected) in [(14_000.0, 720.0), (3_500.0, 180.0)] {
        let mut sim = Sim::new(3, fixed());
        let config = miner(&sim, "miner", hashrate);
        let miner = add(&mut sim, config);
        sim.run_for(60 * MINUTE);
        // Finds are a Poisson process: three standard deviations.
        let found = f64::from(height(&sim, miner));
        assert!(
            (found - expected).abs() < 3.0 * f64::sqrt(expected),
            "{found} blocks of {expected}"
        );
    }
}

#[test]
fn the_difficulty_rule_brings_the_pace_back_in_virtual_time_too() {
    let mut sim = Sim::new(3, sim::params());
    let config = miner(&sim, "miner", 140_000.0);
    let miner = add(&mut sim, config);
    sim.run_for(10 * MINUTE);
    let before = height(&sim, miner);
    sim.run_for(60 * MINUTE);
    let found = height(&sim, miner) - before;
    assert!((650..790).contains(&found), "{found} blocks of 720");
}

#[test]
fn a_crash_leaves_what_the_store_holds_and_peers_come_back() {
    let mut sim = Sim::new(4, sim::params());
    sim.set_default_link(latency(50));
    let config = miner(&sim, "miner", 14_000.0);
    let miner = add(&mut sim, config);
    let other = add_knowing(&mut sim, "other", &[miner]);
    sim.run_for(2 * MINUTE);
    assert!(height(&sim, other) > 5);

    let before = sim.node(miner).expect("it runs").chain().tip();
    sim.crash(miner);
    assert!(sim.node(miner).is_none());
    let stored = sim.store(miner).expect("it is down").tip();
    assert_eq!(stored, Ok(Some(before)));
    sim.run_for(MINUTE);
    assert_eq!((peers(&sim, other), sim.connections()), (0, 0));

    sim.restart(miner).expect("a sound store");
    assert_eq!(tip(&sim, miner), before.hash);
    until(&mut sim, MINUTE, "the other comes back", |sim| {
        peers(sim, other) == 1 && height(sim, other) > before.height
    });
}

#[test]
fn a_node_that_does_not_listen_dials_and_is_not_dialled() {
    let mut sim = Sim::new(4, sim::params());
    let mut config = sim.config("deaf");
    config.listen = None;
    let deaf = add(&mut sim, config);
    let other = add_knowing(&mut sim, "other", &[deaf]);
    sim.run_for(MINUTE);
    assert_eq!(peers(&sim, other), 0);
    let mut config = sim.config("third");
    config.listen = None;
    config.connect = vec![sim.address(other.0)];
    let third = add(&mut sim, config);
    sim.run_for(MINUTE);
    assert_eq!(peers(&sim, third), 1);
}

#[test]
fn two_halves_that_were_cut_apart_settle_on_one_chain() {
    let mut sim = Sim::new(5, sim::params());
    sim.set_default_link(latency(50));
    let config = miner(&sim, "east", 10_000.0);
    let east = add(&mut sim, config);
    let mut config = miner(&sim, "west", 4_000.0);
    config.connect = vec![sim.address(east.0)];
    let west = add(&mut sim, config);
    sim.run_for(MINUTE);
    for state in [LinkState::Cut, LinkState::BlackHole] {
        sim.set_link_state(east, west, state);
        until(&mut sim, 10 * MINUTE, "each finds a block", |sim| {
            !agree(sim, &[east, west]) && height(sim, west) > 3
        });
        sim.run_for(2 * MINUTE);
        assert_ne!(tip(&sim, east), tip(&sim, west), "{state:?}");
        sim.set_link_state(east, west, LinkState::Open);
        until(&mut sim, 10 * MINUTE, "one chain", |sim| {
            agree(sim, &[east, west])
        });
    }
}

#[test]
fn two_nodes_that_dial_each_other_at_once_keep_one_connection() {
    for seed in 0..10 {
        let mut sim = Sim::new(seed, sim::params());
        sim.set_default_link(latency(50));
        let (first, second) = (NodeIx(0), NodeIx(1));
        add_knowing(&mut sim, "first", &[second]);
        add_knowing(&mut sim, "second", &[first]);
        sim.run_for(2 * MINUTE);
        assert_eq!((peers(&sim, first), peers(&sim, second)), (1, 1));
        assert_eq!(sim.connections(), 1);
    }
}

/// A mesh in which each node dials four others, and one block; returns the hash of all that
/// happened.
fn mesh(seed: u64, nodes: usize) -> [u8; 32] {
    let mut sim = Sim::new(seed, fixed());
    sim.set_default_link(latency(80));
    let config = miner(&sim, "miner", 14_000.0);
    let first = add(&mut sim, config);
    for number in 1..nodes {
        let known = [number / 2, number / 3, number / 5, number - 1].map(NodeIx);
        add_knowing(&mut sim, &format!("node{number}"), &known);
    }
    let last = NodeIx(nodes - 1);
    until(&mut sim, 5 * MINUTE, "a block everywhere", |sim| {
        height(sim, last) > 0 && agree(sim, &[first, last])
    });
    sim.log_hash()
}

#[test]
fn one_seed_has_one_history() {
    let first = mesh(1, 30);
    assert_eq!(mesh(1, 30), first);
    assert_ne!(mesh(2, 30), first);
}

#[test]
fn a_thousand_nodes_hear_of_a_block() {
    mesh(1, 1_000);
}
