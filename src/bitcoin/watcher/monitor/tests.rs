use super::*;
use crate::bitcoin::testing::{coin, coinbase, tx};
use crate::bitcoin::watcher::confirmed::CONFIRMED_BYTES_MAX;

const NOW: Time = Time(1_000_000);
const BLOCK: BlockHash = BlockHash([7; 32]);

fn fee(monitor: &Monitor, tx: &Transaction) -> Option<u64> {
    monitor.get(&tx.txid()).unwrap().fee.map(Amount::units)
}

fn alone(txs: &[&Transaction]) -> Vec<Txid> {
    txs.iter().map(|tx| tx.txid()).collect()
}

/// One that has the coins of a block, and that block's coinbase.
fn funded() -> (Monitor, Transaction) {
    let (mut monitor, money) = (Monitor::default(), coinbase(1, 0));
    monitor.connected(BLOCK, &money);
    (monitor, money)
}

#[test]
fn a_fee_is_known_where_all_that_is_spent_is_known() {
    let (mut monitor, money) = funded();
    let paid = tx(&[coin(&money)], &[4_000_000_000, 999_990_000]);
    assert_eq!(monitor.came(&paid, NOW), Came::Waits(vec![]));
    assert_eq!(fee(&monitor, &paid), Some(10_000));
    let rate = monitor.get(&paid.txid()).unwrap().fee_rate().unwrap();
    assert!((rate - 10_000.0 / paid.vsize() as f64).abs() < 1e-9);

    let foreign = OutPoint {
        txid: Txid([9; 32]),
        index: 0,
    };
    let unknown = tx(&[foreign], &[5]);
    monitor.came(&unknown, NOW);
    assert_eq!(fee(&monitor, &unknown), None);
    assert_eq!((monitor.len(), monitor.fees_known()), (2, 1));
    assert_eq!(monitor.vsize(), paid.vsize() + unknown.vsize());
}

#[test]
fn a_fee_becomes_known_with_the_parent_that_comes_late() {
    let (mut monitor, money) = funded();
    let parent = tx(&[coin(&money)], &[4_999_999_000]);
    let child = tx(&[coin(&parent)], &[4_999_998_500]);
    monitor.came(&child, NOW);
    assert_eq!(fee(&monitor, &child), None);
    monitor.came(&parent, NOW);
    assert_eq!(
        (fee(&monitor, &child), fee(&monitor, &parent)),
        (Some(500), Some(1_000))
    );
    assert_eq!(monitor.fees_known(), 2);
}

#[test]
fn a_replacement_drops_what_it_replaces_and_all_that_spends_it() {
    let (mut monitor, money) = funded();
    let old = tx(&[coin(&money)], &[4_000_000_000]);
    let child = tx(&[coin(&old)], &[3_000_000_000]);
    let new = tx(&[coin(&money)], &[3_900_000_000]);
    monitor.came(&old, NOW);
    monitor.came(&child, NOW);
    assert_eq!(monitor.came(&new, NOW), Came::Waits(alone(&[&old, &child])));
    assert_eq!((monitor.len(), monitor.has(&new.txid())), (1, true));
    assert!(!monitor.has_wtxid(&old.wtxid()) && monitor.has_wtxid(&new.wtxid()));
}

#[test]
fn a_block_takes_what_it_has_and_drops_what_spends_the_same_coins() {
    let (mut monitor, money) = funded();
    let (here, there) = (tx(&[coin(&money)], &[1_000]), tx(&[coin(&money)], &[2_000]));
    monitor.came(&here, NOW);
    assert_eq!(monitor.connected(BLOCK, &here), (Some(here.txid()), vec![]));
    monitor.disconnected(BLOCK);
    assert_eq!(monitor.connected(BLOCK, &there), (None, alone(&[&here])));
    assert!(monitor.is_empty());
    assert_eq!(
        (monitor.vsize(), monitor.fees_known(), monitor.bytes),
        (0, 0, 0)
    );
}

#[test]
fn what_a_block_had_waits_again_when_it_is_left_behind_unless_its_coins_are_spent() {
    let (mut monitor, money) = funded();
    let payment = tx(&[coin(&money)], &[1_000]);
    monitor.came(&payment, NOW);
    monitor.connected(BLOCK, &payment);
    assert_eq!(monitor.disconnected(BLOCK), alone(&[&payment]));
    assert_eq!(monitor.get(&payment.txid()).unwrap().since, NOW);
    assert_eq!(monitor.disconnected(BLOCK), []);

    monitor.connected(BLOCK, &payment);
    monitor.came(&tx(&[coin(&money)], &[2_000]), NOW);
    assert_eq!(monitor.disconnected(BLOCK), []);
}

#[test]
fn what_has_waited_for_two_weeks_is_forgotten() {
    let (mut monitor, money) = funded();
    let early = tx(&[coin(&money)], &[1_000]);
    let late = tx(&[coin(&early)], &[1_000]);
    monitor.came(&early, NOW);
    monitor.came(&late, NOW + Duration::from_secs(60));
    assert_eq!(
        monitor.expire(NOW + (WAITS_MAX - Duration::from_micros(1))),
        []
    );
    assert_eq!(monitor.expire(NOW + WAITS_MAX), alone(&[&early]));
    assert_eq!(monitor.len(), 1);
}

#[test]
fn the_oldest_go_where_there_are_too_many_or_too_large_ones() {
    let mut monitor = Monitor::default();
    let wide = |nth: u32| {
        let foreign = OutPoint {
            txid: Txid([9; 32]),
            index: nth,
        };
        tx(&[foreign], &vec![1; 10_000])
    };
    let all: Vec<_> = (0..1_000).map(wide).collect();
    all.iter().for_each(|tx| drop(monitor.came(tx, NOW)));
    assert!(
        monitor.bytes <= WAITING_BYTES_MAX + 81_000,
        "{}",
        monitor.bytes
    );
    assert!(monitor.has(&all[999].txid()) && !monitor.has(&all[0].txid()));
    assert!(monitor.order.len() < 2_800, "{}", monitor.order.len());
    all.iter().for_each(|tx| drop(monitor.connected(BLOCK, tx)));
    assert!(monitor.confirmed.bytes <= CONFIRMED_BYTES_MAX);
    assert!(monitor.mined_bytes <= MINED_BYTES_MAX);
}
