//! Blocks that are asked for by hand, and what they do to the difficulty: computed with the rules, and
//! played in virtual time.

use crate::common::*;
use chainlab::chain::{BlockTime, Cursor, Header, Params};
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, EventKind};
use chainlab::node::template::{ROOM_BY_HAND, time_by_hand};
use chainlab::sim::{self, Sim};
use std::time::Duration;

/// 2027-01-01, a year after the genesis block of the default network.
const NOW: BlockTime = BlockTime(1_798_761_600_000);

/// The miner of the default network, in hashes per ms.
const HASHES_PER_MS: f64 = 14.0;

/// Mining without hashing.
struct Chain {
    params: Params,
    cursor: Cursor,
    now: BlockTime,
}

impl Chain {
    fn fresh() -> Self {
        let params = Params::default();
        Self {
            cursor: Cursor::genesis(&params, network(&params)),
            params,
            now: NOW,
        }
    }

    /// One on which a miner has found a block in each interval for an hour, the last one just now.
    fn at_the_present() -> Self {
        let mut chain = Self::fresh();
        chain.params.genesis_time = BlockTime(NOW.0 - 3_600_000);
        chain.cursor = Cursor::genesis(&chain.params, network(&chain.params));
        for block in 1..=3_600_000 / chain.params.block_interval_ms {
            let time = chain.params.genesis_time.0 + block * chain.params.block_interval_ms;
            chain.found_at(BlockTime(time));
        }
        chain
    }

    fn found_at(&mut self, time: BlockTime) {
        let header = Header {
            version: 1,
            previous: self.cursor.hash,
            merkle_root: Default::default(),
            time,
            bits: self.cursor.next_bits(&self.params),
            nonce: 0,
        };
        assert!(time > self.cursor.median_time(), "the rules allow it");
        let latest = self.now.0 + self.params.future_drift_ms;
        assert!(time.0 <= latest, "the rules allow it");
        self.cursor.advance(&header, header.hash(), &self.params);
    }

    /// Asks for a block, which takes 5 ms; returns its time.
    fn by_hand(&mut self) -> BlockTime {
        let time = time_by_hand(&self.cursor, &self.params, self.now);
        self.found_at(time);
        self.now = self.now.saturating_add_ms(5);
        time
    }

    /// Hashes that the next block takes on average.
    fn hashes(&self) -> f64 {
        let bits = self.cursor.next_bits(&self.params);
        let work = bits.to_target().expect("a target").work().to_u256();
        work.as_u128() as f64
    }

    /// How long the next block takes a miner of 14 kH/s on average, in block intervals.
    fn expected(&self) -> f64 {
        self.hashes() / HASHES_PER_MS / self.params.block_interval_ms as f64
    }
}

#[test]
fn a_hundred_blocks_by_hand_on_a_fresh_chain_leave_the_miner_its_pace() {
    let mut chain = Chain::fresh();
    let before = chain.hashes();
    let mut in_all = 0.0;
    for _ in 0..100 {
        in_all += chain.hashes();
        chain.by_hand();
    }
    let factor = chain.hashes() / before;
    println!(
        "100 blocks cost {in_all:.0} hashes; then the difficulty is {factor:.2} times what it was, and \
         14 kH/s find the next block after {:.2} intervals",
        chain.expected()
    );
    assert!(factor <= 2.0, "{factor} times");
    assert!(chain.expected() <= 2.0, "{} intervals", chain.expected());
    // A miner that goes on after that finds its pace.
    chain.found_at(chain.now);
    assert!(chain.expected() <= 2.0, "{} intervals", chain.expected());
}

#[test]
fn sixty_blocks_by_hand_as_many_times_as_there_is_room_cost_a_miner_that_begins_nothing() {
    let mut chain = Chain::fresh();
    for _ in 0..60 {
        chain.by_hand();
    }
    assert!(chain.expected() <= 2.0, "{} intervals", chain.expected());
}

#[test]
fn blocks_by_hand_are_an_interval_apart_and_the_first_after_a_pause_leaves_room_for_others() {
    let mut chain = Chain::fresh();
    let interval = chain.params.block_interval_ms;
    let first = chain.by_hand();
    assert_eq!(first.0, NOW.0 - ROOM_BY_HAND * interval);
    for block in 1..=ROOM_BY_HAND {
        assert_eq!(chain.by_hand().0, first.0 + block * interval);
    }
}

#[test]
fn ten_blocks_by_hand_at_the_present_are_within_half_of_what_the_rules_allow() {
    let mut chain = Chain::at_the_present();
    let before = chain.hashes();
    let half = chain.params.future_drift_ms / 2;
    let mut last = chain.cursor.time;
    for _ in 0..10 {
        let now = chain.now;
        let time = chain.by_hand();
        // A clock that is half of the drift behind takes it: nobody has complained about that clock.
        assert!(time.0 <= now.0 + half + 1, "{time:?} at {now:?}");
        assert!(time >= last, "they do not go back");
        last = time;
    }
    let factor = chain.hashes() / before;
    println!("ten blocks by hand at the present: {factor:.2} times the difficulty");
    // Ten intervals in no time, of which one is claimed ahead: nine fifths of a half-life.
    assert!((3.0..3.6).contains(&factor), "{factor} times");
}

#[test]
fn where_the_difficulty_is_fixed_a_block_by_hand_has_the_time_of_the_clock() {
    let params = params();
    let cursor = Cursor::genesis(&params, network(&params));
    assert_eq!(time_by_hand(&cursor, &params, NOW), NOW);
}

#[test]
fn ten_blocks_by_hand_beside_a_miner_are_refused_by_nobody_and_all_agree() {
    for seed in 0..20 {
        let mut sim = Sim::new(seed, sim::params());
        let miner = {
            let mut config = sim.config("miner");
            config.mining = MiningMode::On;
            sim.add_node(config).expect("a network")
        };
        let mut others = Vec::new();
        for name in ["central", "wallet"] {
            let mut config = sim.config(name);
            config.connect = vec![sim.address(miner.0)];
            others.push(sim.add_node(config).expect("a network"));
        }
        sim.record_events();
        sim.run_for(Duration::from_secs(60));
        for _ in 0..10 {
            sim.call(others[0], Command::MineNow).expect("mined");
        }
        sim.run_for(Duration::from_secs(5));
        for (ix, event) in sim.take_events() {
            let is_refused = matches!(event.kind, EventKind::BlockRefused { .. });
            assert!(!is_refused, "seed {seed}, {ix:?}: {event:?}");
        }
        let tip = |ix| sim.node(ix).expect("it runs").chain().tip();
        assert!(
            others.iter().all(|ix| tip(*ix) == tip(miner)),
            "seed {seed}"
        );
        assert!(tip(miner).height >= 10);
    }
}
