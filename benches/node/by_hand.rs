//! A hundred blocks by hand on a fresh node of the default network, one after the other, beside the
//! hashes that so many blocks take on average.

use crate::ratio::{Harness, Samples, Target, timed};
use crate::scene::Scene;
use chainlab::chain::Params;
use chainlab::chain::block::Midstate;
use chainlab::live::disk::DiskStore;
use chainlab::node::{ChainState, Command, Reply};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The longest that they may take.
const LIMIT: Duration = Duration::from_secs(2);

pub fn by_hand(harness: &mut Harness) {
    let scene = Scene::new(&Params::default());
    let blocks = harness.size(100, 3);
    let (mut mined, mut hashed) = (Samples::default(), Samples::default());
    for round in 0..harness.size(11, 1) {
        let mut config = scene.config(&format!("n{round}"));
        config.wallets = vec!["founder".to_owned()];
        let dir = scene.dir.path().join(&config.name);
        let node = scene.spawn_at(config, &dir);
        let (time, ()) = timed(|| {
            for _ in 0..blocks {
                let reply = node.command_blocking(Command::MineNow).expect("mined");
                assert!(matches!(reply, Reply::Mined { .. }));
            }
        });
        mined.push(time);
        scene.runtime.block_on(node.stop());
        let hashes = work_in(&dir, &scene.params);
        println!("round {round}: {hashes} hashes on average");
        hashed.push(timed(|| hash(&scene.params, hashes)).0);
    }
    harness.report(
        "100 blocks by hand on a fresh node of the default network",
        &mined,
        (
            "the hashes that they take on average, on one thread",
            &hashed,
        ),
        Target::Under(LIMIT),
    );
}

/// Hashes that the chain in a directory takes on average.
fn work_in(dir: &Path, params: &Arc<Params>) -> u64 {
    let store = DiskStore::open(dir).expect("the node has stopped");
    let chain = ChainState::open(store, Arc::clone(params), Arc::default());
    let chain = chain.expect("sound");
    let work = chain.tree().entry(chain.tree().tip()).work.to_u256();
    u64::try_from(work).expect("few")
}

fn hash(params: &Params, count: u64) {
    let mut midstate = Midstate::new(params.genesis_block().header());
    for nonce in 0..count {
        black_box(midstate.hash(black_box(nonce)));
    }
}
