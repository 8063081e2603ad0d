//! From hand to script: the layout of a lab, with what was done by hand as steps, and what was true at the end as
//! what is expected.
//!
//! Steps begin at looks of a script, [`LOOK`] apart, and each when the one before is done. So what was done by
//! hand comes up to a look later than it came, and the rest of the run may be another. It is played once before it
//! is written: what is expected is what was true then, and where that is not what it was, the head of the file says
//! so.

mod ends;
mod write;

use self::ends::{Ends, ends};
use self::write::{Step, head};
use super::history::{Given, History};
use super::{VirtualLab, VirtualOptions};
use crate::lab::ask::{Answer, Named, Request, Ticket};
use crate::lab::layout::{Layout, StepText, read};
use crate::lab::script::step::STEPS_MAX;
use crate::lab::script::{Pace, StepState, in_words};
use crate::node::Time;
use crate::node::io::CommandError;
use std::collections::BTreeMap;
use std::time::Duration;

/// Time between two looks of a script.
pub const LOOK: Duration = Duration::from_millis(50);

/// How often steps are left out, or the end is looked at a look later.
const TRIES: usize = 32;

/// How long steps may take to be done after the end of what was done by hand.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be written.
#[derive(Clone)]
pub struct Export {
    /// What the layout is called there: its name follows from that.
    pub file: String,
    /// The text of the layout that was played.
    pub text: String,
    layout: Layout,
    options: VirtualOptions,
    /// What was given by hand, and when since the beginning.
    commands: Vec<(Duration, Request<Named>)>,
    /// When each step of the script began, as far as it has.
    began: Vec<Option<Duration>>,
    /// How far it went, and what was true then.
    to: Duration,
    ends: Ends,
}

/// What was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The text of the layout.
    pub text: String,
    /// Steps in it.
    pub steps: usize,
    /// What is true at its end, and was not.
    pub differs: Vec<String>,
}

impl Export {
    /// That of what is shown of a history, up to where it is.
    pub fn new(history: &mut History, file: &str, text: &str, options: &VirtualOptions) -> Self {
        let commands = history.given().iter().map(|given| timed(history, given));
        let commands = commands.collect();
        let lab = history.lab();
        let steps = &lab.core().steps().steps;
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            layout: lab.core().layout().clone(),
            options: options.clone(),
            commands,
            began: steps.iter().map(|step| step.began).collect(),
            to: lab.elapsed(),
            ends: ends(history.lab_mut()),
        }
    }

    /// Plays it, and makes its text.
    ///
    /// # Errors
    /// In words: it cannot be a script.
    pub fn make(&self) -> Result<Exported, String> {
        let refused = self.refused()?;
        let mut steps = self.steps(&refused)?;
        let rest = StepText::new(&self.layout.file, &self.text);
        let rest = rest.map_err(|error| error.to_string())?.with(&[]);
        let mut to = at_look(self.to);
        for _ in 0..TRIES {
            let played = self.play(&assembled(&[], &rest, &steps), to)?;
            if let Some((nth, why)) = played.failure {
                leave_out(&mut steps, nth, &why);
                continue;
            }
            // What is expected is not known before it is played.
            let mut all = steps.clone();
            all.push(Step::last(played.at, &played.ends.expression()));
            let differs = self.ends.differs(&played.ends);
            let text = assembled(&head(self, &differs), &rest, &all);
            if self.play(&text, played.at)?.failure.is_none() {
                let steps = all.iter().filter(|step| step.is_step()).count();
                return Ok(Exported {
                    text,
                    steps,
                    differs,
                });
            }
            // Something comes in that very instant.
            to = played.at + LOOK;
        }
        Err("it never ends as it did when it was played before".to_owned())
    }

    /// What is said of commands that were not done, by their numbers.
    fn refused(&self) -> Result<BTreeMap<usize, String>, String> {
        let mut lab = VirtualLab::new(&self.layout, &self.options)?;
        for (nth, (at, request)) in self.commands.iter().enumerate() {
            lab.run_until(lab.since() + *at, || true);
            lab.request_named(Ticket(nth as u64), request.clone());
        }
        lab.run_until(lab.since() + self.to, || true);
        let answers = lab.take_answers().into_iter();
        Ok(answers.filter_map(refusal).collect())
    }

    /// All steps, those of the script and those that were done by hand, in their order.
    fn steps(&self, refused: &BTreeMap<usize, String>) -> Result<Vec<Step>, String> {
        let began = self.layout.steps.iter().zip(&self.began);
        let own = began.filter_map(|(step, began)| {
            Some((*began.as_ref()?, true, Step::own(step, *began.as_ref()?)))
        });
        let by_hand = self
            .commands
            .iter()
            .enumerate()
            .map(|(nth, (at, request))| {
                let look = at_look(*at);
                // One in the very instant of a look comes after the script.
                let step = match refused.get(&nth) {
                    Some(why) => Step::left_out(look, &in_words(request), why),
                    None => Step::by_hand(look, request),
                };
                (look, *at != look, step)
            });
        let mut all: Vec<_> = own.map(|(at, _, step)| (at, 1, step)).collect();
        all.extend(by_hand.map(|(at, is_before, step)| (at, if is_before { 0 } else { 2 }, step)));
        all.sort_by_key(|(at, rank, _)| (*at, *rank));
        let count = all.iter().filter(|(_, _, step)| step.is_step()).count();
        if count >= STEPS_MAX {
            return Err(format!(
                "a script has at most {STEPS_MAX} steps, and this would have {}",
                count + 1
            ));
        }
        Ok(all.into_iter().map(|(_, _, step)| step).collect())
    }

    /// Plays a text up to a moment, and on until its script is over.
    fn play(&self, text: &str, to: Duration) -> Result<Played, String> {
        let layout = read(&self.file, text).map_err(|error| error.to_string())?;
        let layout = Layout {
            pace: Pace::Script,
            ..layout
        };
        let mut lab = VirtualLab::new(&layout, &self.options)?;
        lab.run_until(lab.since() + to, || true);
        while !lab.is_over() && lab.elapsed() < to + PATIENCE {
            lab.go_on(to + PATIENCE);
        }
        let steps = lab.core().steps().steps.iter();
        let mut failures = steps
            .enumerate()
            .filter_map(|(nth, step)| match &step.state {
                StepState::Failed(why) => Some((nth, why.to_string())),
                _ => None,
            });
        Ok(Played {
            failure: failures.next(),
            at: lab.elapsed(),
            ends: ends(&mut lab),
        })
    }

    /// The seed that it is to be played with.
    pub fn seed(&self) -> u64 {
        self.options.seed
    }
}

/// How a script went.
struct Played {
    /// The step that failed, if one did, and why.
    failure: Option<(usize, String)>,
    /// When it was over.
    at: Duration,
    /// What was true then.
    ends: Ends,
}

fn assembled(head: &[String], rest: &str, steps: &[Step]) -> String {
    let head: String = head.iter().map(|line| format!("# {line}\n")).collect();
    let steps: String = steps.iter().map(Step::text).collect();
    // What the old file said of itself stands below.
    let head = if head.is_empty() { head } else { head + "\n" };
    format!("{head}{}\n\n{steps}", rest.trim_end())
}

/// Makes a comment of the step with this number, which cannot be done.
fn leave_out(steps: &mut [Step], nth: usize, why: &str) {
    if let Some(step) = steps.iter_mut().filter(|step| step.is_step()).nth(nth) {
        *step = step.as_comment(why);
    }
}

/// A command, and how long after the beginning it was given.
fn timed(history: &History, given: &Given) -> (Duration, Request<Named>) {
    let since: Time = history.lab().since();
    (given.at.since(since), given.request.clone())
}

fn refusal((ticket, answer): (Ticket, Result<Answer, CommandError>)) -> Option<(usize, String)> {
    let why = answer.err()?;
    Some((usize::try_from(ticket.0).ok()?, why.to_string()))
}

/// The first look at this moment or after it.
fn at_look(at: Duration) -> Duration {
    let looks = at.as_micros().div_ceil(LOOK.as_micros());
    LOOK * u32::try_from(looks).unwrap_or(u32::MAX)
}
