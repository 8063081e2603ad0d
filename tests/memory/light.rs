//! What a light node takes of memory, beside what it has on disk: each of a hundred in one process.

use crate::common::params as small;
use crate::{MEMORY, TURN};
use chainlab::chain::Params;
use chainlab::node::config::MiningMode;
use chainlab::node::io::Command;
use chainlab::node::{LightWay, NodeIx, NodeKind};
use chainlab::sim::{self, Sim};
use std::time::Duration;

const NODES: usize = 100;

/// The most that one may take, in bytes.
const LIMIT: usize = 500_000;

/// As long as it may take until all have all, in virtual time.
const PATIENCE: Duration = Duration::from_secs(600);

/// A full node that has found so many blocks, and finds no more.
fn mined(blocks: u32) -> (Sim, NodeIx) {
    let params = Params {
        genesis: small().genesis,
        retarget: small().retarget,
        ..sim::params()
    };
    let mut sim = Sim::new(1, params);
    let mut config = sim.config("miner");
    config.mining = MiningMode::On;
    config.wallets = vec!["till".to_owned()];
    let miner = sim.add_node(config).expect("sound parameters");
    while sim.machine(miner).expect("it runs").tip().height < blocks {
        sim.step();
    }
    let off = sim.call(miner, Command::Mine(MiningMode::Off));
    off.expect("nothing against it");
    (sim, miner)
}

/// Light nodes that have all headers and filters of the miner's.
fn follow(sim: &mut Sim, miner: NodeIx) -> Vec<NodeIx> {
    let add = |nth: usize| {
        let mut config = sim.config(&format!("light-{nth}"));
        config.connect = vec![sim.address(miner.0)];
        config.outbound = 0;
        config.kind = NodeKind::Light(LightWay::Filter);
        config.wallets = vec!["purse".to_owned()];
        sim.add_node(config).expect("sound parameters")
    };
    let nodes: Vec<NodeIx> = (0..NODES).map(add).collect();
    let limit = sim.now() + PATIENCE;
    while !nodes.iter().all(|ix| has_all(sim, *ix, miner)) {
        assert!(sim.now() < limit, "all of them have all");
        sim.run_for(Duration::from_secs(5));
    }
    nodes
}

fn has_all(sim: &Sim, ix: NodeIx, miner: NodeIx) -> bool {
    let top = sim.machine(miner).expect("it runs").tip().height;
    let light = sim.machine(ix).and_then(|node| node.light());
    let info = light.expect("it runs, and is light").info();
    (info.headers, info.filters) == (top, top)
}

/// Bytes that each of a hundred takes, with what their peer holds for it, and bytes of its rows.
fn each(blocks: u32) -> (usize, usize) {
    let (mut sim, miner) = mined(blocks);
    let before = MEMORY.current_usage();
    let nodes = follow(&mut sim, miner);
    let with_rows = MEMORY.current_usage() - before;
    // The rows stay, as they do on a disk.
    nodes.iter().for_each(|ix| sim.crash(*ix));
    let rows = MEMORY.current_usage() - before;
    ((with_rows - rows) / NODES, rows / NODES)
}

fn is_small(blocks: u32) {
    let _turn = TURN.blocking_lock();
    let (bytes, rows) = each(blocks);
    println!("a light node with {blocks} headers: {bytes} bytes, {rows} on its disk");
    assert!(bytes < LIMIT, "{bytes} bytes");
}

#[test]
fn each_of_a_hundred_light_nodes_with_a_thousand_headers_is_below_half_a_megabyte() {
    is_small(1_000);
}

#[test]
fn each_of_a_hundred_light_nodes_with_ten_thousand_headers_is_below_half_a_megabyte() {
    is_small(10_000);
}
