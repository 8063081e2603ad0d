//! A payment of a coin that never existed, in a block with true work.

use super::{MINUTE, SOON, World};
use crate::common::peer::Fake;
use crate::common::{ALICE, coins, owner};
use chainlab::chain::{Amount, OutPoint};
use chainlab::link::LinkState;
use chainlab::node::check;
use chainlab::node::io::{Command, EventKind, Question, Reply};
use chainlab::node::message::{FilterRange, Item, Message, ProofPlace, ProofQuery};
use chainlab::node::{NodeIx, Store};
use chainlab::sim::Sim;
use std::collections::BTreeMap;

/// All coins that a node knows.
fn coins_at(sim: &Sim, node: NodeIx) -> BTreeMap<OutPoint, Amount> {
    let mut all = BTreeMap::new();
    let store = sim.machine(node).expect("it runs").store();
    let each = store.each_coin(&mut |at, coin| {
        all.insert(at, coin.amount);
    });
    each.expect("in memory");
    all
}

#[test]
fn attackers_share_it_a_light_node_believes_it_and_the_heavier_valid_branch_takes_it_away() {
    for seed in 1..4 {
        let mut world = World::new(seed);
        let ([central, relay], [mallory, dark]) = (world.honest, world.attackers);
        let had = world.alices();
        world.divides(LinkState::Cut);
        world.light_sees(&[mallory, dark]);
        let forged = world.forges(mallory, 500);
        assert_eq!((world.tip(dark), world.tip(world.light)), (forged, forged));
        let above = world.mines(dark, 2);
        assert_eq!(above.height, forged.height + 2, "seed {seed}");
        world.settles(&[mallory, dark, world.light], above.hash);
        world.sim.run_for(SOON);
        assert_eq!(world.alices(), had.checked_add(coins(500)).expect("small"));
        let info = world.light().info();
        assert_eq!(
            (info.filters, info.is_one_word),
            (above.height, false),
            "all is right"
        );

        // Killed, and opened again over it.
        world.sim.crash(mallory);
        world.sim.restart(mallory).expect("its own store");
        world.sim.run_for(SOON);
        let tip = world.mines(mallory, 1);
        world.settles(&[dark, world.light], tip.hash);

        // Four blocks are less than six.
        let valid = world.mines(central, 6);
        world.divides(LinkState::Open);
        world.light_sees(&[central, relay, mallory, dark]);
        world.settles(&[central, relay, mallory, dark, world.light], valid.hash);
        world.sim.run_for(MINUTE);
        assert_eq!(world.alices(), had, "seed {seed}");
        for node in [relay, mallory, dark] {
            assert_eq!(
                coins_at(&world.sim, node),
                coins_at(&world.sim, central),
                "{node:?}"
            );
        }
        let params = world.sim.params().clone();
        let report = check::check(world.sim.machine(relay).expect("it runs").store(), &params);
        assert!(report.expect("in memory").is_sound());
    }
}

#[test]
fn what_comes_of_it_can_be_spent_and_is_gone_with_it() {
    let mut world = World::new(5);
    let ([central, _], [mallory, dark]) = (world.honest, world.attackers);
    world.divides(LinkState::Cut);
    world.light_sees(&[mallory, dark]);
    world.forges(mallory, 700);
    let light = world.light;
    let to = world.alice();
    let sent = crate::common::sim::pay(&mut world.sim, light, "alice", &to, coins(705), coins(1));
    sent.expect("she thinks that she has it");
    world.sim.run_for(SOON);
    let tip = world.mines(dark, 1);
    let all = world.sim.ask(mallory, Question::Block { hash: tip.hash });
    let Ok(Reply::Block(detail)) = all else {
        panic!("{all:?}");
    };
    assert_eq!(detail.txs.len(), 2, "what she paid is in a block of theirs");
    let valid = world.mines(central, 4);
    world.divides(LinkState::Open);
    world.settles(&[mallory, dark], valid.hash);
    assert_eq!(coins_at(&world.sim, dark), coins_at(&world.sim, central));
}

#[test]
fn an_honest_node_refuses_the_block_bans_who_sends_it_and_serves_nothing_of_it() {
    let mut world = World::new(2);
    let ([central, _], [mallory, _]) = (world.honest, world.attackers);
    let before = world.tip(central);
    world.sim.take_events();
    let forged = world.forges(mallory, 500);
    assert_eq!(world.tip(mallory), forged);
    assert_eq!(world.tip(central), before);
    let refused = world.sim.take_events().into_iter().any(|(node, event)| {
        let why = match &event.kind {
            EventKind::BlockRefused { hash, why, .. } if *hash == forged.hash => why,
            _ => return false,
        };
        node == central && why == "transaction 1: input 0: the coin does not exist or is spent"
    });
    assert!(refused);
    let (from, now) = (world.sim.address(mallory.0).ip(), world.sim.now());
    let peers = world.sim.machine(central).expect("it runs").peers();
    assert!(peers.is_banned(from, now));

    let spy = Fake::connect(&mut world.sim, central, 77);
    world.sim.run_for(SOON);
    spy.is_told();
    let (start, stop) = (0, forged.hash);
    let query = ProofQuery {
        from: ProofPlace::block(0),
        stop,
    };
    for question in [
        Message::GetCFHeaders(FilterRange { start, stop }),
        Message::GetCFilters(FilterRange { start, stop }),
        Message::GetData(vec![Item::Block(stop)]),
        Message::Watch(vec![owner(ALICE)]),
        Message::GetProofs(query),
    ] {
        spy.sends(&mut world.sim, question);
    }
    world.sim.run_for(SOON);
    let missing = Message::NotFound(vec![Item::Block(stop)]);
    let told = spy.is_told();
    assert_eq!(
        told.iter().filter(|said| **said == missing).count(),
        4,
        "{told:?}"
    );
}

#[test]
fn only_an_attackers_node_forges_and_only_what_others_would_take() {
    let mut world = World::new(3);
    let ([central, _], [mallory, _]) = (world.honest, world.attackers);
    let to = world.alice();
    let forge = |amount| Command::Forge {
        to: to.clone(),
        amount,
    };
    let mut refused = |node, command| {
        let refused = world.sim.call(node, command).expect_err("refused");
        refused.words
    };
    assert_eq!(
        refused(central, forge(coins(1))),
        "central is no attacker's node: it keeps to the rules"
    );
    assert_eq!(
        refused(world.light, forge(coins(1))),
        "a light node has no blocks to build on"
    );
    assert_eq!(refused(mallory, forge(coins(0))), "nothing is to be paid");
    let words = "the forged payments of one block come to 1000000 at most";
    assert_eq!(refused(mallory, forge(coins(1_000_001))), words);
    world.does(mallory, forge(coins(999_999)));
    let refused = world.sim.call(mallory, forge(coins(2)));
    assert_eq!(refused.expect_err("with what waits").words, words);
}

#[test]
fn one_seed_has_one_history_with_an_attacker_in_it() {
    let hash = |seed| {
        let mut world = World::new(seed);
        let [mallory, _] = world.attackers;
        world.light_sees(&[mallory]);
        world.forges(mallory, 5);
        world.sim.log_hash()
    };
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}
