//! Refused, network: announcements of what is not there, requests for what we do not have,
//! transactions that nobody may send, and floods of all of them.

use crate::common::peer::{Bodies, Fake, Manners, Scene, asked_for, nothing};
use crate::common::{ALICE, BOB, CAROL, genesis_coin, pay};
use chainlab::chain::{BlockHash, Tx, Txid};
use chainlab::node::message::{ADDR_MAX, INV_MAX, Item, Message};
use chainlab::node::{EventKind, relay, sync};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const MALLORY: u8 = 66;
const SECOND: u8 = 67;

fn mallory(scene: &mut Scene) -> Fake {
    let mallory = Fake::connect(&mut scene.sim, scene.node, MALLORY);
    scene.run_for(1_000);
    mallory.is_told();
    mallory
}

fn txids(numbers: std::ops::Range<u32>) -> Vec<Item> {
    let item = |number| Item::Tx(Txid(nothing(number)));
    numbers.map(item).collect()
}

fn blocks(numbers: std::ops::Range<u32>) -> Vec<Item> {
    let item = |number| Item::Block(BlockHash(nothing(number)));
    numbers.map(item).collect()
}

/// A payment of Alice's first coin, which pays so much to Bob.
fn payment(scene: &Scene, amount: u64) -> Tx {
    let params = scene.node().chain().params();
    let coin = genesis_coin(params, ALICE);
    pay(params, ALICE, &[coin], &[(BOB, amount)])
}

fn inv(tx: &Tx) -> Message {
    Message::Inv(vec![Item::Tx(tx.txid())])
}

#[test]
fn an_inv_with_nothing_in_it() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    for _ in 0..100 {
        mallory.says(&mut scene.sim, Message::Inv(vec![]));
    }
    assert_eq!(mallory.is_told(), []);
    assert_eq!(
        scene.score_of(conn),
        Some(0),
        "it says nothing, which is no crime"
    );
    scene.outlives(&mallory);
}

#[test]
fn an_inv_with_more_entries_than_a_message_may_have() {
    for count in [INV_MAX + 1, 50_000] {
        let mut scene = Scene::new();
        let mallory = mallory(&mut scene);
        let conn = mallory.at_node();
        let end = u32::try_from(count).expect("fits");
        mallory.says(&mut scene.sim, Message::Inv(txids(0..end)));
        scene.threw_out(&mallory, conn, "bad frame: inv: ");
    }
}

#[test]
fn announced_transactions_that_do_not_exist_are_asked_for_a_few_at_a_time() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    for flood in 0..5 {
        let first = flood * 2_000;
        mallory.sends(&mut scene.sim, Message::Inv(txids(first..first + 2_000)));
    }
    scene.run_for(1_000);
    let asked = asked_for(&mallory.is_told());
    assert_eq!(asked, txids(0..100), "{} at a time", relay::IN_FLIGHT_MAX);
    scene.serves();
    // What is not sent in time gives way to the next, until all that was kept was asked for once.
    scene.run_for(10_000);
    let asked = asked_for(&mallory.is_told());
    assert_eq!(asked, txids(100..200));
    scene.run_for(600_000);
    let asked = asked_for(&mallory.is_told());
    let rest = u32::try_from(relay::WAITING_MAX).expect("few") + 100;
    assert_eq!(asked, txids(200..rest));
    scene.outlives(&mallory);
}

#[test]
fn announced_blocks_that_do_not_exist() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    mallory.says(&mut scene.sim, Message::Headers(vec![]));
    // In one message: she is asked for the headers, and for the last one.
    mallory.says(&mut scene.sim, Message::Inv(blocks(0..2_000)));
    let told = mallory.is_told();
    assert!(
        told.iter().any(|m| matches!(m, Message::GetHeaders(_))),
        "{told:?}"
    );
    assert_eq!(asked_for(&told), blocks(1_999..2_000));
    mallory.says(&mut scene.sim, Message::Headers(vec![]));
    // One at a time: each is asked for, as many as may be on their way.
    for number in 0..2_000 {
        mallory.sends(&mut scene.sim, Message::Inv(blocks(number..number + 1)));
    }
    scene.run_for(1_000);
    let asked = asked_for(&mallory.is_told());
    assert!(
        asked.len() <= sync::download::IN_FLIGHT_MAX,
        "{}",
        asked.len()
    );
    assert_eq!(scene.peer(conn).map(|_| ()), Some(()));
    scene.serves();
    // She never sends one.
    scene.run_for(121_000);
    scene.threw_out(&mallory, conn, "no block that it was asked for in 120 s");
}

#[test]
fn getdata_for_what_we_do_not_have() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let mut wanted = txids(0..50);
    wanted.extend(blocks(0..50));
    let here = scene.chain[1].clone();
    wanted.push(Item::Block(here.hash()));
    mallory.says(&mut scene.sim, Message::GetData(wanted.clone()));
    let mut missing = wanted;
    missing.pop();
    let answer = [Message::Block(here), Message::NotFound(missing)];
    assert_eq!(mallory.is_told(), answer);
    mallory.says(&mut scene.sim, Message::GetData(vec![]));
    assert_eq!(mallory.is_told(), []);
    scene.outlives(&mallory);
}

#[test]
fn a_notfound_that_nobody_asked_for() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let mut items = txids(0..1_000);
    items.extend(blocks(0..1_000));
    for _ in 0..20 {
        mallory.says(&mut scene.sim, Message::NotFound(items.clone()));
    }
    assert_eq!(mallory.is_told(), []);
    scene.outlives(&mallory);
}

#[test]
fn an_inv_of_a_block_and_transactions_announces_both() {
    let mut scene = Scene::with_blocks(3);
    let friend = mallory(&mut scene);
    let block = Arc::new(scene.miner.block(vec![], |_| {}));
    let tx = payment(&scene, 900_000_000);
    let both = vec![Item::Tx(tx.txid()), Item::Block(block.hash())];
    friend.says(&mut scene.sim, Message::Inv(both.clone()));
    let mut asked = asked_for(&friend.is_told());
    asked.sort_unstable();
    assert_eq!(asked, both);
}

#[test]
fn a_transaction_announced_by_one_who_never_sends_it_is_asked_of_the_next_after_ten_seconds() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let friend = Fake::connect(&mut scene.sim, scene.node, SECOND);
    let tx = payment(&scene, 900_000_000);
    mallory.says(&mut scene.sim, inv(&tx));
    friend.says(&mut scene.sim, inv(&tx));
    let wanted = [Item::Tx(tx.txid())];
    assert_eq!(asked_for(&mallory.is_told()), wanted);
    scene.run_for(9_000);
    assert_eq!(asked_for(&friend.is_told()), []);
    scene.run_for(1_000);
    assert_eq!(asked_for(&friend.is_told()), wanted);
    friend.says(&mut scene.sim, Message::Tx(Arc::new(tx.clone())));
    assert!(scene.node().mempool().contains(&tx.txid()));
    scene.outlives(&mallory);
    assert!(scene.node().mempool().contains(&tx.txid()));
}

#[test]
fn a_transaction_whose_announcer_leaves_is_asked_of_the_next_at_once() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let friend = Fake::connect(&mut scene.sim, scene.node, SECOND);
    let tx = payment(&scene, 900_000_000);
    mallory.says(&mut scene.sim, inv(&tx));
    friend.says(&mut scene.sim, inv(&tx));
    friend.is_told();
    scene.outlives(&mallory);
    let asked = asked_for(&friend.is_told());
    assert!(asked.contains(&Item::Tx(tx.txid())), "{asked:?}");
}

#[test]
fn a_child_that_comes_before_its_parent_is_taken_after_it() {
    let mut scene = Scene::with_blocks(3);
    let friend = mallory(&mut scene);
    let params = Arc::clone(scene.node().chain().params());
    let parent = payment(&scene, 900_000_000);
    let coins = crate::common::made_by_tx(&parent);
    let child = pay(&params, BOB, &coins, &[(CAROL, 800_000_000)]);
    friend.says(&mut scene.sim, Message::Tx(Arc::new(child.clone())));
    assert_eq!(asked_for(&friend.is_told()), [Item::Tx(parent.txid())]);
    assert_eq!(scene.node().mempool().len(), 0);
    friend.says(&mut scene.sim, Message::Tx(Arc::new(parent.clone())));
    for txid in [parent.txid(), child.txid()] {
        assert!(scene.node().mempool().contains(&txid));
    }
    scene.outlives(&friend);
}

/// Transactions that spend coins which nobody has ever seen.
fn orphans(scene: &Scene, seed: u32, count: u32) -> Vec<Tx> {
    let params = scene.node().chain().params();
    let (_, coin) = genesis_coin(params, ALICE);
    let orphan = |number| {
        let outpoint = chainlab::chain::OutPoint {
            txid: Txid(nothing(seed * 10_000 + number)),
            index: 0,
        };
        pay(params, ALICE, &[(outpoint, coin)], &[(BOB, 500)])
    };
    (0..count).map(orphan).collect()
}

#[test]
fn a_flood_of_orphans_is_bounded_for_each_peer_and_in_all() {
    let mut scene = Scene::with_blocks(3);
    let mut crowd = Vec::new();
    for number in 0..8 {
        let one = Fake::connect(&mut scene.sim, scene.node, 100 + number);
        for orphan in orphans(&scene, number.into(), 60) {
            one.sends(&mut scene.sim, Message::Tx(Arc::new(orphan)));
        }
        scene.run_for(100);
        crowd.push(one);
        let least = relay::orphans::ORPHANS_PER_PEER_MAX * crowd.len();
        let kept = least.min(relay::orphans::ORPHANS_MAX);
        assert_eq!(scene.snapshot().mempool.orphans, kept);
    }
    assert_eq!(scene.node().mempool().len(), 0);
    scene.serves();
    for one in &crowd {
        scene.outlives(one);
    }
    assert_eq!(scene.snapshot().mempool.orphans, 0);
}

#[test]
fn a_transaction_with_a_bad_signature() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    let mut tx = payment(&scene, 900_000_000);
    tx.outputs[0].owner = crate::common::owner(MALLORY);
    mallory.says(&mut scene.sim, Message::Tx(Arc::new(tx)));
    let told = mallory.is_told();
    assert!(matches!(told[..], [Message::Reject(_)]), "{told:?}");
    assert_eq!(scene.node().mempool().len(), 0);
    scene.threw_out(&mallory, conn, "misbehaved: transaction: ");
}

#[test]
fn a_transaction_that_is_only_unlucky_is_refused_in_words_and_not_held_against_anybody() {
    let mut scene = Scene::with_blocks(3);
    let friend = mallory(&mut scene);
    let conn = friend.at_node();
    let first = payment(&scene, 900_000_000);
    friend.says(&mut scene.sim, Message::Tx(Arc::new(first.clone())));
    // The same coin for no better fee.
    let second = payment(&scene, 900_000_001);
    friend.says(&mut scene.sim, Message::Tx(Arc::new(second)));
    let told = friend.is_told();
    assert!(matches!(told[..], [Message::Reject(_)]), "{told:?}");
    assert!(scene.node().mempool().contains(&first.txid()));
    assert_eq!(scene.score_of(conn), Some(0));
    scene.outlives(&friend);
}

#[test]
fn a_block_that_nobody_asked_for_costs_points() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    let unasked = Arc::new(scene.miner.rival(5).mine(vec![]));
    for times in 1..10 {
        mallory.says(&mut scene.sim, Message::Block(Arc::clone(&unasked)));
        assert_eq!(scene.score_of(conn), Some(10 * times));
    }
    let tip = scene.node().chain().tip().hash;
    assert_ne!(tip, unasked.hash(), "whoever asked for it gets it");
    mallory.says(&mut scene.sim, Message::Block(unasked));
    scene.threw_out(&mallory, conn, "a block that nobody asked for");
}

#[test]
fn a_ban_is_by_ip_and_ends_and_an_honest_peer_is_not_in_it() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    scene.reasons();
    let bad = Message::Headers(bad_headers(&scene));
    mallory.says(&mut scene.sim, bad);
    assert!(!mallory.is_connected());
    let events = scene.events_of(scene.node);
    let banned =
        |kind: &EventKind| matches!(kind, EventKind::Banned { ip, .. } if *ip == mallory.addr.ip());
    assert!(events.iter().any(|event| banned(&event.kind)), "{events:?}");
    let now = scene.sim.now();
    assert!(scene.node().peers().is_banned(mallory.addr.ip(), now));
    // Another port of the same host is let in no more than the first.
    mallory.dials(&mut scene.sim, scene.node);
    assert!(!mallory.is_connected() && mallory.met().is_none());
    assert!(scene.node().knows_nothing_of(conn));
    scene.serves();
    scene.run_for(600_000);
    mallory.dials(&mut scene.sim, scene.node);
    assert!(
        mallory.is_connected() && mallory.met().is_some(),
        "ten minutes later"
    );
    scene.serves();
}

/// A header that no work was done for.
fn bad_headers(scene: &Scene) -> Vec<chainlab::chain::Header> {
    let mut header = scene.miner.header();
    let target = header.bits.to_target().expect("a target");
    while target.is_met_by(&header.hash()) {
        header.nonce += 1;
    }
    vec![header]
}

#[test]
fn a_header_without_work_ends_the_connection() {
    let mut scene = Scene::with_blocks(3);
    let mallory = mallory(&mut scene);
    let conn = mallory.at_node();
    let before = scene.node().chain().tree().len();
    let bad = Message::Headers(bad_headers(&scene));
    mallory.says(&mut scene.sim, bad);
    assert_eq!(scene.node().chain().tree().len(), before);
    scene.threw_out(&mallory, conn, "misbehaved: header: ");
}

#[test]
fn a_flood_of_addresses_is_bounded_and_does_not_drive_out_those_that_were_reached() {
    let mut scene = Scene::with_blocks(3);
    let helper = scene.add_node("helper");
    scene.run_for(2_000);
    let victim = scene.sim.address(helper.0);
    for number in 0..3 {
        let mallory = Fake::connect(&mut scene.sim, scene.node, 100 + number);
        for batch in 0..8u32 {
            let addr = |low: u32| {
                let [_, b, c, d] = (batch * 1_000 + low).to_be_bytes();
                SocketAddr::from(([20 + number, b, c, d], 4_747))
            };
            let addrs = (0..u32::try_from(ADDR_MAX).expect("few"))
                .map(addr)
                .collect();
            mallory.says(&mut scene.sim, Message::Addr(addrs));
        }
        // One a message, as if each were news.
        for low in 0..200 {
            let news = SocketAddr::from(([60, number, 0, low], 4_747));
            mallory.sends(&mut scene.sim, Message::Addr(vec![news]));
        }
        scene.run_for(1_000);
        scene.outlives(&mallory);
    }
    assert!(scene.snapshot().known_addresses <= chainlab::node::addrbook::ADDRESSES_MAX);
    let asks = Fake::connect(&mut scene.sim, scene.node, SECOND);
    asks.says(&mut scene.sim, Message::GetAddr);
    let told = asks.is_told();
    let addrs = told.iter().find_map(|message| match message {
        Message::Addr(addrs) => Some(addrs.clone()),
        _ => None,
    });
    assert!(addrs.expect("an answer").contains(&victim));
    scene.run_for(60_000);
    assert!(
        scene
            .node()
            .peers()
            .ready()
            .any(|(_, peer)| peer.listen() == Some(victim))
    );
    scene.serves();
}

#[test]
fn who_gives_anothers_address_as_its_own_takes_nothing_from_the_other() {
    let mut scene = Scene::with_blocks(3);
    let victim = Fake::new(&mut scene.sim, SECOND, Manners::default());
    let manners = Manners {
        listen: Some(victim.addr),
        ..Manners::with_chain(&[], Bodies::Ignored)
    };
    let mallory = Fake::connect_with(&mut scene.sim, scene.node, MALLORY, manners);
    let conn = mallory.at_node();
    // She says it in every way that there is.
    mallory.says(&mut scene.sim, Message::Addr(vec![victim.addr]));
    scene.run_for(2_000);
    assert!(victim.is_connected(), "it was dialled all the same");
    let listen = scene.peer(conn).expect("connected").listen;
    assert_eq!(listen.map(|addr| addr.ip()), Some(mallory.addr.ip()));
    // What she does wrong is held against her.
    let bad = Message::Headers(bad_headers(&scene));
    mallory.says(&mut scene.sim, bad);
    scene.run_for(60_000);
    let now = scene.sim.now();
    assert!(!scene.node().peers().is_banned(victim.addr.ip(), now));
    assert!(victim.is_connected());
    assert_eq!(victim.connections(), 1);
    scene.serves();
    victim.leaves(&mut scene.sim);
    let took = scene.until(Duration::from_secs(5), |_| victim.is_connected());
    assert!(took < Duration::from_secs(5), "dialled again");
}
