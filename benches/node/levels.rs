//! What it costs that a lab is more than its nodes: core at both levels, and the same nodes alone. All
//! three do the same.

use crate::ratio::{Harness, Target, timed};
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::layout::shipped::shipped;
use std::time::Duration;

/// The first block is asked for by then; from there on nodes go on alone.
const BEGUN: Duration = Duration::from_secs(10);

pub fn levels(harness: &mut Harness) {
    let passed = Duration::from_secs(if harness.quick { 5 } else { 300 });
    let [stats, all] = [Level::Stats, Level::All].map(begun);
    let mut alone = || {
        let mut sim = stats.sim().clone();
        let until = sim.now() + passed;
        timed(|| {
            while sim.step_until(until) {}
            sim.take_events()
        })
        .0
    };
    let run = |lab: &VirtualLab| {
        let mut lab = lab.clone();
        let until = lab.now() + passed;
        timed(|| lab.run_until(until, || true)).0
    };
    let (mut with_stats, mut with_all) = (|| run(&stats), || run(&all));
    let samples = harness.interleave(9, [&mut alone, &mut with_stats, &mut with_all]);
    let [alone, stats, all] = samples;
    let name = format!(
        "`swarm` for {} s, with what a summary needs",
        passed.as_secs()
    );
    let most = Target::TimesAtMost(1.1);
    harness.report(&name, &stats, ("its nodes alone", &alone), most);
    let name = format!(
        "`swarm` for {} s, with all that a screen shows",
        passed.as_secs()
    );
    let most = Target::TimesAtMost(2.0);
    harness.report(&name, &all, ("with a summary alone", &stats), most);
}

fn begun(level: Level) -> VirtualLab {
    let options = VirtualOptions {
        seed: 1,
        level,
        ..VirtualOptions::default()
    };
    let layout = shipped("swarm").expect("it is built in");
    let mut lab = VirtualLab::new(&layout, &options).expect("it can be played");
    let until = lab.now() + BEGUN;
    lab.run_until(until, || true);
    lab
}
