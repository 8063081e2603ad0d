//! What a run without a screen is judged by, live or in virtual time: it runs until something is true, until
//! its script is over, or for a time.

use crate::lab::paper::units::show_duration;
use crate::lab::script::{Expr, Facts, Fault, ScriptView, StepState, Verdict};
use std::fmt;
use std::time::Duration;

/// What a run is judged by, as far as it is known.
#[derive(Clone, Debug)]
pub struct Judge {
    until: Option<Expr>,
    limit: Duration,
    /// The last verdict on what it runs until.
    verdict: Option<Verdict>,
}

/// What was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// What the run was to go on until, in words.
    Until(String),
    /// A step.
    Step(Fault),
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Until(words) => f.write_str(words),
            Self::Step(fault) => fault.fmt(f),
        }
    }
}

impl Judge {
    /// A run that goes on until this is true, if there is such a thing, and so long at most.
    pub fn new(until: Option<Expr>, limit: Duration) -> Self {
        Self {
            until,
            limit,
            verdict: None,
        }
    }

    /// How long it may run.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// What it goes on until, to be [seen](Self::see).
    pub fn until(&self) -> Option<&Expr> {
        self.until.as_ref()
    }

    /// How things are now.
    pub fn see(&mut self, facts: &Facts) {
        self.verdict = self.until.as_ref().map(|expr| expr.judge(facts));
    }

    /// Whether the run has come to its end.
    pub fn is_over(&self, elapsed: Duration, script: Option<&ScriptView>) -> bool {
        let is_met = match (&self.until, script) {
            // After a step that failed it cannot end well any more.
            (Some(_), Some(script)) if script.is_over() && script.failure().is_some() => true,
            (Some(_), _) => self.verdict.as_ref().is_some_and(|verdict| verdict.holds),
            (None, Some(script)) => script.is_over(),
            (None, None) => false,
        };
        is_met || elapsed >= self.limit
    }

    /// What was not as it should be.
    pub fn unmet(&self, elapsed: Duration, script: Option<&ScriptView>) -> Vec<Unmet> {
        let has_failed = |script: &ScriptView| {
            let mut states = script.steps.iter().map(|step| &step.state);
            states.any(|state| matches!(state, StepState::Failed(_)))
        };
        // A run that waits for something else does not mind steps that are still to come.
        let counts = |script: &&ScriptView| self.until.is_none() || has_failed(script);
        let step = script.filter(counts).and_then(ScriptView::fault);
        let until = self.unmet_until(elapsed).map(Unmet::Until);
        until.into_iter().chain(step.map(Unmet::Step)).collect()
    }

    fn unmet_until(&self, elapsed: Duration) -> Option<String> {
        self.until.as_ref()?;
        // Whole milliseconds, if a signal came first.
        let after = self.limit.min(Duration::from_millis(
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        ));
        let after = show_duration(after);
        match &self.verdict {
            Some(Verdict { holds: true, .. }) => None,
            Some(Verdict { why, .. }) => {
                Some(format!("not true after {after}: {}", why.join("; ")))
            }
            None => Some(format!(
                "not known after {after}: nodes are on their way up"
            )),
        }
    }
}
