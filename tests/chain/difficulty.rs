//! The difficulty rule under hash rates that change and labs that sleep: the real rule, with the
//! times at which blocks are found drawn from seeded generators.

use crate::common::*;
use chainlab::chain::asert::{self, Clock, STEP_CAP_INTERVALS, Schedule};
use chainlab::chain::params::Retarget;
use chainlab::chain::{BlockTime, Cursor, Header, Params, Target};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

const SEEDS: u64 = 400;
const HOUR_MS: u64 = 3_600_000;

/// 5-second blocks at 14 kH/s, the default lab.
fn lab() -> Params {
    let params = Params::default();
    assert_eq!(params.retarget, Retarget::Asert);
    params.validate().expect("the default is valid");
    params
}

/// Mining without hashing: each block is found after an exponentially distributed time.
struct Lab {
    params: Params,
    cursor: Cursor,
    hashes_per_s: f64,
    draws: ChaCha8Rng,
}

impl Lab {
    fn new(seed: u64) -> Self {
        let params = lab();
        Self {
            cursor: Cursor::genesis(&params, network(&params)),
            params,
            hashes_per_s: 14_000.0,
            draws: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Expected time to the next block, in block intervals.
    fn expected(&self) -> f64 {
        let bits = self.cursor.next_bits(&self.params);
        let hashes = bits.to_target().expect("a target").work().to_u256();
        let hashes = hashes.as_u128() as f64;
        hashes / self.hashes_per_s * 1_000.0 / self.params.block_interval_ms as f64
    }

    /// Finds a block; returns the time that it took, in intervals.
    fn find(&mut self) -> f64 {
        let uniform = (self.draws.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let took = -(1.0 - uniform).ln() * self.expected();
        let interval = Duration::from_millis(self.params.block_interval_ms);
        let ms = interval.mul_f64(took).as_millis();
        self.find_after(u64::try_from(ms).expect("not for ages"));
        took
    }

    fn find_many(&mut self, blocks: usize) -> f64 {
        (0..blocks).map(|_| self.find()).sum()
    }

    fn find_after(&mut self, ms: u64) {
        let header = Header {
            version: 1,
            previous: self.cursor.hash,
            merkle_root: Default::default(),
            time: self.cursor.time.saturating_add_ms(ms.max(1)),
            bits: self.cursor.next_bits(&self.params),
            nonce: 0,
        };
        self.cursor.advance(&header, header.hash(), &self.params);
    }
}

/// The mean over all seeds of what `story` measures.
fn mean(story: impl Fn(&mut Lab) -> f64) -> f64 {
    let total: f64 = (0..SEEDS).map(|seed| story(&mut Lab::new(seed))).sum();
    total / SEEDS as f64
}

#[test]
fn a_steady_hash_rate_gives_the_wanted_interval() {
    let interval = mean(|lab| lab.find_many(200) / 200.0);
    assert!((0.98..1.02).contains(&interval), "{interval} intervals");
}

/// Expected time to a block, in intervals, 30 blocks after the hash rate changed by `factor`.
fn expected_30_blocks_after(factor: f64, half_life_intervals: u32) -> f64 {
    let after_30 = mean(|lab| {
        lab.params.half_life_intervals = half_life_intervals;
        lab.find_many(60);
        lab.hashes_per_s *= factor;
        lab.find_many(30);
        lab.expected()
    });
    println!("half-life {half_life_intervals}, hash rate x{factor}: {after_30:.2} after 30 blocks");
    after_30
}

#[test]
fn ten_times_the_hash_rate_or_a_tenth_is_made_up_for_after_30_blocks() {
    for factor in [10.0, 0.1] {
        let after_30 = expected_30_blocks_after(factor, lab().half_life_intervals);
        assert!(
            (0.8..1.2).contains(&after_30),
            "x{factor}: {after_30} intervals"
        );
    }
}

#[test]
fn a_half_life_of_eight_intervals_would_be_too_slow_for_that() {
    // Why the default is 5.
    let after_30 = expected_30_blocks_after(10.0, 8);
    assert!(after_30 < 0.7, "{after_30} intervals");
}

#[test]
fn a_pause_of_an_hour_or_a_day_causes_no_burst() {
    for pause_ms in [HOUR_MS, 24 * HOUR_MS] {
        let expected_after = |blocks| {
            mean(|lab| {
                lab.find_many(60);
                lab.find_after(pause_ms);
                lab.find_many(blocks);
                lab.expected()
            })
        };
        let (first, tenth) = (expected_after(0), expected_after(10));
        println!("after {pause_ms} ms: {first:.2} at once, {tenth:.2} after ten blocks");
        assert!(first > 0.25, "{first} intervals at once");
        assert!(
            (0.5..2.0).contains(&tenth),
            "{tenth} intervals after ten blocks"
        );
    }
}

#[test]
fn in_the_ten_intervals_after_a_pause_there_are_never_many_blocks() {
    for seed in 0..SEEDS {
        let mut lab = Lab::new(seed);
        lab.find_many(60);
        lab.find_after(24 * HOUR_MS);
        let (mut took, mut blocks) = (0.0, 0);
        while took < 10.0 {
            took += lab.find();
            blocks += 1;
        }
        assert!(
            blocks < 40,
            "seed {seed}: {blocks} blocks in the time of ten"
        );
    }
}

#[test]
fn without_the_cap_a_night_would_end_in_a_burst() {
    // What the capped clock is for: the published rule, fed with the pause as it was.
    let params = lab();
    let schedule = params.schedule();
    let night = i128::from(8 * HOUR_MS);
    assert_eq!(asert::next_target(&schedule, night, 1), params.limit());
    // The limit is met by every second hash: 7 000 blocks a second until the night is made up for.
    let mut lab = Lab::new(1);
    lab.find_after(8 * HOUR_MS);
    assert!(lab.expected() > 0.25, "{}", lab.expected());
}

#[test]
fn up_to_the_cap_the_clock_runs_with_the_blocks_and_then_stands() {
    let interval = 1_000;
    let cap = interval * STEP_CAP_INTERVALS;
    let clock = |times: &[u64]| {
        let start = Clock::start(BlockTime(times[0]));
        let after = |clock: Clock, time: &u64| clock.after(BlockTime(*time), interval, i64::MAX);
        let last = BlockTime(times[times.len() - 1]);
        times[1..].iter().fold(start, after).ms_in(last, interval)
    };
    assert_eq!(clock(&[5_000, 5_001]), 1);
    assert_eq!(clock(&[5_000, 5_000 + cap]), 10_000);
    assert_eq!(clock(&[5_000, 5_001 + cap]), 10_000);
    assert_eq!(clock(&[5_000, 4_000]), -1_000);
    // What an old block takes off the clock is back with the next.
    let after_a_pause = [5_000, 5_000 + HOUR_MS, 5_001];
    assert_eq!(clock(&after_a_pause), 10_000 - 10_000);
    let next = 5_000 + HOUR_MS + 700;
    assert_eq!(
        clock(&[after_a_pause[0], after_a_pause[1], 5_001, next]),
        10_700
    );
    // Times at the ends of their range neither wrap nor stop the arithmetic.
    assert_eq!(clock(&[0, u64::MAX]), 10_000);
    assert_eq!(clock(&[u64::MAX, 0]), -10_000);
}

#[test]
fn with_steps_under_the_cap_the_rule_is_the_published_one() {
    let params = lab();
    let interval = params.block_interval_ms;
    let schedule = params.schedule();
    let mut lab = Lab::new(11);
    for _ in 0..500 {
        // Any step from the smallest to just the cap; one interval in the mean.
        let ms = lab.draws.next_u64() % (interval * 168 / 100);
        lab.find_after(ms + u64::from(ms.is_multiple_of(50)) * 8 * interval);
        let limit = params.limit().to_compact();
        assert_ne!(
            lab.cursor.next_bits(&params),
            limit,
            "the limit has a rule of its own"
        );
        let anchor_parent = i128::from(params.genesis_time.0) - i128::from(interval);
        let time = i128::from(lab.cursor.time.0) - anchor_parent;
        let published = asert::next_target(&schedule, time, lab.cursor.height.into());
        assert_eq!(lab.cursor.next_bits(&params), published.to_compact());
    }
}

#[test]
fn at_the_limit_the_clock_waits_and_below_it_does_not() {
    let params = lab();
    let schedule = params.schedule();
    for height in [1, 100, 1_000_000] {
        let ceiling = schedule.clock_ceiling_ms(height);
        assert_eq!(params.next_bits(height, ceiling), params.limit_bits);
        let two_octaves_less = ceiling - 2 * i64::try_from(schedule.half_life).expect("small");
        assert_ne!(
            params.next_bits(height, two_octaves_less),
            params.limit_bits
        );
    }
    let top = Clock::start(BlockTime(0)).after(BlockTime(50_000), 5_000, 7_000);
    assert_eq!(top.ms_in(BlockTime(50_000), 5_000), 7_000);
}

#[test]
fn a_fixed_difficulty_never_moves() {
    let mut lab = Lab::new(3);
    lab.params.retarget = Retarget::Fixed;
    for ms in [1, HOUR_MS, 1, 1, 24 * HOUR_MS] {
        lab.find_after(ms);
        assert_eq!(lab.cursor.next_bits(&lab.params), lab.params.genesis_bits);
    }
}

#[test]
fn targets_stay_between_one_and_the_limit_whatever_the_times() {
    let limit = EASY.to_target().expect("a target");
    let schedule = Schedule {
        anchor: Target::from_expected_hashes(1_000),
        limit,
        interval: 1,
        half_life: 1,
    };
    let one = asert::next_target(&schedule, i128::MIN, i128::MAX);
    assert_eq!(one.to_u256(), 1.into());
    assert_eq!(asert::next_target(&schedule, i128::MAX, 0), limit);
    assert_eq!(asert::next_target(&schedule, i128::MAX, i128::MIN), limit);
    assert_eq!(
        asert::next_target(&schedule, i128::MIN, -1).to_u256(),
        1.into()
    );
    let easiest = Schedule {
        anchor: Target::MAX,
        limit: Target::MAX,
        ..schedule
    };
    assert_eq!(asert::next_target(&easiest, 2, 0), Target::MAX);
    assert!(asert::next_target(&easiest, 0, 0) < Target::MAX);
}
