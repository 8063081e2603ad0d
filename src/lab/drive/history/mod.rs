//! A lab in virtual time that can go back, and otherwise on.
//!
//! A lab is a state machine: from the same state and the same commands at the same moments the same comes,
//! to the last byte. So nothing needs to be undone: a [`History`] keeps the lab as it was at some
//! [moments](checkpoints), and every command with its place. To go to a moment it takes the nearest of
//! these before it, and plays on from there.
//!
//! ```text
//! beginning                         here                    newest
//!  A ├────┼──────────┼──┬──────┼──────▼┄┄┄┄┄┄┼┄┄┄┄┼┄┄┄┼┄┄┼┄┄┤     ┼ a checkpoint
//!    └─────>────────────┊──────────────┄┄┄┄┄┄>┄┄┄┄┄┄┄┄┄┄┄┄┄┘      > a command
//!  B                    └>────┼────┤
//! ```
//!
//! What is asked for in the past begins another [timeline](Timeline), and the old one stays as it is: what was
//! given later by hand is given again in the new one, at its times. One of them is shown, one may be
//! [beside](History::compare) it.
//!
//! What comes back with time is in a [`Course`]. Who waits for what, and what was told to others, is not here,
//! and never comes back.

mod checkpoints;
mod compare;
mod course;
mod entry;
mod given;
mod judge;
mod now;
mod origin;
mod place;
mod planned;
mod seconds;
mod timeline;
mod timelines;
mod told;

pub use self::compare::Compared;
pub use self::entry::Entry;
pub use self::given::Given;
pub(super) use self::judge::Judge;
pub use self::now::Now;
pub use self::origin::Origin;
pub use self::place::Place;
pub use self::planned::Planned;
pub use self::seconds::{Second, end_hash, run_hash};
pub(super) use self::told::Watch;

use self::course::Course;
use self::timeline::Timeline;
use super::VirtualLab;
use crate::lab::ask::{Answer, Named, Request, Ticket, TimelineId};
use crate::lab::control::RecentEvents;
use crate::lab::observe::marks::Marks;
use crate::live::Stopwatch;
use crate::node::io::{CommandError, Event};
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

/// Keeping a checkpoint may take one in so many parts of the time.
const COST_PART: u32 = 16;

/// Timelines that are kept beside each other: as many as a screen can list.
pub const TIMELINES_MAX: usize = 8;

/// A lab, and what it takes to come to any moment of its past again.
pub struct History {
    /// Its timelines, the oldest first.
    timelines: Vec<Timeline>,
    /// Which of them is shown.
    shown: usize,
    /// The one that began last.
    last: TimelineId,
    /// Memory that all of it may take, in bytes, about.
    memory: u64,
    /// How often what came after a place was dropped, or another timeline was shown.
    cuts: u64,
    /// The timeline that has begun, and was not told of yet.
    begun: Option<Begun>,
    /// The two that are held against each other.
    compared: Option<Compared>,
    /// What there is to be put down, if it is.
    journal: Option<Vec<Entry>>,
    /// What happened, and was not taken yet.
    events: Vec<(NodeIx, Arc<Event>)>,
    /// How long it took to keep the last checkpoint, and since when it is kept.
    cost: (Duration, Stopwatch),
}

/// Another timeline has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Which.
    pub id: TimelineId,
    /// From which.
    pub of: TimelineId,
    /// So many commands are given again in it.
    pub again: usize,
    /// The one that was dropped for it.
    pub dropped: Option<TimelineId>,
}

/// A timeline, as it is known from outside.
#[derive(Clone, Copy)]
pub struct TimelineInfo<'a> {
    /// Its name.
    pub id: TimelineId,
    /// Where it began; `None`: with the lab.
    pub origin: Option<Origin>,
    /// How far it was played.
    pub reaches: Duration,
    /// The lab there.
    pub newest: &'a VirtualLab,
    /// What was given in it by hand, also what is still to come.
    pub commands: &'a [Given],
    /// What it was like at the end of each second.
    pub seconds: &'a [Second],
    /// What stands out in it.
    pub marks: &'a Marks,
    /// It is shown.
    pub is_shown: bool,
}

impl History {
    /// That of a lab which is just made. Its checkpoints take so much memory, in bytes, about.
    pub fn new(lab: VirtualLab, memory: u64) -> Self {
        let mut course = Course::new(lab);
        let events = course.take_events();
        Self {
            timelines: vec![Timeline::first(course)],
            shown: 0,
            last: TimelineId::FIRST,
            memory,
            cuts: 0,
            begun: None,
            compared: None,
            journal: None,
            events,
            cost: (Duration::ZERO, Stopwatch::start()),
        }
    }

    fn shown(&self) -> &Timeline {
        &self.timelines[self.shown]
    }

    fn shown_mut(&mut self) -> &mut Timeline {
        &mut self.timelines[self.shown]
    }

    /// The lab, where it is.
    pub fn lab(&self) -> &VirtualLab {
        &self.shown().course.lab
    }

    /// The same, for questions that it looks at its nodes for.
    pub(super) fn lab_mut(&mut self) -> &mut VirtualLab {
        &mut self.shown_mut().course.lab
    }

    /// What happened to each node last.
    pub(super) fn recent(&self) -> &[RecentEvents] {
        &self.shown().course.recent
    }

    /// The newest moment, since the beginning.
    pub fn newest(&self) -> Duration {
        self.shown().reaches()
    }

    /// Where it is at the newest moment.
    pub fn newest_place(&self) -> Place {
        self.shown().at_newest().place()
    }

    /// Whether this is the newest moment.
    pub fn is_newest(&self) -> bool {
        self.shown().is_newest()
    }

    /// What stands out in all of it.
    pub fn marks(&self) -> &Marks {
        self.shown().at_newest().lab.core().marks()
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.shown().course.place()
    }

    /// Commands that are still to be given in what is shown.
    pub fn commands_ahead(&self) -> usize {
        let shown = self.shown();
        shown.commands.later(shown.course.given).len()
    }

    /// The commands that were given before this place, in what is shown.
    pub fn given(&self) -> &[Given] {
        let shown = self.shown();
        &shown.commands.all()[..shown.course.given]
    }

    /// Whether a command was given before this place.
    pub fn has_given(&self, ticket: Ticket) -> bool {
        let mut given = self.given().iter();
        given.any(|command| command.ticket == ticket)
    }

    /// The command with this ticket, if it is one that is given again here.
    pub fn given_again(&self, ticket: Ticket) -> Option<&Given> {
        let mut all = self.shown().commands.all().iter();
        all.find(|command| command.ticket == ticket && command.is_again)
    }

    /// The place just before the last command, and which command would be the first to hold again if all from
    /// there on were taken back.
    pub fn before_last_command(&self) -> Option<(Place, usize)> {
        let shown = self.shown();
        let given = shown.course.given;
        let (to, last) = shown.commands.undo(given)?;
        Some((Place::before(last.at, given - 1), to))
    }

    /// The commands that come now are taken back, up to this one: they go as soon as time goes on from here.
    pub fn take_back(&mut self, to: usize) {
        self.shown_mut().commands.take_back(to);
    }

    /// How often what came after a place was dropped, or another timeline was shown.
    pub fn cuts(&self) -> u64 {
        self.cuts
    }

    /// What happened since this was last called, but for what was passed by a [jump](Self::jump).
    pub fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        std::mem::take(&mut self.events)
    }

    /// What the lab has answered since this was last called.
    pub fn take_answers(&mut self) -> Vec<(Ticket, Result<Answer, CommandError>)> {
        self.lab_mut().take_answers()
    }

    /// Goes on up to the end of a moment, as long as `goes_on` says so, which is asked between any two
    /// things; whether it got there. Commands that were given on the way are given again, and without those that
    /// are taken back another timeline begins.
    pub fn run(&mut self, until: Time, goes_on: impl FnMut(&Now<'_>) -> bool) -> bool {
        if self.shown().commands.is_undone() {
            self.begin(true);
        }
        self.run_to(&Place::end_of(until), goes_on)
    }

    /// As [`History::run`], to a place.
    pub fn run_to(&mut self, place: &Place, goes_on: impl FnMut(&Now<'_>) -> bool) -> bool {
        if self.place() == *place {
            return true;
        }
        let room = self.room();
        let (events, cost, journal) = (&mut self.events, &mut self.cost, &mut self.journal);
        let timeline = &mut self.timelines[self.shown];
        timeline.run_to(place, goes_on, |timeline, ended| {
            events.extend(timeline.course.take_events());
            keep(timeline, room, cost);
            let entries = ended.zip(journal.as_mut());
            entries
                .into_iter()
                .for_each(|(ended, journal)| journal.push(ended));
        })
    }

    /// Goes to where the way to a place is shortest. What happened there before is not told again.
    pub fn jump(&mut self, place: &Place) {
        self.jump_to(place, true);
    }

    /// Goes to the last checkpoint before a place, from which there is a way to it.
    pub fn jump_before(&mut self, place: &Place) {
        let before = self.shown().just_before(place);
        self.jump_to(&before, false);
    }

    fn jump_to(&mut self, place: &Place, from_anywhere: bool) {
        if self.shown_mut().jump_to(place, from_anywhere) {
            self.shown_mut().course.take_events();
            self.events.clear();
        }
    }

    /// Gives the lab a command here, at the end of this instant. In the past that begins another timeline.
    pub fn command(&mut self, ticket: Ticket, request: Request) {
        let request = self.named(request);
        if self.shown().is_past() {
            self.begin(true);
        }
        let timeline = &mut self.timelines[self.shown];
        let given = Given {
            at: timeline.course.lab.now(),
            ticket,
            request,
            is_again: false,
            tries: 0,
        };
        let n = timeline.course.given;
        let ended = timeline.command(given.clone());
        timeline.has_come();
        self.events.extend(timeline.course.take_events());
        ended.into_iter().for_each(|ended| self.note(ended));
        self.note(Entry::Command { n, given });
    }

    /// Something is to be put down.
    fn note(&mut self, entry: Entry) {
        self.journal
            .iter_mut()
            .for_each(|journal| journal.push(entry.clone()));
    }

    /// From now on what happens is put down, for [`History::take_entries`].
    pub fn record(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// What was put down since this was last called.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        self.journal.iter_mut().flat_map(std::mem::take).collect()
    }

    /// The lab at the newest moment.
    pub fn at_newest(&self) -> &VirtualLab {
        &self.shown().at_newest().lab
    }

    /// A request with the names of nodes.
    fn named(&self, request: Request) -> Request<Named> {
        let core = self.lab().core();
        let named =
            request.of(|ix| Ok::<_, std::convert::Infallible>(Some(core.name(ix).to_owned())));
        match named {
            Ok(named) => named,
            Err(never) => match never {},
        }
    }
}

/// Keeps a checkpoint if one belongs here, at the end of an instant, and not so often that it would hold up
/// time.
fn keep(timeline: &mut Timeline, room: u64, cost: &mut (Duration, Stopwatch)) {
    let may = cost.1.elapsed() >= cost.0 * COST_PART;
    let course = &timeline.course;
    if may && !course.is_within() && timeline.checkpoints.is_due(course) {
        let began = Stopwatch::start();
        let newest = timeline.reaches();
        timeline.checkpoints.keep(&timeline.course, newest, room);
        *cost = (began.elapsed(), Stopwatch::start());
    }
}

#[cfg(test)]
mod tests;
