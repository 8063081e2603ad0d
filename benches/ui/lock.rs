//! How long what decides in a lab is held at once, while blocks and payments travel and a screen looks:
//! meanwhile the lab's other tasks wait.

use crate::frame::{options, runtime};
use crate::labs::{Links, crowd};
use crate::ratio::Harness;
use chainlab::lab::{Lab, Request, TrafficChange};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two looks of a screen.
const FRAME: Duration = Duration::from_millis(33);

/// What ninety-nine of a hundred stay below: a thirtieth of a frame.
const MOST: Duration = Duration::from_millis(1);

pub fn lock(harness: &mut Harness) {
    let runtime = runtime();
    let count = harness.size(32, 8);
    let text = crowd(count, &Links::Random, "2s");
    let lab = Lab::start(options(&text), runtime.handle().clone()).expect("it starts");
    lab.request(Request::Traffic(TrafficChange {
        on: Some(true),
        rate: Some(20.0),
    }));
    let watched = match harness.quick {
        true => Duration::from_secs(2),
        false => Duration::from_secs(60),
    };
    let since = Instant::now();
    while since.elapsed() < watched {
        let _view = lab.view();
        thread::sleep(FRAME);
    }
    let paid = lab.view().traffic.map_or(0, |traffic| traffic.sent);
    let held = lab.held().expect("it was held");
    runtime.block_on(lab.close()).expect("it closes");
    let verdict = harness.judge("core held", held.p99 < MOST);
    println!(
        "core held, {count} nodes, {paid} payments in {} s: {:?} at once, one in a hundred {:?}, {} times \
         | under {MOST:?} | {verdict}",
        watched.as_secs(),
        held.p50,
        held.p99,
        held.count,
    );
}
