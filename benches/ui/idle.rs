//! What a lab on the screen takes of the processor when nobody mines: clocks go on, peers ping each
//! other, and that is all.

use crate::process::processor_time;
use crate::ratio::Harness;
use crate::terminal::Screen;
use std::thread;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 36);

/// What the last block set off settles, and is written.
const SETTLES: Duration = Duration::from_secs(10);

/// Most of one core.
const MOST: f64 = 0.01;

pub fn idle(harness: &mut Harness) {
    let mut lab = Screen::start(&["run", "scenario"], SIZE);
    lab.waits("the first block everywhere", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    });
    lab.types("3m");
    lab.sees("miner does not mine");
    let (settles, watched) = match harness.quick {
        true => (Duration::from_millis(100), Duration::from_secs(1)),
        false => (SETTLES, Duration::from_secs(30)),
    };
    thread::sleep(settles);
    let (busy, at) = (processor_time(&lab), Instant::now());
    thread::sleep(watched);
    let share = (processor_time(&lab) - busy).as_secs_f64() / at.elapsed().as_secs_f64();
    let verdict = harness.judge("idle", share < MOST);
    println!(
        "idle, three nodes on the screen for {} s: {:.2} % of a core | under {} % | {verdict}",
        watched.as_secs(),
        share * 100.0,
        MOST * 100.0,
    );
}

/// Most of one core that a busy lab in virtual time takes on the screen.
const MOST_VIRTUAL: f64 = 0.15;

/// A story of twenty-four nodes in virtual time, as fast as the clock, with its frames.
pub fn virtual_time(harness: &mut Harness) {
    let lab = Screen::start(&["run", "world", "--virtual"], SIZE);
    lab.waits("the first block", |text| {
        text.contains('#') && !text.contains("STARTING")
    });
    let watched = match harness.quick {
        true => Duration::from_secs(1),
        false => Duration::from_secs(30),
    };
    let frame = b"\x1b[?2026h";
    let (busy, at, before) = (
        processor_time(&lab),
        Instant::now(),
        lab.count_written(frame),
    );
    thread::sleep(watched);
    let passed = at.elapsed().as_secs_f64();
    let share = (processor_time(&lab) - busy).as_secs_f64() / passed;
    let frames = lab.count_written(frame) - before;
    let verdict = harness.judge("virtual", share < MOST_VIRTUAL);
    println!(
        "virtual time, world on the screen for {} s, {frames} frames: {:.2} % of a core | under {} % | {verdict}",
        watched.as_secs(),
        share * 100.0,
        MOST_VIRTUAL * 100.0,
    );
}
