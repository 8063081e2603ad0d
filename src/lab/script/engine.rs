//! The steps of a script, one after the other, without IO.
//!
//! Whoever drives it asks what it [wants](Script::next), and tells it what came of that: facts by
//! [`Script::judge`], the end of an order by [`Script::did`]. Time is what has passed since the
//! lab's start. The same orders come at the same times whoever drives it.
//!
//! ```text
//! Begins ──(its time, its condition)──► Acts ──(note, order done)──► Expects ──► the next step
//!                                         └──(refused)──► Failed ◄──(not in time)──┘
//! ```

use super::expr::{Expr, Facts};
use super::step::{Start, StepSpec};
use crate::lab::control::order::Order;
use crate::lab::units::show_duration;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A script that is being played.
#[derive(Clone, Debug)]
pub struct Script {
    steps: Arc<[StepSpec]>,
    shown: Arc<ScriptView>,
    /// The step that is on.
    at: usize,
    phase: Phase,
    /// When the step before the next one was done.
    idle_since: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It waits for its time or its condition.
    Begins,
    /// Its caption is to be shown.
    Notes,
    /// Its order is to be done.
    Acts,
    /// What it expects has to be true by then.
    Expects { until: Duration },
    /// There is no step left, or one has failed.
    Over,
}

/// What a script needs to go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// That it is so late.
    Until(Duration),
    /// [`Facts`] to judge this by, again whenever something has changed, and at the latest then.
    Facts(Expr, Option<Duration>),
    /// That this is done.
    Do(Order),
    /// Nothing: it is over.
    Nothing,
}

/// A script, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptView {
    /// All steps.
    pub steps: Vec<StepView>,
    /// What the step that is on waits for, with the values of when this was last looked at.
    pub waits_for: Option<String>,
}

/// A step, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// What it does, in a line.
    pub title: Arc<str>,
    /// How far it is.
    pub state: StepState,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It has not begun.
    Waiting,
    /// It has begun.
    Running,
    /// It is done, and what it expected was true.
    Done,
    /// It was not done, or not true in time; why, in words.
    Failed(Arc<str>),
}

impl Script {
    /// A script that has not begun.
    pub fn new(steps: Vec<StepSpec>) -> Self {
        let shown = steps.iter().map(|step| StepView {
            title: step.title().into(),
            state: StepState::Waiting,
        });
        let shown = ScriptView {
            steps: shown.collect(),
            waits_for: None,
        };
        let phase = match steps.is_empty() {
            true => Phase::Over,
            false => Phase::Begins,
        };
        Self {
            shown: Arc::new(shown),
            steps: steps.into(),
            at: 0,
            phase,
            idle_since: Duration::ZERO,
        }
    }

    /// What is to be seen of it.
    pub fn view(&self) -> &Arc<ScriptView> {
        &self.shown
    }

    /// Whether there is nothing left to do.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// What it wants, at this time.
    pub fn next(&mut self, now: Duration) -> Want {
        loop {
            let Some(step) = self.steps.get(self.at).filter(|_| !self.is_over()) else {
                return Want::Nothing;
            };
            match self.phase {
                Phase::Over => return Want::Nothing,
                Phase::Begins => match &step.start {
                    Start::At(at) if now < *at => return Want::Until(*at),
                    Start::After(pause) if now < self.idle_since + *pause => {
                        return Want::Until(self.idle_since + *pause);
                    }
                    Start::When(expr) => return Want::Facts(expr.clone(), None),
                    Start::At(_) | Start::After(_) | Start::AtOnce => self.begin(),
                },
                Phase::Notes => match &step.note {
                    Some(text) => {
                        let text = (!text.is_empty()).then(|| text.clone());
                        return Want::Do(Order::Note(text));
                    }
                    None => self.phase = Phase::Acts,
                },
                Phase::Acts => match &step.order {
                    Some(order) => return Want::Do(order.clone()),
                    None => self.expect(now),
                },
                Phase::Expects { until } => match &step.expect {
                    Some(expect) => return Want::Facts(expect.expr.clone(), Some(until)),
                    None => self.finish_step(now),
                },
            }
        }
    }

    /// Judges what it waits for. Whether it goes on by that, or ends.
    pub fn judge(&mut self, now: Duration, facts: &Facts) -> bool {
        let Some(step) = self.steps.get(self.at) else {
            return false;
        };
        let (expr, limit) = match (self.phase, &step.start, &step.expect) {
            (Phase::Begins, Start::When(expr), _) => (expr, None),
            (Phase::Expects { until }, _, Some(expect)) => {
                (&expect.expr, Some((until, expect.within)))
            }
            _ => return false,
        };
        let verdict = expr.judge(facts);
        let why = verdict.why.join("; ");
        match limit {
            _ if verdict.holds => match limit {
                None => self.begin(),
                Some(_) => self.finish_step(now),
            },
            Some((until, within)) if now >= until => {
                let within = show_duration(within);
                self.fail(format!("not true after {within}: {why}"));
            }
            _ => {
                self.wait_for(why);
                return false;
            }
        }
        true
    }

    /// The order that it wanted done is done, or could not be.
    pub fn did(&mut self, now: Duration, done: Result<(), String>) {
        match (self.phase, done) {
            (_, Err(why)) => self.fail(why),
            (Phase::Notes, Ok(())) => self.phase = Phase::Acts,
            (_, Ok(())) => self.expect(now),
        }
    }

    fn begin(&mut self) {
        self.phase = Phase::Notes;
        self.show(StepState::Running);
    }

    fn expect(&mut self, now: Duration) {
        let expect = self.steps[self.at].expect.as_ref();
        let within = expect.map_or(Duration::ZERO, |expect| expect.within);
        let until = now + within;
        self.phase = Phase::Expects { until };
    }

    fn finish_step(&mut self, now: Duration) {
        self.show(StepState::Done);
        self.idle_since = now;
        self.at += 1;
        self.phase = match self.at < self.steps.len() {
            true => Phase::Begins,
            false => Phase::Over,
        };
    }

    fn fail(&mut self, why: String) {
        self.show(StepState::Failed(why.into()));
        self.phase = Phase::Over;
    }

    fn show(&mut self, state: StepState) {
        let shown = Arc::make_mut(&mut self.shown);
        shown.steps[self.at].state = state;
        shown.waits_for = None;
    }

    fn wait_for(&mut self, why: String) {
        if self.shown.waits_for.as_ref() != Some(&why) {
            Arc::make_mut(&mut self.shown).waits_for = Some(why);
        }
    }
}

impl ScriptView {
    /// The step that is on, or that has failed; `None`: all are done.
    pub fn current(&self) -> Option<usize> {
        self.steps
            .iter()
            .position(|step| step.state != StepState::Done)
    }

    /// Whether nothing is left to be done: all steps are done, or one has failed.
    pub fn is_over(&self) -> bool {
        self.current()
            .is_none_or(|at| matches!(self.steps[at].state, StepState::Failed(_)))
    }

    /// Why it does not hold: the step that has failed, or is not done; `None`: all are done.
    pub fn failure(&self) -> Option<String> {
        let at = self.current()?;
        let StepView { title, state } = &self.steps[at];
        let number = at + 1;
        let words = match (state, &self.waits_for) {
            (StepState::Failed(why), _) => why.to_string(),
            (_, Some(values)) => format!("not done in time: {values}"),
            (StepState::Running, None) => "not done in time".to_owned(),
            (_, None) => "not begun in time".to_owned(),
        };
        Some(format!("step {number}, {title}: {words}"))
    }
}

impl StepState {
    /// In a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed(_) => "failed",
        }
    }
}
