//! How the mempool follows the chain, what becomes of it with time, and over a restart.

use crate::common::*;
use crate::mempool_common::*;
use chainlab::chain::codec;
use chainlab::chain::rules::TxError;
use chainlab::chain::{Params, Tx, Txid};
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::{Change, PACKAGE_MAX, RemovedWhy};
use chainlab::node::{StoreFault, Time};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn added(change: &Change) -> Vec<Txid> {
    change.added.iter().map(|(txid, _)| *txid).collect()
}

#[test]
fn what_a_block_contains_leaves_and_its_descendants_stay() {
    let mut desk = Desk::new();
    let family = desk.chain_of(desk.coin(0), &[1, 2, 3]);
    desk.takes_all(&family);
    let change = desk.mine(family[..2].to_vec());
    let why = RemovedWhy::InBlock(desk.chain.tip());
    let gone: Vec<Txid> = change.removed.iter().map(|gone| gone.txid).collect();
    assert_eq!(gone, txids(&family[..2]));
    assert!(change.removed.iter().all(|gone| gone.why == why));
    let last = desk.pool.get(&family[2].txid()).expect("it stays");
    assert_eq!(last.ancestors.count, 1);
    desk.audit();
}

#[test]
fn after_a_reorganisation_entries_return_below_those_that_build_on_them() {
    let mut desk = Desk::new();
    let mut rival = desk.miner.rival(1);
    let family = desk.chain_of(desk.coin(0), &[5, 5, 5, 5]);
    let other = desk.tx(&[desk.coin(1)], 9, 1);
    desk.takes_all(&family);
    desk.takes(&other);
    desk.mine(vec![family[0].clone()]);
    desk.mine(vec![family[1].clone(), other.clone()]);
    assert_eq!(desk.pool.len(), 2);
    desk.now = desk.now + Duration::from_secs(1);
    // The other branch has one of them too.
    let branch = [
        rival.mine(vec![other.clone()]),
        rival.mine(vec![]),
        rival.mine(vec![]),
    ];
    let change = desk.deliver_all(&branch);
    assert_eq!(added(&change), txids(&family[..2]));
    assert_eq!(change.removed, []);
    assert_eq!(desk.txids(), sorted(txids(&family)));
    let counts = |tx: &Tx| {
        let entry = desk.pool.get(&tx.txid()).expect("it waits");
        (entry.ancestors.count, entry.descendants.count)
    };
    assert_eq!(counts(&family[0]), (1, 4));
    assert_eq!(counts(&family[3]), (4, 1));
    assert_eq!(
        desk.pool.get(&family[0].txid()).expect("it waits").since,
        desk.now
    );
    desk.audit();
}

#[test]
fn after_a_reorganisation_those_without_inputs_leave_with_their_descendants() {
    let mut desk = Desk::new();
    let mut rival = desk.miner.rival(1);
    let first = desk.tx(&[desk.coin(0)], 5, 1);
    let second = desk.tx(&[desk.coin(0)], 6, 1);
    let child = desk.tx(&[out(&first, 0)], 7, 1);
    let grandchild = desk.tx(&[out(&child, 0)], 8, 1);
    desk.mine(vec![first.clone()]);
    desk.takes_all(&[child.clone(), grandchild.clone()]);
    // The other branch spends the same coin in another way.
    let branch = [rival.mine(vec![second]), rival.mine(vec![])];
    let change = desk.deliver_all(&branch);
    let gone = sorted(txids(&[child, grandchild]));
    let gone: Vec<_> = gone
        .into_iter()
        .map(|txid| (txid, RemovedWhy::InputsGone))
        .collect();
    assert_eq!(removed(&change), gone);
    assert_eq!((added(&change), desk.pool.len()), (vec![], 0));
    desk.audit();
}

/// A network whose target follows every block, so that few blocks can be worth more than many.
fn jumpy() -> Params {
    Params {
        retarget: chainlab::chain::params::Retarget::Asert,
        genesis_bits: chainlab::chain::Target::from_expected_hashes(64).to_compact(),
        half_life_intervals: 1,
        maturity: 4,
        ..rich(20)
    }
}

#[test]
fn after_a_reorganisation_to_a_lower_height_those_too_early_or_immature_leave() {
    let mut desk = Desk::of(&jumpy(), MempoolLimits::default());
    // Slow blocks, and so easier and easier ones.
    let slow = |miner: &mut Miner| {
        let block = miner.block(vec![], |_| {});
        let (header, txs) = block.into_parts();
        let time = miner.cursor.time.saturating_add_ms(9 * INTERVAL_MS);
        let header = solve(chainlab::chain::Header { time, ..header });
        let block = chainlab::chain::Block::new(header, txs);
        miner.step(&block);
        block
    };
    let common = desk.miner.mine(vec![]);
    desk.deliver(&common);
    let mut rival = desk.miner.rival(1);
    for _ in 0..3 {
        let block = slow(&mut desk.miner);
        desk.deliver(&block);
    }
    let height = desk.chain.tip().height;
    assert_eq!(height, 4);
    let coin = desk.coin(0);
    let mut locked = unsigned(&[coin], &[(ALICE, COIN)]);
    locked.lock_time = height + 1;
    sign(&desk.params, &mut locked, ALICE, &[coin]);
    let above = desk.tx(&[out(&locked, 0)], 1, 1);
    let reward = made_by(&common, 0, 1)[0];
    let young = pay(&desk.params, MINER, &[reward], &[(BOB, 5)]);
    let bystander = desk.tx(&[desk.coin(1)], 0, 1);
    desk.takes_all(&[
        locked.clone(),
        above.clone(),
        young.clone(),
        bystander.clone(),
    ]);
    desk.audit();
    // Two quick blocks are worth more than the three slow ones.
    let branch = rival.mine_empty(2);
    let change = desk.deliver_all(&branch);
    assert_eq!(
        desk.chain.tip().height,
        3,
        "the heavier branch is the shorter one"
    );
    let (lock_time, matures) = (5, 5);
    let why = removed(&change).into_iter().collect::<BTreeMap<_, _>>();
    let locked_why = TxError::Locked {
        lock_time,
        height: 4,
    };
    assert_eq!(why[&locked.txid()], RemovedWhy::TooEarly(locked_why));
    // It is not without coins: what it builds on waits, and so does it.
    let parent = locked.txid();
    assert_eq!(why[&above.txid()], RemovedWhy::ParentHeld(parent));
    let young_why = TxError::Immature { input: 0, matures };
    assert_eq!(why[&young.txid()], RemovedWhy::TooEarly(young_why));
    assert_eq!(why.len(), 3);
    assert_eq!(desk.txids(), [bystander.txid()]);
    let early = sorted(txids(&[locked.clone(), above.clone(), young.clone()]));
    assert_eq!(desk.held(), early);
    desk.audit();
    // A block later they are not too early any more, over a restart as well.
    desk.flush();
    let change = desk.restart();
    assert_eq!((desk.held(), change.removed), (early.clone(), vec![]));
    let change = desk.deliver_all(&rival.mine_empty(1));
    assert_eq!(sorted(added(&change)), early);
    assert_eq!((desk.held(), desk.pool.len()), (vec![], 4));
    desk.audit();
}

#[test]
fn what_returns_may_be_more_than_fits_and_then_the_worst_goes() {
    let one = Desk::new().tx(&[Desk::new().coin(0)], 1, 1).encoded_len();
    let limits = MempoolLimits {
        bytes_max: 3 * one,
        min_fee_per_kb: units(1_000),
        ..MempoolLimits::default()
    };
    let mut desk = Desk::of(&rich(20), limits);
    let mut rival = desk.miner.rival(1);
    let txs: Vec<Tx> = (0..6)
        .map(|n| desk.tx(&[desk.coin(n)], 1_000 + n as u64, 1))
        .collect();
    // Mined by somebody who asks for less than this node does.
    let cheap = desk.tx(&[desk.coin(6)], 0, 1);
    desk.mine(vec![txs[0].clone(), txs[1].clone(), cheap.clone()]);
    desk.takes_all(&txs[2..5]);
    let change = desk.deliver_all(&[rival.mine(vec![]), rival.mine(vec![])]);
    assert_eq!((added(&change), change.removed), (vec![], vec![]));
    assert_eq!(desk.txids(), sorted(txids(&txs[2..5])));
    desk.audit();
    // With room they return, also those that pay too little for a newcomer.
    desk.mine_empty(0);
    let mut desk = Desk::of(
        &rich(20),
        MempoolLimits {
            min_fee_per_kb: units(1_000),
            ..Default::default()
        },
    );
    let mut rival = desk.miner.rival(1);
    desk.mine(vec![cheap.clone()]);
    let change = desk.deliver_all(&[rival.mine(vec![]), rival.mine(vec![])]);
    assert_eq!(added(&change), [cheap.txid()]);
    desk.audit();
}

#[test]
fn a_line_too_long_for_a_package_returns_as_far_as_it_may() {
    let mut desk = Desk::new();
    let mut rival = desk.miner.rival(1);
    let line = desk.chain_of(desk.coin(0), &[1; PACKAGE_MAX + 5]);
    desk.mine(line[..20].to_vec());
    desk.takes_all(&line[20..]);
    let change = desk.deliver_all(&[rival.mine(vec![]), rival.mine(vec![])]);
    assert_eq!(added(&change), txids(&line[..20]));
    let why = removed(&change);
    assert_eq!(why.len(), 5);
    // The first has no room, and those behind it nothing to spend.
    let first = line[PACKAGE_MAX].txid();
    assert!(why.contains(&(first, RemovedWhy::PackageTooLarge)));
    assert_eq!(desk.txids(), sorted(txids(&line[..PACKAGE_MAX])));
    let behind = sorted(txids(&line[PACKAGE_MAX..]));
    assert_eq!(desk.held(), behind);
    let held: Vec<Txid> = change.held.iter().map(|held| held.txid).collect();
    assert_eq!(held, txids(&line[PACKAGE_MAX..]), "parents first");
    desk.audit();
    // They come back as the line gets shorter.
    let block = rival.mine(line[..3].to_vec());
    let change = desk.deliver(&block);
    assert_eq!(added(&change), txids(&line[PACKAGE_MAX..PACKAGE_MAX + 3]));
    assert_eq!(desk.held().len(), 2);
    desk.audit();
}

#[test]
fn what_is_held_gives_way_to_what_claims_its_coins() {
    let long = |desk: &mut Desk| {
        let mut rival = desk.miner.rival(1);
        let mut line = desk.chain_of(desk.coin(0), &[1; PACKAGE_MAX]);
        // The last but one spends another coin as well.
        let mut coins = vec![out(&line[PACKAGE_MAX - 1], 0), desk.coin(1)];
        line.push(desk.tx(&coins, 1, 1));
        coins = vec![out(&line[PACKAGE_MAX], 0)];
        line.push(desk.tx(&coins, 1, 1));
        desk.mine(line.clone());
        desk.deliver_all(&[rival.mine(vec![]), rival.mine(vec![])]);
        assert_eq!(desk.held(), sorted(txids(&line[PACKAGE_MAX..])));
        (line, rival)
    };
    // A payment that comes in.
    let mut desk = Desk::new();
    let (line, _) = long(&mut desk);
    let other = desk.tx(&[desk.coin(1)], 0, 1);
    let change = desk
        .send(&other)
        .expect("nothing that waits spends its coin");
    let why = RemovedWhy::Replaced(other.txid());
    let expected = |why: &RemovedWhy| {
        let gone = sorted(txids(&line[PACKAGE_MAX..])).into_iter();
        gone.map(|txid| (txid, why.clone())).collect::<Vec<_>>()
    };
    assert_eq!((removed(&change), desk.held()), (expected(&why), vec![]));
    desk.audit();
    // A block.
    let mut desk = Desk::new();
    let (_, mut rival) = long(&mut desk);
    let block = rival.mine(vec![other]);
    let change = desk.deliver(&block);
    let why = RemovedWhy::Conflict(desk.chain.tip());
    assert_eq!((removed(&change), desk.held()), (expected(&why), vec![]));
    desk.audit();
}

#[test]
fn what_waits_for_too_long_expires_with_all_that_builds_on_it() {
    let hour = Duration::from_secs(3_600);
    let limits = MempoolLimits {
        expiry: 72 * hour,
        ..MempoolLimits::default()
    };
    let mut desk = Desk::of(&rich(5), limits);
    assert_eq!(desk.pool.deadline(), None);
    let old = desk.tx(&[desk.coin(0)], 1, 1);
    desk.takes(&old);
    let came = desk.now;
    desk.now = desk.now + hour;
    let child = desk.tx(&[out(&old, 0)], 1, 1);
    let young = desk.tx(&[desk.coin(1)], 1, 1);
    desk.takes_all(&[child.clone(), young.clone()]);
    let due = came + 72 * hour;
    assert_eq!(desk.pool.deadline(), Some(due));
    assert!(desk.pool.expire(Time(due.0 - 1)).is_empty());
    let change = desk.pool.expire(due);
    let gone = sorted(txids(&[old, child]));
    assert_eq!(
        sorted(removed(&change).into_iter().map(|(txid, _)| txid).collect()),
        gone
    );
    assert!(
        change
            .removed
            .iter()
            .all(|gone| gone.why == RemovedWhy::Expired)
    );
    assert_eq!(desk.pool.deadline(), Some(desk.now + 72 * hour));
    assert_eq!(desk.txids(), [young.txid()]);
    desk.audit();
}

#[test]
fn the_mempool_is_kept_over_a_restart_whatever_the_names_of_its_rows() {
    let mut desk = Desk::new();
    // Chains long enough that ids are in the wrong order somewhere.
    for n in 0..10 {
        let family = desk.chain_of(desk.coin(n), &[1, 2, 3, 4, 5, 6]);
        desk.takes_all(&family);
    }
    desk.flush();
    let before = desk.state();
    desk.now = desk.now + Duration::from_secs(60);
    let change = desk.restart();
    assert_eq!((change.added.len(), change.removed), (60, vec![]));
    assert_eq!(desk.state().len(), before.len());
    let described = |lines: Vec<String>| sorted_lines(lines);
    // Only the order in which children came may differ.
    assert_eq!(described(desk.state()), described(before));
    desk.audit();
    // Nothing has changed, so nothing needs to be written.
    assert_eq!(desk.pool.flush(), BTreeMap::new());
}

fn sorted_lines(lines: Vec<String>) -> Vec<String> {
    let head = |line: String| line.split("children").next().expect("a part").to_owned();
    lines.into_iter().map(head).collect()
}

#[test]
fn rows_follow_every_change_and_go_with_their_entries() {
    let mut desk = Desk::new();
    let (stays, leaves) = (
        desk.tx(&[desk.coin(0)], 1, 1),
        desk.tx(&[desk.coin(1)], 1, 1),
    );
    let (stays, leaving) = (desk.takes(&stays), desk.takes(&leaves));
    let rows = desk.pool.flush();
    assert!(rows[&format!("mempool/{stays}")].is_some());
    desk.chain.put_meta(rows, false).expect("written");
    desk.mine(vec![leaves]);
    let rows = desk.pool.flush();
    assert_eq!(rows[&format!("mempool/{leaving}")], None);
    assert!(!rows.contains_key(&format!("mempool/{stays}")));
    desk.chain.put_meta(rows, false).expect("written");
    assert_eq!(added(&desk.restart()), [stays]);
}

#[test]
fn a_process_killed_between_the_block_and_the_rows_loses_nothing() {
    let mut desk = Desk::new();
    let mut rival = desk.miner.rival(1);
    let family = desk.chain_of(desk.coin(0), &[1, 1, 1]);
    let other = desk.tx(&[desk.coin(1)], 1, 1);
    desk.takes_all(&family);
    desk.takes(&other);
    desk.mine(vec![family[0].clone()]);
    desk.flush();
    // The chain moves on, and nothing is flushed.
    desk.mine(vec![other.clone()]);
    let branch = rival.mine_empty(3);
    desk.deliver_all(&branch);
    let change = desk.restart();
    assert_eq!(change.removed, []);
    // Back from the block that the rows knew; `other` was a row all the time.
    assert_eq!(
        desk.txids(),
        sorted([txids(&family), vec![other.txid()]].concat())
    );
    desk.audit();
    let rows = desk.pool.flush();
    assert_eq!(rows.len(), 2, "the one that returned, and the tip");
    // Confirmed in the meantime: the row falls out, and is taken away.
    desk.chain.put_meta(rows, false).expect("written");
    let block = rival.mine(vec![other.clone()]);
    desk.deliver(&block);
    let change = desk.restart();
    let why = RemovedWhy::InBlock(desk.chain.tip());
    assert_eq!(removed(&change), [(other.txid(), why)]);
    assert_eq!(
        desk.pool.flush()[&format!("mempool/{}", other.txid())],
        None
    );
    desk.audit();
}

#[test]
fn what_expired_while_the_node_was_down_does_not_come_back() {
    let mut desk = Desk::new();
    let tx = desk.tx(&[desk.coin(0)], 1, 1);
    desk.takes(&tx);
    desk.flush();
    desk.now = desk.now + desk.limits.expiry;
    let change = desk.restart();
    assert_eq!(removed(&change), [(tx.txid(), RemovedWhy::Expired)]);
    assert_eq!(change.added, []);
    assert_eq!(desk.pool.flush()[&format!("mempool/{}", tx.txid())], None);
}

#[test]
fn rows_that_nobody_wrote_are_a_damaged_store_in_words() {
    let honest = || {
        let mut desk = Desk::new();
        let tx = desk.tx(&[desk.coin(0)], 1, 1);
        desk.takes(&tx);
        desk.flush();
        (desk, tx)
    };
    let problem = |mut desk: Desk, name: String, row: Vec<u8>| {
        let rows = BTreeMap::from([(name, Some(row))]);
        desk.chain.put_meta(rows, false).expect("written");
        let params = Arc::new(desk.params.clone());
        let network = desk.chain.network();
        let limits = MempoolLimits::default();
        let mut pool =
            chainlab::node::mempool::Mempool::new(limits, params, network, Arc::default());
        match pool.restore(&desk.chain, desk.now) {
            Err(StoreFault::Damaged { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    };
    let (desk, tx) = honest();
    let name = format!("mempool/{}", tx.txid());
    let words = problem(desk, name.clone(), vec![1, 2, 3]);
    assert!(
        words.starts_with(&format!("the row {name}: malformed")),
        "{words}"
    );

    let (desk, tx) = honest();
    let row = codec::encode(&(Time(5), &tx));
    let words = problem(desk, "mempool/not an id".to_owned(), row);
    assert!(
        words.contains("not an id") && words.contains(&tx.txid().to_string()),
        "{words}"
    );

    let (desk, mut tx) = honest();
    tx.inputs[0].signature.0[40] ^= 1;
    tx.inputs[0].outpoint = desk.coin(7).0;
    let row = codec::encode(&(Time(5), &tx));
    let words = problem(desk, format!("mempool/{}", tx.txid()), row);
    assert!(
        words.contains("input 0: the signature was not made"),
        "{words}"
    );

    let (desk, _) = honest();
    let words = problem(desk, "mempool-tip".to_owned(), vec![1]);
    assert!(words.starts_with("the row mempool-tip"), "{words}");
}
