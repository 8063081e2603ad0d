//! A run with one seed.

use super::caught::caught;
use super::finder::Finder;
use super::jobs::Desk;
use super::kind::{kind_of, plain};
use crate::lab::core::Level;
use crate::lab::core::summary::Summary;
use crate::lab::drive::VirtualOptions;
use crate::lab::drive::judge::{Judge, Unmet};
use crate::lab::drive::trial::Trial;
use crate::lab::layout::Layout;
use crate::lab::script::Expr;
use crate::node::Time;
use crate::node::foreign::one_line;
use std::sync::Arc;
use std::time::Duration;

/// Things that may be due in one turn of a lab, 50 ms: hundreds of times what a hundred busy nodes do. A time
/// that creeps on by microseconds would take for ever to come to its end.
pub(super) const TURN_MAX: u64 = 5_000_000;

/// Characters of a failure that are kept: of many nodes each has its values in it.
const WORDS_MAX: usize = 1_000;

/// What is played with each seed, and what it is judged by.
#[derive(Clone)]
pub struct Plan {
    /// The lab.
    pub layout: Layout,
    /// Where its clock begins; `None`: where the layout says.
    pub begins: Option<Time>,
    /// How long it goes on at most.
    pub limit: Duration,
    /// It goes on until this is true.
    pub until: Option<Expr>,
    /// It goes on until this is true for the first time, and nothing is expected of it.
    pub find: Option<Expr>,
}

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// How long it went on, in virtual time.
    pub elapsed: Duration,
    /// When that which is looked for was true for the first time.
    pub found: Option<Duration>,
    /// What was not as it should be; `None`: it held.
    pub failing: Option<Failing>,
    /// What the run comes to; `None`: it did not come to its end.
    pub summary: Option<Box<Summary>>,
}

/// Why a seed does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// In which way.
    pub sort: Sort,
    /// In words, with the values.
    pub words: String,
    /// The same for all that fail in the same way.
    pub kind: String,
    /// The step that failed, from 0 on, if it is a step's.
    pub step: Option<usize>,
    /// When that began, or where the run had come to.
    pub since: Duration,
}

/// In which way a seed does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Something that was expected was not true.
    Unmet,
    /// The run ended by a fault of this program.
    Panicked,
    /// The time did not go on.
    Stuck,
}

/// Why a run has come to an end.
pub(super) enum Ended {
    Judged(Box<Summary>, Vec<Unmet>),
    Found,
    Stuck,
    Stopped,
    /// It cannot be, in words.
    Impossible(String),
}

impl Plan {
    /// The run with a seed, before its beginning.
    ///
    /// # Errors
    /// In words: the layout cannot be in virtual time.
    pub fn trial(&self, seed: u64, level: Level, desk: &Desk) -> Result<Trial, String> {
        let options = VirtualOptions {
            seed,
            begins: self.begins,
            level,
            sigs: Arc::clone(desk.sigs()),
            ..VirtualOptions::default()
        };
        let judge = Judge::new(self.until.clone(), self.limit);
        Trial::new(&self.layout, &options, judge)
    }
}

/// Plays it with a seed; `None`: it was stopped.
pub fn play(plan: &Plan, seed: u64, desk: &Desk) -> Option<Outcome> {
    let (mut reached, mut found) = (Duration::ZERO, None);
    let ended = caught(|| run(plan, seed, desk, (&mut reached, &mut found)));
    let (mut summary, mut failing) = (None, None);
    match ended {
        Ok(Ended::Stopped) => return None,
        Ok(Ended::Found) => {}
        Ok(Ended::Judged(judged, unmet)) => {
            // Of a run in which something is looked for nothing is expected.
            let first = unmet.first().filter(|_| plan.find.is_none());
            failing = first.map(|first| of_unmet(first, &judged, reached));
            summary = Some(judged);
        }
        Ok(Ended::Stuck) => failing = Some(stuck(reached)),
        Ok(Ended::Impossible(words)) => failing = Some(Failing::new(Sort::Unmet, words, reached)),
        Err(words) => {
            let words = format!("panicked: {words}");
            failing = Some(Failing::new(Sort::Panicked, words, reached));
        }
    }
    Some(Outcome {
        seed,
        elapsed: reached,
        found,
        failing,
        summary,
    })
}

/// Runs to the end. How far it has come, and what it has found, is told also if it panics.
fn run(
    plan: &Plan,
    seed: u64,
    desk: &Desk,
    (reached, found): (&mut Duration, &mut Option<Duration>),
) -> Ended {
    let mut trial = match plan.trial(seed, Level::Stats, desk) {
        Ok(trial) => trial,
        Err(words) => return Ended::Impossible(words),
    };
    let finder = plan.find.as_ref();
    let mut finder = finder.map(|expr| Finder::new(expr.clone(), trial.lab_mut()));
    loop {
        let is_over = trial.is_over();
        *reached = trial.lab().elapsed();
        if let (true, Some(finder)) = (is_over, &mut finder) {
            finder.look_at_all(trial.lab());
        }
        *found = finder.as_ref().and_then(Finder::found);
        if let Some(at) = *found {
            *reached = at;
            return Ended::Found;
        }
        if is_over {
            let (summary, unmet) = trial.end();
            return Ended::Judged(Box::new(summary), unmet);
        }
        if let Some(ended) = turn(&mut trial, finder.as_mut(), desk, TURN_MAX) {
            *reached = trial.lab().elapsed();
            return ended;
        }
    }
}

/// Goes on by a turn, in which so many things are due at most; what has ended the run in it.
pub(super) fn turn(
    trial: &mut Trial,
    finder: Option<&mut Finder>,
    desk: &Desk,
    most: u64,
) -> Option<Ended> {
    let mut left = most;
    let mut may_go_on = || {
        left -= 1;
        left > 0 && !desk.is_stopped()
    };
    let is_there = match finder {
        None => trial.go_on(may_go_on),
        Some(finder) => {
            finder.turn(trial.lab_mut());
            trial.watch_on(|lab| finder.look(lab) && may_go_on()) || finder.found().is_some()
        }
    };
    match () {
        () if is_there => None,
        () if desk.is_stopped() => Some(Ended::Stopped),
        () => Some(Ended::Stuck),
    }
}

fn of_unmet(unmet: &Unmet, summary: &Summary, reached: Duration) -> Failing {
    let (step, began) = match unmet {
        Unmet::Step(fault) => (Some(fault.at), fault.began),
        Unmet::Until(_) => (None, None),
    };
    Failing {
        kind: kind_of(unmet),
        step,
        since: began.unwrap_or(reached),
        ..Failing::new(Sort::Unmet, summary.failed.join("; "), reached)
    }
}

fn stuck(reached: Duration) -> Failing {
    let words = format!("the time does not go on: {TURN_MAX} things were due within 50 ms");
    Failing::new(Sort::Stuck, words, reached)
}

impl Failing {
    fn new(sort: Sort, words: String, since: Duration) -> Self {
        let words: String = one_line(&words).chars().take(WORDS_MAX).collect();
        Self {
            sort,
            kind: plain(&words),
            words,
            step: None,
            since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::layout::shipped;

    fn trial(seed: u64) -> Trial {
        let plan = Plan {
            layout: shipped("partition").expect("it is built in"),
            begins: None,
            limit: Duration::from_secs(60),
            until: None,
            find: None,
        };
        let trial = plan.trial(seed, Level::Stats, &Desk::default());
        trial.expect("it can be played")
    }

    #[test]
    fn a_turn_in_which_too_much_is_due_is_stuck_and_one_with_less_goes_on() {
        for most in [1, 5, 100_000] {
            let mut trial = trial(1);
            let mut turns = (0..20).map(|_| turn(&mut trial, None, &Desk::default(), most));
            let ended = turns.find_map(|ended| ended);
            let is_stuck = matches!(ended, Some(Ended::Stuck));
            assert_eq!(is_stuck, most < 100_000, "{most}");
        }
    }

    #[test]
    fn failures_are_a_line_with_a_limit() {
        let words = format!("two\nlines {}", "x".repeat(2 * WORDS_MAX));
        let failing = Failing::new(Sort::Panicked, words, Duration::ZERO);
        assert_eq!(failing.words.chars().count(), WORDS_MAX);
        assert!(!failing.words.contains('\n'));
    }
}
