//! Waits for the next thing that there is something to say of.

use super::Now;
use crate::lab::drive::VirtualLab;
use crate::lab::paper::units::show_clock_ms;
use crate::lab::script::{ScriptView, StepState};
use crate::lab::view::Told;
use std::sync::Arc;

/// Waits for the next thing that is told: a message, a block that is found, a connection that comes or goes,
/// a line of the script.
pub(in crate::lab::drive) struct Watch {
    script: Option<Arc<ScriptView>>,
}

impl Watch {
    /// From now on.
    pub(in crate::lab::drive) fn new(lab: &VirtualLab) -> Self {
        Self {
            script: lab.script().cloned(),
        }
    }

    /// What there is to say of what just happened.
    pub(in crate::lab::drive) fn told(&mut self, now: &Now<'_>) -> Option<Told> {
        let lab = now.lab;
        let told = now
            .new
            .iter()
            .filter_map(|(ix, event)| lab.core().tells(*ix, event));
        let mut told = told.chain(self.line(lab));
        let first = told.next()?;
        let words = match (told.next(), told.count()) {
            (None, _) => first.words.to_string(),
            (Some(second), 0) => format!("{}; {}", first.words, second.words),
            (Some(_), more) => format!("{} (and {} more)", first.words, more + 1),
        };
        Some(Told {
            words: format!("{} {words}", show_clock_ms(lab.elapsed())).into(),
            ..first
        })
    }

    /// A line of the script that has begun.
    fn line(&mut self, lab: &VirtualLab) -> Option<Told> {
        let script = lab.script()?;
        let before = self.script.replace(Arc::clone(script))?;
        let is_waiting = |script: &ScriptView, nth: usize| {
            let step = script.steps.get(nth);
            step.is_none_or(|step| step.state == StepState::Waiting)
        };
        let began = (0..script.steps.len())
            .find(|nth| is_waiting(&before, *nth) && !is_waiting(script, *nth))?;
        let words = format!("step {}: {}", began + 1, script.steps[began].what);
        Some(Told::new(words))
    }
}
