//! What it takes to keep another state of a lab in virtual time.

use crate::common::sim::quiet_world;
use crate::ratio::{Harness, Samples, shown, timed};
use std::time::Duration;

/// What a clone may take.
const LIMIT: Duration = Duration::from_millis(5);

pub fn clone(harness: &mut Harness) {
    let blocks = if harness.quick { 20 } else { 500 };
    let lab = quiet_world(blocks);
    let mut samples = Samples::default();
    for _ in 0..harness.size(50, 3) {
        let (took, clone) = timed(|| lab.clone());
        drop(clone);
        samples.push(took);
    }
    let name = format!("a clone of `world` with {blocks} blocks");
    let verdict = harness.judge(&name, samples.median() < LIMIT);
    let (median, worst) = (shown(samples.median()), shown(samples.percentile(95)));
    println!("{name}: {median}, 95 % within {worst} | under {LIMIT:?} | {verdict}");
}
