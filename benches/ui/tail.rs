//! Figures that people feel at their worst: not the median counts but the slowest of a hundred.

use crate::ratio::{Harness, Samples, shown};
use std::time::Duration;

/// Prints a figure with its slowest hundredth, which must stay under `most`, beside its rival.
pub fn report(
    harness: &mut Harness,
    name: &str,
    ours: &Samples,
    rival: (&str, &Samples),
    most: Duration,
) {
    let slowest = ours.percentile(99);
    let times = ours.median().as_secs_f64() / rival.1.median().as_secs_f64();
    let verdict = harness.judge(name, slowest < most);
    println!(
        "{name}: p50 {}, p99 {} | {}: p50 {}, p99 {} | {times:.2} times | p99 under {} | {verdict}",
        shown(ours.median()),
        shown(slowest),
        rival.0,
        shown(rival.1.median()),
        shown(rival.1.percentile(99)),
        shown(most),
    );
}
