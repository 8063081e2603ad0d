//! Watchers in virtual time, beside a node that speaks Bitcoin's protocol and one that speaks chainlab's.

use crate::common::bitcoin::played::{CHECKS, Deed, EVERY, PlayedNode};
use chainlab::bitcoin::Network;
use chainlab::bitcoin::watcher::{Gone, Line, Stages, WatchConfig, WatchEvent, WatchEventKind};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::NodeIx;
use chainlab::sim::{self, Sim, SimWatcher};
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(80);

struct Scene {
    sim: Sim,
    node: NodeIx,
    watchers: [NodeIx; 2],
}

fn scene(seed: u64) -> Scene {
    let plan = [
        vec![Deed::Mine; 3],
        vec![
            Deed::Pay(1),
            Deed::Mine,
            Deed::Reorganise(2),
            Deed::Pay(2),
            Deed::Mine,
        ],
    ];
    let mut sim = Sim::new(seed, sim::params());
    let node = sim.add_actor(Box::new(PlayedNode::new(sim.now(), plan.concat())));
    let watchers = [1, 2].map(|nth| {
        let config = WatchConfig {
            network: Network::Regtest,
            addr: sim.address(node.0),
            user_agent: "/chainlab:sim/".to_owned(),
            mempool: false,
            rpc: false,
            seed: [nth; 32],
        };
        sim.add_actor(Box::new(SimWatcher::new(config, sim.now())))
    });
    let bent = Conditions {
        loss: 0.05,
        jitter: Duration::from_millis(20),
        ..Conditions::latency(LATENCY)
    };
    sim.set_link(node, watchers[1], bent);
    sim.set_link(watchers[1], node, bent);
    Scene {
        sim,
        node,
        watchers,
    }
}

impl Scene {
    fn seen(&self, nth: usize) -> &SimWatcher {
        self.sim.actor(self.watchers[nth]).expect("a watcher")
    }

    fn played(&self) -> &PlayedNode {
        self.sim.actor(self.node).expect("it is played")
    }

    fn told(&self) -> Vec<Vec<WatchEvent>> {
        [0, 1].map(|nth| self.seen(nth).events().to_vec()).to_vec()
    }

    fn stages(&self, nth: usize) -> Vec<Stages> {
        let blocks = self.seen(nth).watcher().blocks();
        blocks.map(|(_, seen)| seen.stages).collect()
    }
}

#[test]
fn all_that_watchers_tell_is_the_same_in_each_run_and_in_a_clone() {
    let mut whole = scene(7);
    whole.sim.run_for(Duration::from_secs(100));
    let mut first = scene(7);
    first.sim.run_for(Duration::from_millis(43_210));
    let mut clone = Scene {
        sim: first.sim.clone(),
        ..first
    };
    clone.sim.run_for(Duration::from_millis(56_790));
    assert_eq!(whole.told(), clone.told());
    let mut other = scene(8);
    other.sim.run_for(Duration::from_secs(100));
    assert_ne!(
        whole.told()[1],
        other.told()[1],
        "jitter and losses are drawn"
    );
}

#[test]
fn both_see_the_nodes_chain_its_reorganisation_and_what_became_of_a_payment() {
    let mut scene = scene(1);
    scene.sim.run_for(EVERY * 10);
    for nth in 0..2 {
        let watcher = scene.seen(nth).watcher();
        let tip = watcher.snapshot().tip.expect("there is one");
        assert_eq!(tip.hash, scene.played().tip());
        assert_eq!(
            tip.height.map(|height| height as usize),
            Some(scene.played().height())
        );
        let told = scene.seen(nth).events();
        let depth = told.iter().find_map(|event| match event.kind {
            WatchEventKind::Reorganised { depth, .. } => Some(depth),
            _ => None,
        });
        assert_eq!(depth, Some(2));
        let back = told
            .iter()
            .any(|event| matches!(event.kind, WatchEventKind::TxBack { .. }));
        assert!(
            back,
            "the payment was mined in a block that was left behind"
        );
        let mined = told.iter().filter(|event| {
            matches!(
                event.kind,
                WatchEventKind::TxGone {
                    why: Gone::Mined(_),
                    ..
                }
            )
        });
        assert_eq!(mined.count(), 2);
        assert_eq!(watcher.snapshot().stale_branches, 1);
    }
}

#[test]
fn a_block_is_announced_before_it_is_connected_by_as_long_as_the_node_checks_it() {
    let mut scene = scene(1);
    scene.sim.run_for(EVERY * 4);
    let near = scene.stages(0);
    assert_eq!(near.len(), 3);
    for stages in near {
        let (announced, connected) = (stages.announced.unwrap().0, stages.connected.unwrap().0);
        assert_eq!(connected - announced, CHECKS, "{stages:?}");
    }
    for (near, far) in scene.stages(0).iter().zip(scene.stages(1)) {
        let (near, far) = (near.announced.unwrap().0, far.announced.unwrap().0);
        assert!(far - near >= LATENCY, "{:?}", far - near);
    }
}

#[test]
fn a_watcher_whose_link_is_cut_comes_back_and_catches_up() {
    let mut scene = scene(1);
    scene.sim.run_for(EVERY + EVERY / 2);
    let [near, far] = scene.watchers;
    let set = |scene: &mut Scene, state| {
        let conditions = Conditions {
            state,
            ..Conditions::default()
        };
        scene.sim.set_link(scene.node, far, conditions);
        scene.sim.set_link(far, scene.node, conditions);
    };
    set(&mut scene, LinkState::Cut);
    scene.sim.run_for(EVERY * 2);
    let down = scene.seen(1).watcher().snapshot();
    assert!(
        matches!(down.lines[0], Line::Down { .. }),
        "{:?}",
        down.lines
    );
    assert_eq!(down.tip.unwrap().height, Some(1));
    set(&mut scene, LinkState::Open);
    scene.sim.run_for(EVERY * 8);
    let tips = [near, far].map(|ix| {
        let watcher: &SimWatcher = scene.sim.actor(ix).expect("a watcher");
        watcher.watcher().snapshot().tip
    });
    assert_eq!(tips[0], tips[1]);
    // Blocks that came while it was away have no times there.
    let missed = scene
        .stages(1)
        .into_iter()
        .filter(|stages| *stages == Stages::default());
    assert!(missed.count() >= 1);
}

#[test]
fn a_node_of_chainlab_is_no_bitcoin_node_and_is_left_without_harm() {
    let mut sim = Sim::new(1, sim::params());
    let node = sim.add_node(sim.config("own")).expect("it opens");
    let watch = WatchConfig {
        network: Network::Regtest,
        addr: sim.address(node.0),
        user_agent: "/chainlab:sim/".to_owned(),
        mempool: false,
        rpc: false,
        seed: [1; 32],
    };
    let watcher = sim.add_actor(Box::new(SimWatcher::new(watch, sim.now())));
    sim.run_for(Duration::from_secs(30));
    let watcher: &SimWatcher = sim.actor(watcher).expect("a watcher");
    let down = watcher
        .events()
        .iter()
        .filter(|event| matches!(event.kind, WatchEventKind::Down { .. }));
    assert!(
        (3..20).contains(&down.count()),
        "it is tried again, and ever less often"
    );
    assert!(sim.node(node).is_some());
}
