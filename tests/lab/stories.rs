//! The stories that layouts tell by themselves: played to their end in virtual time, whatever the
//! seed. `CHAINLAB_STORY_SEEDS` says how many seeds; a few by default.

#![allow(
    clippy::disallowed_methods,
    reason = "how long it takes is said by the environment"
)]

use chainlab::lab::drive::{VirtualLab, measure, play};
use chainlab::lab::layout::shipped;
use chainlab::lab::script::{Cause, StepState};
use std::time::Duration;

/// The longest story, by far.
const LIMIT: Duration = Duration::from_secs(900);

/// The longest that a step may wait for the lottery.
const LOTTERY_MAX: Duration = Duration::from_secs(8);

/// Letters of a title that a screen of 80 columns shows.
const TITLE_SEEN: usize = 18;

fn seeds_or(usual: u64) -> u64 {
    let wanted = std::env::var("CHAINLAB_STORY_SEEDS");
    wanted.map_or(usual, |text| text.parse().expect("a number of seeds"))
}

/// Plays a story to its end with each seed, and looks at what was left.
fn plays(name: &str, look: impl Fn(&mut VirtualLab)) {
    let layout = shipped(name).expect("it is built in");
    assert!(!layout.steps.is_empty(), "{name} tells no story");
    for seed in 0..seeds_or(3) {
        let mut played = play(&layout, seed, LIMIT).expect("it can be played");
        for step in &played.core().steps().steps {
            let done = StepState::Done;
            assert_eq!(step.state, done, "{name}, seed {seed}: {}", step.what);
        }
        look(&mut played);
    }
}

fn deepest(played: &mut VirtualLab) -> usize {
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
fn a_light_node_believes_in_coins_that_never_existed_until_the_valid_branch_has_more_work() {
    plays("light-fooled", |played| {
        let deepest = deepest(played);
        assert!(deepest >= 3, "{deepest} deep");
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
    let played = play(&layout, 1, LIMIT).expect("it can be played");
    assert!(played.elapsed() > Duration::from_secs(3));
}

/// Seeds by which the pace of a story is judged; `CHAINLAB_STORY_SEEDS` says how many.
const PACE_SEEDS: u64 = 12;

/// No caption has less than its time or stands for too long, and the whole is not too long.
fn is_well_paced(name: &str) {
    let layout = shipped(name).expect("it is built in");
    for seed in 1..=seeds_or(PACE_SEEDS) {
        let take = measure::play(&layout, seed).expect("it can be played");
        assert!(take.problems.is_empty(), "{name}, seed {seed}: {take:?}");
        let wait = take
            .waits
            .iter()
            .filter(|((_, cause), _)| *cause == Cause::Condition);
        let longest = wait.map(|(_, time)| *time).max().unwrap_or_default();
        assert!(longest <= LOTTERY_MAX, "{name}, seed {seed}: {longest:?}");
    }
    let titles = layout.steps.iter().filter(|step| step.title.is_some());
    assert!((3..=5).contains(&titles.count()), "{name}");
    let lengths = layout.steps.iter().filter_map(|step| step.title.as_deref());
    let longest = lengths.map(|title| title.chars().count()).max();
    assert!(longest <= Some(TITLE_SEEN), "{name}: cut at 80 columns");
}

#[test]
fn the_partition_is_well_paced_whatever_the_seed() {
    is_well_paced("partition");
}

#[test]
fn the_double_spend_is_well_paced_whatever_the_seed() {
    is_well_paced("double-spend");
}

#[test]
fn the_majority_is_well_paced_whatever_the_seed() {
    is_well_paced("majority");
}

#[test]
fn light_nodes_are_paid_and_pay() {
    plays("light", |_| {});
    is_well_paced("light");
}

#[test]
fn the_fooled_light_node_is_well_paced_whatever_the_seed() {
    is_well_paced("light-fooled");
}

#[test]
fn the_world_is_well_paced_whatever_the_seed() {
    is_well_paced("world");
}
