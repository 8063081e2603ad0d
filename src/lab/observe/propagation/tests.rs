//! The ways that blocks and payments take, as nodes tell of them.

mod rule;

use super::*;
use std::time::Duration;

const A: NodeIx = NodeIx(0);
const B: NodeIx = NodeIx(1);
const C: NodeIx = NodeIx(2);

fn hash(number: u32) -> BlockHash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    BlockHash(hash)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn seen(node: NodeIx, at_ms: u64, block: u32) -> Arrived<BlockHash> {
    Arrived {
        node,
        at: Time(1_000_000) + ms(at_ms),
        what: hash(block),
        height: None,
        is_own: false,
        from: None,
    }
}

fn taken(node: NodeIx, at_ms: u64, block: u32) -> Arrived<BlockHash> {
    let height = Some(block);
    Arrived {
        height,
        ..seen(node, at_ms, block)
    }
}

fn mined(node: NodeIx, at_ms: u64, block: u32) -> Arrived<BlockHash> {
    let is_own = true;
    Arrived {
        is_own,
        ..taken(node, at_ms, block)
    }
}

fn all() -> Vec<NodeIx> {
    vec![A, B, C]
}

fn after(arrivals: &[Arrived<BlockHash>]) -> Vec<Propagation> {
    let mut propagation = Tracker::<BlockHash>::default();
    arrivals
        .iter()
        .for_each(|arrived| propagation.arrived(*arrived, all));
    propagation.show().to_vec()
}

fn way_of<Id>(row: &Propagation<Id>) -> Vec<(NodeIx, Duration)> {
    let arrivals = row.arrivals.iter();
    arrivals
        .map(|arrival| (arrival.node, arrival.after))
        .collect()
}

#[test]
fn it_is_known_who_told_whom_and_how_long_it_took() {
    let from = |node: NodeIx, arrived| Arrived {
        from: Some(node),
        ..arrived
    };
    let way = [
        mined(C, 0, 12),
        from(C, seen(A, 241, 12)),
        // A node says twice that it has a block; where it came from it need say only once.
        taken(A, 242, 12),
        from(A, seen(B, 483, 12)),
    ];
    let mut propagation = Tracker::<BlockHash>::default();
    for arrived in way {
        propagation.arrived(arrived, all);
    }
    let shown = propagation.show();
    let told: Vec<_> = shown[0].arrivals.iter().map(|there| there.from).collect();
    assert_eq!(told, [None, Some(C), Some(A)]);
    let times = propagation.percentiles();
    let is_about = |shown: Duration, ms: u128| shown.as_millis().abs_diff(ms) <= ms / 100;
    let (half, all) = (times.half.expect("one"), times.all.expect("one"));
    assert!(
        is_about(half.p50, 241) && is_about(all.p99, 483),
        "{times:?}"
    );
    assert_eq!(all.count, 1);
}

#[test]
fn a_transaction_goes_from_its_payer_to_everybody_and_never_twice() {
    let seen = |node, at_ms, is_own| Arrived {
        node,
        at: Time(1_000_000) + ms(at_ms),
        what: Txid([7; 32]),
        height: None,
        is_own,
        from: None,
    };
    let mut propagation = Tracker::<Txid>::default();
    propagation.arrived(seen(A, 0, true), all);
    propagation.arrived(seen(B, 5, false), all);
    propagation.arrived(seen(C, 9, false), all);
    propagation.arrived(seen(B, 99, true), all);
    let shown = propagation.show();
    assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(5)), (C, ms(9))]);
    assert_eq!(propagation.percentiles().all.map(|all| all.count), Some(1));
}

#[test]
fn a_block_goes_from_its_miner_to_everybody() {
    let way = [
        mined(C, 0, 12),
        seen(A, 241, 12),
        taken(A, 242, 12),
        seen(B, 483, 12),
    ];
    let [row] = &after(&way)[..] else {
        panic!("one block")
    };
    assert_eq!((row.id.height, row.origin, row.is_own), (12, C, true));
    assert_eq!(way_of(row), [(C, ms(0)), (A, ms(241)), (B, ms(483))]);
    assert_eq!((row.half(), row.all()), (Some(ms(241)), Some(ms(483))));
}

#[test]
fn news_in_another_order_tells_of_the_same_way() {
    let way = [mined(C, 0, 12), seen(A, 241, 12), taken(B, 483, 12)];
    let told = after(&way);
    for order in [[2, 1, 0], [1, 0, 2], [0, 2, 1]] {
        assert_eq!(after(&order.map(|at| way[at])), told);
    }
}

#[test]
fn nothing_is_shown_of_a_block_whose_height_nobody_knows() {
    assert_eq!(after(&[seen(A, 0, 3)]), []);
    assert_eq!(after(&[seen(A, 0, 3), taken(B, 5, 3)]).len(), 1);
}

#[test]
fn who_was_not_there_at_first_is_not_waited_for_and_does_not_count() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 1), || vec![A, B]);
    propagation.arrived(taken(C, 10, 1), || vec![A, B, C]);
    propagation.arrived(taken(B, 20, 1), || vec![A, B, C]);
    let shown = propagation.show();
    assert_eq!(shown[0].expected, [A, B]);
    assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(20))]);
    assert_eq!(shown[0].all(), Some(ms(20)));
}

#[test]
fn old_blocks_that_somebody_catches_up_with_do_not_set_out_again() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 500), all);
    for block in 1..=400 {
        propagation.arrived(seen(C, 10, block), all);
        propagation.arrived(taken(C, 11, block), all);
    }
    let shown = propagation.show();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].id.height, 500);
    // A rival at nearly the same height did set out.
    propagation.arrived(taken(B, 20, 498), all);
    assert_eq!(propagation.show().len(), 2);
}

#[test]
fn what_is_found_sets_out_also_where_the_chain_is_far_behind() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.reached(100);
    // Whoever has it may be heard of before whoever found it.
    propagation.arrived(taken(B, 10, 7), all);
    assert_eq!(propagation.show().len(), 0);
    propagation.arrived(mined(A, 0, 7), all);
    let shown = propagation.show();
    assert_eq!(way_of(&shown[0]), [(A, ms(0)), (B, ms(10))]);
}

#[test]
fn nothing_is_counted_twice_and_the_times_of_a_whole_run_are_bounded() {
    let mut propagation = Tracker::<BlockHash>::default();
    for block in 1..=5_000 {
        propagation.arrived(mined(A, u64::from(block), block), || vec![A, B]);
        propagation.arrived(taken(B, u64::from(block) + 5, block), all);
    }
    // A new node fetches the chain.
    for block in 1..=5_000 {
        propagation.arrived(seen(C, 9_000, block), all);
        propagation.arrived(taken(C, 9_001, block), all);
    }
    assert_eq!(propagation.times(), vec![ms(5); 5_000]);
    assert_eq!(
        propagation.percentiles().all.map(|all| all.count),
        Some(5_000)
    );
    assert_eq!(propagation.show().len(), ROWS);
}

#[test]
fn what_waits_for_a_part_that_is_cut_off_is_followed_while_others_come_and_go() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 1), all);
    for block in 2..=1_000 {
        propagation.arrived(mined(A, u64::from(block), block), || vec![A]);
    }
    propagation.arrived(taken(B, 60_000, 1), all);
    propagation.arrived(taken(C, 61_000, 1), all);
    assert_eq!(propagation.times().last(), Some(&ms(61_000)));
}

#[test]
fn a_chain_that_was_there_before_is_no_news() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.reached(100);
    propagation.arrived(taken(C, 0, 97), all);
    assert_eq!(propagation.show().len(), 0);
    propagation.arrived(taken(C, 0, 98), all);
    assert_eq!(propagation.show().len(), 1);
}

#[test]
fn the_newest_are_shown_and_memory_is_bounded() {
    let mut propagation = Tracker::<BlockHash>::default();
    for block in 1..=5_000 {
        propagation.arrived(mined(A, u64::from(block), block), all);
        propagation.arrived(seen(B, u64::from(block), 1_000_000 + block), all);
    }
    let shown = propagation.show();
    assert_eq!(shown.len(), ROWS);
    assert_eq!(shown[0].id.height, 5_000);
    assert!(propagation.tracks.len() <= 2 * FOLLOWED_MAX + UNKNOWN_MAX);
    assert!(propagation.past.len() <= PAST_MAX);
}
