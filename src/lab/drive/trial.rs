//! A run in virtual time that goes on until it is judged: alone, or with many seeds.

use super::judge::{Judge, Unmet};
use super::{VirtualLab, VirtualOptions};
use crate::lab::core::summary::Summary;
use crate::lab::layout::Layout;
use crate::lab::script::Pace;
use crate::node::Time;

/// A lab in virtual time, and what it is judged by.
pub struct Trial {
    lab: VirtualLab,
    judge: Judge,
}

impl Trial {
    /// One that has not begun. No presenter is waited for, whatever the layout says.
    ///
    /// # Errors
    /// In words: the layout cannot be in virtual time.
    pub fn new(layout: &Layout, options: &VirtualOptions, judge: Judge) -> Result<Self, String> {
        let layout = Layout {
            pace: Pace::Script,
            ..layout.clone()
        };
        let lab = VirtualLab::new(&layout, options)?;
        Ok(Self { lab, judge })
    }

    /// The lab.
    pub fn lab(&self) -> &VirtualLab {
        &self.lab
    }

    /// The lab, to take from it what has happened.
    pub fn lab_mut(&mut self) -> &mut VirtualLab {
        &mut self.lab
    }

    /// Looks whether it has come to its end.
    pub fn is_over(&mut self) -> bool {
        if let Some(expr) = self.judge.until() {
            let facts = self.lab.facts_for(expr);
            self.judge.see(&facts);
        }
        let script = self.lab.script().map(AsRef::as_ref);
        self.judge.is_over(self.lab.elapsed(), script)
    }

    /// Goes on to the next turn of its script, as long as `goes_on` says so between any two things; whether
    /// it got there.
    pub fn go_on(&mut self, goes_on: impl FnMut() -> bool) -> bool {
        let until = self.next_stop();
        self.lab.run_until(until, goes_on)
    }

    /// As [`Trial::go_on`], with a look at the lab between any two things.
    pub fn watch_on(&mut self, goes_on: impl FnMut(&VirtualLab) -> bool) -> bool {
        let until = self.next_stop();
        self.lab.watch_until(until, goes_on)
    }

    fn next_stop(&self) -> Time {
        self.lab.since() + self.lab.core().next_turn().min(self.judge.limit())
    }

    /// What it comes to, and what of that was not as it should be.
    pub fn end(&mut self) -> (Summary, Vec<Unmet>) {
        let mut summary = self.lab.summary();
        let script = self.lab.script().map(AsRef::as_ref);
        let unmet = self.judge.unmet(self.lab.elapsed(), script);
        summary.fail(unmet.iter().map(ToString::to_string));
        (summary, unmet)
    }
}
