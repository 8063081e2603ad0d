//! Plays the script.

use super::answers::Unknown;
use super::io::{CallId, Moment, Sight};
use super::script_state::Next;
use super::state::Core;
use super::work::{Asker, Work};
use crate::lab::ask::ScriptChange;
use crate::lab::script::{Cause, ScriptView, Want};
use crate::node::io::{CommandError, Reply};
use std::sync::Arc;
use std::time::Duration;

/// How long nodes that show themselves take to show what was done, and a little more.
const SETTLE: Duration = Duration::from_millis(50);

impl Core {
    /// Plays on at this moment.
    pub(super) fn play_on(&mut self, now: Moment) -> Next {
        if let Some(pending) = &self.play.pending {
            if pending.is_none() {
                return Next::Rest;
            }
            // The next step sees what was done.
            if self.needs_look(now, true) {
                return Next::On;
            }
            if self.sight == Sight::Shown
                && now.ran < *self.play.settles.get_or_insert(now.ran + SETTLE)
            {
                return self.rest();
            }
            self.play.settles = None;
            let done = self.play.pending.take().flatten();
            self.play.script.did(now.ran, done.unwrap_or(Ok(())));
        }
        match self.play.script.next(now.ran) {
            Want::Nothing | Want::Until(_) | Want::Change => self.rest(),
            Want::Facts(expr, _) => {
                if self.needs_look(now, true) {
                    return Next::On;
                }
                let (facts, unknown) = self.facts_for(&expr);
                if self.asks_for(now, unknown) {
                    return Next::Asked;
                }
                match self.play.script.judge(now.ran, &facts) {
                    true => Next::On,
                    false => self.rest(),
                }
            }
            Want::Do(request) => {
                // What is asked for may be about what nodes have made by themselves.
                if self.needs_look(now, true) {
                    return Next::On;
                }
                self.play.pending = Some(None);
                match request.resolve(self) {
                    Ok(request) => self.request(now, Asker::Script, request),
                    Err(error) => self.play.done(Err(error.to_string())),
                }
                Next::On
            }
        }
    }

    fn rest(&mut self) -> Next {
        self.play.on = None;
        Next::Rest
    }

    /// Asks nodes for what is not known. Whether they are to be waited for.
    fn asks_for(&mut self, now: Moment, unknown: Vec<Unknown>) -> bool {
        for unknown in unknown {
            let (ix, question) = (unknown.node, unknown.question.clone());
            let key = (ix, unknown.quantity.clone());
            let asked = (unknown.stands, now.ran);
            if self.play.asked.insert(key, asked) == Some(asked) {
                continue;
            }
            self.ask(ix, question, Work::Fact(Box::new(unknown)));
            self.play.asking.insert(CallId(self.last_call));
        }
        self.play.asks()
    }

    /// Something that was asked for came in, or did not.
    pub(super) fn fact_came(
        &mut self,
        call: CallId,
        unknown: Unknown,
        reply: Result<Reply, CommandError>,
    ) {
        self.play.asking.remove(&call);
        if let Some(told) = unknown.said(reply) {
            self.play.answers.keep(unknown, told);
        }
    }

    /// Leads the script; says what it does then.
    ///
    /// # Errors
    /// In words, why it cannot be led so.
    pub(super) fn lead(
        &mut self,
        now: Moment,
        change: ScriptChange,
    ) -> Result<String, CommandError> {
        if self.steps().steps.is_empty() {
            return Err(no_script());
        }
        self.play.script.change(now.ran, change)?;
        Ok(change.words().to_owned())
    }

    /// The script, as it is, here or in the lab that is shown; `None`: there is none.
    pub fn script(&self) -> Option<&Arc<ScriptView>> {
        let own = Some(self.steps()).filter(|own| !own.steps.is_empty());
        own.or(self.hosts.script())
    }

    /// The steps, as they are, of which there may be none.
    pub fn steps(&self) -> &Arc<ScriptView> {
        self.play.view()
    }

    /// What the script waits for when it has gone on for so long, and in which step; `None`: it is over.
    pub fn waits(&self, elapsed: Duration) -> Option<(usize, Cause)> {
        self.play.script.waits(elapsed)
    }
}

/// That nothing is played here.
pub(in crate::lab) fn no_script() -> CommandError {
    "no script is played in this lab".into()
}
