//! Nodes in virtual time: how long a hundred of them take for two hundred blocks, and what an event
//! costs with ten nodes and with a thousand.

use crate::ratio::{Harness, Target, timed};
use chainlab::link::Conditions;
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::sim::{self, Sim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

/// Links that a node begins; with those that others begin, it has eight on average.
const DIALS: usize = 4;

/// Hashes a second of the one miner: a block every 5 s.
const HASHRATE: f64 = 14_000.0;

/// What 100 nodes may take for 200 blocks.
const LIMIT: Duration = Duration::from_secs(20);

/// Time in which everybody is connected, and all that was said about it has arrived.
const START: Duration = Duration::from_secs(30);

/// What a network did in a while, and the time that it took.
struct Run {
    took: Duration,
    events: u64,
}

impl Run {
    fn per_event(&self) -> Duration {
        Duration::from_secs_f64(self.took.as_secs_f64() / self.events as f64)
    }
}

pub fn sim(harness: &mut Harness) {
    hundred(harness);
    starts(harness);
    flat(harness);
}

/// 100 nodes, 200 blocks, the start included.
fn hundred(harness: &mut Harness) {
    let (nodes, blocks) = (harness.size(100, 10), size(harness, 200, 5));
    let (took, events) = timed(|| {
        let mut sim = network(nodes);
        run_to(&mut sim, nodes, blocks);
        sim.events()
    });
    let name = format!("{nodes} nodes in virtual time, 8 links each, {blocks} blocks");
    let verdict = harness.judge(&name, took < LIMIT);
    let seconds = took.as_secs_f64();
    println!("{name}: {seconds:.2} s, {events} events | under {LIMIT:?} | {verdict}");
}

/// What a thousand nodes do to get to know each other.
fn starts(harness: &Harness) {
    let nodes = harness.size(1_000, 20);
    let (took, sim) = timed(|| network(nodes));
    println!(
        "{nodes} nodes start in virtual time: {:.2} s, {} events",
        took.as_secs_f64(),
        sim.events()
    );
}

/// The cost of an event does not grow with the network.
fn flat(harness: &mut Harness) {
    let mut few = measured(10, size(harness, 400, 3));
    let mut some = measured(harness.size(100, 12), size(harness, 50, 3));
    let mut many = measured(harness.size(1_000, 20), size(harness, 10, 3));
    let rounds = 5;
    let samples = harness.interleave(rounds, [&mut few, &mut some, &mut many]);
    let [few, some, many] = samples;
    let name = "an event among 100 nodes in virtual time";
    let most = Target::TimesAtMost(1.5);
    harness.report(name, &some, ("among 10", &few), most);
    let name = "an event among 1 000 nodes in virtual time";
    harness.report(name, &many, ("among 10", &few), most);
}

/// A network that runs on, so many blocks each time; says what an event cost.
fn measured(nodes: usize, blocks: u32) -> impl FnMut() -> Duration {
    let mut sim = network(nodes);
    let mut height = 0;
    move || {
        height += blocks;
        run_to(&mut sim, nodes, height).per_event()
    }
}

/// Runs until everybody has that many blocks.
fn run_to(sim: &mut Sim, nodes: usize, height: u32) -> Run {
    let before = sim.events();
    let (took, ()) = timed(|| {
        while !all_have(sim, nodes, height) {
            sim.run_for(Duration::from_secs(1));
        }
    });
    let events = sim.events() - before;
    Run { took, events }
}

fn all_have(sim: &Sim, nodes: usize, height: u32) -> bool {
    let mut nodes = (0..nodes).filter_map(|ix| sim.node(NodeIx(ix)));
    nodes.all(|node| node.chain().tip().height >= height)
}

/// So many nodes, of which the first mines, all connected.
fn network(nodes: usize) -> Sim {
    let mut sim = Sim::new(1, sim::params());
    sim.set_default_link(Conditions::latency(Duration::from_millis(50)));
    let mut draws = ChaCha8Rng::seed_from_u64(1);
    for number in 0..nodes {
        let mut config = sim.config(&format!("n{number}"));
        config.outbound = 0;
        while number > 0 && config.connect.len() < DIALS.min(number) {
            let drawn = draws.next_u64() % u64::try_from(number).expect("64 bits");
            let peer = sim.address(usize::try_from(drawn).expect("64 bits"));
            if !config.connect.contains(&peer) {
                config.connect.push(peer);
            }
        }
        if number == 0 {
            (config.mining, config.hashrate) = (MiningMode::On, HASHRATE);
        }
        sim.add_node(config).expect("sound parameters");
    }
    sim.run_for(START);
    sim
}

fn size(harness: &Harness, full: u32, small: u32) -> u32 {
    if harness.quick { small } else { full }
}
