//! The built-in layouts, played in virtual time: what their comments promise is what happens.

use crate::common::coins;
use crate::common::sim::{agree, pay, until, wallets};
use chainlab::chain::Amount;
use chainlab::lab::Layout;
use chainlab::lab::drive::VirtualLab;
use chainlab::lab::layout::shipped::{self, shipped};
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::config::Strategy;
use chainlab::node::io::{Command, EventKind, Reply};
use chainlab::sim::Sim;
use std::time::Duration;

/// Longer than anything takes but a block.
const SOON: Duration = Duration::from_secs(30);

const MINUTE: Duration = Duration::from_secs(60);

struct Played {
    layout: Layout,
    key_seed: [u8; 32],
    sim: Sim,
    nodes: Vec<NodeIx>,
}

impl Played {
    /// Starts the nodes of a layout. Blocks are as rare as they would be, and cheap to solve.
    fn start(name: &str) -> Self {
        let layout = shipped(name).expect("it is built in");
        let without_script = Layout {
            steps: Vec::new(),
            ..layout.clone()
        };
        let lab = VirtualLab::seeded(&without_script, 3).expect("sound parameters");
        let (key_seed, sim) = (*lab.key_seed(), lab.sim().clone());
        Self {
            nodes: (0..layout.nodes.len()).map(NodeIx).collect(),
            layout,
            key_seed,
            sim,
        }
    }

    fn node(&self, name: &str) -> NodeIx {
        let at = self.layout.nodes.iter().position(|node| node.name == name);
        self.nodes[at.expect("a node of the layout")]
    }

    fn height(&self, name: &str) -> u32 {
        let node = self.sim.node(self.node(name)).expect("it runs");
        node.chain().tip().height
    }

    /// Nodes that this one is connected with.
    fn peers(&self, ix: NodeIx) -> usize {
        self.sim.node(ix).expect("it runs").peers().ready().count()
    }

    fn count(&mut self, is_such: impl Fn(&EventKind) -> bool) -> usize {
        let events = self.sim.take_events();
        events
            .iter()
            .filter(|(_, event)| is_such(&event.kind))
            .count()
    }

    /// The nodes that could mine.
    fn full(&self) -> Vec<NodeIx> {
        let nodes = self.nodes.iter().zip(&self.layout.nodes);
        let full = nodes.filter(|(_, spec)| spec.light.is_none());
        full.map(|(ix, _)| *ix).collect()
    }

    /// All miners rest, and one more block settles what is undecided.
    fn settle(&mut self) {
        for ix in self.full() {
            self.sim
                .call(ix, Command::Mine(MiningMode::Off))
                .expect("it stops");
        }
        self.sim.run_for(SOON);
        self.sim
            .call(self.nodes[0], Command::MineNow)
            .expect("a block");
        let nodes = self.nodes.clone();
        until(&mut self.sim, SOON, "all agree", |sim| agree(sim, &nodes));
    }
}

#[test]
fn in_every_layout_blocks_come_coins_move_and_all_agree_in_the_end() {
    for layout in shipped::playable() {
        let name = layout.name.as_str();
        let mut lab = Played::start(name);
        for at in 0..lab.nodes.len() {
            let (ix, spec) = (lab.nodes[at], lab.layout.nodes[at].clone());
            let found = wallets(&mut lab.sim, ix);
            let names: Vec<_> = found.iter().map(|wallet| wallet.name.clone()).collect();
            assert_eq!(names, spec.wallets, "{name}");
            for (owner, amount) in &lab.layout.chain.genesis {
                if let Some(wallet) = found.iter().find(|wallet| wallet.name == *owner) {
                    assert_eq!(wallet.spendable, *amount, "{owner} in {name}");
                }
            }
        }
        // Whoever keeps blocks to himself in the story does not do so here.
        for ix in lab.full() {
            let honest = Command::SetStrategy(Strategy::Honest);
            lab.sim.call(ix, honest).expect("anybody can be honest");
        }
        // The first of those who have coins pays the next, wherever he is; if he is the only one,
        // somebody of another node.
        let genesis = &lab.layout.chain.genesis;
        let from = genesis[0].0.clone();
        // The first one is to find a block below, which is paid for.
        let others = lab.layout.nodes.iter().skip(1);
        let others = others
            .filter(|node| node.mine.mode == MiningMode::Off && !node.wallets.contains(&from));
        let mut others = others.flat_map(|node| &node.wallets);
        let next = genesis.get(1).map(|(name, _)| name).or(others.next());
        let to = next.expect("somebody else").clone();
        let owner = |wallet: &String| {
            let mut specs = lab.layout.nodes.iter();
            specs
                .position(|node| node.wallets.contains(wallet))
                .expect("an owner")
        };
        let (payer, payee) = (lab.nodes[owner(&from)], lab.nodes[owner(&to)]);
        let key = chainlab::node::wallets::wallet_key(&lab.key_seed, &to);
        let address = lab
            .sim
            .params()
            .address(key.public_key().hash())
            .to_string();
        lab.sim.run_for(SOON);
        let paid = pay(&mut lab.sim, payer, &from, &address, coins(1), Amount::ZERO);
        assert!(matches!(paid, Ok(Reply::Sent { .. })), "{name}: {paid:?}");
        lab.sim.run_for(2 * MINUTE);
        lab.settle();
        let expected = genesis_of(&lab.layout, &to).checked_add(coins(1));
        let found = wallets(&mut lab.sim, payee);
        let wallet = found.into_iter().find(|wallet| wallet.name == to);
        assert_eq!(wallet.map(|wallet| wallet.spendable), expected, "{name}");
    }
}

fn genesis_of(layout: &Layout, wallet: &str) -> Amount {
    let row = layout.chain.genesis.iter().find(|(name, _)| name == wallet);
    row.map_or(Amount::ZERO, |(_, amount)| *amount)
}

#[test]
fn blocks_keep_the_pace_that_the_layout_asks_for() {
    for (name, node) in [("scenario", "central"), ("mesh", "rome"), ("swarm", "bob")] {
        let mut lab = Played::start(name);
        lab.sim.run_for(20 * MINUTE);
        let height = lab.height(node);
        assert!(
            (190..=290).contains(&height),
            "{name}: {height} blocks in 240 intervals"
        );
    }
}

#[test]
fn the_tutorials_miner_sleeps_until_two_payments_wait() {
    let mut lab = Played::start("tutorial");
    let wallet = lab.node("wallet");
    lab.sim.run_for(10 * MINUTE);
    assert_eq!(lab.height("miner"), 0);
    let pays = |lab: &mut Played, from, to| {
        let paid = pay(&mut lab.sim, wallet, from, to, coins(1), Amount::ZERO);
        assert!(matches!(paid, Ok(Reply::Sent { .. })), "{paid:?}");
    };
    pays(&mut lab, "alice", "carol");
    lab.sim.run_for(10 * MINUTE);
    assert_eq!(lab.height("miner"), 0, "one payment is not enough");
    pays(&mut lab, "bob", "dave");
    lab.sim.run_for(MINUTE);
    assert_eq!(lab.height("wallet"), 1);
    let mined = lab.count(|event| matches!(event, EventKind::Mined { txs: 2, .. }));
    assert_eq!(mined, 1, "both in one block");
}

#[test]
fn in_the_mesh_everybody_soon_knows_everybody_and_does_without_the_one_in_the_middle() {
    let mut lab = Played::start("mesh");
    lab.sim.run_for(MINUTE);
    for ix in lab.nodes.clone() {
        assert_eq!(lab.peers(ix), 4, "{}", lab.layout.nodes[ix.0].name);
    }
    let rome = lab.node("rome");
    lab.sim.crash(rome);
    let before = lab.height("paris");
    lab.sim.run_for(2 * MINUTE);
    assert!(lab.height("paris") > before + 5);
    lab.nodes.retain(|ix| *ix != rome);
    lab.settle();
}

#[test]
fn in_the_slow_ring_blocks_collide_again_and_again_and_the_ring_comes_together() {
    let mut lab = Played::start("slow");
    lab.sim.run_for(5 * MINUTE);
    let reorganised = lab.count(|event| matches!(event, EventKind::Reorganised { .. }));
    assert!(reorganised >= 10, "{reorganised} in five minutes");
    assert!(lab.height("northeast") > 20, "{}", lab.height("northeast"));
    lab.settle();
}

#[test]
fn the_swarm_holds_together_when_relays_fail() {
    let mut lab = Played::start("swarm");
    lab.sim.run_for(MINUTE);
    for name in ["relay3", "relay9", "relay14"] {
        let relay = lab.node(name);
        lab.sim.crash(relay);
        lab.nodes.retain(|ix| *ix != relay);
    }
    lab.sim.run_for(MINUTE);
    assert!(lab.nodes.iter().all(|ix| lab.peers(*ix) >= 1));
    lab.settle();
}
