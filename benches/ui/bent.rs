//! A network that people bend: 32 nodes, twenty payments and a block a second. What a frame of each
//! view costs, and what the whole program takes while it shows one: of the processor, frames a
//! second, and the time from a key to the screen.

use crate::frame::{self, Busy, Look};
use crate::keys::{LOOK, Waits, until};
use crate::labs::{self, Links};
use crate::process::processor_time;
use crate::ratio::{Harness, Samples};
use crate::tail;
use crate::terminal::Screen;
use chainlab::ui::keymap::ViewId;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (200, 60);

const KEYS: usize = 100;

/// What begins every frame on a terminal: a synchronized update.
const FRAME: &[u8] = b"\x1b[?2026h";

/// Most of a core for the whole program.
const MOST: f64 = 1.0;

fn layout(count: usize) -> String {
    let traffic = "\n[traffic]\nrate = \"20 tx/s\"\namount = \"0.001\"\n";
    labs::crowd(count, &Links::Random, "1s") + traffic
}

pub fn views(harness: &mut Harness) {
    let count = harness.size(32, 10);
    let runtime = frame::runtime();
    let mut lab = Busy::start(&runtime, &layout(count));
    let views = [ViewId::Network, ViewId::Blocks, ViewId::Messages];
    let looks = views.map(Look::Of);
    let [network, blocks, messages, rival] =
        lab.frames(harness, [looks[0], looks[1], looks[2], Look::Text]);
    for (view, samples) in views.into_iter().zip([network, blocks, messages]) {
        let name = format!("frame, {count} nodes, 20 tx/s, {}", view.name());
        let rival = ("as much changing text", &rival);
        tail::report(harness, &name, &samples, rival, Duration::from_millis(5));
    }
    lab.end();
    whole(harness, count);
}

/// The program as people run it, with the view on which most moves.
fn whole(harness: &mut Harness, count: usize) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bent.toml");
    fs::write(&file, layout(count) + "\n[view]\nopen = \"network\"\n").expect("room");
    let mut lab = Screen::start(&["run", file.to_str().expect("plain")], SIZE);
    lab.waits("a block", |text| text.contains("#3 ["));
    let (settles, watched) = match harness.quick {
        true => (Duration::from_millis(100), Duration::from_secs(1)),
        false => (Duration::from_secs(10), Duration::from_secs(30)),
    };
    thread::sleep(settles);
    let frames = |lab: &Screen| lab.count_written(FRAME);
    let (busy, drawn, at) = (processor_time(&lab), frames(&lab), Instant::now());
    thread::sleep(watched);
    let took = at.elapsed().as_secs_f64();
    let share = (processor_time(&lab) - busy).as_secs_f64() / took;
    let rate = (frames(&lab) - drawn) as f64 / took;
    let verdict = harness.judge(
        "the whole program, network view",
        share < MOST && rate > 25.0,
    );
    println!(
        "{count} nodes, 20 tx/s, a block a second, network view: {:.0} % of a core, {rate:.1} frames \
         a second | under {:.0} % and about 30 | {verdict}",
        share * 100.0,
        MOST * 100.0,
    );

    let names = labs::names(count);
    let (mut focus, mut wait, mut times) = (0, Waits::default(), Samples::default());
    for _ in 0..harness.size(KEYS, 5) {
        focus = (focus + 1) % count;
        // Numbers stand under each other where nodes of a region are in one box.
        let wanted = match count > 12 {
            true => format!("▶{:>2} {}", focus + 1, names[focus]),
            false => format!("▶{} {}", focus + 1, names[focus]),
        };
        thread::sleep(wait.next());
        let since = Instant::now();
        lab.types("\t");
        until(&lab, &wanted, |screen| screen.contents().contains(&wanted));
        times.push(since.elapsed());
    }
    let slowest = times.percentile(99);
    let most = Duration::from_millis(50);
    let verdict = harness.judge("key to screen, network view", slowest < most);
    println!(
        "key to screen, {count} nodes, network view: p50 {:?}, p99 {slowest:?}, looked at every \
         {LOOK:?} | p99 under {most:?} | {verdict}",
        times.median(),
    );
}
