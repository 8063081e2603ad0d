//! Branches that hold a bad block: the tip becomes the valid branch with most work, whatever the
//! order in which the blocks came, and nothing that builds on a bad block is taken again.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::key::Signature;
use chainlab::chain::rules::TxError;
use chainlab::chain::{Block, BlockHash, Header, RuleError};
use chainlab::node::Store;
use chainlab::node::chainstate::{AcceptError, BlockAccepted, ChainChange};
use chainlab::node::store::BlockId;
use std::sync::Arc;

/// A branch, one block for each letter: `.` is honest, in an `x` the miner takes one unit too
/// many, which only connecting shows.
fn branch(fork: &Miner, tag: u64, plan: &str) -> Vec<Block> {
    let mut miner = fork.rival(tag);
    let mine = |letter| {
        let block = miner.block(vec![], |txs| {
            if letter == 'x' {
                let reward = &mut txs[0].outputs[0].amount;
                *reward = units(reward.units() + 1);
            }
        });
        miner.step(&block);
        block
    };
    plan.chars().map(mine).collect()
}

fn greed(block: &Block) -> (BlockHash, RuleError) {
    let error = RuleError::CoinbaseAmount {
        claimed: units(coins(10).units() + 1),
        allowed: coins(10),
    };
    (block.hash(), error)
}

fn headers(blocks: &[Block]) -> Vec<Header> {
    blocks.iter().map(|block| *block.header()).collect()
}

fn bodies(blocks: &[Block]) -> Vec<Arc<Block>> {
    blocks.iter().cloned().map(Arc::new).collect()
}

/// Hands in headers, then all bodies but the first in `blocks`, so that nothing is linked yet.
fn prepare(lab: &mut Lab, base: &[Block], branches: &[&[Block]]) {
    for run in branches {
        let run: Vec<Header> = headers(&[base, run].concat());
        assert_eq!(lab.headers(&run).refused, None);
    }
    for block in branches.iter().flat_map(|run| run.iter().rev()) {
        let accepted = accept(&mut lab.chain, block).expect("looks right");
        assert_eq!((accepted.new, accepted.change), (true, None));
    }
}

#[test]
fn an_invalid_block_in_the_middle_of_a_longer_branch_leaves_the_part_below_it() {
    let mut lab = Lab::new();
    let fork = lab.miner.clone();
    let ours = [lab.serves(vec![]), lab.serves(vec![])];
    let theirs = branch(&fork, 7, "...x..");
    prepare(&mut lab, &theirs[..1], &[&theirs[1..]]);
    let accepted = accept(&mut lab.chain, &theirs[0]).expect("valid");
    let [first, second] = ours;
    let expected = BlockAccepted {
        new: true,
        change: Some(ChainChange {
            fork: BlockId {
                height: 0,
                hash: fork.cursor.hash,
            },
            disconnected: bodies(&[second, first]),
            connected: bodies(&theirs[..3]),
        }),
        invalid: vec![greed(&theirs[3])],
    };
    assert_eq!(accepted, expected);
    assert_eq!(lab.chain.tip().hash, theirs[2].hash());
    let best = lab.chain.tree().entry(lab.chain.tree().best()).hash;
    assert_eq!(best, theirs[2].hash());
    assert_eq!(lab.is_sound(), coins(20 + 3 * 10));
    for bad in &theirs[3..] {
        let refused = accept(&mut lab.chain, bad);
        assert_eq!(refused, Err(AcceptError::Rule(RuleError::KnownInvalid)));
    }
    // Honest work goes on at that very place.
    lab.miner = fork;
    theirs[..3].iter().for_each(|block| lab.miner.step(block));
    lab.serves(vec![lab.bobs_payment()]);
}

/// Branches on one common block, in the order in which their headers came; the number of the
/// branch that wins, with how many of its blocks; the bad blocks that are met on the way, each as
/// (branch, place).
type Alternatives = (
    &'static [&'static str],
    usize,
    usize,
    &'static [(usize, usize)],
);

const ALTERNATIVES: [Alternatives; 8] = [
    (&["..x..."], 0, 2, &[(0, 2)]),
    (&["..x...", "..."], 1, 3, &[(0, 2)]),
    (&["..x..", "...", ".x......"], 1, 3, &[(2, 1), (0, 2)]),
    (&["....x.", "...", "x.........."], 0, 4, &[(2, 0), (0, 4)]),
    (&["x....", "x...", "x.."], 0, 0, &[(0, 0), (1, 0), (2, 0)]),
    (&["..xx.x", "..x"], 0, 2, &[(0, 2), (1, 2)]),
    // Equal work: first come, first served.
    (&["...", "...", "x...."], 0, 3, &[(2, 0)]),
    (&["..", "...x", "..."], 1, 3, &[(1, 3)]),
];

#[test]
fn of_several_alternatives_the_valid_branch_with_most_work_becomes_the_tip() {
    for (plans, winner, blocks, met) in ALTERNATIVES {
        let mut lab = Lab::new();
        let fork = lab.miner.clone();
        lab.serves(vec![]);
        let base = branch(&fork, 7, ".");
        let mut root = fork.rival(0);
        root.step(&base[0]);
        let grown: Vec<Vec<Block>> = (10..)
            .zip(plans)
            .map(|(tag, plan)| branch(&root, tag, plan))
            .collect();
        let runs: Vec<&[Block]> = grown.iter().map(Vec::as_slice).collect();
        prepare(&mut lab, &base, &runs);
        let accepted = accept(&mut lab.chain, &base[0]).expect("valid");
        let invalid: Vec<_> = met.iter().map(|(b, at)| greed(&grown[*b][*at])).collect();
        assert_eq!(accepted.invalid, invalid, "{plans:?}");
        lab.is_sound();
        let Some(last) = blocks.checked_sub(1) else {
            // All bad: the common block alone is no better than what was there.
            assert_eq!(lab.chain.tip().hash, lab.miner.cursor.hash);
            assert_eq!(accepted.change, None);
            lab.serves(vec![]);
            continue;
        };
        assert_eq!(
            lab.chain.tip().hash,
            grown[winner][last].hash(),
            "{plans:?}"
        );
        let change = accepted.change.expect("the tip moves");
        let connected = [&base[..], &grown[winner][..blocks]].concat();
        assert_eq!(change.connected, bodies(&connected), "{plans:?}");
        lab.miner = root;
        let below = grown[winner][..blocks].iter();
        below.for_each(|block| lab.miner.step(block));
        lab.serves(vec![]);
    }
}

/// A long branch is committed in pieces; a bad block far up must not strand the tip on one.
#[test]
fn an_invalid_block_far_up_a_long_branch_leaves_the_heaviest_valid_branch() {
    let long = |valid: usize, behind: usize| ".".repeat(valid) + "x" + &".".repeat(behind);
    for (rivals, winner) in [(579, 0), (300, 0), (256, 0), (255, 0), (620, 1)] {
        let mut lab = Lab::new();
        let fork = lab.miner.clone();
        let ours = lab.serves(vec![]);
        let base = branch(&fork, 7, ".");
        let mut root = fork.rival(0);
        root.step(&base[0]);
        let (bad_at, other) = if winner == 0 {
            (rivals, 200)
        } else {
            (300, rivals)
        };
        let bad = branch(&root, 8, &long(bad_at, 700 - bad_at));
        let good = branch(&root, 9, &".".repeat(other));
        prepare(&mut lab, &base, &[&bad, &good]);
        let accepted = accept(&mut lab.chain, &base[0]).expect("valid");
        assert_eq!(accepted.invalid, [greed(&bad[bad_at])]);
        let valid = if winner == 0 {
            &bad[..bad_at]
        } else {
            &good[..]
        };
        let change = accepted.change.expect("the tip moves");
        // What was connected only for a moment is in neither list.
        assert_eq!(change.fork.height, 0);
        assert_eq!(change.disconnected, bodies(&[ours]));
        assert_eq!(change.connected, bodies(&[&base[..], valid].concat()));
        assert_eq!(lab.chain.tip().hash, valid[valid.len() - 1].hash());
        lab.is_sound();
    }
}

#[test]
fn descendants_of_an_invalid_block_are_refused_also_after_reopening() {
    // A body that fails by itself, and one that fails when connected.
    for by_itself in [true, false] {
        let mut lab = Lab::new();
        let fork = lab.miner.clone();
        let mut villain = fork.rival(7);
        let first = villain.mine(vec![]);
        let (bad, first_answer) = if by_itself {
            let twice = villain.rival(9).coinbase();
            let bad = villain.block(vec![twice], |_| {});
            (bad, RuleError::ExtraCoinbase { index: 1 })
        } else {
            let bad = branch(&villain, 8, "x").remove(0);
            (bad.clone(), greed(&bad).1)
        };
        villain.step(&bad);
        let heirs = villain.mine_empty(3);
        let run = [&[first.clone(), bad.clone()], &heirs[..]].concat();
        assert_eq!(lab.headers(&headers(&run)).added.len(), 5);
        lab.takes(&first);
        let answer = match accept(&mut lab.chain, &bad) {
            Err(AcceptError::Rule(rule)) => rule,
            Ok(accepted) => accepted.invalid[0].1.clone(),
            Err(fault) => panic!("{fault}"),
        };
        assert_eq!(answer, first_answer);
        let stranger = villain.mine(vec![]);
        for _ in 0..2 {
            for block in &run[1..] {
                let refused = accept(&mut lab.chain, block);
                assert_eq!(refused, Err(AcceptError::Rule(RuleError::KnownInvalid)));
            }
            let refused = lab.headers(&headers(&run)).refused;
            assert_eq!(refused, Some((1, RuleError::KnownInvalid)));
            let inherited = RuleError::InvalidAncestor(heirs[2].hash());
            let longer = [&run[..], std::slice::from_ref(&stranger)].concat();
            let refused = lab.headers(&headers(&longer));
            assert_eq!(refused.added, []);
            assert_eq!(refused.refused, Some((5, inherited.clone())));
            let refused = accept(&mut lab.chain, &stranger);
            assert_eq!(refused, Err(AcceptError::Rule(inherited)));
            assert_eq!(lab.chain.tip().hash, first.hash());
            lab.is_sound();
            // It is written down, not found out anew each time.
            let store = lab.chain.into_store();
            let mut failed = Vec::new();
            let each = store.each_header(&mut |id, row| failed.extend(row.failed.then_some(id)));
            each.expect("readable");
            let known_bad: Vec<BlockHash> = failed.iter().map(|id| id.hash).collect();
            let all: Vec<BlockHash> = run[1..].iter().map(Block::hash).collect();
            assert_eq!(known_bad, all);
            lab.chain = open(store, &lab.params);
        }
        lab.serves(vec![lab.bobs_payment()]);
    }
}

/// What was wrong with the delivery, the clock or the order is not held against a block, also
/// not across a restart.
#[test]
fn what_may_still_become_right_is_not_remembered_after_reopening() {
    let mut lab = Lab::new();
    let [first, second] = lab.miner.clone().mine_empty(2).try_into().expect("two");
    let (header, mut txs) = first.clone().into_parts();
    lab.refuses_header(&second, RuleError::UnknownParent(first.hash()));
    txs.extend_from_within(..);
    lab.refuses_delivery(&Block::new(header, txs), RuleError::RepeatedTail);
    lab.refuses_delivery(&Block::new(header, vec![]), RuleError::MerkleRoot);
    let other = second.txs().to_vec();
    lab.refuses_delivery(&Block::new(header, other), RuleError::MerkleRoot);
    lab.chain = open(lab.chain.into_store(), &lab.params);
    lab.takes(&first);
    lab.takes(&second);
}

#[test]
fn a_branch_of_too_little_work_is_refused_until_it_has_more() {
    let mut lab = Lab::new();
    let mut theirs = lab.miner.rival(7);
    for block in lab.miner.mine_empty(289) {
        accept(&mut lab.chain, &block).expect("valid");
    }
    let longer = theirs.mine_empty(291);
    // 288 blocks' worth behind the tip is near enough; one more and it is dropped, and refused.
    let run = headers(&longer);
    assert_eq!(lab.headers(&run[..1]).refused, None);
    assert!(lab.knows(&longer[0]));
    lab.serves(vec![]);
    assert!(!lab.knows(&longer[0]));
    lab.refuses_header(&longer[0], RuleError::LowWork);
    assert_eq!(lab.headers(&run).refused, None);
    for block in &longer {
        accept(&mut lab.chain, block).expect("valid");
    }
    lab.miner = theirs;
    assert_eq!(lab.chain.tip().hash, longer[290].hash());
    lab.serves(vec![lab.bobs_payment()]);
}

#[test]
fn of_branches_with_equal_work_the_body_that_came_first_wins_and_stays_after_reopening() {
    let mut lab = Lab::new();
    let fork = lab.miner.clone();
    let [early, late] = [7, 8].map(|tag| branch(&fork, tag, ".."));
    // The headers came the other way round: they do not count.
    assert_eq!(lab.headers(&headers(&late)).refused, None);
    assert_eq!(lab.headers(&headers(&early)).refused, None);
    for block in early.iter().chain(&late) {
        accept(&mut lab.chain, block).expect("valid");
    }
    assert_eq!(lab.chain.tip().hash, early[1].hash());
    lab.chain = open(lab.chain.into_store(), &lab.params);
    assert_eq!(lab.chain.tip().hash, early[1].hash());
    // The next block settles it.
    lab.miner = fork.rival(8);
    late.iter().for_each(|block| lab.miner.step(block));
    let last = lab.miner.mine(vec![]);
    let change = accept(&mut lab.chain, &last).expect("valid").change;
    assert_eq!(change.expect("a reorganisation").disconnected.len(), 2);
    assert_eq!(lab.chain.tip().hash, last.hash());
    lab.is_sound();
    lab.serves(vec![lab.bobs_payment()]);
}

/// Alice pays Bob on one branch and Carol on the other: each branch has its own truth, and a coin
/// that a branch gave back can be spent again.
#[test]
fn a_coin_spent_on_the_branch_that_lost_can_be_spent_on_the_one_that_won_and_only_once() {
    let mut lab = Lab::new();
    let purse = lab.purse(ALICE);
    let (to_bob, to_carol) = (
        lab.pay(ALICE, &[purse], &[(BOB, 1_000)]),
        lab.pay(ALICE, &[purse], &[(CAROL, 2_000)]),
    );
    let mut theirs = lab.miner.rival(7);
    let ours = lab.serves(vec![to_bob.clone()]);
    let blocks = [theirs.mine(vec![]), theirs.mine(vec![to_carol])];
    for block in &blocks {
        let accepted = accept(&mut lab.chain, block).expect("valid");
        assert_eq!(accepted.invalid, []);
    }
    assert_eq!(lab.chain.tip().hash, blocks[1].hash());
    let (bobs, carols) = (made_by(&ours, 1, 1)[0], made_by(&blocks[1], 1, 2)[0]);
    assert_eq!(lab.chain.coin(&bobs.0), Ok(None));
    assert_eq!(lab.chain.coin(&purse.0), Ok(None));
    assert_eq!(lab.chain.coin(&carols.0), Ok(Some(carols.1)));
    lab.miner = theirs;
    lab.refuses_spend(&to_bob, TxError::MissingOrSpent { input: 0 });
    lab.serves(vec![lab.pay(CAROL, &[carols], &[(ALICE, 1_500)])]);
}

/// Many cores check a block, but the answer is the same every time.
#[test]
fn of_several_bad_signatures_the_first_is_reported_every_time() {
    const PAYMENTS: usize = 40;
    let mut params = params();
    params.genesis = vec![params.genesis[0]; PAYMENTS];
    let miner = Miner::new(&params);
    let honest: Vec<_> = made_by(&params.genesis_block(), 0, 0)
        .iter()
        .map(|spend| pay(&params, ALICE, &[*spend], &[(BOB, 1_000)]))
        .collect();
    // Two cores take a half each: the second meets a bad one at once, the first after 19 others.
    // Five payments are checked by one core, forty by all.
    for (payments, bad) in [(5, vec![2, 4]), (PAYMENTS, (19..PAYMENTS).collect())] {
        let mut txs = honest[..payments].to_vec();
        for at in &bad {
            txs[*at].inputs[0].signature = Signature::NONE;
        }
        let block = miner.block(txs, |_| {});
        for round in 0..100 {
            let mut chain = new_chain(&params);
            let accepted = accept(&mut chain, &block).expect("looks right");
            let [(_, RuleError::Tx { index, .. })] = accepted.invalid[..] else {
                panic!("{:?}", accepted.invalid);
            };
            assert_eq!(index, bad[0] + 1, "round {round}");
        }
    }
    let mut lab = Lab::of(params);
    lab.serves(honest);
}
