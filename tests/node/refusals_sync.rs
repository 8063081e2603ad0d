//! Refused, network: headers and blocks out of order, and peers that lie, stall or leave while a
//! chain is fetched from several of them. Times are virtual.

use crate::common::peer::{Bodies, Fake, Manners, Scene, asked_for, items};
use crate::common::sim::latency;
use crate::common::{ALICE, BOB, genesis_coin, pay};
use chainlab::chain::key::Signature;
use chainlab::chain::{Block, BlockHash};
use chainlab::node::io::ConnId;
use chainlab::node::message::{Item, Message};
use chainlab::node::{EventKind, NodeIx};
use chainlab::sim;
use std::sync::Arc;
use std::time::Duration;

const MALLORY: u8 = 66;

/// Blocks of the longer syncs.
const LONG: usize = 600;

fn mallory(scene: &mut Scene) -> Fake {
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    scene.run_for(1_000);
    mallory.is_told();
    mallory
}

fn headers(blocks: &[Arc<Block>]) -> Message {
    Message::Headers(blocks.iter().map(|block| *block.header()).collect())
}

/// A node that just started, next to the one that is attacked; it knows nobody.
fn newcomer(scene: &mut Scene) -> NodeIx {
    let mut config = scene.sim.config("newcomer");
    config.outbound = 0;
    let ix = scene.sim.add_node(config).expect("a network");
    scene.sim.run_for(Duration::from_millis(10));
    ix
}

/// Everybody dials the newcomer; every link has a round trip of 40 ms.
fn all_dial(scene: &mut Scene, crowd: &[Fake], to: NodeIx) {
    for fake in crowd {
        scene.sim.set_link(fake.ix, to, latency(20));
        scene.sim.set_link(to, fake.ix, latency(20));
        let addr = scene.sim.address(to.0);
        scene.sim.act(fake.ix, chainlab::node::Output::Dial(addr));
    }
}

fn crowd(scene: &mut Scene, manners: Vec<Manners>) -> Vec<Fake> {
    let numbered = (100..).zip(manners);
    numbered
        .map(|(secret, manners)| Fake::new(&mut scene.sim, secret, manners))
        .collect()
}

#[test]
fn headers_that_arrive_newest_first() {
    let mut scene = Scene::with_blocks(3);
    let friend = mallory(&mut scene);
    let conn = friend.at_node();
    let blocks = scene.mines(10);
    for block in blocks.iter().rev() {
        friend.says(&mut scene.sim, headers(std::slice::from_ref(block)));
        assert_eq!(
            scene.node().chain().tip().height,
            3,
            "never before the ancestors"
        );
    }
    let mut backwards = blocks.clone();
    backwards.reverse();
    friend.says(&mut scene.sim, headers(&backwards));
    assert_eq!(scene.node().chain().tip().height, 3);
    // That is a nuisance, and no more; the right order is taken from the same peer.
    assert!(scene.score_of(conn).is_some_and(|score| score > 0));
    friend.says(&mut scene.sim, headers(&blocks));
    let mut asked = asked_for(&friend.is_told());
    asked.sort_unstable();
    let mut missing = items(&blocks);
    missing.sort_unstable();
    assert_eq!(asked, missing);
    for block in blocks.iter().rev() {
        assert_eq!(scene.node().chain().tip().height, 3);
        friend.says(&mut scene.sim, Message::Block(Arc::clone(block)));
    }
    assert_eq!(
        scene.node().chain().tip().height,
        13,
        "with the last that was missing"
    );
    scene.honest_shows(&blocks);
    scene.outlives(&friend);
}

#[test]
fn headers_with_gaps() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    let mut blocks = scene.mines(10);
    let whole = blocks.clone();
    blocks.remove(4);
    let before = scene.node().chain().tree().len();
    let mut says = 0;
    while mallory.is_connected() {
        mallory.says(&mut scene.sim, headers(&blocks));
        says += 1;
        assert!(says <= 60, "a nuisance that ends");
        assert!(
            scene.node().chain().tree().len() <= before + 4,
            "as far as they hold"
        );
        assert_eq!(scene.node().chain().tip().height, 3);
    }
    scene.honest_shows(&whole);
    scene.threw_out(&mallory, conn, "headers that ");
}

#[test]
fn headers_that_build_on_nothing() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    let mut elsewhere = scene.miner.clone();
    elsewhere.cursor.hash = BlockHash([9; 32]);
    let astray = Arc::new(elsewhere.mine(vec![]));
    for _ in 0..50 {
        mallory.says(&mut scene.sim, headers(std::slice::from_ref(&astray)));
    }
    scene.threw_out(&mallory, conn, "headers that build on nothing known");
}

#[test]
fn a_block_without_its_parent_is_not_the_tip_and_its_ancestors_are_fetched() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(10);
    let last = Arc::clone(&blocks[9]);
    let mut chain = scene.chain.clone();
    chain.extend_from_slice(&blocks);
    let friend = mallory(&mut scene);
    friend.says(&mut scene.sim, Message::Inv(vec![Item::Block(last.hash())]));
    assert_eq!(asked_for(&friend.is_told()), [Item::Block(last.hash())]);
    friend.says(&mut scene.sim, Message::Block(last));
    assert_eq!(scene.node().chain().tip().height, 3);
    let told = friend.is_told();
    assert!(matches!(told[..], [Message::GetHeaders(_)]), "{told:?}");
    // It has the rest, and sends bodies newest first.
    friend.change(|manners| *manners = Manners::with_chain(&chain, Bodies::LastFirst));
    friend.says(&mut scene.sim, headers(&blocks));
    scene.run_for(1_000);
    assert!(scene.is_synced(scene.node));
    scene.honest_shows(&blocks);
    scene.outlives(&friend);
}

#[test]
fn bodies_that_arrive_newest_first_never_move_the_tip_before_its_ancestors() {
    let mut scene = Scene::with_blocks(LONG);
    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let manners = (0..3).map(|_| Manners::with_chain(&chain, Bodies::LastFirst));
    let crowd = crowd(&mut scene, manners.collect());
    scene.sim.take_events();
    all_dial(&mut scene, &crowd, ix);
    scene.until(Duration::from_secs(10), |scene| scene.is_synced(ix));
    // Every tip that there was built on the one before.
    let mut height = 0;
    for event in scene.events_of(ix) {
        if let EventKind::TipChanged { tip, blocks, .. } = event.kind {
            height += u32::try_from(blocks).expect("few");
            assert_eq!(tip.height, height);
        }
    }
    assert_eq!(height, scene.miner.cursor.height);
    crate::common::sound(scene.sim.node(ix).expect("it runs").chain());
}

/// How long it takes a newcomer to get [`LONG`] blocks from two honest peers and one other, of
/// whom it also learns last; the honest two are not punished.
fn sync_beside(other: impl Fn(&[Arc<Block>]) -> Manners, first: bool) -> (Scene, NodeIx, Duration) {
    let mut scene = Scene::with_blocks(LONG);
    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let honest = || Manners::with_chain(&chain, Bodies::Sent);
    let mut manners = vec![honest(), honest()];
    manners.insert(if first { 0 } else { 2 }, other(&chain));
    let crowd = crowd(&mut scene, manners);
    scene.sim.take_events();
    all_dial(&mut scene, &crowd, ix);
    let took = scene.until(Duration::from_secs(60), |scene| scene.is_synced(ix));
    for (at, fake) in crowd.iter().enumerate() {
        if at == if first { 0 } else { 2 } {
            continue;
        }
        assert_eq!(fake.connections(), 1);
        let conn = fake.at_node();
        let node = scene.sim.node(ix).expect("it runs");
        let peer = node.peers().info(conn).expect("nobody threw it out");
        assert_eq!(peer.score, 0);
    }
    crate::common::sound(scene.sim.node(ix).expect("it runs").chain());
    let liar = &crowd[if first { 0 } else { 2 }];
    let seat = liar.conn().map(|conn| ConnId(conn.0 ^ 1));
    liar.leaves(&mut scene.sim);
    scene.run_for(1_000);
    if let Some(seat) = seat {
        assert!(scene.sim.node(ix).expect("it runs").knows_nothing_of(seat));
    }
    (scene, ix, took)
}

fn in_time(other: impl Fn(&[Arc<Block>]) -> Manners, most: Duration) -> (Scene, NodeIx) {
    let mut last = None;
    for first in [true, false] {
        let (scene, ix, took) = sync_beside(&other, first);
        assert!(took <= most, "{took:?}");
        last = Some((scene, ix));
    }
    last.expect("two rounds")
}

#[test]
fn a_sync_from_three_honest_peers_takes_seconds() {
    let honest = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::Sent);
    in_time(honest, Duration::from_secs(2));
}

#[test]
fn a_sync_beside_one_who_sends_mutated_bodies() {
    let liar = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::Mutated);
    let (mut scene, ix) = in_time(liar, Duration::from_secs(3));
    let refused = scene
        .events_of(ix)
        .into_iter()
        .any(|event| match event.kind {
            EventKind::PeerDown { why, .. } => why.starts_with("misbehaved: block: "),
            _ => false,
        });
    assert!(refused, "the liar was found out");
}

#[test]
fn a_sync_beside_one_who_takes_getdata_and_never_answers() {
    let stalls = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::Ignored);
    in_time(stalls, Duration::from_secs(8));
}

#[test]
fn a_sync_beside_one_who_leaves_in_the_middle() {
    let leaves = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::LeavesAfter(40));
    in_time(leaves, Duration::from_secs(3));
}

#[test]
fn a_sync_beside_one_who_has_nothing_of_what_it_showed() {
    let notfound = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::NotFound);
    in_time(notfound, Duration::from_secs(3));
}

/// Never silent for long enough to count as stalled.
#[test]
fn a_sync_beside_one_who_sends_a_block_now_and_then() {
    let pause = Duration::from_secs(4);
    let drips = |chain: &[Arc<Block>]| Manners::with_chain(chain, Bodies::OneEach(pause));
    in_time(drips, Duration::from_secs(22));
}

#[test]
fn a_sync_beside_one_who_claims_a_long_chain_and_shows_nothing() {
    let claims = |_: &[Arc<Block>]| Manners {
        claims: 1_000_000,
        shows_headers: false,
        ..Manners::default()
    };
    in_time(claims, Duration::from_secs(3));
}

/// One of them after the other is waited for, if the node is patient with each.
#[test]
fn a_long_sync_behind_five_who_claim_a_long_chain_and_answer_nothing() {
    let mut scene = Scene::with_blocks(2_500);
    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let claims = Manners {
        claims: 1_000_000,
        shows_headers: false,
        ..Manners::default()
    };
    let mut manners = vec![claims; 5];
    manners.push(Manners::with_chain(&chain, Bodies::Sent));
    let crowd = crowd(&mut scene, manners);
    all_dial(&mut scene, &crowd, ix);
    let took = scene.until(Duration::from_secs(120), |scene| scene.is_synced(ix));
    assert!(took <= Duration::from_secs(25), "{took:?}");
    assert!(crowd[5].is_connected());
}

#[test]
fn who_claims_a_long_chain_and_shows_nothing_does_not_keep_transactions_out() {
    let mut scene = Scene::with_blocks(3);
    let claims = Manners {
        claims: 1_000_000,
        shows_headers: false,
        ..Manners::default()
    };
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, claims);
    let params = scene.sim.params().clone();
    let coin = genesis_coin(&params, ALICE);
    let tx = pay(&params, ALICE, &[coin], &[(BOB, 900_000_000)]);
    let news = Message::Inv(vec![Item::Tx(tx.txid())]);
    scene.honest.is_told();
    scene.honest.says(&mut scene.sim, news);
    let asked = asked_for(&scene.honest.is_told());
    assert_eq!(asked, [Item::Tx(tx.txid())]);
    scene
        .honest
        .says(&mut scene.sim, Message::Tx(Arc::new(tx.clone())));
    assert!(scene.node().mempool().contains(&tx.txid()));
    scene.outlives(&mallory);
}

/// All of the above at once, and one honest peer.
#[test]
fn a_sync_from_one_honest_peer_among_many_others() {
    let mut scene = Scene::with_blocks(LONG);
    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let manners = [
        Bodies::Mutated,
        Bodies::Ignored,
        Bodies::NotFound,
        Bodies::LeavesAfter(7),
        Bodies::Ignored,
        Bodies::LastFirst,
        Bodies::Sent,
    ];
    let manners = manners.map(|bodies| Manners::with_chain(&chain, bodies));
    let crowd = crowd(&mut scene, manners.to_vec());
    all_dial(&mut scene, &crowd, ix);
    let took = scene.until(Duration::from_secs(60), |scene| scene.is_synced(ix));
    assert!(took <= Duration::from_secs(15), "{took:?}");
    assert!(crowd[6].is_connected());
    crate::common::sound(scene.sim.node(ix).expect("it runs").chain());
}

/// The one that all the bodies of a window wait for.
#[test]
fn one_block_that_only_one_peer_does_not_send() {
    let mut scene = Scene::with_blocks(LONG);
    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let mut holed = chain.clone();
    holed.remove(5);
    let withholds = Manners {
        chain: holed,
        shows_headers: false,
        ..Manners::with_chain(&chain, Bodies::Sent)
    };
    let withholder = crowd(&mut scene, vec![withholds]).remove(0);
    all_dial(&mut scene, std::slice::from_ref(&withholder), ix);
    scene.run_for(500);
    withholder.says(&mut scene.sim, headers(&chain));
    scene.run_for(1_000);
    let height = scene.sim.node(ix).expect("it runs").chain().tip().height;
    assert_eq!(height, 5);
    let honest = Fake::new(
        &mut scene.sim,
        101,
        Manners::with_chain(&chain, Bodies::Sent),
    );
    all_dial(&mut scene, std::slice::from_ref(&honest), ix);
    let took = scene.until(Duration::from_secs(60), |scene| scene.is_synced(ix));
    assert!(took <= Duration::from_secs(10), "{took:?}");
}

/// A branch with more headers than the honest one, and in its middle a payment that is not signed
/// by its owner.
#[test]
fn a_longer_branch_with_an_invalid_signature_in_the_middle() {
    let mut scene = Scene::with_blocks(30);
    let params = scene.sim.params().clone();
    let coin = genesis_coin(&params, ALICE);
    let mut theft = pay(&params, ALICE, &[coin], &[(BOB, 900_000_000)]);
    let other = pay(&params, ALICE, &[coin], &[(BOB, 800_000_000)]);
    theft.inputs[0].signature = other.inputs[0].signature;
    assert_ne!(theft.inputs[0].signature, Signature::NONE);
    let mut rival = crate::common::Miner::new(&params).rival(7);
    let mut branch = rival.mine_empty(15);
    branch.push(rival.mine(vec![theft]));
    branch.extend(rival.mine_empty(25));
    let branch: Vec<_> = branch.into_iter().map(Arc::new).collect();

    let chain = scene.chain.clone();
    let ix = newcomer(&mut scene);
    let liar = Manners::with_chain(&branch, Bodies::Sent);
    let honest = Manners::with_chain(&chain, Bodies::Sent);
    let crowd = crowd(&mut scene, vec![liar, honest.clone(), honest]);
    scene.sim.take_events();
    all_dial(&mut scene, &crowd, ix);
    let took = scene.until(Duration::from_secs(60), |scene| scene.is_synced(ix));
    assert!(took <= Duration::from_secs(3), "{took:?}");
    for honest in &crowd[1..] {
        let node = scene.sim.node(ix).expect("it runs");
        assert_eq!(
            node.peers().info(honest.at_node()).map(|p| p.score),
            Some(0)
        );
    }
    let refused = scene.events_of(ix).into_iter().filter(|event| {
        matches!(&event.kind, EventKind::BlockRefused { hash, .. } if *hash == branch[15].hash())
    });
    assert!(refused.count() >= 1);
    crate::common::sound(scene.sim.node(ix).expect("it runs").chain());
}

#[test]
fn equal_heights_on_different_branches_are_exchanged_and_settle_at_the_next_block() {
    let mut scene = Scene::with_blocks(5);
    let other = newcomer(&mut scene);
    let (mut left, mut right) = (scene.miner.rival(1), scene.miner.rival(2));
    let (a, b) = (Arc::new(left.mine(vec![])), Arc::new(right.mine(vec![])));
    let mut theirs = scene.chain.clone();
    theirs.push(Arc::clone(&b));
    let friend = Fake::new(
        &mut scene.sim,
        101,
        Manners::with_chain(&theirs, Bodies::Sent),
    );
    all_dial(&mut scene, std::slice::from_ref(&friend), other);
    scene.run_for(2_000);
    scene.miner = left;
    scene.honest_shows(&[Arc::clone(&a)]);
    let news = Message::Inv(vec![Item::Block(a.hash())]);
    scene.honest.says(&mut scene.sim, news);
    let tips = |scene: &Scene| {
        [scene.node, other].map(|ix| scene.sim.node(ix).expect("it runs").chain().tip().hash)
    };
    assert_eq!(tips(&scene), [a.hash(), b.hash()]);

    // Now they meet.
    let addr = scene.sim.address(other.0);
    let command = chainlab::node::Command::AddPeer(addr);
    scene.sim.call(scene.node, command).expect("an address");
    scene.run_for(5_000);
    assert_eq!(tips(&scene), [a.hash(), b.hash()], "first seen");
    for (ix, block) in [(scene.node, &b), (other, &a)] {
        let chain = scene.sim.node(ix).expect("it runs").chain();
        assert!(
            chain.body(&block.hash()).expect("readable").is_some(),
            "they exchanged them"
        );
    }
    let next = Arc::new(right.mine(vec![]));
    friend.change(|manners| manners.chain.push(Arc::clone(&next)));
    friend.says(&mut scene.sim, Message::Inv(vec![Item::Block(next.hash())]));
    scene.run_for(1_000);
    assert_eq!(tips(&scene), [next.hash(); 2]);
    let reorganised = scene
        .events_of(scene.node)
        .into_iter()
        .any(|event| matches!(event.kind, EventKind::Reorganised { depth: 1, .. }));
    assert!(reorganised);
}

/// With the difficulty of [`sim::params`], a block that comes early makes the next one harder.
#[test]
fn equal_heights_with_unequal_work_settle_at_once() {
    let mut scene = Scene::of(sim::params(), |_| {});
    let branch = |scene: &Scene, tag: u64, pause_ms: u64| {
        let mut miner = scene.miner.rival(tag);
        let mut blocks = Vec::new();
        for _ in 0..6 {
            let block = miner.block(vec![], |_| {});
            let mut header = *block.header();
            header.time = miner.cursor.time.saturating_add_ms(pause_ms);
            let block = Block::new(crate::common::solve(header), block.txs().to_vec());
            miner.step(&block);
            blocks.push(Arc::new(block));
        }
        (miner, blocks)
    };
    let (quick, hard) = branch(&scene, 1, 2_000);
    let (slow, easy) = branch(&scene, 2, 20_000);
    assert_eq!(quick.cursor.height, slow.cursor.height);
    assert!(quick.cursor.work > slow.cursor.work);

    let other = newcomer(&mut scene);
    let friend = Fake::new(
        &mut scene.sim,
        101,
        Manners::with_chain(&hard, Bodies::Sent),
    );
    all_dial(&mut scene, std::slice::from_ref(&friend), other);
    scene.run_for(2_000);
    scene.honest_shows(&easy);
    scene.miner = slow;
    let news = Message::Inv(vec![Item::Block(easy[5].hash())]);
    scene.honest.says(&mut scene.sim, news);
    scene.run_for(1_000);
    assert!(
        scene.is_synced(scene.node),
        "nobody has shown it anything better"
    );
    let command = chainlab::node::Command::AddPeer(scene.sim.address(other.0));
    scene.sim.call(scene.node, command).expect("an address");
    scene.run_for(2_000);
    scene.miner = quick;
    assert!(scene.is_synced(other) && scene.is_synced(scene.node));
}
