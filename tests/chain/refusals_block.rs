//! Headers and bodies that must be refused: no work, the wrong work, the wrong time, no parent,
//! too many bytes, and a body that is not the one its header commits to.

use crate::common::lab::Lab;
use crate::common::*;
use chainlab::chain::block::BlockTime;
use chainlab::chain::headers::Origin;
use chainlab::chain::key::Signature;
use chainlab::chain::params::Retarget;
use chainlab::chain::rules::TxError;
use chainlab::chain::{
    Block, BlockHash, CompactTarget, Header, MerkleRoot, Params, RuleError, Tx, merkle,
};
use chainlab::node::chainstate::AcceptError;
use std::sync::Arc;

/// The next block, solved after `change` had its way with the header.
fn with_header(lab: &Lab, change: impl FnOnce(&mut Header)) -> Block {
    let (mut header, txs) = lab.miner.block(vec![], |_| {}).into_parts();
    change(&mut header);
    Block::new(solve(header), txs)
}

fn at_time(lab: &Lab, time: u64) -> Block {
    with_header(lab, |header| header.time = BlockTime(time))
}

#[test]
fn a_block_with_no_proof_of_work_is_refused() {
    let mut lab = Lab::new();
    let (solved, txs) = lab.miner.block(vec![], |_| {}).into_parts();
    let lazy = (0..)
        .map(|nonce| Header { nonce, ..solved })
        .find(|header| !header.meets_target())
        .expect("every second nonce");
    let block = Block::new(lazy, txs.clone());
    lab.refuses_header(&block, RuleError::ProofOfWork);
    lab.takes(&Block::new(solved, txs));
}

#[test]
fn a_block_with_bits_other_than_the_rules_is_refused() {
    // A hash in 256 suffices, so that there is an easier target to claim, and a harder one.
    let expected = CompactTarget(0x2000_ffff);
    let mut lab = Lab::of(Params {
        genesis_bits: expected,
        ..params()
    });
    for got in [0x207f_ffff, 0x2001_0000, 0x2000_fffe, 0x1f00_ffff].map(CompactTarget) {
        let block = with_header(&lab, |header| header.bits = got);
        assert!(block.header().meets_target());
        lab.refuses_header(&block, RuleError::Bits { expected, got });
    }
    // Not even a number: negative, above 256 bits, zero.
    for got in [0x2080_ffff, 0xff12_3456, 0].map(CompactTarget) {
        let (header, txs) = lab.miner.block(vec![], |_| {}).into_parts();
        let block = Block::new(
            Header {
                bits: got,
                ..header
            },
            txs,
        );
        assert!(!block.header().meets_target());
        lab.refuses_header(&block, RuleError::Bits { expected, got });
    }
    lab.serves(vec![]);
}

#[test]
fn the_bits_that_are_asked_for_follow_the_time_that_blocks_took() {
    let mut lab = Lab::of(Params {
        retarget: Retarget::Asert,
        half_life_intervals: 9,
        genesis_bits: CompactTarget(0x2000_ffff),
        ..params()
    });
    let start = lab.params.genesis_time.0;
    // One interval is what a block may take; nine more are a half-life, so the target doubles.
    lab.takes(&at_time(&lab, start + 10 * INTERVAL_MS));
    for (expected, old) in [(0x2001_fffe, 0x2000_ffff), (0x2003_fffc, 0x2001_fffe)] {
        let expected = CompactTarget(expected);
        for got in [EASY, CompactTarget(old)] {
            let block = with_header(&lab, |header| header.bits = got);
            lab.refuses_header(&block, RuleError::Bits { expected, got });
        }
        // Then ten hours without a block: they count for ten intervals, not for an easy target.
        let block = with_header(&lab, |header| {
            header.bits = expected;
            header.time = BlockTime(header.time.0 + 36_000_000);
        });
        lab.takes(&block);
    }
}

#[test]
fn an_unknown_version_of_a_block_is_refused() {
    let mut lab = Lab::new();
    for version in [0, 2, u32::MAX] {
        let block = with_header(&lab, |header| header.version = version);
        lab.refuses_header(&block, RuleError::Version(version));
    }
    lab.serves(vec![]);
}

#[test]
fn a_block_from_the_future_is_refused_until_its_time_has_come() {
    let mut lab = Lab::new();
    let now = BlockTime(lab.params.genesis_time.0 + 500);
    let latest = now.0 + lab.params.future_drift_ms;
    let early = Arc::new(at_time(&lab, latest + 1));
    let refused = RuleError::TimeTooNew {
        ahead_ms: lab.params.future_drift_ms + 1,
    };
    for _ in 0..2 {
        let accepted = lab.chain.accept_block(Origin::Peer(1), &early, now);
        assert_eq!(accepted, Err(AcceptError::Rule(refused.clone())));
        let headers = [*early.header()];
        let accepted = lab.chain.accept_headers(Origin::Peer(1), &headers, now);
        let accepted = accepted.expect("the store works");
        assert_eq!(accepted.added, []);
        assert_eq!(accepted.refused, Some((0, refused.clone())));
        assert!(!lab.knows(&early));
    }
    // Exactly at the limit, and the same block one millisecond later.
    let accepted = lab
        .chain
        .accept_block(Origin::Peer(1), &Arc::new(at_time(&lab, latest)), now);
    assert!(accepted.expect("within the drift").change.is_some());
    let mut waiting = Lab::new();
    let accepted = waiting
        .chain
        .accept_block(Origin::Peer(1), &early, now.saturating_add_ms(1));
    assert!(accepted.expect("no longer early").change.is_some());
    assert_eq!(waiting.chain.tip().hash, early.hash());
    waiting.is_sound();
}

#[test]
fn a_block_not_later_than_the_median_of_its_11_ancestors_is_refused() {
    let mut lab = Lab::new();
    let start = lab.params.genesis_time.0;
    let mut times = vec![start];
    let mut chain: Vec<Header> = Vec::new();
    let mut twelfth_is_later = false;
    let shifts = [100_000, 100, 20, 60, 10, 300, 40];
    for (step, shift) in (0_u64..30).zip(shifts.iter().cycle()) {
        let mut recent: Vec<u64> = times.iter().rev().take(11).copied().collect();
        recent.sort_unstable();
        let median = recent[recent.len() / 2];
        for time in [median, median - 1, 0] {
            let block = at_time(&lab, time);
            lab.refuses_header(&block, RuleError::TimeTooOld);
            // The same at the end of a run that another node takes in one go.
            let run = [&chain[..], &[*block.header()]].concat();
            let accepted = Lab::new().headers(&run);
            assert_eq!(accepted.added.len(), chain.len());
            assert_eq!(accepted.refused, Some((chain.len(), RuleError::TimeTooOld)));
        }
        // Some are as old as they may be, so older than their parents; others run ahead.
        let time = median + if step % 5 == 1 { 1 } else { *shift };
        let twelfth = times.iter().rev().nth(11);
        twelfth_is_later |= time == median + 1 && twelfth.is_some_and(|at| *at > time);
        let block = at_time(&lab, time);
        lab.takes(&block);
        chain.push(*block.header());
        times.push(time);
    }
    // There were blocks older than their parents, and one that a twelfth ancestor would refuse.
    assert!(times.windows(2).any(|pair| pair[1] < pair[0]) && twelfth_is_later);
    assert_eq!(Lab::new().headers(&chain).refused, None);
    lab.serves(vec![]);
}

/// Four thousand million blocks are out of a test's reach; the end of such a chain is not.
#[test]
fn a_block_above_the_last_height_is_refused() {
    let lab = Lab::new();
    let block = lab.miner.block(vec![], |_| {});
    let mut cursor = lab.miner.cursor.clone();
    let mut check = |height| {
        cursor.height = height;
        cursor.check_next(block.header(), &lab.params, LATE)
    };
    assert_eq!(check(u32::MAX), Err(RuleError::HeightLimit));
    assert_eq!(check(u32::MAX - 1), Ok(block.hash()));
}

#[test]
fn a_block_with_an_unknown_parent_is_refused_until_the_parent_comes() {
    let mut lab = Lab::new();
    let [first, second, third] = lab
        .miner
        .clone()
        .mine_empty(3)
        .try_into()
        .expect("three blocks");
    let unknown = RuleError::UnknownParent(first.hash());
    lab.refuses_header(&second, unknown);
    let nobody = with_header(&lab, |header| header.previous = BlockHash([7; 32]));
    lab.refuses_header(&nobody, RuleError::UnknownParent(BlockHash([7; 32])));
    // In a run: what comes before the gap is taken.
    let gap = lab.headers(&[*first.header(), *third.header()]);
    assert_eq!(gap.added.len(), 1);
    let unknown = RuleError::UnknownParent(second.hash());
    assert_eq!(gap.refused, Some((1, unknown)));
    for block in [first, second, third] {
        lab.takes(&block);
    }
}

#[test]
fn a_block_that_is_too_large_is_refused() {
    let wide = |lab: &Lab, outputs: usize| {
        let outputs = vec![(BOB, 1); outputs];
        let tx = lab.pay(ALICE, &[lab.purse(ALICE)], &outputs);
        lab.miner.block(vec![tx], |_| {})
    };
    // Header and count 96, coinbase 185, payment 157 and 28 for each output.
    let len = 96 + 185 + 157 + 30 * 28;
    for (max, fits) in [(len, 30), (len + 1, 30), (len + 27, 30), (len + 28, 31)] {
        let max_block_bytes = u32::try_from(max).expect("small");
        let mut lab = Lab::of(Params {
            max_block_bytes,
            ..params()
        });
        let block = wide(&lab, fits + 1);
        let len = block.encoded_len();
        assert!(len > max);
        lab.refuses_body(&block, RuleError::TooLarge { len, max });
        let block = wide(&lab, fits);
        assert!(block.encoded_len() <= max);
        lab.takes(&block);
    }
    let max = len - 1;
    let mut lab = Lab::of(Params {
        max_block_bytes: u32::try_from(max).expect("small"),
        ..params()
    });
    let block = wide(&lab, 30);
    lab.refuses_body(&block, RuleError::TooLarge { len, max });
    lab.serves(vec![]);
}

#[test]
fn a_block_with_a_wrong_merkle_root_is_refused() {
    let mut lab = Lab::new();
    let txs = vec![lab.bobs_payment()];
    let honest = lab.miner.block(txs, |_| {});
    let bare = MerkleRoot(merkle::tree_root(honest.txids()));
    let mut flipped = honest.header().merkle_root;
    flipped.0[31] ^= 1;
    for merkle_root in [MerkleRoot::ZERO, flipped, bare] {
        let (header, txs) = honest.clone().into_parts();
        let header = solve(Header {
            merkle_root,
            ..header
        });
        lab.refuses_delivery(&Block::new(header, txs), RuleError::MerkleRoot);
    }
    lab.takes(&honest);
}

/// CVE-2012-2459: some lists of transactions have the same tree with their tail repeated.
#[test]
fn a_body_that_repeats_its_tail_is_refused_and_the_honest_body_is_then_accepted() {
    for (count, repeated) in [(3, 1), (5, 1), (6, 2), (7, 1), (12, 4), (17, 1)] {
        let mut lab = Lab::of(rich(17));
        let txs = payments(&lab, count - 1);
        let honest = lab.miner.block(txs, |_| {});
        let (header, mut txs) = honest.clone().into_parts();
        assert_eq!(txs.len(), count);
        txs.extend_from_within(count - repeated..);
        let tampered = Block::new(header, txs);
        let tree = merkle::tree_root(honest.txids());
        assert_eq!(merkle::tree_root(tampered.txids()), tree, "{count}");
        lab.refuses_delivery(&tampered, RuleError::RepeatedTail);
        lab.takes(&honest);
    }
}

/// There is no honest body then, so it is held against the header.
#[test]
fn a_header_that_commits_to_a_repeated_tail_is_refused() {
    let mut lab = Lab::new();
    let tx = lab.bobs_payment();
    let block = lab
        .miner
        .block(vec![tx.clone(), tx.clone(), tx.clone()], |_| {});
    assert_eq!(block.merkle_root(), block.header().merkle_root);
    let error = TxError::MissingOrSpent { input: 0 };
    lab.refuses_when_connected(&block, RuleError::Tx { index: 2, error });
    // Nor is there a body under a header that commits to none.
    let empty = lab.miner.assemble(vec![]);
    lab.refuses_body(&empty, RuleError::NoTransactions);
    // Repeated, but not at the tail of any row: only a coin spent twice.
    let block = lab.miner.block(vec![tx.clone(), tx.clone()], |_| {});
    let error = TxError::MissingOrSpent { input: 0 };
    lab.refuses_when_connected(&block, RuleError::Tx { index: 2, error });
    lab.serves(vec![tx]);
}

/// What somebody on the way does with the list of transactions.
type Change<'a> = Box<dyn Fn(&mut Vec<Tx>) + 'a>;

#[test]
fn a_wrong_body_under_an_honest_header_is_refused_and_the_honest_body_is_then_accepted() {
    let mut lab = Lab::of(rich(8));
    let honest = lab.miner.block(payments(&lab, 4), |_| {});
    let foreign = payments(&lab, 8);
    let other = lab.miner.rival(1).coinbase();
    // Each of the faults would be held against the hash, were it the hash's own list.
    let changes: [Change<'_>; 9] = [
        Box::new(|txs| drop(txs.pop())),
        Box::new(|txs| drop(txs.remove(0))),
        Box::new(|txs| txs.swap(1, 2)),
        Box::new(|txs| txs.swap(0, 1)),
        Box::new(|txs| txs[0] = other.clone()),
        Box::new(|txs| txs.push(foreign[7].clone())),
        Box::new(|txs| txs[0].lock_time = 9),
        Box::new(|txs| txs[2].inputs[0].signature = Signature([1; 64])),
        // Too large for a block, too.
        Box::new(|txs| {
            let output = txs[1].outputs[0];
            txs[1].outputs = vec![output; 50_000];
        }),
    ];
    for change in changes {
        let (header, mut txs) = honest.clone().into_parts();
        change(&mut txs);
        lab.refuses_delivery(&Block::new(header, txs), RuleError::MerkleRoot);
    }
    let nothing = Block::new(*honest.header(), vec![]);
    lab.refuses_delivery(&nothing, RuleError::MerkleRoot);
    lab.takes(&honest);
    // Known by now: whatever comes under this header again is not looked at.
    let again = accept(&mut lab.chain, &nothing).expect("old news");
    assert!(!again.new && again.change.is_none() && again.invalid.is_empty());
    let stored = lab.chain.body(&honest.hash()).expect("readable");
    assert_eq!(stored, Some(Arc::new(honest)));
}

/// A network where Alice has many coins.
fn rich(count: usize) -> Params {
    let mut params = params();
    params.genesis = vec![params.genesis[0]; count];
    params
}

/// One payment of Alice's for each of her first coins.
fn payments(lab: &Lab, count: usize) -> Vec<Tx> {
    let coins = made_by(&lab.params.genesis_block(), 0, 0);
    let pay = |spend: &Spend| lab.pay(ALICE, &[*spend], &[(BOB, 1_000)]);
    coins[..count].iter().map(pay).collect()
}

#[test]
fn blocks_of_1_to_17_transactions_are_served_every_count_and_every_proof_holds() {
    let mut lab = Lab::of(rich(17 * 16 / 2));
    let mut left = payments(&lab, 17 * 16 / 2);
    for count in 1..=17 {
        let txs = left.split_off(left.len() - (count - 1));
        let block = lab.serves(txs);
        assert_eq!(block.txs().len(), count);
        let root = block.header().merkle_root;
        for (index, txid) in (0..).zip(block.txids()) {
            let proof = merkle::MerkleProof::new(block.txids(), index).expect("it is there");
            assert!(proof.holds(*txid, root), "{index} of {count}");
        }
        let beyond = u32::try_from(count).expect("small");
        assert_eq!(merkle::MerkleProof::new(block.txids(), beyond), None);
    }
    assert_eq!(left, []);
}
