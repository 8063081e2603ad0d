//! `--shrink`: the fewest steps of a layout with which a seed still comes out as it did, as a file.

use super::super::failure::Failure;
use super::super::files::NewFile;
use super::super::shell;
use super::bar::{Bar, Progress};
use super::opens::opens;
use super::report::LOOK;
use crate::lab::LabOptions;
use crate::lab::drive::seeds::{
    Aim, Came, Desk, Failing, Jobs, Plan, Shrinking, Smallest, opening, play,
};
use crate::lab::layout::{self, StepText};
use crate::lab::paper::names::check_layout_name;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// What is to be shrunk, and where it is to be written.
pub(super) struct Shrink {
    file: NewFile,
    /// The file, as it was named.
    name: String,
    steps: StepText,
}

/// What came of it.
pub(super) struct Shrunk {
    name: String,
    seed: u64,
    steps: usize,
    of: usize,
    is_minimal: bool,
    open: String,
}

impl Shrink {
    /// That the layout's text has steps to be left out, and that what is left of it can be read under its
    /// new name.
    pub(super) fn new(path: &Path, wanted: &LabOptions) -> Result<Self, Failure> {
        let refused = |problem: String| Failure::input(format!("--shrink: {problem}"));
        let steps = StepText::new(&wanted.layout.file, &wanted.layout_text);
        let steps = steps.map_err(|error| refused(error.to_string()))?;
        if steps.steps() == 0 {
            let file = &wanted.layout.file;
            return Err(refused(format!("{file} has no [[step]] to leave out")));
        }
        let file = NewFile::at("--shrink", path)?;
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        check_layout_name(stem.unwrap_or_default()).map_err(refused)?;
        let name = path.to_str().unwrap_or_default().to_owned();
        if !name.contains(['/', '.']) {
            let words =
                "a name alone is that of a layout which is built in: write it as in small.toml";
            return Err(refused(words.to_owned()));
        }
        Ok(Self { file, name, steps })
    }

    /// The seed, and how it is to come out; `None`: there is nothing to leave steps out for.
    pub(super) fn aim(
        found: Option<(u64, Duration)>,
        first: Option<&(u64, Failing)>,
        is_search: bool,
    ) -> Option<(u64, Aim)> {
        match (is_search, found, first) {
            (true, found, _) => found.map(|(seed, _)| (seed, Aim::Found)),
            (false, _, first) => {
                first.map(|(seed, failing)| (*seed, Aim::Fails(failing.kind.clone())))
            }
        }
    }

    /// Shrinks it, and writes the file. If a signal comes, what was reached by then is written.
    pub(super) fn run(
        &self,
        plan: Plan,
        (seed, aim): (u64, Aim),
        bar: &mut Bar,
        is_signalled: impl Fn() -> bool,
    ) -> Result<Shrunk, Failure> {
        let shrinking = Shrinking {
            file: self.name.clone(),
            steps: self.steps.clone(),
            plan: plan.clone(),
            seed,
            aim,
        };
        let smallest = self.smallest(shrinking, bar, is_signalled)?;
        self.file.write(&smallest.text)?;
        let layout = layout::read(&self.name, &smallest.text).map_err(Failure::other)?;
        let plan = Plan { layout, ..plan };
        Ok(Shrunk {
            name: self.name.clone(),
            seed,
            steps: smallest.steps,
            of: self.steps.steps(),
            is_minimal: smallest.is_minimal,
            open: self.opens(&plan, seed),
        })
    }

    /// Shrinks it on a thread of its own, and draws how far it is.
    fn smallest(
        &self,
        shrinking: Shrinking,
        bar: &mut Bar,
        is_signalled: impl Fn() -> bool,
    ) -> Result<Smallest, Failure> {
        let all = self.steps.steps();
        let told = Arc::new((AtomicU64::new(0), AtomicUsize::new(all)));
        let tells = Arc::clone(&told);
        let started = Jobs::start(0..=0, 1, move |_, desk| {
            Some(shrinking.smallest(desk, |runs, left| {
                tells.0.store(runs, Ordering::Relaxed);
                tells.1.store(left, Ordering::Relaxed);
            }))
        });
        let mut jobs = started.map_err(|error| Failure::other(format!("no threads: {error}")))?;
        loop {
            let left = told.1.load(Ordering::Relaxed);
            let runs = told.0.load(Ordering::Relaxed);
            bar.show(&Progress {
                done: u64::try_from(all - left).unwrap_or(0),
                all: u64::try_from(all).unwrap_or(0),
                words: &format!(" steps left out, {runs} runs"),
                says_left: false,
            });
            match jobs.next(LOOK) {
                Came::Of(_, smallest) => {
                    bar.clear();
                    return Ok(smallest);
                }
                Came::Nothing => {}
                Came::All => return Err(Failure::other("--shrink: its thread has ended")),
            }
            if is_signalled() {
                jobs.stop();
            }
        }
    }

    /// What opens the smallest on the screen.
    fn opens(&self, plan: &Plan, seed: u64) -> String {
        let outcome = play(plan, seed, &Desk::default());
        let at = outcome.map_or(Duration::ZERO, |outcome| match &outcome.failing {
            _ if outcome.found.is_some() => outcome.found.unwrap_or_default(),
            Some(failing) => opening(plan, seed, failing.since),
            None => outcome.elapsed,
        });
        opens(&shell::word(&self.name), plan, seed, at)
    }
}

impl Shrunk {
    /// In words.
    pub(super) fn words(&self) -> String {
        let Self {
            name, steps, of, ..
        } = self;
        let end = match self.is_minimal {
            true => "and none of them can be left out",
            false => "and it was stopped before the fewest were known",
        };
        let open = &self.open;
        format!("{name} has {steps} of {of} steps, {end}; to see it:\n  {open}")
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "file": self.name,
            "seed": self.seed,
            "steps": self.steps,
            "of": self.of,
            "minimal": self.is_minimal,
            "open": self.open,
        })
    }
}
