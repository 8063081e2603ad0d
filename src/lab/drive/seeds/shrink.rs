//! Leaves steps out of a layout as long as a seed still comes out as it did: delta debugging (Zeller and
//! Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), down to where no single step can
//! be left out.

use super::jobs::Desk;
use super::play::{Plan, play};
use crate::lab::layout::resolve::Resolver;
use crate::lab::layout::{StepText, read};
use crate::lab::script::Expr;

/// How the seed is to come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// What is looked for comes true.
    Found,
    /// It fails, in a way of this [kind](super::Failing::kind).
    Fails(String),
}

/// What is to be made smaller.
#[derive(Clone)]
pub struct Shrinking {
    /// What the smaller file will be called: the name of its layout follows from that.
    pub file: String,
    /// The steps, as they are written.
    pub steps: StepText,
    /// What is played with the seed; its layout is the one that is made smaller.
    pub plan: Plan,
    /// The seed.
    pub seed: u64,
    /// How it is to come out.
    pub aim: Aim,
}

/// The smallest that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smallest {
    /// The text of the layout.
    pub text: String,
    /// How many steps it has.
    pub steps: usize,
    /// None of these can be left out; otherwise it was stopped before that was known.
    pub is_minimal: bool,
}

impl Shrinking {
    /// Makes it smaller. `told` hears how many runs there were, and how many steps are left.
    pub fn smallest(&self, desk: &Desk, mut told: impl FnMut(u64, usize)) -> Smallest {
        let mut runs = 0;
        let (kept, is_minimal) = least(self.steps.steps(), |kept, left| {
            told(runs, left);
            runs += 1;
            self.still_comes_out(kept, desk)
        });
        Smallest {
            text: self.steps.with(&kept),
            steps: kept.len(),
            is_minimal,
        }
    }

    /// Whether it does with these steps alone; `None`: it was stopped.
    fn still_comes_out(&self, kept: &[usize], desk: &Desk) -> Option<bool> {
        if desk.is_stopped() {
            return None;
        }
        // A step may need what one before it has added.
        let Ok(layout) = read(&self.file, &self.steps.with(kept)) else {
            return Some(false);
        };
        let resolver = Resolver::at_the_end(&layout);
        let is_known = |expr: &Expr| expr.check(&resolver.names()).is_ok();
        let asked = self.plan.until.iter().chain(&self.plan.find);
        if !asked.into_iter().all(is_known) {
            return Some(false);
        }
        let plan = Plan {
            layout,
            ..self.plan.clone()
        };
        let outcome = play(&plan, self.seed, desk)?;
        Some(match &self.aim {
            Aim::Found => outcome.found.is_some(),
            Aim::Fails(kind) => outcome.failing.is_some_and(|failing| failing.kind == *kind),
        })
    }
}

/// Of so many things as few as `is_enough` goes on with, in order, and whether none of them can be left out.
/// `is_enough` is given those that are tried and how many there are at best so far, and says `None` to stop;
/// all of them are enough.
fn least(
    count: usize,
    mut is_enough: impl FnMut(&[usize], usize) -> Option<bool>,
) -> (Vec<usize>, bool) {
    let mut kept: Vec<usize> = (0..count).collect();
    let mut chunk = count.div_ceil(2);
    while chunk > 0 && !kept.is_empty() {
        let (mut at, before) = (0, kept.len());
        while at < kept.len() {
            let end = (at + chunk).min(kept.len());
            let tried = [&kept[..at], &kept[end..]].concat();
            match is_enough(&tried, kept.len()) {
                None => return (kept, false),
                Some(true) => kept = tried,
                Some(false) => at = end,
            }
        }
        chunk = match chunk {
            // One that is needed beside others may not be once they are gone.
            1 if kept.len() < before => 1,
            1 => 0,
            chunk => chunk / 2,
        };
    }
    (kept, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least that has all of these in it.
    fn with_all(count: usize, needed: &[usize]) -> (Vec<usize>, bool) {
        least(count, |kept, _| {
            Some(needed.iter().all(|one| kept.contains(one)))
        })
    }

    #[test]
    fn what_is_needed_is_all_that_is_left() {
        for needed in [&[][..], &[0], &[11], &[3, 4], &[0, 5, 11], &[1, 3, 5, 7, 9]] {
            assert_eq!(with_all(12, needed), (needed.to_vec(), true));
        }
        assert_eq!(with_all(0, &[]), (Vec::new(), true));
        assert_eq!(with_all(1, &[0]), (vec![0], true));
    }

    #[test]
    fn nothing_that_is_left_can_be_left_out_however_they_hang_together() {
        // Each number needs the one before it, but for those that stand after a gap; 9 is needed.
        let hangs = |kept: &[usize]| {
            let follows = |one: &usize| one.is_multiple_of(4) || kept.contains(&(one - 1));
            kept.contains(&9) && kept.iter().all(follows)
        };
        let (kept, is_minimal) = least(16, |kept, _| Some(hangs(kept)));
        assert!(is_minimal && hangs(&kept));
        for at in 0..kept.len() {
            let mut less = kept.clone();
            less.remove(at);
            assert!(!hangs(&less), "{kept:?} without {}", kept[at]);
        }
        assert_eq!(kept, [8, 9]);
    }

    #[test]
    fn once_stopped_the_best_so_far_is_what_there_is() {
        let mut runs = 0;
        let stopped = least(8, |kept, _| {
            runs += 1;
            (runs < 3).then(|| kept.contains(&7))
        });
        assert_eq!(stopped, (vec![4, 5, 6, 7], false));
    }
}
