//! A fresh node downloads a chain over loopback, beside checking and storing the same blocks without
//! any network.

use crate::common::*;
use crate::ratio::{Harness, Target, timed};
use crate::scene::Scene;
use chainlab::chain::headers::Origin;
use chainlab::chain::params::Allocation;
use chainlab::chain::{Block, Params, SigCache, codec};
use chainlab::live::disk::DiskStore;
use chainlab::node::ChainState;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Payments in each block of the second figure.
const PAYMENTS: u8 = 10;

pub fn sync(harness: &mut Harness) {
    let count = harness.size(2_000, 40);
    let empty = params();
    let blocks = Miner::new(&empty).mine_empty(count);
    let target = Target::Under(Duration::from_millis(400));
    let name = format!("sync {count} near-empty blocks over loopback");
    measure(harness, &name, &empty, &blocks, 7, target);

    let (busy, blocks) = payments(count);
    let name = format!("sync {count} blocks of {PAYMENTS} payments over loopback");
    let target = Target::TimesAtMost(1.5);
    measure(harness, &name, &busy, &blocks, 3, target);
}

/// Blocks in which ten owners each pay themselves.
fn payments(count: usize) -> (Params, Vec<Block>) {
    let actors = 10..10 + PAYMENTS;
    let allocation = |actor| Allocation {
        owner: owner(actor),
        amount: coins(1),
    };
    let params = Params {
        genesis: actors.clone().map(allocation).collect(),
        ..params()
    };
    let mut purses: Vec<Spend> = made_by(&params.genesis_block(), 0, 0);
    let mut miner = Miner::new(&params);
    let blocks = (0..count).map(|_| {
        let paid = actors.clone().zip(&purses);
        let txs = paid.map(|(actor, purse)| {
            let amount = purse.1.amount.units();
            pay(&params, actor, &[*purse], &[(actor, amount)])
        });
        let txs: Vec<_> = txs.collect();
        let block = miner.mine(txs);
        let height = miner.cursor.height;
        let made = (1..=usize::from(PAYMENTS)).flat_map(|index| made_by(&block, index, height));
        purses = made.collect();
        block
    });
    let blocks = blocks.collect();
    (params, blocks)
}

fn measure(
    harness: &mut Harness,
    name: &str,
    params: &Params,
    blocks: &[Block],
    rounds: usize,
    target: Target,
) {
    let scene = Scene::new(params);
    let source = scene.dir.path().join("source");
    let encoded: Vec<Vec<u8>> = blocks.iter().map(codec::encode).collect();
    validate(&source, params, &encoded);
    let server = scene.spawn_at(scene.config("server"), &source);
    let top = u32::try_from(blocks.len()).expect("few");
    let mut round = 0;
    let mut over_tcp = || {
        round += 1;
        let mut config = scene.config(&format!("fresh-{round}"));
        config.connect = vec![server.addr().expect("it listens")];
        let (time, node) = timed(|| {
            let node = scene.spawn(config);
            scene.reaches(node.events(), top);
            node
        });
        scene.runtime.block_on(node.stop());
        time
    };
    let mut validations = 0;
    let mut alone = || {
        validations += 1;
        let dir = scene.dir.path().join(format!("alone-{validations}"));
        timed(|| validate(&dir, params, &encoded)).0
    };
    let [ours, limit] = harness.interleave(rounds, [&mut over_tcp, &mut alone]);
    let beside = ("a fresh store, decoding, checks and commits alone", &limit);
    harness.report(name, &ours, beside, target);
    scene.runtime.block_on(server.stop());
}

/// Decodes, checks and stores all blocks, with no signature known before.
pub fn validate(dir: &Path, params: &Params, blocks: &[Vec<u8>]) {
    let store = DiskStore::open(dir).expect("a directory of our own");
    let (params, sigs) = (Arc::new(params.clone()), Arc::new(SigCache::default()));
    let mut chain = ChainState::open(store, params, sigs).expect("a new chain");
    for block in blocks {
        let block = Block::decode(block, codec::MAX_LEN).expect("encoded by us");
        let accepted = chain.accept_block(Origin::Peer(1), &Arc::new(block), LATE);
        assert!(accepted.expect("valid").change.is_some());
    }
    chain.sync().expect("the disk works");
}
