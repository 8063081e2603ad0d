//! Light nodes in virtual time, beside full ones that mine.

use crate::common::sim::{import, latency, pay, small, until, wallets};
use crate::common::{ALICE, BOB, coins};
use chainlab::chain::Amount;
use chainlab::link::LinkState;
use chainlab::node::config::MiningMode;
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::{LightWay, NodeIx, NodeKind};
use chainlab::sim::Sim;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    sim: Sim,
    central: NodeIx,
    miner: NodeIx,
    light: NodeIx,
}

/// A miner, another full node, and a light one that knows both.
fn world(seed: u64) -> World {
    let mut sim = Sim::new(seed, small());
    sim.set_default_link(latency(30));
    let add = |sim: &mut Sim, name: &str, kind: NodeKind| {
        let mut config = sim.config(name);
        let known = 0..2;
        config.connect = known.map(|number| sim.address(number)).collect();
        config.connect.retain(|addr| Some(*addr) != config.listen);
        config.outbound = 0;
        config.kind = kind;
        if name == "miner" {
            config.mining = MiningMode::On;
            config.wallets = vec!["till".to_owned()];
        }
        sim.add_node(config).expect("sound parameters")
    };
    let central = add(&mut sim, "central", NodeKind::Full);
    let miner = add(&mut sim, "miner", NodeKind::Full);
    let light = add(&mut sim, "light", NodeKind::Light(LightWay::Filter));
    World {
        sim,
        central,
        miner,
        light,
    }
}

impl World {
    fn level(&mut self) {
        let (central, miner, light) = (self.central, self.miner, self.light);
        let is_so = move |sim: &Sim| {
            let tip = |ix| sim.machine(ix).map(|node| node.tip());
            let node = sim.machine(light).and_then(|node| node.light());
            let info = node.map(chainlab::node::LightNode::info);
            let done = info.is_some_and(|info| info.filters == info.headers);
            tip(central) == tip(miner) && tip(light) == tip(miner) && done
        };
        until(&mut self.sim, 5 * MINUTE, "all level", is_so);
    }

    fn figures(&mut self, ix: NodeIx, name: &str) -> (Amount, Amount) {
        let infos: Vec<WalletInfo> = wallets(&mut self.sim, ix);
        let info = infos.into_iter().find(|info| info.name == name);
        let info = info.expect("a wallet of that name");
        (info.confirmed, info.immature)
    }
}

#[test]
fn it_pays_survives_a_crash_and_a_partition_and_has_a_full_nodes_figures() {
    for seed in 1..6 {
        let mut world = world(seed);
        for ix in [world.central, world.light] {
            import(&mut world.sim, ix, "alice", ALICE);
            import(&mut world.sim, ix, "bob", BOB);
        }
        world.sim.run_for(MINUTE);
        let light = world.light;
        let sent = pay(
            &mut world.sim,
            light,
            "alice",
            "bob",
            coins(3),
            Amount::ZERO,
        );
        sent.expect("she has it");
        world.sim.crash(light);
        world.sim.run_for(MINUTE / 6);
        world.sim.restart(light).expect("a sound store");
        // Both sides of a partition mine nothing in common, and the light node hears of one alone.
        let (central, miner) = (world.central, world.miner);
        world.sim.set_link_state(light, miner, LinkState::Cut);
        world.sim.run_for(MINUTE);
        world.sim.set_link_state(light, miner, LinkState::Open);
        world.sim.run_for(2 * MINUTE);
        world.level();
        for name in ["alice", "bob"] {
            let figures = world.figures(light, name);
            assert_eq!(figures, world.figures(central, name), "{name}, seed {seed}");
        }
        assert_eq!(world.figures(light, "bob").0, coins(13), "seed {seed}");
    }
}

#[test]
fn one_seed_has_one_history_with_a_light_node_in_it() {
    let hash = |seed| {
        let mut world = world(seed);
        let light = world.light;
        import(&mut world.sim, light, "alice", ALICE);
        world.sim.run_for(2 * MINUTE);
        world.sim.log_hash()
    };
    assert_eq!(hash(7), hash(7));
    assert_ne!(hash(7), hash(8));
}
