//! Trees of headers that are solved for real, at a target that two hashes meet.

use super::testing::{LATE, branch, easy_params as params};
use super::*;

const ALICE: Origin = Origin::Peer(1);
const BOB: Origin = Origin::Peer(2);

fn from_genesis(tree: &HeaderTree, params: &Params, len: usize, tag: u8) -> Vec<Header> {
    branch(&mut tree.cursor(tree.genesis()), params, len, tag)
}

/// Takes headers with their bodies and makes their end the tip.
fn grow(tree: &mut HeaderTree, params: &Params, headers: &[Header]) -> Vec<HeaderId> {
    let extended = tree.extend(Origin::Own, headers, LATE, params);
    assert_eq!(extended.refused, None);
    for id in &extended.added {
        tree.set_body(*id, 100);
    }
    tree.set_tip(*extended.added.last().expect("some"));
    extended.added
}

#[test]
fn ancestors_forks_and_paths_agree_with_walking_step_by_step() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 200, 1);
    let trunk = grow(&mut tree, &params, &trunk);
    let mut cursor = tree.cursor(trunk[119]);
    let side = branch(&mut cursor, &params, 70, 2);
    let side = tree.extend(ALICE, &side, LATE, &params).added;
    for from in [trunk[199], side[69], side[0], trunk[120]] {
        let mut at = from;
        loop {
            let height = tree.entry(at).height;
            assert_eq!(tree.ancestor(from, height), at);
            match tree.parent(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
    assert_eq!(tree.fork_point(trunk[199], side[69]), trunk[119]);
    assert_eq!(tree.fork_point(side[3], trunk[125]), trunk[119]);
    assert_eq!(tree.fork_point(side[3], side[60]), side[3]);
    assert_eq!(tree.path(trunk[119], side[69]), side);
    assert_eq!(tree.path(side[69], side[69]), []);
}

#[test]
fn a_locator_is_dense_at_its_end_and_finds_the_fork() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 300, 1);
    let trunk = grow(&mut tree, &params, &trunk);
    let side = branch(&mut tree.cursor(trunk[199]), &params, 50, 2);
    let side = tree.extend(ALICE, &side, LATE, &params).added;
    let locator = tree.locator(side[49]);
    let heights: Vec<u32> = locator
        .iter()
        .map(|hash| tree.entry(tree.find(hash).expect("known")).height)
        .collect();
    let dense: Vec<u32> = (240..=250).rev().collect();
    assert_eq!(heights[..11], dense);
    assert_eq!(heights.last(), Some(&0));
    assert!(heights.len() < 25, "{heights:?}");
    let fork = tree.entry(tree.find_fork(&locator)).height;
    assert!((150..=200).contains(&fork), "{fork}");
    assert_eq!(tree.find_fork(&[BlockHash([9; 32])]), tree.genesis());
}

#[test]
fn headers_known_already_are_passed_over_and_a_gap_stops_the_run() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let headers = from_genesis(&tree, &params, 10, 1);
    assert_eq!(
        tree.extend(ALICE, &headers[..4], LATE, &params).added.len(),
        4
    );
    let more = tree.extend(BOB, &headers, LATE, &params);
    assert_eq!((more.added.len(), more.refused), (6, None));
    let again = tree.extend(BOB, &headers, LATE, &params);
    assert_eq!((again.added.len(), again.refused), (0, None));
    let later = branch(&mut tree.cursor(tree.best()), &params, 3, 1);
    let gap = [later[0], later[2]];
    let gapped = tree.extend(ALICE, &gap, LATE, &params);
    let missing = RuleError::UnknownParent(later[1].hash());
    assert_eq!(
        (gapped.added.len(), gapped.refused),
        (1, Some((1, missing)))
    );
}

#[test]
fn a_branch_far_behind_the_tip_is_refused_and_one_within_the_window_kept() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 300, 1);
    grow(&mut tree, &params, &trunk);
    // The tip is 300 high: a branch that ends at 12 is 288 behind.
    let low = from_genesis(&tree, &params, 12, 2);
    let refused = tree.extend(ALICE, &low[..11], LATE, &params).refused;
    assert_eq!(refused, Some((0, RuleError::LowWork)));
    assert_eq!(tree.side_len(), 0);
    let kept = tree.extend(ALICE, &low, LATE, &params);
    assert_eq!((kept.added.len(), kept.refused), (12, None));
}

#[test]
fn what_falls_out_of_the_window_is_dropped_when_the_tip_moves_on() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let side = from_genesis(&tree, &params, 3, 2);
    let trunk = from_genesis(&tree, &params, 400, 1);
    grow(&mut tree, &params, &trunk[..10]);
    assert_eq!(tree.extend(ALICE, &side, LATE, &params).added.len(), 3);
    assert_eq!(tree.side_len(), 3);
    grow(&mut tree, &params, &trunk[10..291]);
    assert_eq!(tree.side_len(), 3);
    let rest = tree
        .extend(Origin::Own, &trunk[291..292], LATE, &params)
        .added;
    tree.set_body(rest[0], 100);
    let removed = tree.set_tip(rest[0]);
    let hashes: Vec<_> = removed.iter().map(|gone| gone.hash).collect();
    let expected: Vec<_> = side.iter().rev().map(Header::hash).collect();
    assert_eq!(hashes, expected);
    assert_eq!((tree.side_len(), tree.len()), (0, 293));
    assert!(tree.leaves.is_empty() && tree.leaves_of.is_empty() && tree.counted.is_empty());
}

#[test]
fn one_peer_can_fill_its_own_share_only_and_least_work_gives_way() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 200, 1);
    let trunk = grow(&mut tree, &params, &trunk);
    let honest = branch(&mut tree.cursor(trunk[150]), &params, 5, 3);
    tree.extend(BOB, &honest, LATE, &params);
    // Alice floods: single headers, each on another block of the trunk, from low to high.
    let mut sent = 0;
    for tag in 10..=30 {
        for parent in &trunk[..150] {
            let header = branch(&mut tree.cursor(*parent), &params, 1, tag);
            let extended = tree.extend(ALICE, &header, LATE, &params);
            sent += 1;
            assert!(tree.counted[&ALICE] <= SIDE_HEADERS_PER_PEER_MAX);
            let full = sent > SIDE_HEADERS_PER_PEER_MAX;
            assert!(full || extended.refused.is_none());
        }
    }
    assert!(sent > SIDE_HEADERS_PER_PEER_MAX + 500);
    assert_eq!(tree.counted[&ALICE], SIDE_HEADERS_PER_PEER_MAX);
    assert_eq!(tree.counted[&BOB], 5);
    let lightest = tree.leaves_of[&ALICE].first().expect("full").0;
    let dropped_low = branch(&mut tree.cursor(trunk[0]), &params, 1, 99);
    let refused = tree.extend(ALICE, &dropped_low, LATE, &params).refused;
    assert_eq!(refused, Some((0, RuleError::LowWork)));
    let higher = branch(&mut tree.cursor(trunk[160]), &params, 1, 99);
    let extended = tree.extend(ALICE, &higher, LATE, &params);
    assert_eq!((extended.added.len(), extended.removed.len()), (1, 1));
    assert!(tree.leaves_of[&ALICE].first().expect("full").0 >= lightest);
    assert!(
        tree.find(&honest[4].hash()).is_some(),
        "Bob's headers are not Alice's to drop"
    );
}

#[test]
fn side_headers_are_bounded_in_all_and_a_longer_branch_of_a_thousand_still_wins() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 1_000, 1);
    let trunk = grow(&mut tree, &params, &trunk);
    let mut honest = tree.cursor(trunk[19]);
    let honest = branch(&mut honest, &params, 1_000, 2);
    // Eleven peers and more send as much as each may, on the upper part of the chain.
    for peer in 0..12 {
        let tag = 3 + u8::try_from(peer).expect("few");
        for at in (712..990).step_by(9) {
            let header = branch(&mut tree.cursor(trunk[at]), &params, 64, tag);
            let end = header.len().min(999 - at);
            tree.extend(Origin::Peer(peer), &header[..end], LATE, &params);
        }
        assert!(tree.side_len() <= SIDE_HEADERS_MAX);
    }
    assert!(
        tree.side_len() > SIDE_HEADERS_MAX - 64,
        "{}",
        tree.side_len()
    );
    let extended = tree.extend(BOB, &honest, LATE, &params);
    assert_eq!((extended.added.len(), extended.refused), (1_000, None));
    assert_eq!(tree.best(), extended.added[999]);
    for id in &extended.added {
        tree.set_body(*id, 100);
    }
    assert_eq!(tree.candidate(), Some(extended.added[999]));
    tree.set_tip(extended.added[999]);
    assert_eq!(tree.entry(tree.tip()).height, 1_020);
}

#[test]
fn bodies_in_any_order_make_a_candidate_only_when_none_is_missing() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let headers = from_genesis(&tree, &params, 5, 1);
    let ids = tree.extend(ALICE, &headers, LATE, &params).added;
    assert_eq!(tree.best(), ids[4]);
    for at in [4, 2, 1] {
        tree.set_body(ids[at], 10);
        assert_eq!(tree.candidate(), None);
    }
    tree.set_body(ids[0], 10);
    assert_eq!(tree.candidate(), Some(ids[2]));
    tree.set_tip(ids[2]);
    assert_eq!(tree.candidate(), None);
    tree.set_body(ids[3], 10);
    assert_eq!(tree.candidate(), Some(ids[4]));
}

#[test]
fn of_two_branches_with_equal_work_the_first_to_be_complete_wins() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let (a, b) = (
        from_genesis(&tree, &params, 2, 1),
        from_genesis(&tree, &params, 2, 2),
    );
    let a = tree.extend(ALICE, &a, LATE, &params).added;
    let b = tree.extend(BOB, &b, LATE, &params).added;
    for id in [a[1], b[0], b[1], a[0]] {
        tree.set_body(id, 10);
    }
    assert_eq!(tree.candidate(), Some(b[1]));
}

#[test]
fn a_failed_block_takes_its_descendants_along_and_the_best_header_moves_back() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let headers = from_genesis(&tree, &params, 6, 1);
    let ids = tree.extend(ALICE, &headers[..5], LATE, &params).added;
    ids.iter().for_each(|id| tree.set_body(*id, 10));
    let mut failed = tree.set_failed(ids[2]);
    failed.sort_unstable();
    assert_eq!(failed, ids[2..]);
    assert_eq!(tree.best(), ids[1]);
    assert_eq!(tree.candidate(), Some(ids[1]));
    assert_eq!(tree.set_failed(ids[2]), []);
    let child = tree.extend(BOB, &headers[5..], LATE, &params).refused;
    let ancestor = RuleError::InvalidAncestor(headers[4].hash());
    assert_eq!(child, Some((0, ancestor)));
    let again = tree.extend(BOB, &headers[..5], LATE, &params).refused;
    assert_eq!(again, Some((2, RuleError::KnownInvalid)));
}

#[test]
fn stored_side_bodies_are_bounded_and_the_lightest_branch_goes_first() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let trunk = from_genesis(&tree, &params, 10, 1);
    let trunk = grow(&mut tree, &params, &trunk);
    let mut sides = Vec::new();
    for (at, tag) in [(1, 2), (3, 3), (5, 4)] {
        let side = branch(&mut tree.cursor(trunk[at]), &params, 1, tag);
        let id = tree.extend(ALICE, &side, LATE, &params).added[0];
        tree.set_body(id, 100);
        sides.push((id, side[0].hash()));
    }
    assert_eq!(tree.side_body_bytes(), 300);
    let keep = sides[0].0;
    let removed = tree.limit_side_bodies_to(250, keep);
    assert_eq!(
        removed.iter().map(|r| r.hash).collect::<Vec<_>>(),
        [sides[1].1]
    );
    assert_eq!(tree.side_body_bytes(), 200);
    assert_eq!(tree.limit_side_bodies_to(200, keep), []);
}

#[test]
fn a_reorganisation_moves_the_counts_of_both_branches() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let (a, b) = (
        from_genesis(&tree, &params, 3, 1),
        from_genesis(&tree, &params, 4, 2),
    );
    grow(&mut tree, &params, &a);
    assert_eq!((tree.side_len(), tree.side_body_bytes()), (0, 0));
    let b = tree.extend(BOB, &b, LATE, &params).added;
    assert_eq!(
        tree.side_len(),
        0,
        "more work than the tip: not a side branch"
    );
    b.iter().for_each(|id| tree.set_body(*id, 10));
    assert_eq!(tree.side_body_bytes(), 40);
    tree.set_tip(b[3]);
    assert_eq!((tree.side_len(), tree.side_body_bytes()), (3, 300));
    assert!(tree.is_active(b[0]) && !tree.is_active(tree.find(&a[0].hash()).expect("kept")));
    assert_eq!(tree.side_entries().count(), 3);
}

#[test]
fn ahead_of_the_tip_a_heavier_branch_drives_out_lighter_ones_when_all_is_full() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let (light, heavy) = (
        from_genesis(&tree, &params, 3, 1),
        from_genesis(&tree, &params, 6, 2),
    );
    let light = tree.extend(ALICE, &light, LATE, &params).added;
    let works = |tree: &HeaderTree, header: &Header| {
        let of_one = header.bits.to_target().expect("a target").work();
        (0..6).fold(tree.entry(tree.genesis()).work, |sum, _| {
            sum.saturating_add(of_one)
        })
    };
    let work = works(&tree, &heavy[0]);
    // What is being downloaded towards does not give way to its equal or to a lighter one.
    let of_light = tree.entry(light[2]).work;
    let room = tree.make_room_ahead(tree.genesis(), 1, of_light, 3);
    assert!(!room.enough && room.removed.is_empty());
    let room = tree.make_room_ahead(tree.genesis(), 6, work, 8);
    assert!(room.enough);
    assert_eq!(room.removed.len(), 1);
    assert_eq!(tree.best(), light[1]);
    // A complete branch stays: it is the next chain.
    tree.set_body(light[0], 10);
    tree.set_body(light[1], 10);
    let room = tree.make_room_ahead(tree.genesis(), 6, work, 7);
    assert!(!room.enough && room.removed.is_empty());
    // A failed one goes first, whatever its work.
    tree.set_failed(light[1]);
    let room = tree.make_room_ahead(tree.genesis(), 6, of_light, 7);
    assert!(room.enough);
    assert_eq!(tree.best(), light[0]);
}

#[test]
fn bodies_that_must_wait_for_others_are_bounded_and_those_that_need_not_are_not() {
    let params = params();
    let mut tree = HeaderTree::new(&params);
    let headers = from_genesis(&tree, &params, 4, 1);
    let ids = tree.extend(ALICE, &headers, LATE, &params).added;
    assert!(tree.has_room_within(250, ids[1], 100));
    tree.set_body(ids[1], 100);
    tree.set_body(ids[2], 100);
    assert!(tree.has_room_within(250, ids[3], 50));
    assert!(!tree.has_room_within(250, ids[3], 51));
    assert!(
        tree.has_room_within(250, ids[0], 100),
        "it links the others"
    );
}

#[test]
fn without_bodies_headers_are_candidates_at_once_and_every_lighter_end_gives_way_to_a_heavier() {
    let params = params();
    let mut tree = HeaderTree::without_bodies(&params);
    let (a, b, c) = (
        from_genesis(&tree, &params, 3, 1),
        from_genesis(&tree, &params, 3, 2),
        from_genesis(&tree, &params, 2, 3),
    );
    let a = tree.extend(ALICE, &a, LATE, &params).added;
    let b = tree.extend(BOB, &b, LATE, &params).added;
    assert!(tree.is_linked(a[2]) && tree.is_linked(b[2]));
    assert_eq!(tree.candidate(), Some(a[2]), "of equals the first");
    tree.set_tip(a[2]);
    assert_eq!(tree.candidate(), None);
    let refused = tree.extend(BOB, &c, LATE, &params).refused;
    assert_eq!((refused, tree.side_len()), (None, 5));
    let work = tree.entry(a[2]).work.saturating_add(tree.entry(a[0]).work);
    let room = tree.make_room_ahead(tree.genesis(), 6, work, 6);
    assert_eq!((room.enough, room.removed.len()), (true, 5));
    assert_eq!((tree.side_len(), tree.side_body_bytes()), (0, 0));
}
