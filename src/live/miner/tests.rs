#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test drives the machine"
)]

use super::*;
use crate::chain::block::HEADER_VERSION;
use crate::chain::{Amount, BlockHash, BlockTime, CompactTarget, Header, MerkleRoot};
use crate::node::time::ClockOff;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

const START: Time = Time(1_800_000_000_000_000);
/// No hash ever meets it; the smallest target there is.
const NEVER: CompactTarget = CompactTarget(0x0101_0000);
/// Every second hash meets it.
const EASY: CompactTarget = CompactTarget(0x207f_ffff);
/// 2^16 hashes on average.
const SHORT: CompactTarget = CompactTarget(0x1f00_ffff);
const PATIENCE: Duration = Duration::from_secs(20);

fn job(bits: CompactTarget, hashrate: Option<f64>) -> Arc<Job> {
    let header = Header {
        version: HEADER_VERSION,
        previous: BlockHash::ZERO,
        merkle_root: MerkleRoot::ZERO,
        time: BlockTime(7),
        bits,
        nonce: 0,
    };
    Arc::new(Job {
        header,
        txs: Vec::new(),
        height: 1,
        fees: Amount::ZERO,
        hashrate,
        clock: ClockOff::default(),
    })
}

fn miner(clock: &LabClock) -> (Miner, Receiver<Block>) {
    let (sender, receiver) = mpsc::channel();
    let found = move |found: Result<Block, String>| {
        let block = found.expect("no bug");
        sender.send(block).expect("the test listens");
    };
    (Miner::new("nora", clock.clone(), found), receiver)
}

#[test]
fn a_miner_with_a_bug_says_so_before_it_ends() {
    let (sender, receiver) = mpsc::channel();
    let found = move |found: Result<Block, String>| match found {
        Ok(_) => panic!("what it does with a block"),
        Err(bug) => sender.send(bug).expect("the test listens"),
    };
    let clock = LabClock::starting_at(START);
    let mut miner = Miner::new("nora", clock, found);
    miner.set(Some(job(EASY, None))).expect("a thread");
    let bug = receiver.recv_timeout(Duration::from_secs(30));
    assert_eq!(bug.expect("it says so"), "what it does with a block");
}

/// All that is due when looked at after each of these times, in ms.
fn due(pace: &mut Pace, now: &mut Time, steps_ms: impl IntoIterator<Item = u64>) -> u64 {
    let steps = steps_ms.into_iter();
    steps
        .map(|ms| {
            *now = *now + Duration::from_millis(ms);
            pace.due(*now)
        })
        .sum()
}

#[test]
fn the_rate_is_exact_in_the_long_run_however_the_thread_is_woken() {
    for rate in [0.5, 3.0, 500.0, 14_000.0, 1_234_567.0] {
        let (mut now, mut pace) = (START, Pace::new(rate, START));
        let uneven = (0..10_000).map(|step| 10 + step * 7 % 60);
        let hashes = due(&mut pace, &mut now, uneven);
        let seconds = now.since(START).as_secs_f64();
        assert_eq!(hashes, whole(rate * seconds), "{rate} H/s in {seconds} s");
    }
}

#[test]
fn what_was_missed_is_not_made_up_for() {
    let (mut now, mut pace) = (START, Pace::new(1_000.0, START));
    assert_eq!(due(&mut pace, &mut now, [10]), 10);
    // An hour without a turn is worth a tenth of a second.
    assert_eq!(due(&mut pace, &mut now, [3_600_000]), 100);
    assert_eq!(due(&mut pace, &mut now, [10; 100]), 1_000);
}

#[test]
fn within_a_slice_nothing_is_due_and_a_rate_that_is_none_never() {
    let (mut now, mut pace) = (START, Pace::new(1e9, START));
    assert_eq!(due(&mut pace, &mut now, [9]), 0);
    assert_eq!(due(&mut pace, &mut now, [1]), 10_000_000);
    for rate in [0.0, -5.0, f64::NAN] {
        let (mut now, mut pace) = (START, Pace::new(rate, START));
        assert_eq!(due(&mut pace, &mut now, [1_000; 10]), 0);
    }
}

#[test]
fn a_solved_block_is_good_and_has_the_time_at_which_it_was_found_or_that_of_a_job_by_hand() {
    let clock = LabClock::starting_at(START);
    let (mut miner, found) = miner(&clock);
    for hashrate in [None, Some(50_000.0)] {
        let job = job(EASY, hashrate);
        miner.set(Some(Arc::clone(&job))).expect("a thread");
        let block = found.recv_timeout(PATIENCE).expect("soon");
        assert!(block.header().meets_target());
        let found_at = START.block_time()..=clock.now().block_time();
        match hashrate {
            Some(_) => assert!(found_at.contains(&block.header().time)),
            None => assert_eq!(block.header().time, job.header.time),
        }
    }
    // One block for a job: it waits to be told what comes next.
    assert!(found.recv_timeout(Duration::from_millis(100)).is_err());
}

#[test]
fn a_job_from_the_future_keeps_its_time() {
    let (mut miner, found) = miner(&LabClock::starting_at(Time(0)));
    let job = job(EASY, None);
    miner.set(Some(Arc::clone(&job))).expect("a thread");
    let block = found.recv_timeout(PATIENCE).expect("soon");
    assert!(block.header().time >= job.header.time);
}

#[test]
fn a_new_job_takes_the_place_of_the_old_one_at_once() {
    let (mut miner, found) = miner(&LabClock::starting_at(START));
    for hashrate in [None, Some(1.0), Some(1e12)] {
        miner.set(Some(job(NEVER, hashrate))).expect("a thread");
        threads::rest(Duration::from_millis(30));
        miner.set(Some(job(EASY, None))).expect("a thread");
        found.recv_timeout(PATIENCE).expect("the second job's");
    }
}

#[test]
fn without_a_job_it_rests_and_it_ends_in_the_middle_of_one() {
    let (mut miner, found) = miner(&LabClock::starting_at(START));
    miner.set(None).expect("nothing to start");
    assert!(miner.thread.is_none());
    miner.set(Some(job(NEVER, None))).expect("a thread");
    miner.set(None).expect("a thread");
    assert!(found.recv_timeout(Duration::from_millis(50)).is_err());
    miner.set(Some(job(NEVER, None))).expect("a thread");
    let before = Instant::now();
    drop(miner);
    assert!(before.elapsed() < PATIENCE);
    assert!(found.recv().is_err());
}

#[test]
fn while_the_clock_stands_still_nothing_is_found() {
    let clock = LabClock::starting_at(START);
    clock.pause();
    let (mut miner, found) = miner(&clock);
    for hashrate in [Some(1e6), None] {
        miner.set(Some(job(SHORT, hashrate))).expect("a thread");
        assert!(found.recv_timeout(Duration::from_millis(200)).is_err());
    }
    clock.resume();
    found.recv_timeout(PATIENCE).expect("goes on");
}
