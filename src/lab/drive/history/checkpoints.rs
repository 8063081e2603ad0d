//! The lab as it was at moments in its past.
//!
//! The older a moment is, the fewer there are about it: at age `a` they are at most `a / 8` apart, but no
//! closer than a second. So a run of any length has some dozens, and the way from the nearest to any moment
//! is short beside the way back. Around the present moment, if that is in the past, they are as close as
//! around the newest, so that single steps back are short as well. When they take more memory than they may,
//! the ones go that are the closest for their age, so that they are further apart everywhere.

use super::course::Course;
use super::place::Place;
use std::sync::Arc;
use std::time::Duration;

/// They need not be closer than this.
pub(super) const APART: Duration = Duration::from_secs(1);

/// So many parts of its age a checkpoint may be away from the next.
const PARTS: u32 = 8;

/// The lab at moments, in their order; the first is the beginning. Timelines share those that they have in
/// common.
pub(super) struct Checkpoints {
    all: Vec<Arc<Course>>,
}

impl Checkpoints {
    pub(super) fn new(beginning: Course) -> Self {
        Self {
            all: vec![Arc::new(beginning)],
        }
    }

    /// Those before a place.
    pub(super) fn up_to(&self, place: &Place) -> Self {
        let before = self.all.iter().filter(|course| course.is_before(place));
        Self {
            all: before.cloned().collect(),
        }
    }

    /// The last one before a place.
    pub(super) fn before(&self, place: &Place) -> &Course {
        let after = self.all.partition_point(|course| course.is_before(place));
        &self.all[after.saturating_sub(1)]
    }

    /// Whether another one belongs here.
    pub(super) fn is_due(&self, course: &Course) -> bool {
        let here = course.place();
        let near = self.before(&here);
        let after = self.all.partition_point(|other| other.is_before(&here));
        let next = self.all.get(after);
        let is_far = |other: &Course| other.elapsed().abs_diff(course.elapsed()) >= APART;
        is_far(near) && next.is_none_or(|next| is_far(next))
    }

    /// Keeps the lab as it is; `newest` is the newest moment that there has been. Checkpoints that are not
    /// needed any more go, and those that take more memory than `room`, in bytes.
    pub(super) fn keep(&mut self, course: &Course, newest: Duration, room: u64) {
        let here = course.place();
        let at = self.all.partition_point(|other| other.is_before(&here));
        self.all.insert(at, Arc::new(course.clone()));
        let now = course.elapsed();
        self.thin(now, newest);
        while self.weight() > room && self.drop_one(now, newest) {}
    }

    fn thin(&mut self, now: Duration, newest: Duration) {
        let mut nth = 1;
        while nth + 1 < self.all.len() {
            let before = self.all[nth - 1].elapsed();
            if self.gap_without(nth, newest) <= apart(before, now, newest) {
                self.all.remove(nth);
            } else {
                nth += 1;
            }
        }
    }

    /// Drops the one that is missed least; whether there was one beside the beginning.
    pub(super) fn drop_one(&mut self, now: Duration, newest: Duration) -> bool {
        let has_any = self.all.len() > 1;
        if has_any {
            self.all.remove(self.least_missed(now, newest));
        }
        has_any
    }

    /// The one without which the gap is the shortest beside its age. The beginning stays.
    fn least_missed(&self, now: Duration, newest: Duration) -> usize {
        let missed = |nth: &usize| {
            let apart = apart(self.all[*nth].elapsed(), now, newest);
            self.gap_without(*nth, newest).div_duration_f64(apart)
        };
        let least = (1..self.all.len()).min_by(|a, b| missed(a).total_cmp(&missed(b)));
        least.expect("there are two at least")
    }

    /// How far the ones around this one are from each other; behind the last is the newest moment.
    fn gap_without(&self, nth: usize, newest: Duration) -> Duration {
        let after = self
            .all
            .get(nth + 1)
            .map_or(newest, |course| course.elapsed());
        after.saturating_sub(self.all[nth - 1].elapsed())
    }

    /// About how much memory they take, in bytes: of one that several timelines have, each takes its part.
    pub(super) fn weight(&self) -> u64 {
        let first = self.all.first().into_iter();
        let pairs = first.chain(&self.all).zip(&self.all);
        let weights = pairs.map(|(earlier, course)| {
            course.lab.weight_beside(&earlier.lab) / Arc::strong_count(course)
        });
        in_bytes(weights.sum())
    }

    /// About how much a later moment takes beside them.
    pub(super) fn weight_after(&self, later: &Course) -> u64 {
        let last = self.all.last().map_or(&later.lab, |last| &last.lab);
        in_bytes(later.lab.weight_beside(last))
    }

    #[cfg(test)]
    pub(super) fn moments(&self) -> Vec<Duration> {
        self.all.iter().map(|course| course.elapsed()).collect()
    }
}

fn in_bytes(bytes: usize) -> u64 {
    bytes.try_into().unwrap_or(u64::MAX)
}

/// How far the one after this moment may be from it.
fn apart(at: Duration, now: Duration, newest: Duration) -> Duration {
    let ages = [newest, now].map(|anchor| anchor.checked_sub(at));
    let age = ages.into_iter().flatten().min().unwrap_or_default();
    (age / PARTS).max(APART)
}
