//! A light node that is killed between any two of its commits goes on from there, and loses nothing.

use super::stage::{Stage, WAYS, Watched};
use crate::common::*;
use chainlab::node::LightWay;
use std::sync::Arc;

/// Payments in both directions, a reorganisation, and a wallet that is imported late.
fn played(way: LightWay) -> Stage {
    let mut stage = Stage::by(way, &["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    stage.pays("alice", BOB, coins(2)).expect("she has it");
    let paid = stage.waiting_at("miner");
    stage.mines(paid, 2);
    let rival = stage.miner.rival(3);
    stage.mines(Vec::new(), 2);
    stage.miner = rival;
    stage.mines(Vec::new(), 4);
    stage.imports("light", "miner", MINER);
    stage.pays("alice", CAROL, coins(1)).expect("she has it");
    stage
}

#[test]
fn killed_between_any_two_commits_it_has_the_same_in_the_end() {
    for way in WAYS {
        killed_between_commits(way);
    }
}

fn killed_between_commits(way: LightWay) {
    let mut stage = played(way);
    let paid = stage.waiting_at("miner");
    stage.mines(paid, 1);
    let end: Vec<_> = ["alice", "miner"].map(|name| stage.wallet(name)).to_vec();
    let left = stage.disk().left.lock().expect("whole").clone();
    // Nothing is said about filters by address, and so less is written.
    let least = match way {
        LightWay::Filter => 20,
        LightWay::Address => 12,
    };
    assert!(left.len() > least, "{}, {way:?}", left.len());
    for (at, store) in left.into_iter().enumerate() {
        let left = Watched {
            inner: store,
            left: Arc::default(),
        };
        stage.begins_again_with(left);
        for (actor, wanted) in [ALICE, MINER].into_iter().zip(&end) {
            if stage.light().wallets().owner(&wanted.name).is_none() {
                stage.imports("light", &wanted.name, actor);
            }
        }
        stage.settles();
        for wanted in &end {
            let has = stage.wallet(&wanted.name);
            assert_eq!(
                has.confirmed, wanted.confirmed,
                "{} after commit {at}",
                has.name
            );
            assert_eq!(
                has.immature, wanted.immature,
                "{} after commit {at}",
                has.name
            );
        }
    }
}

#[test]
fn a_payment_that_was_reported_is_announced_after_a_crash() {
    let mut stage = Stage::with(&["central", "miner"]);
    stage.imports("light", "alice", ALICE);
    for name in ["central", "miner"] {
        stage.bends(name, Some);
    }
    let txid = stage.pays("alice", BOB, coins(2)).expect("she has it");
    let disk = Watched {
        inner: stage.disk().inner.clone(),
        left: Arc::default(),
    };
    stage.said.clear();
    stage.begins_again_with(disk);
    assert_eq!(stage.info().payments[0].txid, txid);
    assert_eq!(stage.wallet("alice").outgoing, coins(2));
    let announced = stage.said.iter().any(|(_, message)| {
        let item = chainlab::node::message::Item::Tx(txid);
        matches!(message, chainlab::node::Message::Inv(items) if items.contains(&item))
    });
    assert!(announced);
}
