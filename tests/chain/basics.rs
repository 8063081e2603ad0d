//! A chain grows, forks and reorganises, in memory and on disk.

use crate::common::*;
use chainlab::chain::Block;
use chainlab::live::disk::DiskStore;
use chainlab::node::{BlockId, ChainState, MemStore, Store};

#[test]
fn a_chain_of_paying_blocks_is_sound_in_memory_and_after_reopening_on_disk() {
    let params = params();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut memory = new_chain(&params);
    let mut disk = open(DiskStore::open(dir.path()).expect("new"), &params);
    let mut miner = Miner::new(&params);
    let mut purse = genesis_coin(&params, ALICE);
    for height in 1..=30 {
        let left = purse.1.amount.units() - 1_000;
        let tx = pay(&params, ALICE, &[purse], &[(BOB, 1_000), (ALICE, left)]);
        let block = miner.mine(vec![tx]);
        purse = made_by(&block, 1, height)[1];
        for accepted in [accept(&mut memory, &block), accept(&mut disk, &block)] {
            let accepted = accepted.expect("valid");
            assert_eq!(accepted.invalid, []);
            assert_eq!(accepted.change.expect("extends the tip").connected.len(), 1);
        }
    }
    let report = sound(&memory);
    assert_eq!(report.tip.height, 30);
    assert_eq!(report.supply, coins(20 + 30 * 10));
    assert_eq!(sound(&disk), report);
    drop(disk);
    let disk = open(DiskStore::open(dir.path()).expect("ours"), &params);
    assert_eq!(sound(&disk), report);
    assert_eq!(disk.coin(&purse.0).expect("readable"), Some(purse.1));
}

#[test]
fn the_branch_with_more_work_wins_and_a_tie_does_not() {
    let params = params();
    let mut chain = new_chain(&params);
    let mut ours = Miner::new(&params);
    let mut theirs = ours.rival(7);
    for block in ours.mine_empty(3) {
        accept(&mut chain, &block).expect("valid");
    }
    let before = chain.tip();
    for block in theirs.mine_empty(3) {
        let accepted = accept(&mut chain, &block).expect("valid");
        assert_eq!(accepted.change, None);
    }
    assert_eq!(chain.tip(), before);
    let last = theirs.mine(Vec::new());
    let change = accept(&mut chain, &last)
        .expect("valid")
        .change
        .expect("a reorganisation");
    assert_eq!((change.disconnected.len(), change.connected.len()), (3, 4));
    assert_eq!(change.fork.height, 0);
    assert_eq!(change.disconnected[0].hash(), before.hash);
    assert_eq!(chain.tip().hash, last.hash());
    sound(&chain);
}

#[test]
fn a_side_branch_that_falls_too_far_behind_leaves_the_store_as_well() {
    let params = params();
    let mut chain = new_chain(&params);
    let mut ours = Miner::new(&params);
    let lost = ours.rival(7).mine_empty(2);
    let rows_of_the_lost = |chain: &ChainState<MemStore>| {
        let mut headers = 0;
        let is_lost = |hash| lost.iter().any(|block| block.hash() == hash);
        chain
            .store()
            .each_header(&mut |id, _| headers += usize::from(is_lost(id.hash)))
            .expect("memory");
        let stored = |(height, block): (u32, &Block)| {
            let hash = block.hash();
            let body = chain.store().body(&BlockId { height, hash });
            usize::from(body.expect("memory").is_some())
        };
        (headers, (1..).zip(&lost).map(stored).sum::<usize>())
    };
    for block in lost.iter().chain(&ours.mine_empty(290)) {
        accept(&mut chain, block).expect("valid");
    }
    assert_eq!(
        rows_of_the_lost(&chain),
        (2, 2),
        "288 blocks behind is near enough"
    );
    accept(&mut chain, &ours.mine(Vec::new())).expect("valid");
    assert_eq!(rows_of_the_lost(&chain), (0, 0));
    sound(&chain);
    let chain = open(chain.into_store(), &params);
    assert_eq!(chain.tree().len(), 292);
}
