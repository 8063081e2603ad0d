//! What is waited for: nodes that die, come back, or withhold what they found.

use super::*;

fn id(number: u32) -> BlockId {
    let (height, hash) = (number, hash(number));
    BlockId { height, hash }
}

fn happened(
    propagation: &mut Tracker<BlockHash>,
    node: NodeIx,
    at_ms: u64,
    kind: EventKind,
    up: &[NodeIx],
) {
    let at = Time(1_000_000) + ms(at_ms);
    let event = Event { at, kind };
    propagation.happened(node, &event, |_| None, || up.to_vec());
}

fn withheld(number: u32, count: usize) -> EventKind {
    let block = id(number);
    EventKind::Withheld { block, count }
}

fn released(number: u32, blocks: usize) -> EventKind {
    let tip = id(number);
    EventKind::Released { tip, blocks }
}

/// All that is said of how long blocks took: in rows, in percentiles and one by one.
fn said(propagation: &mut Tracker<BlockHash>) -> (Vec<Option<Duration>>, u64, Vec<Duration>) {
    let rows = propagation.show();
    let all = rows.iter().map(Propagation::all).collect();
    let percentiles = propagation.percentiles().all;
    let count = percentiles.map_or(0, |all| all.count);
    (all, count, propagation.times())
}

#[test]
fn what_is_withheld_sets_out_when_it_is_released_and_all_of_it_does() {
    let mut propagation = Tracker::<BlockHash>::default();
    for (number, count) in [(7, 1), (8, 2)] {
        propagation.arrived(mined(A, 0, number), all);
        happened(&mut propagation, A, 0, withheld(number, count), &[A, B, C]);
    }
    assert_eq!(said(&mut propagation), (vec![], 0, vec![]));
    happened(&mut propagation, A, 90_000, released(8, 2), &[A, B, C]);
    for number in [7, 8] {
        propagation.arrived(taken(B, 90_010, number), all);
        propagation.arrived(taken(C, 90_020, number), all);
    }
    let took = Some(ms(20));
    let times = vec![ms(20); 2];
    assert_eq!(said(&mut propagation), (vec![took, took], 2, times));
    let rows = propagation.show();
    assert_eq!(rows[0].id, id(8), "the tip first");
    assert!(rows.iter().all(|row| row.is_own && row.origin == A));
}

#[test]
fn a_release_that_is_heard_of_last_is_where_it_set_out_all_the_same() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    happened(&mut propagation, A, 0, withheld(7, 1), &[A, B, C]);
    propagation.arrived(taken(B, 90_010, 7), all);
    propagation.arrived(taken(C, 90_020, 7), all);
    happened(&mut propagation, A, 90_000, released(7, 1), &[A, B, C]);
    let times = (vec![Some(ms(20))], 1, vec![ms(20)]);
    assert_eq!(said(&mut propagation), times);
}

#[test]
fn what_a_node_withheld_in_an_earlier_life_does_not_wait_for_it() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    happened(&mut propagation, A, 0, withheld(7, 1), &[A, B, C]);
    propagation.left(A);
    // It has started again, and so has released it, but does not say so.
    propagation.arrived(taken(B, 500, 7), all);
    propagation.arrived(taken(C, 510, 7), all);
    let alone = said(&mut propagation);
    assert_eq!(alone.0, [Some(ms(10))]);
    // What it withholds in this life and releases is that alone.
    propagation.arrived(mined(A, 600, 9), all);
    happened(&mut propagation, A, 600, withheld(9, 1), &[A, B, C]);
    happened(&mut propagation, A, 700, released(9, 1), &[A, B, C]);
    propagation.arrived(taken(B, 720, 9), all);
    propagation.arrived(taken(C, 730, 9), all);
    let (rows, count, times) = said(&mut propagation);
    assert_eq!((rows, count), (vec![Some(ms(30)), Some(ms(10))], 1));
    assert_eq!(times, [ms(30)]);
    assert_ne!(propagation.show()[1].origin, A, "it did not find it again");
}

#[test]
fn what_a_node_withheld_that_began_anew_is_never_released() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    happened(&mut propagation, A, 0, withheld(7, 1), &[A, B, C]);
    propagation.forget(A);
    happened(&mut propagation, A, 20, released(9, 2), &[A, B, C]);
    let rows = propagation.show();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(9)]);
}

#[test]
fn what_was_given_up_is_not_released() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    happened(&mut propagation, A, 0, withheld(7, 1), &[A, B, C]);
    let gave_up = EventKind::GaveUp { blocks: 1 };
    happened(&mut propagation, A, 10, gave_up, &[A, B, C]);
    propagation.arrived(mined(A, 20, 9), all);
    happened(&mut propagation, A, 20, withheld(9, 1), &[A, B, C]);
    happened(&mut propagation, A, 30, released(9, 1), &[A, B, C]);
    let rows = propagation.show();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(9)]);
}

#[test]
fn a_node_that_dies_on_the_way_is_taken_out_and_all_is_when_the_rest_had_it() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    propagation.arrived(taken(B, 30, 7), all);
    assert_eq!(said(&mut propagation), (vec![None], 0, vec![]));
    propagation.left(C);
    let everywhere = (vec![Some(ms(30))], 1, vec![ms(30)]);
    assert_eq!(said(&mut propagation), everywhere);
    let rows = propagation.show();
    assert_eq!(rows[0].expected, [A, B]);
    assert_eq!(rows[0].half(), Some(ms(0)));
    // It comes back: it is late, and changes nothing.
    propagation.arrived(taken(C, 5_000, 7), all);
    propagation.left(C);
    assert_eq!(said(&mut propagation), everywhere);
    assert_eq!(propagation.show(), rows);
}

#[test]
fn a_node_that_came_back_before_the_rest_had_it_is_not_waited_for() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    propagation.left(C);
    propagation.arrived(taken(C, 20, 7), all);
    assert_eq!(said(&mut propagation), (vec![None], 0, vec![]));
    propagation.arrived(taken(B, 30, 7), all);
    let everywhere = (vec![Some(ms(30))], 1, vec![ms(30)]);
    assert_eq!(said(&mut propagation), everywhere);
    // What is found after that waits for it as for all others.
    propagation.arrived(mined(A, 100, 8), all);
    propagation.arrived(taken(B, 110, 8), all);
    assert_eq!(propagation.show()[0].all(), None);
}

#[test]
fn one_that_dies_after_it_had_it_counts() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    propagation.arrived(taken(B, 30, 7), all);
    propagation.left(B);
    assert_eq!(said(&mut propagation), (vec![None], 0, vec![]));
    propagation.arrived(taken(C, 50, 7), all);
    assert_eq!(
        said(&mut propagation),
        (vec![Some(ms(50))], 1, vec![ms(50)])
    );
    assert_eq!(propagation.show()[0].expected, [A, B, C]);
}

#[test]
fn a_finder_that_dies_is_where_it_set_out_whenever_that_is_heard() {
    let rest = || vec![B, C];
    let everywhere = (vec![Some(ms(50))], 1, vec![ms(50)]);
    // Its death is heard of between the others, before them, and before all that it said itself.
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 0, 7), all);
    propagation.left(A);
    propagation.arrived(taken(B, 30, 7), rest);
    propagation.arrived(taken(C, 50, 7), rest);
    assert_eq!(said(&mut propagation), everywhere);
    let rows = propagation.show();

    let mut propagation = Tracker::<BlockHash>::default();
    propagation.left(A);
    propagation.arrived(mined(A, 0, 7), rest);
    propagation.arrived(taken(B, 30, 7), rest);
    propagation.arrived(taken(C, 50, 7), rest);
    assert_eq!(said(&mut propagation), everywhere);
    assert_eq!(propagation.show(), rows);

    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(taken(B, 30, 7), all);
    propagation.left(A);
    propagation.arrived(taken(C, 50, 7), rest);
    propagation.arrived(mined(A, 0, 7), rest);
    assert_eq!(said(&mut propagation), everywhere);
    assert_eq!(propagation.show(), rows);
}

#[test]
fn half_and_all_of_what_has_arrived_stay_as_they_are() {
    let mut propagation = Tracker::<BlockHash>::default();
    propagation.arrived(mined(A, 100, 7), all);
    propagation.arrived(taken(B, 130, 7), all);
    propagation.arrived(taken(C, 150, 7), all);
    let rows = propagation.show();
    let said_first = said(&mut propagation);
    for node in all() {
        propagation.left(node);
    }
    propagation.arrived(taken(B, 110, 7), all);
    propagation.arrived(mined(C, 0, 7), all);
    propagation.arrived(mined(NodeIx(3), 0, 7), all);
    assert_eq!(propagation.show(), rows);
    assert_eq!(said(&mut propagation), said_first);
}
