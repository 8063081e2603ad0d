//! What waits is announced to those whose addresses it concerns, and to no other light peer.

use super::stage::*;
use crate::common::peer::{Fake, Manners, Scene};
use crate::common::{ALICE, BOB, CAROL, genesis_coin, params, pay, units};
use chainlab::chain::{Params, Tx};
use chainlab::node::message::{FeeRates, Item, Message, Services};
use std::sync::Arc;

/// Transactions that were announced.
fn announced(peer: &Fake) -> Vec<Item> {
    let told = peer.is_told().into_iter();
    let items = told.filter_map(|message| match message {
        Message::Inv(items) => Some(items),
        _ => None,
    });
    let is_tx = |item: &Item| matches!(item, Item::Tx(_));
    items.flatten().filter(is_tx).collect()
}

fn payment(actor: u8, to: u8) -> Arc<Tx> {
    let params = params();
    let coin = genesis_coin(&params, actor);
    Arc::new(pay(&params, actor, &[coin], &[(to, 900_000_000)]))
}

fn item(tx: &Tx) -> Item {
    Item::Tx(tx.txid())
}

#[test]
fn a_payment_is_told_to_who_is_paid_and_to_who_pays_before_it_is_in_a_block() {
    let mut scene = Scene::with_blocks(2);
    let friend = Fake::connect(&mut scene.sim, scene.node, LIGHT - 1);
    let early = payment(ALICE, CAROL);
    friend.says(&mut scene.sim, Message::Tx(Arc::clone(&early)));
    let [carol, bob, silent] = [1, 2, 3].map(|n| light(&mut scene, LIGHT + n));
    // What waits already.
    watches(&mut scene, &carol, &[CAROL]);
    assert_eq!(announced(&carol), [item(&early)]);
    watches(&mut scene, &bob, &[BOB]);
    assert_eq!(announced(&bob), []);
    // What comes: who pays hears of it, too.
    let late = payment(BOB, CAROL);
    friend.says(&mut scene.sim, Message::Tx(Arc::clone(&late)));
    assert_eq!(announced(&carol), [item(&late)]);
    assert_eq!(announced(&bob), [item(&late)]);
    // It is sent to who asks for it.
    carol.says(&mut scene.sim, Message::GetData(vec![item(&late)]));
    assert_eq!(carol.is_told(), [Message::Tx(Arc::clone(&late))]);
    // One who named no address hears of none.
    scene.run_for(120_000);
    assert_eq!(announced(&silent), []);
    scene.outlives(&carol);
}

#[test]
fn an_address_that_is_named_later_hears_of_what_waits_once() {
    let mut scene = Scene::new();
    let friend = Fake::connect(&mut scene.sim, scene.node, LIGHT - 1);
    let tx = payment(ALICE, CAROL);
    friend.says(&mut scene.sim, Message::Tx(Arc::clone(&tx)));
    let peer = light(&mut scene, LIGHT);
    watches(&mut scene, &peer, &[BOB]);
    assert_eq!(announced(&peer), []);
    watches(&mut scene, &peer, &[CAROL]);
    assert_eq!(announced(&peer), [item(&tx)]);
    watches(&mut scene, &peer, &[CAROL, BOB]);
    watches(&mut scene, &peer, &[ALICE]);
    assert_eq!(announced(&peer), [], "it has been told");
}

fn told_of_fees(peer: &Fake) -> Vec<FeeRates> {
    let told = peer.is_told().into_iter();
    let rates = told.filter_map(|message| match message {
        Message::FeeFilter(rates) => Some(rates),
        _ => None,
    });
    rates.collect()
}

/// A light peer with what it was told from the beginning.
fn newcomer(scene: &mut Scene, secret: u8, services: Services) -> Fake {
    let manners = Manners {
        services,
        ..Manners::default()
    };
    let fake = Fake::new(&mut scene.sim, secret, manners);
    fake.dials(&mut scene.sim, scene.node);
    fake
}

fn rates(floor: u64, next_block: u64) -> FeeRates {
    FeeRates {
        floor: units(floor),
        next_block: units(next_block),
    }
}

#[test]
fn a_light_peer_is_told_what_the_next_block_costs_when_more_waits_than_has_room() {
    let params = Params {
        max_block_bytes: 1_000,
        ..params()
    };
    let mut scene = Scene::of(params.clone(), |config| {
        config.mempool.min_fee_per_kb = units(1_000);
    });
    let peer = newcomer(&mut scene, LIGHT, Services::default());
    assert_eq!(told_of_fees(&peer), [rates(1_000, 1_000)]);
    // Who has a mempool of its own sees that itself.
    let full = newcomer(&mut scene, LIGHT + 1, Services::FULL);
    let friend = Fake::connect(&mut scene.sim, scene.node, LIGHT - 1);
    let payments = payments(&params, (BOB, CAROL), 6, 1_000);
    let bytes = u64::try_from(payments[0].encoded_len()).expect("small");
    for tx in payments {
        friend.says(&mut scene.sim, Message::Tx(Arc::new(tx)));
    }
    assert_eq!(scene.node().mempool().len(), 6);
    scene.run_for(11_000);
    let above = 1_000 * 1_000 / bytes + 1;
    assert_eq!(told_of_fees(&peer), [rates(1_000, above)]);
    scene.run_for(60_000);
    assert_eq!(told_of_fees(&peer), [], "it has not changed");
    assert_eq!(told_of_fees(&full), []);
    scene.outlives(&peer);
}

#[test]
fn a_mempool_that_is_full_asks_for_more_than_its_worst_pays() {
    let mut scene = Scene::of(params(), |config| config.mempool.bytes_max = 1_000);
    let peer = newcomer(&mut scene, LIGHT, Services::default());
    assert_eq!(told_of_fees(&peer), [rates(0, 0)]);
    let friend = Fake::connect(&mut scene.sim, scene.node, LIGHT - 1);
    for tx in chain_of_payments(BOB, CAROL, 4) {
        friend.says(&mut scene.sim, Message::Tx(Arc::new(tx)));
    }
    scene.run_for(11_000);
    assert_eq!(told_of_fees(&peer), [rates(1, 1)]);
}
