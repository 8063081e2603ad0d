//! `chainlab run --headless --virtual --seeds`: one layout, many seeds.

use super::super::failure::Failure;
use super::super::files::NewFile;
use super::super::runtime::{LAST_WAIT, runtime};
use super::super::{seeds, shell};
use super::bar::{Bar, Progress};
use super::junit::Suite;
use super::opens::opens;
use super::report::{LOOK, Reader, Report};
use super::shrink::{Shrink, Shrunk};
use super::tally::{Ending, Tally, json_line, line};
use super::{HeadlessOptions, check_names, count_signals, end_report};
use crate::lab::LabOptions;
use crate::lab::drive::Level;
use crate::lab::drive::seeds::{Came, Desk, JOBS_MAX, Jobs, Outcome, Plan, opening, play};
use crate::lab::script::{Expr, Pace};
use clap::Args;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::watch;

/// Most seeds at once: more than a day of any story.
const SEEDS_MAX: u64 = 1_000_000;

#[derive(Args)]
pub(super) struct ManySeeds {
    /// With --headless --virtual: run it with each of these seeds, from the first to the last. Exit code 3
    /// if one fails.
    #[arg(long, value_name = "A..B", value_parser = parse, requires = "headless",
        conflicts_with = "seed")]
    seeds: Option<RangeInclusive<u64>>,
    /// With --seeds: so many at once [default: as many as there are cores].
    #[arg(short, long, value_name = "N", requires = "seeds",
        value_parser = clap::value_parser!(u16).range(1..=i64::from(JOBS_MAX)))]
    jobs: Option<u16>,
    /// With --seeds: write what came of each as JUnit XML, to a file that is not there yet.
    #[arg(long, value_name = "FILE", requires = "seeds", conflicts_with = "find")]
    junit: Option<PathBuf>,
    /// With --seeds: look for one with which this comes true, as in 'reorg_depth >= 3', and say how to see
    /// it. Exit code 3 if there is none.
    #[arg(
        long,
        value_name = "EXPR",
        requires = "seeds",
        conflicts_with = "until"
    )]
    find: Option<Expr>,
    /// With --seeds: leave out steps as long as the first that fails fails in the same way, or what --find
    /// looks for comes true; the fewest are written as a layout, to a file that is not there yet.
    #[arg(long, value_name = "FILE", requires = "seeds")]
    shrink: Option<PathBuf>,
}

fn parse(text: &str) -> Result<RangeInclusive<u64>, String> {
    seeds::parse(text, SEEDS_MAX)
}

impl ManySeeds {
    pub(super) fn is_wanted(&self) -> bool {
        self.seeds.is_some()
    }

    fn jobs(&self) -> u16 {
        let cores = || available_parallelism().map_or(1, NonZero::get);
        let jobs = self.jobs.map_or_else(cores, usize::from);
        u16::try_from(jobs).unwrap_or(JOBS_MAX).min(JOBS_MAX)
    }
}

/// All that a run of many seeds goes by.
struct Many {
    /// What is played.
    plan: Arc<Plan>,
    /// The layout, as a shell reads its name.
    file: String,
    report: Report,
    bar: Bar,
    /// Lines that wait for the bar to be drawn anew.
    lines: String,
    signalled: watch::Receiver<u32>,
    tally: Tally,
    suite: Option<(Suite, NewFile)>,
}

pub(super) fn run(options: &HeadlessOptions, wanted: &LabOptions) -> Result<(), Failure> {
    let Some((first, last)) = options.many.seeds.clone().map(RangeInclusive::into_inner) else {
        return Ok(());
    };
    let plan = plan(options, wanted)?;
    // What is wrong with one is wrong with all.
    let one = plan.trial(first, Level::Stats, &Desk::default());
    one.map_err(Failure::input)?;
    let shrink = options.many.shrink.as_deref();
    let shrink = shrink.map(|path| Shrink::new(path, wanted)).transpose()?;
    let junit = options.many.junit.as_deref();
    let junit = junit.map(|path| NewFile::at("--junit", path)).transpose()?;
    let runtime = runtime()?;
    let signalled = count_signals(&runtime)?;
    let mut many = Many {
        file: shell::word(&wanted.layout.file),
        report: Report::new(options.json, Reader::WaitedFor(signalled.clone()))?,
        bar: Bar::new(),
        lines: String::new(),
        signalled,
        tally: Tally::default(),
        suite: junit.map(|file| (Suite::new(&wanted.layout.name), file)),
        plan: Arc::new(plan),
    };
    many.play(first..=last, options.many.jobs())?;
    let ending = many.end((first, last), shrink.as_ref())?;
    let last = match many.report.is_json() {
        true => many.tally.json(&ending),
        false => many.tally.words(&ending),
    };
    end_report(&runtime, &many.report, &many.signalled, &last)?;
    runtime.shutdown_timeout(LAST_WAIT);
    many.tally.verdict(&ending)
}

fn plan(options: &HeadlessOptions, wanted: &LabOptions) -> Result<Plan, Failure> {
    let layout = &wanted.layout;
    options.check(layout)?;
    if let Some(find) = &options.many.find {
        check_names("--find", find, layout)?;
    }
    Ok(Plan {
        begins: wanted.clock,
        limit: options.limit(!layout.steps.is_empty()),
        until: options.until.clone(),
        find: options.many.find.clone(),
        layout: layout.clone(),
    })
}

impl Many {
    fn is_signalled(&self) -> bool {
        *self.signalled.borrow() > 0
    }

    /// Plays all seeds, up to the first with which that which is looked for comes true.
    fn play(&mut self, seeds: RangeInclusive<u64>, jobs: u16) -> Result<(), Failure> {
        let (first, last) = (*seeds.start(), *seeds.end());
        let plan = Arc::clone(&self.plan);
        let started = Jobs::start(seeds, jobs, move |seed, desk| play(&plan, seed, desk));
        let mut jobs = started.map_err(|error| Failure::other(format!("no threads: {error}")))?;
        let all = (last - first).saturating_add(1);
        loop {
            self.show(all)?;
            match jobs.next(LOOK) {
                Came::Of(_, outcome) => self.take(&outcome)?,
                Came::Nothing => {}
                Came::All => break,
            }
            if self.tally.found.is_some() {
                break;
            }
            if self.is_signalled() {
                jobs.stop();
            }
        }
        self.bar.clear();
        self.put_lines()
    }

    fn show(&mut self, all: u64) -> Result<(), Failure> {
        if !self.bar.is_due() {
            return Ok(());
        }
        self.put_lines()?;
        let words = match self.tally.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        self.bar.show(&Progress {
            done: self.tally.played,
            all,
            words: &words,
            says_left: true,
        });
        Ok(())
    }

    fn take(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        self.tally.add(outcome);
        if let Some((suite, _)) = &mut self.suite {
            suite.add(outcome);
        }
        let line = match self.report.is_json() {
            true => json_line(outcome),
            false => line(outcome, self.plan.find.is_some()),
        };
        if self.bar.is_shared() {
            self.lines.push_str(&line);
            return Ok(());
        }
        self.report.put(&line)
    }

    /// Tells the lines that wait, in place of the bar.
    fn put_lines(&mut self) -> Result<(), Failure> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.bar.clear();
        self.report.put(&std::mem::take(&mut self.lines))?;
        // The bar is not to be drawn into a line.
        self.report.settle();
        Ok(())
    }

    /// Shrinks the layout, if there is something to shrink it for.
    fn shrink(&mut self, shrink: &Shrink) -> Result<Option<Shrunk>, Failure> {
        let (found, first) = (self.tally.found, &self.tally.first);
        let is_search = self.plan.find.is_some();
        let Some(aim) = Shrink::aim(found, first.as_ref(), is_search) else {
            return Ok(None);
        };
        let signalled = self.signalled.clone();
        let plan = Plan::clone(&self.plan);
        let shrunk = shrink.run(plan, aim, &mut self.bar, || *signalled.borrow() > 0)?;
        Ok(Some(shrunk))
    }

    /// What there is to be done and said at the end, beside what was counted.
    fn end(&mut self, seeds: (u64, u64), shrink: Option<&Shrink>) -> Result<Ending, Failure> {
        let mut ending = Ending {
            lab: self.plan.layout.name.clone(),
            seeds,
            find: self.plan.find.as_ref().map(ToString::to_string),
            is_stopped: false,
            open: None,
            notes: Vec::new(),
            shrunk: None,
        };
        let left = ending.count().saturating_sub(self.tally.played);
        ending.is_stopped = self.is_signalled() && left > 0 && self.tally.found.is_none();
        self.write_suite(left)?;
        ending.open = self.opens();
        if ending.open.is_some() && self.plan.layout.pace == Pace::Presenter {
            let words = "there its captions wait for n, which they do not without a screen";
            ending.notes.push(words.to_owned());
        }
        if let Some(shrink) = shrink.filter(|_| !ending.is_stopped) {
            let shrunk = self.shrink(shrink)?;
            let nothing = || "there was nothing to shrink the layout for".to_owned();
            ending
                .notes
                .push(shrunk.as_ref().map_or_else(nothing, Shrunk::words));
            ending.shrunk = shrunk.as_ref().map(Shrunk::json);
        }
        Ok(ending)
    }

    /// What opens the one that was looked for, or the first that failed.
    fn opens(&self) -> Option<String> {
        let (seed, at) = match &self.plan.find {
            Some(_) => self.tally.found?,
            None => {
                let (seed, failing) = self.tally.first.as_ref()?;
                (*seed, opening(&self.plan, *seed, failing.since))
            }
        };
        Some(opens(&self.file, &self.plan, seed, at))
    }

    /// Writes what came of the seeds; so many were not played.
    fn write_suite(&mut self, left: u64) -> Result<(), Failure> {
        match &mut self.suite {
            Some((suite, file)) => {
                if left > 0 {
                    suite.skip(left);
                }
                file.write(&suite.text())
            }
            None => Ok(()),
        }
    }
}
