//! Blocks that break the rules and have all the work that they need, each from a peer that shows it like
//! any other: none becomes the tip, no coin comes from it, and who brings an honest block is served.

use crate::common::peer::{Bodies, Fake, Manners, Scene};
use crate::common::*;
use chainlab::chain::key::{PublicKey, Signature};
use chainlab::chain::tx::TxIn;
use chainlab::chain::{
    Amount, Block, BlockTime, CompactTarget, Header, MerkleRoot, OutPoint, Params, Tx, Txid,
};
use chainlab::node::EventKind;
use std::sync::Arc;

/// Blocks of the scene before: their rewards are too young to be spent.
const BLOCKS: usize = 3;

/// A block by what is wrong with it.
type Fault = (&'static str, Block);

fn headers(scene: &Scene) -> Vec<Fault> {
    let with = |change: fn(&mut Header)| {
        let (mut header, txs) = scene.miner.block(vec![], |_| {}).into_parts();
        change(&mut header);
        Block::new(solve(header), txs)
    };
    vec![
        ("no version", with(|header| header.version = 0)),
        ("an unknown version", with(|header| header.version = 9)),
        (
            "a time of long ago",
            with(|header| header.time = BlockTime(1)),
        ),
        (
            "a time that is far ahead",
            with(|header| header.time = header.time.saturating_add_ms(1_000_000_000)),
        ),
        (
            "other bits",
            with(|header| header.bits = CompactTarget(0x2000_ffff)),
        ),
        (
            "a root of nothing",
            with(|header| header.merkle_root = MerkleRoot::ZERO),
        ),
    ]
}

fn coinbases(scene: &Scene) -> Vec<Fault> {
    let miner = &scene.miner;
    let with = |change: fn(&mut Tx)| miner.block(vec![], |txs| change(&mut txs[0]));
    let bobs = || bobs_payment(scene);
    vec![
        ("no transactions", miner.assemble(vec![])),
        (
            "no coinbase",
            miner.block(vec![bobs()], |txs| drop(txs.remove(0))),
        ),
        (
            "a coinbase that is second",
            miner.block(vec![bobs()], |txs| txs.swap(0, 1)),
        ),
        (
            "two coinbases",
            miner.block(vec![miner.rival(1).coinbase()], |_| {}),
        ),
        ("a coinbase of another height", with(|tx| tx.lock_time += 1)),
        (
            "a coinbase that takes a unit too much",
            with(|tx| tx.outputs.push(output(tx, 1))),
        ),
        (
            "a coinbase of all there can be",
            with(|tx| tx.outputs[0].amount = Amount::MAX),
        ),
        (
            "a coinbase whose sum is more than an amount",
            with(|tx| {
                tx.outputs[0].amount = Amount::MAX;
                tx.outputs.push(output(tx, 1));
            }),
        ),
        (
            "a coinbase with an output of nothing",
            with(|tx| tx.outputs[0].amount = Amount::ZERO),
        ),
        (
            "a coinbase with two inputs",
            with(|tx| tx.inputs.push(tx.inputs[0].clone())),
        ),
        (
            "a coinbase with a key",
            with(|tx| tx.inputs[0].key.0[32] = 1),
        ),
    ]
}

fn payments(scene: &Scene) -> Vec<Fault> {
    let miner = &scene.miner;
    let params = scene.sim.params();
    let purse = genesis_coin(params, ALICE);
    let all = coins(10).units();
    let honest = || pay(params, ALICE, &[purse], &[(BOB, 1_000)]);
    let of = |tx: Tx| miner.block(vec![tx], |_| {});
    let signed = |change: fn(&mut Tx)| {
        let mut tx = unsigned(&[purse], &[(BOB, 1_000)]);
        change(&mut tx);
        sign(params, &mut tx, ALICE, &[purse]);
        of(tx)
    };
    let mut forged = honest();
    forged.inputs[0].signature.0[10] ^= 1;
    let mut changed = honest();
    changed.outputs[0].owner = owner(CAROL);
    let stolen = pay(params, BOB, &[purse], &[(BOB, 1_000)]);
    let missing = (
        OutPoint {
            txid: Txid([0xee; 32]),
            index: 0,
        },
        purse.1,
    );
    let reward = made_by(&scene.chain[BLOCKS - 1], 0, 3)[0];
    let own = made_by(&miner.block(vec![], |_| {}), 0, 4)[0];
    let nothing = TxIn {
        outpoint: OutPoint {
            txid: Txid::ZERO,
            index: 0,
        },
        key: PublicKey::NONE,
        signature: Signature::NONE,
    };
    let mut of_nothing = honest();
    of_nothing.inputs = vec![nothing];
    vec![
        ("a forged signature", of(forged)),
        ("a change after signing", of(changed)),
        ("another's coin", of(stolen)),
        (
            "a coin that does not exist",
            of(pay(params, ALICE, &[missing], &[(BOB, 1)])),
        ),
        (
            "a coin twice",
            miner.block(
                vec![honest(), pay(params, ALICE, &[purse], &[(CAROL, 7)])],
                |_| {},
            ),
        ),
        (
            "more out than in",
            of(pay(params, ALICE, &[purse], &[(BOB, all), (ALICE, 1)])),
        ),
        (
            "a reward that is too young",
            of(pay(params, MINER, &[reward], &[(BOB, 1)])),
        ),
        (
            "its own reward",
            of(pay(params, MINER, &[own], &[(BOB, 1)])),
        ),
        ("an input of nothing", of(of_nothing)),
        (
            "a payment of an unknown version",
            signed(|tx| tx.version = 9),
        ),
    ]
}

fn output(tx: &Tx, amount: u64) -> chainlab::chain::tx::TxOut {
    chainlab::chain::tx::TxOut {
        amount: units(amount),
        ..tx.outputs[0]
    }
}

fn bobs_payment(scene: &Scene) -> Tx {
    let params = scene.sim.params();
    let purse = genesis_coin(params, BOB);
    pay(params, BOB, &[purse], &[(CAROL, 400)])
}

#[test]
fn twenty_seven_invalid_blocks_with_valid_work_move_no_tip_and_no_coin() {
    let mut scene = Scene::of(
        Params {
            maturity: 100,
            ..params()
        },
        |_| {},
    );
    scene.honest_brings(BLOCKS);
    let faults = [headers(&scene), coinbases(&scene), payments(&scene)].concat();
    assert_eq!(faults.len(), 27);
    let tip = scene.node().chain().tip();
    for (secret, (what, block)) in (100..).zip(faults) {
        assert!(block.header().meets_target(), "{what}");
        let hash = block.hash();
        scene.sim.take_events();
        let mut chain = scene.chain.clone();
        chain.push(Arc::new(block));
        let manners = Manners::with_chain(&chain, Bodies::Sent);
        let mallory = Fake::new(&mut scene.sim, secret, manners);
        mallory.dials(&mut scene.sim, scene.node);
        scene.run_for(2_000);
        assert_eq!(scene.node().chain().tip(), tip, "{what}");
        let events = scene.events_of(scene.node);
        let is_refused = events.iter().any(|event| match &event.kind {
            EventKind::BlockRefused { hash: of, .. } => *of == hash,
            EventKind::PeerDown { why, .. } => why.starts_with("misbehaved: "),
            _ => false,
        });
        // What may still become right, as its time comes, is only not taken.
        let may_become_right = what == "a time that is far ahead";
        assert!(is_refused || may_become_right, "{what}: {events:?}");
        assert_eq!(mallory.is_connected(), may_become_right, "{what}");
        sound(scene.node().chain());
    }
    scene.serves();
}
