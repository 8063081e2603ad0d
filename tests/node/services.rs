//! What a node says that it does for others, and what others do about it.

use crate::common::peer::{Fake, Manners, Scene};
use crate::common::{ALICE, BOB, genesis_coin, pay};
use chainlab::node::message::{Item, Message, Services};
use std::sync::Arc;

const QUIET: u8 = 79;
const FRIEND: u8 = 78;

/// Items that were announced.
fn announced(told: &[Message]) -> Vec<Item> {
    let items = told.iter().filter_map(|message| match message {
        Message::Inv(items) => Some(items.clone()),
        _ => None,
    });
    items.flatten().collect()
}

#[test]
fn a_node_says_that_it_has_blocks_and_wants_to_hear_of_transactions() {
    let mut scene = Scene::new();
    let peer = Fake::connect(&mut scene.sim, scene.node, FRIEND);
    let version = peer.met().expect("it introduced itself");
    assert!(version.services.has(Services::BLOCKS) && version.wants_txs);
}

#[test]
fn a_peer_without_blocks_is_asked_for_none_and_its_height_makes_nothing_wait() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        claims: 5_000,
        services: Services::default(),
        ..Manners::default()
    };
    let peer = Fake::connect_with(&mut scene.sim, scene.node, QUIET, manners);
    let blocks = scene.mines(1);
    let news = Message::Inv(vec![Item::Block(blocks[0].hash())]);
    peer.says(&mut scene.sim, news);
    scene.run_for(1_300_000);
    let told = peer.is_told();
    let asks = told.iter().find(|message| {
        matches!(
            message,
            Message::GetHeaders(_) | Message::GetBlocks(_) | Message::GetData(_)
        )
    });
    assert_eq!(asks, None);
    assert!(peer.is_connected(), "no answer of it is missed");
    assert_eq!(scene.snapshot().sync, None);
    // What another one has, it is asked for as ever.
    scene.honest_brings_these(&blocks);
    let told = peer.is_told();
    assert_eq!(announced(&told), [], "it has said that it has this one");
    scene.honest_brings(1);
    assert_eq!(announced(&peer.is_told()), [Item::Block(scene.tip())]);
    scene.outlives(&peer);
}

#[test]
fn who_wants_no_transactions_hears_of_none_and_others_do() {
    let mut scene = Scene::with_blocks(3);
    let manners = Manners {
        wants_txs: false,
        ..Manners::default()
    };
    let waits = |scene: &Scene, to: u8, amount: u64| {
        let params = scene.node().chain().params();
        Arc::new(pay(
            params,
            to,
            &[genesis_coin(params, to)],
            &[(BOB, amount)],
        ))
    };
    let friend = Fake::connect(&mut scene.sim, scene.node, FRIEND);
    let early = waits(&scene, ALICE, 900_000_000);
    friend.says(&mut scene.sim, Message::Tx(Arc::clone(&early)));
    assert!(scene.node().mempool().contains(&early.txid()));
    // Neither what waits already, nor what comes, nor what is announced again.
    let quiet = Fake::connect_with(&mut scene.sim, scene.node, QUIET, manners);
    let other = Fake::connect(&mut scene.sim, scene.node, QUIET + 9);
    let late = waits(&scene, BOB, 800_000_000);
    friend.says(&mut scene.sim, Message::Tx(Arc::clone(&late)));
    scene.run_for(120_000);
    let is_tx = |item: &Item| matches!(item, Item::Tx(_));
    let heard = announced(&other.is_told());
    for tx in [&early, &late] {
        assert!(heard.contains(&Item::Tx(tx.txid())), "{heard:?}");
    }
    let heard = announced(&quiet.is_told());
    assert!(!heard.iter().any(is_tx), "{heard:?}");
    scene.honest_brings(1);
    assert_eq!(announced(&quiet.is_told()), [Item::Block(scene.tip())]);
}
