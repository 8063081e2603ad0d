//! Refused, network: peers that never read, never answer, or flood; and not refused: peers that
//! are merely slow. Times are virtual.

use crate::common::peer::{Bodies, Fake, Manners, Scene, items, nothing};
use crate::common::sim::latency;
use crate::common::{ALICE, BOB, genesis_coin, owner, sign, units, unsigned};
use chainlab::chain::tx::TxOut;
use chainlab::chain::{Block, BlockHash, Txid};
use chainlab::link::{Conditions, LinkState};
use chainlab::node::io::ConnId;
use chainlab::node::message::{HEADERS_MAX, Item, LOCATOR_MAX, Locator, Message};
use chainlab::node::{Node, NodeIx, serve};
use chainlab::sim::SimStore;
use std::sync::Arc;
use std::time::Duration;

const MALLORY: u8 = 66;

/// Outputs of the payment that makes a block a large one: about 20 kB.
const CHUNKS: usize = 700;

/// What a node may have unsent to one peer: its limit, and the one message that went beyond.
const UNSENT_MOST: u64 = serve::UNSENT_MAX + 250_000;

/// A node with so many blocks of 20 kB each.
fn with_large_blocks(count: usize) -> Scene {
    let mut scene = Scene::new();
    let params = scene.sim.params().clone();
    let mut coin = genesis_coin(&params, ALICE);
    let chunk = TxOut {
        amount: units(1),
        owner: owner(BOB),
    };
    let mut blocks: Vec<Arc<Block>> = Vec::new();
    for _ in 0..count {
        let rest = coin.1.amount.units() - u64::try_from(CHUNKS).expect("few");
        let mut tx = unsigned(&[coin], &[(ALICE, rest)]);
        tx.outputs.extend(vec![chunk; CHUNKS]);
        sign(&params, &mut tx, ALICE, &[coin]);
        let block = scene.miner.mine(vec![tx]);
        coin = crate::common::made_by(&block, 1, scene.miner.cursor.height)[0];
        blocks.push(Arc::new(block));
    }
    let tip = blocks.last().expect("some").hash();
    scene.honest_shows(&blocks);
    let news = Message::Inv(vec![Item::Block(tip)]);
    scene.honest.says(&mut scene.sim, news);
    scene.run_for(5_000);
    assert!(scene.is_synced(scene.node));
    scene
}

fn narrow(bytes_a_second: u64) -> Conditions {
    Conditions {
        bandwidth: Some(bytes_a_second),
        ..latency(20)
    }
}

fn node_of(scene: &Scene, ix: NodeIx) -> &Node<SimStore> {
    scene.sim.node(ix).expect("it runs")
}

#[test]
fn five_hundred_bodies_asked_by_a_slow_honest_peer_are_served_at_its_pace() {
    let mut scene = with_large_blocks(500);
    let chain = scene.chain.clone();
    let bytes: usize = chain.iter().map(|block| block.encoded_len()).sum();
    assert!(bytes > 8_000_000, "{bytes}");
    let slow = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = slow.at_node();
    scene.sim.set_link(scene.node, slow.ix, narrow(50_000));
    slow.says(&mut scene.sim, Message::GetData(items(&chain)));
    let mut received = Vec::new();
    let mut seconds = 0;
    while received.len() < chain.len() {
        scene.run_for(1_000);
        seconds += 1;
        assert!(seconds < 400, "{} after {seconds} s", received.len());
        let peer = scene.peer(conn).expect("nobody drops who is slow");
        assert!(peer.unsent_bytes <= UNSENT_MOST, "{}", peer.unsent_bytes);
        received.extend(
            slow.is_told()
                .into_iter()
                .filter_map(|message| match message {
                    Message::Block(block) => Some(block),
                    _ => None,
                }),
        );
    }
    assert!(
        received
            .iter()
            .zip(&chain)
            .all(|(a, b)| a.hash() == b.hash())
    );
    assert_eq!(scene.score_of(conn), Some(0));
    scene.outlives(&slow);
}

/// Two megabytes that are on their way take longer here than anybody waits for a pong.
#[test]
fn a_node_on_a_very_slow_link_is_not_dropped_while_it_catches_up() {
    let mut scene = with_large_blocks(150);
    let mut config = scene.sim.config("slow");
    config.connect = vec![scene.sim.address(scene.node.0)];
    let slow = scene.sim.add_node(config).expect("a network");
    scene.sim.set_link(scene.node, slow, narrow(8_000));
    scene.sim.set_link(slow, scene.node, narrow(8_000));
    scene.sim.take_events();
    scene.until(Duration::from_secs(900), |scene| scene.is_synced(slow));
    assert_eq!(scene.reasons(), [], "one connection all the time");
    let scores: Vec<u32> = node_of(&scene, slow)
        .peers()
        .ready()
        .filter_map(|(conn, _)| node_of(&scene, slow).peers().info(conn))
        .map(|peer| peer.score)
        .collect();
    assert!(!scores.is_empty() && scores.iter().all(|score| *score == 0));
    scene.serves();
}

#[test]
fn a_peer_that_never_reads_is_given_up() {
    let mut scene = with_large_blocks(200);
    let chain = scene.chain.clone();
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = mallory.at_node();
    let hole = Conditions::default().in_state(LinkState::BlackHole);
    scene.sim.set_link(scene.node, mallory.ix, hole);
    mallory.says(&mut scene.sim, Message::GetData(items(&chain)));
    let unsent = scene.peer(conn).expect("for now").unsent_bytes;
    assert!(
        (serve::UNSENT_MAX..UNSENT_MOST).contains(&unsent),
        "{unsent}"
    );
    scene.run_for(21_000);
    scene
        .sim
        .set_link(scene.node, mallory.ix, Conditions::default());
    scene.run_for(1_000);
    scene.threw_out(&mallory, conn, "no byte moved for 20 s");
}

/// It never reads, and its requests are what keeps the line alive.
#[test]
fn a_peer_that_never_reads_and_goes_on_asking() {
    let headers = Locator {
        have: (0..u32::try_from(LOCATOR_MAX).expect("few"))
            .map(|number| BlockHash(nothing(number)))
            .collect(),
        stop: BlockHash::ZERO,
    };
    let none: Vec<Item> = (0..2_000).map(|n| Item::Tx(Txid(nothing(n)))).collect();
    let floods = [
        Message::GetHeaders(headers.clone()),
        Message::GetBlocks(headers),
        Message::GetData(none),
        Message::GetAddr,
        Message::Ping(7),
    ];
    for flood in floods {
        let mut scene = with_large_blocks(30);
        let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
        let conn = mallory.at_node();
        let hole = Conditions::default().in_state(LinkState::BlackHole);
        scene.sim.set_link(scene.node, mallory.ix, hole);
        let mut most = 0;
        for _ in 0..100 {
            for _ in 0..100 {
                mallory.sends(&mut scene.sim, flood.clone());
            }
            scene.run_for(100);
            let Some(peer) = scene.peer(conn) else {
                break;
            };
            most = most.max(peer.unsent_bytes);
        }
        assert!(most <= UNSENT_MOST, "{}: {most}", flood.command());
        match flood {
            // One answer, or 32 bytes for 32.
            Message::GetAddr | Message::Ping(_) => {}
            _ => assert!(scene.peer(conn).is_none(), "{}", flood.command()),
        }
        scene.run_for(21_000);
        scene
            .sim
            .set_link(scene.node, mallory.ix, Conditions::default());
        scene.run_for(1_000);
        assert!(node_of(&scene, scene.node).knows_nothing_of(conn));
        scene.serves();
    }
}

#[test]
fn a_peer_that_never_answers_a_ping() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        pong_after: None,
        ..Manners::default()
    };
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, manners.clone());
    let conn = mallory.at_node();
    scene.run_for(21_000);
    scene.threw_out(&mallory, conn, "no byte moved for 20 s");

    // One who says something else all the time is only given up in the end.
    let talker = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, manners);
    let conn = talker.at_node();
    for _ in 0..115 {
        scene.run_for(10_000);
        talker.says(&mut scene.sim, Message::Inv(vec![]));
        assert!(talker.is_connected());
    }
    for _ in 0..5 {
        scene.run_for(10_000);
        talker.says(&mut scene.sim, Message::Inv(vec![]));
    }
    scene.threw_out(&talker, conn, "no pong for 1 200 s");
}

#[test]
fn a_peer_that_never_answers_getheaders() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        shows_headers: false,
        ..Manners::default()
    };
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, manners);
    let conn = mallory.at_node();
    scene.run_for(1_199_000);
    assert!(mallory.is_connected(), "asked again, and waited for");
    scene.run_for(2_000);
    scene.threw_out(&mallory, conn, "no answer to getheaders for 1 200 s");
}

#[test]
fn a_peer_that_answers_late_stays() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        pong_after: Some(Duration::from_secs(15)),
        ..Manners::default()
    };
    let late = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, manners);
    let conn = late.at_node();
    scene.run_for(600_000);
    let peer = scene.peer(conn).expect("it stays");
    assert_eq!(peer.round_trip, Some(Duration::from_secs(15)));
    assert_eq!(late.connections(), 1);
    scene.outlives(&late);
}

#[test]
fn a_pong_that_nobody_asked_for() {
    let mut scene = Scene::with_blocks(3);
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = mallory.at_node();
    let now = scene.sim.now();
    for number in 0..2_000 {
        mallory.sends(&mut scene.sim, Message::Pong(number, now));
    }
    scene.run_for(1_000);
    assert_eq!(
        scene.peer(conn).expect("connected").round_trip,
        Some(Duration::ZERO)
    );
    scene.outlives(&mallory);
}

/// A flood that is read as fast as it is answered: the node does its work, for all.
#[test]
fn floods_of_cheap_messages_do_not_keep_the_node_from_its_work() {
    let mut scene = Scene::with_blocks(30);
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let conn = mallory.at_node();
    let here = scene.chain[4].hash();
    // Somebody whose address there is to tell.
    scene.add_node("helper");
    scene.run_for(2_000);
    mallory.is_told();
    for second in 0..5u32 {
        for number in 0..500u32 {
            let name = nothing(second * 1_000 + number);
            let flood = [
                Message::Ping(u64::from(number)),
                Message::GetAddr,
                Message::GetData(vec![Item::Block(here)]),
                Message::Inv(vec![Item::Tx(Txid(name))]),
                Message::Inv(vec![Item::Block(here)]),
                Message::Headers(vec![]),
                Message::NotFound(vec![Item::Tx(Txid(name))]),
            ];
            for message in flood {
                mallory.sends(&mut scene.sim, message);
            }
        }
        scene.run_for(1_000);
        assert_eq!(scene.score_of(conn), Some(0));
        scene.serves();
    }
    let told = mallory.is_told();
    let count = |command: &str| told.iter().filter(|m| m.command() == command).count();
    assert_eq!(
        count("block"),
        2_500,
        "whoever takes what he asks for gets it"
    );
    assert_eq!(count("addr"), 1, "once is enough");
    scene.outlives(&mallory);
}

#[test]
fn a_reject_of_what_was_never_sent() {
    let mut scene = Scene::with_blocks(3);
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    let tip = Item::Block(scene.tip());
    for _ in 0..1_000 {
        let reject = chainlab::node::message::Reject {
            command: chainlab::node::message::Text::new("block"),
            item: Some(tip),
            why: chainlab::node::message::Text::new("I do not like it"),
        };
        mallory.sends(&mut scene.sim, Message::Reject(Box::new(reject)));
    }
    scene.run_for(1_000);
    assert!(scene.is_synced(scene.node));
    scene.outlives(&mallory);
}

/// A node that is thrown out, or throws out, again and again.
#[test]
fn a_node_that_is_thrown_out_is_dialled_ever_more_slowly() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        listen: None,
        ..Manners::with_chain(&[], Bodies::Ignored)
    };
    let host = Fake::new(&mut scene.sim, MALLORY, manners);
    let command = chainlab::node::Command::AddPeer(host.addr);
    scene.sim.call(scene.node, command).expect("an address");
    let mut times = Vec::new();
    for _ in 0..8 {
        let before = host.connections();
        let patience = Duration::from_secs(15);
        scene.until(patience, |_| {
            host.connections() > before && host.met().is_some()
        });
        times.push(scene.sim.now());
        scene.run_for(200);
        let conn = host.at_node();
        host.leaves(&mut scene.sim);
        assert!(node_of(&scene, scene.node).knows_nothing_of(conn));
    }
    let pauses: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses[0] < Duration::from_secs(2), "{pauses:?}");
    assert!(pauses[6] > Duration::from_secs(9), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause < Duration::from_secs(14)));
    // Once a connection has lasted, all is forgiven.
    scene.until(Duration::from_secs(15), |_| host.is_connected());
    scene.run_for(40_000);
    let left = scene.sim.now();
    host.leaves(&mut scene.sim);
    scene.until(Duration::from_secs(15), |_| host.is_connected());
    assert!(scene.sim.now() - left < Duration::from_secs(2));
    scene.serves();
}

/// The ends of the connections of a node, to be looked at when they are gone.
fn seats(scene: &Scene) -> Vec<ConnId> {
    scene.node().peers().iter().map(|(conn, _)| conn).collect()
}

#[test]
fn more_peers_than_there_are_seats() {
    let mut scene = Scene::with_blocks(3);
    let mut crowd = Vec::new();
    for secret in 1..=200 {
        if secret == 77 {
            continue;
        }
        let fake = Fake::new(&mut scene.sim, secret, Manners::default());
        let addr = scene.sim.address(scene.node.0);
        scene.sim.act(fake.ix, chainlab::node::Output::Dial(addr));
        crowd.push(fake);
        // Not all of them at one moment: those that have not shaken hands have fewer seats.
        scene.run_for(10);
    }
    scene.run_for(2_000);
    assert_eq!(seats(&scene).len(), chainlab::node::config::INBOUND_DEFAULT);
    scene.serves();
    let before = seats(&scene);
    for fake in &crowd {
        fake.leaves(&mut scene.sim);
    }
    scene.run_for(1_000);
    let left = seats(&scene);
    assert_eq!(left.len(), 1, "the honest one");
    for conn in before.iter().filter(|conn| !left.contains(conn)) {
        assert!(scene.node().knows_nothing_of(*conn));
    }
    let late = Fake::connect(&mut scene.sim, scene.node, 201);
    scene.outlives(&late);
}

#[test]
fn a_full_headers_message_that_is_known_already() {
    let mut scene = Scene::with_blocks(HEADERS_MAX + 1);
    let known: Vec<_> = scene.chain.iter().map(|block| *block.header()).collect();
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    for _ in 0..50 {
        let known = known[..HEADERS_MAX].to_vec();
        mallory.says(&mut scene.sim, Message::Headers(known));
    }
    scene.outlives(&mallory);
}
