//! What is shown of a lab that changes, moment by moment.

use super::*;
use crate::chain::BlockHash;

fn block(height: u32) -> BlockId {
    let hash = BlockHash([u8::try_from(height).expect("low"); 32]);
    BlockId { height, hash }
}

fn agree(height: u32) -> Headline {
    Headline {
        chains: Chains::Agree {
            tip: block(height),
            nodes: 3,
        },
        ..Headline::default()
    }
}

fn on_its_way(height: u32, at: usize) -> Headline {
    Headline {
        chains: Chains::OnItsWay {
            block: block(height),
            at,
            of: 3,
        },
        ..Headline::default()
    }
}

fn fork(branches: usize) -> Headline {
    Headline {
        chains: Chains::Fork { branches },
        ..Headline::default()
    }
}

/// What is shown when things are so, at these milliseconds.
fn shown(story: &[(u64, Headline)]) -> Vec<Headline> {
    let mut steady = SteadyHeadline::default();
    let shown = story.iter().map(|(ms, is)| {
        let now = Time(ms * 1_000);
        steady.chains.feed(now, is.chains.clone());
        steady.network.feed(now, is.network.clone());
        let due = steady.shown().due;
        assert!(due.is_none_or(|due| due > now && due <= now + STANDS));
        Headline {
            due: None,
            ..steady.shown()
        }
    });
    shown.collect()
}

#[test]
fn a_state_stands_for_a_second_and_its_figures_are_true_meanwhile() {
    let told = shown(&[
        (0, agree(1)),
        (5_000, on_its_way(2, 1)),
        (5_300, on_its_way(2, 2)),
        (5_500, agree(2)),
        (5_999, agree(2)),
        (6_000, agree(2)),
        (6_400, agree(3)),
        (7_000, agree(3)),
    ]);
    let all = on_its_way(2, 3);
    assert_eq!(told[1..3], [on_its_way(2, 1), on_its_way(2, 2)]);
    assert_eq!(told[3..5], [all.clone(), all]);
    assert_eq!(told[5..], [agree(2), agree(3), agree(3)]);
}

#[test]
fn a_worse_state_is_shown_at_once_and_stands_even_if_it_was_short() {
    let told = shown(&[
        (0, agree(1)),
        (10, on_its_way(2, 1)),
        (20, fork(2)),
        (30, fork(3)),
        (40, agree(2)),
        (1_019, agree(2)),
        (1_020, agree(2)),
    ]);
    assert_eq!(told[1..4], [on_its_way(2, 1), fork(2), fork(3)]);
    assert_eq!(told[4..], [fork(3), fork(3), agree(2)]);
}

#[test]
fn a_time_far_ahead_holds_nothing_up() {
    let told = shown(&[(0, agree(1)), (9_000_000, fork(2)), (1_000, agree(2))]);
    assert_eq!(told[1..], [fork(2), agree(2)]);
}

#[test]
fn chains_and_network_stand_each_for_itself() {
    let down = |nodes| Headline {
        network: Network::Down(nodes),
        ..agree(1)
    };
    let split = Headline {
        network: Network::Partition(vec![1, 2]),
        ..fork(2)
    };
    let told = shown(&[
        (0, agree(1)),
        (100, down(1)),
        (200, split.clone()),
        (900, down(2)),
    ]);
    assert_eq!(told[1..3], [down(1), split.clone()]);
    assert_eq!(told[3], split);
}
