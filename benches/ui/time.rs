//! Time in a lab's hands: how fast it goes at most, and how long the way back is.

use crate::frame::runtime;
use crate::ratio::Harness;
use chainlab::lab::ask::{TimeChange, TrafficChange, When};
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped;
use chainlab::lab::spec::{OpeningTime, Speed};
use chainlab::lab::{Control, Lab, Request};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How many times as fast as the clock on the wall each layout is to go at least, as a lab on a screen.
const FASTEST: [(&str, f64); 2] = [("scenario", 2_000.0), ("world", 300.0)];

/// How far back it is gone, and how long that takes at most.
const BACK: Duration = Duration::from_secs(600);
const WAYS_BACK: [(&str, Duration); 2] = [
    ("partition", Duration::from_millis(100)),
    ("world", Duration::from_secs(1)),
];

/// Ways back. The longest counts: the first, from a run at full speed, on which there was little time for
/// checkpoints.
const TIMES: usize = 7;

fn options(speed: Speed, is_paused: bool) -> VirtualOptions {
    VirtualOptions {
        seed: 7,
        level: Level::All,
        time: OpeningTime {
            speed,
            is_paused,
            ..OpeningTime::default()
        },
        ..VirtualOptions::default()
    }
}

fn start(runtime: &Runtime, name: &str, options: VirtualOptions) -> Lab {
    let layout = shipped(name).expect("it is built in");
    let lab = Lab::start_virtual(layout, options, Control::Off, runtime.handle().clone());
    let lab = lab.expect("it starts");
    // In `world` payments go on by themselves, as its layout says.
    lab.request(Request::Traffic(TrafficChange::default()));
    runtime.block_on(lab.answer()).1.expect("it is told");
    lab
}

pub fn fastest(harness: &mut Harness) {
    let runtime = runtime();
    let wall = Duration::from_secs(if harness.quick { 1 } else { 10 });
    for (name, least) in FASTEST {
        let lab = start(&runtime, name, options(Speed::Max, false));
        let (since, from) = (Instant::now(), lab.elapsed());
        thread::sleep(wall);
        let went = (lab.elapsed() - from).as_secs_f64() / since.elapsed().as_secs_f64();
        runtime.block_on(lab.close()).expect("it closes");
        let alone = alone(name, wall);
        let verdict = harness.judge(name, went >= least);
        println!(
            "max, {name}: {went:.0} times the clock on the wall, {:.2} of the same lab without a past | \
             at least {least} | {verdict}",
            went / alone,
        );
    }
}

/// How fast a lab goes that knows of no past, in the same time.
fn alone(name: &str, wall: Duration) -> f64 {
    let layout = shipped(name).expect("it is built in");
    let mut lab = VirtualLab::new(&layout, &options(Speed::Max, false)).expect("it can be played");
    let since = Instant::now();
    while since.elapsed() < wall {
        lab.run_until(lab.now() + Duration::from_secs(1), || true);
    }
    lab.elapsed().as_secs_f64() / since.elapsed().as_secs_f64()
}

pub fn back(harness: &mut Harness) {
    let runtime = runtime();
    let long = Duration::from_secs(if harness.quick { 700 } else { 3_600 });
    for (name, most) in WAYS_BACK {
        let lab = start(&runtime, name, options(Speed::Times(1), true));
        go(&runtime, &lab, long);
        let mut took: Vec<_> = (0..TIMES)
            .map(|nth| {
                // Each from the newest moment, to somewhere else.
                let aside = Duration::from_millis(731) * u32::try_from(nth).expect("few");
                let took = go(&runtime, &lab, long - BACK - aside);
                go(&runtime, &lab, long);
                took
            })
            .collect();
        took.sort();
        runtime.block_on(lab.close()).expect("it closes");
        let longest = took[TIMES - 1];
        let verdict = harness.judge(name, longest < most);
        println!(
            "back {BACK:?} from {long:?}, {name}: {longest:?}, mostly {:?} | under {most:?} | {verdict}",
            took[TIMES / 2],
        );
    }
}

/// How long the way to a moment takes.
fn go(runtime: &Runtime, lab: &Lab, to: Duration) -> Duration {
    let since = Instant::now();
    lab.request(Request::Time(TimeChange::Go(When::At(to))));
    runtime
        .block_on(lab.answer())
        .1
        .expect("there is such a moment");
    since.elapsed()
}
