//! How time goes on: at its pace, or at full speed to where it was sent.

use super::compare;
use super::errand::{Errand, Goal, Search};
use super::recipient::Recipient;
use super::runner::{Runner, SLICE};
use crate::lab::ask::{Answer, TimeChange};
use crate::lab::drive::history::{History, Now, Place, Watch};
use crate::lab::drive::run_file::Replay;
use crate::lab::paper::units::{show_clock, show_clock_ms};
use crate::lab::spec::{Captions, Speed};
use crate::lab::view::Told;
use crate::live::Stopwatch;
use crate::node::Time;
use crate::node::io::{CommandError, EventKind, RefusalKind};
use std::time::Duration;

/// How far time goes at most between two looks whether anything else is asked.
const FAR: Duration = Duration::from_secs(3_600);

/// How long time waits for subscribers who are behind.
const PATIENCE: Duration = Duration::from_secs(1);

/// What came of a slice on the way somewhere.
enum Slice {
    /// It is not there yet.
    OnItsWay,
    /// It is there, and this is to be said of it.
    There(Told),
    /// It cannot go on, for this reason.
    Stuck(String),
}

impl Runner {
    /// Where time goes no further; `None`: there is no such moment.
    pub(super) fn limit(&self) -> Option<Time> {
        self.options
            .time
            .limit
            .map(|limit| self.lab().since() + limit)
    }

    fn is_at_limit(&self) -> bool {
        self.limit().is_some_and(|limit| self.lab().now() >= limit)
    }

    /// From now on time goes on from here at its pace.
    pub(super) fn anchor(&mut self) {
        let (speed, now) = (self.pace.speed(), self.lab().now());
        self.pace.begin(speed, now, self.clock.ran());
    }

    /// Whether time is on its way to a moment that is not shown before it is there.
    pub(super) fn is_travelling(&self) -> bool {
        let errand = self.errand.as_ref();
        errand.is_some_and(|errand| errand.goal.is_quiet())
    }

    /// Goes on for a slice at most; whether that was all that is due.
    pub(super) fn go_at_pace(&mut self) -> bool {
        if self.captions.holds() {
            self.anchor();
            return true;
        }
        if !self.keeps_step() {
            return false;
        }
        let (now, ran) = (self.lab().now(), self.clock.ran());
        let due = self.pace.due(ran).unwrap_or(now + FAR).max(now);
        let due = self.limit().map_or(due, |limit| due.min(limit.max(now)));
        let (since, breakpoints) = (Stopwatch::start(), &mut self.breakpoints);
        let (captions, mut hit) = (&self.captions, None);
        let is_there = self.history.run(due, |now| {
            hit = hit.take().or_else(|| breakpoints.hear(now));
            let is_news = captions.is_news(now.lab.core().caption());
            let stops = hit.is_some() || is_news || now.lab.has_time_changes();
            !stops && since.elapsed() < SLICE
        });
        self.pace.came(self.lab().now(), ran);
        self.caption_comes(
            self.options.time.captions == Captions::Wait && self.pace.speed().is_fast(),
        );
        self.heed_script(true);
        self.tell_begun();
        match hit {
            Some(hit) => self.hit(&hit),
            None if self.is_at_limit() => self.stop_at_limit(),
            None => {}
        }
        is_there && self.pace.speed() != Speed::Max || self.is_paused
    }

    /// Whether time waits for subscribers who asked for that and are behind: for so long at most, until they
    /// have caught up.
    pub(super) fn waits_for_subscribers(&mut self) -> bool {
        if !self.common.bus.is_time_wanted() {
            self.patience = None;
            return false;
        }
        let since = *self.patience.get_or_insert_with(Stopwatch::start);
        since.elapsed() < PATIENCE
    }

    /// Takes note of another caption; `waits`: for the readers of the one before.
    fn caption_comes(&mut self, waits: bool) {
        let caption = self.history.lab().core().caption();
        if self.captions.is_news(caption) {
            self.captions.came(caption, waits);
        }
    }

    /// Does what the script says of time; on its way to somewhere it does not stop.
    fn heed_script(&mut self, stops: bool) {
        for change in self.history.lab_mut().take_time_changes() {
            match change {
                TimeChange::Pause if stops => {
                    let told = self.told("the script pauses");
                    self.stop(told);
                }
                TimeChange::Speed(speed) => {
                    self.pace.begin(speed, self.lab().now(), self.clock.ran());
                }
                _ => {}
            }
        }
    }

    fn stop_at_limit(&mut self) {
        let told = self.told("the limit: time goes no further in this lab");
        self.stop(told);
    }

    /// A breakpoint stops time.
    pub(super) fn hit(&mut self, expr: &str) {
        let words = format!("{expr}: paused");
        self.break_off(&words);
        let told = self.told(&words);
        self.stop(told);
    }

    /// Time stands still here, and this is said of it.
    fn stop(&mut self, told: Told) {
        self.stand_still();
        self.say(told);
    }

    /// Time stands still here.
    pub(super) fn stand_still(&mut self) {
        self.is_paused = true;
        self.captions.release();
    }

    pub(super) fn say(&mut self, told: Told) {
        self.time.say(told);
        self.common.changed();
    }

    /// What is said of this moment.
    pub(super) fn told(&self, words: &str) -> Told {
        let at = show_clock_ms(self.lab().elapsed());
        Told::new(format!("{at} {words}"))
    }

    /// Goes on to where time was sent for a slice at most; whether there is nothing more to do.
    pub(super) fn go_errand(&mut self, mut errand: Errand) -> bool {
        match self.slice(&mut errand) {
            Slice::OnItsWay => {
                self.errand = Some(errand);
                false
            }
            Slice::There(told) => {
                self.arrive(errand, told);
                self.is_paused
            }
            Slice::Stuck(why) => {
                self.fail(errand, &why);
                true
            }
        }
    }

    fn slice(&mut self, errand: &mut Errand) -> Slice {
        let limit = self.limit();
        let (since, now) = (Stopwatch::start(), self.lab().now());
        let far = limit.map_or(now + FAR, |limit| limit.max(now));
        let (history, breakpoints) = (&mut self.history, &mut self.breakpoints);
        let (mut told, mut hit) = (None, None);
        let mut goes_on = |now: &Now<'_>| {
            hit = hit.take().or_else(|| breakpoints.hear(now));
            hit.is_none() && since.elapsed() < SLICE
        };
        let is_there = match &mut errand.goal {
            Goal::Back(_) => return self.search(errand),
            Goal::Replay(replay) => {
                let is_there = replay.go_on(history, |_| since.elapsed() < SLICE);
                errand.words = match is_there {
                    true => Self::replayed(replay),
                    false => on_the_way(replay, history),
                };
                is_there
            }
            Goal::Compare => {
                let goes_on = || since.elapsed() < SLICE;
                let is_there =
                    history.keep_step(|_| goes_on()) && history.look_for_difference(goes_on);
                if is_there {
                    errand.words = compare::table(history);
                }
                is_there
            }
            Goal::Place(place) => history.run_to(place, |_| since.elapsed() < SLICE),
            Goal::Ahead(time) => {
                history.run((*time).min(far), goes_on);
                history.lab().now() >= *time
            }
            Goal::Step(watch) => {
                history.run(far, |now| {
                    told = watch.told(now);
                    goes_on(now) && told.is_none()
                });
                told.is_some()
            }
            Goal::Until(judge) => {
                if !judge.holds() {
                    history.run(far, |now| {
                        let holds = judge.begins_to_hold(now.lab, now.new);
                        goes_on(now) && !holds
                    });
                }
                judge.holds()
            }
            Goal::Block(height) => {
                let mut is_found = false;
                history.run(far, |now| {
                    is_found = finds(now, *height);
                    goes_on(now) && !is_found
                });
                is_found
            }
        };
        self.caption_comes(false);
        self.heed_script(false);
        self.tell_begun();
        match hit.map(|hit| format!("{hit}: paused")) {
            None if is_there => Slice::There(told.unwrap_or_else(|| self.told(&errand.words))),
            // The breakpoint is named beside what was waited for.
            Some(hit) if is_there => {
                let words = told.as_ref().map_or(&*errand.words, |told| &*told.words);
                let words = format!("{words}; {hit}");
                Slice::There(match told {
                    Some(told) => Told {
                        words: words.into(),
                        ..told
                    },
                    None => self.told(&words),
                })
            }
            Some(hit) => Slice::Stuck(hit),
            None if limit.is_some_and(|limit| self.lab().now() >= limit) => {
                let why = "not before the limit of this lab";
                Slice::Stuck(format!("{}: {why}", errand.words))
            }
            None => Slice::OnItsWay,
        }
    }

    /// Looks for the last thing that is told before a place: from the checkpoint before it on, and if nothing
    /// is told there, from the one before that.
    fn search(&mut self, errand: &mut Errand) -> Slice {
        let Goal::Back(search) = &mut errand.goal else {
            return Slice::OnItsWay;
        };
        let since = Stopwatch::start();
        let Search {
            watch, to, found, ..
        } = search;
        let is_there = self.history.run_to(to, |now| {
            let place = now.place();
            if place.is_before(to)
                && let Some(told) = watch.told(now)
            {
                *found = Some((place, told));
            }
            since.elapsed() < SLICE
        });
        if !is_there {
            return Slice::OnItsWay;
        }
        let (from, beginning) = (search.from, Place::end_of(self.lab().since()));
        let place = match search.found.take() {
            Some((place, told)) => {
                self.time.passing = Some(told);
                place
            }
            None if from.at() <= beginning.at() => {
                "the beginning".clone_into(&mut errand.words);
                beginning
            }
            None => {
                errand.goal = self.back_to(from);
                return Slice::OnItsWay;
            }
        };
        self.history.jump(&place);
        errand.goal = Goal::Place(place);
        Slice::OnItsWay
    }

    /// Begins to look for what was told before a place.
    pub(super) fn back_to(&mut self, to: Place) -> Goal {
        self.history.jump_before(&to);
        Goal::Back(Search {
            watch: Watch::new(self.lab()),
            from: self.history.place(),
            to,
            found: None,
        })
    }

    /// Time is where it was sent.
    fn arrive(&mut self, errand: Errand, told: Told) {
        let mut told = self.time.passing.take().unwrap_or(told);
        told.is_elsewhere = errand.from.as_ref().is_some_and(Recipient::is_program);
        if errand.goal.is_quiet() {
            self.leap();
        }
        if let Some(to) = errand.takes_back {
            self.history.take_back(to);
        }
        match errand.goes_on {
            true => self.is_paused = false,
            false => self.stand_still(),
        }
        self.anchor();
        let words = told.words.to_string();
        self.say(told);
        if let Some(from) = errand.from {
            self.answer(from, Ok(Answer::Done(words)));
        }
    }

    /// Time cannot get to where it was sent.
    fn fail(&mut self, errand: Errand, why: &str) {
        let told = self.told(why);
        self.stop(told);
        if let Some(from) = errand.from {
            self.answer(from, Err(CommandError::new(RefusalKind::Unmet, why)));
        }
    }

    /// Time goes on to where it was sent no more.
    pub(super) fn break_off(&mut self, why: &str) {
        let Some(errand) = self.errand.take() else {
            return;
        };
        if let Some(from) = errand.from {
            let at = show_clock(self.lab().elapsed());
            let words = format!("{}: broken off at {at}: {why}", errand.words);
            self.answer(from, Err(CommandError::new(RefusalKind::Unmet, words)));
        }
    }

    /// What was known of what comes after this moment does not hold any more.
    fn leap(&mut self) {
        self.time.leaps += 1;
        self.common.bus.went_back();
        // What happened on the way was told before.
        drop(self.history.take_events());
        drop(self.history.lab_mut().take_answers());
        drop(self.history.lab_mut().take_time_changes());
        self.take_back_requests();
        self.breakpoints.begin(&self.history);
        self.caption_comes(false);
        self.common.changed();
    }
}

/// How far a run is that is played again.
fn on_the_way(replay: &Replay, history: &History) -> String {
    let (timeline, at, end) = replay.progress(history);
    let [at, end] = [at, end].map(show_clock);
    format!("playing {timeline}: {at} of {end}")
}

/// Whether a block of this height, or a higher one, was just found.
fn finds(now: &Now<'_>, height: u32) -> bool {
    now.new.iter().any(|(_, event)| match event.kind {
        EventKind::Mined { block, .. } => block.height >= height,
        _ => false,
    })
}
