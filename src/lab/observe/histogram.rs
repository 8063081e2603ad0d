//! How long things took, over a whole run: percentiles of any number of times in a few kB.
//!
//! Times are counted in classes, each a hundredth longer than the one before. What is read back is
//! the middle of a class, so it is within one part in a hundred of the truth, however many times
//! there were.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much longer the times of a class are than those of the one before.
const STEP: f64 = 1.01;

/// Classes: up to e^23 µs, which is two hours and a half. What is longer counts as that.
const CLASSES: usize = 2_304;

/// Times, counted by how long they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many there are of each class; as long as it has to be.
    classes: Vec<u64>,
    count: u64,
}

/// What is read from a [`Histogram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Times in all.
    pub count: u64,
    /// Half of them were no longer.
    pub p50: Duration,
    /// Nine of ten.
    pub p90: Duration,
    /// Ninety-nine of a hundred.
    pub p99: Duration,
}

impl Histogram {
    /// Counts one more.
    pub fn add(&mut self, time: Duration) {
        let class = class(time);
        if self.classes.len() <= class {
            self.classes.resize(class + 1, 0);
        }
        self.classes[class] += 1;
        self.count += 1;
    }

    /// What they add up to; `None`: there are none.
    pub fn percentiles(&self) -> Option<Percentiles> {
        (self.count > 0).then(|| Percentiles {
            count: self.count,
            p50: self.at(50),
            p90: self.at(90),
            p99: self.at(99),
        })
    }

    /// The time that so many of a hundred do not exceed.
    fn at(&self, percent: u64) -> Duration {
        let wanted = (self.count * percent).div_ceil(100).max(1);
        let mut sum = 0;
        let reached = self.classes.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        middle(reached.unwrap_or_default())
    }
}

fn class(time: Duration) -> usize {
    let us = time.as_secs_f64() * 1e6;
    if us < 1.0 {
        return 0;
    }
    // The classes' lower edges rise, so the class of a time is found by halving.
    let (mut low, mut high) = (1, CLASSES - 1);
    while low < high {
        let middle = (low + high).div_ceil(2);
        match edge(middle) <= us {
            true => low = middle,
            false => high = middle - 1,
        }
    }
    low
}

/// The shortest time of a class, in microseconds.
fn edge(class: usize) -> f64 {
    // The same with every C library.
    libm::pow(STEP, (class - 1) as f64)
}

fn middle(class: usize) -> Duration {
    if class == 0 {
        return Duration::ZERO;
    }
    Duration::from_secs_f64(edge(class) * (1.0 + STEP) / 2.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_hundredth_of_those_of_the_sorted_times() {
        let mut histogram = Histogram::default();
        // From a microsecond to ten seconds, far more short ones than long ones.
        let times: Vec<_> = (1..=10_000_u64).map(|n| n * n / 10 + 1).collect();
        for us in times.iter().rev() {
            histogram.add(Duration::from_micros(*us));
        }
        let read = histogram.percentiles().expect("there are some");
        let is_near = |shown: Duration, nth: usize| {
            let truth = times[nth - 1] as f64 / 1e6;
            let off = (shown.as_secs_f64() - truth).abs() / truth;
            assert!(off < 0.01, "{shown:?} for {truth}");
        };
        is_near(read.p50, 5_000);
        is_near(read.p90, 9_000);
        is_near(read.p99, 9_900);
        assert_eq!(read.count, 10_000);
    }

    #[test]
    fn nothing_and_what_is_too_long_to_be_counted_are_told_apart() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentiles(), None);
        histogram.add(Duration::ZERO);
        assert_eq!(
            histogram.percentiles().map(|read| read.p99),
            Some(Duration::ZERO)
        );
        histogram.add(Duration::MAX);
        let longest = histogram.percentiles().expect("two").p99;
        assert!(longest > Duration::from_secs(3_600), "{longest:?}");
        assert!(histogram.classes.len() <= CLASSES);
    }
}
