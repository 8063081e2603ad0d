//! `chainlab script check`: how a layout's script is paced, over many seeds.

use super::super::failure::Failure;
use super::super::output::print;
use super::super::run::choose;
use super::super::seeds;
use super::super::table::{Side, Table};
use crate::lab::Layout;
use crate::lab::drive::measure::{self, Take};
use crate::lab::paper::units::show_seconds;
use crate::lab::script::step::StepSpec;
use crate::lab::script::{Cause, step};
use clap::Args;
use rayon::prelude::*;
use std::ops::RangeInclusive;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab script check partition
  chainlab script check my-lab.toml --seeds 1..200";

/// Most seeds at once: hours of a slow story.
const SEEDS_MAX: u64 = 10_000;

/// Problems that are told; of more only how many.
const TOLD_MAX: usize = 20;

/// Shorter waits are not worth a line.
const WORTH: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A layout's name, or a file.
    #[arg(value_name = "NAME|FILE")]
    layout: String,
    /// The seeds to play it with, from the first to the last.
    #[arg(long, value_name = "A..B", default_value = "1..60", value_parser = parse_seeds)]
    seeds: RangeInclusive<u64>,
}

fn parse_seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    seeds::parse(text, SEEDS_MAX)
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let (layout, _) = choose(Some(&options.layout))?;
    let playable = layout.check_virtual();
    playable.map_err(|words| Failure::input(format!("{}: {words}", layout.file)))?;
    if layout.steps.is_empty() {
        let words = format!("{}: it has no [[step]], so there is no script", layout.file);
        return Err(Failure::input(words));
    }
    let seeds: Vec<_> = options.seeds.clone().collect();
    let takes = seeds
        .into_par_iter()
        .map(|seed| measure::play(&layout, seed));
    let takes = takes.collect::<Result<Vec<_>, _>>();
    let takes = takes.map_err(|words| Failure::input(format!("{}: {words}", layout.file)))?;
    print(&told(&layout, &takes))?;
    let problems = takes.iter().flat_map(|take| {
        let told = take.problems.iter();
        told.map(|problem| format!("seed {}: {problem}", take.seed))
    });
    let mut problems: Vec<_> = problems.collect();
    if problems.is_empty() {
        return Ok(());
    }
    let left = problems.len().saturating_sub(TOLD_MAX);
    problems.truncate(TOLD_MAX);
    if left > 0 {
        problems.push(format!("and {left} more"));
    }
    Err(Failure::unmet(problems.join("\nchainlab: ")))
}

/// All that was measured.
fn told(layout: &Layout, takes: &[Take]) -> String {
    let good = takes.iter().filter(|take| take.problems.is_empty()).count();
    let seeds = takes.first().zip(takes.last());
    let seeds = seeds.map_or(String::new(), |(first, last)| {
        format!("{}..{}", first.seed, last.seed)
    });
    let count = takes.len();
    format!(
        "{}, seeds {seeds}: {good} of {count} well paced\n\n{}\n{}",
        layout.name,
        captions(layout, takes),
        waits(layout, takes)
    )
}

fn captions(layout: &Layout, takes: &[Take]) -> String {
    let mut table = Table::new(&[
        ("step", Side::Right),
        ("needs", Side::Right),
        ("least", Side::Right),
        ("median", Side::Right),
        ("longest", Side::Right),
        ("caption", Side::Left),
    ]);
    for (at, step) in layout.steps.iter().enumerate() {
        let stood = takes
            .iter()
            .filter_map(|take| take.captions.get(&at).copied());
        let note = step.note.as_deref().unwrap_or_default();
        if let Some([least, median, longest]) = spread(stood.collect()) {
            let needs = show_seconds(step.reading_time());
            let number = (at + 1).to_string();
            table.row([number, needs, least, median, longest, note.to_owned()]);
        }
    }
    let totals = takes.iter().map(|take| take.total).collect();
    if let Some([least, median, longest]) = spread(totals) {
        let none = String::new();
        let whole = "the whole story".to_owned();
        table.row(["all".to_owned(), none, least, median, longest, whole]);
    }
    table.text()
}

/// What was waited for that no time of the file says, and the longest of it.
fn waits(layout: &Layout, takes: &[Take]) -> String {
    let mut table = Table::new(&[
        ("step", Side::Right),
        ("median", Side::Right),
        ("longest", Side::Right),
        ("seed", Side::Right),
        ("late", Side::Right),
        ("waits for", Side::Left),
    ]);
    let mut worst: Option<(Duration, String)> = None;
    for (at, step) in layout.steps.iter().enumerate() {
        for cause in [Cause::Condition, Cause::Request, Cause::Expectation] {
            let waited = |take: &Take| take.waits.get(&(at, cause)).copied().unwrap_or_default();
            let longest = takes.iter().max_by_key(|take| waited(take));
            let Some(longest) = longest.filter(|take| waited(take) >= WORTH) else {
                continue;
            };
            let Some([_, median, most]) = spread(takes.iter().map(waited).collect()) else {
                continue;
            };
            let late = match cause {
                Cause::Condition => takes.iter().filter(|take| take.late.contains(&at)).count(),
                _ => 0,
            };
            let late = if late == 0 {
                String::new()
            } else {
                late.to_string()
            };
            let what = waited_for(step, cause);
            let (number, seed) = ((at + 1).to_string(), longest.seed.to_string());
            if worst
                .as_ref()
                .is_none_or(|(time, _)| *time < waited(longest))
            {
                let words = format!("step {number} waited {most} for {what}, with seed {seed}");
                worst = Some((waited(longest), words));
            }
            table.row([number, median, most, seed, late, what]);
        }
    }
    match worst {
        None => "nothing was waited for but the times of the file\n".to_owned(),
        Some((_, words)) => format!("{}\nlongest wait: {words}\n", table.text()),
    }
}

/// What a step waits for, in words.
fn waited_for(spec: &StepSpec, cause: Cause) -> String {
    let found = match cause {
        Cause::Condition => spec.start.when.as_ref().map(ToString::to_string),
        Cause::Expectation => spec.expect.as_ref().map(|expect| expect.expr.to_string()),
        Cause::Request => spec
            .request
            .as_ref()
            .map(|request| format!("the end of: {}", step::in_words(request))),
        Cause::Time | Cause::Presenter => None,
    };
    found.unwrap_or_default()
}

/// The least, the median and the longest of some times.
fn spread(mut times: Vec<Duration>) -> Option<[String; 3]> {
    times.sort();
    let median = times.get(times.len() / 2)?;
    Some([times.first()?, median, times.last()?].map(|time| show_seconds(*time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_times_the_least_the_median_and_the_longest_are_told() {
        let times = [4_000, 1_000, 2_500].map(Duration::from_millis);
        let told = ["1.0 s", "2.5 s", "4.0 s"].map(str::to_owned);
        assert_eq!(spread(times.to_vec()), Some(told));
        assert_eq!(spread(Vec::new()), None);
    }
}
