//! The steps of a script, one after the other, without IO.
//!
//! What drives it asks what it [wants](Script::next), and tells it what came of that: facts by
//! [`Script::judge`], the end of a request by [`Script::did`], and what a presenter asks for by
//! [`Script::change`]. Time is what has passed since the lab's start; the script has a time of its
//! own, which stands still while it is paused. The same requests come at the same times, however it is
//! driven.
//!
//! ```text
//! Begins ──(its times, its condition)──► Notes ──► Acts ──(request done)──► Expects ──► the next step
//!                                                   └──(refused)──► Over ◄──(not in time)──┘
//! the last step ──► Holds ──(its caption has had its time)──► Over
//! ```

use super::expr::{Expr, Facts};
use super::step::StepSpec;
use super::view::{Pace, ScriptView, StepState, StepView};
use super::want::{Cause, Want};
use crate::lab::ask::{Request, ScriptChange};
use crate::lab::paper::units::show_duration;
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
    /// When the step before the next one was done, in the script's time, as all times here.
    idle_since: Duration,
    /// Until when the caption that is up is to be read.
    held_until: Duration,
    /// A step with a note has begun.
    has_caption: bool,
    /// It is on its way to the next caption, and waits for nothing but requests.
    hurries: bool,
    /// Since when it is paused, in the lab's time.
    paused_since: Option<Duration>,
    /// How long all pauses were that are over.
    paused: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It waits for its time or its condition.
    Begins,
    /// Its caption is to be shown.
    Notes,
    /// What it asks for is to be done.
    Acts,
    /// What it expects has to be true by then.
    Expects { until: Duration },
    /// All is done, and the last caption is still to be read.
    Holds,
    /// There is no step left, or one has failed.
    Over,
}

/// When a step may begin.
enum Gate {
    /// Now.
    Open,
    /// Not before then.
    Until(Duration),
    /// When the presenter says so.
    Presenter,
    /// When this is true, or then.
    When(Expr, Option<Duration>),
}

impl Script {
    /// A script that has not begun.
    pub fn new(steps: Vec<StepSpec>, pace: Pace) -> Self {
        let shown = steps.iter().map(|step| StepView {
            what: step.what().into(),
            title: step.title.clone(),
            note: step.note.as_deref().map(Arc::from),
            speaker: step.speaker.as_deref().map(Arc::from),
            ..StepView::default()
        });
        let shown = ScriptView {
            steps: shown.collect(),
            pace,
            planned: planned(&steps),
            ..ScriptView::default()
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
            held_until: Duration::ZERO,
            has_caption: false,
            hurries: false,
            paused_since: None,
            paused: Duration::ZERO,
        }
    }

    /// The same script in a lab that was made anew so often.
    #[must_use]
    pub fn again(mut self, runs: u32) -> Self {
        Arc::make_mut(&mut self.shown).runs = runs;
        self
    }

    /// What is to be seen of it.
    pub fn view(&self) -> &Arc<ScriptView> {
        &self.shown
    }

    /// Whether there is nothing left to do.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// What it waits for at this time, and in which step; `None`: it is over.
    pub fn waits(&self, now: Duration) -> Option<(usize, Cause)> {
        let cause = match self.phase {
            Phase::Over => return None,
            _ if self.paused_since.is_some() => Cause::Presenter,
            Phase::Begins => match self.gate(self.own_time(now)) {
                Gate::Open | Gate::Until(_) => Cause::Time,
                Gate::Presenter => Cause::Presenter,
                Gate::When(..) => Cause::Condition,
            },
            Phase::Notes | Phase::Acts => Cause::Request,
            Phase::Expects { .. } => Cause::Expectation,
            Phase::Holds => Cause::Time,
        };
        Some((self.at, cause))
    }

    /// What it wants, at this time.
    pub fn next(&mut self, now: Duration) -> Want {
        let own = self.own_time(now);
        loop {
            if self.is_over() {
                return Want::Nothing;
            }
            if self.paused_since.is_some() {
                return Want::Change;
            }
            let step = &self.steps[self.at];
            match self.phase {
                Phase::Over => return Want::Nothing,
                Phase::Begins => match self.wants_before(own) {
                    Some(want) => return want,
                    None => self.begin(now, false),
                },
                Phase::Notes => match &step.note {
                    Some(text) => {
                        let text = (!text.is_empty()).then(|| text.clone());
                        return Want::Do(Request::Note(text));
                    }
                    None => self.phase = Phase::Acts,
                },
                Phase::Acts => match &step.request {
                    Some(request) => return Want::Do(request.clone()),
                    None => self.expect(own),
                },
                Phase::Expects { until } => match &step.expect {
                    Some(_) if self.hurries => self.finish_step(own, StepState::Skipped),
                    Some(expect) => {
                        return Want::Facts(expect.expr.clone(), Some(until + self.paused));
                    }
                    None => self.finish_step(own, StepState::Done),
                },
                Phase::Holds if own < self.held_until && !self.hurries => {
                    return self.wait_until(own, self.held_until);
                }
                Phase::Holds => self.finish(StepState::Done),
            }
        }
    }

    /// What it wants before the next step begins; `None`: nothing.
    fn wants_before(&mut self, own: Duration) -> Option<Want> {
        Some(match self.gate(own) {
            Gate::Open => return None,
            Gate::Until(then) => self.wait_until(own, then),
            Gate::Presenter => {
                self.wait_for("n".to_owned());
                Want::Change
            }
            Gate::When(expr, limit) => Want::Facts(expr, limit.map(|limit| limit + self.paused)),
        })
    }

    /// Judges what it waits for. Whether it goes on by that, or ends.
    pub fn judge(&mut self, now: Duration, facts: &Facts) -> bool {
        let own = self.own_time(now);
        if self.paused_since.is_some() || self.is_over() {
            return false;
        }
        let step = &self.steps[self.at];
        match (self.phase, &step.expect) {
            (Phase::Begins, _) => {
                let Gate::When(expr, limit) = self.gate(own) else {
                    return false;
                };
                let verdict = expr.judge(facts);
                let is_late = limit.is_some_and(|limit| own >= limit);
                if !verdict.holds && !is_late {
                    self.wait_for(verdict.why.join("; "));
                    return false;
                }
                self.begin(now, !verdict.holds);
            }
            (Phase::Expects { until }, Some(expect)) => {
                let verdict = expect.expr.judge(facts);
                let why = verdict.why.join("; ");
                if verdict.holds {
                    self.finish_step(own, StepState::Done);
                } else if own >= until {
                    let within = show_duration(expect.within);
                    self.fail(format!("not true after {within}: {why}"));
                } else {
                    self.wait_for(why);
                    return false;
                }
            }
            _ => return false,
        }
        true
    }

    /// The request that it wanted done is done, or could not be.
    pub fn did(&mut self, now: Duration, done: Result<(), String>) {
        let own = self.own_time(now);
        match (self.phase, done) {
            (_, Err(why)) => self.fail(why),
            (Phase::Notes, Ok(())) => {
                self.held_until = own + self.steps[self.at].reading_time();
                self.phase = Phase::Acts;
            }
            (_, Ok(())) => self.expect(own),
        }
    }

    /// Does what a presenter asks for. [`Script::next`] has another answer then, but for a request that
    /// is being done: that is waited for.
    ///
    /// # Errors
    /// In words, why it cannot be done.
    pub fn change(&mut self, now: Duration, change: ScriptChange) -> Result<(), String> {
        if self.is_over() {
            return Err("the script is over".to_owned());
        }
        match change {
            ScriptChange::Next if self.paused_since.is_some() => {
                return Err("the script is paused: resume it first".to_owned());
            }
            ScriptChange::Next => {
                self.hurries = true;
                self.set_pace(Pace::Presenter);
            }
            ScriptChange::Auto => self.set_pace(Pace::Script),
            ScriptChange::Pause => {
                self.paused_since.get_or_insert(now);
            }
            ScriptChange::Resume => {
                let since = self.paused_since.take().unwrap_or(now);
                self.paused += now.saturating_sub(since);
            }
            ScriptChange::Restart => {
                return Err("a script begins again in a lab that is made anew".to_owned());
            }
        }
        let is_paused = self.paused_since.is_some();
        if self.shown.is_paused != is_paused {
            Arc::make_mut(&mut self.shown).is_paused = is_paused;
        }
        Ok(())
    }

    /// Its own time: without the pauses.
    fn own_time(&self, now: Duration) -> Duration {
        self.paused_since.unwrap_or(now).saturating_sub(self.paused)
    }

    /// When the step that is on may begin.
    fn gate(&self, own: Duration) -> Gate {
        let step = &self.steps[self.at];
        if self.hurries {
            return Gate::Open;
        }
        let has_note = step.note.is_some();
        if has_note && self.has_caption && self.shown.pace == Pace::Presenter {
            return Gate::Presenter;
        }
        let start = &step.start;
        let since_idle = |time: Duration| self.idle_since + time;
        let held = has_note.then_some(self.held_until);
        let times = [start.at, start.after.map(since_idle), held];
        let earliest = times.into_iter().flatten().max().unwrap_or_default();
        match &start.when {
            _ if own < earliest => Gate::Until(earliest),
            None => Gate::Open,
            Some(expr) => Gate::When(expr.clone(), start.at_latest.map(since_idle)),
        }
    }

    fn begin(&mut self, now: Duration, is_late: bool) {
        if self.steps[self.at].note.is_some() {
            self.has_caption = true;
            self.hurries = false;
        }
        self.phase = Phase::Notes;
        self.show(StepState::Running);
        let shown = &mut Arc::make_mut(&mut self.shown).steps[self.at];
        (shown.is_late, shown.began) = (is_late, Some(now));
    }

    fn expect(&mut self, own: Duration) {
        let expect = self.steps[self.at].expect.as_ref();
        let within = expect.map_or(Duration::ZERO, |expect| expect.within);
        self.phase = Phase::Expects {
            until: own + within,
        };
    }

    fn finish_step(&mut self, own: Duration, state: StepState) {
        let is_last = self.at + 1 == self.steps.len();
        if is_last && own < self.held_until && !self.hurries {
            self.phase = Phase::Holds;
            return;
        }
        self.idle_since = own;
        self.finish(state);
    }

    fn finish(&mut self, state: StepState) {
        self.show(state);
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

    fn set_pace(&mut self, pace: Pace) {
        if self.shown.pace != pace {
            Arc::make_mut(&mut self.shown).pace = pace;
        }
    }

    fn wait_until(&mut self, own: Duration, then: Duration) -> Want {
        let left = then.saturating_sub(own).as_millis().div_ceil(1_000);
        self.wait_for(format!("{left} s more"));
        Want::Until(then + self.paused)
    }

    fn wait_for(&mut self, what: String) {
        if self.shown.waits_for.as_ref() != Some(&what) {
            Arc::make_mut(&mut self.shown).waits_for = Some(what);
        }
    }
}

/// How long a script takes, if requests take no time and every condition that has a limit all of it.
fn planned(steps: &[StepSpec]) -> Option<Duration> {
    let (mut time, mut held_until) = (Duration::ZERO, Duration::ZERO);
    for step in steps {
        let start = &step.start;
        let waits = match (&start.when, start.at_latest) {
            (Some(_), None) => return None,
            (_, at_latest) => at_latest.max(start.after).unwrap_or_default(),
        };
        time = (time + waits).max(start.at.unwrap_or_default());
        if step.note.is_some() {
            time = time.max(held_until);
            held_until = time + step.reading_time();
        }
    }
    Some(time.max(held_until))
}
