//! What a clone of a lab in virtual time takes beyond what it shares.

use crate::common::sim::{quiet_world, world};
use crate::{MEMORY, TURN};
use chainlab::lab::drive::VirtualLab;
use chainlab::lab::layout::shipped::shipped;
use std::time::Duration;

/// Minutes of `world` with its payments, unless `CHAINLAB_CLONE_MINUTES` says how many: the figure that
/// is promised is that of 60.
const MINUTES: u64 = 5;

/// A clone, and what it has allocated.
fn cloned(lab: &VirtualLab) -> (usize, VirtualLab) {
    let before = MEMORY.current_usage();
    let clone = lab.clone();
    (MEMORY.current_usage() - before, clone)
}

#[test]
fn a_clone_of_a_world_with_500_blocks_takes_less_than_two_megabytes() {
    let _turn = TURN.blocking_lock();
    let before = MEMORY.current_usage();
    let lab = quiet_world(500);
    let all = MEMORY.current_usage() - before;
    let (bytes, clone) = cloned(&lab);
    println!("500 blocks: {bytes} bytes beside {all}");
    assert_eq!(clone.sim().log_hash(), lab.sim().log_hash());
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

#[test]
fn a_clone_of_a_world_that_has_paid_for_an_hour_takes_less_than_six_megabytes() {
    let _turn = TURN.blocking_lock();
    let minutes = std::env::var("CHAINLAB_CLONE_MINUTES");
    let minutes = minutes.map_or(MINUTES, |text| text.parse().expect("a number"));
    let before = MEMORY.current_usage();
    let (layout, limit) = (shipped("world"), Duration::from_secs(60 * minutes));
    let layout = layout.expect("it is built in");
    let mut lab = world(&layout);
    lab.run_until(lab.now() + limit, || true);
    let all = MEMORY.current_usage() - before;
    let (bytes, clone) = cloned(&lab);
    println!("{minutes} minutes: {bytes} bytes beside {all}");
    assert_eq!(clone.sim().log_hash(), lab.sim().log_hash());
    assert!(bytes < 6_000_000, "{bytes} bytes");
}
