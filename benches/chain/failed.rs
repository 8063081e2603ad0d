//! What a long branch that fails can cost: time must grow with its length, not with the square.

use crate::common::{LATE, Miner, accept, new_chain, open, params};
use crate::ratio::{Harness, Target, timed};
use chainlab::chain::headers::Origin;
use chainlab::chain::{Block, Params};
use chainlab::node::{ChainState, MemStore};
use std::time::Duration;

/// How much longer the long branch is.
const TIMES: usize = 8;

/// Opening and failing, of a short branch and of one eight times as long.
pub fn failed(harness: &mut Harness) {
    let params = params();
    let len = harness.size(2_000, 10);
    let chains = |len| ahead(&params, len, 0).0.into_store();
    let (short, long) = (chains(len), chains(TIMES * len));
    let reopen = |store: &MemStore| timed(|| open(store.clone(), &params)).0;
    let [short, long] = harness.interleave(9, [&mut || reopen(&short), &mut || reopen(&long)]);
    let name = format!("open {} headers of a branch that failed", TIMES * len);
    let beside = format!("{len} of them");
    let target = Target::TimesAtMost(2.0 * TIMES as f64);
    harness.report(&name, &long, (&beside, &short), target);

    let ends = harness.size(1_000, 10);
    let [short, long] = harness.interleave(
        5,
        [&mut || leave(&params, ends), &mut || {
            leave(&params, TIMES * ends)
        }],
    );
    let name = format!("leave a branch that fails, with {} ends", TIMES * ends);
    let beside = format!("with {ends}");
    harness.report(&name, &long, (&beside, &short), target);
}

/// A chain that knows a branch ahead of it, whose first block, returned, fails once it comes;
/// handed in already if the branch has no further `ends`.
fn ahead(params: &Params, len: usize, ends: usize) -> (ChainState<MemStore>, Block) {
    let mut chain = new_chain(params);
    let mut miner = Miner::new(params);
    let bad = miner.block(vec![], |txs| txs[0].lock_time = 99);
    miner.step(&bad);
    let mut run = vec![*bad.header()];
    run.extend(miner.mine_empty(len).iter().map(|block| *block.header()));
    let peer = Origin::Peer(1);
    let taken = chain.accept_headers(peer, &run, LATE).expect("memory");
    assert_eq!(taken.refused, None);
    for tag in 0..ends as u64 {
        let end = *miner.rival(tag + 1).block(vec![], |_| {}).header();
        chain.accept_headers(peer, &[end], LATE).expect("memory");
    }
    if ends == 0 {
        accept(&mut chain, &bad).expect_err("its coinbase is for another height");
    }
    (chain, bad)
}

fn leave(params: &Params, ends: usize) -> Duration {
    let (mut chain, bad) = ahead(params, ends, ends);
    let (time, refused) = timed(|| accept(&mut chain, &bad));
    refused.expect_err("its coinbase is for another height");
    time
}
