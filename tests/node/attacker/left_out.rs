//! Payments that an attacker's node leaves out of what it shows light nodes.

use super::{MINUTE, SOON, World};
use crate::common::peer::Fake;
use crate::common::{ALICE, BOB, coins, owner};
use chainlab::chain::{BlockFilter, FilterHeader};
use chainlab::node::NodeIx;
use chainlab::node::io::Command;
use chainlab::node::message::{FilterRange, Message, ProofPlace, ProofQuery, ProvenTx};

/// What a node proves of these to a peer that asks for all.
fn proven(world: &mut World, node: NodeIx, actor: u8, spy: u8) -> Vec<ProvenTx> {
    let fake = Fake::connect(&mut world.sim, node, spy);
    world.sim.run_for(SOON);
    let stop = world.tip(node).hash;
    let from = ProofPlace::block(0);
    fake.sends(&mut world.sim, Message::Watch(vec![owner(actor)]));
    fake.sends(
        &mut world.sim,
        Message::GetProofs(ProofQuery { from, stop }),
    );
    world.sim.run_for(SOON);
    let told = fake.is_told().into_iter();
    let proofs = told.filter_map(|message| match message {
        Message::Proofs(proofs) => Some(proofs.proven),
        _ => None,
    });
    proofs.flatten().collect()
}

fn leaves_alice_out(world: &mut World) {
    let of = world.alice();
    let [mallory, dark] = world.attackers;
    for node in [mallory, dark] {
        world.does(node, Command::LeaveOut { of: of.clone() });
    }
}

#[test]
fn it_proves_nothing_of_who_is_left_out_and_all_of_others() {
    let mut world = World::new(1);
    let ([central, _], [mallory, _]) = (world.honest, world.attackers);
    leaves_alice_out(&mut world);
    world.bob_pays(central, 3);
    world.sim.run_for(SOON);
    world.mines(central, 1);
    assert_eq!(proven(&mut world, central, ALICE, 71).len(), 2);
    assert_eq!(
        proven(&mut world, mallory, ALICE, 72).len(),
        1,
        "what it said before"
    );
    // The genesis block pays both of them.
    assert_eq!(proven(&mut world, central, BOB, 73).len(), 2);
    assert_eq!(
        proven(&mut world, mallory, BOB, 74).len(),
        1,
        "he has paid her"
    );
}

#[test]
fn its_filters_leave_out_and_its_filter_headers_fit_to_them() {
    let mut world = World::new(1);
    let ([central, _], [mallory, _]) = (world.honest, world.attackers);
    leaves_alice_out(&mut world);
    world.bob_pays(central, 3);
    world.sim.run_for(SOON);
    let stop = world.mines(central, 3).hash;
    let fake = Fake::connect(&mut world.sim, mallory, 71);
    world.sim.run_for(SOON);
    fake.is_told();
    let whole = FilterRange { start: 0, stop };
    let last = FilterRange { start: 2, stop };
    for question in [
        Message::GetCFHeaders(whole),
        Message::GetCFilters(whole),
        Message::GetCFHeaders(last),
    ] {
        fake.sends(&mut world.sim, question);
    }
    world.sim.run_for(SOON);
    let (mut headers, mut filters) = (Vec::new(), Vec::new());
    for message in fake.is_told() {
        match message {
            Message::CFHeaders(said) => headers.push(said),
            Message::CFilters(said) => filters.extend(said.filters.clone()),
            _ => {}
        }
    }
    let filter = |bytes: &[u8]| BlockFilter::from_bytes(bytes).expect("well-formed");
    let filters: Vec<BlockFilter> = filters.iter().map(|bytes| filter(bytes)).collect();
    let hashes: Vec<_> = filters.iter().map(BlockFilter::hash).collect();
    assert_eq!(headers[0].hashes, hashes);
    let before = hashes[..2]
        .iter()
        .fold(FilterHeader::ZERO, |header, hash| header.then(*hash));
    assert_eq!(
        (headers[0].previous, headers[1].previous),
        (FilterHeader::ZERO, before)
    );
    let node = world.sim.node(central).expect("it runs");
    let mut bent = 0;
    for (height, filter) in (0..).zip(&filters) {
        let id = node.chain().tree().active_at(height).expect("on the chain");
        let hash = node.chain().tree().entry(id).hash;
        let has_alice = filter.matches_any(&hash, &[owner(ALICE)]);
        assert_eq!(has_alice, height == 0, "block {height}");
        let kept = node
            .chain()
            .filter(&hash)
            .expect("in memory")
            .expect("kept");
        bent += usize::from(kept.filter != *filter);
    }
    assert_eq!(bent, 1, "that of the payment");
}

#[test]
fn a_light_node_that_knows_the_attacker_alone_sees_nothing_and_the_next_honest_peer_shows_it() {
    for seed in 1..4 {
        let mut world = World::new(seed);
        let ([central, _], [mallory, _]) = (world.honest, world.attackers);
        let had = world.alices();
        world.light_sees(&[mallory]);
        leaves_alice_out(&mut world);
        world.bob_pays(central, 3);
        world.sim.run_for(SOON);
        let tip = world.mines(central, 3);
        world.settles(&[mallory, world.light], tip.hash);
        world.sim.run_for(MINUTE);
        let info = world.light().info();
        assert_eq!(info.filters, tip.height, "nothing seems to be missing");
        assert_eq!(world.alices(), had, "seed {seed}");
        world.light_sees(&[mallory, central]);
        world.sim.run_for(3 * MINUTE);
        let (liar, now) = (world.sim.address(mallory.0).ip(), world.sim.now());
        assert!(world.light().peers().is_banned(liar, now), "seed {seed}");
        let has = had.checked_add(coins(3)).expect("small");
        assert_eq!(world.alices(), has, "seed {seed}");
    }
}
