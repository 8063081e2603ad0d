//! Random labs in virtual time: nodes that crash and start again, links that are cut and healed,
//! miners that come and go, payments all the while, light nodes of either way, and one liar. Whatever happens, what must hold
//! holds; and when it is over, everybody agrees and nothing is lost.
//!
//! The same once more on disks that are slow or full, fail, and lose power.
//!
//! `CHAINLAB_SIM_SEEDS` says how many labs, `CHAINLAB_SIM_FIRST` with which seed they start;
//! `CHAINLAB_SIM_SEED` names one to run alone.

#![allow(
    clippy::disallowed_methods,
    reason = "the test takes its size from the environment"
)]

mod liar;
mod lights;
mod watch;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, panic, thread};
use world::{Disks, World};

/// Labs that run when nobody says how many: 35 s on two cores.
const SEEDS_DEFAULT: u64 = 500;

/// As many of those on disks that fail.
const DISK_SEEDS_DEFAULT: u64 = 150;

/// One lab in so many is run twice.
const TWICE_EVERY: u64 = 25;

/// Labs that are run once more as clones of themselves.
const CLONE_SEEDS: u64 = 3;

/// What a lab comes to.
fn history(seed: u64, disks: Disks) -> [u8; 32] {
    history_of(World::new(seed, disks))
}

fn history_of(mut world: World) -> [u8; 32] {
    world.live();
    world.settle();
    world.sim.log_hash()
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

/// Whether a lab comes out well.
fn is_well(seed: u64, disks: Disks) -> bool {
    let run = || {
        let first = history(seed, disks);
        if seed.is_multiple_of(TWICE_EVERY) {
            let second = history(seed, disks);
            assert_eq!(second, first, "seed {seed} runs differently");
        }
    };
    let outcome = panic::catch_unwind(run);
    if outcome.is_err() {
        eprintln!("seed {seed} on {disks:?} disks: CHAINLAB_SIM_SEED={seed} runs it alone");
    }
    outcome.is_ok()
}

/// Runs labs with many seeds, as the environment says.
fn all_are_well(disks: Disks, by_default: u64) {
    if let Some(seed) = number("CHAINLAB_SIM_SEED") {
        let first = history(seed, disks);
        assert_eq!(history(seed, disks), first, "seed {seed} runs differently");
        return;
    }
    let first = number("CHAINLAB_SIM_FIRST").unwrap_or(0);
    let end = first + number("CHAINLAB_SIM_SEEDS").unwrap_or(by_default);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (next, failed) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            if !is_well(seed, disks) {
                failed.lock().expect("nobody panics with it").push(seed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().expect("nobody panics with it");
    assert_eq!(failed, Vec::<u64>::new(), "seeds that failed");
}

#[test]
fn whatever_happens_everybody_agrees_in_the_end_and_nothing_is_lost() {
    all_are_well(Disks::Sound, SEEDS_DEFAULT);
}

#[test]
fn whatever_disks_do_everybody_agrees_in_the_end_and_nothing_that_was_promised_is_lost() {
    all_are_well(Disks::Failing, DISK_SEEDS_DEFAULT);
}

/// Also in the middle of an instant, of a write to a disk, of a liar's lies.
#[test]
fn a_clone_goes_on_as_the_original_and_neither_disturbs_the_other() {
    for disks in [Disks::Sound, Disks::Failing] {
        for seed in 0..CLONE_SEEDS {
            let mut cloned = World::new(seed, disks);
            cloned.is_cloned();
            let (cloned, alone) = (history_of(cloned), history(seed, disks));
            assert_eq!(cloned, alone, "seed {seed} on {disks:?} disks");
        }
    }
}
