//! What came of many seeds: counted, and told, in words or as JSON.

use super::super::failure::Failure;
use crate::lab::drive::seeds::{Failing, Outcome};
use crate::lab::paper::units::{show_moment, show_seconds};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Kinds of failures that are told apart; all others are counted together.
const KINDS_MAX: usize = 1_000;

/// What came of seeds so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) played: u64,
    pub(super) failed: u64,
    /// In the order in which they came.
    kinds: Vec<Kind>,
    known: BTreeMap<String, usize>,
    /// The first that failed.
    pub(super) first: Option<(u64, Failing)>,
    /// The first with which that which is looked for was true, and when.
    pub(super) found: Option<(u64, Duration)>,
}

/// Seeds that fail in the same way.
struct Kind {
    kind: String,
    /// What the first of them has to say.
    words: String,
    first: u64,
    count: u64,
}

/// What else is known at the end.
pub(super) struct Ending {
    /// The layout's name.
    pub(super) lab: String,
    /// The first and the last seed.
    pub(super) seeds: (u64, u64),
    /// What is looked for.
    pub(super) find: Option<String>,
    /// A signal came before all were played.
    pub(super) is_stopped: bool,
    /// What opens the first that failed, or that was found.
    pub(super) open: Option<String>,
    /// What is to be said of that.
    pub(super) notes: Vec<String>,
    /// What the layout was shrunk to.
    pub(super) shrunk: Option<Value>,
}

impl Ending {
    /// How many seeds there are.
    pub(super) fn count(&self) -> u64 {
        let (first, last) = self.seeds;
        (last - first).saturating_add(1)
    }
}

/// What came of a seed, in a line.
pub(super) fn line(outcome: &Outcome, is_search: bool) -> String {
    let (seed, time) = (outcome.seed, show_seconds(outcome.elapsed));
    let words = outcome.failing.as_ref().map(|failing| &failing.words);
    let words = words.map_or(String::new(), |words| format!(": {words}"));
    match outcome.found {
        Some(at) => format!("seed {seed}: true at {}\n", show_moment(at)),
        None if is_search => format!("seed {seed}: not true, {time}{words}\n"),
        None if words.is_empty() => format!("seed {seed}: held, {time}\n"),
        None => format!("seed {seed}: failed, {time}{words}\n"),
    }
}

/// The same for programs.
pub(super) fn json_line(outcome: &Outcome) -> String {
    let failing = outcome.failing.as_ref();
    let failed = match (&outcome.summary, failing) {
        (Some(summary), _) => summary.failed.clone(),
        (None, failing) => failing.iter().map(|one| one.words.clone()).collect(),
    };
    let line = json!({
        "seed": outcome.seed,
        "held": failing.is_none(),
        "elapsed_ms": ms(outcome.elapsed),
        "failed": failed,
        "kind": failing.map(|failing| &failing.kind),
        "found_ms": outcome.found.map(ms),
        "run": outcome.summary,
    });
    format!("{line}\n")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl Tally {
    /// Counts what came of a seed; they come in their order.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.played += 1;
        if let (None, Some(at)) = (self.found, outcome.found) {
            self.found = Some((outcome.seed, at));
        }
        if let Some(failing) = &outcome.failing {
            self.fail(outcome.seed, failing);
        }
    }

    fn fail(&mut self, seed: u64, failing: &Failing) {
        self.failed += 1;
        self.first.get_or_insert_with(|| (seed, failing.clone()));
        if let Some(&at) = self.known.get(&failing.kind) {
            self.kinds[at].count += 1;
        } else if self.kinds.len() < KINDS_MAX {
            self.known.insert(failing.kind.clone(), self.kinds.len());
            self.kinds.push(Kind {
                kind: failing.kind.clone(),
                words: failing.words.clone(),
                first: seed,
                count: 1,
            });
        }
    }

    /// Those that are of no kind that is told.
    fn others(&self) -> u64 {
        let told = self.kinds.iter().map(|kind| kind.count).sum::<u64>();
        self.failed.saturating_sub(told)
    }

    /// What all of them come to, for people.
    pub(super) fn words(&self, ending: &Ending) -> String {
        let mut text = format!("{}\n", self.headline(ending));
        if self.failed > 0 {
            text.push_str("failed, by kind:\n");
        }
        // What most have comes first.
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|kind| (u64::MAX - kind.count, kind.first));
        for kind in kinds {
            let (count, first, words) = (kind.count, kind.first, &kind.words);
            let _ = writeln!(text, "{count:>7}  seed {first}: {words}");
        }
        if let others @ 1.. = self.others() {
            let _ = writeln!(text, "{others:>7}  of other kinds");
        }
        if let Some(open) = &ending.open {
            let _ = writeln!(text, "to see it on the screen:\n  {open}");
        }
        for note in &ending.notes {
            let _ = writeln!(text, "{note}");
        }
        text
    }

    /// Whether that is as it should be.
    pub(super) fn verdict(&self, ending: &Ending) -> Result<(), Failure> {
        let (played, failed, all) = (self.played, self.failed, ending.count());
        let stopped = format!("stopped after {played} of {all} seeds");
        Err(Failure::unmet(match (&ending.find, self.found) {
            (Some(_), Some(_)) => return Ok(()),
            (Some(expr), None) if ending.is_stopped => format!("{stopped}: {expr} was not true"),
            (Some(expr), None) => format!("{expr} was true with none of {all} seeds"),
            (None, _) if ending.is_stopped => format!("{stopped}: {failed} failed"),
            (None, _) if failed > 0 => format!("{failed} of {all} seeds failed"),
            (None, _) => return Ok(()),
        }))
    }

    fn headline(&self, ending: &Ending) -> String {
        let (first, last) = ending.seeds;
        let (played, failed) = (self.played, self.failed);
        let what = match (&ending.find, self.found) {
            (Some(expr), Some((seed, at))) => {
                format!("{expr} is true with seed {seed} at {}", show_moment(at))
            }
            (Some(expr), None) => format!("{expr} is true with none of {played}"),
            (None, _) => format!("{} held, {failed} failed", played - failed),
        };
        let stopped = match ending.is_stopped {
            true => format!("stopped after {played} of {}: ", ending.count()),
            false => String::new(),
        };
        format!("{}, seeds {first}..{last}: {stopped}{what}", ending.lab)
    }

    /// The same for programs.
    pub(super) fn json(&self, ending: &Ending) -> String {
        let kinds = self.kinds.iter().map(|kind| {
            json!({
                "kind": kind.kind, "words": kind.words, "count": kind.count, "first": kind.first,
            })
        });
        let found = self.found;
        let summary = json!({
            "lab": ending.lab,
            "first": ending.seeds.0,
            "last": ending.seeds.1,
            "played": self.played,
            "held": self.played - self.failed,
            "failed": self.failed,
            "kinds": kinds.collect::<Vec<_>>(),
            "other_kinds": self.others(),
            "stopped": ending.is_stopped,
            "find": ending.find,
            "found": found.map(|(seed, at)| json!({ "seed": seed, "at_ms": ms(at) })),
            "open": ending.open,
            "shrunk": ending.shrunk,
        });
        format!("{}\n", json!({ "summary": summary }))
    }
}

#[cfg(test)]
mod tests;
