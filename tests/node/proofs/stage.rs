//! A full node whose chain pays some, and a light peer that asks it.

use crate::common::peer::{Fake, Manners, Scene};
use crate::common::{Spend, genesis_coin, made_by_tx, owner, params, pay};
use chainlab::chain::{Block, BlockHash, Params, Tx};
use chainlab::node::message::{Message, ProofPlace, ProofQuery, Proofs, Services};
use std::sync::Arc;

/// Key of the light peer.
pub const LIGHT: u8 = 91;

/// As a light node introduces itself.
pub fn light(scene: &mut Scene, secret: u8) -> Fake {
    let manners = Manners {
        services: Services::default(),
        wants_txs: false,
        ..Manners::default()
    };
    Fake::connect_with(&mut scene.sim, scene.node, secret, manners)
}

pub fn watches(scene: &mut Scene, peer: &Fake, actors: &[u8]) {
    let owners = actors.iter().map(|actor| owner(*actor)).collect();
    peer.says(&mut scene.sim, Message::Watch(owners));
}

pub const fn query(height: u32, stop: BlockHash) -> ProofQuery {
    ProofQuery {
        from: ProofPlace::block(height),
        stop,
    }
}

/// What is answered to a question.
pub fn asks(scene: &mut Scene, peer: &Fake, query: ProofQuery) -> Message {
    drop(peer.is_told());
    peer.says(&mut scene.sim, Message::GetProofs(query));
    let mut told = peer.is_told();
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

/// The proofs that are the answer.
pub fn proofs(message: Message) -> Proofs {
    match message {
        Message::Proofs(proofs) => *proofs,
        other => panic!("no proofs: {other:?}"),
    }
}

/// The node takes blocks of these transactions.
pub fn brings(scene: &mut Scene, txs: Vec<Tx>) -> Arc<Block> {
    let block = Arc::new(scene.miner.mine(txs));
    scene.honest_brings_these(std::slice::from_ref(&block));
    block
}

/// Payments of `actor`, each from the change of the one before: one unit to `to`, so many times.
pub fn chain_of_payments(actor: u8, to: u8, count: usize) -> Vec<Tx> {
    payments(&params(), (actor, to), count, 0)
}

/// The same on another network, with a fee of so many units each.
pub fn payments(params: &Params, (actor, to): (u8, u8), count: usize, fee: u64) -> Vec<Tx> {
    let mut coin: Spend = genesis_coin(params, actor);
    let mut made = Vec::new();
    for _ in 0..count {
        let change = coin.1.amount.units() - 1 - fee;
        let tx = pay(params, actor, &[coin], &[(to, 1), (actor, change)]);
        coin = made_by_tx(&tx)[1];
        made.push(tx);
    }
    made
}
