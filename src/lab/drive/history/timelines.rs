//! The timelines of a lab: which there are, which is shown, and how much memory each has.

use super::timeline::Timeline;
use super::{Begun, Entry, History, Place, TIMELINES_MAX, TimelineInfo};
use crate::lab::ask::TimelineId;

impl History {
    /// All timelines, the oldest first.
    pub fn timelines(&self) -> impl ExactSizeIterator<Item = TimelineInfo<'_>> {
        let shown = self.shown().id;
        self.timelines.iter().map(move |timeline| TimelineInfo {
            id: timeline.id,
            origin: timeline.origin,
            reaches: timeline.reaches(),
            commands: timeline.commands.all(),
            newest: &timeline.at_newest().lab,
            seconds: &timeline.seconds,
            marks: timeline.at_newest().lab.core().marks(),
            is_shown: timeline.id == shown,
        })
    }

    /// The one that is shown.
    pub fn timeline(&self) -> TimelineId {
        self.shown().id
    }

    /// Which one has this name.
    ///
    /// # Errors
    /// In words: none has.
    pub(in crate::lab::drive) fn find(&self, id: TimelineId) -> Result<usize, String> {
        let found = self.timelines.iter().position(|timeline| timeline.id == id);
        found.ok_or_else(|| {
            let names: Vec<_> = self
                .timelines
                .iter()
                .map(|one| one.id.to_string())
                .collect();
            format!("there is no timeline {id}; there is {}", names.join(", "))
        })
    }

    /// Begins a timeline here, and shows it. If there are too many, the oldest goes that is not shown.
    pub(super) fn begin(&mut self, keeps_later: bool) {
        let of = self.shown();
        let id = self.last.next();
        let timeline = of.begin(id, keeps_later);
        let begun = Begun {
            id,
            of: of.id,
            again: timeline.commands.all().len() - timeline.course.given,
            dropped: None,
        };
        self.last = id;
        self.note_left();
        self.note(Entry::Begun {
            id,
            origin: timeline.origin.expect("it has just begun"),
            again: timeline.commands.all()[timeline.course.given..].to_vec(),
        });
        self.timelines[self.shown].leave();
        let dropped = (self.timelines.len() == TIMELINES_MAX).then(|| self.timelines.remove(0).id);
        dropped
            .into_iter()
            .for_each(|dropped| self.note(Entry::Dropped(dropped)));
        self.timelines.push(timeline);
        self.shown = self.timelines.len() - 1;
        self.cuts += 1;
        self.begun = Some(Begun { dropped, ..begun });
    }

    /// Shows another timeline. Where it is to be gone to: this moment, or its newest one if it was not played so
    /// far. One that is not there is not shown.
    pub fn switch(&mut self, id: TimelineId) -> Place {
        let here = Place::end_of(self.lab().now());
        if let Ok(nth) = self.find(id)
            && nth != self.shown
        {
            self.note_left();
            self.timelines[self.shown].leave();
            self.shown = nth;
            self.cuts += 1;
            self.events.clear();
            self.note(Entry::Shown(id));
        }
        let newest = self.newest_place();
        if newest.at() < here.at() {
            newest
        } else {
            here
        }
    }

    fn note_left(&mut self) {
        if self.journal.is_some() {
            self.note(Entry::left(self.at_newest()));
        }
    }

    /// Drops a timeline.
    ///
    /// # Errors
    /// In words: there is none of this name, or it is shown.
    pub fn drop_timeline(&mut self, id: TimelineId) -> Result<(), String> {
        let nth = self.find(id)?;
        if nth == self.shown {
            return Err(format!(
                "timeline {id} is shown: switch to another one first"
            ));
        }
        self.timelines.remove(nth);
        self.shown -= usize::from(nth < self.shown);
        self.cuts += 1;
        self.note(Entry::Dropped(id));
        Ok(())
    }

    /// What was given by hand later than here is not given any more. In the past that begins another timeline.
    /// How many commands that were.
    pub fn drop_later(&mut self) -> usize {
        let ahead = self.commands_ahead();
        if ahead > 0 && self.shown().is_past() {
            self.begin(false);
        }
        let shown = self.shown_mut();
        let given = shown.course.given;
        shown.commands.truncate(given);
        if ahead > 0 {
            self.note(Entry::DroppedLater { n: given });
        }
        ahead
    }

    /// The timeline that has begun since this was last called.
    pub fn take_begun(&mut self) -> Option<Begun> {
        self.begun.take()
    }

    /// How many bytes it takes to go back, and to other timelines, about.
    pub fn weight(&self) -> u64 {
        let shown = self.shown().checkpoints.weight();
        let others = (0..self.timelines.len()).filter(|nth| *nth != self.shown);
        shown + others.map(|nth| self.timelines[nth].weight()).sum::<u64>()
    }

    /// How much memory the one that is shown may take: what the others leave, which take no more than their
    /// parts.
    pub(super) fn room(&mut self) -> u64 {
        let part = self.memory / self.timelines.len() as u64;
        let mut left = self.memory;
        for (nth, timeline) in self.timelines.iter_mut().enumerate() {
            if nth != self.shown {
                left = left.saturating_sub(timeline.fit_into(part));
            }
        }
        left.max(part)
    }
}

impl Timeline {
    /// It is not shown any more: where it was is not kept.
    fn leave(&mut self) {
        self.commands.hold();
        let newest = self.newest_place();
        self.jump_to(&newest, true);
        drop(self.course.take_events());
    }

    fn newest_place(&self) -> Place {
        self.at_newest().place()
    }

    /// How many bytes it takes while it is not shown, about; of what it shares with others its part.
    fn weight(&self) -> u64 {
        self.checkpoints.weight() + self.checkpoints.weight_after(&self.course)
    }

    /// Has it take no more than so many bytes, if that can be; what it takes.
    fn fit_into(&mut self, room: u64) -> u64 {
        let (now, newest) = (self.course.elapsed(), self.reaches());
        while self.weight() > room && self.checkpoints.drop_one(now, newest) {}
        self.weight()
    }
}
