//! Floods by three attackers at once, over the behaviours of [`hostile`](crate::common::hostile): the node
//! does its work for its honest peer all the while, and nothing is left of them afterwards.
//!
//! `CHAINLAB_FLOOD_SECS` says for how long each goes on, in virtual time.

#![allow(
    clippy::disallowed_methods,
    reason = "the test takes its size from the environment"
)]

use crate::common::hostile::floods::{FLOODS, Loot};
use crate::common::hostile::virtually::Attacker;
use crate::common::hostile::{Attack, Behaviour};
use crate::common::peer::Scene;
use std::env;

/// Attackers at a time, as in the attack that found no way through.
const ATTACKERS: usize = 3;

/// Seconds of each flood unless a variable says how many.
const SECS_DEFAULT: u64 = 3;

/// Blocks that the node has before.
const BLOCKS: usize = 30;

#[test]
fn sixteen_floods_by_three_attackers_do_not_keep_a_node_from_its_work() {
    let secs = env::var("CHAINLAB_FLOOD_SECS");
    let secs = secs.map_or(SECS_DEFAULT, |text| text.parse().expect("a number"));
    for flood in FLOODS {
        let mut scene = Scene::with_blocks(BLOCKS);
        let loot = Loot {
            chain: scene.chain.clone(),
        };
        let attack = Attack::of(Behaviour::Floods(flood), 1).renewed();
        let node = scene.node;
        let attackers: Vec<Attacker> = (0..ATTACKERS)
            .map(|_| Attacker::with_loot(&mut scene.sim, node, attack, loot.clone()))
            .collect();
        for _ in 0..secs {
            scene.run_for(1_000);
            scene.serves();
        }
        let taken: usize = attackers.iter().map(|one| one.score().taken).sum();
        assert!(taken >= ATTACKERS, "{}: {taken} were in", flood.name);
        let conns: Vec<_> = scene.node().peers().iter().map(|(conn, _)| conn).collect();
        for attacker in &attackers {
            attacker.leaves(&mut scene.sim);
        }
        scene.run_for(20_000);
        let left: Vec<_> = scene.node().peers().iter().map(|(conn, _)| conn).collect();
        assert_eq!(left.len(), 1, "{}: the honest one", flood.name);
        for conn in conns.iter().filter(|conn| !left.contains(conn)) {
            assert!(scene.node().knows_nothing_of(*conn), "{}", flood.name);
        }
        scene.serves();
    }
}
