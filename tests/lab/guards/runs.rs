//! Shipped layouts, run in virtual time as `chainlab run --headless --virtual` does.

use super::hold;
use chainlab::lab::Layout;
use chainlab::lab::core::summary::Summary;
use chainlab::lab::drive::VirtualLab;
use chainlab::lab::layout::shipped::playable;
use chainlab::lab::paper::units::show_duration;
use chainlab::lab::script::ScriptView;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

const SEEDS: u64 = 10;

/// Longer than any script takes.
const LIMIT: Duration = Duration::from_secs(300);

/// How long a layout without a script runs: a dozen blocks.
const FOR: Duration = Duration::from_secs(60);

/// What came of a run.
pub(super) struct Run {
    layout: String,
    pub(super) seed: u64,
    events: u64,
    hash: String,
    summary: Summary,
    script: Arc<ScriptView>,
}

impl Run {
    /// Which it is, how much happened, and what: in a line.
    pub(super) fn line(&self) -> String {
        let Self {
            layout,
            seed,
            events,
            hash,
            ..
        } = self;
        format!("{layout} {seed} {events} {hash}")
    }

    /// What it came to, and when each step began.
    pub(super) fn told(&self) -> Vec<String> {
        let mut lines = vec![format!("== {} {}", self.layout, self.seed)];
        lines.extend(self.summary.to_string().lines().map(str::to_owned));
        let began = self.script.steps.iter().map(|step| step.began);
        lines.extend((1..).zip(began).map(|(number, began)| match began {
            Some(began) => format!("  step {number} began after {}", show_duration(began)),
            None => format!("  step {number} did not begin"),
        }));
        if self.seed == 1 {
            let json = serde_json::to_string_pretty(&self.summary).expect("plain data");
            lines.extend(json.lines().map(str::to_owned));
        }
        lines
    }
}

fn play(layout: &Layout, seed: u64) -> Run {
    let has_script = !layout.steps.is_empty();
    let limit = if has_script { LIMIT } else { FOR };
    let mut lab = VirtualLab::seeded(layout, seed).expect("it can be played");
    while lab.elapsed() < limit && !(has_script && lab.is_over()) {
        lab.go_on(limit);
    }
    let hash = lab.sim().log_hash().map(|byte| format!("{byte:02x}"));
    Run {
        layout: layout.name.clone(),
        seed,
        events: lab.sim().events(),
        hash: hash.concat(),
        summary: lab.summary(),
        script: Arc::clone(lab.core().steps()),
    }
}

/// Plays each layout with so many seeds, and returns them in that order.
pub(super) fn play_all(layouts: &[Layout], seeds: u64) -> Vec<Run> {
    let all = layouts
        .iter()
        .flat_map(|layout| (1..=seeds).map(move |seed| (layout, seed)));
    let all: Vec<_> = all.collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = || {
            let at = next.fetch_add(1, Ordering::Relaxed);
            all.get(at).map(|(layout, seed)| (at, play(layout, *seed)))
        };
        std::iter::from_fn(mine).collect::<Vec<_>>()
    };
    let mut played: Vec<_> = thread::scope(|threads| {
        let both = [threads.spawn(work), threads.spawn(work)];
        let both = both.map(|one| one.join().expect("all are played"));
        both.into_iter().flatten().collect()
    });
    played.sort_by_key(|(at, _)| *at);
    played.into_iter().map(|(_, run)| run).collect()
}

static RUNS: LazyLock<Vec<Run>> =
    LazyLock::new(|| play_all(&playable().collect::<Vec<_>>(), SEEDS));

#[test]
fn each_layout_with_each_seed_has_the_history_that_it_had() {
    let lines = RUNS.iter().map(Run::line);
    hold("log_hashes.txt", &lines.collect::<Vec<_>>());
}

/// Seeds of which the summary is kept for people, and of the first for programs too.
const SUMMARIES: u64 = 3;

#[test]
fn each_summary_says_what_it_said_and_each_step_begins_when_it_did() {
    let kept = RUNS.iter().filter(|run| run.seed <= SUMMARIES);
    let lines = kept.flat_map(Run::told);
    hold("summaries.txt", &lines.collect::<Vec<_>>());
}
