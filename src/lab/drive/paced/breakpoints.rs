//! Expressions that stop time when they begin to hold.

use crate::lab::drive::history::{History, Judge, Now};
use crate::lab::script::Expr;
use std::sync::Arc;

/// Breakpoints that there may be: each is judged after each thing that happens.
const BREAKPOINTS_MAX: usize = 16;

/// The breakpoints of a lab.
#[derive(Default)]
pub(super) struct Breakpoints {
    all: Vec<(Expr, Judge)>,
    texts: Arc<Vec<String>>,
}

impl Breakpoints {
    /// Another one, unless it is there.
    ///
    /// # Errors
    /// In words: there are too many.
    pub(super) fn add(&mut self, text: &str, expr: Expr, history: &History) -> Result<(), String> {
        if self.texts.iter().any(|known| known == text) {
            return Ok(());
        }
        if self.all.len() >= BREAKPOINTS_MAX {
            return Err(format!("there are {BREAKPOINTS_MAX} breakpoints already"));
        }
        let judge = Judge::new(expr.clone(), history.lab());
        self.all.push((expr, judge));
        Arc::make_mut(&mut self.texts).push(text.to_owned());
        Ok(())
    }

    /// None any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// As they were written.
    pub(super) fn texts(&self) -> &Arc<Vec<String>> {
        &self.texts
    }

    /// The first that holds.
    pub(super) fn holding(&self) -> Option<&str> {
        let nth = self.all.iter().position(|(_, judge)| judge.holds())?;
        Some(&self.texts[nth])
    }

    /// The lab was moved elsewhere: what holds there stops nothing.
    pub(super) fn begin(&mut self, history: &History) {
        for (expr, judge) in &mut self.all {
            *judge = Judge::new(expr.clone(), history.lab());
        }
    }

    /// The first that has come to hold by what was just done.
    pub(super) fn look_again(&mut self, history: &History) -> Option<String> {
        let lab = history.lab();
        self.hit(|judge| judge.look_again(lab))
    }

    /// The first that begins to hold.
    pub(super) fn hear(&mut self, now: &Now<'_>) -> Option<String> {
        self.hit(|judge| judge.begins_to_hold(now.lab, now.new))
    }

    /// Every one of them looks.
    fn hit(&mut self, mut begins: impl FnMut(&mut Judge) -> bool) -> Option<String> {
        let mut hit = None;
        for ((_, judge), text) in self.all.iter_mut().zip(&*self.texts) {
            if begins(judge) {
                hit.get_or_insert(text.clone());
            }
        }
        hit
    }
}
