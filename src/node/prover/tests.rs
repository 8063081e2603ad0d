use super::*;
use crate::chain::filter::CodedSet;
use crate::chain::{BlockFilter, BlockHash};
use std::time::Duration;

const NOW: Time = Time(1_700_000_000_000_000);

#[test]
fn a_budget_comes_back_with_time_and_is_saved_up_only_so_far() {
    let mut budget = Budget::new(5_000);
    assert_eq!(budget.left(NOW), 2_000, "0.4 s of it");
    budget.spend(500, NOW);
    assert_eq!(budget.left(NOW), 1_500);
    // More than is left: it is paid for before there is more.
    budget.spend(2_500, NOW);
    assert_eq!(budget.left(NOW), 0);
    assert_eq!(budget.has_at(500), NOW + Duration::from_millis(300));
    let later = NOW + Duration::from_millis(299);
    assert!(!budget.has(500, later) && budget.has(500, later + Duration::from_millis(1)));
    assert_eq!(budget.left(NOW + Duration::from_secs(60)), 2_000);
}

#[test]
fn a_budget_that_is_overdrawn_without_end_does_not_wrap() {
    let mut budget = Budget::new(5_000);
    for _ in 0..10 {
        budget.spend(u32::MAX, NOW);
    }
    assert!(!budget.has(1, NOW + Duration::from_secs(3_600)));
}

#[test]
fn turns_go_round_and_nothing_is_left_of_who_is_gone() {
    let mut prover = Prover::default();
    let mut out = Outbox::default();
    for conn in [1, 2, 3] {
        prover.received_watch(ConnId(conn), &[KeyHash([7; 20])], &mut out);
    }
    let turn = |prover: &mut Prover| {
        let conn = prover.next(NOW, |_| true).expect("all of them wait");
        prover.last = Some(conn);
        conn.0
    };
    let turns: Vec<u64> = (0..7).map(|_| turn(&mut prover)).collect();
    assert_eq!(turns, [1, 2, 3, 1, 2, 3, 1]);
    assert_eq!(prover.next(NOW, |conn| conn == ConnId(3)), Some(ConnId(3)));
    assert_eq!(prover.deadline(|_| false), None, "none takes anything");
    prover.disconnected(ConnId(1));
    assert!(prover.knows_nothing_of(ConnId(1)));
    prover.all.spend(LOOKS_OF_ALL, NOW);
    assert_eq!(prover.next(NOW, |_| true), None);
    let due = prover.deadline(|_| true).expect("two of them wait");
    assert!(due > NOW && prover.next(due, |_| true).is_some());
}

#[test]
fn a_long_filter_costs_by_its_length_as_well_as_by_the_addresses() {
    let filter = |owners: u32| {
        let owners = (0..owners).map(u32::to_le_bytes);
        let set = CodedSet::new(&BlockHash::ZERO, owners);
        BlockFilter::from_bytes(set.bytes()).expect("a set of its elements")
    };
    assert_eq!((looks_at(&filter(2), 1), looks_at(&filter(2), 101)), (1, 2));
    let long = looks_at(&filter(5_000), 1);
    assert!((40..60).contains(&long), "{long}");
}
