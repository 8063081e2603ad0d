//! One course of events of a lab, from its beginning to where it was played.

use super::checkpoints::Checkpoints;
use super::course::Course;
use super::entry::Entry;
use super::given::{Commands, Given};
use super::now::Now;
use super::origin::Origin;
use super::place::Place;
use super::seconds::{Second, until_next};
use crate::lab::ask::TimelineId;
use crate::lab::drive::VirtualLab;
use crate::node::Time;
use std::time::Duration;

/// One course of events.
pub(super) struct Timeline {
    pub(super) id: TimelineId,
    /// Where it began; `None`: with the lab.
    pub(super) origin: Option<Origin>,
    pub(super) course: Course,
    /// The lab at the newest moment, unless that is now.
    newest: Option<Box<Course>>,
    pub(super) checkpoints: Checkpoints,
    pub(super) commands: Commands,
    /// What it was like at the end of each second.
    pub(super) seconds: Vec<Second>,
    /// What it was like when it was played before, by the numbers of seconds.
    pub(super) was: Vec<(u32, Second)>,
    /// The first that is not what it was.
    pub(super) unlike: Option<(u32, Second)>,
}

impl Timeline {
    /// The first of a lab.
    pub(super) fn first(course: Course) -> Self {
        Self {
            id: TimelineId::FIRST,
            origin: None,
            checkpoints: Checkpoints::new(course.clone()),
            course,
            newest: None,
            commands: Commands::default(),
            seconds: Vec::new(),
            was: Vec::new(),
            unlike: None,
        }
    }

    /// One that begins where this one is. What was given later in this one is given again in it.
    pub(super) fn begin(&self, id: TimelineId, keeps_later: bool) -> Self {
        let (here, given) = (self.course.place(), self.course.given);
        let later = match keeps_later {
            true => self.commands.later(given),
            false => &[],
        };
        let again = later.iter().cloned().map(|later| Given {
            is_again: true,
            ..later
        });
        let before = self.commands.all()[..given].iter().cloned();
        let mut seconds = self.seconds.clone();
        seconds.truncate(usize::try_from(self.course.elapsed().as_secs()).unwrap_or(usize::MAX));
        Self {
            id,
            origin: Some(Origin {
                of: self.id,
                at: here.at,
                commands: given,
            }),
            course: self.course.clone(),
            newest: None,
            checkpoints: self.checkpoints.up_to(&here),
            commands: Commands::new(before.chain(again).collect()),
            seconds,
            was: Vec::new(),
            unlike: None,
        }
    }

    pub(super) fn at_newest(&self) -> &Course {
        self.newest.as_deref().unwrap_or(&self.course)
    }

    /// Whether something is after this place that would not be any more if it went on otherwise from here.
    pub(super) fn is_past(&self) -> bool {
        self.newest.is_some() || self.commands.is_undone()
    }

    /// Whether this is the newest moment.
    pub(super) fn is_newest(&self) -> bool {
        self.newest.is_none()
    }

    /// Goes on to a place, as long as `goes_on` says so between any two things; whether it got there.
    pub(super) fn run_to(
        &mut self,
        place: &Place,
        mut goes_on: impl FnMut(&Now<'_>) -> bool,
        mut at_stop: impl FnMut(&mut Self, Option<Entry>),
    ) -> bool {
        let is_there = |lab: &VirtualLab| {
            let has_done = |steps| lab.now() == place.at && lab.steps() >= steps;
            place.steps.is_some_and(has_done)
        };
        let leg = |course: &mut Course, stop| {
            let (mut seen, given) = (0, course.given);
            course.run(stop, |lab| {
                let new = &lab.events()[seen..];
                seen = lab.events().len();
                goes_on(&Now { lab, new, given }) && !is_there(lab)
            })
        };
        self.advance(place, leg, &mut at_stop) || is_there(&self.course.lab)
    }

    /// Goes on to a place by legs, between which commands are given and checkpoints kept.
    fn advance(
        &mut self,
        place: &Place,
        mut leg: impl FnMut(&mut Course, Time) -> bool,
        at_stop: &mut impl FnMut(&mut Self, Option<Entry>),
    ) -> bool {
        loop {
            let next = self.commands.on_the_way(self.course.given, place);
            let next = next.map(|next| next.at);
            let until = next.unwrap_or(place.at);
            let second = self.course.lab.now() + until_next(self.course.elapsed());
            let stop = until.min(second);
            let has_come = leg(&mut self.course, stop);
            let ended = self.end_second();
            let is_due = has_come && stop == until;
            if is_due && next.is_some() {
                self.give_next();
            }
            self.has_come();
            at_stop(self, ended);
            if !has_come || is_due && next.is_none() {
                return has_come;
            }
        }
    }

    /// Gives the command that comes next, here.
    fn give_next(&mut self) {
        let nth = self.course.given;
        let next = &self.commands.all()[nth];
        let (ticket, is_tried) = (next.ticket, next.tries > 0);
        self.course.give(ticket, next.request.clone());
        if is_tried && self.course.lab.takes_back_refusal(ticket) {
            self.commands.put_off(nth);
        }
    }

    /// Gives the lab a command here, at the end of this instant. The second that ends with it, if it does for the
    /// first time.
    pub(super) fn command(&mut self, given: Given) -> Option<Entry> {
        self.course.finish_instant();
        let ended = self.end_second();
        self.commands.insert(self.course.given, given);
        self.give_next();
        ended
    }

    /// Puts down what a second was like that ends here for the first time.
    fn end_second(&mut self) -> Option<Entry> {
        if self.course.is_within() {
            return None;
        }
        let lab = &self.course.lab;
        let (nth, second) = Second::ending(lab)?;
        if self.seconds.len() + 1 != nth {
            return None;
        }
        self.seconds.push(second);
        let n = u32::try_from(nth).ok()?;
        let was = self.was.binary_search_by_key(&n, |(n, _)| *n);
        if was.is_ok_and(|at| self.was[at].1 != second) {
            self.unlike.get_or_insert((n, second));
        }
        Some(Entry::second(n, second, lab.core().marks()))
    }

    /// Looks where it has come to.
    pub(super) fn has_come(&mut self) {
        let here = self.course.place();
        self.newest.take_if(|newest| newest.is_before(&here));
    }

    /// Goes to where the way to a place is shortest; whether it went away from here. `from_anywhere`: also from
    /// here or from the newest moment, and not only from a checkpoint.
    pub(super) fn jump_to(&mut self, place: &Place, from_anywhere: bool) -> bool {
        self.commands.hold();
        let how_far = |course: &Course| (course.lab.now(), course.given, course.lab.steps());
        let is_on_the_way = |course: &&Course| from_anywhere && course.is_before(place);
        let near = self.checkpoints.before(place);
        let newest = self.newest.as_deref().filter(is_on_the_way);
        let best = newest.filter(|newest| how_far(newest) > how_far(near));
        let best = best.unwrap_or(near);
        if is_on_the_way(&&self.course) && how_far(&self.course) >= how_far(best) {
            return false;
        }
        let left = std::mem::replace(&mut self.course, best.clone());
        self.newest.get_or_insert_with(|| Box::new(left));
        self.has_come();
        true
    }

    /// The end of the last instant before a place.
    pub(super) fn just_before(&self, place: &Place) -> Place {
        let just_before = Time(place.at.0.saturating_sub(1));
        Place::end_of(just_before.max(self.course.lab.since()))
    }

    /// How long it has gone on at its newest moment.
    pub(super) fn reaches(&self) -> Duration {
        self.at_newest().elapsed()
    }
}
