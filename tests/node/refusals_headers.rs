//! Refused, network: a flood of cheap side headers. What is kept of it is bounded, and an honest
//! longer branch still wins afterwards, from wherever it starts.

use crate::common::Miner;
use crate::common::peer::{Bodies, Fake, Manners, Scene};
use chainlab::chain::Block;
use chainlab::chain::headers::{SIDE_HEADERS_MAX, SIDE_HEADERS_PER_PEER_MAX};
use chainlab::node::EventKind;
use chainlab::node::message::{HEADERS_MAX, Item, Message};
use std::sync::Arc;
use std::time::Duration;

/// Connections of the flood.
const CROWD: u8 = 12;

/// Branches that each sends, and headers of one: 2 500 in all, and 30 000 of all.
const BRANCHES: u64 = 20;
const BRANCH_LEN: usize = 125;

/// A miner who builds on the block at `height` of a scene's chain.
fn miner_at(scene: &Scene, height: usize) -> Miner {
    let params = scene.sim.params().clone();
    let mut miner = Miner::new(&params);
    for block in &scene.chain[..height] {
        miner.step(block);
    }
    miner
}

/// Fills a node with headers that have less work than its chain, and returns who did.
fn flood(scene: &mut Scene) -> Vec<Fake> {
    let fork = miner_at(scene, scene.chain.len() - BRANCH_LEN - 10);
    let mut crowd = Vec::new();
    for secret in 1..=CROWD {
        let mallory = Fake::connect(&mut scene.sim, scene.node, secret);
        for number in 0..BRANCHES {
            let mut miner = fork.rival(1_000 * u64::from(secret) + number);
            let branch = miner.mine_empty(BRANCH_LEN);
            let headers = branch.iter().map(|block| *block.header()).collect();
            mallory.says(&mut scene.sim, Message::Headers(headers));
        }
        let kept = scene.node().chain().tree().side_len();
        assert!(kept <= SIDE_HEADERS_MAX, "{kept}");
        assert!(
            kept <= SIDE_HEADERS_PER_PEER_MAX * usize::from(secret),
            "{kept}"
        );
        crowd.push(mallory);
    }
    let kept = scene.node().chain().tree().side_len();
    assert!(kept > SIDE_HEADERS_MAX / 2, "the flood came in: {kept}");
    scene.serves();
    crowd
}

/// A branch of so many blocks from `height` on is shown by somebody new, and becomes the chain.
fn branch_wins(scene: &mut Scene, height: usize, len: usize) -> Duration {
    let mut miner = miner_at(scene, height).rival(9);
    let branch: Vec<Arc<Block>> = miner.mine_empty(len).into_iter().map(Arc::new).collect();
    let depth = scene.chain.len() - height;
    assert!(len > depth);
    let mut chain = scene.chain[..height].to_vec();
    chain.extend_from_slice(&branch);
    scene.sim.take_events();
    let manners = Manners::with_chain(&chain, Bodies::Sent);
    let winner = Fake::connect_with(&mut scene.sim, scene.node, 99, manners);
    scene.miner = miner.rival(0);
    let node = scene.node;
    let took = scene.until(Duration::from_secs(120), |scene| scene.is_synced(node));
    let left = scene
        .events_of(node)
        .into_iter()
        .find_map(|event| match event.kind {
            EventKind::Reorganised { depth, .. } => Some(depth),
            _ => None,
        });
    assert_eq!(left, Some(depth));
    assert_eq!(scene.score_of(winner.at_node()), Some(0));
    scene.chain = chain.clone();
    scene.honest.change(|manners| manners.chain = chain);
    scene.outlives(&winner);
    took
}

#[test]
fn an_honest_longer_branch_of_a_thousand_blocks_wins_after_a_flood_of_side_headers() {
    let mut scene = Scene::with_blocks(1_000);
    let crowd = flood(&mut scene);
    let height = scene.chain.len() - 900;
    let took = branch_wins(&mut scene, height, 1_000);
    assert!(took <= Duration::from_secs(5), "{took:?}");
    for mallory in crowd.iter().filter(|mallory| mallory.is_connected()) {
        scene.outlives(mallory);
    }
}

/// Each of its messages alone has less work than the chain, by far.
#[test]
fn a_longer_branch_that_starts_far_back_and_comes_in_several_messages_wins_after_a_flood() {
    let mut scene = Scene::with_blocks(3_000);
    flood(&mut scene);
    let len = scene.chain.len() - 500 + 100;
    assert!(len > HEADERS_MAX);
    let took = branch_wins(&mut scene, 500, len);
    assert!(took <= Duration::from_secs(5), "{took:?}");
}

#[test]
fn who_shows_a_far_branch_that_never_gets_longer_is_forgotten() {
    let mut scene = Scene::with_blocks(3_000);
    let mut miner = miner_at(&scene, 100).rival(9);
    let branch: Vec<Arc<Block>> = miner.mine_empty(2_500).into_iter().map(Arc::new).collect();
    let mut chain = scene.chain[..100].to_vec();
    chain.extend(branch);
    let before = scene.node().chain().tree().len();
    let manners = Manners::with_chain(&chain, Bodies::Sent);
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, 66, manners);
    scene.run_for(200_000);
    assert_eq!(
        scene.node().chain().tree().len(),
        before,
        "nothing of it is kept"
    );
    assert!(mallory.is_connected(), "it is a branch like any other");
    let tip = Item::Block(chain.last().expect("some").hash());
    mallory.says(&mut scene.sim, Message::Inv(vec![tip]));
    scene.run_for(5_000);
    assert_eq!(scene.node().chain().tree().len(), before);
    scene.outlives(&mallory);
}
