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
