//! What a lab takes of memory as it goes on: it grows with the chain, by the headers that each node
//! holds, and by nothing else.
//!
//! What is bounded fills up at first: the screen's logs, the database's tables in memory. So
//! counting begins after a while, and a longer run tells more than a shorter one.

use crate::labs::SECONDLY;
use crate::process::resident_bytes;
use crate::ratio::Harness;
use crate::terminal::Screen;
use std::env;
use std::fs;
use std::thread;
use std::time::Duration;

const SIZE: (u16, u16) = (120, 36);

/// What a node holds of each block for good, in bytes: its header in the tree, as
/// `tests/memory.rs` counts it.
const HEADER: u64 = 300;

/// Nodes of the lab.
const NODES: u64 = 3;

/// What may come on top, in bytes.
const MOST: u64 = 2_000_000;

/// Not counted, in minutes.
const WARM_UP: u32 = 2;

/// Sets how long it is watched, in minutes.
const MINUTES: &str = "CHAINLAB_BENCH_MINUTES";

pub fn memory(harness: &mut Harness) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("secondly.toml");
    fs::write(&file, SECONDLY).expect("room");
    let lab = Screen::start(&["run", file.to_str().expect("plain")], SIZE);
    lab.waits("the first block everywhere", |text| {
        text.contains("all agree on #") && !text.contains("all agree on #0")
    });
    let (minute, minutes) = match harness.quick {
        true => (Duration::from_millis(500), 2),
        false => (Duration::from_secs(60), minutes()),
    };
    thread::sleep(minute * WARM_UP);
    let first = Seen::now(&lab);
    let mut last = first;
    println!("{}", last.words(0));
    for at in 1..=minutes {
        thread::sleep(minute);
        last = Seen::now(&lab);
        println!("{}", last.words(at));
    }
    report(harness, minutes, first, last);
}

fn report(harness: &mut Harness, minutes: u32, first: Seen, last: Seen) {
    let blocks = last.height - first.height;
    let grown = last.bytes.saturating_sub(first.bytes);
    let explained = blocks * NODES * HEADER;
    let rest = grown.saturating_sub(explained);
    let each = grown.checked_div(blocks).unwrap_or_default();
    let verdict = harness.judge("memory", rest < MOST);
    println!(
        "memory over {minutes} minutes and {blocks} blocks: {:.2} MB to {:.2} MB, {each} bytes a \
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
