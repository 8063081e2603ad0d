//! A script, as it is shown and as programs see it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A script, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptView {
    /// All steps.
    pub steps: Vec<StepView>,
    /// What the step that is on waits for, in words with the values of when this was last looked
    /// at: `height@lima >= 7, it is 6`; `2 s more`; `n`, for the presenter.
    pub waits_for: Option<String>,
    /// What brings the next caption.
    pub pace: Pace,
    /// Nothing begins, and no time passes for it.
    pub is_paused: bool,
    /// How long it takes as it is planned: all pauses, captions and limits of its conditions;
    /// `None`: a step waits for something without a limit.
    pub planned: Option<Duration>,
    /// How often it was begun anew.
    pub runs: u32,
}

/// What brings the next caption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// The script's own times and conditions.
    #[default]
    Script,
    /// The presenter, with [`ScriptChange::Next`](crate::lab::ask::ScriptChange::Next).
    Presenter,
}

/// A step, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// What it does, in a line.
    pub what: Arc<str>,
    /// What stands above its caption in large letters.
    pub title: Option<Arc<str>>,
    /// The caption that comes with it; an empty one takes the old one away.
    pub note: Option<Arc<str>>,
    /// What the presenter may say meanwhile; the audience does not see it.
    pub speaker: Option<Arc<str>>,
    /// How far it is.
    pub state: StepState,
    /// What it waited for was not true in time, and it began anyway.
    pub is_late: bool,
    /// When it began, since the lab did; `None`: it has not.
    pub began: Option<Duration>,
}

/// How far a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It has not begun.
    #[default]
    Waiting,
    /// It has begun.
    Running,
    /// It is done, and what it expected was true.
    Done,
    /// It is done, and the presenter did not wait for what it expected.
    Skipped,
    /// It was not done, or not true in time; why, in words.
    Failed(Arc<str>),
}

/// Why a script does not hold: `step 3, mine a block on oslo: oslo is down`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The step that has failed, or is not done, from 0 on.
    pub at: usize,
    /// What it does.
    pub what: Arc<str>,
    /// Why it is not done.
    pub why: String,
    /// When it began, since the lab did; `None`: it has not.
    pub began: Option<Duration>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}, {}: {}", self.at + 1, self.what, self.why)
    }
}

impl ScriptView {
    /// The step that is on, or that has failed; `None`: all are done.
    pub fn current(&self) -> Option<usize> {
        self.steps.iter().position(|step| !step.state.is_done())
    }

    /// The step whose caption is up; `None`: there is no caption.
    pub fn caption(&self) -> Option<usize> {
        let last = self
            .steps
            .iter()
            .rposition(|step| step.note.is_some() && step.state != StepState::Waiting);
        last.filter(|at| self.steps[*at].has_caption())
    }

    /// The step that brings the next caption; `None`: there is none any more.
    pub fn next_caption(&self) -> Option<usize> {
        self.steps
            .iter()
            .position(|step| step.has_caption() && step.state == StepState::Waiting)
    }

    /// Whether nothing is left to be done: all steps are done, and the last caption has had its
    /// time; or one has failed.
    pub fn is_over(&self) -> bool {
        self.current()
            .is_none_or(|at| matches!(self.steps[at].state, StepState::Failed(_)))
    }

    /// Steps that began though what they waited for was not true.
    pub fn late(&self) -> usize {
        self.steps.iter().filter(|step| step.is_late).count()
    }

    /// Why it does not hold, in words; `None`: all steps are done.
    pub fn failure(&self) -> Option<String> {
        self.fault().map(|fault| fault.to_string())
    }

    /// Why it does not hold: the step that has failed, or is not done; `None`: all are done.
    pub fn fault(&self) -> Option<Fault> {
        let at = self.current()?;
        let step = &self.steps[at];
        let why = match (&step.state, &self.waits_for) {
            (StepState::Failed(why), _) => why.to_string(),
            (_, Some(values)) => format!("not done in time: waits for {values}"),
            (StepState::Running, None) => "not done in time".to_owned(),
            (_, None) => "not begun in time".to_owned(),
        };
        Some(Fault {
            at,
            what: Arc::clone(&step.what),
            why,
            began: step.began,
        })
    }
}

impl StepView {
    /// Whether it shows something to read.
    fn has_caption(&self) -> bool {
        self.note.as_ref().is_some_and(|note| !note.is_empty())
    }
}

impl StepState {
    /// In a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the script is past it.
    fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}
