//! Small stories of a node among peers, in virtual time.

use crate::common::peer::{Bodies, Fake, Manners, Scene, asked_for};
use crate::common::{ALICE, BOB, Miner, genesis_coin, pay};
use chainlab::node::io::{Command, Reply};
use chainlab::node::message::{Item, Message};
use chainlab::sim::{self, Sim};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn three_who_ask_for_a_block_at_once_get_three_blocks() {
    let mut sim = Sim::new(1, sim::params());
    let node = sim.config("lone");
    let node = sim.add_node(node).expect("a network");
    let asked = [(); 3].map(|()| sim.command(node, Command::MineNow));
    sim.run_for(Duration::from_secs(60));
    let heights = asked.map(|id| match sim.take_reply(id) {
        Some(Ok(Reply::Mined { block, .. })) => block.height,
        other => panic!("no block: {other:?}"),
    });
    assert_eq!(heights, [1, 2, 3]);
    let snapshot = sim.node(node).expect("it runs").snapshot(sim.now());
    assert_eq!(snapshot.tip.height, 3, "and no fourth");
    assert_eq!(snapshot.wallets[0].name, "lone");
}

#[test]
fn who_shows_better_headers_and_withholds_the_bodies_does_not_silence_a_node() {
    let mut scene = Scene::with_blocks(5);
    let params = scene.sim.params().clone();
    let longer = Miner::new(&params).rival(5).mine_empty(40);
    let longer: Vec<_> = longer.into_iter().map(Arc::new).collect();
    let manners = Manners::with_chain(&longer, Bodies::Ignored);
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, 1, manners);
    let observer = Fake::connect(&mut scene.sim, scene.node, 2);
    scene.run_for(6_000);
    assert_eq!(
        scene
            .node()
            .snapshot(scene.sim.now())
            .sync
            .map(|sync| sync.target),
        Some(40)
    );
    observer.is_told();
    scene.honest_brings(1);
    scene.run_for(1_000);
    let news = Message::Inv(vec![Item::Block(scene.tip())]);
    assert!(observer.is_told().contains(&news));
    assert_eq!(
        scene.score_of(mallory.at_node()),
        Some(0),
        "that is no crime"
    );
}

#[test]
fn who_shows_the_same_headers_again_and_again_is_not_asked_for_more() {
    let mut scene = Scene::with_blocks(5);
    let params = scene.sim.params().clone();
    let branch = Miner::new(&params).rival(5).mine_empty(2_000);
    let headers: Vec<_> = branch.iter().map(|block| *block.header()).collect();
    let mallory = Fake::connect(&mut scene.sim, scene.node, 1);
    for round in 0..5 {
        mallory.is_told();
        mallory.says(&mut scene.sim, Message::Headers(headers.clone()));
        scene.run_for(500);
        let told = mallory.is_told();
        let asked = told
            .iter()
            .filter(|message| matches!(message, Message::GetHeaders(_)));
        assert_eq!(asked.count(), usize::from(round == 0), "round {round}");
    }
    scene.outlives(&mallory);
}

#[test]
fn who_owes_blocks_and_sends_none_is_not_asked_for_more_until_it_sends_one() {
    let mut scene = Scene::with_blocks(1);
    let params = scene.sim.params().clone();
    let branch = Miner::new(&params).rival(5).mine_empty(80);
    let branch: Vec<_> = branch.into_iter().map(Arc::new).collect();
    let manners = Manners::with_chain(&branch[..60], Bodies::Ignored);
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, 1, manners);
    scene.run_for(6_000);
    let peers = scene.snapshot().peers;
    let owed: usize = peers.iter().map(|peer| peer.blocks_in_flight).sum();
    assert_eq!(owed, 60);
    mallory.is_told();
    let more: Vec<_> = branch[60..].iter().map(|block| *block.header()).collect();
    mallory.says(&mut scene.sim, Message::Headers(more));
    scene.run_for(30_000);
    assert_eq!(asked_for(&mallory.is_told()), []);
    mallory.says(&mut scene.sim, Message::Block(Arc::clone(&branch[0])));
    assert_eq!(asked_for(&mallory.is_told()).len(), 20);
}

#[test]
fn a_payment_that_a_block_brought_is_not_asked_for_again() {
    let mut scene = Scene::with_blocks(1);
    let params = scene.sim.params().clone();
    let purse = genesis_coin(&params, ALICE);
    let paid = pay(&params, ALICE, &[purse], &[(BOB, 400)]);
    let txid = paid.txid();
    let block = Arc::new(scene.miner.mine(vec![paid]));
    scene.honest_brings_these(&[block]);
    let late = Fake::connect(&mut scene.sim, scene.node, 1);
    late.is_told();
    late.says(&mut scene.sim, Message::Inv(vec![Item::Tx(txid)]));
    assert_eq!(asked_for(&late.is_told()), []);
}
