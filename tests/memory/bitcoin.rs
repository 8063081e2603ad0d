//! What the transactions that wait at a watched node take.

use crate::common::bitcoin::testing::tx;
use crate::{MEMORY, TURN};
use chainlab::bitcoin::watcher::Monitor;
use chainlab::bitcoin::watcher::monitor::WAITING_MAX;
use chainlab::chain::{OutPoint, Txid};
use chainlab::node::Time;

/// Bytes that a hundred thousand of the usual kind may take.
const LIMIT: usize = 60_000_000;

#[test]
fn a_hundred_thousand_transactions_that_wait_take_less_than_60_mb() {
    let _turn = TURN.blocking_lock();
    let before = MEMORY.current_usage();
    let mut monitor = Monitor::default();
    for nth in 0..WAITING_MAX as u64 {
        let mut id = [7; 32];
        id[..8].copy_from_slice(&nth.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        let coin = OutPoint {
            txid: Txid(id),
            index: 0,
        };
        monitor.came(&tx(&[coin], &[5_000, 6_000]), Time(nth));
    }
    let bytes = MEMORY.current_usage().saturating_sub(before);
    assert_eq!(monitor.len(), WAITING_MAX);
    println!("{} transactions take {} kB", monitor.len(), bytes / 1_000);
    assert!(bytes < LIMIT, "{bytes} bytes");
}
