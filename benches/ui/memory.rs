//! What a lab takes of memory as it goes on: it grows with the chain, by the headers that each node
//! holds, and by nothing else.
//!
//! What is bounded fills up at first, and that takes thousands of blocks: the database's tables in
//! memory, until they are written to files, and the lines of the logs. So the lab is watched twice:
//! as it begins, and again after its miner has hurried through so many blocks that all of that is
//! full.

use crate::labs::SECONDLY;
use crate::process::resident_bytes;
use crate::ratio::Harness;
use crate::terminal::Screen;
use std::env;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 36);

/// What a node holds of each block for good, in bytes: its header in the tree, as
/// `tests/memory/chain.rs` counts it.
const HEADER: u64 = 300;

/// Nodes of the lab.
const NODES: u64 = 3;

/// What may come on top, in bytes.
const MOST: u64 = 2_000_000;

/// Not counted, in minutes.
const WARM_UP: u32 = 2;

/// How often the hash rate is doubled to get to [`FILLED`], and halved again.
const DOUBLINGS: usize = 6;

/// At this height all tables have been written at least once, and the logs forget lines.
const FILLED: u64 = 16_000;

/// Minutes after which the hurry is given up.
const HURRY_MAX: u32 = 15;

/// Sets how long it is watched, in minutes.
const MINUTES: &str = "CHAINLAB_BENCH_MINUTES";

pub fn memory(harness: &mut Harness) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("secondly.toml");
    fs::write(&file, SECONDLY).expect("room");
    let mut lab = Screen::start(&["run", file.to_str().expect("plain")], SIZE);
    lab.waits("the first block everywhere", |text| {
        text.contains("AGREE #") && !text.contains("AGREE #0")
    });
    lab.types("2");
    let mut watch = Watch {
        lab,
        minute: Duration::from_secs(60),
        minutes: minutes(),
        filled: FILLED,
    };
    if harness.quick {
        watch.minute = Duration::from_millis(200);
        (watch.minutes, watch.filled) = (2, 10);
    }
    watch.grows(harness, "memory, from the beginning");
    watch.hurries();
    watch.grows(harness, "memory, once all is full");
}

/// The program, and how long it is watched.
struct Watch {
    lab: Screen,
    /// Less, when it need only be shown that it works.
    minute: Duration,
    minutes: u32,
    filled: u64,
}

impl Watch {
    fn grows(&mut self, harness: &mut Harness, name: &str) {
        thread::sleep(self.minute * WARM_UP);
        let first = Seen::now(&self.lab);
        let mut last = first;
        println!("{}", last.words(0));
        for at in 1..=self.minutes {
            thread::sleep(self.minute);
            last = Seen::now(&self.lab);
            println!("{}", last.words(at));
        }
        report(harness, name, self.minutes, first, last);
    }

    /// Mines sixty-four times as fast until all is full.
    fn hurries(&mut self) {
        let since = Instant::now();
        self.presses("+", "64.0 kH/s");
        while Seen::now(&self.lab).height < self.filled {
            assert!(since.elapsed() < Duration::from_secs(60) * HURRY_MAX);
            thread::sleep(self.minute / 60);
        }
        self.presses("-", " 1.0 kH/s");
    }

    /// A key as often as there are doublings. Each takes the rate that is shown.
    fn presses(&mut self, key: &str, rate: &str) {
        for _ in 0..DOUBLINGS {
            self.lab.types(key);
            thread::sleep(Duration::from_millis(300));
        }
        self.lab.sees(rate);
    }
}

fn report(harness: &mut Harness, name: &str, minutes: u32, first: Seen, last: Seen) {
    let blocks = last.height - first.height;
    let grown = last.bytes.saturating_sub(first.bytes);
    let explained = blocks * NODES * HEADER;
    let rest = grown.saturating_sub(explained);
    let each = grown.checked_div(blocks).unwrap_or_default();
    let verdict = harness.judge(name, rest < MOST);
    println!(
        "{name}, {minutes} minutes and {blocks} blocks: {:.2} MB to {:.2} MB, {each} bytes a \
         block | headers of {NODES} nodes: {:.2} MB | {:.2} MB more | under {:.0} MB more | \
         {verdict}",
        megabytes(first.bytes),
        megabytes(last.bytes),
        megabytes(explained),
        megabytes(rest),
        megabytes(MOST),
    );
}

fn minutes() -> u32 {
    let set = env::var(MINUTES).ok();
    set.map_or(10, |set| set.parse().expect("a number of minutes"))
}

/// The program at one moment.
#[derive(Clone, Copy)]
struct Seen {
    bytes: u64,
    height: u64,
}

impl Seen {
    fn now(lab: &Screen) -> Self {
        let height = lab.figure("2 miner", "height");
        let height = height.as_deref().and_then(|shown| {
            let digits = shown.split_whitespace().next()?;
            digits.parse().ok()
        });
        Self {
            bytes: resident_bytes(lab),
            height: height.unwrap_or_else(|| panic!("no height:\n{}", lab.text())),
        }
    }

    fn words(self, minute: u32) -> String {
        let megabytes = megabytes(self.bytes);
        format!(
            "minute {minute}: {megabytes:.2} MB at block {}",
            self.height
        )
    }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
