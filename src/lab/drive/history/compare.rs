//! Two timelines in step, and what was first different in them.

use super::timeline::Timeline;
use super::{History, Now, Place};
use crate::lab::ask::TimelineId;
use crate::lab::drive::VirtualLab;
use crate::lab::view::{Different, FirstDifference, Mark};
use crate::node::io::Event;
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What happened in a second, by nodes.
type Events = Vec<(NodeIx, Arc<Event>)>;

/// Two timelines that are held against each other.
pub struct Compared {
    /// The older one, and the other.
    pub(super) pair: [TimelineId; 2],
    search: Search,
}

/// How far the search for the first difference is.
enum Search {
    /// It has not begun: every second was the same so far.
    Waits,
    /// All that happened up to here is the same.
    Alike(Box<[Timeline; 2]>, Duration),
    /// It is found, and whether it happens later in the other is looked for.
    Later(Box<Timeline>, Box<Different>, NodeIx, Arc<Event>),
    Found(Box<Different>),
}

impl History {
    /// Holds another timeline against the one that is shown, from now on; `None`: none any more.
    ///
    /// # Errors
    /// In words: there is none of this name, or it is the one that is shown.
    pub fn compare(&mut self, with: Option<TimelineId>) -> Result<(), String> {
        let Some(with) = with else {
            self.compared = None;
            return Ok(());
        };
        self.find(with)?;
        let shown = self.timeline();
        if with == shown {
            return Err(format!("timeline {with} is the one that is shown"));
        }
        self.compared = Some(Compared {
            pair: [shown.min(with), shown.max(with)],
            search: Search::Waits,
        });
        Ok(())
    }

    /// The pair that is compared, the older one first.
    pub fn compared(&self) -> Option<[TimelineId; 2]> {
        self.compared.as_ref().map(|compared| compared.pair)
    }

    /// A timeline's lab, where that is.
    pub fn lab_of(&self, id: TimelineId) -> Option<&VirtualLab> {
        let nth = self.find(id).ok()?;
        Some(&self.timelines[nth].course.lab)
    }

    /// What stands out in a timeline, up to its newest moment.
    pub fn marks_of(&self, id: TimelineId) -> Vec<Mark> {
        let timeline = self.find(id).ok().map(|nth| &self.timelines[nth]);
        let lab = timeline.map(|timeline| &timeline.at_newest().lab);
        let marks = lab.into_iter().flat_map(|lab| lab.core().marks().iter());
        marks.copied().collect()
    }

    /// Brings the timeline that is compared to the moment of the one that is shown, as long as `goes_on` says so;
    /// whether it is there. One that is gone is not compared any more.
    pub fn keep_step(&mut self, goes_on: impl FnMut(&Now<'_>) -> bool) -> bool {
        let Some(compared) = &self.compared else {
            return true;
        };
        let shown = self.timeline();
        let [one, other] = compared.pair;
        let beside = if one == shown { other } else { one };
        let is_pair = one == shown || other == shown;
        let Some(nth) = self.find(beside).ok().filter(|_| is_pair) else {
            self.compared = None;
            return true;
        };
        let place = Place::end_of(self.lab().now());
        let room = self.memory / self.timelines.len() as u64;
        let cost = &mut self.cost;
        let timeline = &mut self.timelines[nth];
        if timeline.course.place().is_same(&place) {
            return true;
        }
        if !timeline.course.is_before(&place) {
            timeline.jump_to(&place, true);
        }
        timeline.run_to(&place, goes_on, |timeline, _| {
            drop(timeline.course.take_events());
            super::keep(timeline, room, cost);
        })
    }

    /// Looks on for what was first different in the two that are compared, a second at a time as long as
    /// `goes_on`; whether all is looked at up to this moment.
    pub fn look_for_difference(&mut self, mut goes_on: impl FnMut() -> bool) -> bool {
        let Some(mut compared) = self.compared.take() else {
            return true;
        };
        let to = Duration::from_secs(self.lab().elapsed().as_secs());
        let mut is_done = false;
        while !is_done && goes_on() {
            is_done = self.look_on(&mut compared, to);
        }
        self.compared = Some(compared);
        is_done
    }

    /// A step of the search; whether there is nothing more to do by this moment.
    fn look_on(&self, compared: &mut Compared, to: Duration) -> bool {
        let search = std::mem::replace(&mut compared.search, Search::Waits);
        let (next, is_done) = match search {
            Search::Waits => self.begin_search(compared.pair, to),
            Search::Alike(pair, at) if at >= to => (Search::Alike(pair, at), true),
            Search::Alike(pair, at) => (search_second(compared.pair, pair, at), false),
            Search::Later(timeline, different, ix, event) => {
                later(timeline, different, (ix, event), to)
            }
            Search::Found(different) => (Search::Found(different), true),
        };
        compared.search = next;
        is_done
    }

    /// From the end of the last second that was the same in both.
    fn begin_search(&self, pair: [TimelineId; 2], to: Duration) -> (Search, bool) {
        let [Ok(one), Ok(other)] = pair.map(|id| self.find(id)) else {
            return (Search::Waits, true);
        };
        let (one, other) = (&self.timelines[one], &self.timelines[other]);
        let both = one.seconds.iter().zip(&other.seconds);
        let same = both.take_while(|(one, other)| one == other).count() as u64;
        let at = Duration::from_secs(same);
        if at >= to {
            return (Search::Waits, true);
        }
        let begin = |timeline: &Timeline| timeline.aside(timeline.course.lab.since() + at);
        (
            Search::Alike(Box::new([begin(one), begin(other)]), at),
            false,
        )
    }

    /// What was first different in the two that are compared, as far as that is known.
    pub fn first_difference(&self) -> Option<FirstDifference> {
        let compared = self.compared.as_ref()?;
        let now = Duration::from_secs(self.lab().elapsed().as_secs());
        Some(match &compared.search {
            Search::Waits => FirstDifference::None(now),
            Search::Alike(_, at) if *at >= now => FirstDifference::None(*at),
            Search::Alike(_, at) => FirstDifference::Searching(*at),
            Search::Later(_, different, ..) | Search::Found(different) => {
                FirstDifference::Found(different.clone())
            }
        })
    }
}

/// Looks whether the same happens in the next second of both.
fn search_second(names: [TimelineId; 2], mut pair: Box<[Timeline; 2]>, at: Duration) -> Search {
    let end = at + SECOND;
    let [one, other] = &mut *pair;
    let events = [one, other].map(|timeline| second(timeline, end));
    let both = events[0].iter().zip(&events[1]);
    let same = both.take_while(|(one, other)| one == other).count();
    let [one, other] = [0, 1].map(|side: usize| events[side].get(same));
    let side = match (one, other) {
        (None, None) => return Search::Alike(pair, end),
        (Some(one), Some(other)) => usize::from(other.1.at < one.1.at),
        (one, _) => usize::from(one.is_none()),
    };
    let (ix, event) = events[side][same].clone();
    let lab = &pair[side].course.lab;
    let different = Box::new(Different {
        at: event.at.since(lab.since()),
        node: lab.core().name(ix).into(),
        happened_in: names[side],
        words: event.kind.words().into(),
        other: names[1 - side],
        later: None,
        looked_to: end,
    });
    let mut rest = events[1 - side][same..].iter();
    if let Some(later) = rest.find(|later| is_alike(later, (ix, &event))) {
        let later = Some(later.1.at.since(lab.since()));
        return Search::Found(Box::new(Different {
            later,
            ..*different
        }));
    }
    let [one, other] = *pair;
    let elsewhere = if side == 0 { other } else { one };
    Search::Later(Box::new(elsewhere), different, ix, event)
}

/// Whether the same happens to the same node.
fn is_alike((ix, event): &(NodeIx, Arc<Event>), other: (NodeIx, &Arc<Event>)) -> bool {
    *ix == other.0 && event.kind == other.1.kind
}

/// Looks in the next second whether it happens there.
fn later(
    mut timeline: Box<Timeline>,
    mut different: Box<Different>,
    what: (NodeIx, Arc<Event>),
    to: Duration,
) -> (Search, bool) {
    let (ix, event) = what;
    if different.looked_to >= to {
        return (Search::Later(timeline, different, ix, event), true);
    }
    different.looked_to += SECOND;
    let events = second(&mut timeline, different.looked_to);
    let found = events.iter().find(|later| is_alike(later, (ix, &event)));
    match found {
        Some((_, found)) => {
            different.later = Some(found.at.since(timeline.course.lab.since()));
            (Search::Found(different), true)
        }
        None => (Search::Later(timeline, different, ix, event), false),
    }
}

/// What happens in a timeline up to the end of a moment.
fn second(timeline: &mut Timeline, end: Duration) -> Events {
    let place = Place::end_of(timeline.course.lab.since() + end);
    let mut events = Vec::new();
    timeline.run_to(
        &place,
        |_| true,
        |timeline, _| events.extend(timeline.course.take_events()),
    );
    events
}

impl Timeline {
    /// Another that goes on from a moment as this one does, and is nowhere shown.
    fn aside(&self, at: Time) -> Self {
        let place = Place::end_of(at);
        let mut aside = self.begin(self.id, true);
        aside.commands = self.commands.clone();
        aside.checkpoints = self.checkpoints.up_to(&place);
        aside.course = self.checkpoints.before(&place).clone();
        aside.run_to(
            &place,
            |_| true,
            |timeline, _| drop(timeline.course.take_events()),
        );
        aside
    }
}
