//! `chainlab run --headless`: a lab without a screen, for tests and programs. It runs until
//! something is true, until its script is over, or for a time; what came of it is told at the end,
//! also when a signal ends it early.

mod report;

use self::report::{Reader, Report};
use super::failure::Failure;
use super::log::{self, Format, Of};
use super::runtime::{LAST_WAIT, block_on, runtime, unless_signalled_again};
use crate::lab::control::NodeEvent;
use crate::lab::core::summary::Summary;
use crate::lab::drive::{VirtualLab, VirtualOptions};
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::units::{parse_duration, show_duration};
use crate::lab::script::{Expr, Pace, ScriptView, StepState, Verdict};
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
}

impl HeadlessOptions {
    pub(super) fn is_wanted(&self) -> bool {
        self.headless
    }

    fn limit(&self, has_script: bool) -> Duration {
        let usual = if has_script { FOR_SCRIPT } else { FOR };
        self.for_.unwrap_or(usual)
    }
}

/// What a run is judged by, as far as it is known.
struct Judge<'a> {
    options: &'a HeadlessOptions,
    /// How long it may run.
    limit: Duration,
    /// The last verdict on `--until`.
    verdict: Option<Verdict>,
}

pub(super) fn run(
    options: &HeadlessOptions,
    lab: LabOptions,
    is_virtual: bool,
) -> Result<(), Failure> {
    log::start("warn", Of::Many, Format::Plain);
    let summary = match is_virtual {
        true => play_virtually(options, &lab)?,
        false => play(options, lab)?,
    };
    match summary.failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::unmet(summary.failed.join("\nchainlab: "))),
    }
}

/// In virtual time.
fn play_virtually(options: &HeadlessOptions, lab: &LabOptions) -> Result<Summary, Failure> {
    if let Some(expr) = &options.until {
        let resolver = Resolver::at_the_end(&lab.layout);
        let known = expr.check(&resolver.names());
        known.map_err(|words| Failure::input(format!("--until: {words}")))?;
    }
    let runtime = runtime()?;
    let mut signalled = count_signals(&runtime)?;
    let report = Report::new(options.json, Reader::WaitedFor(signalled.clone()))?;
    let mut judge = Judge::new(options, !lab.layout.steps.is_empty());
    let mut lab = virtual_lab(lab)?;
    let mut shown = None;
    loop {
        report.steps(lab.elapsed(), lab.core().steps(), &mut shown)?;
        judge.verdict = options
            .until
            .as_ref()
            .map(|expr| expr.judge(&lab.facts_for(expr)));
        let is_signalled = *signalled.borrow() > 0;
        let script = lab.script().cloned();
        if is_signalled || judge.is_over(lab.elapsed(), script.as_deref()) {
            let mut summary = lab.summary();
            summary.fail(judge.failures(lab.elapsed(), script.as_deref()));
            signalled.mark_unchanged();
            let cut_short = async {
                // The task that hears them never ends.
                let _ = signalled.changed().await;
            };
            runtime.block_on(report.end(&summary, cut_short))?;
            runtime.shutdown_timeout(LAST_WAIT);
            return Ok(summary);
        }
        lab.go_on(judge.limit);
        for (ix, event) in lab.take_events() {
            let node = lab.core().name(ix).to_owned();
            let event = NodeEvent { node, event };
            report.event(event.event.at.since(lab.since()), &event)?;
        }
    }
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

/// The lab that was asked for, in virtual time.
fn virtual_lab(wanted: &LabOptions) -> Result<VirtualLab, Failure> {
    let layout = Layout {
        // There is no presenter in virtual time.
        pace: Pace::Script,
        ..wanted.layout.clone()
    };
    let virtually = VirtualOptions {
        seed: wanted.seed.unwrap_or(0),
        begins: wanted.clock,
        ..VirtualOptions::default()
    };
    let mut lab = VirtualLab::new(&layout, &virtually).map_err(Failure::input)?;
    lab.record_events();
    Ok(lab)
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
        report.end(&summary, cut_short).await?;
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
    let mut judge = Judge::new(options, lab.view().script.is_some());
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
                judge.verdict = Some(expr.judge(&facts));
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
fn summed_up(
    lab: &Lab,
    judge: &Judge<'_>,
    elapsed: Duration,
    script: Option<&ScriptView>,
) -> Summary {
    let mut summary = lab.summary();
    summary.elapsed_ms = elapsed.as_secs_f64() * 1e3;
    summary.fail(judge.failures(elapsed, script));
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

impl<'a> Judge<'a> {
    fn new(options: &'a HeadlessOptions, has_script: bool) -> Self {
        Self {
            options,
            limit: options.limit(has_script),
            verdict: None,
        }
    }

    /// Whether the run has come to its end.
    fn is_over(&self, elapsed: Duration, script: Option<&ScriptView>) -> bool {
        let is_met = match (&self.options.until, script) {
            // After a step that failed it cannot end well any more.
            (Some(_), Some(script)) if script.is_over() && script.failure().is_some() => true,
            (Some(_), _) => self.verdict.as_ref().is_some_and(|verdict| verdict.holds),
            (None, Some(script)) => script.is_over(),
            (None, None) => false,
        };
        is_met || elapsed >= self.limit
    }

    /// What was not as it should be.
    fn failures(&self, elapsed: Duration, script: Option<&ScriptView>) -> Vec<String> {
        let mut failures = Vec::new();
        if self.options.until.is_some() {
            // Whole milliseconds, if a signal came first.
            let after = self.limit.min(Duration::from_millis(
                u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            ));
            let after = show_duration(after);
            match &self.verdict {
                Some(Verdict { holds: true, .. }) => {}
                Some(Verdict { why, .. }) => {
                    failures.push(format!("not true after {after}: {}", why.join("; ")));
                }
                None => failures.push(format!(
                    "not known after {after}: nodes are on their way up"
                )),
            }
        }
        let has_failed = |script: &ScriptView| {
            let mut states = script.steps.iter().map(|step| &step.state);
            states.any(|state| matches!(state, StepState::Failed(_)))
        };
        // A run that waits for something else does not mind steps that are still to come.
        let counts = |script: &&ScriptView| self.options.until.is_none() || has_failed(script);
        failures.extend(script.filter(counts).and_then(ScriptView::failure));
        failures
    }
}
