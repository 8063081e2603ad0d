//! Blocks that come before their parents: they are not refused, and are sent once.

use crate::common::peer::{Bodies, Fake, Manners, Scene, asked_for, items, mutated};
use crate::common::sim::{agree, latency, until};
use chainlab::chain::params::Retarget;
use chainlab::chain::{BlockHash, Params};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Event, EventKind};
use chainlab::node::message::{Item, Message};
use chainlab::sim::{self, Sim};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn headers(blocks: &[Arc<chainlab::chain::Block>]) -> Message {
    Message::Headers(blocks.iter().map(|block| *block.header()).collect())
}

/// A peer that has announced a block whose parents nobody here has, and was asked for it.
fn early(scene: &mut Scene, secret: u8, last: BlockHash) -> Fake {
    let friend = Fake::connect(&mut scene.sim, scene.node, secret);
    scene.run_for(1_000);
    friend.is_told();
    friend.says(&mut scene.sim, Message::Inv(vec![Item::Block(last)]));
    friend
}

fn of_block(events: &[Event], hash: BlockHash) -> Vec<&'static str> {
    let told = events.iter().filter_map(|event| match &event.kind {
        EventKind::BlockWaits { hash: of, .. } if *of == hash => Some("waits"),
        EventKind::BlockRefused { hash: of, .. } if *of == hash => Some("refused"),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_block_that_came_before_its_parents_waits_and_is_asked_for_once() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(10);
    let last = Arc::clone(&blocks[9]);
    let friend = early(&mut scene, 50, last.hash());
    assert_eq!(asked_for(&friend.is_told()), [Item::Block(last.hash())]);
    scene.sim.take_events();
    friend.says(&mut scene.sim, Message::Block(Arc::clone(&last)));
    let events = scene.events_of(scene.node);
    assert_eq!(of_block(&events, last.hash()), ["waits"]);
    friend.is_told();

    let mut chain = scene.chain.clone();
    chain.extend_from_slice(&blocks);
    friend.change(|manners| *manners = Manners::with_chain(&chain, Bodies::Sent));
    friend.says(&mut scene.sim, headers(&blocks));
    scene.run_for(1_000);
    assert!(scene.is_synced(scene.node));
    assert_eq!(asked_for(&friend.is_told()), items(&blocks[..9]));
    let events = scene.events_of(scene.node);
    assert_eq!(of_block(&events, last.hash()), [""; 0]);
    scene.honest_shows(&blocks);
    scene.outlives(&friend);
}

#[test]
fn a_block_whose_parent_comes_as_a_block_follows_at_once() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(2);
    let friend = early(&mut scene, 50, blocks[1].hash());
    let other = early(&mut scene, 51, blocks[0].hash());
    friend.says(&mut scene.sim, Message::Block(Arc::clone(&blocks[1])));
    other.says(&mut scene.sim, Message::Block(Arc::clone(&blocks[0])));
    assert!(scene.is_synced(scene.node));
    let asked = [friend.is_told(), other.is_told()].concat();
    assert_eq!(
        asked_for(&asked),
        items(&[blocks[1].clone(), blocks[0].clone()])
    );
    scene.honest_shows(&blocks);
    scene.outlives(&friend);
}

#[test]
fn a_false_body_that_came_early_is_held_against_its_sender_and_the_true_one_is_fetched() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(2);
    let false_body = Arc::new(mutated(&blocks[1]));
    let mallory = early(&mut scene, 50, blocks[1].hash());
    let conn = mallory.at_node();
    mallory.says(&mut scene.sim, Message::Block(false_body));
    scene.honest_shows(&blocks);
    let inv = Message::Inv(vec![Item::Block(blocks[1].hash())]);
    scene.honest.says(&mut scene.sim, inv);
    scene.run_for(1_000);
    assert!(scene.is_synced(scene.node));
    scene.threw_out(&mallory, conn, "block: ");
}

#[test]
fn who_announces_a_block_that_waits_is_asked_for_what_is_below_it() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(2);
    // It has sent the block, and answers nothing any more.
    let silent = early(&mut scene, 50, blocks[1].hash());
    silent.change(|manners| manners.shows_headers = false);
    silent.says(&mut scene.sim, Message::Block(Arc::clone(&blocks[1])));
    scene.honest_shows(&blocks);
    scene.honest.is_told();
    let inv = Message::Inv(vec![Item::Block(blocks[1].hash())]);
    scene.honest.says(&mut scene.sim, inv);
    scene.run_for(1_000);
    assert!(scene.is_synced(scene.node));
    let asked = asked_for(&scene.honest.is_told());
    assert_eq!(asked, items(&blocks[..1]));
    scene.outlives(&silent);
}

#[test]
fn nothing_is_left_of_an_early_block_when_its_sender_leaves() {
    let mut scene = Scene::with_blocks(3);
    let blocks = scene.mines(2);
    let friend = early(&mut scene, 50, blocks[1].hash());
    friend.says(&mut scene.sim, Message::Block(Arc::clone(&blocks[1])));
    let conn = friend.at_node();
    friend.leaves(&mut scene.sim);
    assert!(scene.node().knows_nothing_of(conn));
    scene.honest_brings_these(&blocks);
}

/// Blocks that came before their parents.
fn count_early(events: &[(NodeIx, Event)]) -> usize {
    let is_early = |event: &Event| matches!(event.kind, EventKind::BlockWaits { .. });
    events.iter().filter(|(_, event)| is_early(event)).count()
}

/// Blocks that were told as refused, and bodies that a node was sent more than once.
fn complaints(events: Vec<(NodeIx, Event)>) -> Vec<String> {
    let mut bodies: BTreeMap<(NodeIx, Item), usize> = BTreeMap::new();
    let mut complaints = Vec::new();
    for (node, event) in events {
        match event.kind {
            EventKind::BlockRefused { hash, why, .. } => {
                complaints.push(format!("{node:?} refused {}: {why}", hash.short()));
            }
            EventKind::MessageReceived {
                command,
                item: Some(item @ Item::Block(_)),
                ..
            } if command == "block" => *bodies.entry((node, item)).or_default() += 1,
            _ => {}
        }
    }
    let twice = bodies.into_iter().filter(|(_, count)| *count > 1);
    complaints.extend(twice.map(|(what, count)| format!("{what:?} was sent {count} times")));
    complaints
}

#[test]
fn after_a_heal_no_block_is_told_as_refused_or_sent_twice() {
    let mut early = 0;
    // What east has of north, west has from north later, and what east finds on top of it sooner.
    let links = [(0, 1, 400), (0, 2, 500), (1, 2, 20)];
    let params = Params {
        retarget: Retarget::Fixed,
        ..sim::params()
    };
    for seed in 0..3 {
        let mut sim = Sim::new(seed, params.clone());
        sim.set_default_link(latency(50));
        for (one, other, ms) in links {
            sim.set_link(NodeIx(one), NodeIx(other), latency(ms));
            sim.set_link(NodeIx(other), NodeIx(one), latency(ms));
        }
        let mut nodes: Vec<NodeIx> = Vec::new();
        for (name, hashrate) in [("north", 20_000.0), ("east", 12_000.0), ("west", 8_000.0)] {
            let mut config = sim.config(name);
            (config.mining, config.hashrate) = (MiningMode::On, hashrate);
            config.wallets = vec!["till".to_owned()];
            config.connect = nodes.iter().map(|ix| sim.address(ix.0)).collect();
            config.outbound = 0;
            nodes.push(sim.add_node(config).expect("a network"));
        }
        sim.run_for(MINUTE);
        sim.record_events();
        for _ in 0..10 {
            // So short that nobody who was asked for a block is late with it.
            for state in [LinkState::BlackHole, LinkState::Open] {
                for other in &nodes[..2] {
                    sim.set_link_state(*other, nodes[2], state);
                }
                sim.run_for(Duration::from_secs(3));
            }
            sim.run_for(MINUTE);
        }
        until(&mut sim, 20 * MINUTE, "one chain", |sim| agree(sim, &nodes));
        // Who comes late catches up while blocks are found.
        let mut config = sim.config("late");
        config.connect = nodes.iter().map(|ix| sim.address(ix.0)).collect();
        nodes.push(sim.add_node(config).expect("a network"));
        sim.run_for(5 * MINUTE);
        let events = sim.take_events();
        early += count_early(&events);
        assert_eq!(complaints(events), [""; 0], "seed {seed}");
    }
    assert!(early > 5, "{early}");
}
