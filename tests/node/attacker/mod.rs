//! An attacker's node in virtual time, beside honest ones and a light one: what it can make others believe, and
//! who finds it out.

mod forged;
mod left_out;
mod rules;

use crate::common::sim::{address, import, latency, pay, small, until, wallets};
use crate::common::{ALICE, BOB, coins, owner};
use chainlab::chain::{Amount, BlockHash};
use chainlab::link::LinkState;
use chainlab::node::io::{Command, Reply};
use chainlab::node::{BlockId, LightNode, LightWay, NodeIx, NodeKind};
use chainlab::sim::{Sim, SimStore};
use std::time::Duration;

pub const MINUTE: Duration = Duration::from_secs(60);

/// Long enough for a block to be heard of, and read.
pub const SOON: Duration = Duration::from_secs(20);

/// Two honest nodes, two attackers' ones, and a light one with alice's key; all know all.
pub struct World {
    pub sim: Sim,
    pub honest: [NodeIx; 2],
    pub attackers: [NodeIx; 2],
    pub light: NodeIx,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut sim = Sim::new(seed, small());
        sim.set_default_link(latency(30));
        let mut add = |name: &str, kind: NodeKind| {
            let mut config = sim.config(name);
            config.connect = (0..4).map(|number| sim.address(number)).collect();
            config.connect.retain(|addr| Some(*addr) != config.listen);
            config.outbound = 0;
            config.kind = kind;
            config.wallets = vec![format!("of-{name}")];
            sim.add_node(config).expect("sound parameters")
        };
        let honest = ["central", "relay"].map(|name| add(name, NodeKind::Full));
        let attackers = ["mallory", "dark"].map(|name| add(name, NodeKind::Attacker));
        let light = add("light", NodeKind::Light(LightWay::Filter));
        import(&mut sim, light, "alice", ALICE);
        sim.run_for(SOON);
        sim.record_events();
        Self {
            sim,
            honest,
            attackers,
            light,
        }
    }

    /// Links between the light node and these, or none.
    pub fn light_sees(&mut self, those: &[NodeIx]) {
        for node in self.honest.into_iter().chain(self.attackers) {
            let state = match those.contains(&node) {
                true => LinkState::Open,
                false => LinkState::Cut,
            };
            self.sim.set_link_state(self.light, node, state);
        }
    }

    /// Between the honest and the attackers.
    pub fn divides(&mut self, state: LinkState) {
        for one in self.honest {
            for other in self.attackers {
                self.sim.set_link_state(one, other, state);
            }
        }
    }

    pub fn does(&mut self, node: NodeIx, command: Command) -> String {
        match self.sim.call(node, command) {
            Ok(Reply::Done(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    pub fn mines(&mut self, node: NodeIx, blocks: usize) -> BlockId {
        let mut last = None;
        for _ in 0..blocks {
            match self.sim.call(node, Command::MineNow) {
                Ok(Reply::Mined { block, .. }) => last = Some(block),
                other => panic!("{other:?}"),
            }
            self.sim.run_for(Duration::from_secs(2));
        }
        self.sim.run_for(SOON);
        last.expect("one at least")
    }

    pub fn alice(&self) -> String {
        address(self.sim.params(), owner(ALICE))
    }

    /// Forges a payment to alice and mines it.
    pub fn forges(&mut self, node: NodeIx, amount: u64) -> BlockId {
        let forge = Command::Forge {
            to: self.alice(),
            amount: coins(amount),
        };
        self.does(node, forge);
        self.mines(node, 1)
    }

    /// Bob, who has his coins at a node, pays alice.
    pub fn bob_pays(&mut self, node: NodeIx, amount: u64) {
        import(&mut self.sim, node, "bob", BOB);
        let alice = self.alice();
        let fee = Amount::ZERO;
        pay(&mut self.sim, node, "bob", &alice, coins(amount), fee).expect("he has it");
    }

    pub fn tip(&self, node: NodeIx) -> BlockId {
        self.sim.machine(node).expect("it runs").tip()
    }

    /// What alice has in blocks, as the light node knows.
    pub fn alices(&mut self) -> Amount {
        let infos = wallets(&mut self.sim, self.light);
        let info = infos.into_iter().find(|info| info.name == "alice");
        info.expect("she is there").confirmed
    }

    pub fn light(&self) -> &LightNode<SimStore> {
        self.sim
            .machine(self.light)
            .and_then(|node| node.light())
            .expect("it runs")
    }

    pub fn settles(&mut self, nodes: &[NodeIx], tip: BlockHash) {
        let nodes = nodes.to_vec();
        until(&mut self.sim, 20 * MINUTE, "one tip", move |sim| {
            let is_there = |ix: &NodeIx| sim.machine(*ix).expect("it runs").tip().hash == tip;
            nodes.iter().all(is_there)
        });
    }
}
