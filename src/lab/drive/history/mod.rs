//! A lab in virtual time that can go back.
//!
//! A lab is a state machine: from the same state and the same commands at the same moments the same comes,
//! to the last byte. So nothing needs to be undone: a [`History`] keeps the lab as it was at some
//! [moments](checkpoints), and every command with its place. To go to a moment it takes the nearest of
//! these before it, and plays on from there.
//!
//! ```text
//! beginning                         here                    newest
//!    ├────┼──────────┼─────────┼──────▼┄┄┄┄┄┄┼┄┄┄┄┼┄┄┄┼┄┄┼┄┄┤      ┼ a checkpoint
//!    └─────>──────────────────────────┄┄┄┄┄┄┄>┄┄┄┄┄┄┄┄┄┄┄┄┄┘      > a command
//! ```
//!
//! What comes back with time is in a [`Course`]. Who waits for what, and what was told to others, is not here,
//! and never comes back.

mod checkpoints;
mod course;
mod judge;
mod place;
mod told;

pub(super) use self::judge::Judge;
pub use self::place::Place;
pub(super) use self::told::Watch;

use self::checkpoints::{CLOSEST, Checkpoints};
use self::course::Course;
use super::VirtualLab;
use crate::lab::ask::{Request, Ticket};
use crate::lab::control::RecentEvents;
use crate::lab::observe::marks::Marks;
use crate::live::Stopwatch;
use crate::node::io::Event;
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

/// Keeping a checkpoint may take one in so many parts of the time.
const COST_PART: u32 = 16;

/// A lab, and what it takes to come to any moment of its past again.
pub struct History {
    course: Course,
    /// The lab at the newest moment, unless that is now.
    newest: Option<Box<Course>>,
    checkpoints: Checkpoints,
    /// All commands, in their order.
    commands: Vec<Given>,
    /// The commands that come now were taken back: they go as soon as time goes on.
    is_undone: bool,
    /// How often what came after a place was dropped.
    cuts: u64,
    /// What happened, and was not taken yet.
    events: Vec<(NodeIx, Arc<Event>)>,
    /// How long it took to keep the last checkpoint, and since when it is kept.
    cost: (Duration, Stopwatch),
}

/// The lab between two things that are due.
pub struct Now<'a> {
    /// The lab.
    pub lab: &'a VirtualLab,
    /// What nodes told since the last look.
    pub new: &'a [(NodeIx, Arc<Event>)],
    given: usize,
}

impl Now<'_> {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place {
            at: self.lab.now(),
            steps: Some(self.lab.steps()),
            commands: Some(self.given),
        }
    }
}

/// A command, and when it was given.
struct Given {
    at: Time,
    ticket: Ticket,
    request: Request,
}

impl History {
    /// That of a lab which is just made. Its checkpoints take so much memory, in bytes, about.
    pub fn new(lab: VirtualLab, memory: u64) -> Self {
        let mut course = Course::new(lab);
        let events = course.take_events();
        Self {
            checkpoints: Checkpoints::new(course.clone(), memory),
            course,
            newest: None,
            commands: Vec::new(),
            is_undone: false,
            cuts: 0,
            events,
            cost: (Duration::ZERO, Stopwatch::start()),
        }
    }

    /// The lab, where it is.
    pub fn lab(&self) -> &VirtualLab {
        &self.course.lab
    }

    /// The same, for questions that it looks at its nodes for.
    pub(super) fn lab_mut(&mut self) -> &mut VirtualLab {
        &mut self.course.lab
    }

    /// What happened to each node last.
    pub(super) fn recent(&self) -> &[RecentEvents] {
        &self.course.recent
    }

    /// The newest moment, since the beginning.
    pub fn newest(&self) -> Duration {
        self.at_newest().elapsed()
    }

    fn at_newest(&self) -> &Course {
        self.newest.as_deref().unwrap_or(&self.course)
    }

    /// Where it is at the newest moment.
    pub fn newest_place(&self) -> Place {
        self.at_newest().place()
    }

    /// Whether this is the newest moment.
    pub fn is_newest(&self) -> bool {
        self.newest.is_none()
    }

    /// What stands out in all of it.
    pub fn marks(&self) -> &Marks {
        self.at_newest().lab.core().marks()
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.course.place()
    }

    /// Commands that were given after this place, and are still to hold.
    pub fn commands_ahead(&self) -> usize {
        match self.is_undone {
            true => 0,
            false => self.commands.len() - self.course.given,
        }
    }

    /// Whether a command was given before this place.
    pub fn has_given(&self, ticket: Ticket) -> bool {
        // Tickets count up.
        let given = &self.commands[..self.course.given];
        let found = given.binary_search_by_key(&ticket, |command| command.ticket);
        found.is_ok()
    }

    /// The place just before the last command.
    pub fn before_last_command(&self) -> Option<Place> {
        let nth = self.course.given.checked_sub(1)?;
        Some(Place {
            at: self.commands[nth].at,
            steps: None,
            commands: Some(nth),
        })
    }

    /// The commands that come now are taken back: they go as soon as time goes on from here.
    pub fn take_back(&mut self) {
        self.is_undone = true;
    }

    /// How often what came after a place was dropped.
    pub fn cuts(&self) -> u64 {
        self.cuts
    }

    /// What happened since this was last called, but for what was passed by a [jump](Self::jump).
    pub fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        std::mem::take(&mut self.events)
    }

    /// How many bytes its checkpoints take, about.
    pub fn weight(&self) -> u64 {
        self.checkpoints.weight()
    }

    /// Goes on up to the end of a moment, as long as `goes_on` says so, which is asked between any two
    /// things; whether it got there. Commands that were given on the way are given again.
    pub fn run(&mut self, until: Time, goes_on: impl FnMut(&Now<'_>) -> bool) -> bool {
        if std::mem::take(&mut self.is_undone) {
            self.forget_what_comes();
        }
        self.run_to(&Place::end_of(until), goes_on)
    }

    /// As [`History::run`], to a place.
    pub fn run_to(&mut self, place: &Place, mut goes_on: impl FnMut(&Now<'_>) -> bool) -> bool {
        if self.place() == *place {
            return true;
        }
        let is_there = |lab: &VirtualLab| {
            let has_done = |steps| lab.now() == place.at && lab.steps() >= steps;
            place.steps.is_some_and(has_done)
        };
        let has_ended = self.advance(place, |course, stop| {
            let (mut seen, given) = (0, course.given);
            course.run(stop, |lab| {
                let new = &lab.events()[seen..];
                seen = lab.events().len();
                goes_on(&Now { lab, new, given }) && !is_there(lab)
            })
        });
        has_ended || is_there(&self.course.lab)
    }

    /// Goes to where the way to a place is shortest. What happened there before is not told again.
    pub fn jump(&mut self, place: &Place) {
        self.jump_to(place, true);
    }

    fn jump_to(&mut self, place: &Place, from_anywhere: bool) {
        self.is_undone = false;
        let how_far = |course: &Course| (course.lab.now(), course.given, course.lab.steps());
        let is_on_the_way = |course: &&Course| from_anywhere && course.is_before(place);
        let near = self.checkpoints.before(place);
        let newest = self.newest.as_deref().filter(is_on_the_way);
        let best = newest.filter(|newest| how_far(newest) > how_far(near));
        let best = best.unwrap_or(near);
        if is_on_the_way(&&self.course) && how_far(&self.course) >= how_far(best) {
            return;
        }
        let left = std::mem::replace(&mut self.course, best.clone());
        self.newest.get_or_insert_with(|| Box::new(left));
        self.has_come();
        self.events.clear();
    }

    /// Gives the lab a command here, at the end of this instant. What came after is no more.
    pub fn command(&mut self, ticket: Ticket, request: Request) {
        self.forget_what_comes();
        let at = self.course.lab.now();
        self.commands.push(Given {
            at,
            ticket,
            request: request.clone(),
        });
        self.course.give(ticket, request);
        self.collect();
    }

    fn forget_what_comes(&mut self) {
        self.is_undone = false;
        self.cuts += 1;
        self.commands.truncate(self.course.given);
        self.checkpoints.forget_after(&self.course.place());
        self.newest = None;
    }

    /// Goes to the last checkpoint before a place, from which there is a way to it.
    pub fn jump_before(&mut self, place: &Place) {
        let just_before = Time(place.at.0.saturating_sub(1));
        self.jump_to(
            &Place::end_of(just_before.max(self.course.lab.since())),
            false,
        );
    }

    /// Goes on to a place by legs, between which commands are given and checkpoints kept.
    fn advance(&mut self, place: &Place, mut leg: impl FnMut(&mut Course, Time) -> bool) -> bool {
        let most = place.commands.unwrap_or(usize::MAX);
        loop {
            let next = self.commands.get(self.course.given);
            let next = next.filter(|next| self.course.given < most && next.at <= place.at);
            let until = next.map_or(place.at, |next| next.at);
            let stop = until.min(self.course.lab.now() + CLOSEST);
            let is_there = leg(&mut self.course, stop);
            if is_there && stop == until {
                let Some(next) = next else {
                    self.has_come();
                    return true;
                };
                self.course.give(next.ticket, next.request.clone());
            }
            self.has_come();
            if !is_there {
                return false;
            }
        }
    }

    /// Looks where it has come to.
    fn has_come(&mut self) {
        self.collect();
        let here = self.course.place();
        let has_all = self.course.given == self.commands.len();
        let is_newest = self
            .newest
            .as_ref()
            .is_some_and(|newest| newest.is_before(&here));
        if has_all && is_newest {
            self.newest = None;
        }
        self.keep();
    }

    fn collect(&mut self) {
        let events = self.course.take_events();
        self.events.extend(events);
    }

    /// Keeps a checkpoint if one belongs here, at the end of an instant, and not so often that it would hold up
    /// time.
    fn keep(&mut self) {
        let (cost, since) = &self.cost;
        let may = since.elapsed() >= *cost * COST_PART;
        if may && !self.course.is_within() && self.checkpoints.is_due(&self.course) {
            let began = Stopwatch::start();
            self.checkpoints.keep(&self.course, self.newest());
            self.cost = (began.elapsed(), Stopwatch::start());
        }
    }
}

#[cfg(test)]
mod tests;
