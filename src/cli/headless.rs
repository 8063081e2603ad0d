//! `chainlab run --headless`: a lab without a screen, for tests and programs. It runs until
//! something is true, until its script is over, or for a time; what came of it is told at the end,
//! also when a signal ends it early.

mod bar;
mod junit;
mod opens;
mod report;
mod seeds;
mod shrink;
mod tally;

use self::report::{Reader, Report};
use self::seeds::ManySeeds;
use super::failure::Failure;
use super::log::{self, Format, Of};
use super::runtime::{LAST_WAIT, block_on, runtime, unless_signalled_again};
use super::save::SavedRun;
use crate::lab::control::NodeEvent;
use crate::lab::core::summary::Summary;
use crate::lab::drive::run_file::RunFile;
use crate::lab::drive::{Judge, Trial, VirtualOptions};
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::units::parse_duration;
use crate::lab::script::{Expr, ScriptView};
use crate::lab::{Heard, Lab, LabOptions, Layout, NodeState};
use crate::live::{self, Signals};
use clap::Args;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How long a lab without a script runs, if nothing else is said.
const FOR: Duration = Duration::from_secs(60);

/// How long a script may take to its end, if nothing else is said.
const FOR_SCRIPT: Duration = Duration::from_secs(300);

/// Time between two looks: twenty a second.
const LOOK: Duration = Duration::from_millis(50);

/// How long nodes may take to tell what an expression is judged by.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(super) struct HeadlessOptions {
    /// Run without a screen, and tell what happens line by line.
    #[arg(long, conflicts_with = "attach")]
    headless: bool,
    /// With --headless: how long at most, once all nodes are up, as in 90s [default: until its script is
    /// over, 5min at most; 60s without one].
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration, requires = "headless")]
    for_: Option<Duration>,
    /// With --headless: end as soon as this is true, as in 'height >= 3 and tips == 1'; docs/layout.md
    /// has all that can be written. Exit code 3 if it is not true in time.
    #[arg(long, value_name = "EXPR", requires = "headless")]
    until: Option<Expr>,
    /// With --headless: tell it in JSON, a line for each event and a summary as the last.
    #[arg(long, requires = "headless")]
    json: bool,
    #[command(flatten)]
    many: ManySeeds,
}

impl HeadlessOptions {
    pub(super) fn is_wanted(&self) -> bool {
        self.headless
    }

    /// That many seeds are asked for only where they can be played.
    pub(super) fn check_seeds(&self, is_virtual: bool) -> Result<(), Failure> {
        match self.many.is_wanted() && !is_virtual {
            true => Err(Failure::input(
                "--seeds: with real nodes no two runs are alike: this needs --virtual",
            )),
            false => Ok(()),
        }
    }

    fn limit(&self, has_script: bool) -> Duration {
        let usual = if has_script { FOR_SCRIPT } else { FOR };
        self.for_.unwrap_or(usual)
    }

    fn judge(&self, has_script: bool) -> Judge {
        Judge::new(self.until.clone(), self.limit(has_script))
    }

    /// That what is to be true names nodes and wallets that there will be.
    fn check(&self, layout: &Layout) -> Result<(), Failure> {
        match &self.until {
            Some(expr) => check_names("--until", expr, layout),
            None => Ok(()),
        }
    }
}

/// That an expression names nodes and wallets that there will be in a lab of this layout.
fn check_names(option: &str, expr: &Expr, layout: &Layout) -> Result<(), Failure> {
    let resolver = Resolver::at_the_end(layout);
    let known = expr.check(&resolver.names());
    known.map_err(|words| Failure::input(format!("{option}: {words}")))
}

pub(super) fn run(
    options: &HeadlessOptions,
    lab: LabOptions,
    is_virtual: bool,
    save: Option<(RunFile, bool)>,
) -> Result<(), Failure> {
    log::start("warn", Of::Many, Format::Plain);
    if options.many.is_wanted() {
        return seeds::run(options, &lab);
    }
    let summary = match is_virtual {
        true => play_virtually(options, &lab, save)?,
        false => play(options, lab)?,
    };
    match summary.failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::unmet(summary.failed.join("\nchainlab: "))),
    }
}

/// In virtual time.
fn play_virtually(
    options: &HeadlessOptions,
    lab: &LabOptions,
    save: Option<(RunFile, bool)>,
) -> Result<Summary, Failure> {
    options.check(&lab.layout)?;
    let runtime = runtime()?;
    let signalled = count_signals(&runtime)?;
    let report = Report::new(options.json, Reader::WaitedFor(signalled.clone()))?;
    let virtually = VirtualOptions {
        seed: lab.seed.unwrap_or(0),
        begins: lab.clock,
        ..VirtualOptions::default()
    };
    let judge = options.judge(!lab.layout.steps.is_empty());
    let mut trial = Trial::new(&lab.layout, &virtually, judge).map_err(Failure::input)?;
    trial.lab_mut().record_events();
    let saved = save.map(|to| SavedRun::begin(to, lab, trial.lab()));
    let (mut saved, mut shown) = (saved.transpose()?, None);
    loop {
        let lab = trial.lab();
        report.steps(lab.elapsed(), lab.core().steps(), &mut shown)?;
        if trial.is_over() || *signalled.borrow() > 0 {
            saved.map(|saved| saved.end(trial.lab())).transpose()?;
            let (summary, _) = trial.end();
            end_report(
                &runtime,
                &report,
                &signalled,
                &report::told(&summary, options.json),
            )?;
            runtime.shutdown_timeout(LAST_WAIT);
            return Ok(summary);
        }
        trial.go_on(|| true);
        let lab = trial.lab_mut();
        if let Some(saved) = &mut saved {
            saved.follow(lab)?;
        }
        for (ix, event) in lab.take_events() {
            let node = lab.core().name(ix).to_owned();
            let event = NodeEvent { node, event };
            report.event(event.event.at.since(lab.since()), &event)?;
        }
    }
}

/// Tells what there is to be told at the end, and waits for that to be read, unless a signal comes.
fn end_report(
    runtime: &Runtime,
    report: &Report,
    signalled: &watch::Receiver<u32>,
    last: &str,
) -> Result<(), Failure> {
    let mut signalled = signalled.clone();
    signalled.mark_unchanged();
    let cut_short = async {
        // The task that hears them never ends.
        let _ = signalled.changed().await;
    };
    runtime.block_on(report.end(last, cut_short))
}

/// How many signals have come, from now on.
fn count_signals(runtime: &Runtime) -> Result<watch::Receiver<u32>, Failure> {
    let mut signals = {
        let _within = runtime.enter();
        listen()?
    };
    let (heard, signalled) = watch::channel(0);
    runtime.spawn(async move {
        loop {
            signals.next().await;
            heard.send_replace(signals.heard());
        }
    });
    Ok(signalled)
}

fn listen() -> Result<Signals, Failure> {
    Signals::new().map_err(|error| Failure::other(format!("no signals: {error}")))
}

/// With real nodes.
fn play(options: &HeadlessOptions, lab: LabOptions) -> Result<Summary, Failure> {
    // If this fails, the first socket that cannot be opened says so.
    let _ = live::raise_open_files();
    let report = Report::new(options.json, Reader::MayBeLate)?;
    block_on(async {
        // From here on a signal waits until the databases can be closed.
        let mut signals = listen()?;
        let lab = Lab::start(lab, Handle::current())?;
        let watched = match &options.until {
            Some(expr) => lab
                .check(expr)
                .map_err(|words| Failure::input(format!("--until: {words}"))),
            None => Ok(()),
        };
        let watched = match watched {
            Ok(()) => watch(options, &lab, &mut signals, &report).await,
            Err(failure) => Err(failure),
        };
        let closed = unless_signalled_again(&mut signals, lab.close()).await;
        let summary = watched?;
        closed?;
        let cut_short = async {
            signals.next().await;
        };
        report
            .end(&report::told(&summary, options.json), cut_short)
            .await?;
        Ok(summary)
    })
}

async fn watch(
    options: &HeadlessOptions,
    lab: &Lab,
    signals: &mut Signals,
    report: &Report,
) -> Result<Summary, Failure> {
    let mut hearing = lab.hear();
    let mut changes = lab.changes();
    changes.mark_changed();
    let mut judge = options.judge(lab.view().script.is_some());
    let (mut shown, mut states) = (None, Vec::new());
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_signalled = false;
    let (elapsed, script) = loop {
        tokio::select! {
            heard = hearing.next() => {
                if let Some(heard) = heard {
                    tell(report, lab, heard)?;
                }
                continue;
            }
            _ = signals.next() => is_signalled = true,
            _ = look.tick() => {}
        }
        let elapsed = lab.elapsed();
        let view = lab.view();
        if let Some(script) = &view.script {
            report.steps(elapsed, script, &mut shown)?;
        }
        report.states(elapsed, &view, &mut states)?;
        // Before all are up, few agree about nothing.
        let mut nodes = view.nodes.iter();
        let is_starting = nodes.any(|node| node.state == NodeState::Starting);
        if let Some(expr) = options.until.as_ref().filter(|_| !is_starting)
            && (changes.has_changed().unwrap_or(true) || is_signalled)
        {
            changes.mark_unchanged();
            if let Ok(facts) = timeout(PATIENCE, lab.facts_for(expr)).await {
                judge.see(&facts);
            }
        }
        if is_signalled || judge.is_over(elapsed, view.script.as_deref()) {
            break (elapsed, view.script);
        }
    };
    while let Some(heard) = hearing.try_next() {
        tell(report, lab, heard)?;
    }
    Ok(summed_up(lab, &judge, elapsed, script.as_deref()))
}

/// What came of a live run.
fn summed_up(lab: &Lab, judge: &Judge, elapsed: Duration, script: Option<&ScriptView>) -> Summary {
    let mut summary = lab.summary();
    summary.elapsed_ms = elapsed.as_secs_f64() * 1e3;
    summary.fail(judge.unmet(elapsed, script).iter().map(ToString::to_string));
    for node in &lab.view().nodes {
        if let NodeState::Failed(why) = &node.state {
            summary.fail([format!("{} has failed: {why}", node.name)]);
        }
    }
    summary
}

fn tell(report: &Report, lab: &Lab, heard: Heard) -> Result<(), Failure> {
    match heard {
        Heard::Event(event) => report.event(lab.elapsed_at(event.event.at), &event),
        Heard::Missed(events) => report.missed(events),
    }
}
