//! The stories that layouts tell by themselves: played to their end in virtual time, whatever the
//! seed. `CHAINLAB_STORY_SEEDS` says how many seeds; a few by default.

#![allow(
    clippy::disallowed_methods,
    reason = "how long it takes is said by the environment"
)]

use chainlab::lab::layout::shipped;
use chainlab::lab::script::StepState;
use chainlab::lab::script::rehearse::{Rehearsal, rehearse};
use std::time::Duration;

/// The longest story, by far.
const LIMIT: Duration = Duration::from_secs(900);

fn seeds() -> u64 {
    let wanted = std::env::var("CHAINLAB_STORY_SEEDS");
    wanted.map_or(3, |text| text.parse().expect("a number of seeds"))
}

/// Plays a story to its end with each seed, and looks at what was left.
fn plays(name: &str, look: impl Fn(&Rehearsal)) {
    let layout = shipped(name).expect("it is built in");
    assert!(!layout.steps.is_empty(), "{name} tells no story");
    for seed in 0..seeds() {
        let played = rehearse(&layout, seed, LIMIT).expect("it can be played");
        for step in &played.script().steps {
            let done = StepState::Done;
            assert_eq!(step.state, done, "{name}, seed {seed}: {}", step.what);
        }
        look(&played);
    }
}

fn deepest(played: &Rehearsal) -> usize {
    let summary = played.summary();
    summary
        .reorganisations
        .iter()
        .map(|one| one.depth)
        .max()
        .unwrap_or_default()
}

#[test]
fn the_partition_heals_and_one_half_leaves_its_blocks_behind() {
    plays("partition", |played| {
        let deepest = deepest(played);
        assert!(deepest >= 2, "{deepest} deep");
    });
}

#[test]
fn of_two_payments_with_one_coin_one_is_left() {
    plays("double-spend", |played| {
        assert!(deepest(played) >= 1);
    });
}

#[test]
fn most_of_the_hash_rate_undoes_a_payment_that_was_three_deep() {
    plays("majority", |played| {
        let deepest = deepest(played);
        assert!(deepest >= 4, "{deepest} deep");
    });
}

#[test]
fn round_the_world_a_block_takes_its_time() {
    let layout = shipped("world").expect("it is built in");
    let ms = |from: &str, to: &str| {
        let mut pairs = layout.pairs.iter();
        let found = pairs.find(|pair| pair.from == from && pair.to == to);
        let latency = found.expect("every pair is there").conditions.latency;
        latency.as_secs_f64() * 1e3
    };
    // Gervais et al. 2016: 24 nodes, each way of each pair.
    assert_eq!(layout.pairs.len(), 24 * 23);
    assert_eq!((ms("na1", "eu4"), ms("eu4", "na1")), (119.5, 119.5));
    assert_eq!((ms("sa2", "ap3"), ms("jp1", "jp4")), (346.7, 8.8));
    plays("world", |_| {});
    let played = rehearse(&layout, 1, LIMIT).expect("it can be played");
    assert!(played.elapsed() > Duration::from_secs(3));
}
