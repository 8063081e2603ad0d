//! Has a run again.

use super::{Run, RunCommand, RunTimeline};
use crate::lab::ask::{Ticket, TimelineId};
use crate::lab::drive::history::{Given, History, Now, Place, Planned, Second, run_hash};
use crate::lab::drive::{VirtualLab, VirtualOptions};
use crate::node::Time;
use std::time::Duration;

/// How often a command of a live lab is tried that cannot be done yet: for 5 s.
const LIVE_TRIES: u8 = 20;

/// A run that is played again, timeline after timeline, each to where it was played before.
#[derive(Debug)]
pub struct Replay {
    /// What is still to be played; the first of them is on its way.
    left: Vec<RunTimeline>,
    stage: Stage,
    /// The first has begun.
    has_begun: bool,
    /// The one that is shown at the end.
    shown: TimelineId,
    difference: Option<Difference>,
    tickets: u64,
    /// How often what cannot be done yet is tried again.
    tries: u8,
}

/// How far the timeline is that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is still to begin.
    Waits,
    /// It is gone to where it begins.
    ToItsBeginning(Place),
    /// It has begun.
    Plays,
}

/// Where a run is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In which timeline.
    pub timeline: TimelineId,
    /// In the second that ends with this number, of those that were put down.
    pub second: u32,
    /// The last one that is as it was.
    pub after: u32,
    /// What was put down at its end; `None`: only the hash of the whole.
    pub was: Option<Second>,
    /// What it is now.
    pub is: Second,
}

impl Replay {
    /// That of a run.
    pub fn new(run: &Run) -> Self {
        Self {
            left: run.timelines.clone(),
            stage: Stage::Waits,
            has_begun: false,
            shown: run.shown,
            difference: None,
            tickets: u64::MAX,
            // Virtual nodes may be slower than real ones were.
            tries: if run.head.live { LIVE_TRIES } else { 0 },
        }
    }

    /// Where the first difference is that was found by now.
    pub fn difference(&self) -> Option<Difference> {
        self.difference
    }

    /// How far it is, of how far it goes: of the timeline that is on its way.
    pub fn progress(&self, history: &History) -> (TimelineId, Duration, Duration) {
        let next = self.left.first();
        let end = next.map_or(Duration::ZERO, |next| next.reaches);
        (
            next.map_or(self.shown, |next| next.id),
            history.lab().elapsed(),
            end,
        )
    }

    /// Goes on as long as `goes_on` says so; whether all is played. The lab is back at its beginning then, in the
    /// timeline that was shown at last.
    pub fn go_on(
        &mut self,
        history: &mut History,
        mut goes_on: impl FnMut(&Now<'_>) -> bool,
    ) -> bool {
        loop {
            let since = history.lab().since();
            let Some(next) = self.left.first() else {
                history.switch(self.shown);
                history.jump(&Place::before(since, 0));
                return true;
            };
            match self.stage {
                Stage::Waits => self.stage = set_out(next, history),
                Stage::ToItsBeginning(place) => {
                    if !history.run_to(&place, &mut goes_on) {
                        return false;
                    }
                    let planned = planned(next, since, &mut self.tickets, self.tries);
                    match std::mem::replace(&mut self.has_begun, true) {
                        true => history.begin_as(planned),
                        false => history.plan(planned),
                    }
                    self.stage = Stage::Plays;
                }
                Stage::Plays => {
                    let place = Place::end_of(since + next.reaches);
                    let is_there = history.run_to(&place, &mut goes_on);
                    self.look(history);
                    if !is_there {
                        return false;
                    }
                    self.look_at_the_end(history);
                    self.left.remove(0);
                    self.stage = Stage::Waits;
                }
            }
        }
    }

    /// Looks whether a second has ended otherwise than it did.
    fn look(&mut self, history: &History) {
        let Some(next) = self.left.first().filter(|_| self.difference.is_none()) else {
            return;
        };
        let Some((second, is)) = history.first_unlike() else {
            return;
        };
        let was = next.seconds.iter().rev().find(|(n, _)| *n <= second);
        let before = next.seconds.iter().rev().find(|(n, _)| *n < second);
        self.difference = Some(Difference {
            timeline: next.id,
            second,
            after: before.map_or(0, |(n, _)| *n),
            was: was.map(|(_, second)| *second),
            is,
        });
    }

    /// Whether all of it is what it was, where that is known.
    fn look_at_the_end(&mut self, history: &History) {
        let Some(next) = self.left.first().filter(|_| self.difference.is_none()) else {
            return;
        };
        let lab = history.lab();
        if next.hash.is_some_and(|hash| hash != run_hash(lab)) {
            let last = next.seconds.last().map_or(0, |(n, _)| *n);
            let end = next.reaches.as_secs() + u64::from(next.reaches.subsec_nanos() > 0);
            self.difference = Some(Difference {
                timeline: next.id,
                second: u32::try_from(end).unwrap_or(u32::MAX),
                after: last,
                was: None,
                is: Second::of(lab),
            });
        }
    }
}

/// Goes to where a timeline begins, or has it begin with the lab.
fn set_out(next: &RunTimeline, history: &mut History) -> Stage {
    let since = history.lab().since();
    let place = match next.origin {
        Some(origin) => {
            history.switch(origin.of);
            Place::before(since + origin.at, kept(next, origin.commands))
        }
        None => Place::before(since, 0),
    };
    history.jump(&place);
    Stage::ToItsBeginning(place)
}

/// How many of so many commands were not left out.
fn kept(timeline: &RunTimeline, commands: usize) -> usize {
    let first = timeline.commands.iter().take(commands);
    first.filter(|command| command.request.is_some()).count()
}

fn planned(next: &RunTimeline, since: Time, tickets: &mut u64, tries: u8) -> Planned {
    let given = next.commands.iter().filter_map(|command| {
        let RunCommand {
            at,
            request: Some(request),
            is_again,
        } = command
        else {
            return None;
        };
        // None of them is waited for.
        *tickets -= 1;
        Some(Given {
            at: since + *at,
            ticket: Ticket(*tickets),
            request: request.clone(),
            is_again: *is_again,
            tries,
        })
    });
    Planned {
        id: next.id,
        commands: given.collect(),
        was: next.seconds.clone(),
    }
}

impl Run {
    /// The lab that it begins with.
    ///
    /// # Errors
    /// In words: it cannot be.
    pub fn begin(&self, options: VirtualOptions) -> Result<VirtualLab, String> {
        VirtualLab::new(&self.layout, &self.options(options))
    }

    /// How a lab is to be that has this run, and otherwise as these say.
    pub fn options(&self, others: VirtualOptions) -> VirtualOptions {
        VirtualOptions {
            seed: self.head.seed,
            begins: self.head.clock.map(Time),
            round: self.head.round,
            ..others
        }
    }
}
