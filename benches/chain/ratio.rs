//! Sides measured in turns, and medians compared: a figure says something only beside the limit
//! that the same machine showed in the same seconds.

use std::time::{Duration, Instant};

/// What a figure must be.
#[derive(Clone, Copy)]
pub enum Target {
    /// At least this share of the limit's rate.
    RateAtLeast(f64),
    /// At most this many times what the limit takes.
    TimesAtMost(f64),
    /// Less than this; the limit is shown for comparison.
    Under(Duration),
}

/// How long one side took, round by round.
#[derive(Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The `at`th hundredth of the sorted times.
    pub fn percentile(&self, at: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * at / 100]
    }

    pub fn median(&self) -> Duration {
        self.percentile(50)
    }
}

impl FromIterator<Duration> for Samples {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self(times.into_iter().collect())
    }
}

/// Measures one group of figures.
pub type Group = fn(&mut Harness);

/// One side of a comparison: does its work once and says how long that took, set-up left out.
pub type Side<'a> = &'a mut dyn FnMut() -> Duration;

/// How much is measured, and the lines so far.
pub struct Harness {
    /// Only shows that every figure can be measured: small sizes, one round, no verdicts.
    pub quick: bool,
    filter: Option<String>,
    missed: Vec<String>,
}

impl Harness {
    /// Understands what cargo and criterion are told: `cargo test` leaves `--bench` out, `--test`
    /// asks for the same, and a word selects figures by a part of their group's name.
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let has = |flag: &str| args.iter().any(|arg| arg == flag);
        Self {
            quick: has("--test") || !has("--bench"),
            filter: args.iter().find(|arg| !arg.starts_with('-')).cloned(),
            missed: Vec::new(),
        }
    }

    /// Measures the groups that were asked for, each by a part of its name, and prints the last line.
    pub fn measure(mut self, groups: &[(&str, Group)]) {
        if std::env::args().any(|arg| arg == "--list") {
            return;
        }
        for (name, measure) in groups {
            if self.wants(name) {
                measure(&mut self);
            }
        }
        self.finish();
    }

    /// Whether a group of figures was asked for.
    fn wants(&self, group: &str) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|word| group.contains(word.as_str()))
    }

    /// `full`, or `small` when it need only be shown that it works.
    pub fn size(&self, full: usize, small: usize) -> usize {
        if self.quick { small } else { full }
    }

    /// Runs the sides in turns, A B A B, after one round that is not counted.
    pub fn interleave<const N: usize>(
        &self,
        rounds: usize,
        mut sides: [Side<'_>; N],
    ) -> [Samples; N] {
        let mut samples = [(); N].map(|()| Samples::default());
        let warm_up = usize::from(!self.quick);
        for round in 0..self.size(rounds, 1) + warm_up {
            for (side, times) in sides.iter_mut().zip(&mut samples) {
                let time = side();
                if round >= warm_up {
                    times.push(time);
                }
            }
        }
        samples
    }

    /// Prints one figure beside its limit, with the verdict.
    pub fn report(&mut self, name: &str, ours: &Samples, limit: (&str, &Samples), target: Target) {
        let (median, beside) = (ours.median(), limit.1.median());
        let times = median.as_secs_f64() / beside.as_secs_f64();
        let (ratio, wanted, holds) = match target {
            Target::RateAtLeast(share) => (
                format!("{:.2} of its rate", times.recip()),
                format!("at least {share:.2}"),
                times.recip() >= share,
            ),
            Target::TimesAtMost(most) => (
                format!("{times:.2} times"),
                format!("at most {most:.2} times"),
                times <= most,
            ),
            Target::Under(most) => (
                format!("{times:.2} times"),
                format!("under {}", shown(most)),
                median < most,
            ),
        };
        let verdict = self.judge(name, holds);
        let spread = format!(
            "{}..{}",
            shown(ours.percentile(10)),
            shown(ours.percentile(90))
        );
        println!(
            "{name}: {} ({spread}) | {}: {} | {ratio} | {wanted} | {verdict}",
            shown(median),
            limit.0,
            shown(beside),
        );
    }

    /// The verdict on a figure, kept for the last line if it missed its target.
    pub fn judge(&mut self, name: &str, holds: bool) -> &'static str {
        match (self.quick, holds) {
            (true, _) => "not judged: a quick run",
            (false, true) => "holds",
            (false, false) => {
                self.missed.push(name.to_owned());
                "MISSED"
            }
        }
    }

    /// The last line: what missed its target.
    fn finish(self) {
        if self.quick {
            return;
        }
        match self.missed.as_slice() {
            [] => println!("every target that was measured holds"),
            missed => println!("MISSED: {}", missed.join("; ")),
        }
    }
}

/// Runs `work` and says how long it took; dropping its result is not counted.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// Three digits and a unit.
pub fn shown(time: Duration) -> String {
    format!("{time:.2?}")
}
