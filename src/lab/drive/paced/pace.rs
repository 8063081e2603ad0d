//! How fast a lab goes: where it is to be by now, and what was reached.
//!
//! It is anchored anew at each change, pause and leap. A machine that is too slow for its lab falls behind. It
//! works that off as long as it is no more than [`BEHIND_MAX`]; what is more is lost, and the lab goes on later
//! rather than in leaps.

use crate::lab::spec::Speed;
use crate::node::Time;
use std::time::Duration;

/// How far a lab may fall behind the clock on the wall and catch up.
const BEHIND_MAX: Duration = Duration::from_millis(250);

/// How long is measured what is reached.
const MEASURED: Duration = Duration::from_secs(1);

/// What is less than so many percent of what was asked for is told.
const KEPT_UP: u128 = 90;

/// Where a lab is to be by now.
pub(super) struct Pace {
    speed: Speed,
    /// Where it was when the clock had run for so long.
    anchor: (Time, Duration),
    /// Where it was when this was last measured, and what was reached.
    measured: (Time, Duration),
    reached: Option<u64>,
}

impl Pace {
    pub(super) fn new(speed: Speed, at: Time, ran: Duration) -> Self {
        Self {
            speed,
            anchor: (at, ran),
            measured: (at, ran),
            reached: None,
        }
    }

    pub(super) fn speed(&self) -> Speed {
        self.speed
    }

    /// So many times as fast as the clock on the wall was reached instead of what was asked for; `None`: it
    /// keeps up.
    pub(super) fn reached(&self) -> Option<u64> {
        self.reached
    }

    /// From now on it goes on from here.
    pub(super) fn begin(&mut self, speed: Speed, at: Time, ran: Duration) {
        *self = Self::new(speed, at, ran);
    }

    /// Where it is to be; `None`: as far as it can.
    pub(super) fn due(&self, ran: Duration) -> Option<Time> {
        let (at, since) = self.anchor;
        let passed = self.speed.passes(ran.saturating_sub(since))?;
        Some(at + passed)
    }

    /// How long the clock runs until the lab is to be at this time.
    pub(super) fn until(&self, time: Time, ran: Duration) -> Duration {
        match self.due(ran) {
            Some(due) => self.speed.takes(time.since(due)),
            None => Duration::ZERO,
        }
    }

    /// It has come to here.
    pub(super) fn came(&mut self, now: Time, ran: Duration) {
        if let Some(due) = self.due(ran) {
            let behind = self.speed.takes(due.since(now));
            self.anchor.1 += behind.saturating_sub(BEHIND_MAX);
        }
        let (at, since) = self.measured;
        let took = ran.saturating_sub(since);
        if took >= MEASURED {
            self.measured = (now, ran);
            self.reached = self.slower(now.since(at), took);
        }
    }

    /// How many times as fast it went, if that is less than was asked for.
    fn slower(&self, went: Duration, took: Duration) -> Option<u64> {
        let wanted = self.speed.passes(took)?;
        let is_behind = went.as_micros() * 100 < wanted.as_micros() * KEPT_UP;
        let times = went.as_micros() / took.as_micros().max(1);
        is_behind.then(|| u64::try_from(times).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(s: u64) -> Time {
        Time(s * 1_000_000)
    }

    #[test]
    fn a_lab_goes_as_fast_as_is_asked_for_from_where_it_was() {
        let mut pace = Pace::new(Speed::Times(10), at(100), ms(5_000));
        assert_eq!(pace.due(ms(6_000)), Some(at(110)));
        assert_eq!(pace.until(at(120), ms(6_000)), ms(1_000));
        pace.begin(Speed::Over(10), at(110), ms(6_000));
        assert_eq!(pace.due(ms(16_000)), Some(at(111)));
        pace.begin(Speed::Max, at(111), ms(16_000));
        assert_eq!(pace.due(ms(17_000)), None);
    }

    #[test]
    fn what_it_is_behind_it_works_off_unless_it_is_too_much() {
        let mut pace = Pace::new(Speed::Times(1), at(0), ms(0));
        pace.came(Time(800_000), ms(1_000));
        assert_eq!(pace.due(ms(1_000)), Some(at(1)));
        // A second behind, of which a quarter stays.
        pace.came(at(1), ms(2_000));
        assert_eq!(pace.due(ms(2_000)), Some(Time(1_250_000)));
    }

    #[test]
    fn what_was_reached_is_told_when_it_is_less_than_was_asked_for() {
        let mut pace = Pace::new(Speed::Times(50), at(0), ms(0));
        pace.came(at(15), ms(500));
        assert_eq!(pace.reached(), None);
        pace.came(at(31), ms(1_000));
        assert_eq!(pace.reached(), Some(31));
        pace.came(at(80), ms(2_000));
        assert_eq!(pace.reached(), None);
        pace.begin(Speed::Max, at(80), ms(2_000));
        pace.came(at(90), ms(3_000));
        assert_eq!(pace.reached(), None);
    }
}
